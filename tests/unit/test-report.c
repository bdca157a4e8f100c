/* A run's summary (SPEC 6).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "base/text.h"
#include "sync/report.h"

#define ACTIVE_MANUAL (GATEWAY_ENROL_ACTIVE | GATEWAY_ENROL_MANUAL)

static guint
number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_integer(value))
    g_error("no number %s", key);
  return (guint)json_integer_value(value);
}

static const json_t *
tenant_of(const json_t *report, guint index) {
  const json_t *tenant = json_array_get(json_object_get(report, "tenants"), index);
  g_assert_true(json_is_object(tenant));
  return tenant;
}

/* What is said of a line adds up: every person once. */
static void
assert_sums(const json_t *line) {
  static const char *const parts[] = { "enrolled",   "alreadyenrolled",
                                       "unenrolled", "alreadyunenrolled",
                                       "noop",       "skipped",
                                       "held",       "unproven" };
  const json_t *assignments = json_object_get(line, "assignments"),
               *users = json_object_get(line, "users");
  guint sum = 0;
  for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
    sum += number(assignments, parts[i]);
  g_assert_cmpuint(sum, ==, number(assignments, "total"));
  g_assert_cmpuint(number(users, "created") + number(users, "existing") + number(users, "skipped"),
                   ==, number(users, "total"));
  g_assert_cmpuint(number(users, "total"), ==, number(assignments, "total"));
}

static void
assert_all_sums(const json_t *report) {
  size_t at, line_at;
  json_t *tenant, *line;
  guint lines = 0, enrolled = 0;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    guint skipped = 0;
    const char *reason;
    json_t *count;
    json_object_foreach(json_object_get(tenant, "skip_reasons"), reason, count) skipped +=
        (guint)json_integer_value(count);
    g_assert_cmpuint(skipped, ==, number(tenant, "skipped"));
    json_array_foreach(json_object_get(tenant, "courses"), line_at, line) {
      assert_sums(line);
      enrolled += number(json_object_get(line, "assignments"), "enrolled");
      lines++;
    }
  }
  g_assert_cmpuint(lines, >, 0);
  g_assert_cmpuint(number(json_object_get(report, "totals"), "enrolled"), ==, enrolled);
}

/* Two tenants, a new course and an old one with somebody for every count. */
static Hand *
full_hand(void) {
  Hand *hand = hand_new("FD KB");
  guint fresh = hand_course(hand, "FD", 0, "FD-F-I-26"),
        old = hand_course(hand, "KB", 9, "KB-F-I-26");
  hand_lehrgang(hand, "FD", "L1", fresh, "2026-03-01", "2026-03-10");
  hand_lehrgang(hand, "KB", "L2", old, "2026-03-01", "2026-03-10");
  hand_lehrgang(hand, "KB", "L3", old, "2026-04-01", "2026-04-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", PASSED);
  hand_teilnehmer(hand, "FD", "L1", "C", "", "S999_UNBEKANNT_LAND");
  hand_teilnehmer(hand, "FD", "L1", "nobody", "", CALLED);
  hand_teilnehmer(hand, "KB", "L2", "D", "", CALLED);
  hand_teilnehmer(hand, "KB", "L2", "E", "", CANCELLED);
  hand_teilnehmer(hand, "KB", "L2", "F", "", CANCELLED);
  hand_teilnehmer(hand, "KB", "L2", "G", "", CANCELLED);
  hand_teilnehmer(hand, "KB", "L2", "H", "", CANCELLED);
  hand_teilnehmer(hand, "KB", "L2", "I", "", CANCELLED);
  hand_teilnehmer(hand, "KB", "L3", "J", "", " S999_UNBEKANNT_LAND");
  hand_teilnehmer(hand, "KB", "L3", "K", "", "S001_ALIEN_LAND");
  hand_teilnehmer(hand, "KB", "L3", "L", "", CALLED);
  hand_seal(hand);
  hand_user(hand, "nobody", 0);
  for (const char *id = "DEFGHIJKL"; *id != '\0'; id++) {
    const char text[] = { *id, '\0' };
    hand_user(hand, text, *id);
    if (*id != 'I' && *id != 'L')
      hand_enrolled(hand, old, *id, ACTIVE_MANUAL | CURRENT_OURS);
  }
  hand_enrolled(hand, old, 'Z', ACTIVE_MANUAL | CURRENT_OURS);
  hand_plan(hand);
  return hand;
}

