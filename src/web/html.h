/* Builds an HTML page in which nothing can be said unescaped: what is written goes through
 * html_text() and attributes, elements are closed in order, addresses lead nowhere but to the web.
 *
 * Names of elements and attributes are the program's own words, never foreign text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "web/language.h"

typedef struct Html Html;

/* As an attribute's value: it stands without one ("disabled"). */
extern const char *const html_yes;

/* Appends to `out`, which must outlive it. Free with html_free(). */
Html *html_new(GString *out, WebLanguage language);
/* Everything that was opened must be closed (a programming error else). NULL is fine. */
void html_free(Html *html);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Html, html_free)

WebLanguage html_language(const Html *html);

/* `<!DOCTYPE html>` and a newline. */
void html_doctype(Html *html);

/* Opens an element with attributes: name, value, …, NULL. An attribute whose value is NULL is left
 * out. href, src and action must begin with '/' (not two), '#', '?', http:// or https://; others
 * are left out. An element that cannot have content (input, br …) is closed already. */
void html_open(Html *html, const char *element, ...) G_GNUC_NULL_TERMINATED;
/* Closes the innermost, which must be `element`. */
void html_close(Html *html, const char *element);

/* An element with nothing but text in it; `text` NULL: empty. */
void html_element(Html *html, const char *element, const char *text, ...) G_GNUC_NULL_TERMINATED;

void html_text(Html *html, const char *text); /* NULL: nothing; what is not UTF-8 as U+FFFD */
void html_format(Html *html, const char *format, ...) G_GNUC_PRINTF(2, 3);
void html_number(Html *html, gint64 number); /* as web_number() */

/* In the page's language. */
void html_say(Html *html, const char *english, const char *german);
void html_say_format(Html *html, const char *english, const char *german, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
const char *html_word(const Html *html, const char *english, const char *german);
