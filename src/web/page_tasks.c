/* Background tasks: what waits, what went wrong, and having it tried again or taken out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/page.h"
#include "web/routes.h"
#include "web/task_view.h"
#include "web/task_wish.h"

#define PAGE_TASKS_SHOWN 200
/* Bytes of an error that a row shows; the task's own page has all of it. */
#define MAX_ERROR 240

/* ── what is asked for ── */

typedef enum { SHOW_OPEN, SHOW_FAILED, SHOW_ALL, SHOWS } Show;
static const char *const show_words[SHOWS] = { "open", "failed", "all" };

/* The order of the list: what failed first, and the newest first in both. A place in it stays one
 * when tasks are added or done: "failed-21", "21" name the task after which a page begins. */
typedef struct {
  bool failed;
  gint64 id; /* 0: the beginning */
} Place;

typedef struct {
  Show show;
  Place after;
} Wanted;

static Show
parse_show(const char *word) {
  for (guint i = 0; i < SHOWS; i++)
    if (strcmp(word, show_words[i]) == 0)
      return (Show)i;
  return SHOW_OPEN;
}

static Place
parse_place(const char *word) {
  Place place = { .failed = g_str_has_prefix(word, "failed-") };
  if (!web_parse_id(word + (place.failed ? strlen("failed-") : 0), &place.id))
    return (Place){ 0 };
  return place;
}

static char *
place_word(Place place) {
  return g_strdup_printf("%s%" G_GINT64_FORMAT, place.failed ? "failed-" : "", place.id);
}

/* The list from some place on. Free with g_free(). */
static char *
link_to(Show show, Place after) {
  GString *path = g_string_new("/tasks");
  g_string_append_printf(path, "?show=%s", show_words[show]);
  if (after.id > 0) {
    autochar word = place_word(after);
    g_string_append_printf(path, "&after=%s", word);
  }
  return g_string_free(path, FALSE);
}

/* ── the tasks ── */

typedef struct {
  gint64 counts[TASK_STATES];
  GPtrArray *listed; /* StoreTask in the list's order, all pages; borrowed */
} Listing;

static void
add_counts(const char *kind, const gint64 *counts, gpointer user_data) {
  Listing *listing = user_data;
  (void)kind;
  for (guint i = 0; i < TASK_STATES; i++)
    listing->counts[i] += counts[i];
}

static bool
is_wanted(Show show, const StoreTask *task) {
  return show == SHOW_ALL || task->state == TASK_FAILED ||
         (show == SHOW_OPEN && task->state != TASK_DONE);
}

static void
list_those(Listing *listing, const GPtrArray *tasks, Show show, bool failed) {
  for (guint i = tasks->len; i > 0; i--) {
    StoreTask *task = g_ptr_array_index(tasks, i - 1);
    if (is_wanted(show, task) && (task->state == TASK_FAILED) == failed)
      g_ptr_array_add(listing->listed, task);
  }
}

/* `tasks` is those that whoever asks may see, without those done unless all of them are needed. */
static bool
fill(WebCall *call, const Wanted *wanted, const GPtrArray *tasks, Listing *listing,
     GError **error) {
  if (web_principal_sees_all(call->who)) {
    if (!call->store->class->task_counts(call->store, add_counts, listing, error))
      return false;
  } else {
    for (guint i = 0; i < tasks->len; i++)
      listing->counts[((const StoreTask *)g_ptr_array_index(tasks, i))->state]++;
  }
  list_those(listing, tasks, wanted->show, true);
  list_those(listing, tasks, wanted->show, false);
  return true;
}

/* Where the page begins in the list. */
static guint
first_of(const Listing *listing, Place after) {
  guint i = 0;
  for (; after.id > 0 && i < listing->listed->len; i++) {
    const StoreTask *task = g_ptr_array_index(listing->listed, i);
    bool failed = task->state == TASK_FAILED;
    if (failed == after.failed ? task->id < after.id : after.failed)
      break;
  }
  return i;
}

/* ── above the list ── */

static void
show_tab(Html *html, Show show, bool here, const char *text, gint64 count) {
  autochar path = link_to(show, (Place){ 0 });
  html_open(html, "li", NULL);
  html_open(html, "a", "href", path, "aria-current", here ? "page" : NULL, NULL);
  html_format(html, "%s (", text);
  html_number(html, count);
  html_text(html, ")");
  html_close(html, "a");
  html_close(html, "li");
}

static void
show_tabs(Html *html, const Wanted *wanted, const gint64 *counts) {
  gint64 open = counts[TASK_QUEUED] + counts[TASK_RUNNING] + counts[TASK_FAILED];
  html_open(html, "nav", "class", "tabs", "aria-label",
            html_word(html, "Which tasks", "Welche Aufgaben"), NULL);
  html_open(html, "ul", NULL);
  show_tab(html, SHOW_OPEN, wanted->show == SHOW_OPEN, html_word(html, "Unfinished", "Unerledigte"),
           open);
  show_tab(html, SHOW_FAILED, wanted->show == SHOW_FAILED,
           html_word(html, "Failed", "Fehlgeschlagene"), counts[TASK_FAILED]);
  show_tab(html, SHOW_ALL, wanted->show == SHOW_ALL, html_word(html, "All", "Alle"),
           open + counts[TASK_DONE]);
  html_close(html, "ul");
  html_close(html, "nav");
}

