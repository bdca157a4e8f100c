/* Several nodes on one PostgreSQL server, a server that goes away, and one that refuses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include "pg-case.h"
#include "store/postgres.h"

static void
assert_refused(const char *url, StoreError code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_assert_null(store_postgres_open(url, &error));
  g_assert_error(error, STORE_ERROR, (int)code);
  if (strstr(error->message, words) == NULL)
    g_error("\"%s\" is not in: %s", words, error->message);
  g_assert_null(strstr(error->message, "S3cret"));
  g_assert_null(strchr(error->message, '\n'));
}

static bool
take_lock(Store *store, const char *owner, gint64 now) {
  bool taken = false;
  WORKS(store, lock_take, "sync", owner, now, 60, NULL, NULL, NULL, &taken);
  return taken;
}

static StoreTask *
take_task(Store *store, const char *owner, gint64 now) {
  StoreTaker taker = { .owner = owner };
  StoreTask *task = NULL;
  bool orphaned = false;
  WORKS(store, task_take, &taker, now, &task, &orphaned);
  return task;
}

/* ── the server's clock ── */

#define HOUR 3600

static char anna[] = "anna", bert[] = "bert";

/* A node whose clock is an hour off neither loses nor steals a lock, nor what is held by it. */
static void
test_server_time(Case *test) {
  static const gint64 off[] = { -HOUR, 0, HOUR };
  g_autoptr(Store) one = pg_case_open_real(test);
  g_autoptr(Store) two = pg_case_open_real(test);
  gint64 now = g_get_real_time() / G_USEC_PER_SEC;
  pg_case_add_task(one, anna);
  g_assert_true(take_lock(one, anna, now - HOUR));
  g_autoptr(StoreTask) task = take_task(one, anna, now);
  g_assert_nonnull(task);
  for (guint i = 0; i < G_N_ELEMENTS(off); i++) {
    bool held = false;
    g_assert_false(take_lock(two, bert, now + off[i]));
    g_assert_null(take_task(two, bert, now + off[i]));
    WORKS(one, lock_renew, "sync", anna, now + off[i], 60, &held);
    g_assert_true(held);
  }
  g_autoptr(StoreLock) lock = NULL;
  WORKS(one, lock_get, "sync", &lock);
  g_assert_cmpint(lock->acquired, >=, now - 1);
  g_assert_cmpint(lock->expires, >=, now + 59);
  g_assert_cmpint(lock->expires, <=, now + 59 + 120);

  pg_site_sql(pg_case_site(), test->place,
              "UPDATE local_lehrgaengeapi_lock SET expires = 1 +"
              " floor(extract(epoch FROM clock_timestamp())) - 2");
  g_autoptr(StoreTask) orphan = take_task(two, bert, now - HOUR);
  g_assert_nonnull(orphan);
  g_assert_true(take_lock(two, bert, now - HOUR));
  g_assert_false(take_lock(one, anna, now + HOUR));
}

/* How long ago an attempt began is the same for every node, whatever its clock says: by that it
 * waits out what may still go on. */
static void
test_server_time_of_begin(Case *test) {
  static const gint64 off[] = { -HOUR, 0, HOUR };
  static const gint64 ago = 100;
  g_autoptr(Store) one = pg_case_open_real(test);
  g_autoptr(Store) two = pg_case_open_real(test);
  gint64 now = g_get_real_time() / G_USEC_PER_SEC;
  pg_case_add_task(one, anna);
  g_autoptr(StoreTask) task = take_task(one, anna, now);
  g_assert_cmpint(task->begun, ==, 0);
  WORKS(one, task_begin, task->id, anna, now - HOUR);
  for (guint i = 0; i < G_N_ELEMENTS(off); i++) {
    g_autofree char *sql = g_strdup_printf(
        "UPDATE local_lehrgaengeapi_task SET begun = begun - %" G_GINT64_FORMAT, ago);
    pg_site_sql(pg_case_site(), test->place, sql);
    gint64 mine = g_get_real_time() / G_USEC_PER_SEC + off[i];
    g_autoptr(StoreTask) orphan = take_task(two, bert, mine);
    g_assert_cmpint(mine - orphan->begun, >=, ago - 2);
    g_assert_cmpint(mine - orphan->begun, <=, ago + 60);
    WORKS(two, task_begin, task->id, bert, mine);
  }
}

