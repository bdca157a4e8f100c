/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/task_wish.h"

#include <string.h>

#include "base/text.h"
#include "service/documents.h"
#include "web/page.h"
#include "web/task_view.h"

/* Where a form may lead back to: nothing but addresses of tasks is made of these. */
#define BACK_BEGINS "/tasks"
#define BACK_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789/?=&-"
#define BACK_MAX 256

/* ── what was done ── */

void
task_wish_done(const WebCall *call, Html *html) {
  const char *done = web_query(call, "done");
  bool retry = g_str_has_prefix(done, "retry-");
  gint64 id;
  if ((!retry && !g_str_has_prefix(done, "cancel-")) || !web_parse_id(strchr(done, '-') + 1, &id))
    return;
  page_notice_open(html, "good");
  html_open(html, "p", NULL);
  if (retry)
    html_say_format(
        html, "Task %" G_GINT64_FORMAT " is due now, and its tries count from the start again.",
        "Aufgabe %" G_GINT64_FORMAT " ist jetzt fällig, und ihre Versuche zählen wieder von vorn.",
        id);
  else
    html_say_format(html,
                    "Task %" G_GINT64_FORMAT
                    " is cancelled and rests as failed; it can be tried again at any time.",
                    "Aufgabe %" G_GINT64_FORMAT
                    " ist verworfen und bleibt als fehlgeschlagen stehen; sie kann jederzeit "
                    "erneut versucht werden.",
                    id);
  html_close(html, "p");
  html_close(html, "div");
}

/* ── buttons ── */

static bool
can_retry(const WebCall *call, const StoreTask *task) {
  bool later = task->state == TASK_QUEUED && !store_task_is_due(task->due, call->now);
  return call->who->role >= ROLE_OPERATOR && (later || task->state == TASK_FAILED) &&
         task_view_may_retry(call->who, task);
}

static bool
can_cancel(const WebCall *call, const StoreTask *task) {
  return call->who->role >= ROLE_OPERATOR &&
         (task->state == TASK_QUEUED || (task->state == TASK_FAILED && !task_view_cancelled(task)));
}

static void
open_wish(WebCall *call, Html *html, const StoreTask *task, const char *wish, const char *back) {
  autochar action = g_strdup_printf("/tasks/%" G_GINT64_FORMAT "/%s", task->id, wish);
  page_form_open(call, html, action, NULL);
  html_open(html, "input", "type", "hidden", "name", "back", "value", back, NULL);
}

static void
show_button(Html *html, const StoreTask *task, const char *text, const char *class) {
  autochar name = web_say_format(html_language(html), "%s: task %" G_GINT64_FORMAT,
                                 "%s: Aufgabe %" G_GINT64_FORMAT, text, task->id);
  html_element(html, "button", text, "type", "submit", "class", class, "aria-label", name, NULL);
}

/* Cancelling takes a second step, which needs no script. */
static void
show_cancel(WebCall *call, Html *html, const StoreTask *task, const char *back) {
  autochar name = web_say_format(call->language, "Cancel … task %" G_GINT64_FORMAT,
                                 "Verwerfen … Aufgabe %" G_GINT64_FORMAT, task->id);
  html_open(html, "details", "class", "confirm", NULL);
  html_element(html, "summary", html_word(html, "Cancel …", "Verwerfen …"), "aria-label", name,
               NULL);
  open_wish(call, html, task, "cancel", back);
  html_element(html, "p",
               html_word(html, "It will not be done unless somebody has it tried again.",
                         "Sie wird nicht erledigt, solange niemand sie erneut versuchen lässt."),
               NULL);
  show_button(html, task, html_word(html, "Cancel it", "Ja, verwerfen"), "danger");
  html_close(html, "form");
  html_close(html, "details");
}

void
task_wish_buttons(WebCall *call, Html *html, const StoreTask *task, const char *back) {
  if (can_retry(call, task)) {
    open_wish(call, html, task, "retry", back);
    show_button(html, task, html_word(html, "Try again", "Erneut versuchen"), NULL);
    html_close(html, "form");
  }
  if (can_cancel(call, task))
    show_cancel(call, html, task, back);
}

/* ── what is asked to be done ── */

