/* Schedules, and whole tables as they move from one store to another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

/* ── schedules ── */

static void
test_schedule(Case *test) {
  g_auto(StoreSchedule) none = { 0 }, kept = { 0 }, other = { 0 };
  char weekly[] = "@weekly", nightly[] = "0 3 * * *";
  StoreSchedule first = { .expression = weekly, .met = 1000, .failures = 3, .retry = 1600 },
                second = { .expression = nightly, .met = G_GINT64_CONSTANT(5000000000) };
  WORKS(test->store, schedule_get, "sync", &none);
  g_assert_cmpstr(none.expression, ==, "");
  g_assert_cmpint(none.met + none.failures + none.retry, ==, 0);
  WORKS(test->store, schedule_put, "sync", &first);
  case_reopen(test);
  WORKS(test->store, schedule_get, "sync", &kept);
  g_assert_cmpstr(kept.expression, ==, weekly);
  g_assert_cmpint(kept.met, ==, 1000);
  g_assert_cmpuint(kept.failures, ==, 3);
  g_assert_cmpint(kept.retry, ==, 1600);
  WORKS(test->store, schedule_put, "sync", &second);
  store_schedule_clear(&kept);
  WORKS(test->store, schedule_get, "sync", &kept);
  g_assert_cmpstr(kept.expression, ==, nightly);
  g_assert_cmpint(kept.met, ==, G_GINT64_CONSTANT(5000000000));
  g_assert_cmpuint(kept.failures, ==, 0);
  g_assert_cmpint(kept.retry, ==, 0);
  WORKS(test->store, schedule_get, "Sync", &other);
  g_assert_cmpstr(other.expression, ==, "");
}

static void
test_schedule_bounds(Case *test) {
  g_autofree char *too_long = long_text(STORE_MAX_KEY + 1);
  StoreSchedule schedule = { .expression = too_long }, empty = { 0 };
  g_auto(StoreSchedule) kept = { 0 };
  FAILS(STORE_ERROR_FAILED, test->store, schedule_put, "sync", &schedule);
  FAILS(STORE_ERROR_FAILED, test->store, schedule_put, too_long, &empty);
  schedule.expression = too_long + 1;
  WORKS(test->store, schedule_put, "sync", &schedule);
  WORKS(test->store, schedule_put, "sync", &empty); /* NULL: none */
  WORKS(test->store, schedule_get, "sync", &kept);
  g_assert_cmpstr(kept.expression, ==, "");
}

/* ── tables ── */

static const StoreTable *
table_of(const char *name) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++)
    if (strcmp(tables[i].name + strlen("local_lehrgaengeapi_"), name) == 0)
      return &tables[i];
  g_assert_not_reached();
}

/* A text that is to come back as it was. */
static const char odd_text[] = "a'b\"c\\d\tÄ\n%s \xF0\x9F\x98\x80 {NULL}";

/* Some value for each column of row `number`: every column's is another. */
static StoreValue
some_value(const StoreTable *table, guint column, guint number) {
  StoreValue value = { .integer = 10 + 100 * (gint64)number + column };
  const StoreColumn *about = &table->columns[column];
  if (about->type == STORE_COLUMN_TEXT) {
    g_autofree char *text = number == 2 && !about->nullable
                                ? g_strdup_printf("%s%u", odd_text, column)
                                : g_strdup_printf("%s of %u", about->name, number);
    value.text = about->nullable && number == 2 ? NULL : g_intern_string(text);
  }
  if (strcmp(about->name, "status") == 0)
    value.text = "success";
  if (number == 1 && column + 1 == table->column_count && value.text == NULL)
    value.integer = G_MININT64;
  return value;
}

#define ROWS 3

static StoreValue *
some_rows(const StoreTable *table) {
  StoreValue *values = g_new0(StoreValue, ROWS * table->column_count);
  for (guint row = 0; row < ROWS; row++)
    for (guint column = 0; column < table->column_count; column++)
      values[row * table->column_count + column] = some_value(table, column, row);
  return values;
}

typedef struct {
  const StoreTable *table;
  const StoreValue *expected; /* NULL: only counted */
  guint rows, most;           /* most: then it wants no more */
} Reading;

static bool
compare_row(const StoreValue *values, gpointer user_data, GError **error) {
  Reading *reading = user_data;
  if (reading->rows == reading->most) {
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "enough");
    return false;
  }
  for (guint i = 0; reading->expected != NULL && i < reading->table->column_count; i++) {
    const StoreValue *expected =
        &reading->expected[reading->rows * reading->table->column_count + i];
    if (reading->table->columns[i].type == STORE_COLUMN_INTEGER)
      g_assert_cmpint(values[i].integer, ==, expected->integer);
    else
      g_assert_cmpstr(values[i].text, ==, expected->text);
  }
  reading->rows++;
  return true;
}

