/* What the files of the SQLite store share. Each sqlite_NAME.c holds the slots of one part of
 * store.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/db.h"
#include "store/store.h"

typedef struct {
  Store base;
  Db *db;
  char *description;
  bool open;    /* between begin and commit */
  bool durable; /* that one is */
} SqliteStore;

static inline SqliteStore *
sqlite_store(Store *store) {
  return (SqliteStore *)store;
}

/* Turns `cause`, which it frees, into a STORE_ERROR that says what could not be done ("recording a
 * run"). A STORE_ERROR passes with its code. Always false. */
bool sqlite_failed(GError **error, GError *cause, const char *doing);

/* Ends what db_begin() began: commits when `ok`, else undoes it and fails with `cause` as above. */
bool sqlite_finish(SqliteStore *self, bool ok, GError *cause, const char *doing, GError **error);

/* One view for several reads, without keeping writers out. Works inside a transaction too. */
bool sqlite_read_begin(SqliteStore *self, GError **error);
void sqlite_read_end(SqliteStore *self);

/* A transaction whose commit waits for the disk, for slots that are durable by themselves. Inside
 * an open one that one decides, so an open one that is not durable is an error. */
bool sqlite_durable_begin(SqliteStore *self, GError **error);
bool sqlite_durable_finish(SqliteStore *self, bool ok, GError *cause, const char *doing,
                           GError **error); /* as sqlite_finish() */

/* The same, but inside an open one that one decides, durable or not. Ends with
 * sqlite_durable_finish(). */
bool sqlite_lasting_begin(SqliteStore *self, GError **error);

/* A column's text for a struct: never NULL. Free with g_free(). */
char *sqlite_text(sqlite3_stmt *statement, int column);

bool sqlite_run_begin(Store *store, StoreRun *run, GError **error);
bool sqlite_run_progress(Store *store, gint64 id, const char *progress, GError **error);
bool sqlite_run_end(Store *store, gint64 id, RunStatus status, gint64 now, const char *summary,
                    GError **error);
bool sqlite_run_totals(Store *store, gint64 id, const char *totals, GError **error);
bool sqlite_run_counts(Store *store, gint64 *counts, GError **error);
bool sqlite_run_reap(Store *store, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
                     guint *count, GError **error);
/* Sets `error` to that there is no run `id`. Always false. */
bool sqlite_run_not_found(SqliteStore *self, gint64 id, GError **error);

GPtrArray *sqlite_history_list(Store *store, gint64 before, guint limit, GError **error);
GPtrArray *sqlite_history_find(Store *store, const StoreRunFilter *filter, GError **error);
StoreRun *sqlite_history_get(Store *store, gint64 id, GError **error);
StoreRun *sqlite_history_head(Store *store, gint64 id, GError **error);

bool sqlite_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                               GError **error);
bool sqlite_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error);
bool sqlite_tenant_failure_set(Store *store, const char *tenant, gint64 run, gint64 now,
                               const char *why, GError **error);
bool sqlite_tenant_read(Store *store, StoreTenantFunc each, gpointer user_data, GError **error);

extern const StoreAccess sqlite_access;

bool sqlite_map_course_get(Store *store, const char *const *externalids, guint count,
                           gint64 *courseids, GError **error);
bool sqlite_map_course_of(Store *store, gint64 courseid, StoreCourseMapFunc each,
                          gpointer user_data, GError **error);
bool sqlite_map_course_put(Store *store, const StoreCourseMap *rows, guint count, gint64 now,
                           GError **error);
bool sqlite_map_user_get(Store *store, const char *const *externalids, guint count, gint64 *userids,
                         GError **error);
bool sqlite_map_user_knows(Store *store, const gint64 *userids, guint count, bool *known,
                           GError **error);
bool sqlite_map_user_put(Store *store, const StoreUserMap *rows, guint count, gint64 now,
                         GError **error);

bool sqlite_journal_intend(Store *store, gint64 run, const StoreJournalEntry *entries, guint count,
                           gint64 now, gint64 *first, GError **error);
bool sqlite_journal_settle(Store *store, gint64 first, const StoreJournalOutcome *outcomes,
                           guint count, GError **error);
bool sqlite_journal_read(Store *store, const StoreJournalFilter *filter, StoreJournalFunc each,
                         gpointer user_data, GError **error);

bool sqlite_task_add(Store *store, const StoreTask *task, gint64 now, gint64 *id, GError **error);
GPtrArray *sqlite_task_list(Store *store, bool unfinished, guint limit, GError **error);
bool sqlite_task_find(Store *store, const char *kind, const char *subject, StoreTask **task,
                      GError **error);
bool sqlite_task_counts(Store *store, StoreTaskCountFunc each, gpointer user_data, GError **error);
/* *task becomes task `id`, or stays when there is none. */
bool sqlite_task_read(SqliteStore *self, gint64 id, StoreTask **task, GError **error);

bool sqlite_queue_take(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task,
                       bool *orphaned, GError **error);
bool sqlite_queue_held(Store *store, gint64 id, const char *owner, bool *held, GError **error);
bool sqlite_queue_begin(Store *store, gint64 id, const char *owner, gint64 now, GError **error);
bool sqlite_queue_end(Store *store, gint64 id, const char *owner, StoreTaskState state, gint64 due,
                      const char *message, gint64 now, GError **error);
bool sqlite_queue_wait(Store *store, gint64 id, const char *owner, gint64 due, const char *message,
                       gint64 now, GError **error);
bool sqlite_queue_retry(Store *store, gint64 id, gint64 now, GError **error);
bool sqlite_queue_cancel(Store *store, gint64 id, const char *message, gint64 now, GError **error);
bool sqlite_queue_next(Store *store, const char *const *kinds, gint64 *due, GError **error);

bool sqlite_lock_take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                      StoreOwnerDeadFunc dead, gpointer user_data, StoreLock **holder, bool *taken,
                      GError **error);
bool sqlite_lock_renew(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                       bool *held, GError **error);
bool sqlite_lock_drop(Store *store, const char *name, const char *owner, GError **error);
bool sqlite_lock_get(Store *store, const char *name, StoreLock **lock, GError **error);

bool sqlite_schedule_get(Store *store, const char *name, StoreSchedule *schedule, GError **error);
bool sqlite_schedule_put(Store *store, const char *name, const StoreSchedule *schedule,
                         GError **error);

bool sqlite_table_read(Store *store, const StoreTable *table, StoreRowFunc each, gpointer user_data,
                       GError **error);
bool sqlite_table_write(Store *store, const StoreTable *table, const StoreValue *values,
                        guint count, GError **error);
bool sqlite_table_renumber(Store *store, const StoreTable *table, gint64 next, GError **error);
bool sqlite_table_next(Store *store, const StoreTable *table, gint64 *next, GError **error);
