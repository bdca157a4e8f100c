/* Names with their values, as requests bring them: query, form, cookies, headers. Valid UTF-8
 * without control characters other than tab and newline; in the order in which they came, a name
 * maybe several times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct WebFields WebFields;

/* More are not taken. */
#define WEB_MAX_FIELDS 256

WebFields *web_fields_new(void);
void web_fields_free(WebFields *fields); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebFields, web_fields_free)

/* Both are copied. False, and nothing is added: too many, or no clean text. */
bool web_fields_add(WebFields *fields, const char *name, const char *value);

/* Adds what "a=1&b=x+y%20z" says. False: it says what is no clean text, or too much. */
bool web_fields_parse(WebFields *fields, const char *text, gsize length);

guint web_fields_count(const WebFields *fields);
const char *web_fields_name(const WebFields *fields, guint index);
const char *web_fields_value(const WebFields *fields, guint index);

/* The first value of that name, NULL when there is none; of headers, in whatever case. */
const char *web_fields_get(const WebFields *fields, const char *name);

/* All values of that name, borrowed: const char * ended by NULL. Free with g_free(). */
const char **web_fields_all(const WebFields *fields, const char *name);

/* "a=1&b=x%20y" of all but `without` (may be NULL; all of that name), with `name`=`value` (may be
 * NULL) added at the end. Free with g_free(). */
char *web_fields_query(const WebFields *fields, const char *without, const char *name,
                       const char *value);
