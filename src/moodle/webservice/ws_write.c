/* Works in waves: all calls there are, side by side; then what came of them, one after the other,
 * which may ask Moodle and leads to the calls of the next wave.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_write.h"

#include <string.h>

#include "moodle/webservice/ws_ask.h"

typedef struct {
  GArray *items; /* guint */
  gint64 begun;  /* monotonic */
  guint lost;    /* how often its answer was lost */
  bool slow;     /* it took long to get lost */
  bool again;    /* a clash with another writer was tried again */
  WsFailure *failure;
} Call;

typedef struct {
  Webservice *moodle;
  const WsWrite *write;
  GatewayOutcome *outcomes;
  gpointer user_data;
  GPtrArray *wave, *next; /* of Call */
  bool away;              /* it cannot be asked any more what became of the calls */
} Writing;

static Call *
call_new(const guint *items, guint count) {
  Call *call = g_new0(Call, 1);
  call->items = g_array_sized_new(FALSE, FALSE, sizeof(guint), count);
  g_array_append_vals(call->items, items, count);
  return call;
}

static void
call_free(gpointer data) {
  Call *call = data;
  g_array_unref(call->items);
  ws_failure_free(call->failure);
  g_free(call);
}

static const guint *
items_of(const Call *call) {
  return (const guint *)(gpointer)call->items->data;
}

static json_t *
arguments(guint index, const char **function, gpointer data) {
  Writing *writing = data;
  Call *call = g_ptr_array_index(writing->wave, index);
  call->begun = clock_monotonic(writing->moodle->clock);
  return writing->write->arguments(items_of(call), call->items->len, function, writing->user_data);
}

static void
done(guint index, const json_t *result, const WsFailure *failure, gpointer data) {
  Writing *writing = data;
  Call *call = g_ptr_array_index(writing->wave, index);
  g_clear_pointer(&call->failure, ws_failure_free);
  if (failure != NULL) {
    call->failure = ws_failure_copy(failure);
    call->slow = clock_monotonic(writing->moodle->clock) - call->begun >= WS_WRITE_SLOW;
    return;
  }
  if (writing->write->accept(items_of(call), call->items->len, result, writing->user_data))
    return;
  const char *function = "";
  json_decref(
      writing->write->arguments(items_of(call), call->items->len, &function, writing->user_data));
  call->failure = ws_failure_unexpected(function, "the answer is not what this function promises");
}

/* What is still unsettled of a call goes into the next wave, in two calls when `split`. */
static void
send_again(Writing *writing, const Call *call, bool split) {
  g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < call->items->len; i++)
    if (writing->outcomes[items_of(call)[i]].code == GATEWAY_UNKNOWN)
      g_array_append_val(left, items_of(call)[i]);
  guint half = split ? (left->len + 1) / 2 : left->len;
  const guint *items = (const guint *)(gpointer)left->data;
  for (guint at = 0; at < left->len; at += half) {
    Call *part = call_new(items + at, MIN(half, left->len - at));
    part->lost = call->lost;
    part->again = call->again;
    g_ptr_array_add(writing->next, part);
  }
}

static bool
settled(const Writing *writing, const Call *call) {
  for (guint i = 0; i < call->items->len; i++)
    if (writing->outcomes[items_of(call)[i]].code == GATEWAY_UNKNOWN)
      return false;
  return true;
}

/* Once Moodle does not answer this, it is not asked it for call after call. */
static bool
look(Writing *writing, const Call *call, GError **error) {
  if (!writing->away)
    writing->away =
        !writing->write->look(items_of(call), call->items->len, writing->user_data, error);
  return !writing->away;
}

static bool
explain(Writing *writing, const Call *call, GError **error) {
  if (!writing->away)
    writing->away =
        !writing->write->explain(items_of(call)[0], call->failure, writing->user_data, error);
  return !writing->away;
}

static bool
settle_refused(Writing *writing, Call *call, GError **error) {
  /* The lost one before may have done behind our look what this one was refused for. */
  if (call->lost > 0) {
    if (!look(writing, call, error))
      return false;
    if (settled(writing, call))
      return true;
  }
  /* Two who write side by side may block each other; the one who was turned away did nothing. */
  if (!call->again && strcmp(call->failure->errorcode, "dmlwriteexception") == 0) {
    call->again = true;
    send_again(writing, call, false);
    return true;
  }
  if (writing->write->sitewide && strcmp(call->failure->errorcode, "nopermissions") == 0) {
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, call->failure->message);
    return false;
  }
  if (call->items->len > 1) {
    send_again(writing, call, true);
    return true;
  }
  return explain(writing, call, error);
}

/* It ran and did not do all: what is left comes to stand alone. */
static bool
settle_unshown(Writing *writing, const Call *call, GError **error) {
  if (call->items->len == 1)
    return explain(writing, call, error);
  send_again(writing, call, true);
  return true;
}

static bool
settle_unclear(Writing *writing, Call *call, GError **error) {
  if (!look(writing, call, error))
    return false;
  if (settled(writing, call))
    return true;
  if (call->failure->kind == WS_UNSHOWN)
    return settle_unshown(writing, call, error);
  if (++call->lost > WS_WRITE_MAX_LOST || (writing->write->doubles && call->slow)) {
    ws_failure_propagate(call->failure, error);
    return false;
  }
  send_again(writing, call, call->lost > 1);
  return true;
}

static bool
settle(Writing *writing, Call *call, GError **error) {
  if (call->failure == NULL)
    return true;
  switch (call->failure->kind) {
  case WS_EXCEPTION:
    return settle_refused(writing, call, error);
  case WS_LOST:
  case WS_UNSHOWN:
    return settle_unclear(writing, call, error);
  case WS_UNSENT:
  case WS_UNAVAILABLE:
  case WS_REFUSED:
    break;
  }
  ws_failure_propagate(call->failure, error);
  return false;
}

