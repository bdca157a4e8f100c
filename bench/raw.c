/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "raw.h"

#include <stdio.h>

#include "base/text.h"
#include "service/open.h"

typedef struct {
  const Config *config;
  Zms *zms;
  GMutex lock;
  GError *error; /* the first one */
} Raw;

static void
keep_id(const Lehrgang *lehrgang, gpointer user_data) {
  g_ptr_array_add(user_data, g_strdup(lehrgang->id));
}

static bool
fetch_tenant(Raw *raw, const ConfigTenant *tenant, GError **error) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(ZmsTenant) connection = open_zms_tenant(raw->zms, tenant, error);
  return connection != NULL && zms_list(connection, 0, keep_id, NULL, ids, error) &&
         zms_teilnehmer_raw(connection, (const char *const *)ids->pdata, ids->len, error);
}

static void
fetch_one(gpointer item, gpointer user_data) {
  Raw *raw = user_data;
  g_autoptr(GError) error = NULL;
  if (fetch_tenant(raw, item, &error))
    return;
  g_mutex_lock(&raw->lock);
  if (raw->error == NULL)
    raw->error = g_steal_pointer(&error);
  g_mutex_unlock(&raw->lock);
}

static void
fetch_all(Raw *raw) {
  GThreadPool *pool = g_thread_pool_new(fetch_one, raw, raw->config->zms.connections, TRUE, NULL);
  for (guint i = 0; i < raw->config->tenants->len; i++) {
    ConfigTenant *tenant = g_ptr_array_index(raw->config->tenants, i);
    if (!text_empty(tenant->apikey))
      g_thread_pool_push(pool, tenant, NULL);
  }
  g_thread_pool_free(pool, FALSE, TRUE);
}

bool
raw_fetch(const char *config_file, GError **error) {
  g_autoptr(Config) config = config_load(config_file, error);
  if (config == NULL)
    return false;
  g_autoptr(Zms) zms = open_zms(config, clock_system(), NULL, error);
  if (zms == NULL)
    return false;
  Raw raw = { .config = config, .zms = zms };
  g_mutex_init(&raw.lock);
  fetch_all(&raw);
  g_mutex_clear(&raw.lock);
  if (raw.error != NULL) {
    g_propagate_error(error, raw.error);
    return false;
  }
  ZmsStats stats;
  zms_stats(zms, &stats);
  printf("%" G_GUINT64_FORMAT "\n", stats.requests);
  return true;
}
