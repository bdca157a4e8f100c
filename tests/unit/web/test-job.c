/* Plans and checks that outlive the request that asked for them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "web/job_private.h"
#include "web_zms.h"

/* For a thread that has to get there; nothing takes so long. */
#define LONGEST (30 * G_USEC_PER_SEC)

static bool
is_over(const WebJob *job) {
  return job->state == WEB_JOB_DONE || job->state == WEB_JOB_FAILED;
}

static WebJob *
wait_for(WebJobs *jobs, const WebPrincipal *who, const char *id, bool (*reached)(const WebJob *)) {
  gint64 until = g_get_monotonic_time() + LONGEST;
  for (;;) {
    WebJob *job = web_job_get(jobs, who, id);
    g_assert_nonnull(job);
    if (reached(job))
      return job;
    web_job_free(job);
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(2000);
  }
}

static bool
is_fetching(const WebJob *job) {
  return job->state == WEB_JOB_RUNNING && strcmp(job->phase, "fetch") == 0;
}

static bool
is_running(const WebJob *job) {
  return job->state == WEB_JOB_RUNNING;
}

static char *
plan(WebJobs *jobs, const WebPrincipal *who, gint year) {
  g_autoptr(GError) error = NULL;
  char *id = NULL;
  g_assert_true(web_job_plan(jobs, who, year, NULL, &id, &error));
  g_assert_no_error(error);
  return id;
}

static void
plans(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bert = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  const char *const only[] = { "FD", NULL };
  g_autoptr(GError) error = NULL;
  g_autofree char *id = NULL;
  g_free(bert->name);
  bert->name = g_strdup("bert");
  g_free(chief->name);
  chief->name = g_strdup("chief");
  g_assert_true(web_job_plan(test->site->jobs, anna, 2026, only, &id, &error));
  g_assert_cmpuint(strlen(id), ==, 32);
  g_autoptr(WebJob) job = wait_for(test->site->jobs, anna, id, is_over);
  g_assert_cmpstr(job->error, ==, NULL);
  g_assert_cmpint(job->state, ==, WEB_JOB_DONE);
  g_assert_cmpint(job->kind, ==, WEB_JOB_PLAN);
  g_assert_cmpint(job->year, ==, 2026);
  g_assert_cmpstr(job->tenants[0], ==, "FD");
  g_assert_null(job->tenants[1]);
  g_assert_cmpstr(job->owner, ==, "anna");
  g_assert_cmpint(job->timecreated, ==, WEB_CASE_NOW);
  g_assert_cmpint(job->timeended, ==, WEB_CASE_NOW);
  g_assert_cmpuint(json_array_size(json_object_get(job->document, "steps")), >, 0);
  g_assert_true(json_is_true(json_object_get(job->document, "dry_run")));
  /* Its owner's own, and for administrators all. */
  g_assert_null(web_job_get(test->site->jobs, bert, id));
  g_assert_null(web_job_get(test->site->jobs, anna, "0123"));
  g_autoptr(WebJob) seen = web_job_get(test->site->jobs, chief, id);
  g_assert_nonnull(seen);
  /* Nothing was written. */
  gint64 counts[RUN_STATUSES] = { 0 };
  g_assert_true(test->store->class->run_counts(test->store, counts, NULL));
  for (guint i = 0; i < RUN_STATUSES; i++)
    g_assert_cmpint(counts[i], ==, 0);
}

static void
says_why_it_failed(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  g_autofree char *id = plan(test->site->jobs, anna, 2026);
  g_autoptr(WebJob) job = wait_for(test->site->jobs, anna, id, is_over);
  g_assert_cmpint(job->state, ==, WEB_JOB_FAILED);
  g_assert_nonnull(strstr(job->error, "moodle.db"));
  g_assert_null(job->document);
  g_assert_cmpint(job->timeended, ==, WEB_CASE_NOW);
}

static void
checks(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_ADMIN, NULL);
  g_autofree char *id = NULL;
  g_autofree char *plan_id = plan(test->site->jobs, anna, 2026);
  g_assert_null(web_job_last_check(test->site->jobs));
  g_assert_true(web_job_check(test->site->jobs, anna, &id, NULL));
  g_autoptr(WebJob) job = wait_for(test->site->jobs, anna, id, is_over);
  g_assert_cmpint(job->state, ==, WEB_JOB_DONE);
  g_assert_nonnull(json_object_get(job->document, "findings"));
  g_assert_cmpuint(json_array_size(json_object_get(job->document, "tenants")), ==, 4);
  /* The newest stays, everything else is kept for a while. */
  clock_advance(test->clock, (gint64)WEB_JOB_KEPT_S * G_USEC_PER_SEC - 1);
  g_autoptr(WebJob) still = web_job_get(test->site->jobs, anna, plan_id);
  g_assert_nonnull(still);
  clock_advance(test->clock, 1);
  g_assert_null(web_job_get(test->site->jobs, anna, plan_id));
  g_autoptr(WebJob) last = web_job_last_check(test->site->jobs);
  g_assert_nonnull(last);
  g_assert_cmpstr(last->id, ==, id);
  /* Until there is a newer one. */
  g_autofree char *newer = NULL;
  g_assert_true(web_job_check(test->site->jobs, anna, &newer, NULL));
  g_assert_cmpstr(newer, !=, id);
  g_autoptr(WebJob) again G_GNUC_UNUSED = wait_for(test->site->jobs, anna, newer, is_over);
  g_assert_null(web_job_get(test->site->jobs, anna, id));
}

