/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/run.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "scheduler/content_copy.h"
#include "scheduler/tasks.h"
#include "sync/apply.h"
#include "sync/fetch.h"
#include "sync/guard.h"
#include "sync/plan.h"
#include "sync/progress.h"
#include "sync/proof.h"
#include "sync/record.h"
#include "sync/removed.h"
#include "sync/report.h"

/* Everything a run builds up, in the order in which it does. */
typedef struct {
  const RunContext *context;
  const RunRequest *request;
  StoreRun record; /* texts borrowed */
  Lease *lease;
  Courses *courses;
  Input *input;
  People *people;
  Users *users;
  Current *current;
  Plan *plan;
  guint planned[STEP_KINDS]; /* steps to be applied */
  GArray *held;
  ApplyResult *applied;
  TasksResult tasks;
  bool tasks_ran;
  RunMeter *meter;
  gint64 progress_stored;
  bool progress_failed; /* and that was told */
} Run;

static void
run_init(Run *run, const RunContext *context, const RunRequest *request) {
  *run = (Run){ .context = context, .request = request };
  run->meter = run_progress_new(context->clock);
  run->record.timestarted = clock_now(context->clock);
  run->record.year = request->year;
  run->record.task = request->task;
}

static void
run_clear(Run *run) {
  apply_result_free(run->applied);
  g_clear_pointer(&run->held, g_array_unref);
  plan_free(run->plan);
  current_free(run->current);
  users_free(run->users);
  people_free(run->people);
  courses_free(run->courses);
  input_free(run->input);
  lease_drop(run->lease);
  run_progress_free(run->meter);
  g_free(run->record.owner);
  g_free(run->record.tenants);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

void
run_result_clear(RunResult *result) {
  json_decref(result->report);
  g_free(result->holder);
  *result = (RunResult){ 0 };
}

/* ── progress ── */

/* Stored at most once a second, except that a phase's beginning always is. A run's record is not
 * worth failing the run. */
static void
store_progress(Run *run, bool always) {
  gint64 now = clock_monotonic(run->context->clock);
  if (run->record.id == 0 || (!always && now - run->progress_stored < G_USEC_PER_SEC))
    return;
  run->progress_stored = now;
  g_autoptr(GError) error = NULL;
  autochar text = run_progress_text(run->meter);
  bool failed =
      !run->context->store->class->run_progress(run->context->store, run->record.id, text, &error);
  if (failed && !run->progress_failed)
    log_warning(NULL, "the run's progress could not be stored: %s", error->message);
  run->progress_failed = failed;
}

static void
tell(Run *run, guint done, guint total) {
  if (run->context->progress != NULL)
    run->context->progress(run_progress_phase(run->meter), done, total, run->context->user_data);
}

static void
begin_phase(Run *run, const char *phase) {
  run_progress_begin(run->meter, phase);
  tell(run, 0, 0);
  store_progress(run, true);
}

/* How long it takes is best told by the last run of the same kind. Copies that are left to others
 * take nothing. */
static void
expect(Run *run) {
  RunProgress past = { .count = run->context->leave_copies, .phases = { { .name = "content" } } };
  g_autoptr(GError) error = NULL;
  if (!record_past(run->context->store, &run->record, &past, &error) && error != NULL)
    log_warning(NULL, "how long the last run took could not be read: %s", error->message);
  run_progress_expect(run->meter, &past);
}

static bool
may_go_on(const Run *run, GError **error) {
  if (stop_requested(run->context->stop)) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                "stopped on request; run again to do the rest");
    return false;
  }
  return true;
}

/* ── the phases up to the plan ── */

static void
on_fetched(guint done, guint total, gpointer data) {
  Run *run = data;
  run_progress_at(run->meter, done, total);
  run_progress_tenants(run->meter, done, total);
  store_progress(run, false);
}

static bool
fetch(Run *run, GError **error) {
  const RunContext *context = run->context;
  begin_phase(run, "fetch");
  run->input =
      fetch_all(context->source, context->config, run->request->tenants, run->request->year,
                (guint)context->config->zms.connections, context->stop, on_fetched, run);
  return may_go_on(run, error);
}

/* People are those of the Lehrgänge that have a course (SPEC 4). */
static void
gather_people(Run *run) {
  guint count = run->input->lehrgaenge->len;
  g_autofree bool *included = g_new0(bool, count + 1);
  for (guint i = 0; i < count; i++)
    included[i] = run->courses->course_of[i] != COURSES_NONE;
  run->people = people_new(run->input, included);
}

/* Whether some tenant's list, or a part of it, was not asked for or not to be had. */
static bool
sees_a_part(const Run *run) {
  for (guint i = 0; i < run->input->tenants->len; i++) {
    const InputTenant *tenant = input_tenant(run->input, i);
    if (tenant->configured && !tenant->listed)
      return true;
  }
  return run->request->year != 0;
}

