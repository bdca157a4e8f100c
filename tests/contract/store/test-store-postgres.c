/* The PostgreSQL store put through the suite, and what is PostgreSQL's own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "pg-case.h"
#include "store/postgres.h"
#include "store/postgres_migrate.h"
#include "store/postgres_private.h"

static PgSite *site; /* one server for all tests */

static char anna[] = "anna", bert[] = "bert";

PgSite *
pg_case_site(void) {
  return site;
}

/* ── the harness: a place is a database ── */

static gpointer
place_new(void) {
  return pg_site_database_new(site);
}

static void
place_free(gpointer place) {
  pg_site_database_drop(site, place);
  g_free(place);
}

static Store *
open_in(gpointer place, GError **error) {
  g_autofree char *url = pg_site_url(site, place);
  return store_postgres_open_flags(url, 0, error);
}

static gint64
sql_in(gpointer place, const char *sql) {
  return pg_site_sql(site, place, sql);
}

static const StoreHarness harness = { "postgres", place_new, place_free, open_in, sql_in };

/* ── helpers ── */

PostgresConn *
pg_case_conn(Store *store) {
  return postgres_store(store)->conn;
}

Store *
pg_case_open_real(Case *test) {
  GError *error = NULL;
  g_autofree char *url = pg_site_url(site, test->place);
  Store *store = store_postgres_open(url, &error);
  g_assert_no_error(error);
  return store;
}

Store *
pg_case_open_with(Case *test, const char *options) {
  GError *error = NULL;
  g_autofree char *url = pg_site_url(site, test->place);
  g_autofree char *full = g_strdup_printf("%s?options=-c%%20%s", url, options);
  Store *store = store_postgres_open_flags(full, 0, &error);
  g_assert_no_error(error);
  return store;
}

void
pg_case_add_task(Store *store, char *subject) {
  StoreTask task = { .kind = subject, .subject = subject };
  gint64 id = 0;
  WORKS(store, task_add, &task, 1, &id);
}

gint64
pg_case_setting(Store *store, const char *sql) {
  GError *error = NULL;
  gint64 value = 0;
  g_assert_true(postgres_conn_get(pg_case_conn(store), &value, -1, &error, sql, ""));
  g_assert_no_error(error);
  return value;
}

/* ── migrations ── */

static const PostgresMigration steps[] = {
  { 1, "one", "CREATE TABLE one (a bigint)" },
  { 2, "two", "CREATE TABLE two (a bigint); INSERT INTO one VALUES (2)" },
  { 3, "bad", "CREATE TABLE three (a bigint); INSERT INTO nowhere VALUES (1)" },
};

static void
test_migration_fails(Case *test) {
  case_close(test);
  sql_in(test->place, "DROP SCHEMA public CASCADE;"
                      "CREATE SCHEMA public");
  g_autofree char *url = pg_site_url(site, test->place);
  g_autoptr(GError) error = NULL;
  g_autoptr(PostgresConn) conn = postgres_conn_open(url, &error);
  g_assert_no_error(error);
  g_assert_true(postgres_migrate(conn, steps, 1, &error));
  for (guint i = 0; i < 2; i++) {
    g_assert_false(postgres_migrate(conn, steps, 3, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "\"bad\" (3)"));
    g_clear_error(&error);
    g_assert_cmpint(
        sql_in(test->place, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), ==,
        2); /* of steps 2 and 3 nothing */
    g_assert_cmpint(sql_in(test->place, "SELECT count(*) FROM one"), ==, 0);
  }
  g_assert_true(postgres_migrate(conn, steps, 2, &error));
  g_assert_no_error(error);
  g_assert_cmpint(sql_in(test->place, "SELECT count(*) FROM one"), ==, 1);
}

/* What a store of before the web pages held is kept. */
static void
test_migration_from_older(Case *test) {
  case_close(test);
  sql_in(test->place, "DROP SCHEMA public CASCADE;"
                      "CREATE SCHEMA public");
  g_autofree char *url = pg_site_url(site, test->place);
  g_autoptr(GError) error = NULL;
  PostgresConn *conn = postgres_conn_open(url, &error);
  g_assert_no_error(error);
  g_assert_true(postgres_migrate(conn, postgres_migrations, 6, &error));
  postgres_conn_close(conn);
  sql_in(test->place, "INSERT INTO local_lehrgaengeapi_import_run (year, status, summary)"
                      " VALUES (2025, 'partial', '{}')");
  sql_in(test->place, "INSERT INTO local_lehrgaengeapi_tenant VALUES ('FD', 3, 2)");
  case_reopen(test);
  g_autoptr(StoreRun) run = test->store->class->run_get(test->store, 1, &error);
  g_assert_no_error(error);
  g_assert_cmpint(run->status, ==, RUN_PARTIAL);
  g_assert_cmpint(run->task, ==, 0);
  g_assert_cmpstr(run->totals, ==, "");
  g_assert_cmpstr(run->summary, ==, "{}");
  StoreRun next = { .status = RUN_RUNNING };
  WORKS(test->store, run_begin, &next);
  g_assert_cmpint(next.id, ==, 2);
  g_assert_cmpint(sql_in(test->place, "SELECT count(*) FROM local_lehrgaengeapi_tenant"
                                      " WHERE run = 3 AND timesuccess = 2 AND failurerun = 0"
                                      " AND timefailure = 0 AND failure = ''"),
                  ==, 1);
}

