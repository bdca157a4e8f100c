/* In rounds: all calls still open are packed and asked; those that a round did not answer are asked
 * in the next, in halves where the request was lost. After a round that brought nothing, single
 * calls find out whether Moodle answers at all; rounds without any answer are numbered, so there is
 * an end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_read.h"

#include "moodle/webservice/ws_form.h"

#define BATCH_FUNCTION "tool_mobile_call_external_functions"

/* Fewer calls than this are not spread over several requests: what a request costs by itself would
 * be more than what is won. */
#define MIN_PACK 40
#define MIN_HEAVY_PACK 3 /* of heavy ones */

typedef struct {
  WsClient *client;
  const WsBatch *batch;
  gpointer user_data;
  const char **functions; /* what each call calls */
  guint *losses;          /* how often each was lost when asked alone */
  GPtrArray *packs;       /* of this round: GArray of guint, the calls of one request */
  GPtrArray *open;        /* of the rounds to come */
  WsFailure *last;        /* the last loss */
  guint answered;         /* calls handed out in this round */
} Reading;

static guint
call_of(const GArray *pack, guint at) {
  return g_array_index(pack, guint, at);
}

/* Calls from … to−1 of `pack` are asked later, together. */
static void
ask_later(Reading *reading, const GArray *pack, guint from, guint to) {
  if (from == to)
    return;
  GArray *later = g_array_sized_new(FALSE, FALSE, sizeof(guint), to - from);
  g_array_append_vals(later, &g_array_index(pack, guint, from), to - from);
  g_ptr_array_add(reading->open, later);
}

static void
hand_out(Reading *reading, guint call, const json_t *result, const WsFailure *failure) {
  reading->answered++;
  reading->batch->done(call, result, failure, reading->user_data);
}

static void
fail(Reading *reading, const GArray *pack, const WsFailure *failure) {
  for (guint i = 0; i < pack->len; i++)
    hand_out(reading, call_of(pack, i), NULL, failure);
}

/* ── one request ── */

static json_t *
pack_arguments(guint index, const char **function, gpointer user_data) {
  const Reading *reading = user_data;
  const GArray *pack = g_ptr_array_index(reading->packs, index);
  json_t *requests = json_array();
  *function = BATCH_FUNCTION;
  for (guint i = 0; i < pack->len; i++) {
    const char **inner = &reading->functions[call_of(pack, i)];
    json_auto_t *arguments = reading->batch->arguments(call_of(pack, i), inner, reading->user_data);
    json_auto_t *plain = ws_form_plain(arguments);
    char *text = json_dumps(plain, JSON_COMPACT);
    /* The outer request's settings do not hold for those inside. */
    json_array_append_new(requests,
                          json_pack("{s:s, s:s, s:i, s:i}", "function", *inner, "arguments", text,
                                    "settingraw", 1, "settingfileurl", 0));
    free(text); /* not GLib's */
  }
  return json_pack("{s:o}", "requests", requests);
}

static void
pack_lost(Reading *reading, const GArray *pack, const WsFailure *failure) {
  if (pack->len > 1) {
    ask_later(reading, pack, 0, pack->len / 2);
    ask_later(reading, pack, pack->len / 2, pack->len);
  } else if (++reading->losses[call_of(pack, 0)] < ws_client_attempts(reading->client)) {
    ask_later(reading, pack, 0, 1);
  } else {
    fail(reading, pack, failure);
    return;
  }
  g_clear_pointer(&reading->last, ws_failure_free);
  reading->last = ws_failure_copy(failure);
}

static void
pack_answered(Reading *reading, const GArray *pack, const json_t *result) {
  const json_t *entries = json_object_get(result, "responses");
  gsize count = json_array_size(entries);
  if (!json_is_array(entries) || count == 0 || count > pack->len) {
    g_autoptr(WsFailure) failure = ws_failure_unexpected(
        BATCH_FUNCTION, "%" G_GSIZE_FORMAT " entries for %u calls", count, pack->len);
    if (json_is_array(entries) && count == 0)
      pack_lost(reading, pack, failure);
    else
      fail(reading, pack, failure);
    return;
  }
  for (guint i = 0; i < count; i++) {
    json_auto_t *data = NULL;
    guint call = call_of(pack, i);
    g_autoptr(WsFailure) failure =
        ws_failure_read_entry(reading->functions[call], json_array_get(entries, i), &data);
    hand_out(reading, call, data, failure);
  }
  ask_later(reading, pack, (guint)count, pack->len);
}

