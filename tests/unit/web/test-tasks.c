/* The background tasks' pages: what is listed for whom, and what may be done with one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "web_case.h"

#define NOW WEB_CASE_NOW

/* ── tasks ── */

static gint64
add(WebCase *test, const char *kind, const char *subject, const char *payload, gint64 due) {
  StoreTask task = {
    .kind = (char *)kind, .subject = (char *)subject, .payload = (char *)payload, .due = due
  };
  g_autoptr(GError) error = NULL;
  gint64 id;
  test->store->class->task_add(test->store, &task, NOW - 3600, &id, &error);
  g_assert_no_error(error);
  return id;
}

static gint64
add_import(WebCase *test, const char *const *tenants, bool allow_removals) {
  const ImportRequest request = { .year = 2026,
                                  .tenants = (char **)tenants,
                                  .starter = (char *)"otto",
                                  .email = (char *)"otto@example.org",
                                  .allow_removals = allow_removals };
  g_autoptr(GError) error = NULL;
  gint64 id;
  import_queue(test->store, &request, NOW - 3600, &id, &error);
  g_assert_no_error(error);
  return id;
}

/* A copy into `course`, which `tenant` (may be NULL) feeds. */
static gint64
add_copy(WebCase *test, gint64 course, const char *tenant) {
  g_autoptr(GError) error = NULL;
  autochar name = g_strdup_printf("KURS-%" G_GINT64_FORMAT, course);
  autochar lehrgang = g_strdup_printf("lg-%" G_GINT64_FORMAT "-%s", course, tenant);
  autochar subject = g_strdup_printf("course %" G_GINT64_FORMAT, course);
  const StoreCourseMap map = { lehrgang, tenant, course };
  g_autoptr(StoreTask) task = NULL;
  if (tenant != NULL)
    test->store->class->coursemap_put(test->store, &map, 1, NOW, &error);
  g_assert_no_error(error);
  content_copy_queue(test->store, course, 7, name, NOW - 3600, &error);
  g_assert_no_error(error);
  test->store->class->task_find(test->store, CONTENT_COPY_KIND, subject, &task, &error);
  g_assert_no_error(error);
  return task->id;
}

#define OWNER "host 1 2"

