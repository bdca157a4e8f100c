/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/shared_site.h"

struct SharedSite {
  gatomicrefcount holders;
  WebSite *site;
};

SharedSite *
shared_site_new(const WebContext *context) {
  SharedSite *shared = g_new0(SharedSite, 1);
  g_atomic_ref_count_init(&shared->holders);
  shared->site = web_site_new(context);
  return shared;
}

SharedSite *
shared_site_ref(SharedSite *shared) {
  g_atomic_ref_count_inc(&shared->holders);
  return shared;
}

const WebSite *
shared_site_get(const SharedSite *shared) {
  return shared->site;
}

void
shared_site_unref(SharedSite *shared) {
  if (!g_atomic_ref_count_dec(&shared->holders))
    return;
  web_site_free(shared->site);
  g_free(shared);
}

/* ── with a time limit ── */

typedef struct {
  gatomicrefcount holders; /* who waits, and the thread */
  SharedSite *shared;
  GMutex lock;
  GCond changed;
  bool over;
} Ending;

static void
ending_unref(Ending *ending) {
  if (!g_atomic_ref_count_dec(&ending->holders))
    return;
  g_mutex_clear(&ending->lock);
  g_cond_clear(&ending->changed);
  g_free(ending);
}

static gpointer
end(gpointer data) {
  Ending *ending = data;
  shared_site_unref(ending->shared);
  g_mutex_lock(&ending->lock);
  ending->over = true;
  g_cond_broadcast(&ending->changed);
  g_mutex_unlock(&ending->lock);
  ending_unref(ending);
  return NULL;
}

bool
shared_site_unref_until(SharedSite *shared, gint64 until) {
  Ending *ending = g_new0(Ending, 1);
  g_atomic_ref_count_init(&ending->holders);
  g_atomic_ref_count_inc(&ending->holders);
  ending->shared = shared;
  g_mutex_init(&ending->lock);
  g_cond_init(&ending->changed);
  GThread *thread = g_thread_try_new("web-end", end, ending, NULL);
  if (thread == NULL)
    end(ending);
  else
    g_thread_unref(thread);
  g_mutex_lock(&ending->lock);
  while (!ending->over && g_cond_wait_until(&ending->changed, &ending->lock, until))
    continue;
  bool over = ending->over;
  g_mutex_unlock(&ending->lock);
  ending_unref(ending);
  return over;
}