static PlanStep *
step_of(const Hand *hand, StepKind kind, const char *id) {
  guint person = people_by_id(hand->people, id);
  for (guint i = 0; i < hand->plan->steps[kind]->len; i++)
    if (plan_step(hand->plan, kind, i)->person == person)
      return plan_step(hand->plan, kind, i);
  g_error("no %s for %s", plan_kind_word(kind), id);
}

static json_t *
build(const Hand *hand, const ApplyResult *applied) {
  const ReportInput in = {
    .run = applied != NULL ? 7 : 0,
    .year = 2026,
    .status = RUN_PARTIAL,
    .triggeredby = "somebody",
    .timestarted = FIXTURE_NOW,
    .timeended = FIXTURE_NOW + 5,
    .input = hand->input,
    .courses = hand->courses,
    .plan = hand->plan,
    .applied = applied,
  };
  return report_build(&in);
}

/* What cannot be done without the companion plugin is told, in numbers and with the remedy. */
static void
test_completions_wait(void) {
  for (guint more = 0; more < 2; more++) {
    g_autoptr(Hand) hand = hand_new("FD");
    guint course = hand_course(hand, "FD", 9, "FD-F-I-26");
    hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
    hand_teilnehmer(hand, "FD", "L1", "A", "", PASSED);
    if (more > 0)
      hand_teilnehmer(hand, "FD", "L1", "B", "", PASSED);
    hand_seal(hand);
    hand->current->no_completions = true;
    hand_plan(hand);
    json_auto_t *report = build(hand, NULL);
    assert_all_sums(report);
    const json_t *line = json_array_get(json_object_get(tenant_of(report, 0), "courses"), 0);
    g_assert_cmpuint(number(json_object_get(line, "assignments"), "completions_waiting"), ==,
                     1 + more);
    g_assert_cmpuint(number(json_object_get(report, "totals"), "completions_waiting"), ==,
                     1 + more);
    g_assert_cmpuint(number(json_object_get(report, "totals"), "completed"), ==, 0);
    g_assert_cmpstr(
        json_string_value(json_array_get(json_object_get(report, "warnings"), 0)), ==,
        more ? "2 completions wait for the companion plugin (local_lehrgaenge); install it, see "
               "docs/MOODLE.md"
             : "1 completion waits for the companion plugin (local_lehrgaenge); install it, see "
               "docs/MOODLE.md");
  }
  g_autoptr(Hand) whole = full_hand();
  json_auto_t *report = build(whole, NULL);
  g_assert_cmpuint(number(json_object_get(report, "totals"), "completions_waiting"), ==, 0);
  g_assert_cmpuint(json_array_size(json_object_get(report, "warnings")), ==, 0);
}

/* A plan's steps count as if they were done. */
static void
test_plan(void) {
  g_autoptr(Hand) hand = full_hand();
  step_of(hand, STEP_UNENROL, "F")->state = STEP_HELD;
  step_of(hand, STEP_UNENROL, "G")->state = STEP_UNPROVEN;
  json_auto_t *report = build(hand, NULL);
  assert_all_sums(report);
  g_assert_true(json_is_true(json_object_get(report, "dry_run")));
  g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "partial");
  g_assert_cmpuint(number(report, "year"), ==, 2026);
  g_assert_true(json_is_null(json_object_get(report, "error")));

  const json_t *fd = tenant_of(report, 0), *kb = tenant_of(report, 1);
  g_assert_cmpstr(json_string_value(json_object_get(fd, "abbr")), ==, "FD");
  g_assert_cmpuint(number(fd, "created"), ==, 1);
  g_assert_cmpuint(number(fd, "skipped"), ==, 0);
  g_assert_cmpuint(number(fd, "total"), ==, 1);
  g_assert_cmpuint(number(kb, "created"), ==, 0);
  g_assert_cmpuint(number(kb, "skipped"), ==, 2);
  g_assert_cmpuint(number(json_object_get(kb, "skip_reasons"), "course_exists"), ==, 2);

  const json_t *line = json_array_get(json_object_get(fd, "courses"), 0);
  const json_t *users = json_object_get(line, "users"),
               *assignments = json_object_get(line, "assignments");
  g_assert_cmpstr(json_string_value(json_object_get(line, "shortname")), ==, "FD-F-I-26");
  g_assert_cmpuint(number(line, "course"), ==, 0);
  g_assert_cmpuint(number(users, "created"), ==, 3);
  g_assert_cmpuint(number(users, "skipped"), ==, 1);
  g_assert_cmpuint(number(assignments, "enrolled"), ==, 2);
  g_assert_cmpuint(number(assignments, "completed"), ==, 1);
  g_assert_cmpuint(number(assignments, "noop"), ==, 1);
  g_assert_cmpuint(number(assignments, "skipped"), ==, 1);
  g_assert_cmpuint(number(assignments, "groups"), ==, 1);
  g_assert_cmpuint(number(assignments, "memberships"), ==, 2);

  line = json_array_get(json_object_get(kb, "courses"), 0);
  assignments = json_object_get(line, "assignments");
  g_assert_cmpuint(number(line, "course"), ==, 9);
  g_assert_cmpuint(json_array_size(json_object_get(line, "lehrgaenge")), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "users"), "existing"), ==, 9);
  g_assert_cmpuint(number(assignments, "enrolled"), ==, 1);
  g_assert_cmpuint(number(assignments, "alreadyenrolled"), ==, 1);
  g_assert_cmpuint(number(assignments, "unenrolled"), ==, 2);
  g_assert_cmpuint(number(assignments, "alreadyunenrolled"), ==, 1);
  g_assert_cmpuint(number(assignments, "held"), ==, 1);
  g_assert_cmpuint(number(assignments, "unproven"), ==, 1);
  g_assert_cmpuint(number(assignments, "noop"), ==, 2);
  g_assert_cmpuint(number(assignments, "unlisted"), ==, 1);
  g_assert_cmpuint(number(json_object_get(report, "totals"), "courses_created"), ==, 1);
}

