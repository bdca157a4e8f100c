/* How the SQLite store does it: what it reads and writes for it, and what waits for the disk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite-case.h"

#include <string.h>

/* ── statements ── */

/* What a PRAGMA says of the store's own connection. */
static gint64
pragma_of(Store *store, const char *sql) {
  sqlite3_stmt *row = NULL;
  g_assert_cmpint(sqlite3_prepare_v2(handle_of(store), sql, -1, &row, NULL), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
  gint64 number = sqlite3_column_int64(row, 0);
  sqlite3_finalize(row);
  return number;
}

static int
count_statement(unsigned int event, void *counter, void *statement, void *sql) {
  (void)event;
  (void)statement;
  (void)sql;
  ++*(guint *)counter;
  return 0;
}

/* Equal outcomes cost a few statements, not one each; so does learning what was known. */
static void
test_settle_is_one_update(Case *test) {
  StoreJournalEntry entries[500];
  StoreJournalOutcome outcomes[500];
  for (guint i = 0; i < 500; i++) {
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .courseid = 7, .userid = 1 + i };
    outcomes[i] = (StoreJournalOutcome){ .state = JOURNAL_DONE, .courseid = 7, .userid = 1 + i };
  }
  gint64 first = 0;
  guint statements = 0;
  WORKS(test->store, journal_intend, 1, entries, 500, 1, &first);
  sqlite3_trace_v2(handle_of(test->store), SQLITE_TRACE_STMT, count_statement, &statements);
  WORKS(test->store, journal_settle, first, outcomes, 500);
  g_assert_cmpuint(statements, <=, 4);
  sqlite3_trace_v2(handle_of(test->store), 0, NULL, NULL);
  g_assert_cmpint(
      test->harness->sql(test->place, "SELECT sum(state) FROM local_lehrgaengeapi_journal"), ==,
      500);
}

static void
count_course(const StoreCourseMap *row, gpointer user_data) {
  (void)row;
  ++*(guint *)user_data;
}

static void
count_entry(const StoreJournalRow *row, gpointer user_data) {
  (void)row;
  ++*(guint *)user_data;
}

static void
ignore_tenant(const StoreTenantRow *row, gpointer user_data) {
  (void)row;
  (void)user_data;
}

/* Steps that statements went over rows without an index since it was asked last. */
static int
steps_without_index(Store *store) {
  sqlite3 *handle = handle_of(store);
  int count = 0;
  for (sqlite3_stmt *each = sqlite3_next_stmt(handle, NULL); each != NULL;
       each = sqlite3_next_stmt(handle, each))
    count += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
  return count;
}

/* What a run asks often, and what is read of one course, finds its rows by an index. */
static void
test_indexes_serve(Case *test) {
  Store *store = test->store;
  const char *id = "T1";
  gint64 number = 21, first = 0;
  guint found = 0;
  bool known = false;
  StoreCourseMap courses[] = { { "T1", "FD", 7 }, { "T2", "FD", 8 }, { "T3", "FD", 9 } };
  StoreUserMap users[] = { { "T1", 21 }, { "T2", 22 }, { "T3", 23 } };
  StoreJournalEntry entries[] = { { .courseid = 7 }, { .courseid = 8 }, { .courseid = 9 } };
  StoreJournalOutcome outcomes[] = { { .state = JOURNAL_DONE }, { .state = JOURNAL_DONE } };
  StoreJournalFilter of_course = { .courseid = 8, .state = -1 };
  steps_without_index(store); /* those of opening */
  WORKS(store, coursemap_put, courses, 3, 1);
  WORKS(store, usermap_put, users, 3, 1);
  WORKS(store, usermap_put, users, 3, 2);
  WORKS(store, journal_intend, 1, entries, 3, 1, &first);
  WORKS(store, journal_settle, first, outcomes, 2);
  WORKS(store, usermap_knows, &number, 1, &known);
  WORKS(store, coursemap_get, &id, 1, &number);
  WORKS(store, usermap_get, &id, 1, &number);
  WORKS(store, coursemap_of_course, 8, count_course, &found);
  WORKS(store, journal_read, &of_course, count_entry, &found);
  g_assert_cmpuint(found, ==, 2);
  g_assert_cmpint(steps_without_index(store), ==, 0);
  WORKS(store, tenant_success_set, "FD", 1, 1);
  WORKS(store, tenant_success_set, "HP", 1, 1);
  WORKS(store, tenant_read, ignore_tenant, NULL);
  g_assert_cmpint(steps_without_index(store), >, 0); /* so this counts */
}

