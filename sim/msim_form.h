/* Form parameters as PHP reads them: "users[0][username]=x&values[]=y" becomes nested objects. An
 * array is a JSON object, whatever its keys; texts are kept byte by byte, valid UTF-8 or not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Brackets one behind the other at most (max_input_nesting_level); deeper ones are dropped. */
#define MSIM_FORM_MAX_DEPTH 64

/* Adds the parameters in `text` to `form`, an object. Only the first `max_vars` count
 * (max_input_vars); the rest is dropped without a word. */
void msim_form_parse(json_t *form, const char *text, gsize length, guint max_vars);

/* What PHP scripts make of both (array_merge($_GET, $_POST)): of a name at the top in both, the
 * body's wins whole. NULLs are empty. Free with json_decref(). */
json_t *msim_form_merge(const char *query, const GString *body, guint max_vars);
