/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/task_view.h"

#include <string.h>

#include "base/text.h"
#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "service/task_text.h"
#include "web/page.h"

/* ── payloads ── */

static bool
is_kind(const StoreTask *task, const char *kind) {
  return strcmp(task->kind, kind) == 0;
}

static gint64
payload_number(const json_t *payload, const char *key) {
  return json_integer_value(json_object_get(payload, key));
}

/* Without secrets; NULL when there is none. Free with g_free(). */
static char *
payload_text(const json_t *payload, const char *key) {
  const char *text = json_string_value(json_object_get(payload, key));
  return text == NULL ? NULL : text_redact(text);
}

/* The course that a content copy fills; 0: it is no content copy, or a damaged one. */
static gint64
course_of(const StoreTask *task) {
  if (!is_kind(task, CONTENT_COPY_KIND))
    return 0;
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  return payload_number(payload, "course");
}

/* ── who sees what ── */

/* The courses that one's tenants feed: a set of gint64. */
typedef struct {
  const WebPrincipal *who;
  GHashTable *courses;
  guint course_column, tenant_column;
} Theirs;

static bool
add_course(const StoreValue *values, gpointer user_data, GError **error) {
  Theirs *theirs = user_data;
  const char *tenant = values[theirs->tenant_column].text;
  (void)error;
  if (tenant != NULL && web_principal_sees(theirs->who, tenant))
    g_hash_table_add(theirs->courses,
                     g_memdup2(&values[theirs->course_column].integer, sizeof(gint64)));
  return true;
}

static guint
column_of(const StoreTable *table, const char *name) {
  for (guint i = 0; i < table->column_count; i++)
    if (strcmp(table->columns[i].name, name) == 0)
      return i;
  g_assert_not_reached();
}

/* All at once: asking for each task's course takes as many questions as there are tasks. */
static bool
read_courses(const WebCall *call, Theirs *theirs, GError **error) {
  guint count;
  const StoreTable *tables = store_tables(&count);
  guint map = 0;
  while (map < count && strcmp(tables[map].name, "local_lehrgaengeapi_coursemap") != 0)
    map++;
  g_assert(map < count);
  theirs->course_column = column_of(&tables[map], "courseid");
  theirs->tenant_column = column_of(&tables[map], "tenant");
  return call->store->class->table_read(call->store, &tables[map], add_course, theirs, error);
}

static bool
sees_import(const WebPrincipal *who, const StoreTask *task) {
  g_auto(ImportRequest) request = { 0 };
  return is_kind(task, IMPORT_KIND) && import_parse(task->payload, &request, NULL) &&
         web_principal_may_start(who, (const char *const *)request.tenants);
}

GPtrArray *
task_view_seen(const WebCall *call, const GPtrArray *tasks, GError **error) {
  g_autoptr(GPtrArray) seen = g_ptr_array_new();
  g_autoptr(GHashTable) courses = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  Theirs theirs = { .who = call->who, .courses = courses };
  bool all = web_principal_sees_all(call->who);
  if (!all && !read_courses(call, &theirs, error))
    return NULL;
  for (guint i = 0; i < tasks->len; i++) {
    StoreTask *task = g_ptr_array_index(tasks, i);
    gint64 course = all ? 0 : course_of(task);
    if (all ||
        (course != 0 ? g_hash_table_contains(courses, &course) : sees_import(call->who, task)))
      g_ptr_array_add(seen, task);
  }
  return g_steal_pointer(&seen);
}

typedef struct {
  const WebPrincipal *who;
  bool fed;
} Feeding;

static void
on_course(const StoreCourseMap *row, gpointer user_data) {
  Feeding *feeding = user_data;
  feeding->fed |= web_principal_sees(feeding->who, row->tenant);
}

static bool
may_see(const WebCall *call, const StoreTask *task, bool *may, GError **error) {
  Feeding feeding = { .who = call->who };
  gint64 course = course_of(task);
  *may = web_principal_sees_all(call->who) || sees_import(call->who, task);
  if (*may || course == 0)
    return true;
  bool ok =
      call->store->class->coursemap_of_course(call->store, course, on_course, &feeding, error);
  *may = feeding.fed;
  return ok;
}

