/* What the tests of background tasks share: a store of its own, and a Moodle that counts copies and
 * fails as it is told.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/tasks.h"
#include "sync-fixture.h"

/* Course ids go up to this. */
#define COURSES 100

typedef struct {
  Gateway base;
  guint modules[COURSES]; /* by course id */
  guint announcements[COURSES], sections[COURSES];
  guint copies, looks;
  guint failures;    /* so many copies to come fail */
  bool refuses;      /* because Moodle turns them away, not because an answer is lost */
  guint left_behind; /* and leave so many modules in the course */
  guint left_announcements, left_sections;
  bool cut_off; /* they are cut off: done, but nobody learns of it */
  bool looks_fail;
  gint64 gone;    /* a course that was deleted */
  GString *order; /* "template>course " */
  guint flushes;
  bool flush_fails;
  Stop *stop_after_first; /* asked for by the first copy */
  guint grace;
  guint finishes, finish_failures;
  gint64 cut_off_at; /* only the copy into this course is cut off */
  guint copy_takes;  /* seconds, on `clock` */
  Clock *clock;
} Moodle;

typedef struct {
  Moodle moodle;
  Store *store;
  Clock *clock;
  Stop stop;
  char *owner;
  guint told;
  guint max_attempts; /* 0: as if not configured */
} Case;

/* A store without tasks, and a Moodle whose course 1 is a template of three activities. */
Case case_new(void);
void case_clear(Case *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* Queues the copy of `template` into `course`. */
void case_queue(Case *c, gint64 course, gint64 template);

/* Runs what is due; the second fails the test unless so many are done, waiting, failed. */
TasksResult case_run_due(Case *c, GError **error);
void case_run(Case *c, guint done, guint waiting, guint failed);

/* The task of a course, free with store_task_free(); and whether it is in that state, with those
 * words in its error ("": none). */
StoreTask *case_task(const Case *c, gint64 course);
void case_assert_task(const Case *c, gint64 course, StoreTaskState state, const char *words);

/* Moves the clock on to when the course's task is due, and returns how many seconds that took. */
gint64 case_wait_for(const Case *c, gint64 course);

/* The name of a process that is dead. Free with g_free(). */
char *case_dead_owner(void);
