/* scheduler: the loop in simulated weeks, with failing runs, stores that go away, other nodes and
 * clocks that jump (SPEC 6).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler-world.h"

#include "store/sqlite.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define WEEKS 24

static const Attempt *
attempt(const World *world, guint index) {
  g_assert_cmpuint(index, <, world->attempts->len);
  return &g_array_index(world->attempts, Attempt, index);
}

static void
assert_attempt(const World *world, guint index, const char *due, const char *time, gint end) {
  g_autofree char *due_got = world_text(world, attempt(world, index)->due);
  g_autofree char *due_expected = world_text(world, world_time(due));
  g_autofree char *got = world_text(world, attempt(world, index)->time);
  g_autofree char *expected = world_text(world, world_time(time));
  g_assert_cmpstr(due_got, ==, due_expected);
  g_assert_cmpstr(got, ==, expected);
  g_assert_cmpint(attempt(world, index)->end, ==, end);
}

/* Stretches of 24 weeks from a Sunday noon over a change of the clocks, what is due in them, and
 * the Sunday on which the change makes it differ from the usual. */
typedef struct {
  const char *start, *expression;
  guint hour, minute;
  const char *odd, *odd_time;
} Stretch;

static const Stretch stretches[] = {
  { "2026-02-01T12:00:00+01", "0 3 * * 0", 3, 0, "2026-03-29", "2026-03-29T03:00:00+02" },
  { "2026-06-07T12:00:00+02", "0 3 * * 0", 3, 0, "2026-10-25", "2026-10-25T03:00:00+01" },
  { "2026-02-01T12:00:00+01", "30 2 * * 0", 2, 30, "2026-03-29", "2026-03-29T03:00:00+02" },
  { "2026-06-07T12:00:00+02", "30 2 * * 0", 2, 30, "2026-10-25", "2026-10-25T02:30:00+02" },
};

/* When it is due on the nth Sunday after the start. */
static gint64
due_of_week(const World *world, const Stretch *stretch, guint week) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(world->start);
  g_autoptr(GDateTime) start = g_date_time_to_timezone(utc, world->zone);
  g_autoptr(GDateTime) sunday = g_date_time_add_weeks(start, (gint)week + 1);
  g_autofree char *day = g_date_time_format(sunday, "%F");
  if (g_str_equal(day, stretch->odd))
    return world_time(stretch->odd_time);
  g_autoptr(GDateTime) due = g_date_time_new(
      world->zone, g_date_time_get_year(sunday), g_date_time_get_month(sunday),
      g_date_time_get_day_of_month(sunday), (gint)stretch->hour, (gint)stretch->minute, 0);
  return g_date_time_to_unix(due);
}

/* Every Sunday exactly one run that was done, and nothing else was. */
static void
assert_done_weekly(const World *world, const Stretch *stretch) {
  for (guint week = 0; week < WEEKS; week++) {
    gint64 due = due_of_week(world, stretch, week);
    g_autofree char *text = world_text(world, due);
    if (world_count(world, due, END_DONE) != 1)
      g_error("%u runs were done for %s", world_count(world, due, END_DONE), text);
  }
  g_assert_cmpuint(world_count(world, 0, END_DONE), ==, WEEKS);
}

static void
tell(const World *world) {
  static const char *const words[] = { "done", "failed", "busy", "stopped", "died" };
  for (guint i = 0; i < world->attempts->len; i++) {
    g_autofree char *due = world_text(world, attempt(world, i)->due);
    g_autofree char *time = world_text(world, attempt(world, i)->time);
    g_test_message("%s at %s by %u: %s", due, time, attempt(world, i)->node,
                   words[attempt(world, i)->end]);
  }
}

static void
test_24_weeks(void) {
  for (guint i = 0; i < G_N_ELEMENTS(stretches); i++) {
    g_autoptr(World) world = world_new(stretches[i].start, WEEKS, 1, stretches[i].expression, 1);
    world_run(world);
    assert_done_weekly(world, &stretches[i]);
    g_assert_cmpuint(world->attempts->len, ==, WEEKS);
    for (guint week = 0; week < WEEKS; week++)
      g_assert_cmpint(attempt(world, week)->time, ==, due_of_week(world, &stretches[i], week));
    g_auto(StoreSchedule) state = world_state(world);
    g_assert_cmpint(state.met, ==, due_of_week(world, &stretches[i], WEEKS - 1));
    g_assert_cmpuint(state.failures, ==, 0);
    g_assert_cmpint(world->nodes[0].next, ==, due_of_week(world, &stretches[i], WEEKS - 1) + WEEK);
    g_assert_cmpuint(world->nodes[0].opens, ==, 1);
  }
}

