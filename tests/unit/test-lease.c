/* Who is dead, and how a lease is kept and lost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lease-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite.h"

/* ── owners ── */

/* `owner` with the value behind " key=" replaced. */
static char *
with(const char *owner, const char *key, const char *value) {
  g_autofree char *pattern = g_strdup_printf(" %s=[^ ]*", key);
  g_autofree char *replacement = g_strdup_printf(" %s=%s", key, value);
  g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
  g_assert_true(g_regex_match(regex, owner, 0, NULL));
  return g_regex_replace_literal(regex, owner, -1, 0, replacement, 0, NULL);
}

/* `owner` as if it had process id `pid` on `host`. */
static char *
as(const char *owner, const char *pid, const char *host) {
  return g_strdup_printf("%s@%s%s", pid, host, strchr(owner, ' '));
}

static bool
dead(const char *owner) {
  return lease_owner_dead(owner, NULL);
}

static bool
dead_with(const char *owner, const char *key, const char *value) {
  g_autofree char *changed = with(owner, key, value);
  return dead(changed);
}

typedef struct {
  pid_t pid;
  char *owner; /* as the child wrote it */
} Child;

/* A child process that waits to be killed. */
static Child
start_child(const char *name) {
  int ends[2];
  g_assert_cmpint(pipe(ends), ==, 0);
  Child child = { .pid = fork() };
  g_assert_cmpint(child.pid, >=, 0);
  if (child.pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    g_autofree char *owner = lease_owner();
    gssize length = (gssize)strlen(owner) + 1;
    if (write(ends[1], owner, (gsize)length) == length)
      for (;;)
        pause();
    _exit(1);
  }
  char text[1024] = "";
  close(ends[1]);
  g_assert_cmpint(read(ends[0], text, sizeof text - 1), >, 10);
  close(ends[0]);
  child.owner = g_strdup(text);
  return child;
}

static void
test_owner(void) {
  g_autofree char *one = lease_owner();
  g_autofree char *two = lease_owner();
  g_autofree char *front = g_strdup_printf("%d@", getpid());
  g_assert_cmpstr(one, ==, two);
  g_assert_true(g_str_has_prefix(one, front));
  g_assert_null(strchr(one, '\n'));
  g_assert_null(strstr(one, "boot=-"));
  g_assert_false(dead(one));
}

static void
test_child(void) {
  Child child = start_child("child");
  g_autofree char *mine = lease_owner();
  g_autofree char *lease = g_strconcat(child.owner, " lease=0000abcd", NULL);
  g_assert_cmpstr(child.owner, !=, mine);
  g_assert_false(dead(child.owner));
  g_assert_false(dead(lease));

  siginfo_t info;
  kill(child.pid, SIGKILL);
  g_assert_cmpint(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), ==, 0);
  g_assert_true(dead(child.owner)); /* a zombie, its pid still taken */
  g_assert_cmpint(waitpid(child.pid, NULL, 0), ==, child.pid);
  g_assert_true(dead(child.owner));
  g_assert_true(dead(lease));

  /* Gone, but not of here, so nobody knows. */
  g_assert_false(dead_with(child.owner, "pidns", "pid:[1]"));
  g_assert_false(dead_with(child.owner, "pidns", "-"));
  g_assert_false(dead_with(child.owner, "boot", "-"));
  g_free(child.owner);
}

/* The fields of /proc/PID/stat are counted behind a name that can hold anything. */
static void
test_odd_name(void) {
  Child child = start_child(") Z 1 (x y) 0");
  g_assert_false(dead(child.owner));
  g_assert_true(dead_with(child.owner, "start", "1")); /* the pid belongs to another one now */
  kill(child.pid, SIGKILL);
  g_assert_cmpint(waitpid(child.pid, NULL, 0), ==, child.pid);
  g_free(child.owner);
}

static void
test_reused_pid(void) {
  g_autofree char *mine = lease_owner();
  g_assert_true(dead_with(mine, "start", "1"));
  g_assert_false(dead_with(mine, "start", "-"));
  g_autofree char *elsewhere = with(mine, "pidns", "pid:[1]");
  g_assert_false(dead_with(elsewhere, "start", "1"));
}

static void
test_other_boot(void) {
  g_autofree char *mine = lease_owner();
  bool machine_known = strstr(mine, " machine=-") == NULL;
  g_autofree char *before = with(mine, "boot", "0-1-2");
  g_assert_true(dead(before) == machine_known);
  g_assert_false(dead_with(before, "machine", "0123456789abcdef"));
  g_assert_false(dead_with(before, "machine", "-"));
  g_autofree char *renamed = as(before, "4711", "another-host");
  g_assert_false(dead(renamed));
}