/* ── a server that goes away ── */

static void
test_restart(Case *test) {
  case_add_user(test->store, "T1", 21);
  pg_site_stop(pg_case_site());
  pg_site_start(pg_case_site());
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21); /* nobody noticed */
  case_add_user(test->store, "T2", 22);
  g_autoptr(Store) other = case_open(test);
  g_assert_cmpint(case_user(other, "T2"), ==, 22);
}

static void
test_restart_inside(Case *test) {
  StoreUserMap row = { "T2", 22 };
  const char *id = "T1";
  gint64 number = 0;
  GError *error = NULL;
  WORKS(test->store, begin, true);
  case_add_user(test->store, "T1", 21);
  pg_site_stop(pg_case_site());
  pg_site_start(pg_case_site());
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, usermap_put, &row, 1, 1000);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, usermap_get, &id, 1, &number);
  FAILS(STORE_ERROR_FAILED, test->store, begin, true); /* it is open still */
  g_assert_false(test->store->class->commit(test->store, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);

  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 23);
  pg_site_stop(pg_case_site());
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, usermap_put, &row, 1, 1000);
  test->store->class->rollback(test->store);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, begin, false);
  pg_site_start(pg_case_site());
  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 24);
  case_commit(test->store);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 24);
}

/* All that was promised is there again, and every call says that it may work later. */
static void
test_away(Case *test) {
  StoreTask new_task = { .kind = anna, .subject = anna }, *task = NULL;
  StoreTaker taker = { .owner = anna };
  StoreRun run = { .status = RUN_RUNNING, .owner = anna };
  StoreJournalEntry entry = { .kind = anna };
  gint64 id = 0;
  bool flag = false;
  g_autofree char *url = pg_site_url(pg_case_site(), test->place);
  WORKS(test->store, run_begin, &run);
  pg_case_add_task(test->store, bert);
  g_assert_true(take_lock(test->store, anna, 1000));
  pg_site_stop(pg_case_site());
  for (guint i = 0; i < 2; i++) {
    FAILS(STORE_ERROR_UNAVAILABLE, test->store, task_add, &new_task, 1, &id);
    FAILS(STORE_ERROR_UNAVAILABLE, test->store, task_take, &taker, 1, &task, &flag);
    FAILS(STORE_ERROR_UNAVAILABLE, test->store, lock_renew, "sync", anna, 1, 9, &flag);
    FAILS(STORE_ERROR_UNAVAILABLE, test->store, journal_intend, 1, &entry, 1, 1, &id);
    FAILS(STORE_ERROR_UNAVAILABLE, test->store, run_end, run.id, RUN_SUCCESS, 1, "");
    assert_refused(url, STORE_ERROR_UNAVAILABLE, "127.0.0.1");
  }
  pg_site_start(pg_case_site());
  WORKS(test->store, run_end, run.id, RUN_SUCCESS, 1, "");
  g_assert_false(take_lock(test->store, bert, 1001));
  g_autoptr(StoreTask) taken = take_task(test->store, anna, 1001);
  g_assert_cmpstr(taken->subject, ==, bert);
}