/* Takes task `id` and ends it as told; RUNNING leaves it taken. */
static void
put(WebCase *test, gint64 id, StoreTaskState state, gint64 due, const char *message) {
  const StoreClass *class = test->store->class;
  const StoreTaker taker = { .owner = OWNER };
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  bool orphaned, taken;
  class->lock_take(test->store, "test", OWNER, NOW, 3600, NULL, NULL, NULL, &taken, &error);
  g_assert_no_error(error);
  class->task_take(test->store, &taker, NOW, &task, &orphaned, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  g_assert_cmpint(task->id, ==, id);
  if (state != TASK_RUNNING)
    class->task_end(test->store, id, OWNER, state, due, message, NOW, &error);
  g_assert_no_error(error);
}

static StoreTask *
get(WebCase *test, gint64 id) {
  g_autoptr(GPtrArray) tasks = test->store->class->task_list(test->store, false, 0, NULL);
  for (guint i = 0; i < tasks->len; i++)
    if (((StoreTask *)g_ptr_array_index(tasks, i))->id == id)
      return g_ptr_array_steal_index(tasks, i);
  g_assert_not_reached();
}

static void
collect(const StoreAuditRow *row, gpointer user_data) {
  g_string_append_printf(user_data, "%s %s %s: %s\n", row->actor, row->action, row->subject,
                         row->outcome);
}

static char *
audit(WebCase *test) {
  GString *text = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  test->store->class->access->audit_read(test->store, 0, 0, collect, text, &error);
  g_assert_no_error(error);
  return g_string_free(text, FALSE);
}

static const char *
body(const WebCase *test) {
  return test->answer.body->str;
}

static gsize
place(const WebCase *test, const char *part) {
  const char *at = strstr(body(test), part);
  g_assert_nonnull(at);
  return (gsize)(at - body(test));
}

/* ── the list ── */

static void
lists_what_is_unfinished(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  put(test, add_copy(test, 11, "FD"), TASK_DONE, 0, "");
  put(test, add_copy(test, 12, "FD"), TASK_FAILED, 0, "the template <is> gone");
  put(test, add_copy(test, 13, "HP"), TASK_QUEUED, NOW + 290, "Moodle was away");
  add(test, "mail", "m1", "{\"to\":\"x@example.org\",\"subject\":\"Import 2026\"}", NOW);
  add_import(test, NULL, false);
  g_assert_cmpuint(web_case_get(test, anna, "/tasks"), ==, 200);
  web_case_has_not(test, "KURS-11");
  web_case_has(test, "KURS-12 (course 12)");
  web_case_has(test, "the template &lt;is&gt; gone");
  web_case_has(test, "in 5 min");
  web_case_has(test, "1 of 10");
  web_case_has(test, "to x@example.org: Import 2026");
  web_case_has(test, "2026, all tenants, by otto");
  web_case_has(test, "1 failed, 3 waiting, 0 running, 1 done");
  web_case_has(test, "aria-current=\"page\">Unfinished (4)</a>");
  web_case_has(test, "<td>content copy</td>");
  web_case_has_not(test, "class=\"paging\"");
  /* What failed first, then the newest. */
  g_assert_cmpuint(place(test, "KURS-12"), <, place(test, "by otto"));
  g_assert_cmpuint(place(test, "by otto"), <, place(test, "KURS-13"));
  g_assert_cmpuint(web_case_get(test, anna, "/tasks?language=de"), ==, 200);
  web_case_has(test, "2026, alle Mandanten, von otto");
  web_case_has(test, "1 fehlgeschlagen, 3 wartend, 0 in Arbeit, 1 erledigt");
}

static void
filters(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  put(test, add_copy(test, 11, "FD"), TASK_DONE, 0, "");
  g_assert_cmpuint(web_case_get(test, anna, "/tasks"), ==, 200);
  web_case_has(test, "Everything is done.");
  put(test, add_copy(test, 12, "FD"), TASK_FAILED, 0, "gone");
  add_copy(test, 13, "FD");
  web_case_get(test, anna, "/tasks?show=failed");
  web_case_has(test, "KURS-12");
  web_case_has_not(test, "KURS-13");
  web_case_get(test, anna, "/tasks?show=all");
  web_case_has(test, "KURS-11");
  web_case_has(test, "KURS-13");
  web_case_get(test, anna, "/tasks?show=%3Cb%3E");
  web_case_has_not(test, "KURS-11");
  web_case_has(test, "KURS-13");
  web_case_has_not(test, "<b>");
}

/* The pages together hold each task once, in order, and lead back. */
static void
pages(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  for (guint i = 1; i <= 203; i++)
    put(test, add_copy(test, i, NULL), TASK_FAILED, 0, "gone");
  for (guint i = 0; i < 250; i++)
    add_copy(test, 1000 + i, NULL);
  web_case_get(test, anna, "/tasks");
  web_case_has(test, "href=\"/tasks/203\"");
  web_case_has(test, "href=\"/tasks/4\"");
  web_case_has_not(test, "href=\"/tasks/3\"");
  web_case_has(test, "href=\"/tasks?show=open&amp;after=failed-4\"");
  web_case_has_not(test, "rel=\"prev\"");
  web_case_get(test, anna, "/tasks?show=open&after=failed-4");
  web_case_has(test, "href=\"/tasks/3\"");
  web_case_has(test, "href=\"/tasks/453\"");
  web_case_has(test, "href=\"/tasks/257\"");
  web_case_has_not(test, "href=\"/tasks/256\"");
  web_case_has(test, "href=\"/tasks?show=open&amp;after=257\"");
  web_case_has(test, "href=\"/tasks?show=open\" class=\"button\" rel=\"prev\"");
  web_case_has(test, "name=\"back\" value=\"/tasks?show=open&amp;after=failed-4\"");
  web_case_get(test, anna, "/tasks?show=open&after=257");
  web_case_has(test, "href=\"/tasks/256\"");
  web_case_has(test, "href=\"/tasks/204\"");
  web_case_has_not(test, "href=\"/tasks/257\"");
  web_case_has(test, "href=\"/tasks?show=open&amp;after=failed-4\" class=\"button\" rel=\"prev\"");
  web_case_has_not(test, "rel=\"next\"");
  web_case_get(test, anna, "/tasks?after=failed-1");
  web_case_has(test, "href=\"/tasks/453\"");
  web_case_has(test, "href=\"/tasks/254\"");
  web_case_get(test, anna, "/tasks?after=failed-x");
  web_case_has(test, "href=\"/tasks/203\"");
}

static void
links_courses(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  add_copy(test, 21, "FD");
  web_case_get(test, anna, "/tasks");
  web_case_has_not(test, "view.php");
  Config *config = test->config;
  g_free(config->moodle.url);
  config->moodle.url = g_strdup("https://moodle.example.org/lms");
  web_case_get(test, anna, "/tasks");
  web_case_has(test, "href=\"https://moodle.example.org/lms/course/view.php?id=21\">KURS-21</a>");
  g_free(config->moodle.url);
  config->moodle.url = g_strdup("https://moodle.example.org/lms/");
  web_case_get(test, anna, "/tasks");
  web_case_has(test, "href=\"https://moodle.example.org/lms/course/view.php?id=21\">KURS-21</a>");
}

/* ── who sees what ── */

static void
shows_the_bound_only_theirs(void) {
  static const char *const fd[] = { "FD", NULL }, *const both[] = { "FD", "HP", NULL };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD,GI");
  put(test, add_copy(test, 10, "HP"), TASK_DONE, 0, "");
  put(test, add_copy(test, 11, "FD"), TASK_DONE, 0, "");
  put(test, add_copy(test, 12, "HP"), TASK_FAILED, 0, "secret of HP");
  gint64 theirs = add_copy(test, 13, "GI");
  add_copy(test, 13, "HP");
  gint64 import = add_import(test, fd, false);
  const gint64 hidden[] = {
    add_copy(test, 14, "HP"),
    add_copy(test, 15, NULL),
    add_import(test, both, false),
    add_import(test, NULL, false),
    add(test, "mail", "m1", "{\"to\":\"x@example.org\",\"subject\":\"s\"}", NOW),
    add(test, "message", "m2", "{\"email\":\"x@example.org\",\"subject\":\"s\"}", NOW),
    add(test, "import", "damaged", "{", NOW),
    add(test, "content_copy", "course 13 again", "13", NOW),
    add(test, "spin", "the wheel", "{\"course\":13}", NOW),
  };
  g_assert_cmpuint(web_case_get(test, bound, "/tasks?show=all"), ==, 200);
  web_case_has(test, "0 failed, 2 waiting, 0 running, 1 done");
  web_case_has(test, "KURS-11");
  web_case_has(test, "KURS-13");
  web_case_has(test, "2026, FD, by otto");
  web_case_has_not(test, "HP");
  web_case_has_not(test, "KURS-12");
  web_case_has_not(test, "KURS-14");
  web_case_has_not(test, "x@example.org");
  web_case_get(test, bound, "/tasks");
  web_case_has(test, "0 failed, 2 waiting, 0 running, 1 done");
  for (guint i = 0; i < G_N_ELEMENTS(hidden); i++) {
    autochar page = g_strdup_printf("/tasks/%" G_GINT64_FORMAT, hidden[i]);
    autochar retry = g_strconcat(page, "/retry", NULL);
    autochar cancel = g_strconcat(page, "/cancel", NULL);
    g_autoptr(StoreTask) task = NULL;
    g_assert_cmpuint(web_case_get(test, bound, page), ==, 404);
    g_assert_cmpuint(web_case_post(test, bound, retry, ""), ==, 404);
    g_assert_cmpuint(web_case_post(test, bound, cancel, ""), ==, 404);
    task = get(test, hidden[i]);
    g_assert_cmpint(task->state, ==, TASK_QUEUED);
  }
  autochar page = g_strdup_printf("/tasks/%" G_GINT64_FORMAT, theirs);
  autochar other = g_strdup_printf("/tasks/%" G_GINT64_FORMAT "/cancel", import);
  g_assert_cmpuint(web_case_get(test, bound, page), ==, 200);
  g_assert_cmpuint(web_case_post(test, bound, other, ""), ==, 303);
}

static void
gives_viewers_no_buttons(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) olga = web_case_who(ROLE_OPERATOR, NULL);
  put(test, add_copy(test, 11, "FD"), TASK_FAILED, 0, "gone");
  web_case_get(test, viewer, "/tasks");
  web_case_has_not(test, "/tasks/1/retry");
  web_case_has_not(test, "/tasks/1/cancel");
  web_case_get(test, viewer, "/tasks/1");
  web_case_has_not(test, "/tasks/1/retry");
  g_assert_cmpuint(web_case_post(test, viewer, "/tasks/1/retry", ""), ==, 403);
  g_assert_cmpuint(web_case_post(test, viewer, "/tasks/1/cancel", ""), ==, 403);
  web_case_get(test, olga, "/tasks");
  web_case_has(test, "action=\"/tasks/1/retry\"");
  web_case_has(test, "action=\"/tasks/1/cancel\"");
  web_case_has(test, "value=\"csrf-of-anna\"");
}

