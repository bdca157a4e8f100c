/* What the service remembers: runs, maps, journal, tasks, the lock. A backend is a const struct of
 * functions behind a Store. One Store per thread (and connection). Every function returns false and
 * a STORE_ERROR when the store failed; nothing is half done then. Tables keep the plugin's names
 * and columns (DESIGN, Interfaces); times are Unix seconds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/access.h"

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);
typedef enum {
  STORE_ERROR_FAILED,
  STORE_ERROR_UNAVAILABLE, /* locked, gone, disk full: later it may work */
  STORE_ERROR_VERSION,     /* written by a newer version of this program */
  STORE_ERROR_NOT_FOUND,   /* no such run or task */
  STORE_ERROR_STATE,       /* the task is in a state in which that cannot be asked for; a name is
                              taken */
} StoreError;

/* ── limits ──
 * In bytes, the same for every backend. A longer text is refused with STORE_ERROR_FAILED before
 * anything is written; only what explains (a reason, an error) is cut instead, because a long
 * explanation must not lose the record. Texts are valid UTF-8; NULL is stored as "". */

#define STORE_MAX_KEY 4096    /* ids, names, words, owners */
#define STORE_MAX_REASON 4096 /* a journal entry's reason, an entry's or a task's error; cut */
#define STORE_MAX_PROGRESS (64 * 1024)       /* a run's progress, a task's payload */
#define STORE_MAX_SUMMARY (16 * 1024 * 1024) /* a run's summary */

/* For backends: whether `text` (NULL is fine) keeps to `max`; the error calls it `what`. */
bool store_check_text(const char *what, const char *text, gsize max, GError **error);

/* For backends: `text` itself when it keeps to STORE_MAX_REASON, else a cut copy that `*copy`
 * (which must be NULL) owns. NULL gives "". */
const char *store_cut_reason(const char *text, char **copy);

/* ── runs ── */

typedef enum {
  RUN_RUNNING,
  RUN_SUCCESS,
  RUN_PARTIAL,
  RUN_ERROR,
  RUN_SKIPPED,
  RUN_HELD,
  RUN_INTERRUPTED,
} RunStatus;
#define RUN_STATUSES (RUN_INTERRUPTED + 1)
const char *run_status_word(RunStatus status);
bool run_status_parse(const char *word, RunStatus *status);

typedef struct {
  gint64 id;
  gint year; /* 0: no year filter */
  RunStatus status;
  char *triggeredby;             /* "scheduler", or who started it */
  char *tenants;                 /* comma-separated abbreviations, "" for all */
  char *owner;                   /* the process, as lease_owner() writes it */
  gint64 timestarted, timeended; /* timeended 0 while running */
  gint64 task;                   /* the import that asked for it; 0: none */
  char *totals;                  /* JSON: what the history tells of it, "" until the end */
  char *progress;                /* JSON, "" when none */
  char *summary;                 /* JSON, "" until the end; left out by list */
} StoreRun;
void store_run_free(StoreRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreRun, store_run_free)

/* Which runs; fields that are 0, NULL or −1 as told do not limit. */
typedef struct {
  gint64 before; /* ids below; newest first */
  gint64 after;  /* ids above: the `limit` ones next to it, newest first, too */
  guint limit;
  gint status;                /* a RunStatus, or −1 for any */
  gint year;                  /* −1: any; 0: those without a year */
  const char *const *tenants; /* any of these, or all tenants; NULL-terminated */
  gint64 task;
} StoreRunFilter;

/* ── tenants ── */

/* How the last runs fared with a tenant; 0 and "" where there was none. */
typedef struct {
  const char *tenant;
  gint64 success_run, timesuccess;
  gint64 failure_run, timefailure;
  const char *failure; /* why */
} StoreTenantRow;
typedef void (*StoreTenantFunc)(const StoreTenantRow *row,
                                gpointer user_data); /* texts live until it returns */

/* ── maps ── */

typedef struct {
  const char *externalid; /* the Lehrgang's id */
  const char *tenant;     /* abbreviation of the tenant that listed it */
  gint64 courseid;
} StoreCourseMap;
typedef void (*StoreCourseMapFunc)(const StoreCourseMap *row,
                                   gpointer user_data); /* texts live until it returns */