static void
show_counts(Html *html, const gint64 *counts) {
  autochar failed = web_number(html_language(html), counts[TASK_FAILED]);
  autochar queued = web_number(html_language(html), counts[TASK_QUEUED]);
  autochar running = web_number(html_language(html), counts[TASK_RUNNING]);
  autochar done = web_number(html_language(html), counts[TASK_DONE]);
  html_open(html, "p", "class", "muted", NULL);
  html_say_format(html, "%s failed, %s waiting, %s running, %s done",
                  "%s fehlgeschlagen, %s wartend, %s in Arbeit, %s erledigt", failed, queued,
                  running, done);
  html_close(html, "p");
}

/* ── the list ── */

static void
show_number(Html *html, const StoreTask *task) {
  autochar path = g_strdup_printf("/tasks/%" G_GINT64_FORMAT, task->id);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "a", path + strlen("/tasks/"), "href", path, NULL);
  html_close(html, "th");
}

static void
show_task(WebCall *call, Html *html, const StoreTask *task, const char *back) {
  autochar tries = task_view_tries(call, task);
  autochar error = task_view_error(call->language, task);
  autochar beginning = text_display(error, -1, MAX_ERROR);
  html_open(html, "tr", NULL);
  show_number(html, task);
  html_open(html, "td", NULL);
  page_task_state(html, task->state);
  html_close(html, "td");
  page_td(html, task_view_kind(call->language, task->kind));
  html_open(html, "td", NULL);
  task_view_about(call, html, task);
  html_close(html, "td");
  html_element(html, "td", tries, "class", "number", NULL);
  html_open(html, "td", NULL);
  task_view_due(call, html, task);
  html_close(html, "td");
  html_open(html, "td", "class", "reason", NULL);
  html_format(html, "%s%s", beginning, strlen(beginning) < strlen(error) ? " …" : "");
  html_close(html, "td");
  html_open(html, "td", NULL);
  page_time(call, html, task->timemodified);
  html_close(html, "td");
  if (call->who->role >= ROLE_OPERATOR) {
    html_open(html, "td", NULL);
    task_wish_buttons(call, html, task, back);
    html_close(html, "td");
  }
  html_close(html, "tr");
}

static void
show_table(WebCall *call, Html *html, const Listing *listing, guint first, const Wanted *wanted) {
  page_table_open(html,
                  html_word(html, "Tasks: what failed first, then the newest",
                            "Aufgaben: fehlgeschlagene zuerst, dann die neuesten"),
                  "tasks");
  page_th(call, html, html_word(html, "Task", "Aufgabe"), NULL, false);
  page_th(call, html, html_word(html, "State", "Zustand"), NULL, false);
  page_th(call, html, html_word(html, "Kind", "Art"), NULL, false);
  page_th(call, html, html_word(html, "About", "Worum es geht"), NULL, false);
  page_th(call, html, html_word(html, "Tries", "Versuche"), NULL, true);
  page_th(call, html, html_word(html, "Due", "Fällig"), NULL, false);
  page_th(call, html, html_word(html, "Last error", "Letzter Fehler"), NULL, false);
  page_th(call, html, html_word(html, "Changed", "Geändert"), NULL, false);
  if (call->who->role >= ROLE_OPERATOR)
    page_th(call, html, html_word(html, "What to do", "Was tun"), NULL, false);
  page_rows(html);
  autochar back = link_to(wanted->show, wanted->after);
  guint end = MIN(listing->listed->len, first + PAGE_TASKS_SHOWN);
  for (guint i = first; i < end; i++)
    show_task(call, html, g_ptr_array_index(listing->listed, i), back);
  page_table_close(html);
}

static void
show_none(Html *html, Show show) {
  html_open(html, "p", NULL);
  if (show == SHOW_ALL)
    html_say(html,
             "There are no tasks yet. Imports that wait, contents to be copied into new courses "
             "and mails will be listed here.",
             "Es gibt noch keine Aufgaben. Hier stehen wartende Importe, Inhalte, die in neue "
             "Kurse kopiert werden, und E-Mails.");
  else if (show == SHOW_FAILED)
    html_say(html, "No task has failed.", "Keine Aufgabe ist fehlgeschlagen.");
  else
    html_say(html, "Everything is done.", "Alles ist erledigt.");
  html_close(html, "p");
}

static Place
place_of(const Listing *listing, guint index) {
  const StoreTask *task = g_ptr_array_index(listing->listed, index);
  return (Place){ .failed = task->state == TASK_FAILED, .id = task->id };
}

static void
page_to(Html *html, Show show, Place after, const char *text, const char *rel) {
  autochar path = link_to(show, after);
  html_element(html, "a", text, "href", path, "class", "button", "rel", rel, NULL);
}

