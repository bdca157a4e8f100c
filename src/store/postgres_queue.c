/* What happens to a task: taken, begun, ended, and what an operator asks of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#include <string.h>

/* ── taking ──
 * 1. The owners of running tasks that are gone, found without locking anything.
 * 2. The first task that is due or one of theirs, locked; those that others hold locked are about
 *    to be theirs and are passed over.
 * 3. An owner's end is looked at once more, now that nobody else can touch the row: it may have
 *    renewed its lock meanwhile. If so, on with 2 without that task.
 * 4. When the last attempt began was noted by the server's clock, and is told by the taker's: what
 *    counts is how long ago that was. */

/* The owners of running tasks (or of task $3 only) and whether each lives: whether it holds a lock
 * that has not expired at $1, of its very name, or of its name and more after a blank. */
static const char owners_at_work[] =
    "SELECT owner, EXISTS (SELECT FROM local_lehrgaengeapi_lock AS held"
    "   WHERE held.expires > " POSTGRES_NOW
    "    AND (held.owner = task.owner OR starts_with(held.owner, task.owner || ' ')))::int"
    " FROM (SELECT DISTINCT owner FROM local_lehrgaengeapi_task WHERE state < 2 AND state = 1"
    "   AND ($2::text[] IS NULL OR kind = ANY ($2)) AND ($3::bigint = 0 OR id = $3)) AS task";

/* "state < 2", queued or running, in the very words of the index that holds only those. */
static const char first_task[] =
    "SELECT id, state, owner FROM local_lehrgaengeapi_task WHERE state < 2"
    " AND ((state = 0 AND (due <= $1 OR due > $5)) OR (state = 1 AND owner = ANY ($2::text[])))"
    " AND ($3::text[] IS NULL OR kind = ANY ($3)) AND id <> ALL ($4::bigint[])"
    " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";

/* The server's clock at about the taker's `now`: whatever was waited for since came after both. */
#define BEFORE "coalesce($1::bigint, floor(extract(epoch FROM now()))::bigint)"

typedef struct {
  const StoreTaker *taker;
  gint64 now;
  char room[POSTGRES_NOW_ROOM];
  const char *lock_now;
  GString *kinds;   /* NULL: all; ended */
  GArray *excluded; /* gint64 */
} Take;

static const char *
kinds_of(const Take *take) {
  return take->kinds == NULL ? NULL : take->kinds->str;
}

/* Free with g_string_free(); NULL gives NULL. */
static GString *
array_of_texts(const char *const *texts) {
  if (texts == NULL)
    return NULL;
  GString *array = postgres_array_new();
  for (guint i = 0; texts[i] != NULL; i++)
    postgres_array_add_text(array, texts[i]);
  postgres_array_end(array);
  return array;
}

static GString *
array_of_numbers(const GArray *numbers) {
  GString *array = postgres_array_new();
  for (guint i = 0; i < numbers->len; i++)
    postgres_array_add_int(array, g_array_index(numbers, gint64, i));
  postgres_array_end(array);
  return array;
}

/* The owners that are gone, as an array: of all running tasks, or of task `id` (0: all). */
static GString *
find_gone(PostgresStore *self, const Take *take, gint64 id, GError **error) {
  const StoreTaker *taker = take->taker;
  g_autoptr(PGresult) owners = postgres_conn_ask(self->conn, error, owners_at_work, "ssi",
                                                 take->lock_now, kinds_of(take), id);
  if (owners == NULL)
    return NULL;
  GString *gone = postgres_array_new();
  for (int row = 0; row < PQntuples(owners); row++) {
    const char *owner = postgres_conn_text(owners, row, 0);
    bool lives = postgres_conn_int(owners, row, 1) != 0;
    if (!lives || (taker->dead != NULL && taker->dead(owner, taker->user_data)))
      postgres_array_add_text(gone, owner);
  }
  postgres_array_end(gone);
  return gone;
}

/* Locks one task; *id is 0 when there is none. `gone`: see find_gone(). */
static bool
lock_first(PostgresStore *self, const Take *take, const char *gone, gint64 *id, bool *orphaned,
           GError **error) {
  for (;;) {
    g_autoptr(GString) excluded = array_of_numbers(take->excluded);
    g_autoptr(PGresult) found =
        postgres_conn_ask(self->conn, error, first_task, "isssi", take->now, gone, kinds_of(take),
                          excluded->str, take->now + STORE_TASK_MAX_AHEAD_S);
    if (found == NULL)
      return false;
    *id = PQntuples(found) == 0 ? 0 : postgres_conn_int(found, 0, 0);
    *orphaned = *id != 0 && postgres_conn_int(found, 0, 1) == TASK_RUNNING;
    if (!*orphaned)
      return true;
    g_autoptr(GString) still_gone = find_gone(self, take, *id, error);
    if (still_gone == NULL)
      return false;
    if (strcmp(still_gone->str, "{}") != 0)
      return true;
    g_array_append_val(take->excluded, *id);
  }
}