/* Only what the store would do is offered. */
static void
offers_what_can_be_done(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  put(test, add_copy(test, 11, NULL), TASK_DONE, 0, "");
  put(test, add_copy(test, 12, NULL), TASK_QUEUED, NOW + 60, "away");
  put(test, add_copy(test, 13, NULL), TASK_RUNNING, 0, NULL);
  add_copy(test, 14, NULL);
  web_case_get(test, anna, "/tasks?show=all");
  web_case_has_not(test, "/tasks/1/retry");
  web_case_has_not(test, "/tasks/1/cancel");
  web_case_has(test, "/tasks/2/retry");
  web_case_has(test, "/tasks/2/cancel");
  web_case_has_not(test, "/tasks/3/retry");
  web_case_has_not(test, "/tasks/3/cancel");
  web_case_has_not(test, "/tasks/4/retry");
  web_case_has(test, "/tasks/4/cancel");
}

/* ── what is done ── */

static void
retries(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  put(test, add_copy(test, 11, NULL), TASK_FAILED, 0, "gone");
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/1/retry", "back=/tasks?show%3Dfailed"), ==,
                   303);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, "/tasks?show=failed&done=retry-1");
  g_autoptr(StoreTask) task = get(test, 1);
  g_assert_cmpint(task->state, ==, TASK_QUEUED);
  g_assert_cmpint(task->due, ==, NOW);
  g_assert_cmpuint(task->forgiven, ==, 1);
  g_assert_cmpuint(test->woken, ==, 1);
  autochar log = audit(test);
  g_assert_cmpstr(log, ==, "anna task-retry task 1: ok\n");
  web_case_get(test, anna, "/tasks?done=retry-1");
  web_case_has(test, "Task 1 is due now");
  web_case_get(test, anna, "/tasks?done=retry-1%3Cb%3E");
  web_case_has_not(test, "is due now");
  web_case_get(test, anna, "/tasks?done=retry");
  web_case_has_not(test, "class=\"notice");
}