/* Counted by their text, over all tenants, in an order of their own. */
static void
test_unknown(void) {
  g_autoptr(Hand) hand = full_hand();
  json_auto_t *report = build(hand, NULL);
  g_autofree char *unknown = json_dumps(json_object_get(report, "unknown_statuses"), JSON_COMPACT);
  g_assert_cmpstr(unknown, ==, "{\"S001_ALIEN_LAND\":1,\"S999_UNBEKANNT_LAND\":2}");
}

/* A run: what was done counts, what failed is skipped, what was so already is that. */
static void
test_applied(void) {
  g_autoptr(Hand) hand = full_hand();
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    for (guint i = 0; i < hand->plan->steps[kind]->len; i++)
      plan_step(hand->plan, kind, i)->state = STEP_DONE;
  courses_at(hand->courses, 0)->id = 77;
  step_of(hand, STEP_CREATE_USER, "A")->state = STEP_FAILED;
  step_of(hand, STEP_ENROL, "A")->state = STEP_FAILED;
  step_of(hand, STEP_COMPLETE, "B")->state = STEP_ALREADY;
  step_of(hand, STEP_ENROL, "L")->state = STEP_ALREADY;
  step_of(hand, STEP_UNENROL, "E")->state = STEP_ALREADY;
  step_of(hand, STEP_UNENROL, "F")->state = STEP_FAILED;
  g_autoptr(ApplyResult) applied = apply_result_new();
  ApplyFailure *failure = g_new(ApplyFailure, 1);
  *failure = (ApplyFailure){ 0, g_strdup("A"), g_strdup("FD-F-I-26: create_user: name refused") };
  g_ptr_array_add(applied->failures, failure);
  applied->failure_count = 4; /* three more, not remembered */
  applied->copies_queued = 1;

  json_auto_t *report = build(hand, applied);
  assert_all_sums(report);
  g_assert_true(json_is_false(json_object_get(report, "dry_run")));
  const json_t *fd = tenant_of(report, 0), *kb = tenant_of(report, 1);
  const json_t *line = json_array_get(json_object_get(fd, "courses"), 0);
  g_assert_cmpuint(number(line, "course"), ==, 77);
  g_assert_cmpuint(number(json_object_get(line, "users"), "created"), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "users"), "skipped"), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "enrolled"), ==, 1);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "completed"), ==, 0);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "skipped"), ==, 2);
  line = json_array_get(json_object_get(kb, "courses"), 0);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "alreadyenrolled"), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "alreadyunenrolled"), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "unenrolled"), ==, 2);
  g_assert_cmpuint(number(json_object_get(line, "assignments"), "skipped"), ==, 1);
  const json_t *failed = json_array_get(json_object_get(fd, "failed"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(failed, "id")), ==, "A");
  g_assert_cmpuint(number(json_object_get(report, "totals"), "failed"), ==, 4);
  g_assert_cmpuint(number(json_object_get(report, "content_copies"), "queued"), ==, 1);
}

