/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_ask.h"

typedef struct {
  const WsQuestions *questions;
  gpointer user_data;
  GError *error; /* the first */
} Asking;

static json_t *
arguments(guint index, const char **function, gpointer data) {
  Asking *asking = data;
  return asking->questions->arguments(index, function, asking->user_data);
}

static void
note_unexpected(Asking *asking, guint index, const json_t *result) {
  const char *function = "";
  json_decref(asking->questions->arguments(index, &function, asking->user_data));
  static const char *const words[] = {
    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
    [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
    [JSON_FALSE] = "false",      [JSON_NULL] = "nothing",
  };
  g_autoptr(WsFailure) failure = ws_failure_unexpected(
      function, "the answer, %s, is not what this function promises", words[json_typeof(result)]);
  ws_failure_propagate(failure, &asking->error);
}

static void
done(guint index, const json_t *result, const WsFailure *failure, gpointer data) {
  Asking *asking = data;
  const WsQuestions *questions = asking->questions;
  if (asking->error != NULL)
    return;
  if (failure == NULL) {
    if (!questions->result(index, result, asking->user_data))
      note_unexpected(asking, index, result);
    return;
  }
  bool answer = failure->kind == WS_EXCEPTION && questions->refusal != NULL &&
                questions->refusal(index, failure, asking->user_data);
  if (!answer)
    ws_failure_propagate(failure, &asking->error);
}

bool
ws_ask(Webservice *moodle, const WsQuestions *questions, gpointer user_data, GError **error) {
  if (questions->count == 0)
    return true;
  Asking asking = { .questions = questions, .user_data = user_data };
  WsBatch batch = {
    .count = questions->count, .heavy = questions->heavy, .arguments = arguments, .done = done
  };
  g_autoptr(GError) ended = NULL;
  bool ok = ws_read_run(moodle->client, moodle->packed, &batch, &asking, &ended);
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&ended));
  else if (asking.error != NULL)
    g_propagate_error(error, g_steal_pointer(&asking.error));
  else
    return true;
  g_clear_error(&asking.error);
  return false;
}

gint64
ws_ask_number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (json_is_integer(value))
    return json_integer_value(value);
  gint64 number = 0;
  if (json_is_string(value) &&
      g_ascii_string_to_signed(json_string_value(value), 10, G_MININT64, G_MAXINT64, &number, NULL))
    return number;
  return -1;
}

const char *
ws_ask_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

gint64
ws_ask_id(const char *text) {
  gint64 id;
  bool plain = g_ascii_isdigit(*text) && *text != '0';
  return plain && g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, &id, NULL) ? id : 0;
}

gint64
ws_ask_pair(gint64 first, gint64 second) {
  return (gint64)((guint64)first << 32 | ((guint64)second & G_MAXUINT32));
}

GHashTable *
ws_ask_set(void) {
  return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

void
ws_ask_set_add(GHashTable *set, gint64 number) {
  if (!g_hash_table_contains(set, &number))
    g_hash_table_add(set, g_memdup2(&number, sizeof number));
}

bool
ws_ask_set_has(GHashTable *set, gint64 number) {
  return g_hash_table_contains(set, &number);
}