/* Over a ZMS that never answers: the first stays under way, all others wait. */
static void
waits_in_turn(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new_silent(test);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bert = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(GError) error = NULL;
  WebJobs *jobs = test->site->jobs;
  const char *const only[] = { "FD", NULL };
  g_free(bert->name);
  bert->name = g_strdup("bert");
  g_autofree char *first = plan(jobs, anna, 2026);
  g_autoptr(WebJob) running G_GNUC_UNUSED = wait_for(jobs, anna, first, is_fetching);
  /* The same again is the same; of others, of another year, of other tenants it is not. */
  g_autofree char *again = plan(jobs, anna, 2026);
  g_assert_cmpstr(again, ==, first);
  g_autofree char *year = plan(jobs, anna, 2025);
  g_assert_cmpstr(year, !=, first);
  g_autofree char *others = plan(jobs, bert, 2026);
  g_assert_cmpstr(others, !=, first);
  g_autofree char *tenants = NULL;
  g_assert_true(web_job_plan(jobs, anna, 2026, only, &tenants, &error));
  g_assert_cmpstr(tenants, !=, first);
  g_autofree char *check = NULL, *check_again = NULL;
  g_assert_true(web_job_check(jobs, anna, &check, &error));
  g_assert_true(web_job_check(jobs, bert, &check_again, &error));
  g_assert_cmpstr(check, ==, check_again);
  g_autoptr(WebJob) waiting = web_job_get(jobs, anna, year);
  g_assert_cmpint(waiting->state, ==, WEB_JOB_WAITING);
  g_assert_cmpstr(waiting->phase, ==, "");
  g_assert_cmpint(waiting->timeended, ==, 0);
  for (gint i = 5; i < WEB_MAX_JOBS; i++) {
    g_autofree char *more = plan(jobs, anna, 2000 + i);
    g_assert_nonnull(more);
  }
  char *full = NULL;
  g_assert_false(web_job_plan(jobs, anna, 2024, NULL, &full, &error));
  g_assert_error(error, WEB_JOB_ERROR, WEB_JOB_ERROR_FULL);
  g_assert_null(full);
  /* Nothing of it keeps the end waiting. */
  gint64 begun = g_get_monotonic_time();
  web_site_free(test->site);
  test->site = NULL;
  g_assert_cmpint(g_get_monotonic_time() - begun, <, 5 * G_USEC_PER_SEC);
}

static void
makes_room(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  char *ids[WEB_MAX_JOBS + 1];
  for (guint i = 0; i <= WEB_MAX_JOBS; i++) {
    ids[i] = plan(test->site->jobs, anna, 2012 + (gint)i);
    g_autoptr(WebJob) job = wait_for(test->site->jobs, anna, ids[i], is_over);
    g_assert_nonnull(job);
  }
  g_assert_null(web_job_get(test->site->jobs, anna, ids[0]));
  g_autoptr(WebJob) second = web_job_get(test->site->jobs, anna, ids[1]);
  g_assert_nonnull(second);
  for (guint i = 0; i <= WEB_MAX_JOBS; i++)
    g_free(ids[i]);
}

/* 20,000 people are 60,000 steps: two such plans are more than is kept. */
static void
bounds_its_memory(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  WebJobs *jobs = test->site->jobs;
  GString *people = g_string_new("[");
  for (guint i = 0; i < 20000; i++)
    g_string_append_printf(people,
                           "%s{\"id\":\"M%u\",\"initialId\":\"m-%u\",\"vorname\":\"M\","
                           "\"nachname\":\"N\",\"status\":\"S033_EINBERUFEN_KREIS\"}",
                           i > 0 ? "," : "", i, i);
  g_string_append_c(people, ']');
  const char *const small[] = { "HP", NULL };
  g_autofree char *little = NULL;
  g_assert_true(web_job_plan(jobs, anna, 2026, small, &little, NULL));
  web_zms_teilnehmer(zms, "FD", "FD-1", people->str);
  g_string_free(people, TRUE);
  g_autofree char *first = plan(jobs, anna, 2026);
  g_autoptr(WebJob) one = wait_for(jobs, anna, first, is_over);
  g_assert_cmpuint(json_array_size(json_object_get(one->document, "steps")), >,
                   WEB_JOB_MAX_STEPS / 2);
  g_autoptr(WebJob) little_one = web_job_get(jobs, anna, little);
  g_assert_nonnull(little_one);
  g_autofree char *second = plan(jobs, anna, 2026);
  g_assert_cmpstr(second, !=, first);
  g_autoptr(WebJob) two G_GNUC_UNUSED = wait_for(jobs, anna, second, is_over);
  g_assert_null(web_job_get(jobs, anna, first));
  /* Whoever still looks at it keeps it. */
  g_assert_true(json_is_object(one->document));
}