static void
pack_done(guint index, const json_t *result, const WsFailure *failure, gpointer user_data) {
  Reading *reading = user_data;
  const GArray *pack = g_ptr_array_index(reading->packs, index);
  if (failure == NULL)
    pack_answered(reading, pack, result);
  else if (failure->kind == WS_LOST)
    pack_lost(reading, pack, failure);
  else
    fail(reading, pack, failure);
}

/* ── rounds ── */

static void
free_pack(gpointer pack) {
  g_array_unref(pack);
}

/* So many that all connections are busy to the end, and no more. */
static guint
pack_size(const Reading *reading) {
  guint count = reading->batch->count, parallel = reading->batch->parallel;
  if (parallel == 0)
    parallel = ws_client_connections(reading->client);
  guint rounds = (count + WS_READ_PACK * parallel - 1) / (WS_READ_PACK * parallel);
  guint size = (count + rounds * parallel - 1) / (rounds * parallel);
  return CLAMP(size, reading->batch->heavy ? MIN_HEAVY_PACK : MIN_PACK, WS_READ_PACK);
}

static void
make_packs(Reading *reading) {
  guint size = pack_size(reading);
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < reading->batch->count; i++)
    g_array_append_val(all, i);
  for (guint at = 0; at < all->len; at += size)
    ask_later(reading, all, at, MIN(at + size, all->len));
}

/* All that is open. */
static void
take_all(Reading *reading) {
  while (reading->open->len > 0)
    g_ptr_array_add(reading->packs, g_ptr_array_steal_index(reading->open, 0));
}

/* One call of each of the first packs, as many as can be in flight: was it too much at once, or is
 * Moodle away? */
static void
take_probes(Reading *reading) {
  guint most = MIN(ws_client_connections(reading->client), reading->open->len);
  for (guint i = most; i-- > 0;) {
    GArray *pack = g_ptr_array_index(reading->open, i);
    GArray *probe = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(probe, g_array_index(pack, guint, 0));
    g_ptr_array_add(reading->packs, probe);
    g_array_remove_index(pack, 0);
    if (pack->len == 0)
      g_ptr_array_remove_index(reading->open, i);
  }
}

static bool
run_round(Reading *reading, GError **error) {
  WsBatch requests = *reading->batch;
  reading->answered = 0;
  requests.count = reading->packs->len;
  requests.fragile = true;
  requests.arguments = pack_arguments;
  requests.done = pack_done;
  bool ok = ws_client_run(reading->client, &requests, reading, error);
  g_ptr_array_set_size(reading->packs, 0);
  return ok;
}

static void
give_up(Reading *reading) {
  for (guint i = 0; i < reading->open->len; i++)
    fail(reading, g_ptr_array_index(reading->open, i), reading->last);
  g_ptr_array_set_size(reading->open, 0);
}

static bool
run_rounds(Reading *reading, GError **error) {
  guint barren = 0; /* rounds in a row that brought no answer */
  while (reading->open->len > 0) {
    if (barren == 0)
      take_all(reading);
    else
      take_probes(reading);
    if (!run_round(reading, error))
      return false;
    barren = reading->answered > 0 ? 0 : barren + 1;
    if (barren >= ws_client_attempts(reading->client)) {
      give_up(reading);
    } else if (barren > 0 && !ws_client_pause(reading->client, barren)) {
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                  "Stopped while reading from Moodle.");
      return false;
    }
  }
  return true;
}

bool
ws_read_run(WsClient *client, bool packed, const WsBatch *batch, gpointer user_data,
            GError **error) {
  g_assert(!batch->write);
  if (!packed || batch->count <= 1)
    return ws_client_run(client, batch, user_data, error);
  Reading reading = { .client = client, .batch = batch, .user_data = user_data };
  reading.functions = g_new0(const char *, batch->count);
  reading.losses = g_new0(guint, batch->count);
  reading.packs = g_ptr_array_new_with_free_func(free_pack);
  reading.open = g_ptr_array_new_with_free_func(free_pack);
  make_packs(&reading);
  bool ok = run_rounds(&reading, error);
  g_ptr_array_unref(reading.packs);
  g_ptr_array_unref(reading.open);
  g_clear_pointer(&reading.last, ws_failure_free);
  g_free(reading.functions);
  g_free(reading.losses);
  return ok;
}
