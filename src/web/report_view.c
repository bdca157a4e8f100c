/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/report_view.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"

G_DEFINE_QUARK(report_view_error_quark, report_view_error)

static const struct {
  const char *name, *group, *key, *english, *german;
} numbers[REPORT_NUMBERS] = {
  [REPORT_USERS_CREATED] = { "users_created", "users", "created", "Accounts new", "Konten neu" },
  [REPORT_USERS_EXISTING] = { "users_existing", "users", "existing", "existing", "vorhanden" },
  [REPORT_USERS_UPDATED] = { "users_updated", "users", "updated", "adjusted", "angepasst" },
  [REPORT_USERS_SKIPPED] = { "users_skipped", "users", "skipped", "left out", "ausgelassen" },
  [REPORT_ENROLLED] = { "enrolled", "assignments", "enrolled", "Enrolled", "Eingeschrieben" },
  [REPORT_ALREADY_ENROLLED] = { "alreadyenrolled", "assignments", "alreadyenrolled",
                                "already enrolled", "schon eingeschrieben" },
  [REPORT_UNENROLLED] = { "unenrolled", "assignments", "unenrolled", "Unenrolled", "Ausgetragen" },
  [REPORT_ALREADY_UNENROLLED] = { "alreadyunenrolled", "assignments", "alreadyunenrolled",
                                  "already unenrolled", "schon ausgetragen" },
  [REPORT_NOOP] = { "noop", "assignments", "noop", "No action", "Keine Aktion" },
  [REPORT_COMPLETED] = { "completed", "assignments", "completed", "Completed", "Abgeschlossen" },
  [REPORT_COMPLETIONS_WAITING] = { "completions_waiting", "assignments", "completions_waiting",
                                   "Completion waiting", "Abschluss wartet" },
  [REPORT_SKIPPED] = { "skipped", "assignments", "skipped", "Without account", "Ohne Konto" },
  [REPORT_HELD] = { "held", "assignments", "held", "Held", "Angehalten" },
  [REPORT_UNPROVEN] = { "unproven", "assignments", "unproven", "Without proof", "Ohne Beleg" },
  [REPORT_UNLISTED] = { "unlisted", "assignments", "unlisted", "In no list any more",
                        "In keiner Liste mehr" },
  [REPORT_GROUPS] = { "groups", "assignments", "groups", "New groups", "Neue Gruppen" },
  [REPORT_MEMBERSHIPS] = { "memberships", "assignments", "memberships", "Put in groups",
                           "In Gruppen aufgenommen" },
};

const char *
report_view_name(ReportNumber number) {
  return numbers[number].name;
}

const char *
report_view_title(WebLanguage language, ReportNumber number) {
  return web_say(language, numbers[number].english, numbers[number].german);
}

/* More than there can be of anything; sums of damaged numbers must not overflow. */
#define MAX_NUMBER ((gint64)1000 * 1000 * 1000 * 1000)

static gint64
number_of(const json_t *value) {
  return CLAMP(json_integer_value(value), 0, MAX_NUMBER);
}

gint64
report_view_number(const json_t *object, const char *key) {
  return number_of(json_object_get(object, key));
}

const char *
report_view_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

static const json_t *
list(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_array_size(value) > 0 ? value : NULL;
}

static const json_t *
map(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_object_size(value) > 0 ? value : NULL;
}

/* ── what may be seen ── */

static bool
feeds(const json_t *tenants, const char *shortname) {
  size_t at, course_at;
  json_t *tenant, *course;
  json_array_foreach(tenants, at, tenant) {
    json_array_foreach(json_object_get(tenant, "courses"), course_at, course) {
      if (strcmp(report_view_text(course, "shortname"), shortname) == 0)
        return true;
    }
  }
  return false;
}

static json_t *
own_tenants(const json_t *report, const WebPrincipal *who) {
  json_t *own = json_array();
  size_t at;
  json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    if (web_principal_sees(who, report_view_text(tenant, "abbr")))
      json_array_append(own, tenant);
  }
  return own;
}