static bool
read_moodle(Run *run, GError **error) {
  const RunContext *context = run->context;
  begin_phase(run, "read");
  if (!courses_place(run->courses, run->input, context->gateway, context->store,
                     clock_now(context->clock), error))
    return false;
  if (sees_a_part(run) && !courses_note_partial(run->courses, run->input, context->store, error))
    return false;
  gather_people(run);
  run->users = users_new(run->people, context->store, error);
  if (run->users == NULL)
    return false;
  run->current =
      current_read(run->courses, context->gateway, context->store, users_seen, run->users, error);
  return run->current != NULL && may_go_on(run, error) &&
         users_find(run->users, context->gateway, error) && may_go_on(run, error);
}

static bool
make_plan(Run *run, GError **error) {
  const RunContext *context = run->context;
  begin_phase(run, "plan");
  run->plan = plan_build(run->input, run->courses, run->users, run->current);
  if (!removed_note(run->plan, context->store, error) ||
      !proof_require(run->plan, context->source, context->gateway, context->store, error))
    return false;
  if (!run->request->allow_removals)
    run->held = guard_hold(run->plan, (guint)context->config->guard.percent,
                           (guint)context->config->guard.floor);
  return may_go_on(run, error);
}

/* Moodle is asked for its companies first: when it is away, 2,000 requests to ZMS would be for
 * nothing. */
static bool
prepare(Run *run, GError **error) {
  begin_phase(run, "companies");
  run->courses = courses_new(run->context->config, run->context->gateway, error);
  return run->courses != NULL && fetch(run, error) && read_moodle(run, error) &&
         make_plan(run, error);
}

/* ── what came of it ── */

static bool
anything_failed(const Run *run) {
  for (guint i = 0; i < run->input->tenants->len; i++)
    if (input_tenant(run->input, i)->error != NULL)
      return true;
  for (guint i = 0; i < run->input->lehrgaenge->len; i++)
    if (input_lehrgang(run->input, i)->error != NULL)
      return true;
  return (run->applied != NULL && run->applied->failure_count > 0) ||
         run->plan->unproven->len > 0 || run->tasks.failed > 0 || run->tasks.waiting > 0;
}

/* Why no tenant was read, NULL when one was. */
static const char *
nothing_read(const Run *run) {
  guint asked = 0, read = 0;
  for (guint i = 0; i < run->input->tenants->len; i++) {
    const InputTenant *tenant = input_tenant(run->input, i);
    asked += tenant->configured && tenant->selected;
    read += tenant->listed;
  }
  if (asked == 0)
    return "no tenant of this run has an apikey; set apikey-file in its [tenant …] group";
  return read == 0 ? "no tenant could be read" : NULL;
}

static RunStatus
status_of(const Run *run, const GError *error, const char **why) {
  *why = NULL;
  if (error != NULL) {
    *why = error->message;
    return g_error_matches(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED) ? RUN_INTERRUPTED
                                                                        : RUN_ERROR;
  }
  *why = nothing_read(run);
  if (*why != NULL)
    return RUN_ERROR;
  if (run->held != NULL && run->held->len > 0)
    return RUN_HELD;
  return anything_failed(run) ? RUN_PARTIAL : RUN_SUCCESS;
}

static json_t *
report(Run *run, const GError *error) {
  const RunContext *context = run->context;
  const char *why;
  run->record.status = status_of(run, error, &why);
  run_progress_end(run->meter);
  json_auto_t *phases = run_progress_seconds(run->meter);
  ZmsStats stats = { 0 };
  if (context->zms != NULL)
    zms_stats(context->zms, &stats);
  ReportInput in = {
    .run = run->record.id,
    .year = run->request->year,
    .status = run->record.status,
    .triggeredby = run->request->triggeredby,
    .timestarted = run->record.timestarted,
    .timeended = clock_now(context->clock),
    .error = why,
    .input = run->input,
    .courses = run->courses,
    .plan = run->plan,
    .held = run->held,
    .applied = run->applied,
    .tasks = run->tasks_ran ? &run->tasks : NULL,
    .requests = context->zms != NULL ? &stats : NULL,
    .phases = phases,
  };
  return report_build(&in);
}

json_t *
run_plan(const RunContext *context, const RunRequest *request, GError **error) {
  g_auto(Run) run;
  run_init(&run, context, request);
  if (!prepare(&run, error))
    return NULL;
  json_t *document = report(&run, NULL);
  guint left_off;
  json_object_set_new(document, "steps", report_steps(run.plan, RUN_MAX_STEPS, &left_off));
  json_object_set_new(document, "steps_left_off", json_integer(left_off));
  return document;
}

/* ── doing it ── */

