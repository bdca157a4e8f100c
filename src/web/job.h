/* What takes longer than a request: a plan (the preview of an import), a look at everything
 * (check). Done one at a time by a thread that lives while there is something to do or to keep;
 * what came of it is kept in memory for a while, for who asked. All functions are safe from every
 * thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "web/principal.h"
#include "web/site.h"

typedef enum { WEB_JOB_PLAN, WEB_JOB_CHECK } WebJobKind;
typedef enum { WEB_JOB_WAITING, WEB_JOB_RUNNING, WEB_JOB_DONE, WEB_JOB_FAILED } WebJobState;

/* So many are kept or wait; the oldest that is over goes first. */
#define WEB_MAX_JOBS 16
/* So long what came of one is kept; of checks, the newest stays. */
#define WEB_JOB_KEPT_S (30 * 60)
/* So many steps the documents of all kept plans have together, some 100 MiB; where a new plan
 * brings more, older ones go. As many as one plan's document lists (RUN_MAX_STEPS), so the newest
 * is always kept. */
#define WEB_JOB_MAX_STEPS 100000

#define WEB_JOB_ERROR (web_job_error_quark())
GQuark web_job_error_quark(void);
typedef enum { WEB_JOB_ERROR_FULL, WEB_JOB_ERROR_FAILED } WebJobError;

typedef struct {
  char *id; /* unguessable */
  WebJobKind kind;
  WebJobState state;
  char *owner;    /* the principal's name */
  gint year;      /* of a plan */
  char **tenants; /* of a plan; NULL: all */
  char *phase;    /* where it stands; "" */
  guint done, total;
  gint64 timecreated, timeended; /* 0: not yet */
  char *error;                   /* of one that failed; NULL */
  json_t *document; /* of one that is done: run_plan()'s report, or check's as check --json prints
                       it; NULL. Shared: never change it. */
} WebJob;
void web_job_free(WebJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebJob, web_job_free)

WebJobs *web_jobs_new(const WebContext *context);
/* Asks what is under way to end and waits for it, at most as long as a call in flight may go on
 * (base/stop.h). What does not end by then is left behind; it goes on using the context's clock,
 * and nothing else that is not its own. NULL is fine. */
void web_jobs_free(WebJobs *jobs);

/* Begins a plan of `year` and `tenants` (NULL: all), or a check, when its turn comes, with the
 * configuration now in force. *id: the new one's, or that of the same one asked for by the same
 * principal (a check: by anybody) that is not over yet; g_free(). WEB_JOB_ERROR. */
bool web_job_plan(WebJobs *jobs, const WebPrincipal *who, gint year, const char *const *tenants,
                  char **id, GError **error);
bool web_job_check(WebJobs *jobs, const WebPrincipal *who, char **id, GError **error);

/* A copy of how it stands, or NULL when there is none of that id that `who` may see: its owner's
 * own, and for administrators all. */
WebJob *web_job_get(WebJobs *jobs, const WebPrincipal *who, const char *id);

/* The newest check that is over, whoever asked, or NULL. */
WebJob *web_job_last_check(WebJobs *jobs);
