/* Strict reading of JSON that somebody else wrote. Every getter says where it stands when the shape
 * is wrong:
 * "[3].teilnehmer[0].id: expected a string, found an array".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define JSONGET_ERROR (jsonget_error_quark())
GQuark jsonget_error_quark(void);
typedef enum {
  JSONGET_ERROR_SYNTAX,  /* not JSON: bad syntax, invalid UTF-8, duplicate key, NUL in a string */
  JSONGET_ERROR_TOO_BIG, /* larger or deeper than allowed */
  JSONGET_ERROR_TYPE,    /* JSON of another shape than expected */
  JSONGET_ERROR_MISSING, /* a required field is missing, null or empty */
} JsongetError;

/* Nesting is bounded by jansson's parser at 2048 levels; jsonget_parse() refuses deeper than this
 * before parsing. */
#define JSONGET_MAX_DEPTH 32

/* Longest string a getter hands out, in bytes; longer ones are a TYPE error of that field. */
#define JSONGET_MAX_STRING 4096

/* Parses `length` bytes. Refuses anything nested deeper than JSONGET_MAX_DEPTH before building it,
 * duplicate keys, invalid UTF-8 and trailing text. Messages name line and column. Free with
 * json_decref(). */
json_t *jsonget_parse(const char *data, gsize length, GError **error);

/* `object[key]` as text into `*value` (borrowed from `object`). Missing, null and empty give "".
 * Other types, and strings longer than JSONGET_MAX_STRING, are TYPE errors that name `path`.key. */
bool jsonget_string(const json_t *object, const char *path, const char *key, const char **value,
                    GError **error);

/* The same for identifiers, which may also be integers (written in decimal into `buffer`, at least
 * 24 bytes). White space around them is an ordinary part of an id and stays. Missing, null and ""
 * give "". */
bool jsonget_id(const json_t *object, const char *path, const char *key, char *buffer,
                const char **value, GError **error);
