/* Many reads in few requests, against a Moodle that has the batch function and its moods.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_read.h"

#include <string.h>

#include "base/text.h"
#include "ws-fixture.h"

#define BATCH_FUNCTION "tool_mobile_call_external_functions"

/* How the server behaves, and what it saw. Call n asks for {"n":n} and gets {"n":n}. */
typedef struct {
  gint fails;       /* this call is refused, and the batch ends with it; −1: none */
  gint poison;      /* a request with this call gets a 502; −1: none */
  guint most;       /* a request with more calls gets a 502; 0: any number */
  guint answers;    /* no more entries than this; 0: all */
  guint extra;      /* so many entries too many */
  const char *body; /* instead of everything */
  guint status;     /* likewise */
  bool heavy;       /* how it is asked */

  GMutex lock;
  GArray *sizes; /* guint: calls of each request, 0 for a single one */
} Mood;

/* ── the server ── */

static char *
field(const char *body, const char *name) {
  autochar escaped = g_uri_escape_string(name, NULL, FALSE);
  autochar key = g_strconcat(escaped, "=", NULL);
  g_auto(GStrv) pairs = g_strsplit(body, "&", -1);
  for (char **pair = pairs; *pair != NULL; pair++)
    if (g_str_has_prefix(*pair, key))
      return g_uri_unescape_string(*pair + strlen(key), NULL);
  return NULL;
}

static char *
inner_field(const char *body, guint request, const char *name) {
  autochar path = g_strdup_printf("requests[%u][%s]", request, name);
  return field(body, path);
}

/* Which call that inner request is. */
static gint
inner_call(const char *body, guint request) {
  autochar function = inner_field(body, request, "function");
  autochar arguments = inner_field(body, request, "arguments");
  autochar raw = inner_field(body, request, "settingraw");
  autochar fileurl = inner_field(body, request, "settingfileurl");
  if (function == NULL)
    return -1;
  g_assert_cmpstr(function, ==, "core_test");
  g_assert_cmpstr(raw, ==, "1");
  g_assert_cmpstr(fileurl, ==, "0");
  json_auto_t *object = json_loads(arguments, 0, NULL);
  g_assert_true(json_is_integer(json_object_get(object, "n")));
  g_assert_cmpint(json_integer_value(json_object_get(object, "flag")), ==, 1); /* not true */
  g_assert_cmpuint(json_object_size(object), ==, 2);
  return (gint)json_integer_value(json_object_get(object, "n"));
}

static json_t *
entry(gint call, bool fails) {
  autochar data = g_strdup_printf("{\"n\":%d}", call);
  if (fails)
    return json_pack("{s:b, s:s}", "error", 1, "exception",
                     "{\"message\":\"No\",\"errorcode\":\"x\"}");
  return json_pack("{s:b, s:s}", "error", 0, "data", data);
}

static void
reply_batch(Mood *mood, const char *body, Answer *answer) {
  json_auto_t *entries = json_array();
  bool broken = false, ended = false;
  guint count = 0;
  for (gint call; (call = inner_call(body, count)) >= 0; count++) {
    broken = broken || call == mood->poison;
    if (!ended && (mood->answers == 0 || json_array_size(entries) < mood->answers))
      json_array_append_new(entries, entry(call, call == mood->fails));
    ended = ended || call == mood->fails;
  }
  for (guint i = 0; i < mood->extra; i++)
    json_array_append_new(entries, entry(0, false));
  g_array_append_val(mood->sizes, count);
  if (broken || (mood->most > 0 && count > mood->most)) {
    answer->status = 502;
    return;
  }
  json_auto_t *root = json_pack("{s:O}", "responses", entries);
  char *text = json_dumps(root, JSON_COMPACT);
  answer->status = 200;
  answer->body = g_strdup(text);
  free(text);
}

static void
reply_single(Mood *mood, const char *body, Answer *answer) {
  const guint single = 0;
  autochar n = field(body, "n");
  g_array_append_val(mood->sizes, single);
  answer->status = atoi(n) == mood->poison ? 502 : 200;
  answer->body = g_strdup_printf("{\"n\":%s}", n);
}

static void
reply(const char *path, const char *body, Answer *answer, gpointer user_data) {
  Mood *mood = user_data;
  autochar function = field(body, "wsfunction");
  g_assert_cmpstr(path, ==, PATH);
  g_mutex_lock(&mood->lock);
  if (mood->body != NULL || mood->status != 0) {
    const guint unknown = 0;
    g_array_append_val(mood->sizes, unknown);
    answer->status = mood->status != 0 ? mood->status : 200;
    answer->body = g_strdup(mood->body);
  } else if (strcmp(function, BATCH_FUNCTION) == 0) {
    reply_batch(mood, body, answer);
  } else {
    reply_single(mood, body, answer);
  }
  g_mutex_unlock(&mood->lock);
}

/* ── asking ── */

static json_t *
arguments(guint index, const char **function, gpointer user_data) {
  (void)user_data;
  *function = "core_test";
  return json_pack("{s:i, s:b, s:n, s:[]}", "n", (int)index, "flag", 1, "none", "empty");
}

