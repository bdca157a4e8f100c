/* One store copied into another, whatever happens meanwhile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "../contract/store/pg_site.h"
#include "store/copy.h"
#include "store/postgres.h"
#include "store/sqlite.h"

typedef struct {
  char *folder;
  Store *from, *to;
} Pair;

static Store *
open_in(const Pair *pair, const char *name) {
  g_autofree char *path = g_build_filename(pair->folder, name, NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

static void
set_up(Pair *pair, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  pair->folder = g_dir_make_tmp("store-copy-XXXXXX", &error);
  g_assert_no_error(error);
  pair->from = open_in(pair, "from.db");
  pair->to = open_in(pair, "to.db");
}

static void
tear_down(Pair *pair, gconstpointer data) {
  (void)data;
  store_free(pair->from);
  store_free(pair->to);
  g_autoptr(GDir) folder = g_dir_open(pair->folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(folder)) != NULL) {
    g_autofree char *path = g_build_filename(pair->folder, name, NULL);
    g_assert_cmpint(g_remove(path), ==, 0);
  }
  g_assert_cmpint(g_rmdir(pair->folder), ==, 0);
  g_free(pair->folder);
}

#define WORKS(store, slot, ...)                                                                    \
  do {                                                                                             \
    g_autoptr(GError) works_error = NULL;                                                          \
    bool works_ok = (store)->class->slot((store), __VA_ARGS__, &works_error);                      \
    g_assert_no_error(works_error);                                                                \
    g_assert_true(works_ok);                                                                       \
  } while (0)

/* ── what there is to copy ── */

static char me[] = "me", mail[] = "mail";

#define ENTRIES 1203 /* more than two batches */

static void
add_journal(Store *store) {
  gint64 first = 0;
  StoreJournalOutcome outcomes[] = { { .state = JOURNAL_DONE, .courseid = 5, .userid = 7 },
                                     { .state = JOURNAL_FAILED, .error = "refused" } };
  g_autofree StoreJournalEntry *entries = g_new0(StoreJournalEntry, ENTRIES);
  for (guint i = 0; i < ENTRIES; i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .person = "Jörg", .reason = "a\nreason" };
  WORKS(store, journal_intend, 1, entries, ENTRIES, 1000, &first);
  WORKS(store, journal_settle, first, outcomes, 2);
}

static void
add_tasks(Store *store) {
  static const char *const subjects[] = { "done", "failed", "running", "queued", "again" };
  gint64 id = 0;
  for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
    StoreTask task = { .kind = mail,
                       .subject = (char *)subjects[i],
                       .payload = (char *)"{\"an\":\"Müller\"}",
                       .due = i == 3 ? 9000 : 0 };
    WORKS(store, task_add, &task, 1000, &id);
  }
  StoreTaker taker = { .owner = me };
  bool orphaned = false, taken = false;
  WORKS(store, lock_take, "node 1", me, 1000, 60, NULL, NULL, NULL, &taken);
  for (guint i = 0; i < 4; i++) {
    g_autoptr(StoreTask) task = NULL;
    WORKS(store, task_take, &taker, 1001, &task, &orphaned);
    WORKS(store, task_begin, task->id, me, 1002);
  }
  WORKS(store, task_end, 1, me, TASK_DONE, 0, NULL, 1003);
  WORKS(store, task_end, 2, me, TASK_FAILED, 0, "no server", 1003);
  WORKS(store, task_end, 5, me, TASK_QUEUED, 5000, "later", 1003);
  WORKS(store, task_retry, 5, 1004);
}

