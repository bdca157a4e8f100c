/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/plan_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "web/page.h"
#include "web/run_words.h"

/* Warnings and failures that are listed one by one; more are only counted. */
#define MAX_LISTED 50

gint64
plan_view_number(const json_t *object, const char *key) {
  return json_integer_value(json_object_get(object, key));
}

const char *
plan_view_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

bool
plan_view_sees(const WebCall *call, const PlanView *view, const char *tenant) {
  return web_principal_sees(call->who, tenant) &&
         (view->tenants == NULL || g_strv_contains((const char *const *)view->tenants, tenant));
}

/* ── figures ── */

static void
fact(Html *html, const char *name, gint64 number) {
  page_fact_open(html, name);
  html_number(html, number);
  page_fact_close(html);
}

static void
show_figures(Html *html, const PlanView *view) {
  static const struct {
    const char *key, *english, *german;
  } figures[] = {
    { "courses_created", "courses to create", "Kurse anzulegen" },
    { "users_created", "accounts to create", "Konten anzulegen" },
    { "enrolled", "people to enrol", "Personen einzuschreiben" },
    { "completed", "people to complete", "Personen abzuschließen" },
    { "unenrolled", "people to unenrol", "Personen auszutragen" },
    { "held", "removals held by the guard", "Austragungen, von der Schutzgrenze angehalten" },
    { "unproven", "removals without proof, not done", "Austragungen ohne Beleg, unterbleiben" },
    { "alreadyenrolled", "enrolled already", "schon eingeschrieben" },
    { "noop", "no action", "keine Aktion" },
    { "lehrgaenge_total", "Lehrgänge", "Lehrgänge" },
    { "failed", "failed to be read", "nicht lesbar" },
    { "tenants_failed", "tenants that failed", "Mandanten mit Fehler" },
  };
  const json_t *totals = json_object_get(view->document, "totals");
  html_open(html, "dl", "class", "facts", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(figures); i++)
    fact(html, html_word(html, figures[i].english, figures[i].german),
         plan_view_number(totals, figures[i].key));
  html_close(html, "dl");
}

/* ── what does not happen, and why ── */

static void
show_held_item(const WebCall *call, Html *html, const json_t *item) {
  const char *company = plan_view_text(item, "company");
  bool all = strcmp(company, "all companies") == 0;
  const char *name = all ? html_word(html, "all companies", "alle Firmen") : company;
  autochar removals = web_number(html_language(html), plan_view_number(item, "removals"));
  autochar enrolled = web_number(html_language(html), plan_view_number(item, "enrolled"));
  autochar allowed = web_number(html_language(html), plan_view_number(item, "allowed"));
  html_open(html, "li", NULL);
  /* In a company's courses that is not theirs others are enrolled, too. */
  if (web_principal_sees(call->who, company))
    html_say_format(html,
                    "%s: %s of %s people enrolled; without consent at most %s may be unenrolled",
                    "%s: %s von %s Eingeschriebenen; ohne Freigabe dürfen höchstens %s ausgetragen "
                    "werden",
                    name, removals, enrolled, allowed);
  else
    html_say_format(html, "%s: removals: %s", "%s: Austragungen: %s", name, removals);
  html_close(html, "li");
}

static void
show_held(const WebCall *call, Html *html, const PlanView *view) {
  const json_t *held = json_object_get(view->document, "held");
  size_t i;
  const json_t *item;
  if (json_array_size(held) == 0)
    return;
  page_notice_open(html, "warning");
  html_element(html, "p",
               html_word(html,
                         "So many people would be unenrolled at once that the guard holds these "
                         "removals. Everything else would be done.",
                         "Es würden auf einmal so viele Personen ausgetragen, dass die "
                         "Schutzgrenze diese Austragungen anhält. Alles andere würde ausgeführt."),
               NULL);
  html_open(html, "ul", NULL);
  json_array_foreach(held, i, item) show_held_item(call, html, item);
  html_close(html, "ul");
  html_close(html, "div");
}

