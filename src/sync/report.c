/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/report.h"

#include <string.h>

#include "base/text.h"
#include "status/resolver.h"

#define REASON_EXISTS "course_exists"

/* What steps came to on one line. */
typedef struct {
  guint created, users_created, users_failed, enrolled, already_enrolled, unenrolled,
      already_unenrolled, held, unproven, completed, failed;
  guint groups, memberships, updated;
} Tally;

/* What a report shows of a text. Secrets go first: half of one, cut off by the limit, is not found
 * any more. */
static char *
shown(const char *value, gsize max_bytes) {
  autochar clean = text_redact(value);
  return text_display(clean, -1, max_bytes);
}

static json_t *
text(const char *value) {
  autochar visible = shown(value != NULL ? value : "", 2000);
  return json_string(visible);
}

static void
set(json_t *object, const char *key, guint value) {
  json_object_set_new(object, key, json_integer(value));
}

static void
add(json_t *object, const char *key, guint value) {
  set(object, key, (guint)json_integer_value(json_object_get(object, key)) + value);
}

static void
tally_step(Tally *tally, const PlanStep *step, bool planned) {
  bool done = step->state == STEP_DONE || (planned && step->state == STEP_PLANNED);
  bool failed = step->state == STEP_FAILED;
  switch ((StepKind)step->kind) {
  case STEP_CREATE_COURSE:
    tally->created += done;
    break;
  case STEP_CREATE_USER:
    tally->users_created += done;
    tally->users_failed += failed;
    break;
  case STEP_UPDATE_USER:
    tally->updated += done;
    break;
  case STEP_ENROL:
    tally->enrolled += done;
    tally->already_enrolled += step->state == STEP_ALREADY;
    tally->failed += failed;
    break;
  case STEP_CREATE_GROUP:
    tally->groups += done;
    break;
  case STEP_ADD_MEMBER:
    tally->memberships += done;
    break;
  case STEP_COMPLETE:
    tally->completed += done;
    break;
  case STEP_UNENROL:
    tally->unenrolled += done;
    tally->already_unenrolled += step->state == STEP_ALREADY;
    tally->held += step->state == STEP_HELD;
    tally->unproven += step->state == STEP_UNPROVEN;
    tally->failed += failed;
    break;
  case STEP_LINK_COURSE:
  case STEP_KINDS:
    break;
  }
}

static Tally *
tally_lines(const ReportInput *in) {
  const Plan *plan = in->plan;
  Tally *tallies = g_new0(Tally, plan->lines->len + 1);
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    for (guint i = 0; i < plan->steps[kind]->len; i++) {
      const PlanStep *step = plan_step(plan, kind, i);
      tally_step(&tallies[step->line], step, in->applied == NULL);
    }
  return tallies;
}

static json_t *
line_lehrgaenge(const ReportInput *in, const PlanLine *line) {
  json_t *ids = json_array();
  const Course *course = courses_at(in->plan->courses, line->course);
  for (guint i = 0; i < course->lehrgaenge->len; i++) {
    const InputLehrgang *lehrgang =
        input_lehrgang(in->input, g_array_index(course->lehrgaenge, guint, i));
    if (lehrgang->tenant == line->tenant)
      json_array_append_new(ids, text(lehrgang->lehrgang.id));
  }
  return ids;
}

static json_t *
line_json(const ReportInput *in, const PlanLine *line, const Tally *tally) {
  const Course *course = courses_at(in->plan->courses, line->course);
  json_t *users = json_pack("{s:i, s:i, s:i, s:i}", "created", tally->users_created, "existing",
                            line->users_existing, "skipped",
                            line->users_skipped + tally->users_failed, "total", line->users_total);
  json_t *assignments =
      json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
                "enrolled", tally->enrolled, "alreadyenrolled",
                line->already_enrolled + tally->already_enrolled, "unenrolled", tally->unenrolled,
                "alreadyunenrolled", line->already_unenrolled + tally->already_unenrolled, "noop",
                line->noop, "completed", tally->completed, "completions_waiting",
                line->completions_waiting, "skipped", line->skipped + tally->failed, "held",
                tally->held, "unproven", tally->unproven, "unlisted", line->unlisted, "groups",
                tally->groups, "memberships", tally->memberships, "total", line->total);
  set(users, "updated", tally->updated);
  return json_pack("{s:I, s:o, s:b, s:o, s:o, s:o}", "course", (json_int_t)course->id, "shortname",
                   text(course->shortname), "created", tally->created > 0, "lehrgaenge",
                   line_lehrgaenge(in, line), "users", users, "assignments", assignments);
}