typedef struct {
  WsFixture *fixture;
  guint count;
  gint *kinds; /* −1: its own result; −2: none yet */
} Asked;

static void
done(guint index, const json_t *result, const WsFailure *failure, gpointer user_data) {
  Asked *asked = user_data;
  g_assert_cmpuint(index, <, asked->count);
  g_assert_cmpint(asked->kinds[index], ==, -2); /* handed out once */
  g_assert_true((result == NULL) != (failure == NULL));
  if (failure != NULL)
    g_ptr_array_add(asked->fixture->messages, g_strdup(failure->message));
  else
    g_assert_cmpint(json_integer_value(json_object_get(result, "n")), ==, index);
  asked->kinds[index] = failure == NULL ? -1 : (gint)failure->kind;
}

/* `count` calls: all get their result, but for `odd` (−1: none), which gets a failure of `kind`. */
static void
expect(WsFixture *fixture, Mood *mood, bool packed, guint count, gint odd, WsFailureKind kind) {
  g_autoptr(GError) error = NULL;
  g_autofree gint *kinds = g_new(gint, count);
  Asked asked = { fixture, count, kinds };
  const WsBatch batch = {
    .count = count, .heavy = mood->heavy, .arguments = arguments, .done = done
  };
  for (guint i = 0; i < count; i++)
    kinds[i] = -2;
  mood->sizes = g_array_new(FALSE, FALSE, sizeof(guint));
  server_set_reply(fixture->server, reply, mood);
  if (fixture->client == NULL)
    ws_fixture_connect(fixture);
  g_assert_true(ws_read_run(fixture->client, packed, &batch, &asked, &error));
  g_assert_no_error(error);
  for (guint i = 0; i < count; i++)
    if (odd != G_MAXINT && (gint)i != odd)
      g_assert_cmpint(kinds[i], ==, -1);
    else
      g_assert_cmpint(kinds[i], ==, (gint)kind);
}

/* That the requests had so many calls, in any order. */
static void
assert_sizes(Mood *mood, const char *expected) {
  g_autoptr(GString) sizes = g_string_new(NULL);
  for (guint i = 0; i < mood->sizes->len; i++)
    g_string_append_printf(sizes, "%s%u", i > 0 ? " " : "", g_array_index(mood->sizes, guint, i));
  g_assert_cmpstr(sizes->str, ==, expected);
  g_clear_pointer(&mood->sizes, g_array_unref);
}

#define ALL G_MAXINT /* every call is an odd one */
#define CALM                                                                                       \
  { .fails = -1, .poison = -1 }

/* How many requests, and of how many calls the largest and the smallest of them. */
static const struct {
  guint count;
  bool heavy;
  guint requests, largest, smallest;
} packs[] = {
  { 2, false, 1, 2, 2 },
  { 40, false, 1, 40, 40 },
  { 60, false, 2, 40, 20 },
  { 100, false, 2, 50, 50 },
  { 2 * WS_READ_PACK, false, 2, WS_READ_PACK, WS_READ_PACK },
  { 2 * WS_READ_PACK + 2, false, 4, WS_READ_PACK / 2 + 1, WS_READ_PACK / 2 - 1 },
  { 10 * WS_READ_PACK, false, 10, WS_READ_PACK, WS_READ_PACK },
  { 1, false, 1, 0, 0 },
  { 6, true, 2, 3, 3 },
  { 3, true, 1, 3, 3 },
  { 5, true, 2, 3, 2 },
};

static void
test_packs(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->options.connections = 2;
  for (gsize i = 0; i < G_N_ELEMENTS(packs); i++) {
    Mood mood = CALM;
    mood.heavy = packs[i].heavy;
    expect(fixture, &mood, true, packs[i].count, -1, 0);
    guint total = 0, largest = 0, smallest = G_MAXUINT;
    for (guint k = 0; k < mood.sizes->len; k++) {
      guint size = g_array_index(mood.sizes, guint, k);
      total += size;
      largest = MAX(largest, size);
      smallest = MIN(smallest, size);
    }
    g_assert_cmpuint(mood.sizes->len, ==, packs[i].requests);
    g_assert_cmpuint(total, ==, packs[i].count == 1 ? 0 : packs[i].count);
    g_assert_cmpuint(largest, ==, packs[i].largest);
    g_assert_cmpuint(smallest, ==, packs[i].smallest);
    g_array_unref(mood.sizes);
  }
}

static void
test_not_packed(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  expect(fixture, &mood, false, 5, -1, 0);
  assert_sizes(&mood, "0 0 0 0 0");
}

static void
test_refused_call(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  mood.fails = 7;
  expect(fixture, &mood, true, 20, 7, WS_EXCEPTION);
  assert_sizes(&mood, "20 12");
  ws_fixture_assert_says(g_ptr_array_index(fixture->messages, 0), "core_test: No (x).");
}

static void
test_refused_last_call(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  mood.fails = 19;
  expect(fixture, &mood, true, 20, 19, WS_EXCEPTION);
  assert_sizes(&mood, "20");
}