static void
show_unproven(const WebCall *call, Html *html, const PlanView *view) {
  const json_t *unproven = json_object_get(view->document, "unproven");
  size_t i;
  const json_t *item;
  if (json_array_size(unproven) == 0)
    return;
  html_element(html, "h2", html_word(html, "Removals without proof", "Austragungen ohne Beleg"),
               NULL);
  page_table_open(html,
                  html_word(html, "Courses from which nobody is unenrolled for now",
                            "Kurse, aus denen vorerst niemand ausgetragen wird"),
                  NULL);
  page_th(call, html, html_word(html, "Course", "Kurs"), NULL, false);
  page_th(call, html, html_word(html, "Why", "Warum"), NULL, false);
  page_rows(html);
  json_array_foreach(unproven, i, item) {
    html_open(html, "tr", NULL);
    page_td(html, plan_view_text(item, "shortname"));
    /* The reason may name another tenant's Lehrgang. */
    page_td(html, web_principal_sees_all(call->who)
                      ? plan_view_text(item, "why")
                      : html_word(html, "not every Lehrgang that feeds this course could be read",
                                  "nicht jeder Lehrgang dieses Kurses konnte gelesen werden"));
    html_close(html, "tr");
  }
  page_table_close(html);
}

static void
show_warnings(Html *html, const PlanView *view) {
  const json_t *warnings = json_object_get(view->document, "warnings");
  size_t i;
  const json_t *item;
  if (json_array_size(warnings) == 0)
    return;
  page_notice_open(html, "warning");
  html_open(html, "ul", "lang", "en", NULL);
  json_array_foreach(warnings, i, item) {
    if (i < MAX_LISTED)
      html_element(html, "li", json_string_value(item), NULL);
  }
  html_close(html, "ul");
  html_close(html, "div");
}

void
plan_view_totals(const WebCall *call, Html *html, const PlanView *view) {
  show_figures(html, view);
  show_held(call, html, view);
  show_warnings(html, view);
  show_unproven(call, html, view);
}

/* ── by tenant ── */

static gint64
sum(const json_t *tenant, const char *part, const char *key) {
  gint64 result = 0;
  size_t i;
  const json_t *line;
  json_array_foreach(json_object_get(tenant, "courses"), i, line) {
    result += plan_view_number(json_object_get(line, part), key);
  }
  return result;
}

static const char *
reason_word(WebLanguage language, const char *reason) {
  static const struct {
    const char *reason, *english, *german;
  } words[] = {
    { "no_company", "no company in Moodle", "keine Firma in Moodle" },
    { "no_category", "no course category", "kein Kursbereich" },
    { "no_kurzbezeichnung", "no Kurzbezeichnung", "keine Kurzbezeichnung" },
    { "bad_end_tag", "no usable Endtag", "kein brauchbarer Endtag" },
    { "name_too_long", "name too long", "Name zu lang" },
    { "no_template", "no template", "keine Vorlage" },
    { "course_exists", "the course exists", "der Kurs ist da" },
    { "course_failed", "the course failed", "der Kurs ist fehlgeschlagen" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].reason, reason) == 0)
      return web_say(language, words[i].english, words[i].german);
  return reason;
}

static void
show_reasons(Html *html, const json_t *reasons) {
  const char *reason;
  json_t *count;
  bool first = true;
  html_open(html, "td", NULL);
  json_object_foreach((json_t *)reasons, reason, count) {
    html_format(html, "%s%s: ", first ? "" : "; ", reason_word(html_language(html), reason));
    html_number(html, json_integer_value(count));
    first = false;
  }
  html_close(html, "td");
}

static void
show_failures(Html *html, const json_t *tenant) {
  const json_t *failed = json_object_get(tenant, "failed");
  const char *error = plan_view_text(tenant, "error");
  const char *cause = run_words_cause(html_language(html), error);
  size_t i;
  const json_t *item;
  html_open(html, "td", NULL);
  html_text(html, cause != NULL ? cause : error);
  json_array_foreach(failed, i, item) {
    if (i < MAX_LISTED)
      html_format(html, "%s%s: %s", i > 0 || *error != '\0' ? "; " : "", plan_view_text(item, "id"),
                  plan_view_text(item, "error"));
  }
  if (json_array_size(failed) > MAX_LISTED)
    html_say_format(html, "; and %u more", "; und %u weitere",
                    (guint)json_array_size(failed) - MAX_LISTED);
  html_close(html, "td");
}