/* A Lehrgang's part in its tenant's counts: created, skipped with a reason, or failed. */
static void
count_lehrgang(const ReportInput *in, guint index, const bool *created, json_t *tenant) {
  const InputLehrgang *lehrgang = input_lehrgang(in->input, index);
  json_t *failed = json_object_get(tenant, "failed");
  if (lehrgang->error != NULL) {
    json_array_append_new(failed, json_pack("{s:o, s:o}", "id", text(lehrgang->lehrgang.id),
                                            "error", text(lehrgang->error)));
    return;
  }
  guint course = in->courses->course_of != NULL ? in->courses->course_of[index] : COURSES_NONE;
  if (course != COURSES_NONE && created[course]) {
    add(tenant, "created", 1);
    return;
  }
  const char *why = in->courses->skip != NULL ? in->courses->skip[index] : NULL;
  bool refused = course != COURSES_NONE && courses_at(in->courses, course)->id == 0;
  add(tenant, "skipped", 1);
  add(json_object_get(tenant, "skip_reasons"),
      why != NULL ? why
      : refused   ? "course_failed"
                  : REASON_EXISTS,
      1);
}

static json_t *
left_out_json(const InputTenant *tenant) {
  json_t *items = json_array();
  for (guint i = 0; i < tenant->left_out->len; i++) {
    const InputLeftOut *item = g_ptr_array_index(tenant->left_out, i);
    json_array_append_new(items, json_pack("{s:o, s:o, s:o, s:o}", "lehrgang", text(item->lehrgang),
                                           "where", text(item->where), "id", text(item->id), "why",
                                           text(item->why)));
  }
  return items;
}

static json_t *
tenant_json(const InputTenant *tenant) {
  return json_pack(
      "{s:o, s:o, s:b, s:b, s:i, s:i, s:i, s:[], s:o?, s:{}, s:i, s:o, s:[]}", "abbr",
      text(tenant->abbr), "name", text(tenant->name), "configured", tenant->configured, "listed",
      tenant->listed, "created", 0, "skipped", 0, "total", tenant->lehrgang_count, "failed",
      "error", tenant->error != NULL ? text(tenant->error) : NULL, "skip_reasons", "left_out_count",
      tenant->left_out_count, "left_out", left_out_json(tenant), "courses");
}

static bool *
created_courses(const ReportInput *in) {
  bool *created = g_new0(bool, in->courses->courses->len + 1);
  GArray *steps = in->plan != NULL ? in->plan->steps[STEP_CREATE_COURSE] : NULL;
  for (guint i = 0; steps != NULL && i < steps->len; i++) {
    const PlanStep *step = plan_step(in->plan, STEP_CREATE_COURSE, i);
    if (step->state == STEP_DONE || (in->applied == NULL && step->state == STEP_PLANNED))
      created[plan_line(in->plan, step->line)->course] = true;
  }
  return created;
}

/* Sums what the lines say, key by key, over the whole run. */
static void
add_totals(json_t *totals, const json_t *line) {
  const char *key;
  json_t *value;
  json_object_foreach(json_object_get(line, "users"), key, value) {
    autochar name = g_strdup_printf("users_%s", key);
    add(totals, name, (guint)json_integer_value(value));
  }
  json_object_foreach(json_object_get(line, "assignments"), key, value)
      add(totals, key, (guint)json_integer_value(value));
}

static void
add_lines(const ReportInput *in, json_t *tenants, json_t *totals) {
  g_autofree Tally *tallies = tally_lines(in);
  for (guint i = 0; i < in->plan->lines->len; i++) {
    const PlanLine *line = plan_line(in->plan, i);
    json_t *object = line_json(in, line, &tallies[i]);
    add_totals(totals, object);
    json_array_append_new(json_object_get(json_array_get(tenants, line->tenant), "courses"),
                          object);
  }
}

static void
add_failures(const ReportInput *in, json_t *tenants) {
  for (guint i = 0; i < in->applied->failures->len; i++) {
    const ApplyFailure *failure = g_ptr_array_index(in->applied->failures, i);
    json_array_append_new(
        json_object_get(json_array_get(tenants, failure->tenant), "failed"),
        json_pack("{s:o, s:o}", "id", text(failure->id), "error", text(failure->error)));
  }
}

static gint
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_unknown(json_t *unknown, GHashTable *counts) {
  g_autofree gpointer *statuses = g_hash_table_get_keys_as_array(counts, NULL);
  for (guint i = 0; statuses[i] != NULL; i++) {
    autochar visible = shown(statuses[i], 200);
    add(unknown, visible, GPOINTER_TO_UINT(g_hash_table_lookup(counts, statuses[i])));
  }
}

