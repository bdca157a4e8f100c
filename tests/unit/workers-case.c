/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workers-case.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "moodle/embedded/embedded.h"
#include "scheduler/content_copy.h"
#include "store/sqlite.h"

#define PATIENCE_S 60

Switches switches;

static const char *const copies[] = { CONTENT_COPY_KIND, NULL };
static const char *const imports[] = { IMPORT_KIND, NULL };

static StoreClass watched_store;
static GatewayClass watched_gateway;
static const StoreClass *real_store;
static const GatewayClass *real_gateway;

/* Counts one more, and tells whoever waits for it. */
static void
count(guint *counter) {
  g_mutex_lock(&switches.lock);
  (*counter)++;
  g_cond_broadcast(&switches.changed);
  g_mutex_unlock(&switches.lock);
}

static bool
is_on(const bool *one) {
  g_mutex_lock(&switches.lock);
  bool on = *one;
  g_mutex_unlock(&switches.lock);
  return on;
}

guint
shop_count(const guint *counter) {
  g_mutex_lock(&switches.lock);
  guint value = *counter;
  g_mutex_unlock(&switches.lock);
  return value;
}

void
shop_wait(const guint *counter, guint least) {
  gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
  g_mutex_lock(&switches.lock);
  while (*counter < least)
    if (!g_cond_wait_until(&switches.changed, &switches.lock, until))
      g_error("waited in vain: %u of %u", *counter, least);
  g_mutex_unlock(&switches.lock);
}

/* ── the store ── */

static bool
store_away(GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "the store is away");
  return false;
}

static bool
task_take(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task, bool *orphaned,
          GError **error) {
  if (is_on(&switches.takes_fail))
    return store_away(error);
  bool ok = real_store->task_take(store, taker, now, task, orphaned, error);
  g_mutex_lock(&switches.lock);
  bool lost = ok && *task != NULL && switches.takes_lost;
  switches.takes_lost = switches.takes_lost && !lost;
  g_mutex_unlock(&switches.lock);
  if (!lost)
    return ok;
  g_clear_pointer(task, store_task_free);
  return store_away(error);
}

static bool
task_end(Store *store, gint64 id, const char *owner, StoreTaskState state, gint64 due,
         const char *message, gint64 now, GError **error) {
  count(&switches.ends);
  return is_on(&switches.ends_fail)
             ? store_away(error)
             : real_store->task_end(store, id, owner, state, due, message, now, error);
}

static bool
task_next(Store *store, const char *const *kinds, gint64 *due, GError **error) {
  count(&switches.polls);
  if (kinds[1] != NULL)
    count(&switches.rounds);
  return real_store->task_next(store, kinds, due, error);
}

static bool
task_counts(Store *store, StoreTaskCountFunc each, gpointer user_data, GError **error) {
  bool ok = real_store->task_counts(store, each, user_data, error);
  count(&switches.counts);
  return ok;
}

static Store *
open_store(gpointer data, GError **error) {
  const Shop *shop = data;
  count(&switches.opens);
  if (is_on(&switches.opens_fail)) {
    store_away(error);
    return NULL;
  }
  Store *store = store_sqlite_open(shop->store_path, error);
  if (store != NULL)
    store->class = &watched_store;
  return store;
}

/* ── Moodle ── */

enum { HANG_BEFORE = 1, HANG_AFTER };

static void
tell(char what) {
  if (switches.tells != 0)
    g_assert_cmpint(write(switches.tells, &what, 1), ==, 1);
}

G_NORETURN static void
hang(void) {
  tell('h');
  for (;;)
    pause();
}

/* Takes note of a copy, and waits at the gate. False: it is to fail, with `code`. */
static bool
begin_copy(GatewayError *code, guint *hangs) {
  g_mutex_lock(&switches.lock);
  switches.copies++;
  if (switches.hang_from != 0 && switches.copies >= switches.hang_from)
    *hangs = switches.copies % 2 == 0 ? HANG_BEFORE : HANG_AFTER;
  switches.copying++;
  switches.most_copying = MAX(switches.most_copying, switches.copying);
  g_cond_broadcast(&switches.changed);
  while (switches.gate)
    g_cond_wait(&switches.changed, &switches.lock);
  bool ok = switches.failures == 0;
  *code = switches.copy_fails;
  switches.failures -= !ok;
  g_mutex_unlock(&switches.lock);
  return ok;
}

static bool
copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  if (switches.signals != NULL) {
    sigset_t *blocked = g_new0(sigset_t, 1);
    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    g_async_queue_push(switches.signals, blocked);
  }
  GatewayError code;
  guint hangs = 0;
  bool ok = begin_copy(&code, &hangs);
  if (hangs == HANG_BEFORE)
    hang();
  if (ok)
    ok = real_gateway->copy_content(gateway, from, to, error);
  else
    g_set_error(error, GATEWAY_ERROR, code, "Moodle does not copy");
  if (hangs == HANG_AFTER)
    hang();
  g_mutex_lock(&switches.lock);
  switches.copying--;
  g_mutex_unlock(&switches.lock);
  return ok;
}

