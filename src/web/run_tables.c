/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/run_tables.h"

#include <string.h>

#include "base/text.h"
#include "web/page.h"

/* More of a list than that is said to be left off; the report as JSON has all of it. */
#define MAX_LISTED 50
/* More ids of Lehrgänge than that are folded up. */
#define MAX_IDS 6

/* ── totals ── */

static void
show_total(Html *html, const char *english, const char *german, gint64 number) {
  page_fact_open(html, html_word(html, english, german));
  html_number(html, number);
  page_fact_close(html);
}

/* Seldom, and then worth a look. */
static void
show_if_any(Html *html, const char *english, const char *german, gint64 number) {
  if (number > 0)
    show_total(html, english, german, number);
}

void
run_tables_show_totals(Html *html, const ReportView *view) {
  const gint64 *sum = view->sum.numbers;
  html_element(html, "h2", html_word(html, "Totals", "Zusammen"), NULL);
  html_open(html, "dl", "class", "facts", NULL);
  show_total(html, "Lehrgänge", "Lehrgänge", view->sum.total);
  show_total(html, "New courses", "Neue Kurse", view->sum.courses_created);
  show_total(html, "New accounts", "Neue Konten", sum[REPORT_USERS_CREATED]);
  show_total(html, "Accounts that were there", "Vorhandene Konten", sum[REPORT_USERS_EXISTING]);
  show_total(html, "Enrolled", "Eingeschrieben", sum[REPORT_ENROLLED]);
  show_total(html, "Already enrolled", "Schon eingeschrieben", sum[REPORT_ALREADY_ENROLLED]);
  show_total(html, "Completed", "Abgeschlossen", sum[REPORT_COMPLETED]);
  show_total(html, "Unenrolled", "Ausgetragen", sum[REPORT_UNENROLLED]);
  show_total(html, "Already unenrolled", "Schon ausgetragen", sum[REPORT_ALREADY_UNENROLLED]);
  show_total(html, "No action", "Keine Aktion", sum[REPORT_NOOP]);
  show_if_any(html, "Without account", "Ohne Konto", sum[REPORT_SKIPPED]);
  show_if_any(html, "Removals held by the guard", "Austragungen von der Schutzgrenze angehalten",
              sum[REPORT_HELD]);
  show_if_any(html, "Removals without proof, not done", "Austragungen ohne Beleg, unterblieben",
              sum[REPORT_UNPROVEN]);
  show_if_any(html, "In no list of ZMS any more", "In keiner Liste des ZMS mehr",
              sum[REPORT_UNLISTED]);
  html_close(html, "dl");
}

/* ── tenants ── */

static const struct {
  const char *reason, *english, *german;
} reasons[] = {
  { "course_exists", "their course was there already", "der Kurs war schon da" },
  { "no_company", "Moodle has no company of the tenant's name and code",
    "Moodle hat keine Firma mit Namen und Kürzel des Mandanten" },
  { "no_category", "Moodle has no course category that is surely the company's",
    "Moodle hat keinen Kursbereich, der sicher zur Firma gehört" },
  { "no_kurzbezeichnung", "no kurzbezeichnung, so no course name",
    "keine Kurzbezeichnung, also kein Kursname" },
  { "bad_end_tag", "endTag missing or no date, so no year",
    "endTag fehlt oder ist kein Datum, also kein Jahr" },
  { "name_too_long", "the course name is too long for Moodle",
    "der Kursname ist für Moodle zu lang" },
  { "no_template", "neither a course of last year nor a master course of that name",
    "weder ein Kurs vom Vorjahr noch ein Musterkurs dieses Namens" },
  { "course_failed", "their course could not be created", "der Kurs konnte nicht angelegt werden" },
};

const char *
run_tables_reason(WebLanguage language, const char *reason) {
  for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
    if (strcmp(reasons[i].reason, reason) == 0)
      return web_say(language, reasons[i].english, reasons[i].german);
  return reason;
}

static void
show_state(Html *html, ReportTenantState state) {
  static const struct {
    const char *class, *english, *german;
  } words[] = {
    [REPORT_TENANT_OK] = { "badge success", "ok", "in Ordnung" },
    [REPORT_TENANT_PARTLY] = { "badge partial", "partly", "teilweise" },
    [REPORT_TENANT_FAILED] = { "badge error", "failed", "fehlgeschlagen" },
    [REPORT_TENANT_NOT_ASKED] = { "badge skipped", "not asked", "nicht gefragt" },
    [REPORT_TENANT_NOT_CONFIGURED] = { "badge skipped", "not configured", "nicht eingerichtet" },
  };
  html_open(html, "td", NULL);
  html_element(html, "span", html_word(html, words[state].english, words[state].german), "class",
               words[state].class, NULL);
  html_close(html, "td");
}