static void
test_migration_numbers(Case *test) {
  (void)test;
  for (guint i = 0; i < postgres_migrations_count; i++) {
    g_assert_cmpuint(postgres_migrations[i].number, ==, i + 1);
    g_assert_cmpuint(strlen(postgres_migrations[i].name), >, 0);
  }
}

/* Every table of the list is there with just the columns it names, and no other is but the locks,
 * those who are signed in, and the store's own list of migrations. */
static void
test_columns(Case *test) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM information_schema.columns"
                                           " WHERE table_name = '%s'",
                                           tables[i].name);
    g_assert_cmpint(sql_in(test->place, sql), ==, tables[i].column_count);
  }
  static const char all[] = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
  static const char copied[] =
      "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
      " ('local_lehrgaengeapi_lock', 'local_lehrgaengeapi_migration',"
      "  'local_lehrgaengeapi_session', 'local_lehrgaengeapi_attempt')";
  g_assert_cmpint(sql_in(test->place, all), ==, count + 4);
  g_assert_cmpint(sql_in(test->place, copied), ==, count);
}

/* ── how ── */

/* "on" while a transaction must reach the disk and outside, "off" in others. */
static void
test_durable(Case *test) {
  static const char on[] = "SELECT (current_setting('synchronous_commit') = 'on')::int";
  g_autoptr(Store) lax = pg_case_open_with(test, "synchronous_commit%3Doff");
  Store *const stores[] = { test->store, lax };
  for (guint i = 0; i < G_N_ELEMENTS(stores); i++) {
    Store *store = stores[i];
    g_assert_cmpint(pg_case_setting(store, on), ==, 1);
    WORKS(store, begin, true);
    g_assert_cmpint(pg_case_setting(store, on), ==, 1);
    case_commit(store);
    WORKS(store, begin, false);
    g_assert_cmpint(pg_case_setting(store, on), ==, 0);
    store->class->rollback(store);
    WORKS(store, begin, false);
    g_assert_cmpint(pg_case_setting(store, on), ==, 0);
    case_commit(store);
    g_assert_cmpint(pg_case_setting(store, on), ==, 1);
  }
}

static void
test_session(Case *test) {
  static const char limits[] =
      "SELECT count(*) FROM pg_settings WHERE (name, setting) IN (('statement_timeout', '30000'),"
      " ('lock_timeout', '20000'), ('idle_in_transaction_session_timeout', '60000'),"
      " ('application_name', 'lehrgaenge'))";
  g_assert_cmpint(pg_case_setting(test->store, limits), ==, 4);
  g_autoptr(Store) other = pg_case_open_with(test, "statement_timeout%3D7s");
  g_assert_cmpint(pg_case_setting(other, limits), ==, 3);
}

static guint
count_in(const char *text, const char *word) {
  guint count = 0;
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
    count++;
  return count;
}

/* Many rows cost a few statements, not one each. */
static void
test_few_statements(Case *test) {
  g_autoptr(Store) store = pg_case_open_with(test, "log_statement%3Dall");
  g_autofree StoreUserMap *users = g_new(StoreUserMap, 3000);
  g_autofree gint64 *found = g_new(gint64, 3000);
  g_autofree const char **ids = g_new(const char *, 3000);
  g_autoptr(GStringChunk) texts = g_string_chunk_new(4096);
  StoreJournalEntry entries[500];
  StoreJournalOutcome outcomes[500];
  gint64 first = 0;
  for (guint i = 0; i < 3000; i++) {
    char id[16];
    g_snprintf(id, sizeof id, "T%u", i);
    users[i] = (StoreUserMap){ g_string_chunk_insert(texts, id), 1 + i };
    ids[i] = users[i].externalid;
  }
  for (guint i = 0; i < 500; i++) {
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .reason = "r" };
    outcomes[i] = (StoreJournalOutcome){ .state = i % 2 ? JOURNAL_DONE : JOURNAL_FAILED };
  }
  g_autofree char *before = pg_site_log(site);
  WORKS(store, usermap_put, users, 3000, 1);
  WORKS(store, usermap_get, ids, 3000, found);
  WORKS(store, journal_intend, 1, entries, 500, 1, &first);
  WORKS(store, journal_settle, first, outcomes, 500);
  g_autofree char *after = pg_site_log(site);
  guint statements = count_in(after, " execute ") + count_in(after, " statement: ") -
                     count_in(before, " execute ") - count_in(before, " statement: ");
  g_assert_cmpuint(statements, >=, 10); /* so this counts */
  g_assert_cmpuint(statements, <=, 20);
  for (guint i = 0; i < 3000; i++)
    g_assert_cmpint(found[i], ==, 1 + i);
}

