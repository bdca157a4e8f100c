/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/sqlite.h"
#include "sync/run.h"

#define RESULT_FILE "result.json"

/* A child that hangs is a failure, not a reason to wait for ever. */
#define CHILD_SECONDS 60

void
trial_request_clear(TrialRequest *request) {
  g_clear_pointer(&request->tenants, g_strfreev);
}

void
trial_result_clear(TrialResult *result) {
  g_free(result->status);
  g_free(result->error);
  json_decref(result->report);
  json_decref(result->functions);
  g_clear_pointer(&result->writes, g_array_unref);
  *result = (TrialResult){ 0 };
}

/* ── in the child ── */

/* Of this process; connections are opened by SQLite's callers, so its hooks get nothing else to
 * see. Moodle's may be a server's, in a thread of its own. */
static struct {
  GMutex lock;
  const Site *site;
  Access *access;
  const TrialCut *cut;
  const Gateway *gateway; /* NULL: not yet, or no more */
  guint commits, moodle_commits;
  json_t *writes; /* numbers of the calls that changed Moodle */
} here;

static void
note_write(void) {
  const TrialCut *cut = here.cut;
  here.moodle_commits++;
  json_array_append_new(here.writes, json_integer(fault_gateway_calls(here.gateway)));
  if (cut->after_write != 0 && here.moodle_commits == cut->after_write)
    here.site->access->trouble(here.access, cut->trouble, NULL, 0);
}

/* Every change of either file is a commit, so dying before each of them in turn leaves behind, one
 * after the other, every state that a death at any moment can leave. */
static int
on_commit(void *db) {
  const char *path = sqlite3_db_filename(db, "main");
  g_mutex_lock(&here.lock);
  if (++here.commits == here.cut->at_commit)
    kill(getpid(), SIGKILL);
  if (here.gateway != NULL && path != NULL && g_str_has_suffix(path, SITE_MOODLE))
    note_write();
  g_mutex_unlock(&here.lock);
  return 0;
}

static int
on_open(sqlite3 *db) {
  sqlite3_commit_hook(db, on_commit, db);
  return SQLITE_OK;
}

static Store *
open_store(gpointer data, GError **error) {
  return store_sqlite_open(((const Site *)data)->store, error);
}

static void
write_result(const Site *site, json_t *result) {
  g_autofree char *path = g_build_filename(site->dir, RESULT_FILE, NULL);
  if (json_dump_file(result, path, JSON_COMPACT) != 0)
    g_error("%s could not be written", path);
  json_decref(result);
}

static void
watch(const Gateway *gateway) {
  g_mutex_lock(&here.lock);
  here.gateway = gateway;
  g_mutex_unlock(&here.lock);
}

/* What came of it, once nobody is at work any more. */
static json_t *
tell(const Gateway *gateway, const char *status, const GError *error, json_t *report) {
  const AccessClass *class = here.site->access;
  json_t *functions = class->calls != NULL ? class->calls(here.access) : NULL;
  return json_pack("{s:s, s:s, s:o?, s:i, s:o, s:i, s:o?}", "status", error != NULL ? "" : status,
                   "error", error != NULL ? error->message : "", "report", report, "calls",
                   fault_gateway_calls(gateway), "writes", here.writes, "commits", here.commits,
                   "functions", functions);
}

static void
cause_trouble(const TrialCut *cut) {
  for (guint i = 0; cut->functions != NULL && cut->functions[i] != NULL; i++)
    here.site->access->trouble(here.access, cut->trouble, cut->functions[i], cut->nth);
}

static json_t *
run(Paper *paper, const TrialRequest *request, const TrialCut *cut) {
  const Site *site = here.site;
  g_autoptr(Gateway) gateway = fault_gateway_new(here.access->gateway, cut->at_call, cut->where);
  g_autoptr(Store) store = site_open_store(site);
  RunContext context = { .config = site->config,
                         .gateway = gateway,
                         .store = store,
                         .source = paper_source(paper),
                         .clock = site->clock,
                         .open_store = open_store,
                         .open_data = (gpointer)site };
  RunRequest run = { .year = request->year,
                     .tenants = (const char *const *)request->tenants,
                     .triggeredby = "scenario",
                     .allow_removals = request->allow_removals };
  g_autoptr(GError) error = NULL;
  g_auto(RunResult) result = { 0 };
  json_t *report = NULL;
  const char *status = "plan";
  watch(gateway);
  if (!cut->plan && run_sync(&context, &run, &result, &error)) {
    report = json_incref(result.report);
    status = run_status_word(result.status);
  } else if (cut->plan) {
    report = run_plan(&context, &run, &error);
  }
  watch(NULL);
  return tell(gateway, status, error, report);
}

static void
child(const Site *site, Paper *paper, const TrialRequest *request, const TrialCut *cut) {
  log_set_level(LOG_ERROR);
  alarm(CHILD_SECONDS);
  here.site = site;
  here.cut = cut;
  here.writes = json_array();
  sqlite3_auto_extension((void (*)(void))on_open);
  here.access = site->access->open(site);
  cause_trouble(cut);
  json_t *result = run(paper, request, cut);
  site->access->close(here.access);
  write_result(site, result);
}

/* ── in the parent ── */

static void
read_result(const Site *site, TrialResult *result) {
  g_autofree char *path = g_build_filename(site->dir, RESULT_FILE, NULL);
  json_auto_t *is = json_load_file(path, 0, NULL);
  g_assert_nonnull(is);
  result->status = g_strdup(json_string_value(json_object_get(is, "status")));
  result->error = g_strdup(json_string_value(json_object_get(is, "error")));
  result->calls = (guint)json_integer_value(json_object_get(is, "calls"));
  result->commits = (guint)json_integer_value(json_object_get(is, "commits"));
  result->writes = g_array_new(FALSE, FALSE, sizeof(guint));
  size_t at;
  json_t *call;
  json_array_foreach(json_object_get(is, "writes"), at, call) {
    guint number = (guint)json_integer_value(call);
    g_array_append_val(result->writes, number);
  }
  result->report = json_incref(json_object_get(is, "report"));
  result->functions = json_incref(json_object_get(is, "functions"));
}

/* A child that nobody cuts off leaves by exit(), so that a sanitizer looks for what it has lost. */
static void
run_child(const Site *site, Paper *paper, const TrialRequest *request, const TrialCut *cut,
          TrialResult *result) {
  *result = (TrialResult){ 0 };
  fflush(NULL);
  pid_t pid = fork();
  g_assert_cmpint(pid, >=, 0);
  if (pid == 0) {
    child(site, paper, request, cut);
    if (cut->at_call == 0 && cut->at_commit == 0)
      exit(0);
    _exit(0);
  }
  int status = 0;
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  result->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (result->killed)
    result->status = g_strdup("");
  else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    read_result(site, result);
  else
    g_error("the run's process ended with %s %d", WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void
trial_run(const Site *site, Paper *paper, const TrialRequest *request, const TrialCut *cut,
          TrialResult *result) {
  static const TrialCut nowhere = { 0 };
  run_child(site, paper, request, cut != NULL ? cut : &nowhere, result);
}

void
trial_plan(const Site *site, Paper *paper, const TrialRequest *request, TrialResult *result) {
  static const TrialCut plan = { .plan = true };
  run_child(site, paper, request, &plan, result);
}