static void
show_left_off(Html *html, gint64 all) {
  if (all <= MAX_LISTED)
    return;
  html_open(html, "li", NULL);
  html_say_format(html, "… and %d more", "… und %d weitere", (int)(all - MAX_LISTED));
  html_close(html, "li");
}

static void
show_skip_reasons(Html *html, const ReportTenant *tenant) {
  const char *reason;
  json_t *count;
  json_object_foreach((json_t *)tenant->skip_reasons, reason, count) {
    html_open(html, "li", NULL);
    html_number(html, json_integer_value(count));
    html_text(html, " × ");
    html_text(html, run_tables_reason(html_language(html), reason));
    html_close(html, "li");
  }
}

static void
show_failures(Html *html, const ReportTenant *tenant) {
  size_t at;
  json_t *failure;
  json_array_foreach((json_t *)tenant->failures, at, failure) {
    if (at == MAX_LISTED)
      break;
    html_open(html, "li", NULL);
    html_element(html, "strong", html_word(html, "failed", "fehlgeschlagen"), NULL);
    html_format(html, " %s: ", report_view_text(failure, "id"));
    html_element(html, "span", report_view_text(failure, "error"), "lang", "en", NULL);
    html_close(html, "li");
  }
  show_left_off(html, tenant->failed);
}

static void
show_items(Html *html, const ReportTenant *tenant) {
  size_t at;
  json_t *item;
  json_array_foreach((json_t *)tenant->items, at, item) {
    const char *lehrgang = report_view_text(item, "lehrgang");
    if (at == MAX_LISTED)
      break;
    html_open(html, "li", NULL);
    html_element(html, "strong", html_word(html, "malformed", "fehlerhaft"), NULL);
    html_text(html, " ");
    if (*lehrgang != '\0')
      html_say_format(html, "Teilnehmer of Lehrgang %s", "Teilnehmer von Lehrgang %s", lehrgang);
    else
      html_say(html, "list of Lehrgänge", "Liste der Lehrgänge");
    html_format(html, ": %s %s: %s", report_view_text(item, "where"), report_view_text(item, "id"),
                report_view_text(item, "why"));
    html_close(html, "li");
  }
  show_left_off(html, tenant->left_out);
}

static void
show_reasons(Html *html, const ReportTenant *tenant) {
  html_open(html, "td", NULL);
  bool any = tenant->error != NULL || tenant->skip_reasons != NULL || tenant->failures != NULL ||
             tenant->items != NULL;
  if (any) {
    html_open(html, "details", NULL);
    html_open(html, "summary", NULL);
    html_say_format(html, "Reasons: %s", "Gründe: %s", tenant->abbr);
    html_close(html, "summary");
    html_open(html, "ul", NULL);
    if (tenant->error != NULL)
      html_element(html, "li", tenant->error, "lang", "en", NULL);
    show_skip_reasons(html, tenant);
    show_failures(html, tenant);
    show_items(html, tenant);
    html_close(html, "ul");
    html_close(html, "details");
  }
  html_close(html, "td");
}

/* The tenants' table has room for these; the courses' table has more. */
static const ReportNumber of_tenants[] = {
  REPORT_USERS_CREATED,
  REPORT_USERS_EXISTING,
  REPORT_USERS_SKIPPED,
  REPORT_ENROLLED,
  REPORT_ALREADY_ENROLLED,
  REPORT_UNENROLLED,
  REPORT_ALREADY_UNENROLLED,
  REPORT_NOOP,
  REPORT_COMPLETED,
  REPORT_SKIPPED,
  REPORT_HELD,
};

static void
show_tenant(Html *html, const ReportTenant *tenant) {
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "abbr", tenant->abbr, "title", tenant->name, NULL);
  html_close(html, "th");
  show_state(html, tenant->state);
  show_reasons(html, tenant);
  page_td_number(html, tenant->created);
  page_td_number(html, tenant->skipped);
  page_td_number(html, tenant->failed);
  page_td_number(html, tenant->total);
  for (guint i = 0; i < G_N_ELEMENTS(of_tenants); i++)
    page_td_number(html, tenant->numbers[of_tenants[i]]);
  html_close(html, "tr");
}

static void
show_not_configured(Html *html, const ReportView *view) {
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    if (tenant->state == REPORT_TENANT_NOT_CONFIGURED)
      g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", tenant->abbr);
  }
  if (names->len == 0)
    return;
  html_open(html, "p", NULL);
  html_say_format(html, "Not configured (no apikey): %s", "Nicht eingerichtet (kein apikey): %s",
                  names->str);
  html_close(html, "p");
}