/* The server's process stands still: its connection stays, an answer never comes. */
static void
test_no_answer(Case *test) {
  StoreUserMap row = { "T1", 21 };
  pid_t backend = (pid_t)pg_case_setting(test->store, "SELECT pg_backend_pid()");
  postgres_conn_set_patience(pg_case_conn(test->store), 1);
  g_assert_cmpint(kill(backend, SIGSTOP), ==, 0);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, usermap_put, &row, 1, 1000);
  g_assert_cmpint(kill(backend, SIGCONT), ==, 0);
  postgres_conn_set_patience(pg_case_conn(test->store), POSTGRES_CONN_SECONDS);
  WORKS(test->store, usermap_put, &row, 1, 1000);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21);
}

/* The server takes its time over a commit, and we gave up meanwhile: what was taken that way is
 * nobody's, so it is put back, once it turns out that the commit came about. */
static void
test_commit_in_doubt(Case *test) {
  StoreTaker taker = { .owner = anna };
  StoreTask *task = NULL;
  bool orphaned = false;
  pg_case_add_task(test->store, anna);
  g_assert_true(take_lock(test->store, anna, 1000));
  pg_site_sql(pg_case_site(), test->place,
              "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
              " 'BEGIN IF NEW.state = 1 AND NEW.begun = 0 THEN PERFORM pg_sleep(2); END IF;"
              "  RETURN NULL; END';"
              "CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON local_lehrgaengeapi_task"
              " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()");
  postgres_conn_set_patience(pg_case_conn(test->store), 1);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, task_take, &taker, 1000, &task, &orphaned);
  postgres_conn_set_patience(pg_case_conn(test->store), POSTGRES_CONN_SECONDS);
  g_autoptr(StoreTask) taken = take_task(test->store, anna, 1000);
  g_assert_nonnull(taken);
  g_assert_cmpuint(taken->attempts, ==, 1);
  WORKS(test->store, task_end, taken->id, anna, TASK_DONE, 0, NULL, 1001);
}

/* ── in one another's way ── */

static bool
dead_at_first(const char *owner, gpointer user_data) {
  (void)owner;
  guint *asked = user_data;
  return ++*asked == 1;
}

/* Who seemed dead is asked about again once nobody else can take the task: one that has come back
 * keeps it, and the next one is taken. */
static void
test_looked_at_twice(Case *test) {
  guint asked = 0;
  StoreTaker taker = { .owner = bert, .dead = dead_at_first, .user_data = &asked };
  StoreTask *task = NULL;
  bool orphaned = true, held = false;
  pg_case_add_task(test->store, anna);
  pg_case_add_task(test->store, bert);
  g_assert_true(take_lock(test->store, anna, 1000));
  g_autoptr(StoreTask) first = take_task(test->store, anna, 1000);
  WORKS(test->store, task_take, &taker, 1000, &task, &orphaned);
  g_assert_nonnull(task);
  g_assert_cmpuint(asked, ==, 2);
  g_assert_cmpint(task->id, !=, first->id);
  g_assert_false(orphaned);
  WORKS(test->store, task_held, first->id, anna, &held);
  g_assert_true(held);
  store_task_free(task);
}

/* Waiting for another node's row ends, and the transaction goes on without it. */
static void
test_lock_timeout(Case *test) {
  g_autoptr(Store) other = pg_case_open_with(test, "lock_timeout%3D50ms");
  StoreUserMap rows[] = { { "T1", 22 }, { "T3", 23 } };
  bool taken = false;
  case_add_user(test->store, "T1", 21);
  WORKS(test->store, begin, false);
  StoreUserMap changed = { "T1", 25 };
  WORKS(test->store, usermap_put, &changed, 1, 1000);
  g_assert_true(take_lock(test->store, anna, 1000));
  WORKS(other, begin, true);
  case_add_user(other, "T2", 24);
  FAILS(STORE_ERROR_UNAVAILABLE, other, usermap_put, rows, 2, 1000);
  FAILS(STORE_ERROR_UNAVAILABLE, other, lock_take, "sync", bert, 1, 9, NULL, NULL, NULL, &taken);
  case_commit(other);
  case_commit(test->store);
  g_assert_cmpint(case_user(other, "T1"), ==, 25);
  g_assert_cmpint(case_user(other, "T2"), ==, 24);
  g_assert_cmpint(case_user(other, "T3"), ==, 0);
}

