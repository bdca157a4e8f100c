/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/job_work.h"

#include <string.h>

#include "checkup/checkup.h"
#include "service/runner.h"
#include "web/job.h"

/* The fetching threads tell what was listed and answered; nobody else counts that while tenants are
 * read. */
typedef struct {
  const JobWork *work;
  GMutex lock; /* over all below, and while somebody is told */
  bool fetching;
  guint listed, answered;
} Telling;

static void
on_fetch(guint listed, guint answered, gpointer data) {
  Telling *telling = data;
  g_mutex_lock(&telling->lock);
  telling->listed += listed;
  telling->answered += answered;
  if (telling->fetching)
    telling->work->tell("fetch", telling->answered, telling->listed, telling->work->user_data);
  g_mutex_unlock(&telling->lock);
}

static void
on_progress(const char *phase, guint done, guint total, gpointer data) {
  Telling *telling = data;
  g_mutex_lock(&telling->lock);
  telling->fetching = strcmp(phase, "fetch") == 0;
  if (telling->fetching)
    telling->work->tell(phase, telling->answered, telling->listed, telling->work->user_data);
  else
    telling->work->tell(phase, done, total, telling->work->user_data);
  g_mutex_unlock(&telling->lock);
}

json_t *
job_work_plan(const JobWork *work, const char *who, gint year, char *const *tenants,
              GError **error) {
  Telling telling = { .work = work };
  const RunnerHooks hooks = { on_fetch, on_progress, &telling };
  const RunRequest request = {
    .year = year,
    .tenants = (const char *const *)tenants,
    .triggeredby = who,
  };
  json_t *document = NULL;
  g_mutex_init(&telling.lock);
  Runner *runner =
      runner_open(work->config, work->clock, work->stop, RUNNER_LOOK_ONLY, &hooks, error);
  if (runner != NULL)
    document = run_plan(runner_context(runner), &request, error);
  runner_free(runner);
  g_mutex_clear(&telling.lock);
  return document;
}

json_t *
job_work_check(const JobWork *work, GError **error) {
  g_autoptr(Checkup) checkup =
      checkup_new(work->config, work->clock, work->stop, work->tell, work->user_data);
  if (!stop_requested(work->stop))
    return checkup_json(checkup);
  g_set_error_literal(error, WEB_JOB_ERROR, WEB_JOB_ERROR_FAILED,
                      "stopped because the service ends; check again when it is back");
  return NULL;
}