/* ── weeks in which much goes wrong ── */

static Course
rough_course(World *world, Node *node, gint64 due) {
  (void)due;
  gint32 dice = g_rand_int_range(world->rand, 0, 100);
  node->downtime = g_rand_int_range(world->rand, 1, DAY);
  gint end = dice < 50   ? END_DONE
             : dice < 68 ? END_FAILED
             : dice < 82 ? END_BUSY
             : dice < 92 ? END_STOPPED
                         : END_DIED;
  return (Course){ .takes = g_rand_int_range(world->rand, 0, 4 * HOUR), .end = end };
}

/* Now and then the service is stopped for up to a day, but never with a run's end untold. */
static void
rough_turn(World *world, Node *node) {
  if (node->stop_at != 0 || world_away(world, 120) || g_rand_int_range(world->rand, 0, 3000) != 0)
    return;
  node->downtime = g_rand_int_range(world->rand, 1, DAY);
  node->stop_at = world->true_now;
}

/* One outage a week, of up to a day, many of them over the time when it is due. */
static Outage *
rough_outages(const World *world) {
  Outage *outages = g_new0(Outage, WEEKS);
  for (guint i = 0; i < WEEKS; i++) {
    outages[i].from = world->start + (i + 1) * WEEK - 12 * HOUR +
                      g_rand_int_range(world->rand, -4 * HOUR, 4 * HOUR);
    outages[i].to = outages[i].from + g_rand_int_range(world->rand, 1, DAY);
  }
  return outages;
}

/* No two attempts overlap, and none begins while the store is away. */
static void
assert_in_order(const World *world) {
  for (guint i = 1; i < world->attempts->len; i++)
    g_assert_cmpint(attempt(world, i - 1)->true_time, <=, attempt(world, i)->true_time);
}

static void
rough_weeks(guint stretch, guint nodes, guint32 seed) {
  const Stretch *of = &stretches[stretch];
  g_autoptr(World) world = world_new(of->start, WEEKS, nodes, of->expression, seed);
  g_autofree Outage *outages = rough_outages(world);
  world->outages = outages;
  world->outage_count = WEEKS;
  world->course = rough_course;
  world->each_turn = rough_turn;
  world->end += 6 * DAY; /* for what is late in the last week */
  world_run(world);
  tell(world);
  assert_done_weekly(world, of);
  assert_in_order(world);
  g_assert_cmpuint(world->attempts->len, >, WEEKS);
  for (guint i = 0; i < nodes; i++) {
    g_assert_cmpuint(world->nodes[i].away_told, >, 0);
    g_assert_cmpuint(world->nodes[i].back_told, <=, world->nodes[i].away_told);
  }
}

static void
test_rough_weeks(void) {
  rough_weeks(0, 1, 100);
}

/* ── two nodes ── */

static Course
short_course(World *world, Node *node, gint64 due) {
  (void)world;
  (void)node;
  (void)due;
  return (Course){ .takes = 30, .end = END_DONE };
}

/* Both wake in the second it is due, read the same state, and one begins: the other sees that
 * before it has tried. */
static void
test_two_nodes(void) {
  guint by_node[NODES_MAX] = { 0 };
  const Stretch *stretch = &stretches[3];
  g_autoptr(World) world = world_new(stretch->start, WEEKS, 2, stretch->expression, 1);
  world->course = short_course;
  world_run(world);
  assert_done_weekly(world, stretch);
  g_assert_cmpuint(world->turned_away, ==, 0);
  g_assert_cmpuint(world->attempts->len, ==, WEEKS);
  for (guint week = 0; week < WEEKS; week++) {
    g_assert_cmpint(attempt(world, week)->time, ==, due_of_week(world, stretch, week));
    by_node[attempt(world, week)->node]++;
  }
  g_assert_cmpuint(by_node[0], >, 5);
  g_assert_cmpuint(by_node[1], >, 5);
}

static void
test_two_nodes_in_rough_weeks(void) {
  rough_weeks(1, 2, 200);
}