static void
add_access(Store *store) {
  StoreAccount account = { .name = me,
                           .password = (char *)"$argon2id$",
                           .role = ROLE_ADMIN,
                           .tenants = (char *)"RÜD",
                           .email = (char *)"me@example.org",
                           .language = (char *)"de" };
  StoreAccount removed = { .name = mail };
  StoreToken token = { .name = me,
                       .hash = (char *)"abc",
                       .role = ROLE_OPERATOR,
                       .tenants = (char *)"FD",
                       .timeexpires = 9000 };
  StoreAuditRow row = { .time = 1000,
                        .actor = "cli me",
                        .address = "192.0.2.7",
                        .action = "import",
                        .subject = "2026",
                        .outcome = "ok" };
  StoreAttempts attempts = { 0 };
  WORKS(store, access->account_add, &account, 1000);
  WORKS(store, access->account_change, &account, 1001);
  WORKS(store, access->account_add, &removed, 1000);
  WORKS(store, access->account_remove, removed.id);
  WORKS(store, access->token_add, &token, 1000);
  WORKS(store, access->token_touch, token.id, 1002);
  WORKS(store, access->audit_add, &row);
  StoreSession session = { .hash = me, .account = account.id };
  WORKS(store, access->session_add, &session);
  WORKS(store, access->attempts_add, me, 1000, 60, &attempts);
}

/* Something in every table and column. */
static void
fill(Store *store) {
  StoreRun run = { .year = 2026,
                   .status = RUN_RUNNING,
                   .triggeredby = me,
                   .tenants = (char *)"FD",
                   .owner = me,
                   .timestarted = 900,
                   .task = 3 };
  StoreCourseMap courses[] = { { "L1", "FD", 11 }, { "L2", "RÜD", 12 } };
  StoreUserMap users[] = { { "T1", 21 }, { "T2", 22 }, { "T3", 23 } };
  StoreSchedule schedule = { .expression = (char *)"@weekly", .met = 4, .failures = 2, .retry = 9 };
  g_autofree char *summary = g_strnfill(3 * 1024 * 1024, 'x'); /* more than a batch */
  WORKS(store, run_begin, &run);
  WORKS(store, run_progress, run.id, "{\"phase\":\"fetch\"}");
  WORKS(store, run_end, run.id, RUN_PARTIAL, 950, summary);
  WORKS(store, run_begin, &run);
  WORKS(store, coursemap_put, courses, 2, 1000);
  WORKS(store, usermap_put, users, 3, 1000);
  WORKS(store, tenant_success_set, "FD", 1, 940);
  WORKS(store, tenant_success_set, "RÜD", 2, 941);
  WORKS(store, schedule_put, "sync", &schedule);
  WORKS(store, run_totals, 1, "{\"created\":1}");
  WORKS(store, tenant_failure_set, "RÜD", 2, 942, "no key");
  add_journal(store);
  add_tasks(store);
  add_access(store);
}

/* ── comparing ── */

static bool
append_row(const StoreValue *values, gpointer user_data, GError **error) {
  (void)error;
  gpointer *arguments = user_data;
  const StoreTable *table = arguments[0];
  GString *text = arguments[1];
  for (guint i = 0; i < table->column_count; i++)
    if (table->columns[i].type == STORE_COLUMN_INTEGER)
      g_string_append_printf(text, "%" G_GINT64_FORMAT "|", values[i].integer);
    else
      g_string_append_printf(text, "%s|", values[i].text == NULL ? "<null>" : values[i].text);
  g_string_append_c(text, '\n');
  return true;
}

static char *
dump(Store *store, const StoreTable *table) {
  GString *text = g_string_new(NULL);
  gpointer arguments[] = { (gpointer)table, text };
  WORKS(store, table_read, table, append_row, arguments);
  return g_string_free(text, FALSE);
}

static void
assert_same(Store *one, Store *other) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree char *first = dump(one, &tables[i]), *second = dump(other, &tables[i]);
    g_assert_cmpuint(strlen(first), >, 0);
    g_assert_true(strcmp(first, second) == 0);
    gint64 next = 0, same = 0;
    if (tables[i].numbered == NULL)
      continue;
    WORKS(one, table_next, &tables[i], &next);
    WORKS(other, table_next, &tables[i], &same);
    g_assert_cmpint(same, ==, next);
  }
}

