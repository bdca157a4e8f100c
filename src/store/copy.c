/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/copy.h"

#include <string.h>

/* Rows are written in batches of at most so many, or of so much text. */
#define COPY_BATCH_ROWS 500
#define COPY_BATCH_BYTES (1024 * 1024)

static const char *
short_name(const StoreTable *table) {
  const char *prefix = "local_lehrgaengeapi_";
  return g_str_has_prefix(table->name, prefix) ? table->name + strlen(prefix) : table->name;
}

/* ── comparing ── */

/* What a table holds, in two numbers that do not depend on the order of its rows. */
typedef struct {
  guint64 rows, sum;
} Digest;

#define FNV_BASIS G_GUINT64_CONSTANT(14695981039346656037)
#define FNV_PRIME G_GUINT64_CONSTANT(1099511628211)

/* FNV-1a, which tells damage, not malice. */
static guint64
mix(guint64 hash, const void *data, gsize size) {
  const guint8 *bytes = data;
  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * FNV_PRIME;
  return hash;
}

static void
digest_row(Digest *digest, const StoreTable *table, const StoreValue *values) {
  guint64 hash = FNV_BASIS;
  for (guint i = 0; i < table->column_count; i++) {
    if (table->columns[i].type == STORE_COLUMN_INTEGER)
      hash = mix(hash, &values[i].integer, sizeof values[i].integer);
    else if (values[i].text == NULL)
      hash = mix(hash, "\1", 1); /* no text begins so and ends there */
    else
      hash = mix(hash, values[i].text, strlen(values[i].text) + 1);
  }
  digest->rows++;
  digest->sum += hash;
}

/* ── one table ── */

typedef struct {
  Store *to;
  const StoreTable *table;
  GArray *values; /* StoreValue, row by row; texts in `texts` */
  GStringChunk *texts;
  gsize bytes;
  Digest digest;
} Batch;

static bool
flush(Batch *batch, GError **error) {
  guint rows = batch->values->len / batch->table->column_count;
  if (rows > 0 && !batch->to->class->table_write(batch->to, batch->table,
                                                 (const StoreValue *)(gpointer)batch->values->data,
                                                 rows, error))
    return false;
  g_array_set_size(batch->values, 0);
  /* Cleared, a chunk keeps the size it has grown to. */
  g_string_chunk_free(batch->texts);
  batch->texts = g_string_chunk_new(4096);
  batch->bytes = 0;
  return true;
}

static bool
take_row(const StoreValue *values, gpointer user_data, GError **error) {
  Batch *batch = user_data;
  const StoreTable *table = batch->table;
  digest_row(&batch->digest, table, values);
  for (guint i = 0; i < table->column_count; i++) {
    StoreValue value = values[i];
    if (table->columns[i].type == STORE_COLUMN_TEXT && value.text != NULL) {
      batch->bytes += strlen(value.text) + 1;
      value.text = g_string_chunk_insert(batch->texts, value.text);
    }
    g_array_append_val(batch->values, value);
  }
  bool full = batch->values->len >= COPY_BATCH_ROWS * table->column_count ||
              batch->bytes >= COPY_BATCH_BYTES;
  return !full || flush(batch, error);
}

static bool
copy_rows(Store *from, Store *to, const StoreTable *table, Digest *digest, GError **error) {
  Batch batch = { .to = to,
                  .table = table,
                  .values = g_array_new(FALSE, FALSE, sizeof(StoreValue)),
                  .texts = g_string_chunk_new(4096) };
  bool ok = from->class->table_read(from, table, take_row, &batch, error) && flush(&batch, error);
  *digest = batch.digest;
  g_string_chunk_free(batch.texts);
  g_array_unref(batch.values);
  return ok;
}

typedef struct {
  const StoreTable *table;
  Digest digest;
} Reading;

static bool
read_back_row(const StoreValue *values, gpointer user_data, GError **error) {
  (void)error;
  Reading *reading = user_data;
  digest_row(&reading->digest, reading->table, values);
  return true;
}

static bool
check_rows(Store *to, const StoreTable *table, const Digest *expected, GError **error) {
  Reading reading = { .table = table };
  if (!to->class->table_read(to, table, read_back_row, &reading, error))
    return false;
  if (reading.digest.rows == expected->rows && reading.digest.sum == expected->sum)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
              "%s: read back, the table %s holds %" G_GUINT64_FORMAT
              " rows that are not the %" G_GUINT64_FORMAT
              " copied; nothing was kept, the store copied from is unchanged",
              to->class->describe(to), short_name(table), reading.digest.rows, expected->rows);
  return false;
}

