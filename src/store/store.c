/* What all stores share: words, limits, freeing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <string.h>

G_DEFINE_QUARK(store_error_quark, store_error)

static const char *const run_words[] = {
  [RUN_RUNNING] = "running",         [RUN_SUCCESS] = "success",
  [RUN_PARTIAL] = "partial",         [RUN_ERROR] = "error",
  [RUN_SKIPPED] = "skipped",         [RUN_HELD] = "held",
  [RUN_INTERRUPTED] = "interrupted",
};

static const char *const task_words[] = {
  [TASK_QUEUED] = "queued",
  [TASK_RUNNING] = "running",
  [TASK_DONE] = "done",
  [TASK_FAILED] = "failed",
};

const char *
run_status_word(RunStatus status) {
  g_return_val_if_fail((guint)status < G_N_ELEMENTS(run_words), "");
  return run_words[status];
}

bool
run_status_parse(const char *word, RunStatus *status) {
  for (guint i = 0; word != NULL && i < G_N_ELEMENTS(run_words); i++) {
    if (strcmp(word, run_words[i]) == 0) {
      *status = (RunStatus)i;
      return true;
    }
  }
  return false;
}

const char *
store_task_state_word(StoreTaskState state) {
  g_return_val_if_fail((guint)state < G_N_ELEMENTS(task_words), "");
  return task_words[state];
}

bool
store_check_text(const char *what, const char *text, gsize max, GError **error) {
  gsize length = text == NULL ? 0 : strlen(text);
  if (length <= max)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
              "%s has %" G_GSIZE_FORMAT " bytes, more than the %" G_GSIZE_FORMAT
              " that are stored; nothing was written",
              what, length, max);
  return false;
}

const char *
store_cut_reason(const char *text, char **copy) {
  if (text == NULL)
    return "";
  if (strnlen(text, STORE_MAX_REASON + 1) <= STORE_MAX_REASON)
    return text;
  const char *end = g_utf8_find_prev_char(text, text + STORE_MAX_REASON + 1);
  *copy = g_strndup(text, end == NULL ? 0 : (gsize)(end - text));
  return *copy;
}

void
store_run_free(StoreRun *run) {
  if (run == NULL)
    return;
  g_free(run->triggeredby);
  g_free(run->tenants);
  g_free(run->owner);
  g_free(run->totals);
  g_free(run->progress);
  g_free(run->summary);
  g_free(run);
}

void
store_task_free(StoreTask *task) {
  if (task == NULL)
    return;
  g_free(task->kind);
  g_free(task->subject);
  g_free(task->payload);
  g_free(task->owner);
  g_free(task->error);
  g_free(task);
}

void
store_lock_free(StoreLock *lock) {
  if (lock == NULL)
    return;
  g_free(lock->owner);
  g_free(lock);
}

void
store_schedule_clear(StoreSchedule *schedule) {
  g_free(schedule->expression);
  *schedule = (StoreSchedule){ 0 };
}

void
store_free(Store *store) {
  if (store != NULL)
    store->class->free(store);
}

void
store_account_free(StoreAccount *account) {
  if (account == NULL)
    return;
  g_free(account->name);
  g_free(account->password);
  g_free(account->tenants);
  g_free(account->email);
  g_free(account->language);
  g_free(account);
}

void
store_session_free(StoreSession *session) {
  if (session == NULL)
    return;
  g_free(session->hash);
  g_free(session->address);
  g_free(session);
}

void
store_token_free(StoreToken *token) {
  if (token == NULL)
    return;
  g_free(token->name);
  g_free(token->hash);
  g_free(token->tenants);
  g_free(token);
}

static const char *const role_words[] = {
  [ROLE_VIEWER] = "viewer", [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin"
};

const char *
store_role_word(StoreRole role) {
  g_return_val_if_fail((guint)role < G_N_ELEMENTS(role_words), "");
  return role_words[role];
}

bool
store_role_parse(const char *word, StoreRole *role) {
  for (guint i = 0; i < G_N_ELEMENTS(role_words); i++) {
    if (g_strcmp0(word, role_words[i]) == 0) {
      *role = (StoreRole)i;
      return true;
    }
  }
  return false;
}
