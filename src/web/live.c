/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/live.h"

#include <string.h>

#include "base/text.h"
#include "sync/progress.h"
#include "web/page.h"
#include "web/phase.h"

/* ── words ── */

/* In minutes, so that it changes seldom: an estimate is not better than that. */
char *
live_left_text(WebLanguage language, gint64 seconds) {
  gint64 minutes = (seconds + 30) / 60;
  if (seconds < 0)
    return g_strdup(web_say(language, "not known yet", "noch nicht bekannt"));
  if (minutes < 1)
    return g_strdup(web_say(language, "less than a minute", "weniger als eine Minute"));
  if (minutes == 1)
    return g_strdup(web_say(language, "about a minute", "etwa eine Minute"));
  if (minutes < 60)
    return web_say_format(language, "about %d minutes", "etwa %d Minuten", (int)minutes);
  return web_say_format(language, "about %" G_GINT64_FORMAT " h %02d min",
                        "etwa %" G_GINT64_FORMAT " Std. %02d min", minutes / 60,
                        (int)(minutes % 60));
}

static char *
of_text(WebLanguage language, gint64 done, gint64 total, bool whole) {
  if (!whole && total > 0)
    return g_strdup_printf("%d %%", (int)(MIN(done, total) * 100 / total));
  if (!whole)
    return g_strdup(web_say(language, "under way", "läuft"));
  autochar left = web_number(language, done);
  autochar right = web_number(language, total);
  if (total > 0)
    return web_say_format(language, "%s of %s", "%s von %s", left, right);
  return done > 0 ? g_steal_pointer(&left) : g_strdup(web_say(language, "under way", "läuft"));
}

/* ── an event ── */

static void
set(json_t *event, const char *key, const char *text) {
  json_object_set_new(event, key, json_string(text));
}

static void
set_number(json_t *event, const char *key, WebLanguage language, gint64 number, bool known) {
  autochar text = known ? web_number(language, number) : g_strdup("–");
  set(event, key, text);
}

static void
set_phase(json_t *event, WebLanguage language, const char *name, const RunProgressPhase *phase,
          bool over, bool whole) {
  autochar text_key = g_strdup_printf("phase-%s", name);
  autochar bar_key = g_strdup_printf("bar-%s", name);
  autochar text = NULL;
  json_t *bar;
  if (phase == NULL) {
    text = g_strdup(web_say(language, "to come", "steht noch aus"));
    bar = json_real(0);
  } else if (over) {
    autochar took = web_duration(language, (gint64)(phase->seconds + 0.5));
    text = phase->seconds < 0.5 ? g_strdup(web_say(language, "done", "fertig"))
                                : web_say_format(language, "done after %s", "fertig nach %s", took);
    bar = json_real(1);
  } else {
    text = of_text(language, phase->done, phase->total, whole);
    bar = phase->total == 0 ? json_null()
                            : json_real(MIN((gdouble)phase->done / (gdouble)phase->total, 1.0));
  }
  set(event, text_key, text);
  json_object_set_new(event, bar_key, bar);
}

static const RunProgressPhase *
find(const RunProgress *progress, const char *name, bool *over) {
  *over = false;
  for (guint i = 0; i < progress->count; i++)
    if (strcmp(progress->phases[i].name, name) == 0) {
      *over = i + 1 < progress->count;
      return &progress->phases[i];
    }
  return NULL;
}

/* Time has gone on since it was estimated. */
static gint64
left_now(const RunProgress *progress, gint64 now) {
  return progress->left < 0 ? -1 : MAX(progress->left - MAX(now - progress->updated, 0), 0);
}

static void
set_phases(json_t *event, WebLanguage language, const RunProgress *progress, bool ended,
           bool whole) {
  for (const char *const *name = run_progress_phases; *name != NULL; name++) {
    bool over;
    const RunProgressPhase *phase = find(progress, *name, &over);
    set_phase(event, language, *name, phase, over || ended, whole);
  }
}

json_t *
live_event(const StoreRun *run, bool whole, WebLanguage language, gint64 now) {
  static const RunProgressPhase none = { 0 };
  RunProgress progress;
  run_progress_read(run->progress, &progress);
  bool ended = run->status != RUN_RUNNING;
  const RunProgressPhase *current =
      progress.count > 0 ? &progress.phases[progress.count - 1] : &none;
  const char *phase = phase_word(language, current->name);
  gint64 left = ended ? 0 : left_now(&progress, now);
  autochar left_text = live_left_text(language, left);
  autochar summary = web_say_format(language, "Run %" G_GINT64_FORMAT " %s",
                                    "Lauf %" G_GINT64_FORMAT " %s", run->id, phase);
  json_t *event = json_object();
  set(event, "status", run_status_word(run->status));
  set(event, "summary", summary);
  set(event, "phase", phase);
  set(event, "phase_name", current->name);
  set_number(event, "done", language, current->done,
             whole && (current->total > 0 || current->done > 0));
  set_number(event, "total", language, current->total, whole && current->total > 0);
  bool tenants = whole && progress.tenants_total > 0;
  set_number(event, "tenants_done", language, progress.tenants_done, tenants);
  set_number(event, "tenants_total", language, progress.tenants_total, tenants);
  set(event, "left", left_text);
  json_object_set_new(event, "left_seconds", left < 0 ? json_null() : json_integer(left));
  set_phases(event, language, &progress, ended, whole);
  return event;
}

/* ── the box ── */

static void
show(Html *html, const char *element, const json_t *event, const char *key) {
  html_element(html, element, json_string_value(json_object_get(event, key)), "data-live", key,
               NULL);
}