typedef struct {
  const char *externalid; /* the Teilnehmer's id; column externalinitialid */
  gint64 userid;
} StoreUserMap;

/* ── journal ── */

/* One step's intent, and later its outcome: what was done when to whom, and why. Numbers that are
 * not known yet are 0. */
typedef struct {
  const char *kind; /* "create_course", "enrol", …: the step's word */
  gint64 courseid;
  const char *shortname; /* of the course, "" when the step has none */
  gint64 userid;
  const char *person;   /* the Teilnehmer's id, "" when the step has none */
  const char *lehrgang; /* the Lehrgang's id that asked for it, "" when none */
  const char *reason; /* "S033_EINBERUFEN_KREIS → EINBERUFEN → angemeldet", or the rule's words */
} StoreJournalEntry;

typedef enum { JOURNAL_INTENT, JOURNAL_DONE, JOURNAL_FAILED } StoreJournalState;

typedef struct {
  StoreJournalState state;
  gint64 courseid, userid; /* now known; 0 leaves the entry's */
  const char *error;       /* for JOURNAL_FAILED; NULL else */
} StoreJournalOutcome;

typedef struct {
  gint64 id, run, time;
  StoreJournalEntry entry;
  StoreJournalState state;
  const char *error; /* NULL unless JOURNAL_FAILED */
} StoreJournalRow;
typedef void (*StoreJournalFunc)(const StoreJournalRow *row,
                                 gpointer user_data); /* texts live until it returns */

/* Which rows; fields that are 0 or NULL do not limit. */
typedef struct {
  gint64 run;
  const char *kind, *shortname, *person;
  gint64 courseid;
  gint state;    /* a StoreJournalState, or −1 for any */
  guint limit;   /* 0: all */
  bool newest;   /* descending ids, else ascending */
  gint64 before; /* ids below */
} StoreJournalFilter;

/* ── tasks ── */

typedef enum { TASK_QUEUED, TASK_RUNNING, TASK_DONE, TASK_FAILED } StoreTaskState;
const char *store_task_state_word(StoreTaskState state);

typedef struct {
  gint64 id;
  char *kind;    /* "content_copy", "import", "mail" … */
  char *subject; /* what it is about, unique per kind among all tasks: a second of the same is not
                    added */
  char *payload; /* JSON, the kind's business */
  StoreTaskState state;
  guint attempts; /* begun */
  guint forgiven; /* of these, how many lie before the last task_retry */
  gint64 due;     /* not before */
  gint64 begun;   /* when the last attempt began of which task_begin was told; 0: none yet. From
                     task_take by the taker's clock, whoever began it. */
  char *owner;    /* of the running one, else "" */
  char *error;    /* the last one, else "" */
  gint64 timecreated, timemodified;
} StoreTask;

/* Longer than anything is put off. A queued task that is due later than that from now got its due
 * time from a clock that was wrong, and is due. */
#define STORE_TASK_MAX_AHEAD_S ((gint64)8 * 24 * 60 * 60)

static inline bool
store_task_is_due(gint64 due, gint64 now) {
  return due <= now || due > now + STORE_TASK_MAX_AHEAD_S;
}

void store_task_free(StoreTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreTask, store_task_free)

/* How many tasks of a kind there are in each state (index: StoreTaskState). */
#define TASK_STATES (TASK_FAILED + 1)
typedef void (*StoreTaskCountFunc)(const char *kind, const gint64 *counts,
                                   gpointer user_data); /* texts live until it returns */

/* ── lock ── */

typedef struct {
  char *owner;
  gint64 acquired, expires;
} StoreLock;
void store_lock_free(StoreLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreLock, store_lock_free)

/* Whether the process that `owner` names is known to be dead. False when it lives or nobody can
 * tell. Called while the store is locked, so it must neither wait nor use the store. Where one is
 * asked for, NULL means that nobody is known to be dead. */
typedef bool (*StoreOwnerDeadFunc)(const char *owner, gpointer user_data);

