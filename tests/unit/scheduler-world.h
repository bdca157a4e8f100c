/* A simulated world for the scheduler's loop: nodes that share a real store in a file, a clock that
 * moves when all of them wait and may jump, a store that is away for a while, runs that end as a
 * test wants.
 *
 * Each node has a thread, but only one of them goes on at a time: the one whose wait ends first
 * (chance decides between equals). So weeks pass in milliseconds and each seed gives one story.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/scheduler.h"

#define NODES_MAX 2

/* A stretch of true time in which the store is away. */
typedef struct {
  gint64 from, to;
} Outage;

/* At this true time the clock is moved by so many seconds. */
typedef struct {
  gint64 at, by;
} Jump;

typedef struct World World;

/* How a run in the world goes. */
typedef struct {
  gint64 takes; /* seconds */
  enum { END_DONE, END_FAILED, END_BUSY, END_STOPPED, END_DIED } end;
} Course;

/* What happened. */
typedef struct {
  gint64 due, time; /* as the clock showed */
  gint64 true_time; /* when it began */
  guint node;
  gint end; /* of Course */
} Attempt;

typedef struct {
  World *world;
  guint id;
  const char *expression;
  guint generation;
  gint64 downtime; /* until it is started again after it stopped or died, seconds */
  gint64 stop_at;  /* asked to stop at this true time; 0: not */
  /* the world's own */
  Cron *cron;
  const char *parsed; /* whose cron it is */
  gint64 wake;
  bool over, dead;
  guint opens, away_told, back_told;
  gint64 next;
} Node;

struct World {
  /* the test's */
  gint64 start, end; /* true time */
  GTimeZone *zone;
  gint64 faildelay;
  guint node_count;
  Node nodes[NODES_MAX];
  const Outage *outages;
  guint outage_count;
  const Jump *jumps;
  guint jump_count;
  /* Decides how an attempt goes; NULL: done within ten minutes. */
  Course (*course)(World *world, Node *node, gint64 due);
  /* Called at the beginning of each turn of a node; NULL: nothing. */
  void (*each_turn)(World *world, Node *node);
  gpointer more;
  /* what is left to look at */
  GArray *attempts;  /* of Attempt, as they began */
  guint turned_away; /* attempts that found the lock held, or their time met */
  GRand *rand;
  Clock *clock;
  /* the world's own */
  char *folder, *path;
  gint64 true_now;
  gint holder; /* node that holds the run lock, −1 */
  GMutex mutex;
  GCond passed;
  guint turn;
};

/* A world from `start` for `weeks`, of `nodes` nodes with that expression, in Europe/Berlin. */
World *world_new(const char *start, guint weeks, guint nodes, const char *expression, guint32 seed);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

void world_run(World *world);

/* What the store keeps now. */
StoreSchedule world_state(const World *world);
void world_put_state(const World *world, const char *expression, gint64 met);

/* How many attempts there were for `due` (0: any) that ended so (−1: anyhow). */
guint world_count(const World *world, gint64 due, gint end);

bool world_away(const World *world, gint64 since);

/* "2026-03-29T03:00:00+02" as Unix time, and back for messages. */
gint64 world_time(const char *text);
char *world_text(const World *world, gint64 time);