static void
ignore_entry(const StoreJournalRow *row, gpointer user_data) {
  (void)row;
  (void)user_data;
}

/* What is asked often finds its rows by an index; when one cannot serve, the server goes over the
 * whole table although it was told to do that only then. */
static void
test_indexes_serve(Case *test) {
  g_autoptr(Store) store = pg_case_open_with(
      test, "session_preload_libraries%3Dauto_explain%20-c%20auto_explain.log_min_duration%3D0"
            "%20-c%20enable_seqscan%3Doff");
  const char *id = "T1";
  gint64 number = 21;
  bool known = false;
  StoreTaker taker = { .owner = anna };
  StoreTask *task = NULL;
  StoreJournalFilter course = { .courseid = 8, .state = -1 },
                     open = { .kind = "link_course", .state = JOURNAL_INTENT };
  sql_in(test->place, "INSERT INTO local_lehrgaengeapi_journal"
                      " (state, run, time, courseid, userid, kind, shortname, person, lehrgang,"
                      "  reason) SELECT 1, 1, 1, n % 500, 1, 'enrol', 's', 'p', 'l', 'r'"
                      " FROM generate_series(1, 5000) AS n; ANALYZE");
  g_autofree char *before = pg_site_log(site);
  WORKS(store, usermap_knows, &number, 1, &known);
  WORKS(store, coursemap_get, &id, 1, &number);
  WORKS(store, usermap_get, &id, 1, &number);
  WORKS(store, journal_read, &course, ignore_entry, NULL);
  WORKS(store, journal_read, &open, ignore_entry, NULL);
  WORKS(store, task_take, &taker, 1000, &task, &known);
  WORKS(store, task_next, NULL, &number);
  WORKS(store, run_reap, NULL, NULL, 1000, NULL);
  g_autofree char *after = pg_site_log(site);
  const char *plans = after + strlen(before);
  g_assert_cmpuint(count_in(plans, "Seq Scan on local_"), ==,
                   count_in(plans, "Seq Scan on local_lehrgaengeapi_lock")); /* a few rows */
  g_assert_cmpuint(count_in(plans, "local_lehrgaengeapi_journal_course"), >=, 1);
  g_assert_cmpuint(count_in(plans, "local_lehrgaengeapi_journal_open"), >=, 1);
  g_assert_cmpuint(count_in(plans, "local_lehrgaengeapi_task_open"), >=, 3);
}

/* What people look for in a long journal is found by an index, though only the newest few are asked
 * for and the server has not counted its rows yet. */
static void
test_journal_indexes_serve(Case *test) {
  enum { MANY = 3000 };
  g_autofree StoreJournalEntry *entries = g_new0(StoreJournalEntry, MANY);
  gint64 first = 0;
  for (guint i = 0; i < MANY; i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol",
                                      .person = i % 1000 == 7 ? "T1" : "T2",
                                      .shortname = i % 1000 == 7 ? "FD-1" : "FD-2",
                                      .courseid = i % 1000 == 7 ? 7 : 8 };
  WORKS(test->store, journal_intend, 1, entries, MANY, 1, &first);
  static const struct {
    const char *index;
    StoreJournalFilter filter;
  } asked[] = {
    { "person", { .person = "T1", .state = -1, .limit = 50, .newest = true } },
    { "shortname", { .shortname = "FD-1", .state = -1, .limit = 50, .newest = true } },
    { "course", { .courseid = 7, .state = -1, .limit = 50, .newest = true } },
    { "run", { .run = 1, .state = -1, .limit = 50, .newest = true } },
    { "failed", { .state = JOURNAL_FAILED, .limit = 50, .newest = true } },
  };
  for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
    g_autofree char *scans = g_strdup_printf(
        "SELECT pg_stat_get_xact_numscans('local_lehrgaengeapi_journal_%s'::regclass)",
        asked[i].index);
    WORKS(test->store, begin, false);
    g_assert_cmpint(pg_case_setting(test->store, scans), ==, 0);
    WORKS(test->store, journal_read, &asked[i].filter, ignore_entry, NULL);
    g_assert_cmpint(pg_case_setting(test->store, scans), ==, 1);
    test->store->class->rollback(test->store);
  }
}