static void
assert_empty(Store *store) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree char *text = dump(store, &tables[i]);
    g_assert_cmpstr(text, ==, "");
    gint64 next = 0;
    if (tables[i].numbered == NULL)
      continue;
    WORKS(store, table_next, &tables[i], &next);
    g_assert_cmpint(next, ==, 1);
  }
}

static void
assert_refused(Pair *pair, const StoreCopyHooks *hooks, StoreError code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_assert_false(store_copy(pair->from, pair->to, hooks, &error));
  g_assert_error(error, STORE_ERROR, (int)code);
  if (strstr(error->message, words) == NULL)
    g_error("“%s” is not in: %s", words, error->message);
}

/* The target gets another method for a slot. */
static StoreClass
class_of(const Store *store) {
  return *store->class;
}

/* ── the tests ── */

static void
on_copied(const StoreTable *table, guint64 rows, gpointer user_data) {
  g_string_append_printf(user_data, "%s %" G_GUINT64_FORMAT "\n",
                         table->name + strlen("local_lehrgaengeapi_"), rows);
}

static void
test_all(Pair *pair, gconstpointer data) {
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) told = g_string_new(NULL);
  StoreCopyHooks hooks = { .copied = on_copied, .user_data = told };
  fill(pair->from);
  g_assert_true(store_copy(pair->from, pair->to, &hooks, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(told->str, ==,
                  "coursemap 2\nusermap 3\nimport_run 2\ntenant 2\njournal 1203\ntask 5\n"
                  "schedule 1\naccount 1\ntoken 1\naudit 1\n");
  store_free(pair->to);
  pair->to = open_in(pair, "to.db");
  assert_same(pair->from, pair->to);
  /* One signs in again. */
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  StoreAttempts attempts = { 99, 99 };
  WORKS(pair->to, access->session_find, me, &session, &account);
  g_assert_null(session);
  WORKS(pair->to, access->attempts_get, me, &attempts);
  g_assert_cmpuint(attempts.failures, ==, 0);
  /* A lock stays where it was taken; so the task that runs is free to be taken over. */
  g_autoptr(StoreLock) lock = NULL;
  WORKS(pair->to, lock_get, "node 1", &lock);
  g_assert_null(lock);
  g_autoptr(StoreTask) task = NULL;
  StoreTaker taker = { .owner = "other" };
  bool orphaned = false;
  WORKS(pair->to, task_take, &taker, 1000, &task, &orphaned);
  g_assert_cmpint(task->id, ==, 3);
  g_assert_true(orphaned);
}

/* Numbers that were given out once are not given out again, even of rows that are gone. */
static void
test_numbers(Pair *pair, gconstpointer data) {
  (void)data;
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < count; i++)
    if (g_str_has_suffix(tables[i].name, "import_run") || g_str_has_suffix(tables[i].name, "task"))
      WORKS(pair->from, table_renumber, &tables[i], 400);
  g_assert_true(store_copy(pair->from, pair->to, NULL, &error));
  g_assert_no_error(error);
  StoreRun run = { .status = RUN_RUNNING };
  StoreTask task = { .kind = mail, .subject = mail };
  gint64 id = 0;
  WORKS(pair->to, run_begin, &run);
  WORKS(pair->to, task_add, &task, 1, &id);
  g_assert_cmpint(run.id, ==, 400);
  g_assert_cmpint(id, ==, 400);
}

static void
test_not_empty(Pair *pair, gconstpointer data) {
  (void)data;
  StoreSchedule schedule = { .met = 5 };
  fill(pair->from);
  WORKS(pair->to, schedule_put, "sync", &schedule); /* the last table */
  assert_refused(pair, NULL, STORE_ERROR_STATE, "not empty (table schedule");
  StoreUserMap user = { "T9", 9 };
  WORKS(pair->to, usermap_put, &user, 1, 1);
  assert_refused(pair, NULL, STORE_ERROR_STATE, "not empty (table usermap");
  gint64 userid = 0;
  WORKS(pair->to, usermap_get, &user.externalid, 1, &userid);
  g_assert_cmpint(userid, ==, 9);
}