/* The service's stop reaches a plan that is under way, and nothing new begins. */
static void
stops_with_the_service(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new_silent(test);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(GError) error = NULL;
  Stop stop = { 0 };
  WebContext context = test->site->context;
  context.stop = &stop;
  WebJobs *jobs = web_jobs_new(&context);
  g_autofree char *id = plan(jobs, anna, 2026);
  g_autoptr(WebJob) running G_GNUC_UNUSED = wait_for(jobs, anna, id, is_fetching);
  stop_request(&stop);
  g_autoptr(WebJob) job = wait_for(jobs, anna, id, is_over);
  g_assert_cmpint(job->state, ==, WEB_JOB_FAILED);
  g_assert_nonnull(strstr(job->error, "stop"));
  char *none = NULL;
  g_assert_false(web_job_plan(jobs, anna, 2025, NULL, &none, &error));
  g_assert_error(error, WEB_JOB_ERROR, WEB_JOB_ERROR_FAILED);
  g_assert_false(web_job_check(jobs, anna, &none, NULL));
  web_jobs_free(jobs);
}

static guint
threads(void) {
  guint count = 0;
  g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
  while (g_dir_read_name(dir) != NULL)
    count++;
  return count;
}

static gsize
references(const WebJob *job) {
  return __atomic_load_n(&job->document->refcount, __ATOMIC_ACQUIRE);
}

/* Also when nobody comes any more who would find it: then the thread goes, too. */
static void
goes_by_itself(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  WebContext context = test->site->context;
  guint before = threads();
  context.clock = clock_system();
  WebJobs *jobs = web_jobs_new_keeping(&context, 2 * G_USEC_PER_SEC);
  g_autofree char *id = plan(jobs, anna, 2026);
  g_autoptr(WebJob) job = wait_for(jobs, anna, id, is_over);
  g_assert_cmpint(job->state, ==, WEB_JOB_DONE);
  g_assert_cmpuint(references(job), ==, 2);
  gint64 until = g_get_monotonic_time() + LONGEST;
  while (references(job) > 1 || threads() > before) {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(2000);
  }
  /* The next one finds a thread again. */
  g_autofree char *next = plan(jobs, anna, 2026);
  g_autoptr(WebJob) again G_GNUC_UNUSED = wait_for(jobs, anna, next, is_over);
  web_jobs_free(jobs);
}

/* The Moodle's file is locked, and the database waits for it longer than the stop lets it. */
static void
is_left_behind(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms = web_zms_new_silent(test);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  Stop *stop = g_new0(Stop, 1);
  WebContext context = test->site->context;
  guint before = threads();
  stop->grace_ms = 200;
  context.stop = stop;
  WebJobs *jobs = web_jobs_new(&context);
  web_zms_lock_moodle(zms);
  g_autofree char *id = plan(jobs, anna, 2026);
  g_autoptr(WebJob) running G_GNUC_UNUSED = wait_for(jobs, anna, id, is_running);
  gint64 begun = g_get_monotonic_time();
  web_jobs_free(jobs);
  gint64 took = g_get_monotonic_time() - begun;
  g_assert_cmpint(took, >=, 200 * 1000);
  g_assert_cmpint(took, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint(threads(), >, before);
  /* What was lent to it is gone before it ends. */
  g_free(stop);
  web_zms_unlock_moodle(zms);
  gint64 until = g_get_monotonic_time() + LONGEST;
  while (threads() > before) {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(2000);
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/job/plans", plans);
  g_test_add_func("/job/says-why-it-failed", says_why_it_failed);
  g_test_add_func("/job/checks", checks);
  g_test_add_func("/job/waits-in-turn", waits_in_turn);
  g_test_add_func("/job/makes-room", makes_room);
  g_test_add_func("/job/bounds-its-memory", bounds_its_memory);
  g_test_add_func("/job/goes-by-itself", goes_by_itself);
  g_test_add_func("/job/stops-with-the-service", stops_with_the_service);
  g_test_add_func("/job/is-left-behind", is_left_behind);
  return g_test_run();
}
