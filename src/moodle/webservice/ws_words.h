/* Moodle's words out of its markup: messages are HTML, early errors whole pages, some XML.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* `text` on one line without tags, entities and secrets, at most `max` bytes. Free with g_free().
 */
char *ws_words_line(const char *text, gsize max);

/* The same of debugging information, without the values of a database query that it may quote:
 * those are people's data. */
char *ws_words_debug(const char *text, gsize max);

/* How many bytes at its front say nothing: blanks, and a byte order mark. */
gsize ws_words_skip_blank(const char *body, gsize length);

/* Whether a body is HTML or XML. */
bool ws_words_is_page(const char *body, gsize length);

/* What a body says that is not an answer: a page's title, else its text; "" when there is none.
 * Free with g_free(). */
char *ws_words_of_page(const char *body, gsize length, gsize max);

/* What stands in the first <name>…</name>, or NULL. Free with g_free(). */
char *ws_words_element(const char *body, gsize length, const char *name, gsize max);