static const StoreClass *real; /* of the store that fails */
static guint writes_until_failure;

static bool
failing_write(Store *store, const StoreTable *table, const StoreValue *values, guint count,
              GError **error) {
  if (writes_until_failure-- > 0)
    return real->table_write(store, table, values, count, error);
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "the disk is full");
  return false;
}

/* Wherever it fails, nothing is left, and the next try works. */
static void
test_failure(Pair *pair, gconstpointer data) {
  (void)data;
  fill(pair->from);
  real = pair->to->class;
  StoreClass failing = class_of(pair->to);
  failing.table_write = failing_write;
  guint failures = 0;
  for (guint writes = 0;; writes++) {
    g_autoptr(GError) error = NULL;
    writes_until_failure = writes;
    pair->to->class = &failing;
    bool ok = store_copy(pair->from, pair->to, NULL, &error);
    pair->to->class = real;
    if (ok)
      break;
    g_assert_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE);
    assert_empty(pair->to);
    failures++;
  }
  g_assert_cmpuint(failures, >=, 9); /* each table at least, the journal in three batches */
  assert_same(pair->from, pair->to);
}

static bool
damaging_write(Store *store, const StoreTable *table, const StoreValue *values, guint count,
               GError **error) {
  gsize size = (gsize)count * table->column_count;
  g_autofree StoreValue *copy = g_memdup2(values, size * sizeof *values);
  if (g_str_has_suffix(table->name, "usermap"))
    copy[size - 1].integer++;
  return real->table_write(store, table, copy, count, error);
}

static bool
losing_write(Store *store, const StoreTable *table, const StoreValue *values, guint count,
             GError **error) {
  return real->table_write(store, table, values, MIN(count, 1), error);
}

/* What arrives is read back and compared. */
static void
test_damage(Pair *pair, gconstpointer data) {
  (void)data;
  fill(pair->from);
  real = pair->to->class;
  StoreClass damaging = class_of(pair->to);
  damaging.table_write = damaging_write;
  pair->to->class = &damaging;
  assert_refused(pair, NULL, STORE_ERROR_FAILED,
                 "the table usermap holds 3 rows that are not the 3");
  damaging.table_write = losing_write;
  assert_refused(pair, NULL, STORE_ERROR_FAILED, "the table coursemap holds 1 rows");
  pair->to->class = real;
  assert_empty(pair->to);
}

static void
write_to_source(const StoreTable *table, guint64 rows, gpointer user_data) {
  (void)rows;
  Pair *pair = user_data;
  StoreUserMap user = { "late", 77 };
  if (g_str_has_suffix(table->name, "task"))
    WORKS(pair->from, usermap_put, &user, 1, 2000);
}

/* A row that came after its table was copied is not left behind in silence. */
static void
test_written_meanwhile(Pair *pair, gconstpointer data) {
  (void)data;
  fill(pair->from);
  StoreCopyHooks hooks = { .copied = write_to_source, .user_data = pair };
  assert_refused(pair, &hooks, STORE_ERROR_STATE, "was written to meanwhile (table usermap)");
  assert_empty(pair->to);
}

static bool
refuse(gpointer user_data, GError **error) {
  (void)user_data;
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE, "somebody came");
  return false;
}

static void
test_may_not_commit(Pair *pair, gconstpointer data) {
  (void)data;
  fill(pair->from);
  StoreCopyHooks hooks = { .may_commit = refuse };
  assert_refused(pair, &hooks, STORE_ERROR_STATE, "somebody came");
  assert_empty(pair->to);
}

/* ── from one kind of store to another ── */

static Store *
open_database(const PgSite *site, const char *database) {
  g_autofree char *url = pg_site_url(site, database);
  g_autoptr(GError) error = NULL;
  Store *store = store_postgres_open(url, &error);
  g_assert_no_error(error);
  return store;
}