static void
cancels(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  add_copy(test, 11, NULL);
  web_case_get(test, anna, "/tasks/1");
  web_case_has(test, "name=\"back\" value=\"/tasks/1\"");
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/1/cancel", "back=/tasks/1"), ==, 303);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, "/tasks/1?done=cancel-1");
  g_autoptr(StoreTask) task = get(test, 1);
  g_assert_cmpint(task->state, ==, TASK_FAILED);
  g_assert_cmpstr(task->error, ==, "cancelled by anna");
  autochar log = audit(test);
  g_assert_cmpstr(log, ==, "anna task-cancel task 1: ok\n");
  web_case_get(test, anna, "/tasks/1?done=cancel-1");
  web_case_has(test, "Task 1 is cancelled");
  web_case_has(test, "<p>cancelled by anna</p>");
  web_case_has(test, "/tasks/1/retry");
  web_case_has_not(test, "/tasks/1/cancel");
  web_case_get(test, anna, "/tasks?language=de");
  web_case_has(test, "verworfen von anna");
}

static void
leads_back_to_tasks_only(void) {
  static const char *const bad[] = { "back=//evil.example", "back=https://evil.example",
                                     "back=/tasks%0d%0aSet-Cookie:x", "back=/runs", "" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  add_copy(test, 11, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_cmpuint(web_case_post(test, anna, "/tasks/1/cancel", bad[i]), ==, 303);
    g_assert_cmpstr(web_case_header(test, "Location"), ==, "/tasks?done=cancel-1");
  }
  g_autofree char *filler = g_strnfill(4000, 'a');
  g_autofree char *too_long = g_strconcat("back=/tasks/", filler, NULL);
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/1/cancel", too_long), ==, 303);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, "/tasks?done=cancel-1");
}

static void
refuses_what_cannot_be_done(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  put(test, add_copy(test, 11, NULL), TASK_DONE, 0, "");
  put(test, add_copy(test, 12, NULL), TASK_RUNNING, 0, NULL);
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/1/retry", ""), ==, 409);
  web_case_has(test, "Task 1 is done already");
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/2/cancel", ""), ==, 409);
  web_case_has(test, "Task 2 is being done just now");
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/3/cancel", ""), ==, 404);
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/0/cancel", ""), ==, 404);
  g_assert_cmpuint(web_case_post(test, anna, "/tasks/x/retry", ""), ==, 404);
  g_assert_cmpuint(web_case_get(test, anna, "/tasks/99999999999999999"), ==, 404);
  g_assert_cmpuint(test->woken, ==, 0);
  autochar log = audit(test);
  g_assert_cmpstr(log, ==,
                  "anna task-cancel task 2: running\nanna task-retry task 1: done already\n");
}

/* An import that may remove many was an administrator's wish, and is tried again by one only. */
static void
keeps_removals_to_administrators(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) olga = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) admin = web_case_who(ROLE_ADMIN, NULL);
  put(test, add_import(test, NULL, true), TASK_FAILED, 0, "ZMS is away");
  web_case_get(test, olga, "/tasks");
  web_case_has_not(test, "/tasks/1/retry");
  g_assert_cmpuint(web_case_post(test, olga, "/tasks/1/retry", ""), ==, 403);
  web_case_has(test, "only an administrator");
  g_autoptr(StoreTask) task = get(test, 1);
  g_assert_cmpint(task->state, ==, TASK_FAILED);
  g_assert_cmpuint(web_case_post(test, admin, "/tasks/1/retry", ""), ==, 303);
}