/* Who takes a task, and which. */
typedef struct {
  const char *owner; /* as lease_owner() writes it */
  StoreOwnerDeadFunc dead;
  gpointer user_data;
  const char *const *kinds; /* NULL-terminated; NULL: all */
  const gint64 *excluded;   /* ids not wanted; may be NULL */
  guint excluded_count;
} StoreTaker;

/* ── schedules ── */

/* What is kept of a schedule, so that nodes that share a store do what is due once (SPEC 6). */
typedef struct {
  char *expression; /* as configured when it was last adopted; "" : never */
  gint64 met;       /* the latest due time that needs nothing more; 0: none */
  guint failures;   /* attempts at the next one that failed, were cut short or found it busy */
  gint64 retry;     /* no attempt before; 0: at once */
} StoreSchedule;
void store_schedule_clear(StoreSchedule *schedule);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StoreSchedule, store_schedule_clear)

/* ── whole tables, for moving from one store to another ── */

typedef struct {
  const char *name;
  enum { STORE_COLUMN_INTEGER, STORE_COLUMN_TEXT } type;
  bool nullable; /* a text only */
} StoreColumn;

typedef struct {
  const char *name; /* "local_lehrgaengeapi_usermap" */
  const StoreColumn *columns;
  guint column_count;
  const char *numbered; /* the column that counts up by itself; NULL: none */
} StoreTable;

/* All tables that hold what is to be remembered, the same in every backend; not those of a
 * backend's own (migrations). */
const StoreTable *store_tables(guint *count);

/* The locks, to look at all of them. Not among store_tables(): a lock is held in one store. */
const StoreTable *store_lock_table(void);
enum { STORE_LOCK_NAME, STORE_LOCK_OWNER, STORE_LOCK_ACQUIRED, STORE_LOCK_EXPIRES };

typedef struct {
  gint64 integer;   /* of an integer column */
  const char *text; /* of a text column; NULL: SQL's NULL */
} StoreValue;

/* One row's values, one per column, which live until it returns. False with `error` ends the
 * reading. */
typedef bool (*StoreRowFunc)(const StoreValue *values, gpointer user_data, GError **error);

typedef struct Store Store;