/* A company has its tenant's abbreviation as code, and its courses are that tenant's alone; but not
 * so the central one. */
static json_t *
own_held(const json_t *report, const WebPrincipal *who, const char *central) {
  json_t *own = json_array();
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(report, "held"), at, item) {
    const char *company = report_view_text(item, "company");
    if (web_principal_sees(who, company) && strcmp(company, central) != 0)
      json_array_append(own, item);
  }
  return own;
}

/* Why may name the tenant that could not be read. */
static json_t *
own_unproven(const json_t *report, const json_t *tenants) {
  json_t *own = json_array();
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(report, "unproven"), at, item) {
    const char *shortname = report_view_text(item, "shortname");
    if (feeds(tenants, shortname))
      json_array_append_new(own, json_pack("{s:s}", "shortname", shortname));
  }
  return own;
}

/* Only what is named here goes into it: a key that a later report has is not shown by accident. */
static json_t *
own_document(const json_t *report, const WebPrincipal *who, const char *central) {
  static const char *const of_run[] = { "run",     "year",  "status",  "triggeredby",
                                        "started", "ended", "dry_run", "shortened" };
  json_t *own = json_object();
  for (guint i = 0; i < G_N_ELEMENTS(of_run); i++) {
    json_t *value = json_object_get(report, of_run[i]);
    if (value != NULL && !json_is_object(value) && !json_is_array(value))
      json_object_set(own, of_run[i], value);
  }
  json_t *tenants = own_tenants(report, who);
  json_object_set_new(own, "tenants", tenants);
  json_object_set_new(own, "held", own_held(report, who, central));
  json_object_set_new(own, "unproven", own_unproven(report, tenants));
  return own;
}

/* ── rows ── */

/* What of a tenant failed, to tell its courses by: the ids of Lehrgänge and, of steps, the short
 * name that their error begins with. NULL: nothing. */
static GHashTable *
failing(const ReportTenant *tenant) {
  if (tenant->failures == NULL)
    return NULL;
  GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  size_t at;
  json_t *failure;
  json_array_foreach((json_t *)tenant->failures, at, failure) {
    const char *error = report_view_text(failure, "error");
    const char *end = strstr(error, ": ");
    g_hash_table_add(names, g_strdup(report_view_text(failure, "id")));
    if (end != NULL)
      g_hash_table_add(names, g_strndup(error, (gsize)(end - error)));
  }
  return names;
}

static bool
is_troubled(const ReportCourse *course, GHashTable *failing) {
  if (course->numbers[REPORT_USERS_SKIPPED] > 0 || course->numbers[REPORT_SKIPPED] > 0 ||
      course->numbers[REPORT_HELD] > 0 || course->numbers[REPORT_UNPROVEN] > 0)
    return true;
  if (failing == NULL)
    return false;
  if (g_hash_table_contains(failing, course->shortname))
    return true;
  size_t at;
  json_t *id;
  json_array_foreach((json_t *)course->lehrgaenge, at, id) {
    if (json_is_string(id) && g_hash_table_contains(failing, json_string_value(id)))
      return true;
  }
  return false;
}

static void
read_numbers(const json_t *line, gint64 *into) {
  const json_t *users = json_object_get(line, "users");
  const json_t *assignments = json_object_get(line, "assignments");
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    into[i] = report_view_number(*numbers[i].group == 'u' ? users : assignments, numbers[i].key);
}

static void
add_numbers(gint64 *sum, const gint64 *more) {
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    sum[i] += more[i];
}

