/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/watch.h"

#include <sys/socket.h>

struct WatchLink {
  int fd;
  gint64 until; /* 0: never */
  WatchLink *previous, *next;
};

struct Watch {
  gint64 tick;
  bool (*each)(gpointer data);
  gpointer data;
  GThread *thread;
  GMutex lock; /* over all below; a socket is not closed while it is held */
  GCond changed;
  WatchLink *first;
  bool ended;
};

static void
cut_off_late(Watch *watch) {
  gint64 now = g_get_monotonic_time();
  for (WatchLink *link = watch->first; link != NULL; link = link->next)
    if (link->until != 0 && link->until <= now) {
      shutdown(link->fd, SHUT_RDWR);
      link->until = 0;
    }
}

static gpointer
run(gpointer data) {
  Watch *watch = data;
  bool waits = false;
  g_mutex_lock(&watch->lock);
  while (!watch->ended) {
    if (watch->first == NULL && !waits) {
      g_cond_wait(&watch->changed, &watch->lock);
      continue;
    }
    gint64 until = g_get_monotonic_time() + watch->tick;
    while (!watch->ended && g_cond_wait_until(&watch->changed, &watch->lock, until))
      continue;
    cut_off_late(watch);
    g_mutex_unlock(&watch->lock);
    waits = watch->each(watch->data);
    g_mutex_lock(&watch->lock);
  }
  g_mutex_unlock(&watch->lock);
  return NULL;
}

Watch *
watch_new(gint64 tick, bool (*each)(gpointer data), gpointer data, GError **error) {
  Watch *watch = g_new0(Watch, 1);
  *watch = (Watch){ .tick = tick, .each = each, .data = data };
  g_mutex_init(&watch->lock);
  g_cond_init(&watch->changed);
  watch->thread = g_thread_try_new("web-watch", run, watch, error);
  if (watch->thread != NULL)
    return watch;
  watch_free(watch);
  return NULL;
}

void
watch_free(Watch *watch) {
  if (watch == NULL)
    return;
  g_assert(watch->first == NULL);
  g_mutex_lock(&watch->lock);
  watch->ended = true;
  g_cond_broadcast(&watch->changed);
  g_mutex_unlock(&watch->lock);
  if (watch->thread != NULL)
    g_thread_join(watch->thread);
  g_mutex_clear(&watch->lock);
  g_cond_clear(&watch->changed);
  g_free(watch);
}

WatchLink *
watch_add(Watch *watch, int fd) {
  WatchLink *link = g_new0(WatchLink, 1);
  link->fd = fd;
  g_mutex_lock(&watch->lock);
  link->next = watch->first;
  if (watch->first != NULL)
    watch->first->previous = link;
  else
    g_cond_broadcast(&watch->changed);
  watch->first = link;
  g_mutex_unlock(&watch->lock);
  return link;
}

void
watch_remove(Watch *watch, WatchLink *link) {
  g_mutex_lock(&watch->lock);
  if (link->previous != NULL)
    link->previous->next = link->next;
  else
    watch->first = link->next;
  if (link->next != NULL)
    link->next->previous = link->previous;
  g_mutex_unlock(&watch->lock);
  g_free(link);
}

void
watch_limit(Watch *watch, WatchLink *link, gint64 after) {
  g_mutex_lock(&watch->lock);
  link->until = after == 0 ? 0 : g_get_monotonic_time() + after;
  g_mutex_unlock(&watch->lock);
}
