/* What every store must do, as tests any backend can be put through. A backend gives a harness; its
 * test program calls store_contract_add().
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

typedef struct {
  const char *name; /* first part of the tests' paths */

  /* A fresh, empty place for one store (a folder, a database), and its end. */
  gpointer (*place_new)(void);
  void (*place_free)(gpointer place);

  /* Opens the store there, making it on the first call. Called any number of times, from any thread
   * and process. */
  Store *(*open)(gpointer place, GError **error);

  /* Runs one statement past the store; the first column of its first row, 0 when there is none.
   * Fails the test when it cannot. */
  gint64 (*sql)(gpointer place, const char *sql);
} StoreHarness;

/* Adds all tests for `harness`, which must stay. */
void store_contract_add(const StoreHarness *harness);

/* ── for the files of the suite ── */

typedef struct {
  const StoreHarness *harness;
  gpointer place;
  Store *store; /* opened before the test, NULL after case_close() */
} Case;

typedef void (*CaseFunc)(Case *test);

/* Each file's tests. */
void contract_runs_add(const StoreHarness *harness);
void contract_history_add(const StoreHarness *harness);
void contract_access_add(const StoreHarness *harness);
void contract_audit_add(const StoreHarness *harness);
void contract_maps_add(const StoreHarness *harness);
void contract_journal_add(const StoreHarness *harness);
void contract_tasks_add(const StoreHarness *harness);
void contract_queue_add(const StoreHarness *harness);
void contract_locks_add(const StoreHarness *harness);
void contract_tables_add(const StoreHarness *harness);
void contract_whole_add(const StoreHarness *harness);
void contract_processes_add(const StoreHarness *harness);

void case_add(const StoreHarness *harness, const char *path, CaseFunc function);
Store *case_open(Case *test); /* one more store on the same place; free it */
void case_close(Case *test);  /* before a fork: a connection must not be taken into a child */
void case_reopen(Case *test);

void case_commit(Store *store);
void case_add_user(Store *store, const char *externalid, gint64 userid);
gint64 case_user(Store *store, const char *externalid); /* 0: not mapped */

/* A text of `length` bytes. Free with g_free(). */
char *long_text(gsize length);

/* A StoreOwnerDeadFunc: the one that user_data names is dead, nobody else. */
bool dead_is(const char *owner, gpointer user_data);
bool dead_all(const char *owner, gpointer user_data);

#define WORKS(store, slot, ...)                                                                    \
  do {                                                                                             \
    GError *works_error = NULL;                                                                    \
    bool works_ok = (store)->class->slot((store), __VA_ARGS__, &works_error);                      \
    g_assert_no_error(works_error);                                                                \
    g_assert_true(works_ok);                                                                       \
  } while (0)

#define FAILS(expected, store, slot, ...)                                                          \
  do {                                                                                             \
    GError *fails_error = NULL;                                                                    \
    bool fails_ok = (store)->class->slot((store), __VA_ARGS__, &fails_error);                      \
    g_assert_false(fails_ok);                                                                      \
    g_assert_error(fails_error, STORE_ERROR, (int)(expected));                                     \
    g_error_free(fails_error);                                                                     \
  } while (0)
