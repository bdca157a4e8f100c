/* The thread that shows others that this node lives, and looks after what nobody else does: runs
 * whose process is dead, certificates that expire.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"
#include "base/log.h"
#include "notify/notify.h"
#include "service/service_private.h"
#include "service/supervisor.h"

/* So long others take this node for alive when it is silent. */
#define NODE_TTL_S 120

/* Nodes have places, so that one that is gone leaves its own to the next. */
#define NODE_MAX 64

#define LOOK_S 60        /* from one look to the next */
#define TROUBLE_LOOK_S 5 /* while the store is away */

typedef struct {
  Service *service;
  Lease *node;
  Store *store;          /* NULL after a failure */
  gint certificates_day; /* the day they were looked at, as yyyymmdd; 0: not yet */
} Keeper;

/* *node stays NULL when all places are taken. */
static bool
take_place(Service *service, Lease **node, GError **error) {
  for (guint i = 1; i <= NODE_MAX && *node == NULL; i++) {
    g_autofree char *name = g_strdup_printf("node %u", i);
    if (!lease_take(service_open_store, service, name, NODE_TTL_S, service->clock, node, NULL,
                    error))
      return false;
  }
  if (*node == NULL)
    g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_FAILED,
                "%u nodes work with this store already; stop one of them", NODE_MAX);
  return *node != NULL;
}

/* Renews it, too: a store that can be read and not written (the disk is full) is known within a
 * look, and not when the lease is lost. */
static bool
hold_place(Keeper *keeper, GError **error) {
  g_autoptr(GError) why = NULL;
  if (keeper->node != NULL && lease_confirm(keeper->node, &why))
    return true;
  if (keeper->node != NULL && !lease_lost(keeper->node)) {
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
  }
  /* Given back after the new one is there: at no moment this node is without one that has tasks in
   * hand. */
  g_autoptr(Lease) lost = g_steal_pointer(&keeper->node);
  if (lost != NULL)
    log_warning(NULL, "the store was away for so long that other nodes took this one for dead");
  return take_place(keeper->service, &keeper->node, error);
}

static bool
start_workers(Service *service, GError **error) {
  g_mutex_lock(&service->lock);
  bool up = service->up;
  g_mutex_unlock(&service->lock);
  if (up)
    return true;
  Workers *workers = service_workers_new(service, error);
  if (workers == NULL)
    return false;
  g_mutex_lock(&service->lock);
  service->workers = workers;
  service->up = true;
  g_cond_broadcast(&service->changed);
  g_mutex_unlock(&service->lock);
  log_info(NULL, "ready");
  return true;
}

/* Not while this process is at a run itself, which looks after the others when it has the lock: one
 * that outlived a store that was away for longer than its lock holds would be taken for dead. */
static bool
reap_runs(Keeper *keeper, GError **error) {
  Service *service = keeper->service;
  guint count = 0;
  if (service_has_run(service))
    return true;
  if (!run_reap(service_open_store, service, keeper->store, service->clock, &count, error))
    return false;
  if (count > 0)
    log_warning(NULL, "%u run%s whose process is gone: now interrupted, and the lock is free",
                count, count == 1 ? "" : "s");
  return true;
}

static gint
day_of(gint64 now, GTimeZone *zone) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now);
  g_autoptr(GDateTime) local = utc == NULL ? NULL : g_date_time_to_timezone(utc, zone);
  return local == NULL ? 0
                       : g_date_time_get_year(local) * 10000 + g_date_time_get_month(local) * 100 +
                             g_date_time_get_day_of_month(local);
}

/* Once a day. */
static bool
look_at_certificates(Keeper *keeper, GError **error) {
  Service *service = keeper->service;
  g_autoptr(Config) config = service_config(service);
  gint64 now = clock_now(service->clock);
  gint today = day_of(now, config->moodle.timezone);
  if (today == keeper->certificates_day)
    return true;
  if (!notify_certificates(keeper->store, config, now, error))
    return false;
  keeper->certificates_day = today;
  service_wake_workers(service);
  return true;
}

static bool
keep_house(Keeper *keeper, GError **error) {
  Service *service = keeper->service;
  if (!hold_place(keeper, error))
    return false;
  if (keeper->store == NULL)
    keeper->store = service_open_store(service, error);
  return keeper->store != NULL && reap_runs(keeper, error) && start_workers(service, error) &&
         look_at_certificates(keeper, error);
}

gpointer
service_keep(gpointer data) {
  Keeper keeper = { .service = data };
  guint generation;
  gint64 pause;
  do {
    g_autoptr(GError) error = NULL;
    generation = service_generation(keeper.service);
    bool ok = keep_house(&keeper, &error);
    service_store_state(keeper.service, error);
    if (!ok)
      g_clear_pointer(&keeper.store, store_free);
    pause = ok ? LOOK_S : TROUBLE_LOOK_S;
  } while (service_wait(keeper.service, generation, pause));

  /* The node stays known as alive until its workers have put down what they had. */
  g_mutex_lock(&keeper.service->lock);
  g_autoptr(Workers) workers = g_steal_pointer(&keeper.service->workers);
  g_mutex_unlock(&keeper.service->lock);
  g_clear_pointer(&workers, workers_free);
  lease_drop(keeper.node);
  store_free(keeper.store);
  return NULL;
}
