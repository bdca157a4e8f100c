/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/inquiry.h"

#include "monitor/exposition.h"

/* So long the end waits for a store that is being asked. */
#define END_WAIT (1 * G_TIME_SPAN_SECOND)

struct Inquiry {
  ListenerContext context;
  gint64 wait_us;
  grefcount holders; /* the owner and the thread that asks; under `lock` */

  GMutex lock;
  GCond changed;
  bool asking;
  gint64 since;    /* when the asking began (monotonic) */
  guint64 answers; /* that have come so far */
  GString *text;   /* the last one; NULL: it failed */
  bool ended;
};

Inquiry *
inquiry_new(const ListenerContext *context) {
  Inquiry *inquiry = g_new0(Inquiry, 1);
  inquiry->context = *context;
  inquiry->wait_us = context->store_wait_ms > 0 ? context->store_wait_ms * G_TIME_SPAN_MILLISECOND
                                                : LISTENER_STORE_WAIT_S * G_TIME_SPAN_SECOND;
  g_ref_count_init(&inquiry->holders);
  g_mutex_init(&inquiry->lock);
  g_cond_init(&inquiry->changed);
  return inquiry;
}

static void
clear_text(Inquiry *inquiry) {
  if (inquiry->text != NULL)
    g_string_free(inquiry->text, TRUE);
  inquiry->text = NULL;
}

/* Unlocks. */
static void
let_go(Inquiry *inquiry) {
  bool last = g_ref_count_dec(&inquiry->holders);
  g_mutex_unlock(&inquiry->lock);
  if (!last)
    return;
  clear_text(inquiry);
  g_mutex_clear(&inquiry->lock);
  g_cond_clear(&inquiry->changed);
  g_free(inquiry);
}

/* ── the thread ── */

static GString *
ask(const ListenerContext *context) {
  g_autoptr(Config) config = context->config(context->user_data);
  g_autoptr(Store) store = context->open_store(context->user_data, NULL);
  GString *text = g_string_new(NULL);
  if (store != NULL &&
      exposition_append_store(text, store, config, clock_now(context->clock), NULL))
    return text;
  g_string_free(text, TRUE);
  return NULL;
}

static gpointer
run(gpointer data) {
  Inquiry *inquiry = data;
  GString *text = ask(&inquiry->context);
  g_mutex_lock(&inquiry->lock);
  clear_text(inquiry);
  inquiry->text = text;
  inquiry->answers++;
  inquiry->asking = false;
  g_cond_broadcast(&inquiry->changed);
  let_go(inquiry);
  return NULL;
}

static void
begin(Inquiry *inquiry) {
  g_ref_count_inc(&inquiry->holders);
  GThread *thread = g_thread_try_new("store-inquiry", run, inquiry, NULL);
  if (thread == NULL) {
    (void)g_ref_count_dec(&inquiry->holders);
    return;
  }
  g_thread_unref(thread);
  inquiry->asking = true;
  inquiry->since = g_get_monotonic_time();
}

/* ── who waits for it ── */

bool
inquiry_append(Inquiry *inquiry, GString *text) {
  g_mutex_lock(&inquiry->lock);
  if (!inquiry->asking && !inquiry->ended)
    begin(inquiry);
  guint64 before = inquiry->answers;
  /* Counted from when the store was asked: who comes while it hangs does not wait again. */
  gint64 until = inquiry->since + inquiry->wait_us;
  bool in_time = inquiry->asking;
  while (in_time && inquiry->answers == before && !inquiry->ended)
    in_time = g_cond_wait_until(&inquiry->changed, &inquiry->lock, until);
  bool answered = inquiry->answers > before && inquiry->text != NULL;
  if (answered)
    g_string_append_len(text, inquiry->text->str, (gssize)inquiry->text->len);
  g_mutex_unlock(&inquiry->lock);
  return answered;
}

void
inquiry_end(Inquiry *inquiry) {
  g_mutex_lock(&inquiry->lock);
  inquiry->ended = true;
  g_cond_broadcast(&inquiry->changed);
  g_mutex_unlock(&inquiry->lock);
}

bool
inquiry_free(Inquiry *inquiry) {
  if (inquiry == NULL)
    return true;
  inquiry_end(inquiry);
  gint64 until = g_get_monotonic_time() + END_WAIT;
  g_mutex_lock(&inquiry->lock);
  while (inquiry->asking && g_cond_wait_until(&inquiry->changed, &inquiry->lock, until))
    continue;
  bool all = !inquiry->asking;
  let_go(inquiry);
  return all;
}