static bool
take_first(PostgresStore *self, const Take *take, StoreTask **task, bool *orphaned,
           GError **error) {
  gint64 id = 0;
  g_autoptr(GString) gone = find_gone(self, take, 0, error);
  if (gone == NULL || !lock_first(self, take, gone->str, &id, orphaned, error))
    return false;
  if (id == 0)
    return true;
  g_autoptr(PGresult) row =
      postgres_conn_ask(self->conn, error,
                        "UPDATE local_lehrgaengeapi_task SET state = 1, attempts = attempts + 1,"
                        " owner = $2, timemodified = $3 WHERE id = $4"
                        " RETURNING " POSTGRES_TASK_COLUMNS ", " BEFORE,
                        "ssii", take->lock_now, take->taker->owner, take->now, id);
  if (row == NULL)
    return false;
  *task = postgres_task_of_row(row);
  if ((*task)->begun != 0)
    (*task)->begun += take->now - postgres_conn_int(row, 0, POSTGRES_TASK_COLUMN_COUNT);
  return true;
}

static void
note_doubt(PostgresStore *self, const StoreTask *task) {
  self->doubt.id = task->id;
  self->doubt.attempts = task->attempts;
  g_free(self->doubt.owner);
  self->doubt.owner = g_strdup(task->owner);
}

/* That commit may still be under way: its row is waited for, and only then looked at. */
static bool
put_back(PostgresStore *self, GError **error) {
  const PostgresDoubt *doubt = &self->doubt;
  return postgres_conn_run(self->conn, NULL, error,
                           "SELECT FROM local_lehrgaengeapi_task WHERE id = $1 FOR UPDATE", "i",
                           doubt->id) &&
         postgres_conn_run(self->conn, NULL, error,
                           "UPDATE local_lehrgaengeapi_task SET state = 0, owner = '',"
                           " attempts = attempts - 1"
                           " WHERE id = $1 AND state = 1 AND attempts = $2 AND owner = $3",
                           "iis", doubt->id, doubt->attempts, doubt->owner) &&
         postgres_conn_commit(self->conn, error);
}

bool
postgres_queue_settle_doubt(PostgresStore *self, GError **error) {
  if (!postgres_conn_exec(self->conn, "BEGIN ISOLATION LEVEL READ COMMITTED", error))
    return false;
  if (put_back(self, error)) {
    self->doubt.id = 0;
    return true;
  }
  if (postgres_conn_alive(self->conn))
    postgres_conn_exec(self->conn, "ROLLBACK", NULL);
  return false;
}

bool
postgres_queue_take(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task,
                    bool *orphaned, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autoptr(StoreTask) found = NULL;
  g_autoptr(GString) kinds = array_of_texts(taker->kinds);
  g_autoptr(GArray) excluded = g_array_new(FALSE, FALSE, sizeof(gint64));
  bool was_running = false;
  Take take = { .taker = taker, .now = now, .kinds = kinds, .excluded = excluded };
  take.lock_now = postgres_now(self, now, take.room);
  if (taker->excluded_count > 0)
    g_array_append_vals(excluded, taker->excluded, taker->excluded_count);
  if (!postgres_enter(self, POSTGRES_DURABLE, "taking a task", error))
    return false;
  bool ok = store_check_text("the task's owner", taker->owner, STORE_MAX_KEY, &cause) &&
            take_first(self, &take, &found, &was_running, &cause);
  if (!postgres_leave(self, ok, cause, error)) {
    if (ok && found != NULL && !self->open)
      note_doubt(self, found);
    return false;
  }
  *task = g_steal_pointer(&found);
  *orphaned = was_running;
  return true;
}

bool
postgres_queue_held(Store *store, gint64 id, const char *owner, bool *held, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 found = 0;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking whose a task is", error))
    return false;
  bool ok = postgres_conn_get(self->conn, &found, 0, &cause,
                              "SELECT 1 FROM local_lehrgaengeapi_task"
                              " WHERE id = $1 AND state = 1 AND owner = $2",
                              "is", id, owner);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  *held = found == 1;
  return true;
}