static void
test_other_host(void) {
  Child child = start_child("child");
  kill(child.pid, SIGKILL);
  g_assert_cmpint(waitpid(child.pid, NULL, 0), ==, child.pid);
  g_autofree char *pid = g_strdup_printf("%d", child.pid);
  g_autofree char *elsewhere = as(child.owner, pid, "another-host");
  g_assert_true(dead(child.owner));
  g_assert_false(dead(elsewhere));
  g_free(child.owner);
}

static void
test_no_owner(void) {
  static const char *const texts[] = { "",        "x",      "@",       " ",
                                       "4711",    "4711@",  "@host",   "0@host",
                                       "-1@host", "x@host", "1 @host", "99999999999999999999@host",
                                       "anna" };
  g_autofree char *mine = lease_owner();
  g_autofree char *far = as(mine, "99999999999", "host");
  g_autofree char *none = as(mine, "0", g_get_host_name());
  g_assert_false(dead(NULL));
  g_assert_false(dead(far));
  g_assert_false(dead(none));
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    g_assert_false(dead(texts[i]));
}

static void
test_holder_text(void) {
  char owner[] = "4711@web1 start=5 boot=b pidns=p machine=m lease=00000001", odd[] = "somebody";
  StoreLock lock = { .owner = owner, .acquired = 1773151509 }, other = { odd, 1773151509, 0 };
  g_autofree char *text = lease_holder_text(&lock, NULL);
  g_assert_cmpstr(text, ==, "process 4711 on host web1, since 2026-03-10 14:05:09");
  g_autoptr(GTimeZone) zone = g_time_zone_new_offset(3600);
  g_autofree char *later = lease_holder_text(&lock, zone);
  g_assert_cmpstr(later, ==, "process 4711 on host web1, since 2026-03-10 15:05:09");
  g_autofree char *plain = lease_holder_text(&other, NULL);
  g_assert_cmpstr(plain, ==, "somebody, since 2026-03-10 14:05:09");
}

/* ── leases on a store of one lock ── */

#define NOW 1773151509
#define TTL 3600 /* long: no renewal comes by itself within a test */

typedef struct {
  World world;
  Clock *clock;
  Lease *lease;
} Fixture;

static Lease *
take(Fixture *fixture, gint64 ttl) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreLock) holder = NULL;
  Lease *lease = NULL;
  g_assert_true(
      lease_take(fake_open, &fixture->world, "sync", ttl, fixture->clock, &lease, &holder, &error));
  g_assert_no_error(error);
  g_assert_true((lease == NULL) == (holder != NULL));
  return lease;
}

static void
set_up(Fixture *fixture, gconstpointer data) {
  g_mutex_init(&fixture->world.mutex);
  g_cond_init(&fixture->world.renewed);
  fixture->clock = clock_manual_new(NOW);
  fixture->lease = data == NULL ? NULL : take(fixture, TTL);
}

static void
tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  lease_drop(fixture->lease);
  g_assert_cmpuint(fixture->world.live, ==, 0);
  clock_free(fixture->clock);
  g_free(fixture->world.owner);
  g_cond_clear(&fixture->world.renewed);
  g_mutex_clear(&fixture->world.mutex);
}

static void
set_owner(Fixture *fixture, const char *owner) {
  g_mutex_lock(&fixture->world.mutex);
  g_free(fixture->world.owner);
  fixture->world.owner = g_strdup(owner);
  g_mutex_unlock(&fixture->world.mutex);
}

static void
set_away(Fixture *fixture, bool away) {
  g_mutex_lock(&fixture->world.mutex);
  fixture->world.renew_fails = away;
  g_mutex_unlock(&fixture->world.mutex);
}

static void
pass(Fixture *fixture, gint64 seconds) {
  clock_advance(fixture->clock, seconds * G_USEC_PER_SEC);
}

static void
assert_confirmed(Fixture *fixture) {
  g_autoptr(GError) error = NULL;
  g_assert_true(lease_confirm(fixture->lease, &error));
  g_assert_no_error(error);
}

static void
assert_not_confirmed(Fixture *fixture, StoreError code) {
  g_autoptr(GError) error = NULL;
  g_assert_false(lease_confirm(fixture->lease, &error));
  g_assert_error(error, STORE_ERROR, (int)code);
}

static void
test_take(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *process = lease_owner();
  g_assert_true(g_str_has_prefix(fixture->world.owner, process));
  g_assert_false(dead(fixture->world.owner));
  g_assert_cmpint(fixture->world.expires, ==, NOW + TTL);
  g_assert_false(lease_lost(fixture->lease));
  lease_drop(g_steal_pointer(&fixture->lease));
  g_assert_null(fixture->world.owner);
  lease_drop(NULL);
}