/* Sorted, so that two reports of the same run read the same. */
static json_t *
unknown_json(const Input *input) {
  json_auto_t *unsorted = json_object();
  for (guint i = 0; i < input->tenants->len; i++)
    add_unknown(unsorted, input_tenant(input, i)->unknown);
  g_autoptr(GPtrArray) statuses = g_ptr_array_new();
  const char *status;
  json_t *count;
  json_object_foreach(unsorted, status, count) g_ptr_array_add(statuses, (gpointer)status);
  g_ptr_array_sort(statuses, by_text);
  json_t *unknown = json_object();
  for (guint i = 0; i < statuses->len; i++) {
    status = g_ptr_array_index(statuses, i);
    json_object_set(unknown, status, json_object_get(unsorted, status));
  }
  return unknown;
}

static json_t *
held_json(const ReportInput *in) {
  json_t *held = json_array();
  for (guint i = 0; in->held != NULL && i < in->held->len; i++) {
    const GuardHeld *item = &g_array_index(in->held, GuardHeld, i);
    bool all = item->company == PLAN_NONE;
    json_array_append_new(
        held, json_pack("{s:o, s:i, s:i, s:i}", "company",
                        text(all ? "all companies" : in->courses->companies[item->company].code),
                        "removals", item->removals, "enrolled", item->enrolled, "allowed",
                        item->allowed));
  }
  return held;
}

static json_t *
unproven_json(const ReportInput *in) {
  json_t *unproven = json_array();
  for (guint i = 0; in->plan != NULL && i < in->plan->unproven->len; i++) {
    const PlanUnproven *item = &g_array_index(in->plan->unproven, PlanUnproven, i);
    json_array_append_new(unproven,
                          json_pack("{s:o, s:o}", "shortname",
                                    text(courses_at(in->courses, item->course)->shortname), "why",
                                    text(item->why)));
  }
  return unproven;
}

static guint
completions_waiting(const ReportInput *in) {
  guint waiting = 0;
  for (guint i = 0; in->plan != NULL && i < in->plan->lines->len; i++)
    waiting += plan_line(in->plan, i)->completions_waiting;
  return waiting;
}

/* Companies in which a course was wanted that has no place; whoever configures is told once for
 * each. */
static void
warn_of_categories(const ReportInput *in, json_t *warnings) {
  g_autofree bool *told = g_new0(bool, in->courses->company_count + 1);
  for (guint i = 0; in->courses->skip != NULL && i < in->input->lehrgaenge->len; i++) {
    if (g_strcmp0(in->courses->skip[i], COURSES_NO_CATEGORY) != 0)
      continue;
    guint which = courses_company(in->courses, input_lehrgang(in->input, i));
    const GatewayCompany *company = &in->courses->companies[which];
    bool tenant = which < in->courses->config->tenants->len;
    if (told[which])
      continue;
    told[which] = true;
    autochar line = g_strdup_printf(
        "company \"%s\" (%s) has no course category of its own name, so that no course can be made "
        "for it; %s%s%s",
        company->name, company->code, tenant ? "set category= in [tenant " : "",
        tenant ? company->code : "make a top category of that name in Moodle", tenant ? "]" : "");
    json_array_append_new(warnings, text(line));
  }
}

static json_t *
warnings_json(const ReportInput *in) {
  json_t *warnings = json_array();
  if (in->courses != NULL && in->input != NULL)
    warn_of_categories(in, warnings);
  guint waiting = completions_waiting(in);
  if (waiting > 0) {
    autochar line = g_strdup_printf(
        "%u completion%s the companion plugin (local_lehrgaenge); install it, see docs/MOODLE.md",
        waiting, waiting == 1 ? " waits for" : "s wait for");
    json_array_append_new(warnings, text(line));
  }
  for (guint i = 0; in->plan != NULL && i < in->plan->users->warnings->len; i++)
    json_array_append_new(warnings, text(g_ptr_array_index(in->plan->users->warnings, i)));
  return warnings;
}

static json_t *
copies_json(const ReportInput *in) {
  guint planned = in->plan != NULL && in->applied == NULL
                      ? plan_count(in->plan, STEP_LINK_COURSE, STEP_PLANNED)
                      : 0;
  guint queued = in->applied != NULL ? in->applied->copies_queued : planned;
  TasksResult none = { 0 };
  const TasksResult *tasks = in->tasks != NULL ? in->tasks : &none;
  return json_pack("{s:i, s:i, s:i, s:i, s:i}", "queued", queued, "done", tasks->done, "pending",
                   tasks->pending, "waiting", tasks->waiting, "failed", tasks->failed);
}

static json_t *
requests_json(const ZmsStats *stats) {
  return json_pack("{s:I, s:I, s:I, s:I, s:I}", "sent", (json_int_t)stats->requests, "retries",
                   (json_int_t)stats->retries, "throttled", (json_int_t)stats->throttled,
                   "connections", (json_int_t)stats->connections, "bytes",
                   (json_int_t)stats->bytes);
}