/* A run that takes longer than `faildelay`: the other tries meanwhile, and is turned away. */
static void
test_long_run_of_another(void) {
  g_autoptr(World) world = world_new("2026-02-07T12:00:00+01", 1, 2, "0 3 * * 0", 1);
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 1);
  g_assert_cmpuint(world->turned_away, ==, 3); /* after 60, 180 and 420 of 600 seconds */
  g_auto(StoreSchedule) state = world_state(world);
  g_assert_cmpint(state.met, ==, world_time("2026-02-08T03:00:00+01"));
  g_assert_cmpuint(state.failures, ==, 0);
  g_assert_cmpint(state.retry, ==, 0);
}

/* One node reads its configuration again with another expression; the other still has the old one
 * and does not take it back. */
static void
change_one(World *world, Node *node) {
  if (node->id == 0 && node->generation == 1 && world->true_now >= world->start + DAY) {
    node->expression = "0 5 * * *";
    node->generation = 2;
  }
}

static void
test_nodes_that_differ(void) {
  g_autoptr(World) world = world_new("2026-02-01T12:00:00+01", 1, 2, "0 3 * * 0", 7);
  world->each_turn = change_one;
  world_run(world);
  g_auto(StoreSchedule) state = world_state(world);
  g_assert_cmpstr(state.expression, ==, "0 5 * * *");
  g_assert_cmpuint(world_count(world, world_time("2026-02-03T05:00:00+01"), END_DONE), ==, 1);
  g_assert_cmpuint(world_count(world, world_time("2026-02-07T05:00:00+01"), END_DONE), ==, 1);
  g_assert_cmpuint(world_count(world, world_time("2026-02-08T03:00:00+01"), END_DONE), ==, 1);
  g_assert_cmpuint(world->nodes[0].opens, ==, 2);
  g_assert_cmpuint(world->nodes[1].opens, ==, 1);
}

/* ── starting ── */

static void
test_first_start(void) {
  g_autoptr(World) world = world_new("2026-02-01T03:00:30+01", 1, 1, "0 3 * * 0", 1);
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 1);
  assert_attempt(world, 0, "2026-02-08T03:00:00+01", "2026-02-08T03:00:00+01", END_DONE);
}

/* Several were missed: one run at the start, for the latest. */
static void
test_missed_while_down(void) {
  g_autoptr(World) world = world_new("2026-02-04T12:00:00+01", 1, 1, "0 3 * * 0", 1);
  world_put_state(world, "0 3 * * 0", world_time("2026-01-11T03:00:00+01"));
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 2);
  assert_attempt(world, 0, "2026-02-01T03:00:00+01", "2026-02-04T12:00:00+01", END_DONE);
  assert_attempt(world, 1, "2026-02-08T03:00:00+01", "2026-02-08T03:00:00+01", END_DONE);
}

/* Changed while down: what the new expression would have asked for earlier is no reason to run. */
static void
test_changed_while_down(void) {
  g_autoptr(World) world = world_new("2026-02-04T12:00:00+01", 1, 1, "0 4 * * 0", 1);
  world_put_state(world, "0 3 * * 0", world_time("2026-01-11T03:00:00+01"));
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 1);
  assert_attempt(world, 0, "2026-02-08T04:00:00+01", "2026-02-08T04:00:00+01", END_DONE);
}

/* ── failing ── */

static Course
first_ones(World *world, Node *node, gint64 due) {
  const Course *courses = world->more;
  (void)due;
  node->downtime = 30;
  guint index = world->attempts->len;
  for (guint i = 0; i < index; i++)
    if (courses[i].end == END_DONE)
      return (Course){ .takes = 0, .end = END_DONE };
  return courses[index];
}

static void
test_again_later(void) {
  static const Course courses[] = {
    { 5, END_FAILED },  { 0, END_BUSY },  { 3, END_FAILED }, { 7, END_STOPPED },
    { 7, END_STOPPED }, { 10, END_DIED }, { 0, END_DONE },
  };
  g_autoptr(World) world = world_new("2026-02-07T12:00:00+01", 1, 1, "0 3 * * 0", 1);
  world->course = first_ones;
  world->more = (gpointer)courses;
  world_run(world);
  static const char *const times[] = {
    "2026-02-08T03:00:00+01", /* failed after 5 s: again after 60 */
    "2026-02-08T03:01:05+01", /* busy: after 120 */
    "2026-02-08T03:03:05+01", /* failed after 3 s: after 240 */
    "2026-02-08T03:07:08+01", /* stopped after 7 s, down for 30 */
    "2026-02-08T03:07:45+01", /* stopped, as before */
    "2026-02-08T03:08:22+01", /* died: 480 s after it began */
    "2026-02-08T03:16:22+01",
  };
  g_assert_cmpuint(world->attempts->len, ==, G_N_ELEMENTS(times));
  for (guint i = 0; i < G_N_ELEMENTS(times); i++)
    assert_attempt(world, i, "2026-02-08T03:00:00+01", times[i], courses[i].end);
  g_auto(StoreSchedule) state = world_state(world);
  g_assert_cmpuint(state.failures, ==, 0);
  g_assert_cmpint(state.retry, ==, 0);
}