/* The steps of the virtual machine that reading the journal took since it was asked last. */
static int
steps_of_journal(Store *store) {
  sqlite3 *handle = handle_of(store);
  int count = 0;
  for (sqlite3_stmt *each = sqlite3_next_stmt(handle, NULL); each != NULL;
       each = sqlite3_next_stmt(handle, each))
    if (strstr(sqlite3_sql(each), "lehrgang, reason, error") != NULL)
      count += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_VM_STEP, 1);
  return count;
}

/* Whatever people look for in a long journal is found without reading it through, from either
 * end. */
static void
test_journal_indexes_serve(Case *test) {
  enum { MANY = 3000 };
  g_autofree StoreJournalEntry *entries = g_new0(StoreJournalEntry, MANY);
  StoreJournalOutcome failed = { .state = JOURNAL_FAILED, .error = "refused" };
  gint64 first = 0, other = 0;
  for (guint i = 0; i < MANY; i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol",
                                      .person = i % 1000 == 7 ? "T1" : "T2",
                                      .shortname = i % 1000 == 7 ? "FD-1" : "FD-2",
                                      .courseid = i % 1000 == 7 ? 7 : 8 };
  WORKS(test->store, journal_intend, 1, entries, MANY, 1, &first);
  WORKS(test->store, journal_intend, 2, entries + 6, 3, 1, &other);
  WORKS(test->store, journal_settle, other, &failed, 1);
  const StoreJournalFilter filters[] = {
    { .person = "T1", .state = -1 }, { .shortname = "FD-1", .state = -1 },
    { .courseid = 7, .state = -1 },  { .courseid = 8, .person = "T1", .state = -1 },
    { .run = 2, .state = -1 },       { .state = JOURNAL_FAILED }
  };
  for (guint i = 0; i < 2 * G_N_ELEMENTS(filters); i++) {
    StoreJournalFilter filter = filters[i / 2];
    guint found = 0;
    filter.newest = i % 2 == 1;
    steps_of_journal(test->store);
    WORKS(test->store, journal_read, &filter, count_entry, &found);
    g_assert_cmpuint(found, ==, i / 2 < 3 ? 4 : i / 2 == 3 ? 0 : i / 2 == 4 ? 3 : 1);
    g_assert_cmpint(steps_of_journal(test->store), <, 500);
  }
  guint found = 0;
  StoreJournalFilter all = { .kind = "none", .state = -1 };
  WORKS(test->store, journal_read, &all, count_entry, &found);
  g_assert_cmpint(steps_of_journal(test->store), >, MANY); /* so this counts */
}

static int
pages_written(Store *store) {
  int written = 0, highest = 0;
  sqlite3_db_status(handle_of(store), SQLITE_DBSTATUS_CACHE_WRITE, &written, &highest, 1);
  return written;
}

/* A slice of a long journal touches few pages, in whatever order its persons come. */
static void
test_journal_writes_few_pages(Case *test) {
  enum { SLICE = 500, SLICES = 50 };
  StoreJournalEntry entries[SLICE];
  static char persons[SLICE][16];
  guint32 scattered = 1;
  for (guint slice = 0; slice < SLICES; slice++) {
    gint64 first = 0;
    for (guint i = 0; i < SLICE; i++) {
      scattered = scattered * 1664525 + 1013904223;
      g_snprintf(persons[i], sizeof persons[i], "T-%010u", scattered);
      entries[i] = (StoreJournalEntry){ .kind = "enrol", .person = persons[i] };
    }
    pages_written(test->store);
    WORKS(test->store, journal_intend, 1, entries, SLICE, 1, &first);
  }
  int written = pages_written(test->store);
  g_assert_cmpint(written, >, 0);
  g_assert_cmpint(written, <, 100);
}

/* The opcodes of that name in a statement's program. */
static guint
count_opcodes(Store *store, const char *sql, const char *name) {
  g_autofree char *explain = g_strconcat("EXPLAIN ", sql, NULL);
  sqlite3_stmt *row = NULL;
  guint count = 0;
  g_assert_cmpint(sqlite3_prepare_v2(handle_of(store), explain, -1, &row, NULL), ==, SQLITE_OK);
  while (sqlite3_step(row) == SQLITE_ROW)
    count += strcmp((const char *)sqlite3_column_text(row, 1), name) == 0;
  sqlite3_finalize(row);
  return count;
}

