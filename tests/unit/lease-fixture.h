/* A store of one lock, whose failures and owner a test decides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <signal.h>

#include "scheduler/lease.h"

typedef struct {
  GMutex mutex; /* over everything */
  GCond renewed;
  char *owner; /* NULL: free */
  gint64 acquired, expires;
  bool open_fails, take_fails, renew_fails;
  guint opens, live, renewals;
  bool signals_blocked;
} World;

typedef struct {
  Store base;
  World *world;
} FakeStore;

static bool
fail(GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "the store is away");
  return false;
}

static World *
enter(Store *store) {
  World *world = ((FakeStore *)store)->world;
  g_mutex_lock(&world->mutex);
  return world;
}

static void
fake_free(Store *store) {
  World *world = enter(store);
  world->live--;
  g_mutex_unlock(&world->mutex);
  g_free(store);
}

static bool
fake_take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
          StoreOwnerDeadFunc owner_dead, gpointer user_data, StoreLock **holder, bool *taken,
          GError **error) {
  World *world = enter(store);
  bool ok = !world->take_fails || fail(error);
  g_assert_cmpstr(name, ==, "sync");
  g_assert_true(owner_dead == lease_owner_dead);
  g_assert_null(user_data);
  *taken = ok && world->owner == NULL;
  if (*taken) {
    world->owner = g_strdup(owner);
    world->acquired = now;
    world->expires = now + ttl;
  }
  if (ok && holder != NULL) {
    *holder = NULL;
    if (!*taken) {
      *holder = g_new0(StoreLock, 1);
      (*holder)->owner = g_strdup(world->owner);
      (*holder)->acquired = world->acquired;
    }
  }
  g_mutex_unlock(&world->mutex);
  return ok;
}

static bool
fake_renew(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl, bool *held,
           GError **error) {
  World *world = enter(store);
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, NULL, &blocked);
  world->signals_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGINT);
  bool ok = !world->renew_fails || fail(error);
  g_assert_cmpstr(name, ==, "sync");
  *held = ok && g_strcmp0(world->owner, owner) == 0;
  if (*held)
    world->expires = now + ttl;
  world->renewals++;
  g_cond_broadcast(&world->renewed);
  g_mutex_unlock(&world->mutex);
  return ok;
}

static bool
fake_drop(Store *store, const char *name, const char *owner, GError **error) {
  World *world = enter(store);
  (void)name;
  (void)error;
  if (g_strcmp0(world->owner, owner) == 0)
    g_clear_pointer(&world->owner, g_free);
  g_mutex_unlock(&world->mutex);
  return true;
}

static const StoreClass fake_class = {
  .free = fake_free, .lock_take = fake_take, .lock_renew = fake_renew, .lock_drop = fake_drop
};

static Store *
fake_open(gpointer user_data, GError **error) {
  World *world = user_data;
  FakeStore *store = NULL;
  g_mutex_lock(&world->mutex);
  world->opens++;
  if (world->open_fails) {
    fail(error);
  } else {
    store = g_new0(FakeStore, 1);
    store->base.class = &fake_class;
    store->world = world;
    world->live++;
  }
  g_mutex_unlock(&world->mutex);
  return store == NULL ? NULL : &store->base;
}