static void
tenant_heads(const WebCall *call, Html *html) {
  static const struct {
    const char *english, *german;
  } heads[] = { { "Lehrgänge with a new course", "Lehrgänge mit neuem Kurs" },
                { "without a new course", "ohne neuen Kurs" },
                { "failed", "fehlgeschlagen" },
                { "total", "gesamt" } };
  WebLanguage language = html_language(html);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), NULL, false);
  page_th(call, html, html_word(html, "State", "Zustand"), NULL, false);
  page_th(call, html, html_word(html, "Reasons", "Gründe"), NULL, false);
  for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
    page_th(call, html, html_word(html, heads[i].english, heads[i].german), NULL, true);
  for (guint i = 0; i < G_N_ELEMENTS(of_tenants); i++)
    page_th(call, html, report_view_title(language, of_tenants[i]), NULL, true);
}

void
run_tables_show_tenants(const WebCall *call, Html *html, const ReportView *view) {
  html_element(html, "h2", html_word(html, "Tenants", "Mandanten"), "id", "tenants", NULL);
  page_table_open(html, html_word(html, "What came of each tenant", "Ergebnis je Mandant"),
                  "sticky");
  tenant_heads(call, html);
  page_rows(html);
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    if (tenant->state != REPORT_TENANT_NOT_CONFIGURED && tenant->state != REPORT_TENANT_NOT_ASKED)
      show_tenant(html, tenant);
  }
  page_table_close(html);
  show_not_configured(html, view);
}

/* ── courses ── */

static ReportFilter
filter_of(const WebCall *call) {
  const char *only = web_query(call, "only");
  return (ReportFilter){ .search = web_query(call, "q"),
                         .tenant = web_query(call, "tenant"),
                         .only = strcmp(only, "changes") == 0    ? REPORT_ONLY_CHANGES
                                 : strcmp(only, "failures") == 0 ? REPORT_ONLY_TROUBLE
                                                                 : REPORT_ONLY_ALL,
                         .sort = web_query(call, "sort") };
}

static void
select_tenant(const WebCall *call, Html *html, const ReportView *view) {
  g_autoptr(GPtrArray) values = g_ptr_array_new();
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(values, (gpointer) "");
  g_ptr_array_add(texts, g_strdup(html_word(html, "all", "alle")));
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    g_ptr_array_add(values, (gpointer)tenant->abbr);
    g_ptr_array_add(texts, g_strdup_printf("%s – %s", tenant->abbr, tenant->name));
  }
  g_ptr_array_add(values, NULL);
  page_select(html, "tenant", html_word(html, "Tenant", "Mandant"),
              (const char *const *)values->pdata, (const char *const *)texts->pdata,
              web_query(call, "tenant"));
}

static void
select_only(const WebCall *call, Html *html) {
  const char *const values[] = { "", "changes", "failures", NULL };
  const char *const texts[] = { html_word(html, "all courses", "alle Kurse"),
                                html_word(html, "with changes", "mit Änderungen"),
                                html_word(html, "with failures", "mit Fehlern"), NULL };
  page_select(html, "only", html_word(html, "Show", "Zeigen"), values, texts,
              web_query(call, "only"));
}

static void
show_filter(const WebCall *call, Html *html, const ReportView *view) {
  const char *sort = web_query(call, "sort");
  autochar action = g_strconcat(call->request->path, "#courses", NULL);
  html_open(html, "form", "method", "get", "action", action, "class", "filters", NULL);
  page_input(html, "search", "q",
             html_word(html, "Short name, Lehrgang or tenant", "Kurzname, Lehrgang oder Mandant"),
             web_query(call, "q"), NULL);
  select_tenant(call, html, view);
  select_only(call, html);
  if (*sort != '\0')
    html_open(html, "input", "type", "hidden", "name", "sort", "value", sort, NULL);
  page_button(html, html_word(html, "Show", "Anzeigen"), NULL, NULL, "primary");
  html_element(html, "a", html_word(html, "Show all", "Alles zeigen"), "href", action, NULL);
  html_close(html, "form");
}

/* What is seldom counted has a column only where it was. */
static bool
is_shown(const ReportView *view, ReportNumber number) {
  switch (number) {
  case REPORT_USERS_CREATED:
  case REPORT_USERS_EXISTING:
  case REPORT_USERS_SKIPPED:
  case REPORT_ENROLLED:
  case REPORT_ALREADY_ENROLLED:
  case REPORT_UNENROLLED:
  case REPORT_ALREADY_UNENROLLED:
  case REPORT_NOOP:
  case REPORT_COMPLETED:
    return true;
  default:
    return view->sum.numbers[number] > 0;
  }
}