static void
read_courses(ReportView *view, ReportTenant *tenant, const json_t *object) {
  g_autoptr(GHashTable) names = failing(tenant);
  size_t at;
  json_t *line;
  json_array_foreach(json_object_get(object, "courses"), at, line) {
    ReportCourse course = {
      .tenant = tenant,
      .course = report_view_number(line, "course"),
      .shortname = report_view_text(line, "shortname"),
      .created = json_is_true(json_object_get(line, "created")),
      .lehrgaenge = list(line, "lehrgaenge"),
    };
    read_numbers(line, course.numbers);
    course.troubled = is_troubled(&course, names);
    add_numbers(tenant->numbers, course.numbers);
    tenant->courses_created += course.created;
    g_array_append_val(view->courses, course);
  }
}

static ReportTenantState
state_of(const json_t *object, const ReportTenant *tenant) {
  if (json_is_false(json_object_get(object, "configured")))
    return REPORT_TENANT_NOT_CONFIGURED;
  if (tenant->error != NULL)
    return REPORT_TENANT_FAILED;
  if (json_is_false(json_object_get(object, "listed")))
    return REPORT_TENANT_NOT_ASKED;
  return tenant->failed > 0 ? REPORT_TENANT_PARTLY : REPORT_TENANT_OK;
}

static void
read_tenant(ReportView *view, ReportTenant *tenant, const json_t *object) {
  tenant->abbr = report_view_text(object, "abbr");
  tenant->name = report_view_text(object, "name");
  tenant->error = json_string_value(json_object_get(object, "error"));
  tenant->created = report_view_number(object, "created");
  tenant->skipped = report_view_number(object, "skipped");
  tenant->total = report_view_number(object, "total");
  tenant->left_out = report_view_number(object, "left_out_count");
  tenant->skip_reasons = map(object, "skip_reasons");
  tenant->failures = list(object, "failed");
  tenant->items = list(object, "left_out");
  tenant->failed = (gint64)json_array_size(tenant->failures);
  tenant->state = state_of(object, tenant);
  read_courses(view, tenant, object);
}

static void
add_tenant(ReportView *view, const ReportTenant *tenant) {
  view->sum.created += tenant->created;
  view->sum.skipped += tenant->skipped;
  view->sum.failed += tenant->failed;
  view->sum.total += tenant->total;
  view->sum.left_out += tenant->left_out;
  view->sum.courses_created += tenant->courses_created;
  view->tenants_failed += tenant->state == REPORT_TENANT_FAILED;
  add_numbers(view->sum.numbers, tenant->numbers);
}

/* Courses point at their tenants, so these must not move. */
static void
read_tenants(ReportView *view) {
  const json_t *tenants = json_object_get(view->document, "tenants");
  g_array_set_size(view->tenants, (guint)json_array_size(tenants));
  for (guint i = 0; i < view->tenants->len; i++) {
    ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    read_tenant(view, tenant, json_array_get(tenants, i));
    add_tenant(view, tenant);
  }
}

static void
take(const json_t *totals, const char *key, gint64 *value) {
  const json_t *total = json_object_get(totals, key);
  if (json_is_integer(total))
    *value = number_of(total);
}

/* The report's own sums know of failures that its lists have no room for, and are all there is when
 * it was shortened. */
static void
take_totals(ReportView *view) {
  const json_t *totals = json_object_get(view->document, "totals");
  take(totals, "lehrgaenge_created", &view->sum.created);
  take(totals, "lehrgaenge_skipped", &view->sum.skipped);
  take(totals, "lehrgaenge_total", &view->sum.total);
  take(totals, "failed", &view->sum.failed);
  take(totals, "left_out", &view->sum.left_out);
  take(totals, "courses_created", &view->sum.courses_created);
  take(totals, "tenants_failed", &view->tenants_failed);
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    take(totals, numbers[i].name, &view->sum.numbers[i]);
}

static void
put(json_t *totals, const char *key, gint64 value) {
  json_object_set_new(totals, key, json_integer(value));
}