/* ── all of them ── */

/* The numbers the tables would give out next; 0 for one without numbers. */
static bool
read_next(Store *store, const StoreTable *tables, guint count, gint64 *next, GError **error) {
  for (guint i = 0; i < count; i++) {
    next[i] = 0;
    if (tables[i].numbered != NULL && !store->class->table_next(store, &tables[i], &next[i], error))
      return false;
  }
  return true;
}

static bool
check_unchanged(Store *from, const StoreTable *tables, guint count, const gint64 *before,
                GError **error) {
  g_autofree gint64 *after = g_new(gint64, count);
  if (!read_next(from, tables, count, after, error))
    return false;
  for (guint i = 0; i < count; i++) {
    if (before[i] == after[i])
      continue;
    g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
                "%s was written to meanwhile (table %s); nothing was copied: see that nobody works "
                "with it, and copy again",
                from->class->describe(from), short_name(&tables[i]));
    return false;
  }
  return true;
}

static bool
copy_table(Store *from, Store *to, const StoreTable *table, gint64 next,
           const StoreCopyHooks *hooks, GError **error) {
  Digest digest = { 0 };
  if (!copy_rows(from, to, table, &digest, error) ||
      (table->numbered != NULL && !to->class->table_renumber(to, table, next, error)) ||
      !check_rows(to, table, &digest, error))
    return false;
  if (hooks->copied != NULL)
    hooks->copied(table, digest.rows, hooks->user_data);
  return true;
}

static bool
find_row(const StoreValue *values, gpointer user_data, GError **error) {
  (void)values;
  *(bool *)user_data = true;
  /* One is enough, and an error is how reading ends early. */
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE, "not empty");
  return false;
}

static bool
check_empty(Store *to, const StoreTable *table, GError **error) {
  bool found = false;
  g_autoptr(GError) why = NULL;
  if (to->class->table_read(to, table, find_row, &found, &why))
    return true;
  if (!found) {
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
              "%s is not empty (table %s has rows); a store is copied only into an empty one: name "
              "a new file or database",
              to->class->describe(to), short_name(table));
  return false;
}

static bool
copy_all(Store *from, Store *to, const StoreCopyHooks *hooks, GError **error) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  g_autofree gint64 *next = g_new(gint64, count);
  for (guint i = 0; i < count; i++)
    if (!check_empty(to, &tables[i], error))
      return false;
  if (!read_next(from, tables, count, next, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (!copy_table(from, to, &tables[i], next[i], hooks, error))
      return false;
  return check_unchanged(from, tables, count, next, error) &&
         (hooks->may_commit == NULL || hooks->may_commit(hooks->user_data, error));
}

bool
store_copy(Store *from, Store *to, const StoreCopyHooks *hooks, GError **error) {
  static const StoreCopyHooks none = { 0 };
  if (!to->class->begin(to, true, error))
    return false;
  if (copy_all(from, to, hooks != NULL ? hooks : &none, error) && to->class->commit(to, error))
    return true;
  to->class->rollback(to);
  return false;
}

/* ── who works with a store ── */

typedef struct {
  const char *own;
  gint64 now;
  StoreOwnerDeadFunc dead;
  StoreLock *holder;
} Search;

static bool
is_own(const char *owner, const char *own) {
  gsize length = strlen(own);
  return strncmp(owner, own, length) == 0 && (owner[length] == '\0' || owner[length] == ' ');
}

static bool
look_at_lock(const StoreValue *values, gpointer user_data, GError **error) {
  (void)error;
  Search *search = user_data;
  const char *owner = values[STORE_LOCK_OWNER].text;
  gint64 expires = values[STORE_LOCK_EXPIRES].integer;
  if (search->holder != NULL || expires <= search->now || is_own(owner, search->own) ||
      (search->dead != NULL && search->dead(owner, NULL)))
    return true;
  search->holder = g_new0(StoreLock, 1);
  search->holder->owner = g_strdup(owner);
  search->holder->acquired = values[STORE_LOCK_ACQUIRED].integer;
  search->holder->expires = expires;
  return true;
}

bool
store_copy_holder(Store *store, const char *own, gint64 now, StoreOwnerDeadFunc dead,
                  StoreLock **holder, GError **error) {
  Search search = { .own = own, .now = now, .dead = dead };
  bool ok = store->class->table_read(store, store_lock_table(), look_at_lock, &search, error);
  *holder = search.holder;
  return ok;
}