/* ── one task ── */

static void
shows_one_in_full(void) {
  static const char *const both[] = { "FD", "HP", NULL };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  GString *lengthy = g_string_new("key-of-fd <wrong> ");
  for (guint i = 0; i < 100; i++)
    g_string_append(lengthy, "and so on ");
  g_string_append(lengthy, "THE END");
  put(test, add_copy(test, 21, "FD"), TASK_FAILED, 0, lengthy->str);
  add_import(test, both, false);
  add(test, "mail", "m1",
      "{\"to\":\"x@example.org\",\"subject\":\"Import\",\"body\":\"Zeile 1\\nkey-of-hp\"}", NOW);
  add(test, "spin", "the wheel", "{\"password\":\"hush\"}", NOW);
  g_string_free(lengthy, TRUE);
  web_case_get(test, anna, "/tasks");
  web_case_has(test, "*** &lt;wrong&gt;");
  web_case_has_not(test, "THE END");
  web_case_get(test, anna, "/tasks/1");
  web_case_has(test, "THE END");
  web_case_has(test, "<dt>Into course</dt><dd>KURS-21 (course 21)</dd>");
  web_case_has(test, "<dt>Content of</dt><dd>course 7</dd>");
  web_case_has(test, "<dt>Tries</dt><dd>1 of 10</dd>");
  web_case_has_not(test, "key-of-fd");
  web_case_get(test, anna, "/tasks/2");
  web_case_has(test, "<dt>Tenants</dt><dd>FD, HP</dd>");
  web_case_has(test, "<dt>Started by</dt><dd>otto</dd>");
  web_case_has(test, "<dt>Many removals allowed</dt><dd>no</dd>");
  web_case_get(test, anna, "/tasks/3?language=de");
  web_case_has(test, "<dt>Betreff</dt><dd>Import</dd>");
  web_case_has(test, "Zeile 1\n***</pre>");
  web_case_get(test, anna, "/tasks/4");
  web_case_has(test, "the wheel");
  web_case_has_not(test, "hush");
}

