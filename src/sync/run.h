/* One run: the phases in a row (DESIGN). Fetch → place courses → read Moodle → find users → plan →
 * prove removals → guard → apply → content copies → report. Whoever wants only to know stops before
 * apply: run_plan().
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/stop.h"
#include "config/config.h"
#include "moodle/gateway.h"
#include "scheduler/lease.h"
#include "store/store.h"
#include "sync/source.h"

/* The one lock of all runs, scheduled and manual (SPEC 6), and how long it outlives a holder that
 * nobody can ask about. */
#define RUN_LOCK "sync"
#define RUN_LOCK_TTL_S 300

/* How many steps a plan's document lists; beyond, it says how many more there are. */
#define RUN_MAX_STEPS 100000

typedef struct {
  gint year;                  /* 0: all */
  const char *const *tenants; /* abbreviations, NULL-terminated; NULL: all */
  const char *triggeredby;
  gint64 task;         /* the import that asked for it (StoreRun.task); 0: none */
  bool allow_removals; /* the guard was overruled */
  bool record_skip;    /* that another run held the lock stands in the history (SPEC 6) */
  /* Asked when the lock is held, before anything else, and before a run that cannot begin is
   * recorded: false in *wanted, and nothing is done or recorded (another node has met the due time
   * meanwhile). NULL: it is wanted. */
  bool (*wanted)(Store *store, bool *wanted, gpointer user_data, GError **error);
  gpointer wanted_data;
} RunRequest;

typedef struct {
  const Config *config;
  Gateway *gateway;
  Store *store;
  Source *source;
  Zms *zms; /* whose requests the report counts; NULL: nobody's */
  Clock *clock;
  const Stop *stop; /* NULL: never */
  /* Opens another connection to the same store, for the lock's heartbeat and for content copies
   * beside the first. */
  LeaseOpenFunc open_store;
  /* Opens the same Moodle for those; so many are made at once as [tasks] workers says. From
   * threads of their own. NULL: one after the other. */
  Gateway *(*open_gateway)(gpointer open_data, GError **error);
  gpointer open_data; /* of both */
  /* Others do the content copies (a service's workers); the run only counts them. */
  bool leave_copies;
  /* So many seconds the end of the run is tried to be recorded while the store is not to be had
   * (gone, disk full). 0: once. */
  guint patience_s;
  /* Told where the run stands: phase, done of total (0: not known). From the run's thread only.
   * NULL: nobody. */
  void (*progress)(const char *phase, guint done, guint total, gpointer user_data);
  gpointer user_data;
} RunContext;

typedef struct {
  gint64 id; /* as the store knows it; 0 when not even that could be recorded */
  RunStatus status;
  json_t *report; /* NULL when another run held the lock, or the run was not wanted */
  char *holder;   /* who held it, else NULL */
  bool unwanted;  /* RunRequest.wanted said so */
} RunResult;
void run_result_clear(RunResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunResult, run_result_clear)

/* Works out what a run would do; nothing is written anywhere. The document is a report whose counts
 * tell what would happen, with "steps". Free with json_decref(). NULL and `error` when Moodle or
 * the store failed or a stop was asked for. */
json_t *run_plan(const RunContext *context, const RunRequest *request, GError **error);

/* Does a run. It ends recorded in the store whatever happens short of the process's death, with a
 * report; `error` and false only when not even that was possible (the store failed). A lock
 * lost to another run ends this one as `error`. */
bool run_sync(const RunContext *context, const RunRequest *request, RunResult *result,
              GError **error);

/* Records a run that could not even begin (Moodle not to be had, a certificate expired), so that
 * the history tells of it: status error, with `why`. `result` as from run_sync(). */
bool run_failed(const Config *config, Store *store, Clock *clock, const RunRequest *request,
                const char *why, RunResult *result, GError **error);

/* When nobody holds the lock (any more), no run is under way: those that read as running become
 * interrupted. *count (may be NULL) tells how many. */
bool run_reap(LeaseOpenFunc open_store, gpointer open_data, Store *store, Clock *clock,
              guint *count, GError **error);