/* A process that dies over each run tries ever more seldom, and not when it starts. */
static void
test_dies_each_time(void) {
  static const Course courses[] = {
    { 1, END_DIED },
    { 1, END_DIED },
    { 1, END_DIED },
    { 1, END_DONE },
  };
  g_autoptr(World) world = world_new("2026-02-07T12:00:00+01", 1, 1, "0 3 * * 0", 1);
  world->course = first_ones;
  world->more = (gpointer)courses;
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 4);
  assert_attempt(world, 1, "2026-02-08T03:00:00+01", "2026-02-08T03:01:00+01", END_DIED);
  assert_attempt(world, 2, "2026-02-08T03:00:00+01", "2026-02-08T03:03:00+01", END_DIED);
  assert_attempt(world, 3, "2026-02-08T03:00:00+01", "2026-02-08T03:07:00+01", END_DONE);
}

/* ── the store away ── */

static void
note_next(World *world, Node *node) {
  if (world_away(world, 0) && node->away_told > node->back_told)
    g_assert_cmpint(node->next, ==, 0);
}

static void
test_store_away_when_due(void) {
  g_autoptr(World) world = world_new("2026-02-07T12:00:00+01", 1, 1, "0 3 * * 0", 1);
  Outage outage = { world_time("2026-02-08T02:30:00+01"), world_time("2026-02-08T03:45:01+01") };
  world->outages = &outage;
  world->outage_count = 1;
  world->each_turn = note_next;
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 1);
  g_assert_cmpint(attempt(world, 0)->time, >=, outage.to);
  g_assert_cmpint(attempt(world, 0)->time, <=, outage.to + SCHEDULER_STORE_PAUSE_S);
  g_assert_cmpuint(world->nodes[0].away_told, ==, 1);
  g_assert_cmpuint(world->nodes[0].back_told, ==, 1);
  g_assert_cmpuint(world->nodes[0].opens, ==, 2);
}

/* How the run ended cannot be written for a day: it is not done again, and not forgotten. */
static void
test_store_away_at_the_end(void) {
  g_autoptr(World) world = world_new("2026-02-07T12:00:00+01", 1, 1, "0 3 * * *", 1);
  Outage outage = { world_time("2026-02-08T03:05:00+01"), world_time("2026-02-09T04:00:00+01") };
  world->outages = &outage;
  world->outage_count = 1;
  world_run(world);
  g_assert_cmpuint(world->attempts->len, ==, 7);
  assert_attempt(world, 0, "2026-02-08T03:00:00+01", "2026-02-08T03:00:00+01", END_DONE);
  g_assert_cmpint(attempt(world, 1)->due, ==, world_time("2026-02-09T03:00:00+01"));
  g_assert_cmpint(attempt(world, 1)->time, <=, outage.to + SCHEDULER_STORE_PAUSE_S);
  assert_attempt(world, 2, "2026-02-10T03:00:00+01", "2026-02-10T03:00:00+01", END_DONE);
}

/* ── a clock that jumps ── */