static guint
rows_in(Store *store, const StoreTable *table) {
  Reading reading = { .table = table, .most = G_MAXUINT };
  WORKS(store, table_read, table, compare_row, &reading);
  return reading.rows;
}

/* Every table takes rows and gives them back, in the order of its first column. */
static void
test_round_trip(Case *test) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  g_assert_cmpuint(count, ==, 10);
  for (guint i = 0; i < count; i++) {
    g_autofree StoreValue *values = some_rows(&tables[i]);
    const StoreValue *second = values + tables[i].column_count;
    bool by_text = tables[i].columns[0].type == STORE_COLUMN_TEXT;
    g_assert_cmpuint(rows_in(test->store, &tables[i]), ==, 0);
    WORKS(test->store, begin, true);
    WORKS(test->store, table_write, &tables[i], second, 2);
    WORKS(test->store, table_write, &tables[i], values, 1);
    case_commit(test->store);
    g_autofree StoreValue *sorted = g_new(StoreValue, ROWS * tables[i].column_count);
    gsize size = tables[i].column_count;
    for (guint row = 0; row < ROWS; row++) /* the odd text begins with 'a', before all names */
      memcpy(sorted + (by_text ? (row + 1) % ROWS : row) * size, values + row * size,
             size * sizeof *values);
    Reading reading = { .table = &tables[i], .expected = sorted, .most = G_MAXUINT };
    case_reopen(test);
    WORKS(test->store, table_read, &tables[i], compare_row, &reading);
    g_assert_cmpuint(reading.rows, ==, ROWS);
  }
}

/* What was written with the other slots is what is read. */
static void
test_columns_mean(Case *test) {
  char me[] = "me", kind[] = "mail", subject[] = "s";
  StoreTask task = { .kind = kind, .subject = subject, .due = 55 };
  gint64 id = 0;
  WORKS(test->store, task_add, &task, 7, &id);
  const StoreTable *table = table_of("task");
  g_autofree StoreValue *values = g_new0(StoreValue, table->column_count);
  for (guint i = 0; i < table->column_count; i++) {
    const char *name = table->columns[i].name;
    values[i].text = strcmp(name, "kind") == 0 ? kind : strcmp(name, "subject") == 0 ? subject : "";
    values[i].integer = strcmp(name, "id") == 0                                                 ? id
                        : strcmp(name, "due") == 0                                              ? 55
                        : strcmp(name, "timecreated") == 0 || strcmp(name, "timemodified") == 0 ? 7
                                                                                                : 0;
  }
  Reading reading = { .table = table, .expected = values, .most = G_MAXUINT };
  WORKS(test->store, table_read, table, compare_row, &reading);
  StoreRun run = { .status = RUN_RUNNING, .owner = me };
  WORKS(test->store, run_begin, &run);
  g_assert_cmpuint(rows_in(test->store, table_of("import_run")), ==, 1);
}

static bool
note_lock(const StoreValue *values, gpointer user_data, GError **error) {
  (void)error;
  g_string_append_printf(user_data, "%s: %s %d %d\n", values[STORE_LOCK_NAME].text,
                         values[STORE_LOCK_OWNER].text, (int)values[STORE_LOCK_ACQUIRED].integer,
                         (int)values[STORE_LOCK_EXPIRES].integer);
  return true;
}

/* All locks can be looked at. */
static void
test_locks(Case *test) {
  g_autoptr(GString) text = g_string_new(NULL);
  bool taken = false;
  WORKS(test->store, lock_take, "sync", "anna", 1000, 60, NULL, NULL, NULL, &taken);
  WORKS(test->store, lock_take, "node 1", "bert", 900, 10, NULL, NULL, NULL, &taken);
  WORKS(test->store, table_read, store_lock_table(), note_lock, text);
  g_assert_cmpstr(text->str, ==, "node 1: bert 900 910\nsync: anna 1000 1060\n");
}

/* Whoever reads may end it with an error of its own. */
static void
test_reading_ends(Case *test) {
  const StoreTable *table = table_of("journal");
  g_autofree StoreValue *values = some_rows(table);
  g_autoptr(GError) error = NULL;
  WORKS(test->store, table_write, table, values, ROWS);
  Reading reading = { .table = table, .most = 2 };
  g_assert_false(test->store->class->table_read(test->store, table, compare_row, &reading, &error));
  g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_cmpuint(reading.rows, ==, 2);
  g_assert_cmpuint(rows_in(test->store, table), ==, ROWS);
}

/* A row that is there already is an error, and of that call nothing is written. */
static void
test_write_twice(Case *test) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree StoreValue *values = some_rows(&tables[i]);
    const StoreValue *last = values + 2 * tables[i].column_count;
    WORKS(test->store, table_write, &tables[i], last, 1);
    FAILS(STORE_ERROR_FAILED, test->store, table_write, &tables[i], values, ROWS);
    g_assert_cmpuint(rows_in(test->store, &tables[i]), ==, 1);
    WORKS(test->store, begin, true);
    WORKS(test->store, table_write, &tables[i], values, 1);
    FAILS(STORE_ERROR_FAILED, test->store, table_write, &tables[i], last, 1);
    case_commit(test->store);
    g_assert_cmpuint(rows_in(test->store, &tables[i]), ==, 2);
  }
}