static bool
contents(Gateway *gateway, gint64 courseid, GatewayContents *into, GError **error) {
  count(&switches.looks);
  return real_gateway->contents(gateway, courseid, into, error);
}

static guint
copy_grace(Gateway *gateway) {
  (void)gateway;
  return shop_count(&switches.grace);
}

static Gateway *
open_gateway(const Shop *shop, GError **error) {
  g_autofree char *path = g_build_filename(shop->world->directory, "moodle.db", NULL);
  Gateway *gateway =
      embedded_open(path, &(EmbeddedOptions){ .student_role = 5 }, shop->world->clock, error);
  if (gateway != NULL)
    gateway->class = &watched_gateway;
  return gateway;
}

/* ── the workers' context ── */

/* What the callbacks are handed. */
typedef struct {
  WorkersLane lanes[2];
  Shop *shop;
  ImportRunner *runner;
  char *owner;
} Office;

static void
office_free(gpointer data) {
  Office *office = data;
  g_free(office->owner);
  g_free(office);
}

static guint
max_attempts(gpointer data) {
  (void)data;
  return shop_count(&switches.max_attempts);
}

static guint
generation(gpointer data) {
  (void)data;
  return shop_count(&switches.generation);
}

static Store *
open_for_office(gpointer data, GError **error) {
  return open_store(((Office *)data)->shop, error);
}

static bool
enter(guint lane, WorkersPlace *place, gpointer data, GError **error) {
  const Office *office = data;
  count(&switches.enters);
  if (is_on(&switches.enters_fail)) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "no way in");
    return false;
  }
  place->store = open_store(office->shop, error);
  if (place->store == NULL)
    return false;
  place->more = lane == 1 ? office->runner : NULL;
  place->gateway = lane == 0 ? open_gateway(office->shop, error) : NULL;
  return true;
}

static void
leave(guint lane, WorkersPlace *place, gpointer data) {
  (void)lane, (void)data;
  gateway_free(place->gateway);
  store_free(place->store);
  count(&switches.leaves);
}

static void
ended(const StoreTask *task, TaskOutcome outcome, const char *message, gpointer data) {
  (void)task, (void)message, (void)data;
  count(&switches.ended[outcome]);
  tell('.');
}

static void
hold_lock(const Shop *shop, const char *owner) {
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_compute_checksum_for_string(G_CHECKSUM_SHA1, owner, -1);
  bool taken = false;
  shop->store->class->lock_take(shop->store, name, owner, FIXTURE_NOW, FIXTURE_NOW, NULL, NULL,
                                NULL, &taken, &error);
  g_assert_no_error(error);
  g_assert_true(taken);
}

Workers *
shop_open(Shop *shop, const char *owner, guint threads, ImportRunner *runner) {
  g_autoptr(GError) error = NULL;
  Office *office = g_new0(Office, 1);
  *office = (Office){ .lanes = { { copies, threads }, { imports, 1 } },
                      .shop = shop,
                      .runner = runner,
                      .owner = g_strdup(owner) };
  g_test_queue_destroy(office_free, office);
  hold_lock(shop, owner);
  const WorkersContext context = { .clock = shop->world->clock,
                                   .owner = office->owner,
                                   .lanes = office->lanes,
                                   .lane_count = 2,
                                   .max_attempts = max_attempts,
                                   .generation = generation,
                                   .open_store = open_for_office,
                                   .enter = enter,
                                   .leave = leave,
                                   .ended = ended,
                                   .user_data = office };
  Workers *workers = workers_new(&context, &error);
  g_assert_no_error(error);
  return workers;
}

static bool
enter_for_due(TasksPlace *place, gpointer data, GError **error) {
  count(&switches.enters);
  place->store = open_store(data, error);
  if (place->store != NULL && is_on(&switches.enters_fail))
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "no way in");
  else if (place->store != NULL)
    place->gateway = open_gateway(data, error);
  return place->gateway != NULL;
}

bool
shop_run_due(Shop *shop, const char *owner, guint threads, bool alone, TasksResult *result,
             GError **error) {
  hold_lock(shop, owner);
  g_autoptr(Store) store = open_store(shop, error);
  g_autoptr(Gateway) gateway = open_gateway(shop, error);
  g_assert_true(store != NULL && gateway != NULL);
  const TasksContext context = { .store = store,
                                 .gateway = gateway,
                                 .clock = shop->world->clock,
                                 .owner = owner,
                                 .workers = threads,
                                 .enter = alone ? NULL : enter_for_due,
                                 .user_data = shop };
  return tasks_run_due(&context, result, error);
}

/* ── the shop ── */

static void
on_course(guint index, const GatewayCourse *course, gpointer data) {
  (void)index;
  *(gint64 *)data = course->id;
}