static void
test_clock_jumps(void) {
  g_autoptr(World) world = world_new("2026-02-01T12:00:00+01", 10, 1, "0 3 * * 0", 1);
  Jump jumps[] = {
    /* Sunday 03:00 is shown twice: ahead by five hours, and right again. */
    { world_time("2026-02-07T23:00:00+01"), 5 * HOUR },
    { world_time("2026-02-08T00:30:00+01"), -5 * HOUR },
    /* Back by ten minutes just before it is due. */
    { world_time("2026-02-15T02:59:30+01"), -600 },
    { world_time("2026-02-15T12:00:00+01"), 600 },
    /* Over the time when it is due. */
    { world_time("2026-02-22T02:50:00+01"), 1200 },
    { world_time("2026-02-22T12:00:00+01"), -1200 },
    /* Ahead by two years for half an hour. */
    { world_time("2026-02-25T10:00:00+01"), 728 * DAY },
    { world_time("2026-02-25T10:30:00+01"), -728 * DAY },
    /* Back by three years for a while, over the time when it is due. */
    { world_time("2026-03-07T10:00:00+01"), -1092 * DAY },
    { world_time("2026-03-09T10:00:00+01"), 1092 * DAY },
  };
  world->jumps = jumps;
  world->jump_count = G_N_ELEMENTS(jumps);
  world_run(world);
  static const char *const true_times[][2] = {
    { "2026-02-08T03:00:00+01", "2026-02-07T23:00:00+01" }, /* as the clock had it */
    { "2026-02-15T03:00:00+01", "2026-02-15T03:10:00+01" },
    { "2026-02-22T03:00:00+01", "2026-02-22T02:50:00+01" },
    { "2028-02-20T03:00:00+01", "2026-02-25T10:00:00+01" },
    { "2026-03-01T03:00:00+01", "2026-03-01T03:00:00+01" },
    { "2023-03-12T03:00:00+01", "2026-03-08T03:00:00+01" },
    { "2026-03-08T03:00:00+01", "2026-03-09T10:00:00+01" },
    { "2026-03-15T03:00:00+01", "2026-03-15T03:00:00+01" },
    { "2026-03-22T03:00:00+01", "2026-03-22T03:00:00+01" },
    { "2026-03-29T03:00:00+02", "2026-03-29T03:00:00+02" },
    { "2026-04-05T03:00:00+02", "2026-04-05T03:00:00+02" },
    { "2026-04-12T03:00:00+02", "2026-04-12T03:00:00+02" },
  };
  tell(world);
  g_assert_cmpuint(world->attempts->len, ==, G_N_ELEMENTS(true_times));
  for (guint i = 0; i < G_N_ELEMENTS(true_times); i++) {
    g_assert_cmpint(attempt(world, i)->due, ==, world_time(true_times[i][0]));
    gint64 late = attempt(world, i)->true_time - world_time(true_times[i][1]);
    g_assert_cmpint(late, >=, 0);
    g_assert_cmpint(late, <=, SCHEDULER_LONGEST_WAIT_S);
  }
}

/* ── asking with the lock ── */

static void
test_wanted(void) {
  g_autoptr(Store) store = store_sqlite_open(":memory:", NULL);
  bool wanted = false;
  g_assert_true(scheduler_wanted(store, 1000, &wanted, NULL));
  g_assert_true(wanted);
  StoreSchedule state = { .expression = (char *)"@daily", .met = 1000 };
  g_assert_true(store->class->schedule_put(store, SCHEDULER_SYNC, &state, NULL));
  g_assert_true(scheduler_wanted(store, 1000, &wanted, NULL));
  g_assert_false(wanted);
  g_assert_true(scheduler_wanted(store, 1001, &wanted, NULL));
  g_assert_true(wanted);
}

static bool
failing_get(Store *store, const char *name, StoreSchedule *schedule, GError **error) {
  (void)store;
  (void)name;
  (void)schedule;
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "the store is away");
  return false;
}

static void
test_wanted_fails(void) {
  const StoreClass class = { .schedule_get = failing_get };
  Store store = { &class };
  g_autoptr(GError) error = NULL;
  bool wanted = true;
  g_assert_false(scheduler_wanted(&store, 1, &wanted, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/scheduler/24-weeks", test_24_weeks);
  g_test_add_func("/scheduler/rough-weeks", test_rough_weeks);
  g_test_add_func("/scheduler/two-nodes", test_two_nodes);
  g_test_add_func("/scheduler/long-run-of-another", test_long_run_of_another);
  g_test_add_func("/scheduler/two-nodes-in-rough-weeks", test_two_nodes_in_rough_weeks);
  g_test_add_func("/scheduler/nodes-that-differ", test_nodes_that_differ);
  g_test_add_func("/scheduler/first-start", test_first_start);
  g_test_add_func("/scheduler/missed-while-down", test_missed_while_down);
  g_test_add_func("/scheduler/changed-while-down", test_changed_while_down);
  g_test_add_func("/scheduler/again-later", test_again_later);
  g_test_add_func("/scheduler/dies-each-time", test_dies_each_time);
  g_test_add_func("/scheduler/store-away-when-due", test_store_away_when_due);
  g_test_add_func("/scheduler/store-away-at-the-end", test_store_away_at_the_end);
  g_test_add_func("/scheduler/clock-jumps", test_clock_jumps);
  g_test_add_func("/scheduler/wanted", test_wanted);
  g_test_add_func("/scheduler/wanted-fails", test_wanted_fails);
  return g_test_run();
}
