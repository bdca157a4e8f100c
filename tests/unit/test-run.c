/* A run that finds another one at work, at its start or in its middle (SPEC 6).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <jansson.h>
#include <string.h>

#include "store/sqlite.h"
#include "sync/run.h"

static Store *
open_store(gpointer path, GError **error) {
  return store_sqlite_open(path, error);
}

/* It does nothing, says who is at work, and stands in the history as skipped. The other's record
 * stays as it is. */
static void
test_busy(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  g_autofree char *path = g_build_filename(world->directory, "store.db", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(path, &error);
  g_assert_no_error(error);
  StoreRun other = { .status = RUN_RUNNING,
                     .triggeredby = (char *)"scheduler",
                     .owner = (char *)"other" };
  g_assert_true(store->class->run_begin(store, &other, &error));
  g_autoptr(Lease) lease = NULL;
  g_assert_true(
      lease_take(open_store, path, RUN_LOCK, RUN_LOCK_TTL_S, world->clock, &lease, NULL, &error));
  g_assert_nonnull(lease);

  const char *const tenants[] = { "FD", NULL };
  const RunRequest request = {
    .year = 2026, .tenants = tenants, .triggeredby = "anna", .record_skip = true
  };
  const RunContext context = { .config = world->config,
                               .gateway = world->gateway,
                               .store = store,
                               .clock = world->clock,
                               .open_store = open_store,
                               .open_data = path };
  g_auto(RunResult) result = { 0 };
  g_assert_true(run_sync(&context, &request, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpint(result.status, ==, RUN_SKIPPED);
  g_assert_null(result.report);
  g_assert_nonnull(strstr(result.holder, "process "));

  g_autoptr(StoreRun) run = store->class->run_get(store, result.id, &error);
  g_assert_no_error(error);
  g_assert_cmpint(run->status, ==, RUN_SKIPPED);
  g_assert_cmpint(run->year, ==, 2026);
  g_assert_cmpstr(run->tenants, ==, "FD");
  g_assert_cmpstr(run->triggeredby, ==, "anna");
  g_assert_cmpint(run->timeended, ==, FIXTURE_NOW);
  json_auto_t *summary = json_loads(run->summary, 0, NULL);
  g_assert_cmpstr(json_string_value(json_object_get(summary, "status")), ==, "skipped");
  g_assert_nonnull(strstr(json_string_value(json_object_get(summary, "error")), result.holder));
  g_autoptr(StoreRun) untouched = store->class->run_get(store, other.id, &error);
  g_assert_cmpint(untouched->status, ==, RUN_RUNNING);
}

/* ZMS as far as this needs it: a tenant without Lehrgänge, while another run takes the lock over.
 */
typedef struct {
  Source base;
  char *path;
} Thief;

static bool
everyone_is_dead(const char *owner, gpointer user_data) {
  (void)owner, (void)user_data;
  return true;
}

static void
steal(Source *source, guint index, gint year, InputTenant *tenant) {
  (void)index, (void)year;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(((Thief *)source)->path, &error);
  bool taken = false;
  g_assert_true(store->class->lock_take(store, RUN_LOCK, "another", FIXTURE_NOW, 1000,
                                        everyone_is_dead, NULL, NULL, &taken, &error));
  g_assert_true(taken);
  tenant->listed = true;
}

/* What Moodle cannot do twice is not begun once another run has the lock. */
static void
test_lock_lost(void) {
  static const SourceClass class = { .read_tenant = steal };
  g_autoptr(World) world = world_new("FD", "F-I");
  g_autofree char *path = g_build_filename(world->directory, "store.db", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(path, &error);
  g_assert_no_error(error);
  ConfigTenant *tenant = g_ptr_array_index(world->config->tenants, 0);
  g_free(tenant->apikey);
  tenant->apikey = g_strdup("a-key");
  gint64 task;
  StoreTask queued = { .kind = (char *)"content_copy",
                       .subject = (char *)"course 99",
                       .payload = (char *)"{\"course\":99,\"template\":98}" };
  g_assert_true(store->class->task_add(store, &queued, FIXTURE_NOW, &task, &error));

  Thief thief = { .base.class = &class, .path = path };
  const RunRequest request = { .triggeredby = "anna" };
  const RunContext context = { .config = world->config,
                               .gateway = world->gateway,
                               .store = store,
                               .source = &thief.base,
                               .clock = world->clock,
                               .open_store = open_store,
                               .open_data = path };
  g_auto(RunResult) result = { 0 };
  g_assert_true(run_sync(&context, &request, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpint(result.status, ==, RUN_ERROR);
  g_autoptr(StoreTask) left = NULL;
  g_assert_true(store->class->task_find(store, "content_copy", "course 99", &left, &error));
  g_assert_cmpint(left->state, ==, TASK_QUEUED);
  g_assert_cmpuint(left->attempts, ==, 0);
}

static bool
met_by_another(Store *store, bool *wanted, gpointer data, GError **error) {
  (void)store, (void)data, (void)error;
  *wanted = false;
  return true;
}

/* One that cannot even begin (its Moodle is away) is no failure when another node has done it
 * meanwhile. */
static void
test_failed_unwanted(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  RunRequest request = { .triggeredby = "scheduler", .wanted = met_by_another };
  g_auto(RunResult) result = { 0 };
  g_assert_true(
      run_failed(world->config, store, world->clock, &request, "no Moodle", &result, &error));
  g_assert_no_error(error);
  g_assert_true(result.unwanted);
  g_assert_null(result.report);
  gint64 counts[RUN_STATUSES];
  g_assert_true(store->class->run_counts(store, counts, &error));
  g_assert_cmpint(counts[RUN_ERROR], ==, 0);

  request.wanted = NULL;
  g_auto(RunResult) recorded = { 0 };
  g_assert_true(
      run_failed(world->config, store, world->clock, &request, "no Moodle", &recorded, &error));
  g_assert_nonnull(recorded.report);
  g_assert_true(store->class->run_counts(store, counts, &error));
  g_assert_cmpint(counts[RUN_ERROR], ==, 1);
}

/* ── a Moodle that does not tell all that the embedded one does ── */

static const GatewayClass *telling; /* the embedded Moodle's own */

static bool
cannot_complete(Gateway *gateway) {
  (void)gateway;
  return false;
}

typedef struct {
  const GatewayCourseVisitor *visitor;
  gpointer user_data;
} Veil;

static void
veil_enrolment(guint index, const GatewayEnrolment *enrolment, gpointer data) {
  const Veil *veil = data;
  GatewayEnrolment unsure = *enrolment;
  unsure.flags &= GATEWAY_ENROL_ACTIVE;
  unsure.flags |= GATEWAY_ENROL_MANUAL | GATEWAY_ENROL_UNSURE;
  veil->visitor->enrolment(index, &unsure, veil->user_data);
}

static void
veil_group(guint index, gint64 groupid, const char *name, gpointer data) {
  const Veil *veil = data;
  veil->visitor->group(index, groupid, name, veil->user_data);
}

static void
veil_member(guint index, gint64 groupid, gint64 userid, gpointer data) {
  const Veil *veil = data;
  veil->visitor->member(index, groupid, userid, veil->user_data);
}

static bool
read_veiled(Gateway *gateway, const gint64 *courseids, guint count,
            const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  static const GatewayCourseVisitor veiled = { veil_enrolment, veil_group, veil_member };
  Veil veil = { visitor, user_data };
  return telling->read_courses(gateway, courseids, count, &veiled, &veil, error);
}

static guint removals;

static bool
unenrol_counted(Gateway *gateway, const GatewayEnrol *enrols, guint count, GatewayOutcome *outcomes,
                GError **error) {
  removals += count;
  return telling->unenrol(gateway, enrols, count, outcomes, error);
}

/* ZMS: one Lehrgang, in which B has passed and A is as `status` says. */
typedef struct {
  Source base;
  const Config *config;
  const char *status;
} OneLehrgang;

static void
read_one(Source *base, guint index, gint year, InputTenant *tenant) {
  (void)index, (void)year;
  const OneLehrgang *source = (const OneLehrgang *)base;
  const Lehrgang lehrgang = { "L1", "F-I", "", "", "2026-03-01", "2026-03-10" };
  guint at = input_add_lehrgang(tenant, &lehrgang);
  const Teilnehmer people[] = { { "A", "a", "", "", "a@x.example", "", source->status },
                                { "B", "b", "", "", "b@x.example", "", PASSED } };
  for (guint i = 0; i < G_N_ELEMENTS(people); i++)
    input_add_teilnehmer(tenant, at, &people[i], source->config->status);
  input_finish_lehrgang(tenant, at, NULL);
  tenant->listed = true;
}

/* Runs, which must succeed: so many unenrolled, and so many who were. */
static void
assert_run(const RunContext *context, guint unenrolled, guint already) {
  const RunRequest request = { .triggeredby = "anna" };
  g_autoptr(GError) error = NULL;
  g_auto(RunResult) result = { 0 };
  g_assert_true(run_sync(context, &request, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(run_status_word(result.status), ==, "success");
  const json_t *totals = json_object_get(result.report, "totals");
  g_assert_cmpint(json_integer_value(json_object_get(totals, "unenrolled")), ==, unenrolled);
  g_assert_cmpint(json_integer_value(json_object_get(totals, "alreadyunenrolled")), ==, already);
  g_assert_cmpint(json_integer_value(json_object_get(totals, "completed")), ==, 0);
  g_assert_cmpint(json_integer_value(json_object_get(totals, "completions_waiting")), ==, 1);
  const char *warning =
      json_string_value(json_array_get(json_object_get(result.report, "warnings"), 0));
  g_assert_true(g_str_has_prefix(warning, "1 completion waits for the companion plugin"));
}

/* Completions wait, and whom another method keeps in a course after our removal is not removed by
 * every run. */
static void
test_untold(void) {
  static const SourceClass class = { .read_tenant = read_one };
  static GatewayClass untold;
  g_autoptr(World) world = world_new("FD", "F-I");
  g_autofree char *path = g_build_filename(world->directory, "store.db", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(path, &error);
  g_assert_no_error(error);
  telling = world->gateway->class;
  untold = *telling;
  untold.can_complete = cannot_complete;
  untold.read_courses = read_veiled;
  untold.unenrol = unenrol_counted;
  world->gateway->class = &untold;
  OneLehrgang source = { { &class }, world->config, CALLED };
  world->config->zms.connections = 1;
  const RunContext context = { .config = world->config,
                               .gateway = world->gateway,
                               .store = store,
                               .source = &source.base,
                               .clock = world->clock,
                               .open_store = open_store,
                               .open_data = path };
  assert_run(&context, 0, 0);
  world_exec(world, "INSERT INTO mdl_enrol (id, enrol, courseid) SELECT 999, 'cohort', id"
                    " FROM mdl_course WHERE shortname = 'FD-F-I-26';"
                    "INSERT INTO mdl_user_enrolments (enrolid, userid) SELECT 999, id"
                    " FROM mdl_user WHERE username = 'a'");
  source.status = CANCELLED;
  assert_run(&context, 1, 0);
  assert_run(&context, 0, 1);
  g_assert_cmpuint(removals, ==, 1);
  source.status = CALLED;
  assert_run(&context, 0, 0);
}

/* A copy into the course of that name which went wrong once. */
static void
queue_troubled(Store *store, const char *shortname) {
  g_autoptr(GError) error = NULL;
  g_autofree char *subject = g_strdup_printf("course of %s", shortname);
  g_autofree char *payload =
      g_strdup_printf("{\"course\":99,\"template\":98,\"shortname\":\"%s\"}", shortname);
  StoreTask queued = { .kind = (char *)"content_copy", .subject = subject, .payload = payload };
  g_autoptr(StoreTask) taken = NULL;
  gint64 id;
  bool orphaned;
  g_autofree char *me = lease_owner();
  const StoreTaker taker = { .owner = me };
  g_assert_true(store->class->task_add(store, &queued, FIXTURE_NOW, &id, &error));
  g_assert_true(store->class->task_take(store, &taker, FIXTURE_NOW, &taken, &orphaned, &error));
  g_assert_true(store->class->task_end(store, id, me, TASK_QUEUED, FIXTURE_NOW + 60, "no right",
                                       FIXTURE_NOW, &error));
  g_assert_no_error(error);
}

/* Where others do the copies, one that waits for another try makes the run partial; one of a course
 * that the run has nothing to do with does not. */
static void
test_copies_of_others(void) {
  static const SourceClass class = { .read_tenant = read_one };
  static const char *const fulda[] = { "FD", NULL };
  static const struct {
    const char *shortname;
    const char *const *tenants;
    guint waiting;
  } cases[] = {
    { "KB-F-I-26", fulda, 0 },
    { "FD-F-I-26", fulda, 1 },
    { "KB-F-I-26", NULL, 1 },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(World) world = world_new("FD", "F-I");
    g_autofree char *path = g_build_filename(world->directory, "store.db", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = open_store(path, &error);
    queue_troubled(store, cases[i].shortname);
    OneLehrgang source = { { &class }, world->config, CALLED };
    world->config->zms.connections = 1;
    const RunRequest request = { .triggeredby = "anna", .tenants = cases[i].tenants };
    const RunContext context = { .config = world->config,
                                 .gateway = world->gateway,
                                 .store = store,
                                 .source = &source.base,
                                 .clock = world->clock,
                                 .open_store = open_store,
                                 .open_data = path,
                                 .leave_copies = true };
    g_auto(RunResult) result = { 0 };
    g_assert_true(run_sync(&context, &request, &result, &error));
    const json_t *copies = json_object_get(result.report, "content_copies");
    g_assert_cmpint(json_integer_value(json_object_get(copies, "waiting")), ==, cases[i].waiting);
    g_assert_cmpint(json_integer_value(json_object_get(copies, "pending")), ==, 1);
    g_assert_cmpstr(run_status_word(result.status), ==,
                    cases[i].waiting > 0 ? "partial" : "success");
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/run/busy", test_busy);
  g_test_add_func("/run/lock-lost", test_lock_lost);
  g_test_add_func("/run/failed-unwanted", test_failed_unwanted);
  g_test_add_func("/run/untold", test_untold);
  g_test_add_func("/run/copies-of-others", test_copies_of_others);
  return g_test_run();
}