static void
show_paging(Html *html, const Listing *listing, guint first, Show show) {
  guint next = first + PAGE_TASKS_SHOWN;
  if (first == 0 && next >= listing->listed->len)
    return;
  html_open(html, "nav", "class", "paging", "aria-label", html_word(html, "Pages", "Seiten"), NULL);
  if (first > 0)
    page_to(html, show,
            first > PAGE_TASKS_SHOWN ? place_of(listing, first - PAGE_TASKS_SHOWN - 1)
                                     : (Place){ 0 },
            html_word(html, "Back", "Zurück"), "prev");
  if (next < listing->listed->len)
    page_to(html, show, place_of(listing, next - 1), html_word(html, "Further", "Weiter"), "next");
  html_close(html, "nav");
}

static void
show_list(WebCall *call, const Wanted *wanted, const Listing *listing) {
  Html *html = page_begin(call, PAGE_TASKS, web_say(call->language, "Tasks", "Aufgaben"), 0);
  guint first = first_of(listing, wanted->after);
  task_wish_done(call, html);
  show_tabs(html, wanted, listing->counts);
  show_counts(html, listing->counts);
  if (first < listing->listed->len)
    show_table(call, html, listing, first, wanted);
  else
    show_none(html, wanted->show);
  show_paging(html, listing, first, wanted->show);
  page_end(call, html);
}

static bool
list(WebCall *call, GError **error) {
  const Wanted wanted = { .show = parse_show(web_query(call, "show")),
                          .after = parse_place(web_query(call, "after")) };
  /* Who is bound gets counts of what they see, for which those done are needed, too. */
  bool unfinished = wanted.show != SHOW_ALL && web_principal_sees_all(call->who);
  g_autoptr(GPtrArray) tasks = call->store->class->task_list(call->store, unfinished, 0, error);
  g_autoptr(GPtrArray) seen = tasks == NULL ? NULL : task_view_seen(call, tasks, error);
  g_autoptr(GPtrArray) listed = g_ptr_array_new();
  Listing listing = { .listed = listed };
  if (seen == NULL || !fill(call, &wanted, seen, &listing, error))
    return false;
  show_list(call, &wanted, &listing);
  return true;
}

/* ── one task ── */

static void
show_time(const WebCall *call, Html *html, const char *name, gint64 time) {
  page_fact_open(html, name);
  page_time(call, html, time);
  page_fact_close(html);
}

static void
show_facts(const WebCall *call, Html *html, const StoreTask *task) {
  autochar tries = task_view_tries(call, task);
  autochar all = g_strdup_printf("%u", task->attempts);
  html_open(html, "dl", "class", "facts", NULL);
  task_view_fact(html, html_word(html, "Kind", "Art"), task_view_kind(call->language, task->kind));
  task_view_payload(call, html, task);
  page_fact_open(html, html_word(html, "State", "Zustand"));
  page_task_state(html, task->state);
  page_fact_close(html);
  page_fact_open(html, html_word(html, "Due", "Fällig"));
  task_view_due(call, html, task);
  page_fact_close(html);
  task_view_fact(html, html_word(html, "Tries", "Versuche"), tries);
  task_view_fact(html, html_word(html, "Tries in all", "Versuche insgesamt"), all);
  show_time(call, html, html_word(html, "Last try began", "Letzter Versuch begann"), task->begun);
  if (task->state == TASK_RUNNING)
    task_view_fact(html, html_word(html, "Done by", "In Arbeit bei"), task->owner);
  show_time(call, html, html_word(html, "Created", "Angelegt"), task->timecreated);
  show_time(call, html, html_word(html, "Changed", "Geändert"), task->timemodified);
  html_close(html, "dl");
}

static void
show_one(WebCall *call, const StoreTask *task) {
  autochar title = web_say_format(call->language, "Task %" G_GINT64_FORMAT,
                                  "Aufgabe %" G_GINT64_FORMAT, task->id);
  autochar why = task_view_error(call->language, task);
  Html *html = page_begin(call, PAGE_TASKS, title, 0);
  task_wish_done(call, html);
  if (*why != '\0') {
    page_notice_open(html, task->state == TASK_FAILED ? "error" : "warning");
    html_element(html, "p", why, NULL);
    html_close(html, "div");
  }
  show_facts(call, html, task);
  task_view_letter(html, task);
  html_open(html, "div", "class", "actions", NULL);
  task_wish_buttons(call, html, task, call->request->path);
  html_element(html, "a", html_word(html, "All tasks", "Alle Aufgaben"), "href", "/tasks", NULL);
  html_close(html, "div");
  page_end(call, html);
}

static bool
show_found(WebCall *call, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  bool refused;
  if (!task_view_open(call, &task, &refused, error))
    return refused;
  show_one(call, task);
  return true;
}

const WebRoute web_tasks_routes[] = {
  { WEB_GET, "/tasks", ROLE_VIEWER, 0, list },
  { WEB_GET, "/tasks/{id}", ROLE_VIEWER, 0, show_found },
  { WEB_POST, "/tasks/{id}/retry", ROLE_OPERATOR, 0, task_wish_retry },
  { WEB_POST, "/tasks/{id}/cancel", ROLE_OPERATOR, 0, task_wish_cancel },
  { 0 },
};