static void
show_of(Html *html, const json_t *event, const char *done, const char *total) {
  show(html, "span", event, done);
  html_say(html, " of ", " von ");
  show(html, "span", event, total);
}

static void
show_numbers(Html *html, const json_t *event) {
  page_fact_open(html, html_word(html, "In this step", "In diesem Schritt"));
  show_of(html, event, "done", "total");
  page_fact_close(html);
  page_fact_open(html, html_word(html, "Tenants finished", "Mandanten fertig"));
  show_of(html, event, "tenants_done", "tenants_total");
  page_fact_close(html);
}

static void
show_facts(const WebCall *call, Html *html, const StoreRun *run, const json_t *event) {
  html_open(html, "dl", "class", "facts", NULL);
  if (web_principal_sees_all(call->who))
    show_numbers(html, event);
  page_fact_open(html, html_word(html, "Time left", "Restzeit"));
  show(html, "span", event, "left");
  page_fact_close(html);
  page_fact_open(html, html_word(html, "Started", "Begonnen"));
  page_time(call, html, run->timestarted);
  page_fact_close(html);
  html_close(html, "dl");
}

static void
show_phase(Html *html, const json_t *event, const char *name) {
  autochar text = g_strdup_printf("phase-%s", name);
  autochar bar = g_strdup_printf("bar-%s", name);
  const json_t *value = json_object_get(event, bar);
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(number, sizeof number, "%.3f", json_real_value(value));
  html_open(html, "div", NULL);
  html_open(html, "dt", NULL);
  html_element(html, "label", phase_word(html_language(html), name), "for", bar, NULL);
  html_close(html, "dt");
  html_open(html, "dd", NULL);
  html_element(html, "progress", NULL, "id", bar, "max", "1", "value",
               json_is_null(value) ? NULL : number, "data-live", bar, NULL);
  show(html, "span", event, text);
  html_close(html, "dd");
  html_close(html, "div");
}

void
live_box(const WebCall *call, Html *html, const StoreRun *run) {
  json_auto_t *event =
      live_event(run, web_principal_sees_all(call->who), call->language, call->now);
  autochar events = g_strdup_printf("/runs/%" G_GINT64_FORMAT "/events", run->id);
  html_open(html, "div", "class", "card live", "data-events", events, NULL);
  html_open(html, "p", "aria-live", "polite", NULL);
  html_open(html, "strong", NULL);
  show(html, "span", event, "summary");
  html_close(html, "strong");
  html_close(html, "p");
  show_facts(call, html, run, event);
  html_open(html, "dl", "class", "facts phases", NULL);
  for (const char *const *name = run_progress_phases; *name != NULL; name++)
    show_phase(html, event, *name);
  html_close(html, "dl");
  html_close(html, "div");
}

/* ── the stream ── */

typedef struct {
  Clock *clock;
  WebLanguage language;
  bool whole;
  char *session; /* its hash; NULL: a script's token */
  gint64 run;
  char *said;
  gint64 spoken; /* when, by the monotonic clock */
} Stream;

static void
stream_free(gpointer data) {
  Stream *stream = data;
  g_free(stream->said);
  g_free(stream->session);
  g_free(stream);
}

static void
say(Stream *stream, GString *out, const char *event, const char *text) {
  gint64 now = clock_monotonic(stream->clock);
  if (g_strcmp0(stream->said, text) != 0) {
    g_string_append_printf(out, "event: %s\ndata: %s\n\n", event, text);
    g_free(stream->said);
    stream->said = g_strdup(text);
  } else if (now - stream->spoken >= LIVE_SILENCE_S * G_USEC_PER_SEC) {
    g_string_append(out, ":\n\n");
  } else {
    return;
  }
  stream->spoken = now;
}

/* Whether whoever watches has signed out meanwhile, or lost the account. */
static bool
has_left(const Stream *stream, Store *store) {
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  return stream->session != NULL &&
         store->class->access->session_find(store, stream->session, &session, &account, NULL) &&
         session == NULL;
}

/* A store that is away for a moment is no end. A run that is gone has none to tell. */
static bool
go_on(gpointer data, Store *store, GString *out) {
  Stream *stream = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreRun) run = store->class->run_head(store, stream->run, &error);
  if (run == NULL) {
    if (!g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND))
      return true;
    g_string_append(out, "event: end\ndata: {}\n\n");
    return false;
  }
  if (has_left(stream, store))
    return false;
  json_auto_t *event = live_event(run, stream->whole, stream->language, clock_now(stream->clock));
  char *text = json_dumps(event, JSON_COMPACT);
  bool over = run->status != RUN_RUNNING;
  say(stream, out, over ? "end" : "progress", text);
  free(text);
  return !over;
}

bool
live_stream(WebCall *call, GError **error) {
  gint64 id;
  if (!web_parse_id(call->args[0], &id))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  g_autoptr(GError) cause = NULL;
  g_autoptr(StoreRun) run = call->store->class->run_head(call->store, id, &cause);
  if (run == NULL && !g_error_matches(cause, STORE_ERROR, STORE_ERROR_NOT_FOUND)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  if (run == NULL || !web_principal_sees_run(call->who, run->tenants))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  Stream *stream = g_new0(Stream, 1);
  stream->clock = call->site->context.clock;
  stream->language = call->language;
  stream->whole = web_principal_sees_all(call->who);
  stream->session = g_strdup(call->who->session);
  stream->run = id;
  web_answer_set(call->answer, 200, WEB_EVENTS);
  /* A proxy in between must not collect them (nginx). */
  web_answer_header(call->answer, "X-Accel-Buffering", "no");
  call->answer->stream = go_on;
  call->answer->stream_data = stream;
  call->answer->stream_free = stream_free;
  return true;
}
