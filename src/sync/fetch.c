/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/fetch.h"

#include <malloc.h>

#include "base/text.h"

typedef struct {
  Source *source;
  Input *input;
  gint year;
  const Stop *stop;
} Fetch;

static void
fetch_one(gpointer item, gpointer data) {
  Fetch *fetch = data;
  guint index = GPOINTER_TO_UINT(item) - 1; /* a pool takes no NULL */
  InputTenant *tenant = input_tenant(fetch->input, index);
  if (stop_requested(fetch->stop))
    input_fail_tenant(tenant, "not read, because the run was asked to stop");
  else
    fetch->source->class->read_tenant(fetch->source, index, fetch->year, tenant);
}

Input *
fetch_all(Source *source, const Config *config, const char *const *only, gint year, guint threads,
          const Stop *stop) {
  Input *input = input_new();
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    bool selected = only == NULL || only[0] == NULL || g_strv_contains(only, tenant->abbr);
    input_add_tenant(input, tenant->abbr, tenant->name, !text_empty(tenant->apikey), selected);
  }
  Fetch fetch = { source, input, year, stop };
  GThreadPool *pool = g_thread_pool_new(fetch_one, &fetch, (gint)MAX(threads, 1), TRUE, NULL);
  for (guint i = 0; i < config->tenants->len; i++)
    if (input_tenant(input, i)->configured && input_tenant(input, i)->selected)
      g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL);
  g_thread_pool_free(pool, FALSE, TRUE);
  input_seal(input);
  /* The threads' own heaps are full of holes where answers were, and nobody fetches any more. */
  malloc_trim(0);
  return input;
}