static void
add_input(const ReportInput *in, json_t *report) {
  json_t *tenants = json_array(), *totals = json_object();
  for (guint i = 0; i < in->input->tenants->len; i++)
    json_array_append_new(tenants, tenant_json(input_tenant(in->input, i)));
  if (in->plan != NULL) {
    add_lines(in, tenants, totals);
    g_autofree bool *created = created_courses(in);
    for (guint i = 0; i < in->input->lehrgaenge->len; i++)
      count_lehrgang(in, i, created, json_array_get(tenants, input_lehrgang(in->input, i)->tenant));
  }
  if (in->applied != NULL)
    add_failures(in, tenants);
  size_t at;
  json_t *tenant;
  json_array_foreach(tenants, at, tenant) {
    add(totals, "lehrgaenge_created",
        (guint)json_integer_value(json_object_get(tenant, "created")));
    add(totals, "lehrgaenge_skipped",
        (guint)json_integer_value(json_object_get(tenant, "skipped")));
    add(totals, "lehrgaenge_total", (guint)json_integer_value(json_object_get(tenant, "total")));
    add(totals, "failed", (guint)json_array_size(json_object_get(tenant, "failed")));
    add(totals, "tenants_failed", json_is_string(json_object_get(tenant, "error")));
    add(totals, "left_out", (guint)json_integer_value(json_object_get(tenant, "left_out_count")));
  }
  if (in->applied != NULL)
    add(totals, "failed", in->applied->failure_count - in->applied->failures->len);
  if (in->plan != NULL)
    set(totals, "courses_created",
        in->applied != NULL ? plan_count(in->plan, STEP_CREATE_COURSE, STEP_DONE)
                            : plan_count(in->plan, STEP_CREATE_COURSE, STEP_PLANNED));
  json_object_set_new(report, "tenants", tenants);
  json_object_set_new(report, "totals", totals);
  json_object_set_new(report, "unknown_statuses", unknown_json(in->input));
}

json_t *
report_build(const ReportInput *in) {
  json_t *report = json_pack(
      "{s:I, s:o, s:s, s:o, s:I, s:I, s:o?}", "run", (json_int_t)in->run, "year",
      in->year != 0 ? json_integer(in->year) : json_null(), "status", run_status_word(in->status),
      "triggeredby", text(in->triggeredby), "started", (json_int_t)in->timestarted, "ended",
      (json_int_t)in->timeended, "error", in->error != NULL ? text(in->error) : NULL);
  json_object_set_new(report, "dry_run", json_boolean(in->run == 0));
  if (in->input != NULL)
    add_input(in, report);
  json_object_set_new(report, "held", held_json(in));
  json_object_set_new(report, "unproven", unproven_json(in));
  json_object_set_new(report, "warnings", warnings_json(in));
  json_object_set_new(report, "content_copies", copies_json(in));
  if (in->requests != NULL)
    json_object_set_new(report, "requests", requests_json(in->requests));
  if (in->phases != NULL)
    json_object_set_new(report, "seconds", json_deep_copy(in->phases));
  return report;
}

static const char *
state_word(StepState state) {
  static const char *const words[] = { "planned", "done",     "already", "failed",
                                       "held",    "unproven", "kept" };
  return words[state];
}

static json_t *
step_json(const Plan *plan, const PlanStep *step) {
  json_t *object =
      json_pack("{s:s, s:o, s:s}", "kind", plan_kind_word(step->kind), "course",
                text(plan_course(plan, step)->shortname), "state", state_word(step->state));
  if (step->person != PLAN_NONE) {
    const People *people = plan->users->people;
    autochar name = g_strdup_printf("%s %s", people_field(people, step->person, INPUT_VORNAME),
                                    people_field(people, step->person, INPUT_NACHNAME));
    json_object_set_new(object, "person", text(people_id(people, step->person)));
    json_object_set_new(object, "name", text(name));
  }
  if (step->group != PLAN_NONE)
    json_object_set_new(object, "group",
                        text(g_array_index(plan->groups, PlanGroup, step->group).name));
  if (step->why != PLAN_NONE) {
    const InputTeilnehmer *why = input_teilnehmer(plan->input, step->why);
    guint lehrgang = input_lehrgang_of(plan->input, step->why);
    autochar word = status_word(why->status);
    autochar rule =
        g_strdup_printf("%s → %s → %s", why->status, word, status_handler_name(why->action));
    json_object_set_new(object, "lehrgang",
                        text(input_lehrgang(plan->input, lehrgang)->lehrgang.id));
    json_object_set_new(object, "reason", text(rule));
  }
  return object;
}

json_t *
report_steps(const Plan *plan, guint limit, guint *left_off) {
  json_t *steps = json_array();
  guint all = 0;
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    for (guint i = 0; i < plan->steps[kind]->len; i++)
      if (all++ < limit)
        json_array_append_new(steps, step_json(plan, plan_step(plan, kind, i)));
  if (left_off != NULL)
    *left_off = all > limit ? all - limit : 0;
  return steps;
}