static void
test_too_much_at_once(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  fixture->options.connections = 1;
  mood.most = 6;
  expect(fixture, &mood, true, 20, -1, 0);
  assert_sizes(&mood, "20 1 9 10 1 3 5 5 5");
}

static void
test_poisoned_call(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  fixture->options.connections = 1;
  mood.poison = 13;
  expect(fixture, &mood, true, 60, 13, WS_LOST);
  /* A probe, halves, and then alone as often as any other request. */
  assert_sizes(&mood, "60 1 29 30 14 15 7 7 3 4 2 2 1 1 1 1");
}

static void
test_missing_entries(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  mood.answers = 8;
  expect(fixture, &mood, true, 20, -1, 0);
  assert_sizes(&mood, "20 12 4");
}

static void
test_too_many_entries(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  (void)data;
  mood.extra = 1;
  expect(fixture, &mood, true, 20, ALL, WS_UNSHOWN);
  assert_sizes(&mood, "20");
  ws_fixture_assert_says(g_ptr_array_index(fixture->messages, 0), "21 entries for 20 calls");
}

static void
test_odd_answers(WsFixture *fixture, gconstpointer data) {
  static const struct {
    const char *body;
    guint status;
    WsFailureKind kind;
    guint requests; /* at most */
  } rows[] = {
    { "{\"responses\":7}", 0, WS_UNSHOWN, 1 },
    { "[]", 0, WS_UNSHOWN, 1 },
    { "null", 0, WS_UNSHOWN, 1 },
    { "{\"responses\":[7]}", 0, WS_UNSHOWN, 20 },
    { "{\"responses\":[{\"error\":0,\"data\":\"1\"}]}", 0, WS_UNSHOWN, 20 },
    { "{\"exception\":\"x\",\"errorcode\":\"accessexception\"}", 0, WS_REFUSED, 1 },
    { "{\"exception\":\"x\",\"errorcode\":\"invalidresponse\"}", 0, WS_UNSHOWN, 1 },
    { NULL, 403, WS_REFUSED, 1 },
    { NULL, 503, WS_UNAVAILABLE, 3 },
  };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    Mood mood = CALM;
    mood.body = rows[i].body;
    mood.status = rows[i].status;
    expect(fixture, &mood, true, 20, ALL, rows[i].kind);
    g_assert_cmpuint(mood.sizes->len, <=, rows[i].requests);
    g_array_unref(mood.sizes);
  }
}

/* Nothing comes back at all: that is not because of the size. */
static void
test_outage(WsFixture *fixture, gconstpointer data) {
  static const struct {
    const char *body;
    guint status;
    WsFailureKind kind;
  } rows[] = { { NULL, 502, WS_LOST }, { "{\"responses\":[]}", 0, WS_UNSHOWN } };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    Mood mood = CALM;
    mood.body = rows[i].body;
    mood.status = rows[i].status;
    gint64 slept = clock_slept(fixture->clock);
    expect(fixture, &mood, true, 500, ALL, rows[i].kind);
    g_assert_cmpuint(mood.sizes->len, <=, 500 / WS_READ_PACK + 2 + 2 * 2);
    g_assert_cmpint(clock_slept(fixture->clock) - slept, >, WS_RETRY_FIRST);
    g_array_unref(mood.sizes);
  }
}

/* ── stopping ── */

static void
stop_now(Server *server, const char *path, gpointer user_data) {
  WsFixture *fixture = user_data;
  (void)path, (void)server;
  stop_request(&fixture->stop);
}

static void
test_stop(WsFixture *fixture, gconstpointer data) {
  Mood mood = CALM;
  gint kinds[60];
  g_autoptr(GError) error = NULL;
  Asked asked = { fixture, G_N_ELEMENTS(kinds), kinds };
  const WsBatch batch = { .count = G_N_ELEMENTS(kinds), .arguments = arguments, .done = done };
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    kinds[i] = -2;
  mood.most = 30;
  mood.sizes = g_array_new(FALSE, FALSE, sizeof(guint));
  fixture->options.connections = 1;
  ws_fixture_connect(fixture);
  server_set_reply(fixture->server, reply, &mood);
  server_set_hook(fixture->server, stop_now, fixture);
  g_assert_false(ws_read_run(fixture->client, true, &batch, &asked, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  assert_sizes(&mood, "60");
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_assert_cmpint(kinds[i], ==, -2);
}

int
main(int argc, char **argv) {
  static const WsFixtureTest tests[] = {
    { "/ws-read/packs", test_packs },
    { "/ws-read/not-packed", test_not_packed },
    { "/ws-read/refused-call", test_refused_call },
    { "/ws-read/refused-last-call", test_refused_last_call },
    { "/ws-read/too-much-at-once", test_too_much_at_once },
    { "/ws-read/poisoned-call", test_poisoned_call },
    { "/ws-read/missing-entries", test_missing_entries },
    { "/ws-read/too-many-entries", test_too_many_entries },
    { "/ws-read/odd-answers", test_odd_answers },
    { "/ws-read/outage", test_outage },
    { "/ws-read/stop", test_stop },
  };
  g_test_init(&argc, &argv, NULL);
  ws_fixture_add(tests, G_N_ELEMENTS(tests));
  return g_test_run();
}
