/* What the web-service tests share: a scripted server in Moodle's place, a manual clock, a client,
 * and a batch that writes down what comes back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_client.h"
#include "server.h"

#define NOW 1773147909 /* Tue, 10 Mar 2026 13:05:09 GMT */
#define S G_TIME_SPAN_SECOND
#define TOKEN "0123456789abcdef0123456789abcdef"
#define PATH "/webservice/rest/server.php"

typedef struct {
  Server *server;
  Clock *clock;
  Stop stop;
  WebserviceOptions options; /* may be changed until ws_fixture_connect() */
  WsClient *client;
  GString *seen;       /* "0:{"a":1};1!2;", what the batch was told: result, or kind of failure */
  GPtrArray *messages; /* of the failures */
} WsFixture;

typedef struct {
  const char *path;
  void (*run)(WsFixture *, gconstpointer);
} WsFixtureTest;

/* Adds the tests, each with a fixture of its own. */
void ws_fixture_add(const WsFixtureTest *tests, gsize count);

void ws_fixture_connect(WsFixture *fixture);

/* The next answer of the server. */
void ws_fixture_answer(WsFixture *fixture, Answer answer);

/* `count` calls of "core_test" with {"n": index}, noted in `seen`. */
bool ws_fixture_run(WsFixture *fixture, guint count, bool write, GError **error);
json_t *ws_fixture_arguments(guint index, const char **function, gpointer fixture);
void ws_fixture_done(guint index, const json_t *result, const WsFailure *failure, gpointer fixture);

/* One call of "core_test"; NULL when it has a result. */
WsFailure *ws_fixture_call(WsFixture *fixture, bool write);

/* That `text` holds `part`. */
void ws_fixture_assert_says(const char *text, const char *part);
