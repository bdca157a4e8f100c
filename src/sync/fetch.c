/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/fetch.h"

#include <malloc.h>

#include "base/text.h"

typedef struct {
  Source *source;
  Input *input;
  gint year;
  const Stop *stop;
  GMutex lock; /* over what follows */
  GCond changed;
  guint done;
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
  g_mutex_lock(&fetch->lock);
  fetch->done++;
  g_cond_signal(&fetch->changed);
  g_mutex_unlock(&fetch->lock);
}

/* Until another tenant is done, or a second is over. */
static guint
wait_for_more(Fetch *fetch, guint done) {
  gint64 until = g_get_monotonic_time() + G_USEC_PER_SEC;
  g_mutex_lock(&fetch->lock);
  while (fetch->done == done && g_cond_wait_until(&fetch->changed, &fetch->lock, until))
    ;
  done = fetch->done;
  g_mutex_unlock(&fetch->lock);
  return done;
}

static bool
is_asked(const InputTenant *tenant) {
  return tenant->configured && tenant->selected;
}

static guint
count_asked(const Input *input) {
  guint count = 0;
  for (guint i = 0; i < input->tenants->len; i++)
    count += is_asked(input_tenant(input, i));
  return count;
}

static void
no_progress(guint done, guint total, gpointer user_data) {
  (void)done, (void)total, (void)user_data;
}

/* The caller's thread has nothing else to do than to tell of it, and the store is its own. */
static void
read_all(Fetch *fetch, guint threads, FetchProgressFunc progress, gpointer user_data) {
  guint done = 0, total = count_asked(fetch->input);
  progress(done, total, user_data);
  GThreadPool *pool = g_thread_pool_new(fetch_one, fetch, (gint)MAX(threads, 1), TRUE, NULL);
  for (guint i = 0; i < fetch->input->tenants->len; i++)
    if (is_asked(input_tenant(fetch->input, i)))
      g_thread_pool_push(pool, GUINT_TO_POINTER(i + 1), NULL);
  while (done < total) {
    done = wait_for_more(fetch, done);
    progress(done, total, user_data);
  }
  g_thread_pool_free(pool, FALSE, TRUE);
}

Input *
fetch_all(Source *source, const Config *config, const char *const *only, gint year, guint threads,
          const Stop *stop, FetchProgressFunc progress, gpointer user_data) {
  Input *input = input_new();
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    bool selected = only == NULL || only[0] == NULL || g_strv_contains(only, tenant->abbr);
    input_add_tenant(input, tenant->abbr, tenant->name, !text_empty(tenant->apikey), selected);
  }
  Fetch fetch = { .source = source, .input = input, .year = year, .stop = stop };
  g_mutex_init(&fetch.lock);
  g_cond_init(&fetch.changed);
  read_all(&fetch, threads, progress != NULL ? progress : no_progress, user_data);
  g_mutex_clear(&fetch.lock);
  g_cond_clear(&fetch.changed);
  input_seal(input);
  /* The threads' own heaps are full of holes where answers were, and nobody fetches any more. */
  malloc_trim(0);
  return input;
}