typedef struct {
  const char *word;   /* in the address: "retry" */
  const char *action; /* in the audit log: "task-retry" */
  bool (*change)(WebCall *call, gint64 id, GError **error);
} Wish;

static bool
change_retry(WebCall *call, gint64 id, GError **error) {
  return call->store->class->task_retry(call->store, id, call->now, error);
}

static bool
change_cancel(WebCall *call, gint64 id, GError **error) {
  autochar why = g_strdup_printf(TASK_VIEW_CANCELLED "%s", call->who->name);
  return call->store->class->task_cancel(call->store, id, why, call->now, error);
}

static const Wish wish_retry = { "retry", "task-retry", change_retry };
static const Wish wish_cancel = { "cancel", "task-cancel", change_cancel };

/* The task is looked at again: it may have been taken since it was found. */
static bool
refuse_state(WebCall *call, const Wish *wish, gint64 id, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  if (!task_view_find(call, id, &task, error))
    return false;
  bool done = task != NULL && task->state == TASK_DONE;
  autochar subject = g_strdup_printf("task %" G_GINT64_FORMAT, id);
  autochar detail =
      done ? web_say_format(
                 call->language, "Task %" G_GINT64_FORMAT " is done already; nothing was changed.",
                 "Aufgabe %" G_GINT64_FORMAT " ist schon erledigt; es wurde nichts geändert.", id)
           : web_say_format(call->language,
                            "Task %" G_GINT64_FORMAT
                            " is being done just now. Wait until this try is over, then look "
                            "again.",
                            "Aufgabe %" G_GINT64_FORMAT
                            " wird gerade erledigt. Warten Sie, bis dieser Versuch vorbei ist, "
                            "und sehen Sie dann noch einmal nach.",
                            id);
  web_audit(call, wish->action, subject, done ? "done already" : "running");
  return web_refuse(call, WEB_REFUSED_STATE, detail);
}

static bool
go_back(WebCall *call, const Wish *wish, gint64 id) {
  const char *back = web_form(call, "back");
  bool known = g_str_has_prefix(back, BACK_BEGINS) && strlen(back) <= BACK_MAX &&
               strspn(back, BACK_LETTERS) == strlen(back);
  const char *path = known ? back : BACK_BEGINS;
  autochar whole = g_strdup_printf("%s%cdone=%s-%" G_GINT64_FORMAT, path,
                                   strchr(path, '?') == NULL ? '?' : '&', wish->word, id);
  return web_redirect(call, whole);
}

/* Scripts get the task as it is now. */
static bool
answer_document(WebCall *call, gint64 id, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  if (!task_view_find(call, id, &task, error))
    return false;
  if (task == NULL)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  web_answer_json(call->answer, 200, documents_task(task));
  return true;
}

static bool
do_wish(WebCall *call, const Wish *wish, const StoreTask *task, GError **error) {
  g_autoptr(GError) why = NULL;
  if (wish->change(call, task->id, &why)) {
    autochar subject = g_strdup_printf("task %" G_GINT64_FORMAT, task->id);
    web_audit(call, wish->action, subject, NULL);
    if (wish == &wish_retry)
      call->site->context.wake(call->site->context.user_data);
    if (g_str_has_prefix(call->request->path, "/api/"))
      return answer_document(call, task->id, error);
    return go_back(call, wish, task->id);
  }
  if (g_error_matches(why, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  if (g_error_matches(why, STORE_ERROR, STORE_ERROR_STATE))
    return refuse_state(call, wish, task->id, error);
  g_propagate_error(error, g_steal_pointer(&why));
  return false;
}

bool
task_wish_retry(WebCall *call, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  bool refused;
  if (!task_view_open(call, &task, &refused, error))
    return refused;
  if (!task_view_may_retry(call->who, task))
    return web_refuse(call, WEB_REFUSED_ROLE,
                      web_say(call->language,
                              "This import may remove many people; only an administrator can "
                              "have it tried again.",
                              "Dieser Import darf viele Teilnehmer austragen; nur die Verwaltung "
                              "kann ihn erneut versuchen lassen."));
  return do_wish(call, &wish_retry, task, error);
}

bool
task_wish_cancel(WebCall *call, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  bool refused;
  if (!task_view_open(call, &task, &refused, error))
    return refused;
  return do_wish(call, &wish_cancel, task, error);
}