static void
on_applied(StepKind kind, guint done, guint total, gpointer data) {
  Run *run = data;
  guint at, whole;
  plan_place(run->planned, kind, done, total, &at, &whole);
  tell(run, done, total);
  run_progress_at(run->meter, at, whole);
  store_progress(run, false);
}

static bool
apply(Run *run, GError **error) {
  const RunContext *context = run->context;
  run->applied = apply_result_new();
  ApplyContext apply_context = { context->gateway, context->store, context->clock, context->stop,
                                 run->lease,       run->record.id, on_applied,     run };
  for (StepKind kind = 0; kind < STEP_KINDS; kind++) {
    run->planned[kind] = plan_count(run->plan, kind, STEP_PLANNED);
    if (run->planned[kind] > 0)
      log_info(NULL, "%s: %u to do", plan_kind_word(kind), run->planned[kind]);
  }
  begin_phase(run, "apply");
  return apply_plan(run->plan, &apply_context, run->applied, error);
}

static void
on_task(const TasksResult *result, gpointer data) {
  Run *run = data;
  guint done = result->done + result->failed + result->waiting;
  tell(run, done, 0);
  run_progress_at(run->meter, done, 0);
  store_progress(run, false);
}

static bool
enter(TasksPlace *place, gpointer data, GError **error) {
  const RunContext *context = ((Run *)data)->context;
  place->store = context->open_store(context->open_data, error);
  if (place->store == NULL)
    return false;
  place->gateway = context->open_gateway(context->open_data, error);
  return place->gateway != NULL;
}

/* Whether a copy is this run's business. One that was asked for some tenants or one year only is
 * not made partial by others' courses. */
static bool
concerns(const Run *run, const StoreTask *task) {
  if (run->request->tenants == NULL && run->request->year == 0)
    return true;
  autochar shortname = content_copy_shortname(task);
  for (guint i = 0; i < run->courses->courses->len; i++)
    if (strcmp(courses_at(run->courses, i)->shortname, shortname) == 0)
      return true;
  return false;
}

/* Copies that nothing is wrong with are the workers' business and no failure of the run. */
static bool
count_copies(Run *run, GError **error) {
  const RunContext *context = run->context;
  g_autoptr(GPtrArray) unfinished =
      context->store->class->task_list(context->store, true, 0, error);
  if (unfinished == NULL)
    return false;
  for (guint i = 0; i < unfinished->len; i++) {
    const StoreTask *task = g_ptr_array_index(unfinished, i);
    if (strcmp(task->kind, CONTENT_COPY_KIND) != 0 || task->state == TASK_FAILED ||
        !concerns(run, task))
      continue;
    if (text_empty(task->error))
      run->tasks.pending++;
    else
      run->tasks.waiting++;
  }
  return true;
}

static bool
copy_contents(Run *run, GError **error) {
  const RunContext *context = run->context;
  TasksContext tasks = {
    .store = context->store,
    .gateway = context->gateway,
    .clock = context->clock,
    .stop = context->stop,
    .owner = run->record.owner,
    .max_attempts = (guint)context->config->tasks.max_attempts,
    .progress = on_task,
    .workers = (guint)context->config->tasks.workers,
    .enter = context->open_gateway != NULL ? enter : NULL,
    .user_data = run,
  };
  begin_phase(run, "content");
  run->tasks_ran = true;
  if (context->leave_copies)
    return count_copies(run, error);
  /* What Moodle cannot do twice is not begun on a lock that another run may have by now. */
  return lease_confirm(run->lease, error) && tasks_run_due(&tasks, &run->tasks, error);
}

/* Whoever holds the lock is the only one who runs: another that reads as running is dead, even if
 * its process cannot be looked for from here (another machine, a container made anew). */
static bool
not_running(const char *owner, gpointer user_data) {
  (void)owner, (void)user_data;
  return true;
}

static bool
record(Run *run, RunStatus status, GError **error) {
  const RunRequest *request = run->request;
  run->record.owner = lease_owner();
  run->record.tenants =
      request->tenants != NULL ? g_strjoinv(",", (char **)request->tenants) : g_strdup("");
  run->record.status = status;
  StoreRun fresh = run->record;
  fresh.triggeredby = (char *)request->triggeredby;
  if (!run->context->store->class->run_begin(run->context->store, &fresh, error))
    return false;
  run->record.id = fresh.id;
  return true;
}

static bool
begin(Run *run, GError **error) {
  Store *store = run->context->store;
  gint64 now = clock_now(run->context->clock);
  return store->class->run_reap(store, not_running, NULL, now, NULL, error) &&
         record(run, RUN_RUNNING, error);
}

