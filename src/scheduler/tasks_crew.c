/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/tasks_crew.h"

#include <signal.h>

#include "base/log.h"

/* A piece of work, while it lasts. */
typedef struct {
  GMutex lock; /* over `next` and go_on() */
  guint next, count;
  void (*one)(guint index, const TasksPlace *place, gpointer user_data);
  bool (*go_on)(gpointer user_data);
  gpointer user_data;
} Work;

/* One of the others. The thread is made anew for each piece of work, the place is not. */
typedef struct {
  TasksCrew *crew;
  GThread *thread;
  TasksPlace place;
  bool entered, failed;
} Mate;

struct TasksCrew {
  const TasksContext *context;
  Work work;
  Mate *mates;
  guint count;
  gint told; /* atomic: that somebody has no place was logged */
};

TasksCrew *
tasks_crew_new(const TasksContext *context) {
  TasksCrew *crew = g_new0(TasksCrew, 1);
  crew->context = context;
  crew->count = context->enter != NULL && context->workers > 1 ? context->workers - 1 : 0;
  crew->mates = g_new0(Mate, crew->count);
  for (guint i = 0; i < crew->count; i++)
    crew->mates[i].crew = crew;
  g_mutex_init(&crew->work.lock);
  return crew;
}

static void
leave(Mate *mate) {
  gateway_free(mate->place.gateway);
  store_free(mate->place.store);
  mate->place = (TasksPlace){ 0 };
}

void
tasks_crew_free(TasksCrew *crew) {
  if (crew == NULL)
    return;
  for (guint i = 0; i < crew->count; i++)
    leave(&crew->mates[i]);
  g_mutex_clear(&crew->work.lock);
  g_free(crew->mates);
  g_free(crew);
}

/* The next index; false: nothing more is to be begun. */
static bool
next(Work *work, guint *index) {
  g_mutex_lock(&work->lock);
  bool more = work->next < work->count && work->go_on(work->user_data);
  *index = work->next;
  work->next += more;
  g_mutex_unlock(&work->lock);
  return more;
}

static void
do_all(Work *work, const TasksPlace *place) {
  guint index;
  while (next(work, &index))
    work->one(index, place, work->user_data);
}

/* Tried once: the others do the work meanwhile. */
static bool
enter(Mate *mate) {
  const TasksContext *context = mate->crew->context;
  g_autoptr(GError) error = NULL;
  if (mate->entered || mate->failed)
    return mate->entered;
  mate->entered = context->enter(&mate->place, context->user_data, &error);
  mate->failed = !mate->entered;
  if (mate->entered)
    return true;
  leave(mate);
  if (!stop_requested(context->stop) && g_atomic_int_compare_and_exchange(&mate->crew->told, 0, 1))
    log_warning(NULL, "fewer tasks than configured are done at once: %s", error->message);
  return false;
}

static gpointer
live(gpointer data) {
  Mate *mate = data;
  if (enter(mate))
    do_all(&mate->crew->work, &mate->place);
  return NULL;
}

/* Without a thread the caller's own does the work. */
static void
start(TasksCrew *crew, guint wanted) {
  /* Signals are for the main thread, whose waiting calls they are to end. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (guint i = 0; i < crew->count && i < wanted; i++)
    if (!crew->mates[i].failed)
      crew->mates[i].thread = g_thread_try_new("task", live, &crew->mates[i], NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
tasks_crew_do(TasksCrew *crew, guint count,
              void (*one)(guint index, const TasksPlace *place, gpointer user_data),
              bool (*go_on)(gpointer user_data), gpointer user_data) {
  const TasksPlace own = { crew->context->store, crew->context->gateway };
  Work *work = &crew->work;
  work->next = 0;
  work->count = count;
  work->one = one;
  work->go_on = go_on;
  work->user_data = user_data;
  start(crew, count > 0 ? count - 1 : 0);
  do_all(work, &own);
  for (guint i = 0; i < crew->count; i++)
    if (crew->mates[i].thread != NULL)
      g_thread_join(g_steal_pointer(&crew->mates[i].thread));
}