static void
course_heads(const WebCall *call, Html *html, const ReportView *view) {
  WebLanguage language = html_language(html);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), "tenant", false);
  page_th(call, html, html_word(html, "Course", "Kurs"), "course", false);
  page_th(call, html, "Lehrgänge", "lehrgaenge", false);
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    if (is_shown(view, i))
      page_th(call, html, report_view_title(language, i), report_view_name(i), true);
  page_th(call, html, "Journal", NULL, false);
}

/* Where Moodle has the course; NULL: nobody configured where Moodle is. */
static char *
course_address(const WebCall *call, gint64 course) {
  const char *url = call->config->moodle.url;
  if (text_empty(url) || course <= 0)
    return NULL;
  return g_strdup_printf("%s%scourse/view.php?id=%" G_GINT64_FORMAT, url,
                         g_str_has_suffix(url, "/") ? "" : "/", course);
}

static void
show_course_name(const WebCall *call, Html *html, const ReportCourse *course) {
  autochar address = course_address(call, course->course);
  html_open(html, "th", "scope", "row", NULL);
  if (address != NULL)
    html_element(html, "a", course->shortname, "href", address, NULL);
  else
    html_text(html, course->shortname);
  if (course->created) {
    html_text(html, " ");
    html_element(html, "span", html_word(html, "new", "neu"), "class", "badge success", NULL);
  }
  html_close(html, "th");
}

/* "4711, 4712"; free with g_free(). */
static char *
ids_of(const ReportCourse *course) {
  GString *ids = g_string_new(NULL);
  size_t at;
  json_t *id;
  json_array_foreach((json_t *)course->lehrgaenge, at, id) {
    const char *text = json_string_value(id);
    g_string_append_printf(ids, "%s%s", at > 0 ? ", " : "", text != NULL ? text : "");
  }
  return g_string_free(ids, FALSE);
}

static void
show_ids(Html *html, const ReportCourse *course) {
  autochar ids = ids_of(course);
  size_t count = json_array_size(course->lehrgaenge);
  html_open(html, "td", NULL);
  if (count > MAX_IDS) {
    html_open(html, "details", NULL);
    html_open(html, "summary", NULL);
    html_format(html, "%d Lehrgänge", (int)count);
    html_close(html, "summary");
    html_text(html, ids);
    html_close(html, "details");
  } else {
    html_text(html, ids);
  }
  html_close(html, "td");
}

static void
show_journal_link(Html *html, gint64 run, const ReportCourse *course) {
  autochar name = g_uri_escape_string(course->shortname, NULL, FALSE);
  autochar path =
      course->course > 0
          ? g_strdup_printf("/journal?run=%" G_GINT64_FORMAT "&course=%" G_GINT64_FORMAT, run,
                            course->course)
          : g_strdup_printf("/journal?run=%" G_GINT64_FORMAT "&shortname=%s", run, name);
  autochar label =
      web_say_format(html_language(html), "Journal of %s", "Journal von %s", course->shortname);
  html_open(html, "td", NULL);
  if (run > 0)
    html_element(html, "a", "Journal", "href", path, "aria-label", label, NULL);
  html_close(html, "td");
}

static void
show_course(const WebCall *call, Html *html, gint64 run, const ReportView *view,
            const ReportCourse *course) {
  html_open(html, "tr", NULL);
  html_open(html, "td", NULL);
  html_element(html, "abbr", course->tenant->abbr, "title", course->tenant->name, NULL);
  html_close(html, "td");
  show_course_name(call, html, course);
  show_ids(html, course);
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    if (is_shown(view, i))
      page_td_number(html, course->numbers[i]);
  show_journal_link(html, run, course);
  html_close(html, "tr");
}

/* ── pages of courses ── */

static void
page_to(const WebCall *call, Html *html, const char *text, const char *rel, guint page) {
  autochar number = g_strdup_printf("%u", page);
  autochar link = page_link(call, "page", number);
  autochar path = g_strconcat(link, "#courses", NULL);
  html_element(html, "a", text, "href", path, "rel", rel, NULL);
}

