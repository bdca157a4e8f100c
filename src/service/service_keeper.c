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

static bool
hold_place(Keeper *keeper, GError **error) {
  if (keeper->node != NULL && lease_lost(keeper->node)) {
    log_warning(NULL, "the store was away for so long that other nodes took this one for dead");
    g_clear_pointer(&keeper->node, lease_drop);
  }
  return keeper->node != NULL || take_place(keeper->service, &keeper->node, error);
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

static bool
reap_runs(Keeper *keeper, GError **error) {
  Service *service = keeper->service;
  guint count = 0;
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
  gint64 pause;
  do {
    g_autoptr(GError) error = NULL;
    bool ok = keep_house(&keeper, &error);
    service_store_state(keeper.service, error);
    if (!ok)
      g_clear_pointer(&keeper.store, store_free);
    pause = ok ? LOOK_S : TROUBLE_LOOK_S;
  } while (service_wait(keeper.service, pause));

  /* The node stays known as alive until its workers have put down what they had. */
  g_mutex_lock(&keeper.service->lock);
  g_autoptr(Workers) workers = g_steal_pointer(&keeper.service->workers);
  g_mutex_unlock(&keeper.service->lock);
  g_clear_pointer(&workers, workers_free);
  lease_drop(keeper.node);
  store_free(keeper.store);
  return NULL;
}
