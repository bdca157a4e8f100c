/* `lehrgaenge schedule`: when runs are due, and how the last due time fared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/table.h"
#include "scheduler/lease.h"
#include "scheduler/scheduler.h"
#include "service/open.h"
#include "sync/run.h"

#define DEFAULT_COUNT 5
#define MAX_COUNT 1000

/* What there is to say. */
typedef struct {
  const Config *config;
  Schedule schedule;
  StoreSchedule state; /* empty when there is no store */
  StoreLock *running;  /* NULL: no run is under way */
  gint64 now;
  guint count;
} View;

static void
view_clear(View *view) {
  store_schedule_clear(&view->state);
  store_lock_free(view->running);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

static bool
read_store(View *view, GError **error) {
  g_autoptr(Store) store = NULL;
  if (!open_store_existing(view->config, &store, error))
    return false;
  if (store == NULL)
    return true;
  g_autoptr(StoreLock) lock = NULL;
  if (!store->class->schedule_get(store, SCHEDULER_SYNC, &view->state, error) ||
      !store->class->lock_get(store, RUN_LOCK, &lock, error))
    return false;
  if (lock != NULL && lock->expires > view->now && !lease_owner_dead(lock->owner, NULL))
    view->running = g_steal_pointer(&lock);
  return true;
}

/* Whether the service goes by the schedule that is configured now. */
static bool
is_known(const View *view) {
  return g_strcmp0(view->state.expression, view->config->schedule.sync) == 0;
}

/* Whether the latest time that needs nothing more was a due one, and not the beginning. */
static bool
has_met(const View *view) {
  return is_known(view) &&
         cron_last(view->schedule.cron, view->schedule.zone, view->state.met) == view->state.met;
}

static ScheduleTurn
turn_of(const View *view) {
  return is_known(view) ? schedule_turn(&view->schedule, &view->state, view->now)
                        : (ScheduleTurn){ 0 };
}

/* The times to come, after those met already (a clock that went back). */
static GArray *
next_times(const View *view) {
  GArray *times = g_array_new(FALSE, FALSE, sizeof(gint64));
  gint64 time = view->now;
  if (is_known(view) && view->state.met - time <= SCHEDULE_MAX_AHEAD_S)
    time = MAX(time, view->state.met);
  while (times->len < view->count) {
    time = cron_next(view->schedule.cron, view->schedule.zone, time);
    if (time == CRON_NEVER)
      break;
    g_array_append_val(times, time);
  }
  return times;
}

/* ── JSON ── */

static json_t *
time_json(bool known, gint64 time) {
  return known ? json_integer(time) : json_null();
}

static json_t *
running_json(const View *view) {
  if (view->running == NULL)
    return json_null();
  autochar holder = lease_holder_text(view->running, view->schedule.zone);
  return json_pack("{s:s, s:I}", "holder", holder, "since", (json_int_t)view->running->acquired);
}

static void
print_json(const View *view) {
  ScheduleTurn turn = turn_of(view);
  g_autoptr(GArray) times = next_times(view);
  json_t *next = json_array();
  for (guint i = 0; i < times->len; i++)
    json_array_append_new(next, json_integer(g_array_index(times, gint64, i)));
  json_t *object = json_object();
  json_object_set_new(object, "expression", json_string(view->config->schedule.sync));
  json_object_set_new(object, "timezone", json_string(view->config->moodle.timezone_name));
  json_object_set_new(object, "faildelay", json_integer(view->config->schedule.faildelay));
  json_object_set_new(object, "in_force", json_boolean(is_known(view)));
  json_object_set_new(object, "last_met", time_json(has_met(view), view->state.met));
  json_object_set_new(object, "due", time_json(turn.due != 0, turn.due));
  json_object_set_new(object, "failures", json_integer(turn.due != 0 ? view->state.failures : 0));
  json_object_set_new(object, "retry", time_json(turn.due != 0 && !turn.now, turn.wake));
  json_object_set_new(object, "running", running_json(view));
  json_object_set_new(object, "next", next);
  command_print_json(object);
}

/* ── text ── */

static const char *
weekday(gint64 time, GTimeZone *zone) {
  static const char *const names[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday" };
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
  g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
  return names[g_date_time_get_day_of_week(local) - 1];
}

static char *
day_text(gint64 time, GTimeZone *zone) {
  autochar text = date_format(time, zone);
  return g_strdup_printf("%s %s", weekday(time, zone), text);
}

/* In the two largest units. */
static char *
span_text(gint64 seconds) {
  static const struct {
    gint64 seconds;
    const char *name;
  } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
  guint i = 0;
  while (i + 2 < G_N_ELEMENTS(units) && seconds < units[i].seconds)
    i++;
  if (seconds < units[i].seconds)
    return g_strdup_printf("%d s", (int)seconds);
  return g_strdup_printf("%" G_GINT64_FORMAT " %s %02d %s", seconds / units[i].seconds,
                         units[i].name, (int)(seconds % units[i].seconds / units[i + 1].seconds),
                         units[i + 1].name);
}

static void
print_met(const View *view) {
  if (text_empty(view->state.expression)) {
    command_print("Last met:  never; the service (lehrgaenge serve) has not run with this store");
  } else if (!is_known(view)) {
    command_print("Last met:  never; the service still goes by %s, and begins with this when it "
                  "reads its configuration again",
                  view->state.expression);
  } else if (!has_met(view)) {
    autochar since = date_format(view->state.met, view->schedule.zone);
    command_print("Last met:  never; in force since %s", since);
  } else {
    autochar met = day_text(view->state.met, view->schedule.zone);
    command_print("Last met:  %s", met);
  }
}

/* A due time that is not met yet. */
static void
print_due(const View *view) {
  ScheduleTurn turn = turn_of(view);
  if (turn.due == 0)
    return;
  autochar due = day_text(turn.due, view->schedule.zone);
  autochar failures = view->state.failures == 0
                          ? g_strdup("not tried yet")
                          : g_strdup_printf("tried %u time%s", view->state.failures,
                                            view->state.failures == 1 ? "" : "s");
  if (turn.now) {
    command_print("Due:       %s, not met; %s, now to be done by the service", due, failures);
    return;
  }
  autochar retry = date_format(turn.wake, view->schedule.zone);
  autochar span = span_text(turn.wake - view->now);
  command_print("Due:       %s, not met; %s, again at %s (in %s)", due, failures, retry, span);
}

static void
print_text(const View *view) {
  command_print("Schedule:  %s (%s)", view->config->schedule.sync,
                view->config->moodle.timezone_name);
  print_met(view);
  print_due(view);
  if (view->running != NULL) {
    autochar holder = lease_holder_text(view->running, view->schedule.zone);
    command_print("Under way: a run by %s", holder);
  }
  g_autoptr(GArray) times = next_times(view);
  g_autoptr(Table) table = table_new();
  table_column(table, "Next", TABLE_LEFT);
  table_column(table, "Weekday", TABLE_LEFT);
  table_column(table, "In", TABLE_RIGHT);
  for (guint i = 0; i < times->len; i++) {
    gint64 time = g_array_index(times, gint64, i);
    autochar text = date_format(time, view->schedule.zone);
    autochar span = span_text(time - view->now);
    table_cell(table, text);
    table_cell(table, weekday(time, view->schedule.zone));
    table_cell(table, span);
  }
  command_print("%s", "");
  table_print(table, stdout);
}

/* ── the command ── */

static int
show(CommandContext *context, guint count, bool json) {
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  g_autoptr(GError) error = NULL;
  g_autoptr(Cron) cron = cron_parse(config->schedule.sync, &error);
  g_auto(View) view = {
    .config = config,
    .schedule = { cron, config->moodle.timezone, config->schedule.faildelay },
    .now = clock_now(context->clock),
    .count = count,
  };
  if (cron == NULL || !read_store(&view, &error))
    return command_failed(error);
  if (json)
    print_json(&view);
  else
    print_text(&view);
  return EXIT_OK;
}

static int
run(CommandContext *context, int argc, char **argv) {
  gint count = DEFAULT_COUNT;
  gboolean json = FALSE;
  GOptionEntry entries[] = {
    { "count", 'n', 0, G_OPTION_ARG_INT, &count,
      "show this many times (default " G_STRINGIFY(DEFAULT_COUNT) ")", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  if (count < 1 || count > MAX_COUNT)
    return command_usage_error(context, "--count takes a number from 1 to %d", MAX_COUNT);
  return show(context, (guint)count, json);
}

const Command schedule_command = {
  .name = "schedule",
  .arguments = "[--count N] [--json]",
  .summary = "when the next scheduled runs are due",
  .description = "Shows what is configured in [schedule], when runs are due next, which due time\n"
                 "was met last, whether one is still to be met and when it is tried again, and\n"
                 "whether a run is under way.",
  .notes = "Examples:\n"
           "  lehrgaenge schedule\n"
           "  lehrgaenge schedule --count 1 --json | jq '.next[0] | todate'\n"
           "\n"
           "Exit codes:\n"
           "  0  printed\n"
           "  1  the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
