/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delay.h"

#include <poll.h>

/* How often sockets of those who wait are looked at. */
#define LOOK_INTERVAL G_USEC_PER_SEC

typedef struct {
  gint64 due; /* g_get_monotonic_time() */
  int socket;
  DelayFunc func;
  gpointer data;
} Waiter;

struct Delay {
  GMutex lock;
  GCond changed;
  GQueue waiters; /* of Waiter, by due */
  guint sockets;  /* how many of them have a socket */
  bool closed;
  GThread *thread;
};

static bool
hung_up(int socket) {
  struct pollfd look = { .fd = socket, .events = POLLRDHUP };
  return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* The socket is safe to look at: whoever waits is suspended, and its connection closed only after
 * it was called. */
static bool
is_ready(const Delay *delay, const Waiter *waiter, gint64 now) {
  return delay->closed || waiter->due <= now || (waiter->socket >= 0 && hung_up(waiter->socket));
}

static void
call_ready(Delay *delay) {
  gint64 now = g_get_monotonic_time();
  for (GList *link = delay->waiters.head, *next; link != NULL; link = next) {
    Waiter *waiter = link->data;
    next = link->next;
    if (!is_ready(delay, waiter, now)) {
      if (delay->sockets == 0)
        return; /* those behind are due later still */
      continue;
    }
    g_queue_delete_link(&delay->waiters, link);
    if (waiter->socket >= 0)
      delay->sockets--;
    waiter->func(waiter->data);
    g_free(waiter);
  }
}

static gpointer
run(gpointer data) {
  Delay *delay = data;
  g_mutex_lock(&delay->lock);
  while (!delay->closed) {
    call_ready(delay);
    const Waiter *first = g_queue_peek_head(&delay->waiters);
    if (first == NULL) {
      g_cond_wait(&delay->changed, &delay->lock);
      continue;
    }
    gint64 until = first->due;
    if (delay->sockets > 0)
      until = MIN(until, g_get_monotonic_time() + LOOK_INTERVAL);
    g_cond_wait_until(&delay->changed, &delay->lock, until);
  }
  call_ready(delay);
  g_mutex_unlock(&delay->lock);
  return NULL;
}

Delay *
delay_new(void) {
  Delay *delay = g_new0(Delay, 1);
  g_mutex_init(&delay->lock);
  g_cond_init(&delay->changed);
  g_queue_init(&delay->waiters);
  delay->thread = g_thread_new("delay", run, delay);
  return delay;
}

void
delay_close(Delay *delay) {
  g_mutex_lock(&delay->lock);
  delay->closed = true;
  g_cond_signal(&delay->changed);
  g_mutex_unlock(&delay->lock);
  if (delay->thread != NULL)
    g_thread_join(g_steal_pointer(&delay->thread));
}

void
delay_free(Delay *delay) {
  if (delay == NULL)
    return;
  delay_close(delay);
  g_cond_clear(&delay->changed);
  g_mutex_clear(&delay->lock);
  g_free(delay);
}

bool
delay_add(Delay *delay, guint milliseconds, int socket, DelayFunc func, gpointer data) {
  gint64 due = g_get_monotonic_time() + (gint64)milliseconds * 1000;
  g_mutex_lock(&delay->lock);
  bool open = !delay->closed;
  if (open) {
    Waiter *waiter = g_new(Waiter, 1);
    *waiter = (Waiter){ due, socket, func, data };
    if (socket >= 0)
      delay->sockets++;
    /* All answers take equally long, so the right place is at or near the end. */
    GList *before = delay->waiters.tail;
    while (before != NULL && ((const Waiter *)before->data)->due > due)
      before = before->prev;
    if (before == NULL)
      g_queue_push_head(&delay->waiters, waiter);
    else
      g_queue_insert_after(&delay->waiters, before, waiter);
    if (before == NULL || socket >= 0)
      g_cond_signal(&delay->changed);
  }
  g_mutex_unlock(&delay->lock);
  return open;
}
