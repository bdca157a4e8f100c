/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler-world.h"

#include <glib/gstdio.h>

#include "store/sqlite.h"

/* ── time ── */

gint64
world_time(const char *text) {
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
  g_assert_nonnull(time);
  return g_date_time_to_unix(time);
}

char *
world_text(const World *world, gint64 time) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
  g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, world->zone);
  return g_date_time_format(local, "%a %Y-%m-%d %H:%M:%S %z");
}

static void
move_to(World *world, gint64 true_now) {
  gint64 shown = true_now;
  for (guint i = 0; i < world->jump_count; i++)
    shown += world->jumps[i].at <= true_now ? world->jumps[i].by : 0;
  world->true_now = true_now;
  clock_advance(world->clock, (shown - clock_now(world->clock)) * G_USEC_PER_SEC);
}

/* Hands the turn to the node that wakes first. With the mutex held. */
static void
pass_turn(World *world) {
  Node *first = NULL;
  for (guint i = 0; i < world->node_count; i++) {
    Node *node = &world->nodes[i];
    if (!node->over && (first == NULL || node->wake < first->wake ||
                        (node->wake == first->wake && g_rand_boolean(world->rand))))
      first = node;
  }
  if (first == NULL)
    return;
  move_to(world, MAX(world->true_now, first->wake));
  world->turn = first->id;
  g_cond_broadcast(&world->passed);
}

/* Lets `seconds` of true time pass for a node. */
static void
pass_time(Node *node, gint64 seconds) {
  World *world = node->world;
  g_mutex_lock(&world->mutex);
  node->wake = world->true_now + MAX(seconds, 0);
  pass_turn(world);
  while (world->turn != node->id)
    g_cond_wait(&world->passed, &world->mutex);
  g_mutex_unlock(&world->mutex);
}

/* ── the store: a real one behind a connection that can fail ── */

typedef struct {
  Store base;
  Store *real;
  Node *node;
  bool open; /* a transaction is */
} Wire;

bool
world_away(const World *world, gint64 since) {
  for (guint i = 0; i < world->outage_count; i++)
    if (world->outages[i].from <= world->true_now && world->true_now < world->outages[i].to + since)
      return true;
  return false;
}

static bool
reachable(const Node *node, GError **error) {
  if (!node->dead && !world_away(node->world, 0))
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "the store is away");
  return false;
}

static void
wire_free(Store *store) {
  store_free(((Wire *)store)->real);
  g_free(store);
}

static bool
wire_begin(Store *store, bool durable, GError **error) {
  Wire *wire = (Wire *)store;
  g_assert_true(durable);
  wire->open = reachable(wire->node, error) && wire->real->class->begin(wire->real, durable, error);
  return wire->open;
}

static bool
wire_commit(Store *store, GError **error) {
  Wire *wire = (Wire *)store;
  wire->open = false;
  if (reachable(wire->node, error))
    return wire->real->class->commit(wire->real, error);
  wire->real->class->rollback(wire->real);
  return false;
}

static void
wire_rollback(Store *store) {
  Wire *wire = (Wire *)store;
  wire->open = false;
  wire->real->class->rollback(wire->real);
}

/* Outside a transaction the others go on before anything is done with what was read. */
static bool
wire_get(Store *store, const char *name, StoreSchedule *schedule, GError **error) {
  Wire *wire = (Wire *)store;
  g_assert_cmpstr(name, ==, SCHEDULER_SYNC);
  if (!reachable(wire->node, error) ||
      !wire->real->class->schedule_get(wire->real, name, schedule, error))
    return false;
  if (!wire->open)
    pass_time(wire->node, 0);
  return true;
}

static bool
wire_put(Store *store, const char *name, const StoreSchedule *schedule, GError **error) {
  Wire *wire = (Wire *)store;
  return reachable(wire->node, error) &&
         wire->real->class->schedule_put(wire->real, name, schedule, error);
}

static const StoreClass wire_class = {
  .free = wire_free,
  .begin = wire_begin,
  .commit = wire_commit,
  .rollback = wire_rollback,
  .schedule_get = wire_get,
  .schedule_put = wire_put,
};

static Store *
open_wire(gpointer user_data, GError **error) {
  Node *node = user_data;
  if (!reachable(node, error))
    return NULL;
  Wire *wire = g_new0(Wire, 1);
  wire->base.class = &wire_class;
  wire->node = node;
  wire->real = store_sqlite_open(node->world->path, error);
  g_assert_nonnull(wire->real);
  node->opens++;
  return &wire->base;
}

/* ── what the loop asks for ── */

static bool
stop_wanted(const Node *node) {
  gint64 now = node->world->true_now;
  return node->dead || now >= node->world->end || (node->stop_at != 0 && now >= node->stop_at);
}

static bool
current(Schedule *schedule, const char **expression, guint *generation, gpointer user_data) {
  Node *node = user_data;
  World *world = node->world;
  if (world->each_turn != NULL && !node->dead)
    world->each_turn(world, node);
  if (stop_wanted(node))
    return false;
  if (node->parsed != node->expression) {
    cron_free(node->cron);
    node->cron = cron_parse(node->expression, NULL);
    g_assert_nonnull(node->cron);
    node->parsed = node->expression;
  }
  *schedule = (Schedule){ node->cron, world->zone, world->faildelay };
  *expression = node->expression;
  *generation = node->generation;
  return true;
}

static Course
usual_course(World *world, Node *node, gint64 due) {
  (void)world;
  (void)node;
  (void)due;
  return (Course){ .takes = 600, .end = END_DONE };
}