bool
task_view_find(const WebCall *call, gint64 id, StoreTask **task, GError **error) {
  *task = NULL;
  /* They come by number from 1 up, so that it is among so many if it is there. */
  g_autoptr(GPtrArray) tasks =
      call->store->class->task_list(call->store, false, (guint)MIN(id, (gint64)G_MAXUINT), error);
  if (tasks == NULL)
    return false;
  bool may = false;
  for (guint i = 0; i < tasks->len; i++) {
    StoreTask *one = g_ptr_array_index(tasks, i);
    if (one->id != id)
      continue;
    if (!may_see(call, one, &may, error))
      return false;
    if (may)
      *task = g_ptr_array_steal_index(tasks, i);
    break;
  }
  return true;
}

bool
task_view_open(WebCall *call, StoreTask **task, bool *refused, GError **error) {
  gint64 id;
  *task = NULL;
  *refused = false;
  if (web_parse_id(call->args[0], &id) && !task_view_find(call, id, task, error))
    return false;
  if (*task == NULL)
    *refused = web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  return *task != NULL;
}

bool
task_view_cancelled(const StoreTask *task) {
  return task->state == TASK_FAILED && g_str_has_prefix(task->error, TASK_VIEW_CANCELLED);
}

bool
task_view_may_retry(const WebPrincipal *who, const StoreTask *task) {
  g_auto(ImportRequest) request = { 0 };
  if (!is_kind(task, IMPORT_KIND) || !import_parse(task->payload, &request, NULL))
    return true;
  return !request.allow_removals || who->role >= ROLE_ADMIN;
}

/* ── in words ── */

const char *
task_view_kind(WebLanguage language, const char *kind) {
  static const struct {
    const char *kind, *english, *german;
  } words[] = {
    { CONTENT_COPY_KIND, "content copy", "Inhalte kopieren" },
    { IMPORT_KIND, "import", "Import" },
    { NOTIFY_MAIL_KIND, "e-mail", "E-Mail" },
    { NOTIFY_MESSAGE_KIND, "message in Moodle", "Nachricht in Moodle" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].kind, kind) == 0)
      return web_say(language, words[i].english, words[i].german);
  return kind;
}

static void
show_course(const WebCall *call, Html *html, gint64 course, const char *name) {
  const char *moodle = call->config->moodle.url;
  autochar number =
      g_strdup_printf("%s %" G_GINT64_FORMAT, html_word(html, "course", "Kurs"), course);
  autochar link =
      g_strdup_printf("%s%scourse/view.php?id=%" G_GINT64_FORMAT, moodle != NULL ? moodle : "",
                      text_empty(moodle) || g_str_has_suffix(moodle, "/") ? "" : "/", course);
  if (text_empty(moodle) || course <= 0)
    html_text(html, text_empty(name) ? number : name);
  else
    html_element(html, "a", text_empty(name) ? number : name, "href", link, NULL);
  if (!text_empty(name))
    html_format(html, " (%s)", number);
}

static void
show_import(Html *html, const ImportRequest *import) {
  autochar tenants = import->tenants != NULL
                         ? g_strjoinv(", ", import->tenants)
                         : g_strdup(html_word(html, "all tenants", "alle Mandanten"));
  html_say_format(html, "%d, %s, by %s", "%d, %s, von %s", import->year, tenants, import->starter);
}

void
task_view_about(const WebCall *call, Html *html, const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  g_auto(ImportRequest) import = { 0 };
  autochar to = payload_text(payload, is_kind(task, NOTIFY_MAIL_KIND) ? "to" : "email");
  autochar title = payload_text(payload, "subject");
  autochar name = payload_text(payload, "shortname");
  gint64 course = course_of(task);
  if (course != 0) {
    show_course(call, html, course, name);
  } else if (is_kind(task, IMPORT_KIND) && import_parse(task->payload, &import, NULL)) {
    show_import(html, &import);
  } else if ((is_kind(task, NOTIFY_MAIL_KIND) || is_kind(task, NOTIFY_MESSAGE_KIND)) &&
             to != NULL) {
    html_say_format(html, "to %s: %s", "an %s: %s", to, title != NULL ? title : "");
  } else {
    autochar text = task_text(task);
    html_text(html, text);
  }
}

char *
task_view_error(WebLanguage language, const StoreTask *task) {
  if (text_empty(task->error))
    return g_strdup("");
  if (language == WEB_GERMAN && task_view_cancelled(task))
    return g_strdup_printf("verworfen von %s", task->error + strlen(TASK_VIEW_CANCELLED));
  return text_redact(task->error);
}