/* A column without a value, where there has to be one. */
static void
test_write_null(Case *test) {
  const StoreTable *table = table_of("usermap");
  StoreValue values[] = { { 1, NULL }, { 2, NULL }, { 0, NULL }, { 4, NULL }, { 5, NULL } };
  g_assert_cmpuint(table->column_count, ==, G_N_ELEMENTS(values));
  FAILS(STORE_ERROR_FAILED, test->store, table_write, table, values, 1);
  g_assert_cmpuint(rows_in(test->store, table), ==, 0);
}

/* ── numbers ── */

static gint64
next_in(Store *store, const StoreTable *table) {
  gint64 next = 0;
  WORKS(store, table_next, table, &next);
  return next;
}

/* Numbers go on above what was written. */
static void
test_numbers_go_on(Case *test) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++) {
    if (tables[i].numbered == NULL)
      continue;
    g_autofree StoreValue *values = some_rows(&tables[i]);
    g_assert_cmpstr(tables[i].numbered, ==, tables[i].columns[0].name);
    g_assert_cmpint(next_in(test->store, &tables[i]), ==, 1);
    WORKS(test->store, begin, true);
    WORKS(test->store, table_renumber, &tables[i], 1); /* of an empty one */
    WORKS(test->store, table_write, &tables[i], values, ROWS);
    WORKS(test->store, table_renumber, &tables[i], 1);
    case_commit(test->store);
    g_assert_cmpint(next_in(test->store, &tables[i]), ==, 211);
  }
  StoreRun run = { .status = RUN_RUNNING };
  char kind[] = "mail";
  StoreTask task = { .kind = kind, .subject = kind };
  StoreJournalEntry entry = { .kind = "enrol" };
  gint64 id = 0, first = 0;
  StoreCourseMap course = { "L", "FD", 11 };
  WORKS(test->store, run_begin, &run);
  g_assert_cmpint(run.id, ==, 211);
  WORKS(test->store, task_add, &task, 1, &id);
  g_assert_cmpint(id, ==, 211);
  WORKS(test->store, journal_intend, run.id, &entry, 1, 1, &first);
  g_assert_cmpint(first, ==, 211);
  WORKS(test->store, coursemap_put, &course, 1, 1000);
  case_add_user(test->store, "T1", 21);
  g_assert_cmpint(next_in(test->store, table_of("coursemap")), ==, 212);
  g_assert_cmpint(next_in(test->store, table_of("usermap")), ==, 212);
}

/* People quote the numbers of runs and tasks, so one is never given twice. */
static void
test_numbers_never_twice(Case *test) {
  const StoreTable *runs = table_of("import_run"), *tasks = table_of("task");
  g_autofree StoreValue *values = some_rows(runs);
  WORKS(test->store, begin, true);
  WORKS(test->store, table_write, runs, values, ROWS);
  WORKS(test->store, table_renumber, runs, 5000);
  WORKS(test->store, table_renumber, tasks, 700); /* an empty one */
  case_commit(test->store);
  case_reopen(test);
  g_assert_cmpint(next_in(test->store, runs), ==, 5000);
  g_assert_cmpint(next_in(test->store, tasks), ==, 700);
  char kind[] = "mail";
  StoreRun run = { .status = RUN_RUNNING };
  StoreTask task = { .kind = kind, .subject = kind };
  gint64 id = 0;
  WORKS(test->store, run_begin, &run);
  g_assert_cmpint(run.id, ==, 5000);
  WORKS(test->store, task_add, &task, 1, &id);
  g_assert_cmpint(id, ==, 700);
  test->harness->sql(test->place, "DELETE FROM local_lehrgaengeapi_import_run WHERE id > 100");
  g_assert_cmpint(next_in(test->store, runs), ==, 5001);
}

void
contract_tables_add(const StoreHarness *harness) {
  case_add(harness, "schedule/kept", test_schedule);
  case_add(harness, "schedule/bounds", test_schedule_bounds);
  case_add(harness, "table/round-trip", test_round_trip);
  case_add(harness, "table/columns-mean", test_columns_mean);
  case_add(harness, "table/locks", test_locks);
  case_add(harness, "table/reading-ends", test_reading_ends);
  case_add(harness, "table/write-twice", test_write_twice);
  case_add(harness, "table/write-null", test_write_null);
  case_add(harness, "table/numbers-go-on", test_numbers_go_on);
  case_add(harness, "table/numbers-never-twice", test_numbers_never_twice);
}