static void
assert_copies(Store *from, Store *to) {
  g_autoptr(GError) error = NULL;
  store_copy(from, to, NULL, &error);
  g_assert_no_error(error);
  assert_same(from, to);
}

/* Into a database, from there into another, and back into a file: nothing is different after it. */
static void
test_postgres(Pair *pair, gconstpointer data) {
  (void)data;
  const char *why = NULL;
  g_autoptr(PgSite) site = pg_site_new(&why);
  if (site == NULL) {
    g_test_skip(why);
    return;
  }
  g_autofree char *one = pg_site_database_new(site);
  g_autofree char *two = pg_site_database_new(site);
  g_autoptr(Store) first = open_database(site, one), second = open_database(site, two);
  fill(pair->from);
  assert_copies(pair->from, first);
  assert_copies(first, second);
  assert_copies(second, pair->to);
  assert_same(pair->from, pair->to);

  /* What a failure in the middle had begun is undone there, too. */
  g_autofree char *three = pg_site_database_new(site);
  g_autoptr(Store) third = open_database(site, three);
  StoreCopyHooks hooks = { .may_commit = refuse };
  g_autoptr(GError) error = NULL;
  g_assert_false(store_copy(first, third, &hooks, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree char *text = dump(third, &tables[i]);
    g_assert_cmpstr(text, ==, "");
  }
  assert_copies(first, third);
  g_clear_error(&error);
  g_assert_false(store_copy(pair->from, first, NULL, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
}

/* ── who works with a store ── */

static bool
is_bert(const char *owner, gpointer user_data) {
  (void)user_data;
  return strcmp(owner, "bert") == 0;
}

static char *
holder(Store *store, gint64 now) {
  g_autoptr(StoreLock) lock = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_true(store_copy_holder(store, "anna", now, is_bert, &lock, &error));
  g_assert_no_error(error);
  return lock == NULL
             ? NULL
             : g_strdup_printf("%s %d %d", lock->owner, (int)lock->acquired, (int)lock->expires);
}

static void
test_holder(Pair *pair, gconstpointer data) {
  (void)data;
  Store *store = pair->from;
  bool taken = false;
  g_assert_null(holder(store, 1000));
  WORKS(store, lock_take, "a", "anna", 1000, 900, NULL, NULL, NULL, &taken);
  WORKS(store, lock_take, "b", "anna lease=1", 1000, 900, NULL, NULL, NULL, &taken);
  WORKS(store, lock_take, "c", "bert", 1000, 900, NULL, NULL, NULL, &taken); /* dead */
  WORKS(store, lock_take, "d", "cora", 1000, 60, NULL, NULL, NULL, &taken);
  g_autofree char *cora = holder(store, 1059);
  g_assert_cmpstr(cora, ==, "cora 1000 1060");
  g_assert_null(holder(store, 1060)); /* expired */
  WORKS(store, lock_take, "e", "annabell", 1000, 900, NULL, NULL, NULL, &taken);
  g_autofree char *annabell = holder(store, 1060);
  g_assert_cmpstr(annabell, ==, "annabell 1000 1900");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/store-copy/all", Pair, NULL, set_up, test_all, tear_down);
  g_test_add("/store-copy/numbers", Pair, NULL, set_up, test_numbers, tear_down);
  g_test_add("/store-copy/not-empty", Pair, NULL, set_up, test_not_empty, tear_down);
  g_test_add("/store-copy/failure", Pair, NULL, set_up, test_failure, tear_down);
  g_test_add("/store-copy/damage", Pair, NULL, set_up, test_damage, tear_down);
  g_test_add("/store-copy/written-meanwhile", Pair, NULL, set_up, test_written_meanwhile,
             tear_down);
  g_test_add("/store-copy/may-not-commit", Pair, NULL, set_up, test_may_not_commit, tear_down);
  g_test_add("/store-copy/postgres", Pair, NULL, set_up, test_postgres, tear_down);
  g_test_add("/store-copy/holder", Pair, NULL, set_up, test_holder, tear_down);
  return g_test_run();
}