/* A removal that a Lehrgang outside the run speaks against is somebody enrolled already. */
static void
test_kept(void) {
  g_autoptr(Hand) hand = full_hand();
  PlanStep *step = step_of(hand, STEP_UNENROL, "E");
  step->state = STEP_KEPT;
  plan_line(hand->plan, step->line)->already_enrolled++;
  json_auto_t *report = build(hand, NULL);
  assert_all_sums(report);
}

/* Lehrgänge: created, skipped with a reason, failed. Together they are the tenant's total. */
static void
test_lehrgaenge(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint fresh = hand_course(hand, "FD", 0, "FD-F-I-26"),
        refused = hand_course(hand, "FD", 0, "FD-F-II-26");
  hand_lehrgang(hand, "FD", "L1", fresh, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", fresh, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L3", refused, "", "2026-03-10");
  fixture_lehrgang(hand->input, "FD", "L4", "", "", "2026-03-10");
  InputTenant *tenant = fixture_tenant(hand->input, "FD");
  const Lehrgang broken = { "L5", "F-I", "", "", "", "2026-03-10" };
  input_finish_lehrgang(tenant, input_add_lehrgang(tenant, &broken), "answered 500: \"kaputt\"");
  input_leave_out(tenant, G_MAXUINT, "[7].id", "", "missing or empty");
  input_leave_out(tenant, 0, "[0].vorname", "P1", "expected a string");
  hand_seal(hand);
  hand->courses->skip[3] = COURSES_NO_NAME;
  hand_plan(hand);
  plan_step(hand->plan, STEP_CREATE_COURSE, 0)->state = STEP_DONE;
  plan_step(hand->plan, STEP_CREATE_COURSE, 1)->state = STEP_FAILED;
  courses_at(hand->courses, fresh)->id = 77;
  g_autoptr(ApplyResult) applied = apply_result_new();
  json_auto_t *report = build(hand, applied);
  const json_t *fd = tenant_of(report, 0), *reasons = json_object_get(fd, "skip_reasons");
  g_assert_cmpuint(number(fd, "total"), ==, 5);
  g_assert_cmpuint(number(fd, "created"), ==, 2);
  g_assert_cmpuint(number(fd, "skipped"), ==, 2);
  g_assert_cmpuint(number(reasons, "course_failed"), ==, 1);
  g_assert_cmpuint(number(reasons, "no_kurzbezeichnung"), ==, 1);
  g_assert_cmpuint(json_array_size(json_object_get(fd, "failed")), ==, 1);
  g_assert_cmpuint(number(fd, "left_out_count"), ==, 2);
  const json_t *item = json_array_get(json_object_get(fd, "left_out"), 1);
  g_assert_cmpstr(json_string_value(json_object_get(item, "lehrgang")), ==, "L1");
  g_assert_cmpstr(json_string_value(json_object_get(item, "where")), ==, "[0].vorname");
  g_assert_cmpstr(json_string_value(json_object_get(item, "id")), ==, "P1");
}

static void
test_held_and_unproven(void) {
  g_autoptr(Hand) hand = full_hand();
  g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(GuardHeld));
  const GuardHeld items[] = { { 1, 30, 99, 19 },
                              { hand->courses->central, 1, 2, 0 },
                              { PLAN_NONE, 3, 4, 0 } };
  g_array_append_vals(held, items, G_N_ELEMENTS(items));
  PlanUnproven unproven = { 1, g_strdup("Lehrgang L9 could not be read") };
  g_array_append_val(hand->plan->unproven, unproven);
  const ReportInput in = { .input = hand->input,
                           .courses = hand->courses,
                           .plan = hand->plan,
                           .held = held,
                           .status = RUN_HELD };
  json_auto_t *report = report_build(&in);
  g_autofree char *text = json_dumps(json_object_get(report, "held"), JSON_COMPACT);
  g_assert_cmpstr(text, ==,
                  "[{\"company\":\"KB\",\"removals\":30,\"enrolled\":99,\"allowed\":19},"
                  "{\"company\":\"HLFS\",\"removals\":1,\"enrolled\":2,\"allowed\":0},"
                  "{\"company\":\"all companies\",\"removals\":3,\"enrolled\":4,\"allowed\":0}]");
  g_autofree char *why = json_dumps(json_object_get(report, "unproven"), JSON_COMPACT);
  g_assert_cmpstr(why, ==,
                  "[{\"shortname\":\"KB-F-I-26\",\"why\":\"Lehrgang L9 could not be read\"}]");
}

/* No secret in any text, not even in part: one that would be cut off by the texts' limit, and one
 * that stands in a status. */