/* Who comes back when it says so finds it due; a time far ahead is a wrong clock's. */
static void
says_when_it_is_due(void) {
  static const struct {
    gint64 ahead;
    const char *english, *german;
  } cases[] = {
    { 0, "<td>now</td>", "<td>jetzt</td>" },
    { 1, ">in 1 s<", ">in 1 s<" },
    { 61, ">in 2 min<", ">in 2 min<" },
    { 3 * 3600, ">in 3 h<", ">in 3 Std.<" },
    { 72 * 3600, ">in 3 days<", ">in 3 Tagen<" },
    { STORE_TASK_MAX_AHEAD_S + 1, "<td>now</td>", "<td>jetzt</td>" },
  };
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(WebCase) test = web_case_new(NULL);
    add(test, "spin", "x", "", NOW + cases[i].ahead);
    web_case_get(test, anna, "/tasks");
    web_case_has(test, cases[i].english);
    web_case_get(test, anna, "/tasks?language=de");
    web_case_has(test, cases[i].german);
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tasks/lists-what-is-unfinished", lists_what_is_unfinished);
  g_test_add_func("/tasks/filters", filters);
  g_test_add_func("/tasks/pages", pages);
  g_test_add_func("/tasks/links-courses", links_courses);
  g_test_add_func("/tasks/shows-the-bound-only-theirs", shows_the_bound_only_theirs);
  g_test_add_func("/tasks/gives-viewers-no-buttons", gives_viewers_no_buttons);
  g_test_add_func("/tasks/offers-what-can-be-done", offers_what_can_be_done);
  g_test_add_func("/tasks/retries", retries);
  g_test_add_func("/tasks/cancels", cancels);
  g_test_add_func("/tasks/leads-back-to-tasks-only", leads_back_to_tasks_only);
  g_test_add_func("/tasks/refuses-what-cannot-be-done", refuses_what_cannot_be_done);
  g_test_add_func("/tasks/keeps-removals-to-administrators", keeps_removals_to_administrators);
  g_test_add_func("/tasks/shows-one-in-full", shows_one_in_full);
  g_test_add_func("/tasks/says-when-it-is-due", says_when_it_is_due);
  return g_test_run();
}
