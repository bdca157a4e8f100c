/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ws-fixture.h"

#include <string.h>

#include "base/text.h"

static void
setup(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->server = server_new();
  fixture->clock = clock_manual_new(NOW);
  fixture->options = (WebserviceOptions){ .url = server_url(fixture->server),
                                          .token = TOKEN,
                                          .connections = 2,
                                          .timeout_s = 20,
                                          .attempts = 3,
                                          .max_body = (gsize)1024 * 1024 };
  fixture->seen = g_string_new(NULL);
  fixture->messages = g_ptr_array_new_with_free_func(g_free);
}

/* No message may hold the token, whatever the test is about. */
static void
teardown(WsFixture *fixture, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < fixture->messages->len; i++)
    g_assert_null(strstr(g_ptr_array_index(fixture->messages, i), TOKEN));
  ws_client_free(fixture->client);
  server_free(fixture->server);
  clock_free(fixture->clock);
  g_string_free(fixture->seen, TRUE);
  g_ptr_array_unref(fixture->messages);
}

void
ws_fixture_connect(WsFixture *fixture) {
  g_autoptr(GError) error = NULL;
  fixture->client = ws_client_new(&fixture->options, fixture->clock, &fixture->stop, &error);
  g_assert_no_error(error);
}

void
ws_fixture_answer(WsFixture *fixture, Answer answer) {
  server_answer(fixture->server, PATH, answer);
}

json_t *
ws_fixture_arguments(guint index, const char **function, gpointer fixture) {
  (void)fixture;
  *function = "core_test";
  return json_pack("{s:i}", "n", (int)index);
}

void
ws_fixture_done(guint index, const json_t *result, const WsFailure *failure, gpointer user_data) {
  WsFixture *fixture = user_data;
  g_assert_true((result == NULL) != (failure == NULL));
  if (failure != NULL) {
    g_string_append_printf(fixture->seen, "%u!%d;", index, (int)failure->kind);
    g_ptr_array_add(fixture->messages, g_strdup(failure->message));
    return;
  }
  char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
  g_string_append_printf(fixture->seen, "%u:%s;", index, text);
  free(text);
}

bool
ws_fixture_run(WsFixture *fixture, guint count, bool write, GError **error) {
  const WsBatch batch = {
    .count = count, .write = write, .arguments = ws_fixture_arguments, .done = ws_fixture_done
  };
  return ws_client_run(fixture->client, &batch, fixture, error);
}

WsFailure *
ws_fixture_call(WsFixture *fixture, bool write) {
  WsFailure *failure = NULL;
  json_auto_t *result =
      ws_client_call(fixture->client, write, 0, "core_test", json_pack("{s:i}", "n", 0), &failure);
  g_assert_true((result == NULL) != (failure == NULL));
  if (failure != NULL)
    g_ptr_array_add(fixture->messages, g_strdup(failure->message));
  return failure;
}

void
ws_fixture_assert_says(const char *text, const char *part) {
  if (strstr(text, part) == NULL)
    g_error("»%s« lacks »%s«", text, part);
}

void
ws_fixture_add(const WsFixtureTest *tests, gsize count) {
  text_secret_add(TOKEN);
  for (gsize i = 0; i < count; i++)
    g_test_add(tests[i].path, WsFixture, NULL, setup, tests[i].run, teardown);
}