static void
test_secrets(void) {
  static const char secret[] = "geheimer-Schluessel-0815";
  text_secret_add(secret);
  for (guint before = 1970; before < 2010; before++) {
    g_autoptr(Hand) hand = hand_new("FD");
    g_autofree char *filler = g_strnfill(before, 'x');
    g_autofree char *error = g_strconcat(filler, secret, " end", NULL);
    g_autofree char *status = g_strconcat("S001_", secret, NULL);
    guint course = hand_course(hand, "FD", 1, error);
    hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
    hand_teilnehmer(hand, "FD", "L1", error, "", status);
    input_fail_tenant(fixture_tenant(hand->input, "FD"), error);
    input_leave_out(fixture_tenant(hand->input, "FD"), 0, error, error, error);
    hand_seal(hand);
    hand_plan(hand);
    const ReportInput in = { .error = error,
                             .triggeredby = error,
                             .input = hand->input,
                             .courses = hand->courses,
                             .plan = hand->plan };
    json_auto_t *report = report_build(&in);
    json_object_set_new(report, "steps", report_steps(hand->plan, 100, NULL));
    g_autofree char *text = json_dumps(report, JSON_COMPACT);
    g_assert_null(strstr(text, "geheim"));
    g_assert_nonnull(strstr(text, "***"));
  }
}

/* Foreign bytes make no report fall apart. */
static void
test_foreign_text(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  input_fail_tenant(fixture_tenant(hand->input, "FD"), "answered \xff\xfe\x1b[2J\"quoted\"");
  hand_seal(hand);
  hand_plan(hand);
  json_auto_t *report = build(hand, NULL);
  const char *error = json_string_value(json_object_get(tenant_of(report, 0), "error"));
  g_assert_nonnull(error);
  g_assert_nonnull(strstr(error, "\"quoted\""));
  g_assert_null(strchr(error, '\x1b'));
}

/* A run that ended before it had anything to tell. */
static void
test_early_end(void) {
  const ReportInput in = {
    .run = 3, .status = RUN_ERROR, .triggeredby = NULL, .error = "Moodle is away"
  };
  json_auto_t *report = report_build(&in);
  g_assert_cmpstr(json_string_value(json_object_get(report, "error")), ==, "Moodle is away");
  g_assert_cmpuint(number(report, "run"), ==, 3);
  g_assert_true(json_is_null(json_object_get(report, "year")));
  g_assert_null(json_object_get(report, "tenants"));
  g_assert_cmpuint(json_array_size(json_object_get(report, "held")), ==, 0);
}

static void
test_steps(void) {
  g_autoptr(Hand) hand = full_hand();
  guint left_off = 99;
  json_auto_t *all = report_steps(hand->plan, 1000, &left_off);
  g_assert_cmpuint(left_off, ==, 0);
  guint count = 0;
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    count += hand->plan->steps[kind]->len;
  g_assert_cmpuint(json_array_size(all), ==, count);
  json_auto_t *some = report_steps(hand->plan, 3, &left_off);
  g_assert_cmpuint(json_array_size(some), ==, 3);
  g_assert_cmpuint(left_off, ==, count - 3);

  size_t at;
  json_t *step;
  bool seen = false;
  json_array_foreach(all, at, step) {
    if (g_strcmp0(json_string_value(json_object_get(step, "kind")), "unenrol") != 0 || seen)
      continue;
    seen = true;
    g_autofree char *text = json_dumps(step, JSON_COMPACT);
    g_assert_cmpstr(
        text, ==,
        "{\"kind\":\"unenrol\",\"course\":\"KB-F-I-26\",\"state\":\"planned\",\"person\":\"E\","
        "\"name\":\"Vor Nach\","
        "\"lehrgang\":\"L2\",\"reason\":\"S041_STORNIERT_KREIS → STORNIERT → abgemeldet\"}");
  }
  g_assert_true(seen);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/report/completions-wait", test_completions_wait);
  g_test_add_func("/report/plan", test_plan);
  g_test_add_func("/report/unknown", test_unknown);
  g_test_add_func("/report/applied", test_applied);
  g_test_add_func("/report/kept", test_kept);
  g_test_add_func("/report/lehrgaenge", test_lehrgaenge);
  g_test_add_func("/report/held-and-unproven", test_held_and_unproven);
  g_test_add_func("/report/secrets", test_secrets);
  g_test_add_func("/report/foreign-text", test_foreign_text);
  g_test_add_func("/report/early-end", test_early_end);
  g_test_add_func("/report/steps", test_steps);
  return g_test_run();
}
