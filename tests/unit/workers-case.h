/* What the tests of the workers share: a store in a file and an embedded Moodle, both real, whose
 * calls are counted, held up, or made to fail; and workers over them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/import.h"
#include "scheduler/workers.h"
#include "sync-fixture.h"

/* What is counted and switched, by the test and the workers' threads. */
typedef struct {
  GMutex lock;
  GCond changed;
  guint copies, looks, ends; /* calls of copy_content, contents, task_end */
  guint polls;               /* calls of task_next */
  guint rounds;              /* of these, the poller's for all lanes */
  guint counts;              /* of task_counts that have ended */
  guint enters, leaves, opens;
  guint ended[TASK_OUTCOME_LOST + 1]; /* attempts, by outcome */
  guint copying, most_copying;        /* right now, and at most at once */
  bool gate;                          /* copies wait until it is opened */
  GatewayError copy_fails;            /* copies fail so, … */
  guint failures;                     /* so many of them */
  bool takes_lost; /* the next task_take does its work, but nobody learns of it */
  bool takes_fail, ends_fail, opens_fail, enters_fail;
  guint max_attempts, generation, grace;
  guint hang_from;      /* not 0: copies from this one on hang, every other one when it is done */
  int tells;            /* not 0: where a byte goes for each copy ended ('.') or hanging ('h') */
  GAsyncQueue *signals; /* NULL, or told what each thread that copies blocks */
} Switches;
extern Switches switches;

typedef struct {
  World *world;
  char *store_path;
  Store *store;    /* the test's own; not counted */
  gint64 template; /* a master course */
  guint modules;   /* what it holds */
} Shop;

Shop *shop_new(void);

/* The same shop, for another process. */
Shop *shop_join(const char *directory);
void shop_free(Shop *shop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shop, shop_free)

/* Makes `count` empty courses "C<n>"; the first one's id, the others follow by 1. */
gint64 shop_courses(const Shop *shop, guint count);

/* Queues the copy of `template` into `course`. */
void shop_queue(const Shop *shop, gint64 course, gint64 template);

/* Workers in the name of `owner`, who gets a lock that does not expire: lane 0 copies with so many
 * threads; lane 1 does imports, by `runner`, which may be NULL. */
Workers *shop_open(Shop *shop, const char *owner, guint threads, ImportRunner *runner);

/* tasks_run_due() in the name of `owner`, with so many threads; `alone`: with no way to give
 * another one a place. */
bool shop_run_due(Shop *shop, const char *owner, guint threads, bool alone, TasksResult *result,
                  GError **error);

/* Waits until *count is at least `least`; fails the test when that takes too long. */
void shop_wait(const guint *count, guint least);

/* Switches something while the threads look elsewhere. */
#define shop_switch(field, value)                                                                  \
  G_STMT_START {                                                                                   \
    g_mutex_lock(&switches.lock);                                                                  \
    switches.field = (value);                                                                      \
    g_cond_broadcast(&switches.changed);                                                           \
    g_mutex_unlock(&switches.lock);                                                                \
  }                                                                                                \
  G_STMT_END

guint shop_count(const guint *count);

/* The task of a course; free with store_task_free(). */
StoreTask *shop_task(const Shop *shop, gint64 course);

/* Fails the test unless each of so many courses holds its template's content once and its task is
 * done. */
void shop_assert_whole(const Shop *shop, gint64 first, guint count);