/* Rounded up: who comes back then finds it due. Free with g_free(). */
static char *
from_now(WebLanguage language, gint64 seconds) {
  static const struct {
    gint64 below, unit;
    const char *english, *german;
  } scales[] = {
    { 60, 1, "s", "s" },
    { 60 * 60, 60, "min", "min" },
    { 48 * 60 * 60, 60 * 60, "h", "Std." },
    { G_MAXINT64, 24 * 60 * 60, "days", "Tagen" },
  };
  guint i = 0;
  while (seconds >= scales[i].below)
    i++;
  return g_strdup_printf("in %" G_GINT64_FORMAT " %s",
                         (seconds + scales[i].unit - 1) / scales[i].unit,
                         web_say(language, scales[i].english, scales[i].german));
}

void
task_view_due(const WebCall *call, Html *html, const StoreTask *task) {
  if (task->state != TASK_QUEUED) {
    html_text(html, "–");
    return;
  }
  if (store_task_is_due(task->due, call->now)) {
    html_say(html, "now", "jetzt");
    return;
  }
  autochar text = from_now(call->language, task->due - call->now);
  autochar exact = web_time(call->language, task->due, call->config->moodle.timezone);
  html_element(html, "span", text, "title", exact, NULL);
}

char *
task_view_tries(const WebCall *call, const StoreTask *task) {
  return web_say_format(call->language, "%u of %d", "%u von %d", tasks_tries(task),
                        call->config->tasks.max_attempts);
}

/* ── a task in full ── */

void
task_view_fact(Html *html, const char *name, const char *text) {
  page_fact_open(html, name);
  html_text(html, text_empty(text) ? "–" : text);
  page_fact_close(html);
}

static void
show_copy(const WebCall *call, Html *html, const json_t *payload) {
  autochar name = payload_text(payload, "shortname");
  page_fact_open(html, html_word(html, "Into course", "In den Kurs"));
  show_course(call, html, payload_number(payload, "course"), name);
  page_fact_close(html);
  page_fact_open(html, html_word(html, "Content of", "Inhalte aus"));
  show_course(call, html, payload_number(payload, "template"), NULL);
  page_fact_close(html);
}

static void
show_request(Html *html, const ImportRequest *import) {
  autochar year = g_strdup_printf("%d", import->year);
  autochar tenants = import->tenants == NULL ? NULL : g_strjoinv(", ", import->tenants);
  task_view_fact(html, html_word(html, "Year", "Jahr"), year);
  task_view_fact(html, html_word(html, "Tenants", "Mandanten"),
                 tenants != NULL ? tenants : html_word(html, "all", "alle"));
  task_view_fact(html, html_word(html, "Started by", "Gestartet von"), import->starter);
  task_view_fact(html, html_word(html, "Told when it ends", "Benachrichtigt am Ende"),
                 import->email);
  task_view_fact(html, html_word(html, "Many removals allowed", "Viele Austragungen erlaubt"),
                 import->allow_removals ? html_word(html, "yes", "ja")
                                        : html_word(html, "no", "nein"));
}

static void
show_letter(Html *html, const json_t *payload, bool mail) {
  autochar to = payload_text(payload, mail ? "to" : "email");
  autochar title = payload_text(payload, "subject");
  task_view_fact(html, html_word(html, "To", "An"), to);
  task_view_fact(html, html_word(html, "Subject", "Betreff"), title);
}

void
task_view_payload(const WebCall *call, Html *html, const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  g_auto(ImportRequest) import = { 0 };
  bool mail = is_kind(task, NOTIFY_MAIL_KIND);
  if (course_of(task) != 0)
    show_copy(call, html, payload);
  else if (is_kind(task, IMPORT_KIND) && import_parse(task->payload, &import, NULL))
    show_request(html, &import);
  else if (payload != NULL && (mail || is_kind(task, NOTIFY_MESSAGE_KIND)))
    show_letter(html, payload, mail);
  else
    task_view_fact(html, html_word(html, "About", "Worum es geht"), task->subject);
}

void
task_view_letter(Html *html, const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  bool mail = is_kind(task, NOTIFY_MAIL_KIND);
  autochar text = payload_text(payload, mail ? "body" : "text");
  if (text != NULL && (mail || is_kind(task, NOTIFY_MESSAGE_KIND)))
    html_element(html, "pre", text, "tabindex", "0", "role", "region", "aria-label",
                 html_word(html, "Text of the letter", "Text des Schreibens"), NULL);
}