typedef struct {
  void (*free)(Store *store);
  const char *(*describe)(Store *store); /* "SQLite lehrgaenge.db"; borrowed */

  /* Makes the writes between begin and commit one: all or none. Not nested. `durable`: commit
   * returns only when the disk has them (what Moodle cannot do twice, SPEC 3.9). rollback is also
   * what freeing an open one does; without an open one it does nothing. A commit that fails has
   * rolled back. A slot that fails in between undoes only itself. Writes outside are one each. */
  bool (*begin)(Store *store, bool durable, GError **error);
  bool (*commit)(Store *store, GError **error);
  void (*rollback)(Store *store);

  const StoreAccess *access; /* accounts, sessions, tokens, audit log */

  /* Records a new run from year, status, triggeredby, tenants, owner, timestarted, task; sets
   * run->id. */
  bool (*run_begin)(Store *store, StoreRun *run, GError **error);
  bool (*run_progress)(Store *store, gint64 id, const char *progress,
                       GError **error); /* replaces it; NOT_FOUND, as run_end */
  /* `status` is any but RUN_RUNNING. Ending a run again replaces how it ended. */
  bool (*run_end)(Store *store, gint64 id, RunStatus status, gint64 now, const char *summary,
                  GError **error);
  /* The newest `limit` runs (0: all) before id `before` (0: from the newest), newest first, without
   * summaries: StoreRun in a new GPtrArray that frees them. */
  GPtrArray *(*run_list)(Store *store, gint64 before, guint limit, GError **error);
  StoreRun *(*run_get)(Store *store, gint64 id, GError **error); /* NOT_FOUND */
  /* The same as run_list, for those that `filter` lets through. */
  GPtrArray *(*run_find)(Store *store, const StoreRunFilter *filter, GError **error);
  /* As run_get, without its summary. */
  StoreRun *(*run_head)(Store *store, gint64 id, GError **error);
  /* What the history is to tell of a run: JSON of at most STORE_MAX_PROGRESS; NOT_FOUND. */
  bool (*run_totals)(Store *store, gint64 id, const char *totals, GError **error);
  /* counts[status]: how many runs there are of it, RUN_STATUSES of them. */
  bool (*run_counts)(Store *store, gint64 *counts, GError **error);
  /* Sets every run found running whose owner is `dead` to interrupted, ended at `now`; *count tells
   * how many (may be NULL). */
  bool (*run_reap)(Store *store, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
                   guint *count, GError **error);
  /* When a run last listed `tenant` as fetched without failure; 0: never. */
  bool (*tenant_success_set)(Store *store, const char *tenant, gint64 run, gint64 now,
                             GError **error);
  bool (*tenant_success_get)(Store *store, const char *tenant, gint64 *time, GError **error);
  /* When and why a run last failed with `tenant`; what is kept of its success stays. */
  bool (*tenant_failure_set)(Store *store, const char *tenant, gint64 run, gint64 now,
                             const char *why, GError **error);
  /* All tenants of which something is kept, by name. */
  bool (*tenant_read)(Store *store, StoreTenantFunc each, gpointer user_data, GError **error);

  /* courseids[i] becomes the mapped course of externalids[i], 0 when there is none. */
  bool (*coursemap_get)(Store *store, const char *const *externalids, guint count,
                        gint64 *courseids, GError **error);
  /* All Lehrgänge mapped to a course, by externalid in the order of its bytes. */
  bool (*coursemap_of_course)(Store *store, gint64 courseid, StoreCourseMapFunc each,
                              gpointer user_data, GError **error);
  /* Inserts or replaces; timecreated of an existing row stays, and one that says the same already
   * is not written. A row without id or with a number below 1 fails the whole call. */
  bool (*coursemap_put)(Store *store, const StoreCourseMap *rows, guint count, gint64 now,
                        GError **error);

  bool (*usermap_get)(Store *store, const char *const *externalids, guint count, gint64 *userids,
                      GError **error);
  /* known[i]: whether any Teilnehmer is mapped to userids[i]. */
  bool (*usermap_knows)(Store *store, const gint64 *userids, guint count, bool *known,
                        GError **error);
  bool (*usermap_put)(Store *store, const StoreUserMap *rows, guint count, gint64 now,
                      GError **error); /* as coursemap_put */

  /* Writes intents; *first is the first one's id, the others follow by 1. */
  bool (*journal_intend)(Store *store, gint64 run, const StoreJournalEntry *entries, guint count,
                         gint64 now, gint64 *first, GError **error);
  /* Writes the outcomes of `count` entries from id `first`. Those still JOURNAL_INTENT stay as they
   * are. NOT_FOUND when one was never intended. */
  bool (*journal_settle)(Store *store, gint64 first, const StoreJournalOutcome *outcomes,
                         guint count, GError **error);
  bool (*journal_read)(Store *store, const StoreJournalFilter *filter, StoreJournalFunc each,
                       gpointer user_data, GError **error);

  /* Adds from kind, subject, payload, due. *id is the new one's id; when the subject has one
   * already, that one's, unchanged. */
  bool (*task_add)(Store *store, const StoreTask *task, gint64 now, gint64 *id, GError **error);
  /* Takes, of the taker's kinds and not among its `excluded`, the task of the lowest id that is
   * queued and due, or running with an owner that is gone: one that is `dead`, or that holds no
   * lock any more which has not expired at `now` (a lock is the owner's when its owner is the same
   * text, or begins with it and a blank, as leases write it). It becomes running, owned by the
   * taker, one attempt more, durably. *task is NULL when there is none. `*orphaned`: it was found
   * running, so its last attempt's outcome is unclear. So whoever takes tasks holds a lock
   * meanwhile. This and what follows are durable by themselves, so in an open transaction that is
   * not they fail. */
  bool (*task_take)(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task,
                    bool *orphaned, GError **error);
  /* Whether task `id` is (still) running and owned by `owner`. Writes nothing. */
  bool (*task_held)(Store *store, gint64 id, const char *owner, bool *held, GError **error);
  /* Notes that the attempt at a taken one begins only now, when what cannot be undone comes next;
   * durable. `now` 0: it did not begin after all, and what was noted is taken back. This and the
   * next two: NOT_FOUND when it is not running, or another has it by now. */
  bool (*task_begin)(Store *store, gint64 id, const char *owner, gint64 now, GError **error);
  /* Ends a taken one: done, or failed for good, or queued again for `due`; durable. `message` is
   * the attempt's error, NULL when none. Queued again without one, it was put back untried, and the
   * attempt does not count. */
  bool (*task_end)(Store *store, gint64 id, const char *owner, StoreTaskState state, gint64 due,
                   const char *message, gint64 now, GError **error);
  /* Puts a taken one back untried, as task_end without a message does, and says what it waits for.
   */
  bool (*task_wait)(Store *store, gint64 id, const char *owner, gint64 due, const char *message,
                    gint64 now, GError **error);
  /* Makes a failed one, or one queued for later, due now; the attempts so far are forgiven, so that
   * it has all of them again. `attempts` itself stays: what was tried before is looked at first.
   * NOT_FOUND; STATE when it is running or done. */
  bool (*task_retry)(Store *store, gint64 id, gint64 now, GError **error);
  /* Takes a failed or queued one out for good: failed, with `message` as its error, and not to be
   * retried by itself. NOT_FOUND; STATE when it is running or done. */
  bool (*task_cancel)(Store *store, gint64 id, const char *message, gint64 now, GError **error);
  /* The earliest due time among queued tasks of `kinds` (as in StoreTaker); G_MAXINT64: none. */
  bool (*task_next)(Store *store, const char *const *kinds, gint64 *due, GError **error);
  /* Each kind that has tasks, by name. */
  bool (*task_counts)(Store *store, StoreTaskCountFunc each, gpointer user_data, GError **error);
  /* Tasks by id; `unfinished`: without those done; limit 0: all. StoreTask in a new GPtrArray that
   * frees them. */
  GPtrArray *(*task_list)(Store *store, bool unfinished, guint limit, GError **error);
  /* *task becomes the task of that kind and subject, or NULL without error when there is none. */
  bool (*task_find)(Store *store, const char *kind, const char *subject, StoreTask **task,
                    GError **error);

  /* Takes the lock `name` for `owner` until `now + ttl` when it is free, expired, its own, or its
   * owner is `dead`. *holder (may be NULL) is who has it otherwise, NULL when taken. */
  bool (*lock_take)(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                    StoreOwnerDeadFunc dead, gpointer user_data, StoreLock **holder, bool *taken,
                    GError **error);
  /* Puts its expiry off; *held is false when another one has it now, or had it and gave it back. */
  bool (*lock_renew)(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                     bool *held, GError **error);
  bool (*lock_drop)(Store *store, const char *name, const char *owner,
                    GError **error); /* not its own: nothing */
  /* *lock becomes who has it, expired or not, or NULL without error when nobody has. */
  bool (*lock_get)(Store *store, const char *name, StoreLock **lock, GError **error);

  /* *schedule (zeroed) becomes what is kept under `name`; an empty one when nothing is. Read in a
   * durable transaction, it stays as it is until that ends: nobody else can do the same meanwhile.
   */
  bool (*schedule_get)(Store *store, const char *name, StoreSchedule *schedule, GError **error);
  bool (*schedule_put)(Store *store, const char *name, const StoreSchedule *schedule,
                       GError **error); /* durable */

  /* All rows of a table of store_tables(), or of store_lock_table(), in the order of its first
   * column. */
  bool (*table_read)(Store *store, const StoreTable *table, StoreRowFunc each, gpointer user_data,
                     GError **error);
  /* Inserts `count` rows, `column_count` values each, numbers as given. A row that is there already
   * is an error. Meant for an open transaction. */
  bool (*table_write)(Store *store, const StoreTable *table, const StoreValue *values, guint count,
                      GError **error);
  /* After the last table_write(): the next number given out is above all in the table, and, where
   * numbers are never given twice (runs, tasks, accounts, tokens, audit), at least `next` (what the
   * store copied from would have given out). */
  bool (*table_renumber)(Store *store, const StoreTable *table, gint64 next, GError **error);
  /* The number a numbered table gives out next. */
  bool (*table_next)(Store *store, const StoreTable *table, gint64 *next, GError **error);
} StoreClass;

struct Store {
  const StoreClass *class; /* backends embed a Store as their first member */
};

void store_free(Store *store); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)
