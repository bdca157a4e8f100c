/* What the files of the PostgreSQL store share. Each postgres_NAME.c holds the slots of one part of
 * store.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/postgres.h"
#include "store/postgres_conn.h"

/* Rows written by one statement, which bounds what it takes in memory (some 10 MB at the worst). */
#define POSTGRES_ROWS 500

/* Tells this program's advisory locks from others' in the same database; the second number is what
 * it is about. */
#define POSTGRES_LOCKS "1818585202" /* "lehr" */

/* The time in a statement: parameter 1, or the server's clock when that is NULL, as postgres_now()
 * gives it. */
#define POSTGRES_NOW "coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()))::bigint)"

/* A task taken for `owner` by a commit of which nobody knows whether it came about. */
typedef struct {
  gint64 id; /* 0: there is none */
  gint64 attempts;
  char *owner;
} PostgresDoubt;

typedef struct {
  Store base;
  PostgresConn *conn;
  StorePostgresFlags flags;
  bool open;         /* between begin and commit */
  bool durable;      /* that one is */
  bool undone;       /* it broke: everything fails until rollback */
  const char *doing; /* the slot at work, for messages; NULL: none */
  bool alone;        /* it has its own transaction, to be ended with it */
  bool wrote;        /* it writes, within an open one */
  PostgresDoubt doubt;
} PostgresStore;

static inline PostgresStore *
postgres_store(Store *store) {
  return (PostgresStore *)store;
}

typedef enum {
  POSTGRES_LOOK,    /* one reading statement */
  POSTGRES_VIEW,    /* several, which see the same */
  POSTGRES_ONE,     /* one writing statement */
  POSTGRES_WRITE,   /* several statements, all or none */
  POSTGRES_DURABLE, /* the same, and on the disk; in an open transaction that is not, an error */
} PostgresScope;

/* Every slot begins with enter and, when that succeeded, ends with leave. Within an open
 * transaction what lies between undoes only itself when it fails; else it is a transaction by
 * itself. `doing` says what could not be done ("recording a run") and must stay. */
bool postgres_enter(PostgresStore *self, PostgresScope scope, const char *doing, GError **error);

/* Keeps what was done when `ok`, else undoes it and fails with `cause`, which it frees. */
bool postgres_leave(PostgresStore *self, bool ok, GError *cause, GError **error);

/* `now` as the parameter of POSTGRES_NOW: a text in `room`, or NULL for the server's clock. */
#define POSTGRES_NOW_ROOM 24
const char *postgres_now(const PostgresStore *self, gint64 now, char *room);

/* A column's text for a struct: never NULL. Free with g_free(). */
char *postgres_text(const PGresult *result, int row, int column);

bool postgres_run_begin(Store *store, StoreRun *run, GError **error);
bool postgres_run_progress(Store *store, gint64 id, const char *progress, GError **error);
bool postgres_run_end(Store *store, gint64 id, RunStatus status, gint64 now, const char *summary,
                      GError **error);
bool postgres_run_totals(Store *store, gint64 id, const char *totals, GError **error);
bool postgres_run_counts(Store *store, gint64 *counts, GError **error);
bool postgres_run_reap(Store *store, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
                       guint *count, GError **error);
/* Sets `error` to that there is no run `id`. Always false. */
bool postgres_run_not_found(const PostgresStore *self, gint64 id, GError **error);

GPtrArray *postgres_history_list(Store *store, gint64 before, guint limit, GError **error);
GPtrArray *postgres_history_find(Store *store, const StoreRunFilter *filter, GError **error);
StoreRun *postgres_history_get(Store *store, gint64 id, GError **error);
StoreRun *postgres_history_head(Store *store, gint64 id, GError **error);

bool postgres_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                                 GError **error);
bool postgres_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error);
bool postgres_tenant_failure_set(Store *store, const char *tenant, gint64 run, gint64 now,
                                 const char *why, GError **error);
bool postgres_tenant_read(Store *store, StoreTenantFunc each, gpointer user_data, GError **error);

extern const StoreAccess postgres_access;