bool
postgres_queue_next(Store *store, const char *const *kinds, gint64 *due, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autoptr(GString) array = array_of_texts(kinds);
  if (!postgres_enter(self, POSTGRES_LOOK, "looking when the next task is due", error))
    return false;
  bool ok = postgres_conn_get(self->conn, due, G_MAXINT64, &cause,
                              "SELECT min(due) FROM local_lehrgaengeapi_task"
                              " WHERE state < 2 AND state = 0"
                              " AND ($1::text[] IS NULL OR kind = ANY ($1))",
                              "s", array == NULL ? NULL : array->str);
  return postgres_leave(self, ok, cause, error);
}

/* ── ending ── */

static bool
fail_not_held(const PostgresStore *self, gint64 id, const char *owner, GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no task %" G_GINT64_FORMAT " that runs for %s",
              postgres_conn_name(self->conn), id, owner);
  return false;
}

bool
postgres_queue_begin(Store *store, gint64 id, const char *owner, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  char room[POSTGRES_NOW_ROOM];
  if (!postgres_enter(self, POSTGRES_DURABLE, "beginning a task", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_task SET begun = " POSTGRES_NOW
                              " WHERE id = $2 AND state = 1 AND owner = $3",
                              "sis", now == 0 ? "0" : postgres_now(self, now, room), id, owner) &&
            (touched > 0 || fail_not_held(self, id, owner, &cause));
  return postgres_leave(self, ok, cause, error);
}

/* What becomes of a task that is taken. */
typedef struct {
  StoreTaskState state;
  gint64 due;
  const char *message;
  bool uncounted;
} Outcome;

static bool
end(PostgresStore *self, gint64 id, const char *owner, const Outcome *outcome, gint64 now,
    GError **error) {
  g_autofree char *cut = NULL;
  gint64 touched = 0;
  return postgres_conn_run(self->conn, &touched, error,
                           "UPDATE local_lehrgaengeapi_task SET state = $1::bigint, owner = '',"
                           " error = $2, due = CASE $1::bigint WHEN 0 THEN $3 ELSE due END,"
                           " timemodified = $4, attempts = attempts - $5"
                           " WHERE id = $6 AND state = 1 AND owner = $7",
                           "isiiiis", (gint64)outcome->state,
                           store_cut_reason(outcome->message, &cut), outcome->due, now,
                           (gint64)outcome->uncounted, id, owner) &&
         (touched > 0 || fail_not_held(self, id, owner, error));
}

bool
postgres_queue_end(Store *store, gint64 id, const char *owner, StoreTaskState state, gint64 due,
                   const char *message, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  Outcome outcome = { state, due, message, state == TASK_QUEUED && message == NULL };
  if (state == TASK_RUNNING) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "a task cannot end as \"%s\"; give done, failed or queued",
                store_task_state_word(state));
    return false;
  }
  if (!postgres_enter(self, POSTGRES_DURABLE, "ending a task", error))
    return false;
  bool ok = end(self, id, owner, &outcome, now, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_queue_wait(Store *store, gint64 id, const char *owner, gint64 due, const char *message,
                    gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  Outcome outcome = { TASK_QUEUED, due, message, true };
  if (!postgres_enter(self, POSTGRES_DURABLE, "putting a task back", error))
    return false;
  bool ok = end(self, id, owner, &outcome, now, &cause);
  return postgres_leave(self, ok, cause, error);
}

/* ── asked for by an operator ── */

static bool
fail_not_resting(PostgresStore *self, gint64 id, GError **error) {
  gint64 state = -1;
  if (!postgres_conn_get(self->conn, &state, -1, error,
                         "SELECT state FROM local_lehrgaengeapi_task WHERE id = $1", "i", id))
    return false;
  if (state < 0)
    g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                "%s holds no task %" G_GINT64_FORMAT "; `tasks --all` lists those there are",
                postgres_conn_name(self->conn), id);
  else
    g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
                "task %" G_GINT64_FORMAT " is %s; only a task that is queued or failed can be "
                "tried again or taken out",
                id, state == TASK_RUNNING ? "running" : "done");
  return false;
}

bool
postgres_queue_retry(Store *store, gint64 id, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_DURABLE, "trying a task again", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_task SET state = 0, due = $1::bigint,"
                              " forgiven = attempts, timemodified = $1::bigint"
                              " WHERE id = $2 AND state IN (0, 3)",
                              "ii", now, id) &&
            (touched > 0 || fail_not_resting(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_queue_cancel(Store *store, gint64 id, const char *message, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autofree char *cut = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_DURABLE, "taking a task out", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_task SET state = 3, error = $1,"
                              " timemodified = $2 WHERE id = $3 AND state IN (0, 3)",
                              "sii", store_cut_reason(message, &cut), now, id) &&
            (touched > 0 || fail_not_resting(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}