static void
watch(const Shop *shop) {
  if (real_store == NULL) {
    real_store = shop->store->class;
    real_gateway = shop->world->gateway->class;
  }
  watched_store = *real_store;
  watched_store.task_take = task_take;
  watched_store.task_end = task_end;
  watched_store.task_next = task_next;
  watched_store.task_counts = task_counts;
  watched_gateway = *real_gateway;
  watched_gateway.copy_content = copy_content;
  watched_gateway.contents = contents;
  watched_gateway.copy_grace = copy_grace;
}

Shop *
shop_new(void) {
  g_autoptr(GError) error = NULL;
  Shop *shop = g_new0(Shop, 1);
  memset(&switches, 0, sizeof switches);
  g_mutex_init(&switches.lock);
  g_cond_init(&switches.changed);
  shop->world = world_new("FD", "F-I");
  shop->store_path = g_build_filename(shop->world->directory, "tasks.db", NULL);
  shop->store = store_sqlite_open(shop->store_path, &error);
  g_assert_no_error(error);
  watch(shop);
  const char *name = "F-I";
  Gateway *gateway = shop->world->gateway;
  gateway->class->find_courses(gateway, GATEWAY_COURSE_SHORTNAME, &name, 1, on_course,
                               &shop->template, &error);
  g_assert_no_error(error);
  GatewayContents have;
  gateway->class->contents(gateway, shop->template, &have, &error);
  g_assert_no_error(error);
  shop->modules = have.modules;
  g_assert_cmpuint(shop->modules, >, 0);
  return shop;
}

Shop *
shop_join(const char *directory) {
  g_autoptr(GError) error = NULL;
  Shop *shop = g_new0(Shop, 1);
  g_autofree char *moodle = g_build_filename(directory, "moodle.db", NULL);
  shop->world = g_new0(World, 1);
  shop->world->directory = g_strdup(directory);
  shop->world->clock = clock_manual_new(FIXTURE_NOW);
  shop->world->gateway =
      embedded_open(moodle, &(EmbeddedOptions){ .student_role = 5 }, shop->world->clock, &error);
  g_assert_no_error(error);
  shop->store_path = g_build_filename(directory, "tasks.db", NULL);
  shop->store = store_sqlite_open(shop->store_path, &error);
  g_assert_no_error(error);
  watch(shop);
  return shop;
}

void
shop_free(Shop *shop) {
  store_free(shop->store);
  world_free(shop->world);
  g_free(shop->store_path);
  g_free(shop);
  g_cond_clear(&switches.changed);
  g_mutex_clear(&switches.lock);
}

gint64
shop_courses(const Shop *shop, guint number) {
  g_autoptr(GError) error = NULL;
  g_autofree GatewayOutcome *outcomes = g_new0(GatewayOutcome, number);
  g_autofree GatewayNewCourse *courses = g_new0(GatewayNewCourse, number);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  const GatewayCourseSettings settings = { .summary = (char *)"",
                                           .format = (char *)"topics",
                                           .lang = (char *)"" };
  GatewayCompany company = { "Kreis FD", "FD", 0, 0 };
  Gateway *gateway = shop->world->gateway;
  gateway->class->find_companies(gateway, &company, 1, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < number; i++) {
    char *name = g_strdup_printf("C%u", i);
    g_ptr_array_add(names, name);
    courses[i] =
        (GatewayNewCourse){ name,     name, "", company.category, FIXTURE_NOW, FIXTURE_NOW + 1,
                            &settings };
  }
  gateway->class->create_courses(gateway, courses, number, outcomes, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < number; i++)
    g_assert_cmpint(outcomes[i].id, ==, outcomes[0].id + i);
  gint64 first = outcomes[0].id;
  gateway_outcomes_clear(outcomes, number);
  return first;
}

void
shop_queue(const Shop *shop, gint64 course, gint64 template) {
  g_autoptr(GError) error = NULL;
  content_copy_queue(shop->store, course, template, "FD-F-I-26", clock_now(shop->world->clock),
                     &error);
  g_assert_no_error(error);
}

StoreTask *
shop_task(const Shop *shop, gint64 course) {
  g_autoptr(GError) error = NULL;
  g_autofree char *subject = g_strdup_printf("course %d", (int)course);
  StoreTask *task = NULL;
  shop->store->class->task_find(shop->store, CONTENT_COPY_KIND, subject, &task, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  return task;
}

void
shop_assert_whole(const Shop *shop, gint64 first, guint number) {
  g_autoptr(GError) error = NULL;
  Gateway *gateway = shop->world->gateway;
  for (gint64 course = first; course < first + number; course++) {
    GatewayContents have;
    gateway->class->contents(gateway, course, &have, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(have.modules, ==, shop->modules);
    g_autoptr(StoreTask) task = shop_task(shop, course);
    g_assert_cmpstr(store_task_state_word(task->state), ==, "done");
  }
}