/* Putting what is there, or adding a task again, uses up no numbers. */
static void
test_no_numbers_lost(Case *test) {
  for (guint i = 0; i < 5; i++) {
    case_add_user(test->store, "T1", 21);
    pg_case_add_task(test->store, anna);
  }
  case_add_user(test->store, "T2", 22);
  pg_case_add_task(test->store, bert);
  g_assert_cmpint(sql_in(test->place, "SELECT max(id) FROM local_lehrgaengeapi_usermap"), ==, 2);
  g_assert_cmpint(sql_in(test->place, "SELECT max(id) FROM local_lehrgaengeapi_task"), ==, 2);
}

/* What has a meaning within an array's text is text like any other. */
static void
test_array_texts(Case *test) {
  static const char *const odd[] = { "NULL", "null", "{}", "{a,b}", "a,b", "\"",   "\\",    "\\\"",
                                     " a ",  "'",    "$1", "a\nb",  "ä→😀", "\\\\", "{\"\"}" };
  StoreUserMap rows[G_N_ELEMENTS(odd)];
  gint64 numbers[G_N_ELEMENTS(odd)];
  for (guint i = 0; i < G_N_ELEMENTS(odd); i++)
    rows[i] = (StoreUserMap){ odd[i], 100 + i };
  WORKS(test->store, usermap_put, rows, G_N_ELEMENTS(odd), 1);
  WORKS(test->store, usermap_get, odd, G_N_ELEMENTS(odd), numbers);
  for (guint i = 0; i < G_N_ELEMENTS(odd); i++)
    g_assert_cmpint(numbers[i], ==, 100 + i);
}

/* An id that cannot be pressed into an index is refused, and nothing is half done. */
static void
test_long_id(Case *test) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  g_autofree char *id = g_malloc0(STORE_MAX_KEY + 1);
  g_autoptr(GRand) random = g_rand_new_with_seed(4711);
  for (guint i = 0; i < STORE_MAX_KEY; i++)
    id[i] = letters[g_rand_int_range(random, 0, 64)];
  StoreUserMap rows[] = { { "T1", 21 }, { id, 22 } };
  GError *error = NULL;
  g_assert_false(test->store->class->usermap_put(test->store, rows, 2, 1000, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "too long for PostgreSQL"));
  g_error_free(error);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);
  id[2000] = '\0';
  case_add_user(test->store, id, 22);
}

static void
use_store(const StoreJournalRow *row, gpointer user_data) {
  Store *store = user_data;
  StoreUserMap user = { "T1", row->id };
  FAILS(STORE_ERROR_FAILED, store, usermap_put, &user, 1, 1000);
}

static void
test_used_within(Case *test) {
  StoreJournalEntry entry = { .kind = "enrol" };
  StoreJournalFilter filter = { .state = -1 };
  gint64 first = 0;
  WORKS(test->store, journal_intend, 1, &entry, 1, 1, &first);
  WORKS(test->store, journal_read, &filter, use_store, test->store);
  case_add_user(test->store, "T1", 21);
}

static void
add_own(void) {
  case_add(&harness, "own/migration-fails", test_migration_fails);
  case_add(&harness, "own/journal-indexes-serve", test_journal_indexes_serve);
  case_add(&harness, "own/migration-from-older", test_migration_from_older);
  case_add(&harness, "own/migration-numbers", test_migration_numbers);
  case_add(&harness, "own/columns", test_columns);
  case_add(&harness, "own/durable", test_durable);
  case_add(&harness, "own/session", test_session);
  case_add(&harness, "own/few-statements", test_few_statements);
  case_add(&harness, "own/indexes-serve", test_indexes_serve);
  case_add(&harness, "own/no-numbers-lost", test_no_numbers_lost);
  case_add(&harness, "own/array-texts", test_array_texts);
  case_add(&harness, "own/long-id", test_long_id);
  case_add(&harness, "own/used-within", test_used_within);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const char *why = NULL;
  site = pg_site_new(&why);
  if (site == NULL) {
    g_print("1..0 # SKIP %s\n", why);
    return 0;
  }
  store_contract_add(&harness);
  pg_nodes_add(&harness);
  add_own();
  int result = g_test_run();
  pg_site_free(site);
  return result;
}