/* With the lock: what a run does first is to ask whether it is still wanted. */
static ScheduleOutcome
run_locked(Node *node, gint64 due) {
  World *world = node->world;
  g_autoptr(Store) store = store_sqlite_open(world->path, NULL);
  bool wanted = false;
  g_assert_true(scheduler_wanted(store, due, &wanted, NULL));
  if (!wanted) {
    world->turned_away++;
    return SCHEDULE_MET;
  }
  Course course = (world->course != NULL ? world->course : usual_course)(world, node, due);
  Attempt attempt = { due, clock_now(world->clock), world->true_now, node->id, course.end };
  g_array_append_val(world->attempts, attempt);
  pass_time(node, course.takes);
  switch (course.end) {
  case END_DONE:
    return SCHEDULE_MET;
  case END_FAILED:
    return SCHEDULE_FAILED;
  case END_BUSY:
    return SCHEDULE_BUSY;
  case END_STOPPED:
    return SCHEDULE_STOPPED;
  default:
    node->dead = true;
    return SCHEDULE_FAILED;
  }
}

static ScheduleOutcome
run(gint64 due, gpointer user_data) {
  Node *node = user_data;
  World *world = node->world;
  if (world->holder >= 0) {
    world->turned_away++;
    return SCHEDULE_BUSY;
  }
  world->holder = (gint)node->id;
  ScheduleOutcome outcome = run_locked(node, due);
  world->holder = -1;
  return outcome;
}

static bool
wait_for(gint64 until, gpointer user_data) {
  Node *node = user_data;
  World *world = node->world;
  gint64 seconds = until - clock_now(world->clock);
  g_assert_cmpint(seconds, <=, SCHEDULER_LONGEST_WAIT_S);
  pass_time(node, node->dead ? 0 : seconds);
  return !stop_wanted(node);
}

static void
told_state(const GError *error, gpointer user_data) {
  Node *node = user_data;
  node->away_told += error != NULL ? 1 : 0;
  node->back_told += error == NULL ? 1 : 0;
}

static void
told_next(gint64 due, gpointer user_data) {
  ((Node *)user_data)->next = due;
}

/* Starts the service, and again whenever it has ended. */
static gpointer
live(gpointer data) {
  Node *node = data;
  World *world = node->world;
  g_mutex_lock(&world->mutex);
  while (world->turn != node->id)
    g_cond_wait(&world->passed, &world->mutex);
  g_mutex_unlock(&world->mutex);
  SchedulerContext context = { world->clock, current,    open_wire, run,
                               wait_for,     told_state, told_next, node };
  while (true) {
    scheduler_loop(&context);
    if (world->true_now >= world->end)
      break;
    node->stop_at = 0;
    pass_time(node, MAX(node->downtime, 1));
    node->dead = false;
  }
  g_mutex_lock(&world->mutex);
  node->over = true;
  pass_turn(world);
  g_mutex_unlock(&world->mutex);
  return NULL;
}

/* ── the world ── */

World *
world_new(const char *start, guint weeks, guint nodes, const char *expression, guint32 seed) {
  World *world = g_new0(World, 1);
  world->start = world->true_now = world_time(start);
  world->end = world->start + (gint64)weeks * 7 * 24 * 3600;
  world->zone = g_time_zone_new_identifier("Europe/Berlin");
  world->faildelay = 60;
  world->node_count = nodes;
  for (guint i = 0; i < nodes; i++)
    world->nodes[i] = (Node){
      .world = world, .id = i, .expression = expression, .generation = 1, .wake = world->start
    };
  world->attempts = g_array_new(FALSE, FALSE, sizeof(Attempt));
  world->rand = g_rand_new_with_seed(seed);
  world->clock = clock_manual_new(world->start);
  world->folder = g_dir_make_tmp("lehrgaenge-scheduler-XXXXXX", NULL);
  g_assert_nonnull(world->folder);
  world->path = g_build_filename(world->folder, "store.db", NULL);
  world->holder = -1;
  return world;
}

void
world_run(World *world) {
  GThread *threads[NODES_MAX];
  world->turn = 0;
  for (guint i = 0; i < world->node_count; i++)
    threads[i] = g_thread_new("node", live, &world->nodes[i]);
  for (guint i = 0; i < world->node_count; i++)
    g_thread_join(threads[i]);
}

void
world_free(World *world) {
  for (guint i = 0; i < world->node_count; i++)
    cron_free(world->nodes[i].cron);
  GDir *dir = g_dir_open(world->folder, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(world->folder, name, NULL);
    g_remove(path);
  }
  g_clear_pointer(&dir, g_dir_close);
  g_rmdir(world->folder);
  g_free(world->folder);
  g_free(world->path);
  g_time_zone_unref(world->zone);
  g_array_unref(world->attempts);
  g_rand_free(world->rand);
  clock_free(world->clock);
  g_free(world);
}

StoreSchedule
world_state(const World *world) {
  StoreSchedule state = { 0 };
  g_autoptr(Store) store = store_sqlite_open(world->path, NULL);
  g_assert_true(store->class->schedule_get(store, SCHEDULER_SYNC, &state, NULL));
  return state;
}

void
world_put_state(const World *world, const char *expression, gint64 met) {
  StoreSchedule state = { .expression = (char *)expression, .met = met };
  g_autoptr(Store) store = store_sqlite_open(world->path, NULL);
  g_assert_true(store->class->schedule_put(store, SCHEDULER_SYNC, &state, NULL));
}

guint
world_count(const World *world, gint64 due, gint end) {
  guint count = 0;
  for (guint i = 0; i < world->attempts->len; i++) {
    const Attempt *attempt = &g_array_index(world->attempts, Attempt, i);
    if ((due == 0 || attempt->due == due) && (end < 0 || attempt->end == end))
      count++;
  }
  return count;
}