static void
show_tenant(Html *html, const json_t *tenant) {
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_format(html, "%s ", plan_view_text(tenant, "abbr"));
  html_element(html, "small", plan_view_text(tenant, "name"), NULL);
  html_close(html, "th");
  page_td_number(html, plan_view_number(tenant, "total"));
  page_td_number(html, sum(tenant, "users", "created"));
  page_td_number(html, sum(tenant, "assignments", "enrolled"));
  page_td_number(html, sum(tenant, "assignments", "completed"));
  page_td_number(html, sum(tenant, "assignments", "unenrolled"));
  page_td_number(html, sum(tenant, "assignments", "held"));
  page_td_number(html, plan_view_number(tenant, "created"));
  show_reasons(html, json_object_get(tenant, "skip_reasons"));
  show_failures(html, tenant);
  html_close(html, "tr");
}

void
plan_view_tenants(const WebCall *call, Html *html, const PlanView *view) {
  size_t i;
  const json_t *tenant;
  html_element(html, "h2", html_word(html, "By tenant", "Nach Mandant"), NULL);
  page_table_open(html, html_word(html, "By tenant", "Nach Mandant"), NULL);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), NULL, false);
  page_th(call, html, "Lehrgänge", NULL, true);
  page_th(call, html, html_word(html, "New accounts", "Neue Konten"), NULL, true);
  page_th(call, html, html_word(html, "Enrol", "Einschreiben"), NULL, true);
  page_th(call, html, html_word(html, "Complete", "Abschließen"), NULL, true);
  page_th(call, html, html_word(html, "Unenrol", "Austragen"), NULL, true);
  page_th(call, html, html_word(html, "Held", "Angehalten"), NULL, true);
  page_th(call, html, html_word(html, "With a new course", "Mit neuem Kurs"), NULL, true);
  page_th(call, html, html_word(html, "Without a new course", "Ohne neuen Kurs"), NULL, false);
  page_th(call, html, html_word(html, "Failed", "Fehlgeschlagen"), NULL, false);
  page_rows(html);
  json_array_foreach(json_object_get(view->document, "tenants"), i, tenant) {
    bool configured = json_is_true(json_object_get(tenant, "configured"));
    if (configured && plan_view_sees(call, view, plan_view_text(tenant, "abbr")))
      show_tenant(html, tenant);
  }
  page_table_close(html);
}

/* ── by course ── */

typedef struct {
  const char *course, *tenant;
  bool created;
  gint64 lehrgaenge, accounts, enrolled, completed, unenrolled, held, unproven, groups, already,
      noop;
} Line;

static Line
read_line(const json_t *tenant, const json_t *json) {
  const json_t *people = json_object_get(json, "assignments");
  return (Line){
    .course = plan_view_text(json, "shortname"),
    .tenant = plan_view_text(tenant, "abbr"),
    .created = json_is_true(json_object_get(json, "created")),
    .lehrgaenge = (gint64)json_array_size(json_object_get(json, "lehrgaenge")),
    .accounts = plan_view_number(json_object_get(json, "users"), "created"),
    .enrolled = plan_view_number(people, "enrolled"),
    .completed = plan_view_number(people, "completed"),
    .unenrolled = plan_view_number(people, "unenrolled"),
    .held = plan_view_number(people, "held"),
    .unproven = plan_view_number(people, "unproven"),
    .groups = plan_view_number(people, "memberships"),
    .already = plan_view_number(people, "alreadyenrolled"),
    .noop = plan_view_number(people, "noop"),
  };
}

static bool
changes(const Line *line) {
  return line->created || line->accounts + line->enrolled + line->completed + line->unenrolled +
                                  line->held + line->unproven + line->groups >
                              0;
}

/* `hidden` counts those in which nothing would change. */
static GArray *
read_lines(const WebCall *call, const PlanView *view, bool all, guint *hidden) {
  GArray *lines = g_array_new(FALSE, FALSE, sizeof(Line));
  size_t i, j;
  const json_t *tenant, *json;
  json_array_foreach(json_object_get(view->document, "tenants"), i, tenant) {
    if (!plan_view_sees(call, view, plan_view_text(tenant, "abbr")))
      continue;
    json_array_foreach(json_object_get(tenant, "courses"), j, json) {
      Line line = read_line(tenant, json);
      if (all || changes(&line))
        g_array_append_val(lines, line);
      else
        (*hidden)++;
    }
  }
  return lines;
}