/* So that the document of who is bound reads like any other. */
static void
give_totals(ReportView *view) {
  json_t *totals = json_object();
  put(totals, "lehrgaenge_created", view->sum.created);
  put(totals, "lehrgaenge_skipped", view->sum.skipped);
  put(totals, "lehrgaenge_total", view->sum.total);
  put(totals, "failed", view->sum.failed);
  put(totals, "left_out", view->sum.left_out);
  put(totals, "courses_created", view->sum.courses_created);
  put(totals, "tenants_failed", view->tenants_failed);
  for (guint i = 0; i < REPORT_NUMBERS; i++)
    put(totals, numbers[i].name, view->sum.numbers[i]);
  json_object_set_new(view->document, "totals", totals);
}

static void
read_held(ReportView *view) {
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(view->document, "held"), at, item) {
    ReportHeld held = { report_view_text(item, "company"), report_view_number(item, "removals"),
                        report_view_number(item, "enrolled"), report_view_number(item, "allowed") };
    g_array_append_val(view->held, held);
  }
}

static void
read_unproven(ReportView *view) {
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(view->document, "unproven"), at, item) {
    ReportUnproven unproven = { report_view_text(item, "shortname"),
                                json_string_value(json_object_get(item, "why")) };
    g_array_append_val(view->unproven, unproven);
  }
}

/* `report` is all of it, also what may not be seen. */
static void
read_rest(ReportView *view, const json_t *report) {
  view->failed = json_is_string(json_object_get(report, "error"));
  view->error = json_string_value(json_object_get(view->document, "error"));
  view->shortened = json_is_true(json_object_get(report, "shortened"));
  view->warnings = list(view->document, "warnings");
  view->unknown = map(view->document, "unknown_statuses");
  view->copies = map(view->document, "content_copies");
  read_held(view);
  read_unproven(view);
  view->held_elsewhere = json_array_size(json_object_get(report, "held")) > view->held->len;
  view->more_elsewhere =
      !view->all && (list(report, "warnings") != NULL || map(report, "unknown_statuses") != NULL);
}

ReportView *
report_view_new(const char *summary, const WebPrincipal *who, const char *central, GError **error) {
  g_autoptr(GError) cause = NULL;
  json_auto_t *report = jsonget_parse(summary, strlen(summary), &cause);
  if (!json_is_object(report)) {
    g_set_error(error, REPORT_VIEW_ERROR, REPORT_VIEW_ERROR_DAMAGED, "the stored report: %s",
                cause != NULL ? cause->message : "no object");
    return NULL;
  }
  ReportView *view = g_new0(ReportView, 1);
  view->all = web_principal_sees_all(who);
  view->document = view->all ? json_incref(report) : own_document(report, who, central);
  view->tenants = g_array_new(FALSE, TRUE, sizeof(ReportTenant));
  view->courses = g_array_new(FALSE, TRUE, sizeof(ReportCourse));
  view->held = g_array_new(FALSE, TRUE, sizeof(ReportHeld));
  view->unproven = g_array_new(FALSE, TRUE, sizeof(ReportUnproven));
  read_tenants(view);
  if (view->all)
    take_totals(view);
  else
    give_totals(view);
  read_rest(view, report);
  return view;
}

void
report_view_free(ReportView *view) {
  if (view == NULL)
    return;
  g_array_unref(view->tenants);
  g_array_unref(view->courses);
  g_array_unref(view->held);
  g_array_unref(view->unproven);
  json_decref(view->document);
  g_free(view);
}

/* ── which, and in which order ── */

bool
report_view_changed(const ReportCourse *course) {
  static const ReportNumber changes[] = { REPORT_USERS_CREATED, REPORT_USERS_UPDATED,
                                          REPORT_ENROLLED,      REPORT_UNENROLLED,
                                          REPORT_COMPLETED,     REPORT_GROUPS,
                                          REPORT_MEMBERSHIPS };
  bool changed = course->created;
  for (guint i = 0; i < G_N_ELEMENTS(changes); i++)
    changed = changed || course->numbers[changes[i]] > 0;
  return changed;
}