/* A call whose answer was lost may still be at work in Moodle; looking at once would see it half
 * done. After a stop nobody looks any more. */
static void
let_settle(Writing *writing) {
  for (guint i = 0; i < writing->wave->len; i++) {
    const Call *call = g_ptr_array_index(writing->wave, i);
    if (call->failure != NULL && call->failure->kind == WS_LOST) {
      ws_client_wait(writing->moodle->client, WS_WRITE_SETTLE);
      return;
    }
  }
}

/* Even when one call shows that Moodle is away, what became of the others is noted first. */
static bool
settle_wave(Writing *writing, GError **error) {
  bool ok = true;
  let_settle(writing);
  for (guint i = 0; i < writing->wave->len; i++) {
    g_autoptr(GError) local = NULL;
    if (settle(writing, g_ptr_array_index(writing->wave, i), &local))
      continue;
    if (ok)
      g_propagate_error(error, g_steal_pointer(&local)); /* the first; later ones may have none */
    ok = false;
  }
  return ok;
}

static void
first_wave(Writing *writing, guint count) {
  const WsWrite *write = writing->write;
  g_autofree guint *items = g_new(guint, write->rows);
  guint filled = 0;
  gint64 group = 0;
  for (guint i = 0; i < count; i++) {
    if (writing->outcomes[i].code != GATEWAY_UNKNOWN)
      continue;
    gint64 own = write->group != NULL ? write->group(i, writing->user_data) : 0;
    if (filled == write->rows || (filled > 0 && own != group)) {
      g_ptr_array_add(writing->next, call_new(items, filled));
      filled = 0;
    }
    group = own;
    items[filled++] = i;
  }
  if (filled > 0)
    g_ptr_array_add(writing->next, call_new(items, filled));
}

bool
ws_write(Webservice *moodle, const WsWrite *write, guint count, GatewayOutcome *outcomes,
         gpointer user_data, GError **error) {
  g_autoptr(GPtrArray) wave = g_ptr_array_new_with_free_func(call_free);
  g_autoptr(GPtrArray) next = g_ptr_array_new_with_free_func(call_free);
  Writing writing = { moodle, write, outcomes, user_data, wave, next, false };
  first_wave(&writing, count);
  while (writing.next->len > 0) {
    GPtrArray *empty = writing.wave;
    writing.wave = writing.next;
    writing.next = empty;
    WsBatch batch = { .count = writing.wave->len,
                      .parallel = write->parallel,
                      .write = true,
                      .arguments = arguments,
                      .done = done };
    g_autoptr(GError) ended = NULL;
    bool ran = ws_client_run(moodle->client, &batch, &writing, &ended);
    bool ok = settle_wave(&writing, ran ? error : NULL);
    if (!ran)
      g_propagate_error(error, g_steal_pointer(&ended));
    if (!ran || !ok)
      return false;
    g_ptr_array_set_size(writing.wave, 0);
  }
  return true;
}

json_t *
ws_write_rows(const char *list, json_t *(*row)(guint item, gpointer user_data), const guint *items,
              guint count, gpointer user_data) {
  json_t *rows = json_array();
  for (guint i = 0; i < count; i++)
    json_array_append_new(rows, row(items[i], user_data));
  return json_pack("{s:o}", list, rows);
}

void
ws_write_settle(GatewayOutcome *outcome, GatewayCode code, gint64 id) {
  outcome->code = code;
  outcome->id = id;
}

void
ws_write_refuse(GatewayOutcome *outcome, GatewayCode code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_free(outcome->message);
  outcome->message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  outcome->code = code;
  outcome->id = 0;
}

guint *
ws_write_twins(GatewayOutcome *outcomes, guint count, char *(*key)(guint item, gpointer user_data),
               gpointer user_data) {
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  guint *first = g_new(guint, count + 1);
  for (guint i = 0; i < count; i++) {
    g_autofree char *own = key(i, user_data);
    gpointer earlier;
    first[i] = i;
    if (!g_hash_table_lookup_extended(seen, own, NULL, &earlier)) {
      g_hash_table_insert(seen, g_steal_pointer(&own), GUINT_TO_POINTER(i));
      continue;
    }
    first[i] = GPOINTER_TO_UINT(earlier);
    if (outcomes[i].code == GATEWAY_UNKNOWN)
      ws_write_settle(&outcomes[i], GATEWAY_ALREADY, 0);
  }
  return first;
}

void
ws_write_follow(GatewayOutcome *outcomes, guint count, const guint *first) {
  for (guint i = 0; i < count; i++) {
    const GatewayOutcome *model = &outcomes[first[i]];
    if (first[i] == i)
      continue;
    g_free(outcomes[i].message);
    outcomes[i] =
        (GatewayOutcome){ .code = gateway_code_ok(model->code) ? GATEWAY_ALREADY : model->code,
                          .id = model->id,
                          .message = g_strdup(model->message) };
  }
}

bool
ws_write_take_ids(GatewayOutcome *outcomes, const guint *items, guint count, const json_t *result,
                  gint64 above) {
  if (!json_is_array(result) || json_array_size(result) != count)
    return false;
  for (guint i = 0; i < count; i++)
    if (ws_ask_number(json_array_get(result, i), "id") <= above)
      return false;
  for (guint i = 0; i < count; i++)
    ws_write_settle(&outcomes[items[i]], GATEWAY_DONE,
                    ws_ask_number(json_array_get(result, i), "id"));
  return true;
}