/* A node that takes numbers for the journal keeps the others from it until its transaction ends, so
 * that theirs follow one another. */
static void
test_journal_numbers(Case *test) {
  g_autoptr(Store) other = pg_case_open_with(test, "lock_timeout%3D50ms");
  StoreJournalEntry entries[3] = { { .kind = anna }, { .kind = anna }, { .kind = anna } };
  gint64 first = 0, second = 0;
  WORKS(test->store, begin, false);
  WORKS(test->store, journal_intend, 1, entries, 3, 1, &first);
  FAILS(STORE_ERROR_UNAVAILABLE, other, journal_intend, 2, entries, 3, 1, &second);
  test->store->class->rollback(test->store);
  WORKS(other, journal_intend, 2, entries, 3, 1, &second);
  g_assert_cmpint(second, >=, first + 3);
}

static gpointer
put_reversed(gpointer data) {
  StoreUserMap rows[] = { { "T2", 32 }, { "T1", 31 } };
  for (guint i = 0; i < 50; i++) {
    rows[0].userid = rows[1].userid = 1000 + i;
    WORKS((Store *)data, usermap_put, rows, 2, 1000);
  }
  return NULL;
}

/* Two nodes that write the same rows in another order do not block each other. */
static void
test_no_deadlock(Case *test) {
  g_autoptr(Store) other = case_open(test);
  GThread *thread = g_thread_new("other", put_reversed, other);
  for (guint i = 0; i < 50; i++) {
    StoreUserMap rows[] = { { "T1", 2000 + i }, { "T2", 2000 + i } };
    WORKS(test->store, usermap_put, rows, 2, 1000);
  }
  g_thread_join(thread);
}

/* ── who is refused, and why ── */

