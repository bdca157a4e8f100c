/* The body of a request: JSON arguments as Moodle's REST server wants them, "users[0][username]=x".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Appends `arguments` (an object) as form fields. Booleans become 0 and 1; null and empty arrays
 * cannot be sent and are left out. */
void ws_form_append(GString *body, const json_t *arguments);

/* Appends one field. */
void ws_form_append_field(GString *body, const char *key, const char *value);

/* How many fields ws_form_append() makes of it. */
guint ws_form_count(const json_t *arguments);

/* A copy of `arguments` as the form would tell them, for those that travel as JSON inside it: with
 * 0 and 1 for booleans, and without null and what is empty. Free with json_decref(). */
json_t *ws_form_plain(const json_t *arguments);