static void
test_busy(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreLock) holder = NULL;
  Lease *second = (Lease *)fixture; /* to be replaced */
  g_assert_true(lease_take(fake_open, &fixture->world, "sync", TTL, fixture->clock, &second,
                           &holder, &error));
  g_assert_no_error(error);
  g_assert_null(second);
  g_assert_cmpstr(holder->owner, ==, fixture->world.owner);
  g_assert_true(
      lease_take(fake_open, &fixture->world, "sync", TTL, fixture->clock, &second, NULL, &error));
  g_assert_null(second);
  assert_confirmed(fixture);
}

static void
test_take_fails(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  Lease *lease = (Lease *)fixture;
  fixture->world.take_fails = true;
  g_assert_false(
      lease_take(fake_open, &fixture->world, "sync", TTL, fixture->clock, &lease, NULL, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
  g_assert_null(lease);
  g_clear_error(&error);
  fixture->world.open_fails = true;
  g_assert_false(
      lease_take(fake_open, &fixture->world, "sync", TTL, fixture->clock, &lease, NULL, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
  g_assert_null(lease);
}

static void
test_confirm_renews(Fixture *fixture, gconstpointer data) {
  (void)data;
  pass(fixture, 30);
  g_assert_cmpint(fixture->world.expires, ==, NOW + TTL);
  assert_confirmed(fixture);
  g_assert_cmpint(fixture->world.expires, ==, NOW + 30 + TTL);
  g_assert_true(fixture->world.signals_blocked);
  g_assert_cmpuint(fixture->world.opens, ==, 1);
  g_assert_cmpuint(fixture->world.renewals, ==, 1);
}

/* Real time, but as short as a lease can be: a third of a second until the first renewal. */
static void
test_renews_by_itself(Fixture *fixture, gconstpointer data) {
  (void)data;
  World *world = &fixture->world;
  fixture->lease = take(fixture, 1);
  gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  g_mutex_lock(&world->mutex);
  while (world->renewals < 2)
    g_assert_true(g_cond_wait_until(&world->renewed, &world->mutex, deadline));
  world->renew_fails = true; /* and goes on when one fails, with a new connection */
  guint opens = world->opens;
  while (world->opens < opens + 2)
    g_assert_true(g_cond_wait_until(&world->renewed, &world->mutex, deadline));
  g_mutex_unlock(&world->mutex);
  g_assert_false(lease_lost(fixture->lease));
}

static void
test_taken_by_other(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *mine = g_strdup(fixture->world.owner);
  set_owner(fixture, "other");
  g_assert_false(lease_lost(fixture->lease)); /* not known before the next renewal */
  assert_not_confirmed(fixture, STORE_ERROR_FAILED);
  g_assert_true(lease_lost(fixture->lease));
  set_owner(fixture, mine);
  g_assert_true(lease_lost(fixture->lease)); /* stays lost */
  assert_not_confirmed(fixture, STORE_ERROR_FAILED);
  set_owner(fixture, "other");
  lease_drop(g_steal_pointer(&fixture->lease));
  g_assert_cmpstr(fixture->world.owner, ==, "other");
}

static void
test_vanished(Fixture *fixture, gconstpointer data) {
  (void)data;
  set_owner(fixture, NULL);
  assert_not_confirmed(fixture, STORE_ERROR_FAILED);
  g_assert_true(lease_lost(fixture->lease));
}

static void
test_store_away_for_a_while(Fixture *fixture, gconstpointer data) {
  (void)data;
  set_away(fixture, true);
  pass(fixture, TTL - 1);
  assert_not_confirmed(fixture, STORE_ERROR_UNAVAILABLE);
  g_assert_false(lease_lost(fixture->lease));
  assert_not_confirmed(fixture, STORE_ERROR_UNAVAILABLE);
  set_away(fixture, false);
  assert_confirmed(fixture);
  g_assert_cmpuint(fixture->world.opens, ==, 3); /* each failure was followed by a new connection */
  g_assert_false(lease_lost(fixture->lease));
  pass(fixture, TTL - 1);
  set_away(fixture, true);
  assert_not_confirmed(fixture, STORE_ERROR_UNAVAILABLE);
  g_assert_false(lease_lost(fixture->lease));
}

static void
test_store_away_too_long(Fixture *fixture, gconstpointer data) {
  (void)data;
  set_away(fixture, true);
  pass(fixture, TTL);
  g_assert_true(lease_lost(fixture->lease));
  set_away(fixture, false);
  g_assert_true(lease_lost(fixture->lease));
  assert_not_confirmed(fixture, STORE_ERROR_UNAVAILABLE);
  lease_drop(g_steal_pointer(&fixture->lease));
  g_assert_null(fixture->world.owner); /* still its own, so given back */
}

/* The time is over without a renewal, as after a machine's sleep, but nobody has taken the lock. */
static void
test_slept(Fixture *fixture, gconstpointer data) {
  (void)data;
  pass(fixture, 2 * TTL);
  g_assert_false(lease_lost(fixture->lease));
  g_assert_cmpint(fixture->world.expires, ==, NOW + 3 * TTL);
  pass(fixture, 2 * TTL);
  set_owner(fixture, "other");
  g_assert_true(lease_lost(fixture->lease));
}

static void
test_drop_without_store(Fixture *fixture, gconstpointer data) {
  (void)data;
  set_away(fixture, true);
  assert_not_confirmed(fixture, STORE_ERROR_UNAVAILABLE); /* the connection is gone */
  fixture->world.open_fails = true;
  lease_drop(g_steal_pointer(&fixture->lease));
  g_assert_nonnull(fixture->world.owner);
}

static gpointer
confirm_often(gpointer lease) {
  guint confirmed = 0;
  for (guint i = 0; i < 200; i++)
    confirmed += lease_confirm(lease, NULL) && !lease_lost(lease);
  return GUINT_TO_POINTER(confirmed);
}

static void
test_many_threads(Fixture *fixture, gconstpointer data) {
  (void)data;
  GThread *threads[4];
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    threads[i] = g_thread_new("confirm", confirm_often, fixture->lease);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 200);
  g_assert_cmpuint(fixture->world.renewals, >=, 200);
}

/* ── on a real store ── */

static Store *
open_file(gpointer user_data, GError **error) {
  return store_sqlite_open(user_data, error);
}

static Lease *
take_file(char *path, StoreLock **holder) {
  g_autoptr(GError) error = NULL;
  Lease *lease = NULL;
  g_assert_true(lease_take(open_file, path, "sync", TTL, clock_system(), &lease, holder, &error));
  g_assert_no_error(error);
  return lease;
}

static void
remove_folder(const char *folder) {
  GDir *open = g_dir_open(folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(open)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_cmpint(g_remove(path), ==, 0);
  }
  g_dir_close(open);
  g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* A process that is killed with the lock in its hand leaves it to the next one at once. */
static void
test_killed_holder(void) {
  g_autofree char *folder = g_dir_make_tmp("lease-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "lehrgaenge.db", NULL);
  pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0) {
    Lease *lease = take_file(path, NULL);
    kill(getpid(), lease != NULL && lease_confirm(lease, NULL) ? SIGKILL : SIGTERM);
  }
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_true(WIFSIGNALED(status));
  g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);

  Lease *mine = take_file(path, NULL);
  g_assert_nonnull(mine);
  g_assert_true(lease_confirm(mine, NULL));
  g_autoptr(StoreLock) holder = NULL;
  g_assert_null(take_file(path, &holder));
  g_autofree char *text = lease_holder_text(holder, NULL);
  g_autofree char *expected = g_strdup_printf("process %d on host ", getpid());
  g_assert_true(g_str_has_prefix(text, expected));
  lease_drop(mine);
  Lease *next = take_file(path, NULL);
  g_assert_nonnull(next);
  lease_drop(next);
  remove_folder(folder);
}

static void
add(const char *path, void (*function)(Fixture *, gconstpointer)) {
  g_test_add(path, Fixture, "with a lease", set_up, function, tear_down);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/lease/owner", test_owner);
  g_test_add_func("/lease/owner/child", test_child);
  g_test_add_func("/lease/owner/odd-name", test_odd_name);
  g_test_add_func("/lease/owner/reused-pid", test_reused_pid);
  g_test_add_func("/lease/owner/other-boot", test_other_boot);
  g_test_add_func("/lease/owner/other-host", test_other_host);
  g_test_add_func("/lease/owner/none", test_no_owner);
  g_test_add_func("/lease/holder-text", test_holder_text);
  g_test_add_func("/lease/killed-holder", test_killed_holder);
  add("/lease/take", test_take);
  add("/lease/busy", test_busy);
  g_test_add("/lease/take-fails", Fixture, NULL, set_up, test_take_fails, tear_down);
  g_test_add("/lease/renews-by-itself", Fixture, NULL, set_up, test_renews_by_itself, tear_down);
  add("/lease/confirm-renews", test_confirm_renews);
  add("/lease/taken-by-other", test_taken_by_other);
  add("/lease/vanished", test_vanished);
  add("/lease/store-away-for-a-while", test_store_away_for_a_while);
  add("/lease/store-away-too-long", test_store_away_too_long);
  add("/lease/slept", test_slept);
  add("/lease/drop-without-store", test_drop_without_store);
  add("/lease/many-threads", test_many_threads);
  return g_test_run();
}