static void
test_refusals(Case *test) {
  guint port = pg_site_port(pg_case_site());
  const char *place = test->place;
  pg_site_sql(
      pg_case_site(), test->place,
      "CREATE ROLE secret LOGIN PASSWORD 'S3cret!'; CREATE ROLE few LOGIN CONNECTION LIMIT 0;"
      "CREATE ROLE guest LOGIN");
  g_autofree char *wrong =
      g_strdup_printf("postgresql://secret:S3cret@127.0.0.1:%u/%s", port, place);
  assert_refused(wrong, STORE_ERROR_FAILED, "correct user and password");
  g_autofree char *none = g_strdup_printf("postgresql://secret@127.0.0.1:%u/%s", port, place);
  assert_refused(none, STORE_ERROR_FAILED, "asks for a password");
  g_autofree char *nowhere = pg_site_url(pg_case_site(), "nowhere");
  assert_refused(nowhere, STORE_ERROR_FAILED, "createdb");
  assert_refused(nowhere, STORE_ERROR_FAILED, "PostgreSQL nowhere on 127.0.0.1");
  g_autofree char *few = g_strdup_printf("postgresql://few@127.0.0.1:%u/%s", port, place);
  assert_refused(few, STORE_ERROR_UNAVAILABLE, "too many connections");

  pg_site_sql(pg_case_site(), "postgres",
              "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
  g_autofree char *latin = pg_site_url(pg_case_site(), "latin");
  assert_refused(latin, STORE_ERROR_FAILED, "encoding is LATIN1");

  case_close(test);
  pg_site_sql(pg_case_site(), test->place,
              "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
              "GRANT USAGE ON SCHEMA public TO guest, secret");
  g_autofree char *guest = g_strdup_printf("postgresql://guest@127.0.0.1:%u/%s", port, place);
  assert_refused(guest, STORE_ERROR_FAILED, "grant it CREATE");
  pg_site_sql(pg_case_site(), test->place, "GRANT CREATE ON SCHEMA public TO secret");
  g_autofree char *right =
      g_strdup_printf("postgresql://secret:S3cret%%21@127.0.0.1:%u/%s", port, place);
  GError *error = NULL;
  g_autoptr(Store) store = store_postgres_open(right, &error);
  g_assert_no_error(error);
  case_add_user(store, "T1", 21);
  g_assert_null(strstr(store->class->describe(store), "S3cret"));
}

/* Parts of a password that stands in the address unescaped are taken for something else, and must
 * not be shown as that. */
static void
test_odd_addresses(Case *test) {
  static const char *const urls[] = {
    "postgresql://anna:x@S3cret@127.0.0.1/db", "postgresql://anna:S3cret/x@127.0.0.1/db",
    "postgresql://anna:1/S3cret@127.0.0.1/db", "postgresql://anna:%S3cret@127.0.0.1/db",
    "postgresql://anna:x:S3cret/db",           "S3cret",
    "postgresql://anna:100%S3cret@h/db",       "host=127.0.0.1 password=S3cret dbname=x",
    "postgresql://127.0.0.1/db?pass=S3cret",
  };
  (void)test;
  for (guint i = 0; i < G_N_ELEMENTS(urls); i++)
    assert_refused(urls[i], STORE_ERROR_FAILED, "address of the PostgreSQL database");
  assert_refused("postgresql://anna:S3cret@127.0.0.1:1/db", STORE_ERROR_UNAVAILABLE,
                 "PostgreSQL db on 127.0.0.1:1: ");
  assert_refused("postgresql://anna:S3cret@host.invalid/db", STORE_ERROR_UNAVAILABLE,
                 "PostgreSQL db on host.invalid: ");
}

static void
test_transient(Case *test) {
  static const char *const later[] = { "53100", "53300", "57P01", "57P03", "40P01", "40001",
                                       "57014", "55P03", "08006", "58030", "25006" };
  static const char *const never[] = { "42P01", "28P01", "3D000", "42501", "23505", "XX000" };
  (void)test;
  for (guint i = 0; i < G_N_ELEMENTS(later); i++)
    g_assert_true(postgres_connect_transient(later[i]));
  for (guint i = 0; i < G_N_ELEMENTS(never); i++)
    g_assert_false(postgres_connect_transient(never[i]));
  g_assert_false(postgres_connect_transient(NULL));
}

/* A standby can be read; what is to be written waits until it takes over. */
static void
test_read_only(Case *test) {
  g_autoptr(Store) store = pg_case_open_with(test, "default_transaction_read_only%3Don");
  StoreUserMap row = { "T1", 21 };
  g_assert_cmpint(case_user(store, "T1"), ==, 0);
  FAILS(STORE_ERROR_UNAVAILABLE, store, usermap_put, &row, 1, 1000);
}

void
pg_nodes_add(const StoreHarness *harness) {
  case_add(harness, "nodes/server-time", test_server_time);
  case_add(harness, "nodes/server-time-of-begin", test_server_time_of_begin);
  case_add(harness, "nodes/restart", test_restart);
  case_add(harness, "nodes/restart-inside", test_restart_inside);
  case_add(harness, "nodes/away", test_away);
  case_add(harness, "nodes/no-answer", test_no_answer);
  case_add(harness, "nodes/commit-in-doubt", test_commit_in_doubt);
  case_add(harness, "nodes/looked-at-twice", test_looked_at_twice);
  case_add(harness, "nodes/lock-timeout", test_lock_timeout);
  case_add(harness, "nodes/journal-numbers", test_journal_numbers);
  case_add(harness, "nodes/no-deadlock", test_no_deadlock);
  case_add(harness, "nodes/refusals", test_refusals);
  case_add(harness, "nodes/odd-addresses", test_odd_addresses);
  case_add(harness, "nodes/transient", test_transient);
  case_add(harness, "nodes/read-only", test_read_only);
}