/* Columns of numbers: what ?sort= calls them, and where they stand. */
static const struct {
  const char *name, *english, *german;
  gsize offset;
} columns[] = {
  { "lehrgaenge", "Lehrgänge", "Lehrgänge", G_STRUCT_OFFSET(Line, lehrgaenge) },
  { "accounts", "New accounts", "Neue Konten", G_STRUCT_OFFSET(Line, accounts) },
  { "enrolled", "Enrol", "Einschreiben", G_STRUCT_OFFSET(Line, enrolled) },
  { "completed", "Complete", "Abschließen", G_STRUCT_OFFSET(Line, completed) },
  { "unenrolled", "Unenrol", "Austragen", G_STRUCT_OFFSET(Line, unenrolled) },
  { "held", "Held", "Angehalten", G_STRUCT_OFFSET(Line, held) },
  { "unproven", "Without proof", "Ohne Beleg", G_STRUCT_OFFSET(Line, unproven) },
  { "groups", "Into groups", "In Gruppen", G_STRUCT_OFFSET(Line, groups) },
  { "already", "Enrolled already", "Schon eingeschrieben", G_STRUCT_OFFSET(Line, already) },
  { "noop", "No action", "Keine Aktion", G_STRUCT_OFFSET(Line, noop) },
};

static gint64
number_of(const Line *line, guint column) {
  return G_STRUCT_MEMBER(gint64, line, columns[column].offset);
}

static gint
by_course(const Line *a, const Line *b) {
  gint order = strcmp(a->course, b->course);
  return order != 0 ? order : strcmp(a->tenant, b->tenant);
}

static gint
compare(gconstpointer left, gconstpointer right, gpointer data) {
  const Line *a = left, *b = right;
  const WebCall *call = data;
  gint sorted = page_sorted(call, "course", "course");
  if (sorted != 0)
    return sorted * by_course(a, b);
  sorted = page_sorted(call, "tenant", "");
  gint tenants = strcmp(a->tenant, b->tenant);
  if (sorted != 0 && tenants != 0)
    return sorted * tenants;
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
    gint64 difference = number_of(a, i) - number_of(b, i);
    sorted = page_sorted(call, columns[i].name, "");
    if (sorted != 0 && difference != 0)
      return difference < 0 ? -sorted : sorted;
  }
  return by_course(a, b);
}

static void
show_line(const WebCall *call, Html *html, const Line *line) {
  autochar path = page_link(call, "course", line->course);
  autochar there = g_strconcat(path, "#steps", NULL);
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "a", line->course, "href", there, NULL);
  if (line->created) {
    html_text(html, " ");
    html_element(html, "span", html_word(html, "new", "neu"), "class", "badge info", NULL);
  }
  html_close(html, "th");
  page_td(html, line->tenant);
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
    page_td_number(html, number_of(line, i));
  html_close(html, "tr");
}

static void
show_unchanged_link(const WebCall *call, Html *html, guint hidden) {
  autochar path = page_link(call, "show", "all");
  html_open(html, "p", NULL);
  html_open(html, "a", "href", path, NULL);
  if (hidden == 1)
    html_say(html, "Show also the course in which nothing would change",
             "Auch den Kurs zeigen, in dem sich nichts ändern würde");
  else
    html_say_format(html, "Show also the %u courses in which nothing would change",
                    "Auch die %u Kurse zeigen, in denen sich nichts ändern würde", hidden);
  html_close(html, "a");
  html_close(html, "p");
}

void
plan_view_courses(const WebCall *call, Html *html, const PlanView *view) {
  guint hidden = 0;
  bool all = strcmp(web_query(call, "show"), "all") == 0;
  g_autoptr(GArray) lines = read_lines(call, view, all, &hidden);
  g_array_sort_with_data(lines, compare, (gpointer)call);
  html_element(html, "h2", html_word(html, "By course", "Nach Kurs"), NULL);
  page_table_open(html, html_word(html, "By course", "Nach Kurs"), NULL);
  page_th(call, html, html_word(html, "Course", "Kurs"), "course", false);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), "tenant", false);
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
    page_th(call, html, html_word(html, columns[i].english, columns[i].german), columns[i].name,
            true);
  page_rows(html);
  for (guint i = 0; i < lines->len; i++)
    show_line(call, html, &g_array_index(lines, Line, i));
  page_table_close(html);
  if (hidden > 0)
    show_unchanged_link(call, html, hidden);
}