/* SQLite makes a table in memory for a list in an index's condition, row by row. */
static void
test_journal_writes_without_tables(Case *test) {
  StoreJournalEntry entry = { .kind = "create_user" };
  StoreJournalOutcome outcome = { .state = JOURNAL_DONE, .userid = 7 };
  gint64 first = 0;
  guint writes = 0, insertions = 0;
  WORKS(test->store, journal_intend, 1, &entry, 1, 1, &first);
  WORKS(test->store, journal_settle, first, &outcome, 1);
  sqlite3 *handle = handle_of(test->store);
  g_autoptr(GPtrArray) sqls = g_ptr_array_new_with_free_func(g_free);
  for (sqlite3_stmt *each = sqlite3_next_stmt(handle, NULL); each != NULL;
       each = sqlite3_next_stmt(handle, each))
    if (!sqlite3_stmt_readonly(each) && strstr(sqlite3_sql(each), "_journal") != NULL)
      g_ptr_array_add(sqls, g_strdup(sqlite3_sql(each)));
  for (guint i = 0; i < sqls->len; i++, writes++) {
    g_assert_cmpuint(count_opcodes(test->store, sqls->pdata[i], "OpenEphemeral"), ==, 0);
    insertions += count_opcodes(test->store, sqls->pdata[i], "IdxInsert");
  }
  g_assert_cmpuint(writes, ==, 2);
  g_assert_cmpuint(insertions, >, 0); /* so this counts */
}

static int
pages_read(Store *store) {
  int read = 0, highest = 0;
  sqlite3_db_status(handle_of(store), SQLITE_DBSTATUS_CACHE_MISS, &read, &highest, 1);
  return read;
}

/* Lists of runs, however chosen, read nothing of their long summaries. */
static void
test_lists_leave_summaries(Case *test) {
  static const char *const fd[] = { "FD", NULL }, *const none[] = { "XX", NULL };
  const StoreRunFilter filters[] = { { .status = -1, .year = -1 },
                                     { .status = -1, .year = -1, .after = 1 },
                                     { .status = RUN_SUCCESS, .year = 2026, .tenants = fd },
                                     { .status = -1, .year = -1, .tenants = none },
                                     { .status = -1, .year = -1, .task = 7 } };
  static const guint expected[] = { 40, 39, 40, 0, 40 };
  g_autofree char *summary = long_text(400 * 1024); /* a hundred pages */
  for (guint i = 0; i < 40; i++) {
    StoreRun run = { .status = RUN_RUNNING, .year = 2026, .tenants = (char *)"HP,FD", .task = 7 };
    WORKS(test->store, run_begin, &run);
    WORKS(test->store, run_end, run.id, RUN_SUCCESS, 2, summary);
    WORKS(test->store, run_totals, run.id, "{\"created\":1}");
  }
  GError *error = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(filters); i++) {
    case_reopen(test);
    pages_read(test->store);
    g_autoptr(GPtrArray) runs = test->store->class->run_find(test->store, &filters[i], &error);
    g_assert_no_error(error);
    g_assert_cmpuint(runs->len, ==, expected[i]);
    g_assert_cmpint(pages_read(test->store), <, 100);
  }
  case_reopen(test);
  pages_read(test->store);
  store_run_free(test->store->class->run_head(test->store, 5, &error));
  g_assert_cmpint(pages_read(test->store), <, 30);
  store_run_free(test->store->class->run_get(test->store, 5, &error));
  g_assert_cmpint(pages_read(test->store), >, 90); /* so this counts */
  g_assert_no_error(error);
}

/* A put that says nothing new writes nothing: another connection sees the file unchanged. */
static void
test_same_put_writes_nothing(Case *test) {
  g_autoptr(Store) other = case_open(test);
  gint64 before = 0, after = 0, changed = 0;
  StoreCourseMap course = { "L", "FD", 11 };
  case_add_user(test->store, "T1", 21);
  WORKS(test->store, coursemap_put, &course, 1, 1000);
  before = pragma_of(other, "PRAGMA data_version");
  case_add_user(test->store, "T1", 21);
  WORKS(test->store, coursemap_put, &course, 1, 2000);
  after = pragma_of(other, "PRAGMA data_version");
  g_assert_cmpint(after, ==, before);
  case_add_user(test->store, "T1", 22);
  changed = pragma_of(other, "PRAGMA data_version");
  g_assert_cmpint(changed, !=, before);
}

static gint64
synchronous(Store *store) {
  gint64 value = 0;
  value = pragma_of(store, "PRAGMA synchronous");
  return value;
}

