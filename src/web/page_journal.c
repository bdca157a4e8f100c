/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/journal_view.h"
#include "web/page.h"
#include "web/routes.h"

/* Rows on a page. */
#define PAGE_ROWS 200

typedef struct {
  gint64 run, course, before; /* 0: not asked for */
  char *person, *shortname;   /* NULL: not asked for */
} Wanted;

static void
wanted_clear(Wanted *wanted) {
  g_free(wanted->person);
  g_free(wanted->shortname);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static char *
text_of(const WebCall *call, const char *name) {
  autochar text = text_trim(web_query(call, name));
  return text_empty(text) ? NULL : g_steal_pointer(&text);
}

static bool
id_of(const WebCall *call, const char *name, gint64 *id) {
  autochar text = text_of(call, name);
  *id = 0;
  return text == NULL || web_parse_id(text, id);
}

/* False: a number is none. */
static bool
read_query(const WebCall *call, Wanted *wanted) {
  wanted->person = text_of(call, "person");
  wanted->shortname = text_of(call, "shortname");
  return id_of(call, "run", &wanted->run) && id_of(call, "course", &wanted->course) &&
         id_of(call, "before", &wanted->before);
}

/* Whether there is that run, for them. */
static bool
knows_run(const WebCall *call, gint64 id, bool *known, GError **error) {
  g_autoptr(GError) cause = NULL;
  *known = true;
  if (id == 0)
    return true;
  g_autoptr(StoreRun) run = call->store->class->run_head(call->store, id, &cause);
  *known = run != NULL && web_principal_sees_run(call->who, run->tenants);
  if (run != NULL || g_error_matches(cause, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return true;
  g_propagate_error(error, g_steal_pointer(&cause));
  return false;
}

/* ── search ── */

static void
show_search(const WebCall *call, Html *html, const Wanted *wanted) {
  html_open(html, "form", "method", "get", "action", "/journal", "class", "filters", NULL);
  page_input(html, "search", "person",
             html_word(html, "Person (id of the Teilnehmer)", "Person (Id des Teilnehmers)"),
             wanted->person, NULL);
  page_input(html, "search", "shortname", html_word(html, "Course (short name)", "Kurs (Kurzname)"),
             wanted->shortname, NULL);
  page_input(html, "text", "run", html_word(html, "Run (number)", "Lauf (Nummer)"),
             web_query(call, "run"), NULL);
  if (wanted->course > 0)
    html_open(html, "input", "type", "hidden", "name", "course", "value", web_query(call, "course"),
              NULL);
  page_button(html, html_word(html, "Search", "Suchen"), NULL, NULL, "primary");
  html_element(html, "a", html_word(html, "Show all", "Alles zeigen"), "href", "/journal", NULL);
  html_close(html, "form");
}

/* What is shown, in a sentence with the way back to the run. */
static void
show_what(Html *html, const Wanted *wanted) {
  html_open(html, "p", NULL);
  html_say(html, "What was done when, and why; the newest first.",
           "Was wann getan wurde und warum; das Neueste zuerst.");
  if (wanted->course > 0)
    html_say_format(html, " Course number %" G_GINT64_FORMAT " in Moodle.",
                    " Kurs Nummer %" G_GINT64_FORMAT " in Moodle.", wanted->course);
  if (wanted->run > 0) {
    autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, wanted->run);
    autochar text = web_say_format(html_language(html), "To run %" G_GINT64_FORMAT,
                                   "Zum Lauf %" G_GINT64_FORMAT, wanted->run);
    html_text(html, " ");
    html_element(html, "a", text, "href", path, NULL);
  }
  html_close(html, "p");
}

static void
show_empty(const WebCall *call, Html *html, const JournalPage *page) {
  html_open(html, "p", NULL);
  if (page->cut)
    html_say(html, "Nothing of yours among the entries read so far; go on with older ones.",
             "Unter den bisher gelesenen Einträgen ist keiner von Ihnen; lesen Sie ältere.");
  else
    html_say(html,
             "There are no entries. Only what a run did is in here: whoever was enrolled already, "
             "and courses without changes, have none. Person and short name must be spelled as "
             "they are in ZMS and Moodle.",
             "Keine Einträge. Hier steht nur, was ein Lauf getan hat: Wer schon eingeschrieben "
             "war, und Kurse ohne Änderungen, haben keine. Person und Kurzname müssen genau so "
             "geschrieben sein wie in ZMS und Moodle.");
  if (!web_principal_sees_all(call->who))
    html_say(html, " You see the entries of your tenants.",
             " Sie sehen die Einträge Ihrer Mandanten.");
  html_close(html, "p");
}

/* ── rows ── */

static void
show_link(Html *html, const char *text, const char *format, const char *value) {
  autochar escaped = g_uri_escape_string(value, NULL, FALSE);
  autochar path = g_strconcat(format, escaped, NULL);
  html_open(html, "td", NULL);
  if (!text_empty(text))
    html_element(html, "a", text, "href", path, NULL);
  html_close(html, "td");
}

static void
show_run_cell(Html *html, gint64 run) {
  autochar text = g_strdup_printf("%" G_GINT64_FORMAT, run);
  show_link(html, text, "/runs/", text);
}

/* A course that was not made yet has a short name only. */
static void
show_course_cell(Html *html, const StoreJournalEntry *entry) {
  autochar id = g_strdup_printf("%" G_GINT64_FORMAT, entry->courseid);
  if (entry->courseid > 0)
    show_link(html, text_empty(entry->shortname) ? id : entry->shortname, "/journal?course=", id);
  else
    show_link(html, entry->shortname, "/journal?shortname=", entry->shortname);
}

static void
show_reason(Html *html, const char *reason) {
  g_auto(GStrv) parts = journal_view_reason(reason);
  html_open(html, "td", NULL);
  if (parts == NULL) {
    html_text(html, reason);
  } else {
    const char *action = journal_view_action(html_language(html), parts[2]);
    html_element(html, "code", parts[0], NULL);
    html_text(html, " → ");
    html_element(html, "strong", parts[1], NULL);
    html_format(html, " → %s", parts[2]);
    if (action != NULL)
      html_format(html, " (%s)", action);
  }
  html_close(html, "td");
}

static void
show_outcome(Html *html, const StoreJournalRow *row) {
  static const char *const classes[] = { [JOURNAL_INTENT] = "badge warning",
                                         [JOURNAL_DONE] = "badge success",
                                         [JOURNAL_FAILED] = "badge error" };
  html_open(html, "td", NULL);
  html_element(html, "span", journal_view_state(html_language(html), row->state), "class",
               classes[row->state], NULL);
  if (!text_empty(row->error)) {
    html_text(html, " ");
    html_text(html, row->error);
  }
  html_close(html, "td");
}

static void
show_row(const WebCall *call, Html *html, const StoreJournalRow *row) {
  const StoreJournalEntry *entry = &row->entry;
  html_open(html, "tr", NULL);
  html_open(html, "td", NULL);
  page_time(call, html, row->time);
  html_close(html, "td");
  show_run_cell(html, row->run);
  page_td(html, journal_view_step(html_language(html), entry->kind));
  show_course_cell(html, entry);
  show_link(html, entry->person, "/journal?person=", entry->person);
  page_td(html, entry->lehrgang);
  show_reason(html, entry->reason);
  show_outcome(html, row);
  html_close(html, "tr");
}

static void
show_rows(const WebCall *call, Html *html, const JournalPage *page) {
  page_table_open(html, html_word(html, "Steps with their reasons", "Schritte mit Begründung"),
                  "sticky");
  page_th(call, html, html_word(html, "Time", "Zeit"), NULL, false);
  page_th(call, html, html_word(html, "Run", "Lauf"), NULL, false);
  page_th(call, html, html_word(html, "Step", "Schritt"), NULL, false);
  page_th(call, html, html_word(html, "Course", "Kurs"), NULL, false);
  page_th(call, html, "Teilnehmer", NULL, false);
  page_th(call, html, "Lehrgang", NULL, false);
  page_th(call, html, html_word(html, "Because", "Weil"), NULL, false);
  page_th(call, html, html_word(html, "Outcome", "Ergebnis"), NULL, false);
  page_rows(html);
  for (guint i = 0; i < page->rows->len; i++)
    show_row(call, html, g_ptr_array_index(page->rows, i));
  page_table_close(html);
}

static void
show_ways_on(const WebCall *call, Html *html, const JournalPage *page, gint64 before) {
  if (page->older == 0 && before == 0)
    return;
  autochar first = page_link(call, "before", NULL);
  autochar id = g_strdup_printf("%" G_GINT64_FORMAT, page->older);
  autochar older = page_link(call, "before", id);
  html_open(html, "nav", "class", "actions", "aria-label",
            html_word(html, "Pages of the journal", "Seiten des Journals"), NULL);
  if (before != 0)
    html_element(html, "a", html_word(html, "Newest", "Neueste"), "href", first, NULL);
  if (page->older != 0)
    html_element(html, "a", html_word(html, "Older", "Ältere"), "href", older, "rel", "next", NULL);
  html_close(html, "nav");
}

static bool
show_journal(WebCall *call, GError **error) {
  g_auto(Wanted) wanted = { 0 };
  bool known;
  if (!read_query(call, &wanted))
    return web_refuse(call, WEB_REFUSED_BAD,
                      web_say(call->language, "The number of a run or a course is none.",
                              "Die Nummer eines Laufs oder Kurses ist keine Zahl."));
  if (!knows_run(call, wanted.run, &known, error))
    return false;
  if (!known)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND,
                      web_say(call->language, "There is no run of that number.",
                              "Es gibt keinen Lauf mit dieser Nummer."));
  const StoreJournalFilter filter = { .run = wanted.run,
                                      .courseid = wanted.course,
                                      .person = wanted.person,
                                      .shortname = wanted.shortname,
                                      .state = -1,
                                      .before = wanted.before };
  g_autoptr(JournalPage) page =
      journal_view_read(call->store, call->who, &filter, PAGE_ROWS, JOURNAL_VIEW_MAX_READ, error);
  if (page == NULL)
    return false;
  Html *html = page_begin(call, PAGE_HISTORY, "Journal", 0);
  show_what(html, &wanted);
  show_search(call, html, &wanted);
  if (page->rows->len > 0)
    show_rows(call, html, page);
  else
    show_empty(call, html, page);
  show_ways_on(call, html, page, wanted.before);
  return page_end(call, html);
}

const WebRoute web_journal_routes[] = {
  { WEB_GET, "/journal", ROLE_VIEWER, 0, show_journal },
  { 0 },
};