static bool
end(Run *run, const GError *problem, RunResult *result, GError **error) {
  const RunContext *context = run->context;
  result->report = report(run, problem);
  result->status = run->record.status;
  result->id = run->record.id;
  autochar progress = run_progress_text(run->meter);
  const RecordEnd how = {
    .id = result->id,
    .status = result->status,
    .report = result->report,
    .progress = progress,
    .succeeded = problem == NULL ? run->input : NULL,
    /* That it was asked to stop is no tenant's failure. */
    .failed = result->status == RUN_INTERRUPTED ? NULL : run->input,
  };
  return record_end_patiently(context->store, &how, context->clock, context->patience_s,
                              context->stop, error);
}

/* A run that did nothing, with a report that says why. */
static bool
record_undone(Run *run, RunStatus status, const char *why, json_t **document, GError **error) {
  gint64 now = clock_now(run->context->clock);
  if (!record(run, status, error))
    return false;
  ReportInput in = { .run = run->record.id,
                     .year = run->request->year,
                     .status = status,
                     .triggeredby = run->request->triggeredby,
                     .timestarted = run->record.timestarted,
                     .timeended = now,
                     .error = why };
  *document = report_build(&in);
  const RecordEnd how = { .id = run->record.id, .status = status, .report = *document };
  return record_end(run->context->store, &how, now, error);
}

/* That it was asked for and not done stands in the history; its starter is told in any case. */
static void
skip(Run *run, const StoreLock *holder, RunResult *result) {
  result->holder = lease_holder_text(holder, run->context->config->moodle.timezone);
  result->status = RUN_SKIPPED;
  if (!run->request->record_skip)
    return;
  g_autoptr(GError) error = NULL;
  json_auto_t *document = NULL;
  autochar why = g_strdup_printf("another run held the lock: %s", result->holder);
  if (!record_undone(run, RUN_SKIPPED, why, &document, &error))
    log_warning(NULL, "the skipped run could not be recorded: %s", error->message);
  result->id = run->record.id;
}

static bool
is_wanted(const Run *run, bool *wanted, GError **error) {
  const RunRequest *request = run->request;
  *wanted = true;
  return request->wanted == NULL ||
         request->wanted(run->context->store, wanted, request->wanted_data, error);
}

static void
log_end(const Run *run, const GError *problem) {
  RunStatus status = run->record.status;
  LogLevel level = status == RUN_SUCCESS ? LOG_INFO : status == RUN_ERROR ? LOG_ERROR : LOG_WARNING;
  log_write(level, NULL, "run %" G_GINT64_FORMAT ": %s%s%s", run->record.id,
            run_status_word(status), problem != NULL ? ": " : "",
            problem != NULL ? problem->message : "");
}

bool
run_sync(const RunContext *context, const RunRequest *request, RunResult *result, GError **error) {
  *result = (RunResult){ 0 };
  g_auto(Run) run;
  run_init(&run, context, request);
  g_autoptr(StoreLock) holder = NULL;
  if (!lease_take(context->open_store, context->open_data, RUN_LOCK, RUN_LOCK_TTL_S, context->clock,
                  &run.lease, &holder, error))
    return false;
  if (run.lease == NULL) {
    skip(&run, holder, result);
    return true;
  }
  bool wanted;
  if (!is_wanted(&run, &wanted, error))
    return false;
  result->unwanted = !wanted;
  if (!wanted)
    return true;
  if (!begin(&run, error))
    return false;
  log_set_run(run.record.id);
  expect(&run);
  g_autoptr(GError) problem = NULL;
  (void)(prepare(&run, &problem) && apply(&run, &problem) && copy_contents(&run, &problem));
  bool recorded = end(&run, problem, result, error);
  log_end(&run, problem);
  log_set_run(0);
  return recorded;
}

bool
run_failed(const Config *config, Store *store, Clock *clock, const RunRequest *request,
           const char *why, RunResult *result, GError **error) {
  *result = (RunResult){ .status = RUN_ERROR };
  RunContext context = { .config = config, .store = store, .clock = clock };
  g_auto(Run) run;
  run_init(&run, &context, request);
  bool wanted;
  if (!is_wanted(&run, &wanted, error))
    return false;
  result->unwanted = !wanted;
  if (!wanted)
    return true;
  bool ok = record_undone(&run, RUN_ERROR, why, &result->report, error);
  result->id = run.record.id;
  return ok;
}

bool
run_reap(LeaseOpenFunc open_store, gpointer open_data, Store *store, Clock *clock, guint *count,
         GError **error) {
  gint64 counts[RUN_STATUSES] = { 0 };
  if (count != NULL)
    *count = 0;
  if (!store->class->run_counts(store, counts, error))
    return false;
  if (counts[RUN_RUNNING] == 0)
    return true;
  g_autoptr(Lease) lease = NULL;
  if (!lease_take(open_store, open_data, RUN_LOCK, RUN_LOCK_TTL_S, clock, &lease, NULL, error))
    return false;
  return lease == NULL ||
         store->class->run_reap(store, not_running, NULL, clock_now(clock), count, error);
}