/* 2 (FULL) while a durable transaction is open, 1 (NORMAL) else, however it ends. */
static void
test_durable(Case *test) {
  Store *store = test->store;
  g_assert_cmpint(synchronous(store), ==, 1);
  WORKS(store, begin, true);
  g_assert_cmpint(synchronous(store), ==, 2);
  case_commit(store);
  g_assert_cmpint(synchronous(store), ==, 1);
  WORKS(store, begin, true);
  store->class->rollback(store);
  g_assert_cmpint(synchronous(store), ==, 1);
  WORKS(store, begin, false);
  g_assert_cmpint(synchronous(store), ==, 1);
  case_commit(store);
}

typedef struct {
  bool full;               /* synchronous is FULL now */
  guint durable, ordinary; /* commits while it was, and else */
} Commits;

static int
note_commit(unsigned int event, void *into, void *statement, void *sql) {
  (void)event;
  (void)statement;
  Commits *commits = into;
  if (strstr(sql, "synchronous=") != NULL)
    commits->full = strstr(sql, "FULL") != NULL;
  else if (strcmp(sql, "COMMIT") == 0)
    *(commits->full ? &commits->durable : &commits->ordinary) += 1;
  return 0;
}

/* Taking and ending a task wait for the disk by themselves; adding one does not. */
static void
test_tasks_are_durable(Case *test) {
  char kind[] = "content_copy";
  StoreTask new_task = { .kind = kind, .subject = kind };
  Commits commits = { 0 };
  StoreTask *task = NULL;
  gint64 id = 0;
  bool orphaned = false;
  sqlite3_trace_v2(handle_of(test->store), SQLITE_TRACE_STMT, note_commit, &commits);
  WORKS(test->store, task_add, &new_task, 1, &id);
  g_assert_cmpuint(commits.ordinary, ==, 1);
  g_assert_cmpuint(commits.durable, ==, 0);
  StoreTaker taker = { .owner = kind };
  WORKS(test->store, task_take, &taker, 1, &task, &orphaned);
  g_assert_cmpuint(commits.durable, ==, 1);
  WORKS(test->store, task_end, task->id, kind, TASK_DONE, 0, NULL, 1);
  g_assert_cmpuint(commits.durable, ==, 2);
  g_assert_cmpuint(commits.ordinary, ==, 1);
  g_assert_cmpint(synchronous(test->store), ==, 1);
  sqlite3_trace_v2(handle_of(test->store), 0, NULL, NULL);
  store_task_free(task);
}

/* What takes rights away waits for the disk by itself; what only tells of their use does not. */
static void
test_rights_are_durable(Case *test) {
  StoreAccount account = { .name = (char *)"anna" };
  StoreToken token = { .name = (char *)"script", .hash = (char *)"abc" };
  StoreAuditRow row = { .action = "import" };
  Commits commits = { 0 };
  sqlite3_trace_v2(handle_of(test->store), SQLITE_TRACE_STMT, note_commit, &commits);
  WORKS(test->store, access->account_add, &account, 1);
  WORKS(test->store, access->account_change, &account, 1);
  WORKS(test->store, access->session_remove_all, account.id, NULL, NULL);
  WORKS(test->store, access->session_remove, "hash");
  WORKS(test->store, access->account_remove, account.id);
  WORKS(test->store, access->token_add, &token, 1);
  WORKS(test->store, access->token_remove, token.id);
  g_assert_cmpuint(commits.durable, ==, 7);
  WORKS(test->store, access->session_touch, "hash", 1);
  WORKS(test->store, access->token_touch, token.id, 1);
  WORKS(test->store, access->audit_add, &row);
  g_assert_cmpuint(commits.durable, ==, 7);
  WORKS(test->store, begin, false); /* an open one decides for itself */
  WORKS(test->store, access->account_add, &account, 1);
  case_commit(test->store);
  g_assert_cmpuint(commits.durable, ==, 7);
  g_assert_cmpint(synchronous(test->store), ==, 1);
  sqlite3_trace_v2(handle_of(test->store), 0, NULL, NULL);
}

void
sqlite_how_add(const StoreHarness *harness) {
  case_add(harness, "own/settle-is-one-update", test_settle_is_one_update);
  case_add(harness, "own/indexes-serve", test_indexes_serve);
  case_add(harness, "own/journal-indexes-serve", test_journal_indexes_serve);
  case_add(harness, "own/journal-writes-few-pages", test_journal_writes_few_pages);
  case_add(harness, "own/journal-writes-without-tables", test_journal_writes_without_tables);
  case_add(harness, "own/lists-leave-summaries", test_lists_leave_summaries);
  case_add(harness, "own/rights-are-durable", test_rights_are_durable);
  case_add(harness, "own/same-put-writes-nothing", test_same_put_writes_nothing);
  case_add(harness, "own/durable", test_durable);
  case_add(harness, "own/tasks-are-durable", test_tasks_are_durable);
}
