/* Reading from Moodle: many questions, each answered by a result or, where that is an answer too,
 * by a refusal. And the getters for what comes back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

typedef struct {
  guint count;
  bool heavy; /* as WsBatch.heavy */
  /* As WsBatch.arguments. */
  json_t *(*arguments)(guint index, const char **function, gpointer user_data);
  /* Takes one result. False: it is not what the function promises. */
  bool (*result)(guint index, const json_t *result, gpointer user_data);
  /* Whether a refusal is an answer too (a course that is gone has nobody). NULL: none is. */
  bool (*refusal)(guint index, const WsFailure *failure, gpointer user_data);
} WsQuestions;

/* Asks them all, packed where the service can. The first failure that is no answer is the error. */
bool ws_ask(Webservice *moodle, const WsQuestions *questions, gpointer user_data, GError **error);

/* `object[key]` as a number; −1 when it is missing, null, or none. */
gint64 ws_ask_number(const json_t *object, const char *key);

/* The same as text, "" when it is missing or null; borrowed. */
const char *ws_ask_text(const json_t *object, const char *key);

/* The id that `text` is in decimal, without sign, blanks or leading zeros; 0 when it is none. */
gint64 ws_ask_id(const char *text);

/* A key that makes one number of two of Moodle's ids. */
gint64 ws_ask_pair(gint64 first, gint64 second);

/* A set of numbers: gint64 * as key, freed with it. */
GHashTable *ws_ask_set(void);
void ws_ask_set_add(GHashTable *set, gint64 number);
bool ws_ask_set_has(GHashTable *set, gint64 number);