/* For comparing in whatever case, and however an umlaut was typed. */
static char *
fold(const char *text) {
  autochar composed = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
  return g_utf8_casefold(composed != NULL ? composed : "", -1);
}

static bool
has(const char *text, const char *folded) {
  autochar own = fold(text);
  return strstr(own, folded) != NULL;
}

static bool
matches(const ReportCourse *course, const char *folded) {
  if (has(course->shortname, folded) || has(course->tenant->abbr, folded) ||
      has(course->tenant->name, folded))
    return true;
  size_t at;
  json_t *id;
  json_array_foreach((json_t *)course->lehrgaenge, at, id) {
    if (json_is_string(id) && has(json_string_value(id), folded))
      return true;
  }
  return false;
}

static bool
lets_through(const ReportFilter *filter, const char *folded, const ReportCourse *course) {
  if (*filter->tenant != '\0' && strcmp(course->tenant->abbr, filter->tenant) != 0)
    return false;
  if ((filter->only == REPORT_ONLY_CHANGES && !report_view_changed(course)) ||
      (filter->only == REPORT_ONLY_TROUBLE && !course->troubled))
    return false;
  return *folded == '\0' || matches(course, folded);
}

static gint
by_tenant(gconstpointer a, gconstpointer b, gpointer data) {
  const ReportCourse *left = *(const ReportCourse *const *)a;
  const ReportCourse *right = *(const ReportCourse *const *)b;
  return *(const gint *)data * g_ascii_strcasecmp(left->tenant->abbr, right->tenant->abbr);
}

static gint
by_course(gconstpointer a, gconstpointer b, gpointer data) {
  const ReportCourse *left = *(const ReportCourse *const *)a;
  const ReportCourse *right = *(const ReportCourse *const *)b;
  return *(const gint *)data * g_ascii_strcasecmp(left->shortname, right->shortname);
}

static gint
by_lehrgaenge(gconstpointer a, gconstpointer b, gpointer data) {
  size_t left = json_array_size((*(const ReportCourse *const *)a)->lehrgaenge);
  size_t right = json_array_size((*(const ReportCourse *const *)b)->lehrgaenge);
  return *(const gint *)data * ((left > right) - (left < right));
}

typedef struct {
  gint direction;
  ReportNumber number;
} ByNumber;

static gint
by_number(gconstpointer a, gconstpointer b, gpointer data) {
  const ByNumber *by = data;
  gint64 left = (*(const ReportCourse *const *)a)->numbers[by->number];
  gint64 right = (*(const ReportCourse *const *)b)->numbers[by->number];
  return by->direction * ((left > right) - (left < right));
}

/* What is equal stays in the report's order. */
static void
sort_courses(GPtrArray *courses, const char *sort) {
  ByNumber by = { .direction = *sort == '-' ? -1 : 1 };
  const char *column = sort + (*sort == '-' ? 1 : 0);
  if (strcmp(column, "tenant") == 0)
    g_ptr_array_sort_with_data(courses, by_tenant, &by.direction);
  else if (strcmp(column, "course") == 0)
    g_ptr_array_sort_with_data(courses, by_course, &by.direction);
  else if (strcmp(column, "lehrgaenge") == 0)
    g_ptr_array_sort_with_data(courses, by_lehrgaenge, &by.direction);
  for (by.number = 0; by.number < REPORT_NUMBERS; by.number++)
    if (strcmp(column, numbers[by.number].name) == 0)
      g_ptr_array_sort_with_data(courses, by_number, &by);
}

GPtrArray *
report_view_select(const ReportView *view, const ReportFilter *filter) {
  autochar folded = fold(filter->search);
  GPtrArray *selected = g_ptr_array_new();
  for (guint i = 0; i < view->courses->len; i++) {
    ReportCourse *course = &g_array_index(view->courses, ReportCourse, i);
    if (lets_through(filter, folded, course))
      g_ptr_array_add(selected, course);
  }
  sort_courses(selected, filter->sort);
  return selected;
}