static void
show_pages(const WebCall *call, Html *html, guint page, guint pages) {
  if (pages <= 1)
    return;
  html_open(html, "nav", "class", "pages", "aria-label",
            html_word(html, "Pages of courses", "Seiten der Kurse"), NULL);
  if (page > 1)
    page_to(call, html, html_word(html, "Previous", "Zurück"), "prev", page - 1);
  html_open(html, "span", NULL);
  html_say_format(html, "Page %u of %u", "Seite %u von %u", page, pages);
  html_close(html, "span");
  if (page < pages)
    page_to(call, html, html_word(html, "Next", "Weiter"), "next", page + 1);
  html_close(html, "nav");
}

/* From 1; one that is none, or beyond the last, is the nearest there is. */
static guint
asked_page(const WebCall *call, guint pages) {
  gint64 page;
  if (!web_parse_id(web_query(call, "page"), &page))
    return 1;
  return (guint)CLAMP(page, 1, (gint64)pages);
}

static void
show_count(Html *html, const ReportView *view, guint count, const char *csv) {
  autochar some = web_number(html_language(html), count);
  autochar all = web_number(html_language(html), view->courses->len);
  html_open(html, "p", NULL);
  if (count < view->courses->len)
    html_say_format(html, "%s of %s courses. ", "%s von %s Kursen. ", some, all);
  else if (count == 1)
    html_say(html, "1 course. ", "1 Kurs. ");
  else
    html_say_format(html, "%s courses. ", "%s Kurse. ", all);
  html_element(html, "a", html_word(html, "These as CSV", "Diese als CSV"), "href", csv, "download",
               html_yes, NULL);
  html_close(html, "p");
}

static void
show_table(const WebCall *call, Html *html, gint64 run, const ReportView *view,
           const GPtrArray *courses, guint from) {
  page_table_open(html, html_word(html, "What was done in each course", "Was je Kurs getan wurde"),
                  "sticky courses");
  course_heads(call, html, view);
  page_rows(html);
  for (guint i = from; i < MIN(courses->len, from + RUN_TABLES_COURSES); i++)
    show_course(call, html, run, view, g_ptr_array_index(courses, i));
  page_table_close(html);
}

void
run_tables_show_courses(const WebCall *call, Html *html, gint64 run, const ReportView *view) {
  const ReportFilter filter = filter_of(call);
  g_autoptr(GPtrArray) courses = report_view_select(view, &filter);
  guint pages = MAX(1, (courses->len + RUN_TABLES_COURSES - 1) / RUN_TABLES_COURSES);
  guint page = asked_page(call, pages);
  autochar query = web_fields_query(call->request->query, "page", NULL, NULL);
  autochar csv = g_strdup_printf("/runs/%" G_GINT64_FORMAT "/download/courses.csv?%s", run, query);
  html_element(html, "h2", html_word(html, "Courses", "Kurse"), "id", "courses", NULL);
  show_filter(call, html, view);
  if (courses->len == 0) {
    html_element(html, "p",
                 view->courses->len > 0
                     ? html_word(html, "No course fits that.", "Dazu passt kein Kurs.")
                     : html_word(html, "This run had no courses to look after.",
                                 "Dieser Lauf hatte keine Kurse zu versorgen."),
                 NULL);
    return;
  }
  show_count(html, view, courses->len, csv);
  show_table(call, html, run, view, courses, (page - 1) * RUN_TABLES_COURSES);
  show_pages(call, html, page, pages);
}

/* ── for spreadsheets ── */

static void
csv_course(Csv *csv, const ReportCourse *course, WebLanguage language) {
  autochar ids = ids_of(course);
  csv_text(csv, course->tenant->abbr);
  csv_text(csv, course->tenant->name);
  csv_number(csv, course->course);
  csv_text(csv, course->shortname);
  csv_text(csv, course->created ? web_say(language, "yes", "ja") : web_say(language, "no", "nein"));
  csv_text(csv, ids);
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    csv_number(csv, course->numbers[i]);
  csv_end_line(csv);
}

void
run_tables_write_csv(const WebCall *call, GString *out, const ReportView *view) {
  const ReportFilter filter = filter_of(call);
  g_autoptr(GPtrArray) courses = report_view_select(view, &filter);
  WebLanguage language = call->language;
  Csv csv = csv_begin(out, language);
  csv_text(&csv, web_say(language, "Tenant", "Mandant"));
  csv_text(&csv, web_say(language, "Name", "Name"));
  csv_text(&csv, web_say(language, "Course id", "Kurs-Id"));
  csv_text(&csv, web_say(language, "Course", "Kurs"));
  csv_text(&csv, web_say(language, "New", "Neu"));
  csv_text(&csv, "Lehrgänge");
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    csv_text(&csv, report_view_title(language, i));
  csv_end_line(&csv);
  for (guint i = 0; i < courses->len; i++)
    csv_course(&csv, g_ptr_array_index(courses, i), language);
}