bool postgres_map_course_get(Store *store, const char *const *externalids, guint count,
                             gint64 *courseids, GError **error);
bool postgres_map_course_of(Store *store, gint64 courseid, StoreCourseMapFunc each,
                            gpointer user_data, GError **error);
bool postgres_map_course_put(Store *store, const StoreCourseMap *rows, guint count, gint64 now,
                             GError **error);
bool postgres_map_user_get(Store *store, const char *const *externalids, guint count,
                           gint64 *userids, GError **error);
bool postgres_map_user_knows(Store *store, const gint64 *userids, guint count, bool *known,
                             GError **error);
bool postgres_map_user_put(Store *store, const StoreUserMap *rows, guint count, gint64 now,
                           GError **error);

bool postgres_journal_intend(Store *store, gint64 run, const StoreJournalEntry *entries,
                             guint count, gint64 now, gint64 *first, GError **error);
bool postgres_journal_settle(Store *store, gint64 first, const StoreJournalOutcome *outcomes,
                             guint count, GError **error);
bool postgres_journal_read(Store *store, const StoreJournalFilter *filter, StoreJournalFunc each,
                           gpointer user_data, GError **error);

bool postgres_task_add(Store *store, const StoreTask *task, gint64 now, gint64 *id, GError **error);
GPtrArray *postgres_task_list(Store *store, bool unfinished, guint limit, GError **error);
bool postgres_task_find(Store *store, const char *kind, const char *subject, StoreTask **task,
                        GError **error);
bool postgres_task_counts(Store *store, StoreTaskCountFunc each, gpointer user_data,
                          GError **error);
/* The columns of a StoreTask, and one from row 0 of a result that begins with them. */
#define POSTGRES_TASK_COLUMNS                                                                      \
  "id, kind, subject, state, attempts, due, owner, error, timecreated, timemodified, payload, "    \
  "begun, forgiven"
#define POSTGRES_TASK_COLUMN_COUNT 13
StoreTask *postgres_task_of_row(const PGresult *row);

bool postgres_queue_take(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task,
                         bool *orphaned, GError **error);
bool postgres_queue_held(Store *store, gint64 id, const char *owner, bool *held, GError **error);
bool postgres_queue_begin(Store *store, gint64 id, const char *owner, gint64 now, GError **error);
bool postgres_queue_end(Store *store, gint64 id, const char *owner, StoreTaskState state,
                        gint64 due, const char *message, gint64 now, GError **error);
bool postgres_queue_wait(Store *store, gint64 id, const char *owner, gint64 due,
                         const char *message, gint64 now, GError **error);
bool postgres_queue_retry(Store *store, gint64 id, gint64 now, GError **error);
bool postgres_queue_cancel(Store *store, gint64 id, const char *message, gint64 now,
                           GError **error);
bool postgres_queue_next(Store *store, const char *const *kinds, gint64 *due, GError **error);
/* Puts back the task in doubt, if it was taken. On a fresh connection, outside a transaction. */
bool postgres_queue_settle_doubt(PostgresStore *self, GError **error);

bool postgres_lock_take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                        StoreOwnerDeadFunc dead, gpointer user_data, StoreLock **holder,
                        bool *taken, GError **error);
bool postgres_lock_renew(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                         bool *held, GError **error);
bool postgres_lock_drop(Store *store, const char *name, const char *owner, GError **error);
bool postgres_lock_get(Store *store, const char *name, StoreLock **lock, GError **error);

bool postgres_schedule_get(Store *store, const char *name, StoreSchedule *schedule, GError **error);
bool postgres_schedule_put(Store *store, const char *name, const StoreSchedule *schedule,
                           GError **error);

bool postgres_table_read(Store *store, const StoreTable *table, StoreRowFunc each,
                         gpointer user_data, GError **error);
bool postgres_table_write(Store *store, const StoreTable *table, const StoreValue *values,
                          guint count, GError **error);
bool postgres_table_renumber(Store *store, const StoreTable *table, gint64 next, GError **error);
bool postgres_table_next(Store *store, const StoreTable *table, gint64 *next, GError **error);
