/* Asking for an import: the form, what is wrong with it, and what became of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "sync/run.h"
#include "web_case.h"

#define ONCE "once=0123456789abcdef0123456789abcdef&"

static guint
tasks(const WebCase *test) {
  g_autoptr(GPtrArray) all = test->store->class->task_list(test->store, false, 0, NULL);
  g_assert(all != NULL);
  return all->len;
}

static StoreTask *
only_task(const WebCase *test) {
  g_autoptr(GPtrArray) all = test->store->class->task_list(test->store, false, 0, NULL);
  g_assert_cmpuint(all->len, ==, 1);
  return g_ptr_array_steal_index(all, 0);
}

static guint
start(WebCase *test, const WebPrincipal *who, const char *form) {
  g_autofree char *whole = g_strconcat("action=start&", form, NULL);
  return web_case_post(test, who, "/import", whole);
}

/* ── the form ── */

static void
shows_the_form(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_get(test, who, "/import"), ==, 200);
  web_case_has(test, "<h1>Start import</h1>");
  web_case_has(test, "<option value=\"2012\">");
  web_case_has(test, "<option value=\"2026\" selected>");
  web_case_has(test, "<option value=\"2027\">");
  web_case_has_not(test, "<option value=\"2011\"");
  web_case_has_not(test, "<option value=\"2028\"");
  web_case_has(test, "name=\"scope\" value=\"all\" checked");
  web_case_has(test, "name=\"tenant\" value=\"FD\"");
  web_case_has(test, "Landkreis Bergstraße");
  web_case_has_not(test, "value=\"OF\""); /* has no apikey */
  web_case_has(test, "name=\"action\" value=\"preview\"");
  web_case_has(test, ">Start</button>");
  web_case_has(test, "name=\"csrf\" value=\"csrf-of-anna\"");
  web_case_has_not(test, "allow_removals");
  web_case_has_not(test, "under way");
  g_assert_cmpuint(web_case_get(test, who, "/import?language=de"), ==, 200);
  web_case_has(test, "<h1>Import starten</h1>");
  web_case_has(test, ">Vorschau</button>");
}

/* So that other pages can lead to a form that is filled in. */
static void
is_filled_in_by_its_link(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD,GI");
  web_case_get(test, who, "/import?year=2024&tenant=HP&tenant=none");
  web_case_has(test, "<option value=\"2024\" selected>");
  web_case_has(test, "name=\"tenant\" value=\"HP\" checked");
  web_case_has(test, "name=\"scope\" value=\"some\" checked");
  web_case_has_not(test, "name=\"tenant\" value=\"FD\" checked");
  /* What makes no sense is as if it were not there. */
  web_case_get(test, who, "/import?year=1999&tenant=none");
  web_case_has(test, "<option value=\"2026\" selected>");
  web_case_has(test, "name=\"scope\" value=\"all\" checked");
  /* And nobody gets others' tenants by it. */
  web_case_get(test, bound, "/import?tenant=HP");
  web_case_has_not(test, "\"HP\"");
  web_case_has(test, "name=\"tenant\" value=\"FD\" checked");
  web_case_get(test, bound, "/import?tenant=GI");
  web_case_has_not(test, "name=\"tenant\" value=\"FD\" checked");
}

static void
shows_by_role(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD,OF");
  g_autoptr(WebPrincipal) none = web_case_who(ROLE_OPERATOR, "OF");
  g_assert_cmpuint(web_case_get(test, viewer, "/import"), ==, 403);
  g_assert_cmpuint(web_case_post(test, viewer, "/import", "action=start&year=2026"), ==, 403);
  g_assert_cmpuint(tasks(test), ==, 0);
  g_assert_cmpuint(web_case_get(test, chief, "/import"), ==, 200);
  web_case_has(test, "name=\"allow_removals\"");
  g_assert_cmpuint(web_case_get(test, bound, "/import"), ==, 200);
  web_case_has(test, "name=\"tenant\" value=\"FD\" checked");
  web_case_has_not(test, "\"scope\"");
  web_case_has_not(test, "HP");
  web_case_has_not(test, "Bergstraße");
  g_assert_cmpuint(web_case_get(test, none, "/import"), ==, 200);
  web_case_has(test, "no tenant with an apikey");
  web_case_has_not(test, "\"action\"");
}

/* ── starting ── */

static void
queues(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(GError) error = NULL;
  g_auto(ImportRequest) request = { 0 };
  g_assert_cmpuint(start(test, who, ONCE "year=2025&scope=some&tenant=HP&tenant=FD"), ==, 303);
  g_autoptr(StoreTask) task = only_task(test);
  g_autofree char *path = g_strdup_printf("/imports/%" G_GINT64_FORMAT, task->id);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, path);
  g_assert_cmpstr(task->kind, ==, IMPORT_KIND);
  g_assert_cmpint(task->due, ==, WEB_CASE_NOW);
  g_assert_true(import_parse(task->payload, &request, &error));
  g_assert_cmpint(request.year, ==, 2025);
  g_autofree char *tenants = g_strjoinv(",", request.tenants);
  g_assert_cmpstr(tenants, ==, "FD,HP"); /* as configured, not as sent */
  g_assert_cmpstr(request.starter, ==, "anna");
  g_assert_cmpstr(request.email, ==, "anna@example.org");
  g_assert_false(request.allow_removals);
  g_assert_cmpuint(test->woken, ==, 1);
}

static void
queues_all(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  g_auto(ImportRequest) request = { 0 };
  g_assert_cmpuint(start(test, chief, "year=2027&scope=all&allow_removals=1"), ==, 303);
  g_autoptr(StoreTask) task = only_task(test);
  g_assert_true(import_parse(task->payload, &request, NULL));
  g_assert_null(request.tenants);
  g_assert_cmpint(request.year, ==, 2027);
  g_assert_true(request.allow_removals);
}

static void
on_audit(const StoreAuditRow *row, gpointer data) {
  g_string_append_printf(data, "%s %s %s %s %s\n", row->actor, row->address, row->action,
                         row->subject, row->outcome);
}

/* A double click, or the form loaded again by the browser. */
static void
queues_once(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) other = web_case_who(ROLE_OPERATOR, NULL);
  g_free(other->name);
  other->name = g_strdup("bert");
  g_assert_cmpuint(start(test, who, ONCE "year=2026&scope=all"), ==, 303);
  g_autofree char *first = g_strdup(web_case_header(test, "Location"));
  g_assert_cmpuint(start(test, who, ONCE "year=2026&scope=all"), ==, 303);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, first);
  g_assert_cmpuint(tasks(test), ==, 1);
  g_assert_cmpuint(test->woken, ==, 1);
  GString *audit = g_string_new(NULL);
  g_assert_true(test->store->class->access->audit_read(test->store, 0, 100, on_audit, audit, NULL));
  g_assert_cmpstr(audit->str, ==, "anna 127.0.0.1 import 2026 all ok\n");
  g_string_free(audit, TRUE);
  /* Filled in anew, by somebody else, or from another form: not the same. */
  g_assert_cmpuint(start(test, who, ONCE "year=2026&scope=some&tenant=FD"), ==, 303);
  g_assert_cmpstr(web_case_header(test, "Location"), !=, first);
  g_assert_cmpuint(start(test, who, ONCE "year=2025&scope=all"), ==, 303);
  g_assert_cmpuint(start(test, other, ONCE "year=2026&scope=all"), ==, 303);
  g_assert_cmpuint(start(test, who, "year=2026&scope=all"), ==, 303);
  g_assert_cmpuint(start(test, who, "once=../../etc&year=2026&scope=all"), ==, 303);
  g_assert_cmpuint(tasks(test), ==, 6);
}

static void
refuses_wrong_forms(void) {
  static const struct {
    const char *form, *says;
  } bad[] = {
    { "scope=all", "Choose a year from 2012 to 2027." },
    { "year=&scope=all", "Choose a year" },
    { "year=abc&scope=all", "Choose a year" },
    { "year=2011&scope=all", "Choose a year" },
    { "year=2028&scope=all", "Choose a year" },
    { "year=99999999999999999999&scope=all", "Choose a year" },
    { "year=-2026&scope=all", "Choose a year" },
    { "year=2026&scope=some", "Choose at least one tenant." },
    { "year=2026&scope=all&tenant=FD", "not both" },
    { "year=2026&tenant=FD", "not both" },
    { "year=2026&scope=some&tenant=XX", "“XX” is no tenant" },
    { "year=2026&scope=some&tenant=OF", "“OF” is no tenant" },
    { "year=2026&scope=some&tenant=FD&tenant=%3Cb%3E", "“&lt;b&gt;” is no tenant" },
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_test_message("%s", bad[i].form);
    g_assert_cmpuint(start(test, who, bad[i].form), ==, 400);
    web_case_has(test, bad[i].says);
    web_case_has(test, "class=\"error\" role=\"alert\"");
    g_autofree char *preview = g_strconcat("action=preview&", bad[i].form, NULL);
    g_assert_cmpuint(web_case_post(test, who, "/import", preview), ==, 400);
  }
  g_assert_cmpuint(web_case_post(test, who, "/import", "year=2026&scope=all"), ==, 400);
  g_assert_cmpuint(web_case_post(test, who, "/import", "action=drop&year=2026"), ==, 400);
  g_assert_cmpuint(tasks(test), ==, 0);
  g_assert_cmpuint(test->woken, ==, 0);
}

static void
keeps_what_was_entered(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  g_assert_cmpuint(
      start(test, chief, ONCE "year=2011&scope=some&tenant=GI&tenant=FD&allow_removals=1"), ==,
      400);
  web_case_has(test, "name=\"scope\" value=\"some\" checked");
  web_case_has(test, "value=\"FD\" checked");
  web_case_has(test, "value=\"GI\" checked");
  web_case_has_not(test, "value=\"HP\" checked");
  web_case_has(test, "name=\"allow_removals\" value=\"1\" checked");
  web_case_has(test, "0123456789abcdef0123456789abcdef");
  web_case_has(test, "aria-describedby=\"year-error\"");
  g_assert_cmpuint(start(test, chief, "year=2020&scope=some"), ==, 400);
  web_case_has(test, "<option value=\"2020\" selected>");
  web_case_has(test, "aria-describedby=\"tenants-error\"");
}

static void
binds(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD,GI");
  g_auto(ImportRequest) request = { 0 };
  /* Another's and one that does not exist look the same. */
  g_assert_cmpuint(start(test, bound, "year=2026&tenant=HP"), ==, 400);
  web_case_has(test, "“HP” is no tenant that you can import.");
  g_assert_cmpuint(start(test, bound, "year=2026&tenant=FD&tenant=HP"), ==, 400);
  g_assert_cmpuint(start(test, bound, "year=2026&scope=all"), ==, 400);
  web_case_has(test, "at least one tenant");
  g_assert_cmpuint(tasks(test), ==, 0);
  g_assert_cmpuint(start(test, bound, "year=2026&scope=all&tenant=FD"), ==, 303);
  g_autoptr(StoreTask) task = only_task(test);
  g_assert_true(import_parse(task->payload, &request, NULL));
  g_assert_cmpstr(request.tenants[0], ==, "FD");
  g_assert_null(request.tenants[1]);
}

static void
removals_are_for_administrators(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(start(test, who, "year=2026&scope=all&allow_removals=1"), ==, 403);
  g_assert_cmpuint(tasks(test), ==, 0);
}

static void
previews(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_post(test, who, "/import", "action=preview&year=2026&scope=all"), ==,
                   303);
  g_assert_true(g_str_has_prefix(web_case_header(test, "Location"), "/previews/"));
  g_assert_cmpuint(tasks(test), ==, 0);
}

/* ── busy ── */

static gint64
add_run(WebCase *test, const char *tenants, gint64 task) {
  StoreRun run = { .year = 2026,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)"anna",
                   .tenants = (char *)tenants,
                   .owner = (char *)"nobody",
                   .timestarted = WEB_CASE_NOW,
                   .task = task };
  g_autoptr(GError) error = NULL;
  g_assert_true(test->store->class->run_begin(test->store, &run, &error));
  g_assert_no_error(error);
  g_assert_true(test->store->class->run_progress(
      test->store, run.id,
      "{\"phase\":\"fetch\",\"done\":12,\"total\":35,\"started\":1,\"left\":null,"
      "\"phases\":[{\"name\":\"fetch\",\"done\":12,\"total\":35,\"seconds\":1.0}],"
      "\"tenants\":{\"done\":1,\"total\":3},\"updated\":2}",
      &error));
  g_assert_no_error(error);
  return run.id;
}

static void
says_busy(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  bool taken;
  g_assert_true(test->store->class->lock_take(test->store, RUN_LOCK, "me", WEB_CASE_NOW, 60, NULL,
                                              NULL, NULL, &taken, NULL));
  g_assert_cmpuint(web_case_get(test, who, "/import"), ==, 200);
  web_case_has(test, "A run is under way.");
  web_case_has(test, ">Queue</button>");
  web_case_has_not(test, "/runs/1");
  gint64 run = add_run(test, "HP", 0);
  g_autofree char *link = g_strdup_printf("href=\"/runs/%" G_GINT64_FORMAT "\"", run);
  g_assert_cmpuint(web_case_get(test, who, "/import"), ==, 200);
  web_case_has(test, link);
  web_case_has(test, ": 12 of 35");
  web_case_has(test, "value=\"12\"");
  /* Of a run that is not theirs they learn that it is there. */
  g_assert_cmpuint(web_case_get(test, bound, "/import"), ==, 200);
  web_case_has(test, "A run is under way.");
  web_case_has_not(test, link);
  web_case_has_not(test, "12 of 35");
  /* It is queued all the same. */
  g_assert_cmpuint(start(test, who, "year=2026&scope=all"), ==, 303);
  g_assert_cmpuint(tasks(test), ==, 1);
}

static void
knows_an_old_lock(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  bool taken;
  g_assert_true(test->store->class->lock_take(test->store, RUN_LOCK, "me", WEB_CASE_NOW - 100, 60,
                                              NULL, NULL, NULL, &taken, NULL));
  g_assert_cmpuint(web_case_get(test, who, "/import"), ==, 200);
  web_case_has_not(test, "under way");
}

/* ── what became of it ── */

/* Queues one as `who`; the task's id. */
static gint64
queue_one(WebCase *test, const WebPrincipal *who, const char *form) {
  gint64 id = 0;
  g_assert_cmpuint(start(test, who, form), ==, 303);
  id = g_ascii_strtoll(strrchr(web_case_header(test, "Location"), '/') + 1, NULL, 10);
  g_assert_cmpint(id, >, 0);
  return id;
}

static guint
look(WebCase *test, const WebPrincipal *who, gint64 id) {
  g_autofree char *path = g_strdup_printf("/imports/%" G_GINT64_FORMAT, id);
  return web_case_get(test, who, path);
}

static void
take(WebCase *test, gint64 id) {
  const StoreTaker taker = { .owner = "worker" };
  g_autoptr(StoreTask) task = NULL;
  bool orphaned, taken;
  g_autoptr(GError) error = NULL;
  g_assert_true(test->store->class->lock_take(test->store, "node 1", "worker", WEB_CASE_NOW, 600,
                                              NULL, NULL, NULL, &taken, &error));
  g_assert_true(
      test->store->class->task_take(test->store, &taker, WEB_CASE_NOW, &task, &orphaned, &error));
  g_assert_no_error(error);
  g_assert_nonnull(task);
  g_assert_cmpint(task->id, ==, id);
}

static void
settle(WebCase *test, gint64 id, StoreTaskState state, const char *message) {
  g_autoptr(GError) error = NULL;
  g_assert_true(test->store->class->task_end(test->store, id, "worker", state, WEB_CASE_NOW + 30,
                                             message, WEB_CASE_NOW, &error));
  g_assert_no_error(error);
}

static void
follows_one(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  gint64 id = queue_one(test, who, "year=2026&scope=some&tenant=FD");
  g_assert_cmpuint(look(test, who, id), ==, 200);
  web_case_has(test, "task-queued");
  web_case_has(test, "<dd>FD</dd>");
  web_case_has(test, "<dd>2026</dd>");
  web_case_has(test, "<dd>anna</dd>");
  web_case_has(test, "http-equiv=\"refresh\"");
  web_case_has(test, "data-refresh=\"5\"");
  take(test, id);
  gint64 run = add_run(test, "FD", id);
  g_autofree char *link = g_strdup_printf("href=\"/runs/%" G_GINT64_FORMAT "\"", run);
  g_assert_cmpuint(look(test, who, id), ==, 200);
  web_case_has(test, "task-running");
  web_case_has(test, link);
  g_autofree char *events =
      g_strdup_printf("data-events=\"/runs/%" G_GINT64_FORMAT "/events\"", run);
  web_case_has(test, events);
  web_case_has(test, "12 of 35");
  web_case_has(test, "data-refresh");
  g_assert_true(
      test->store->class->run_end(test->store, run, RUN_PARTIAL, WEB_CASE_NOW, "{}", NULL));
  settle(test, id, TASK_DONE, NULL);
  g_assert_cmpuint(look(test, who, id), ==, 200);
  web_case_has(test, "role=\"status\">Not everything succeeded.</p>");
  web_case_has(test, "badge partial");
  web_case_has(test, link);
  web_case_has(test, "<dd>FD</dd>");
  web_case_has_not(test, "data-refresh");
  web_case_has_not(test, "http-equiv=\"refresh\"");
}

static void
says_why_it_failed(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  gint64 id = queue_one(test, who, "year=2026&scope=some&tenant=FD&tenant=HP");
  take(test, id);
  settle(test, id, TASK_QUEUED, "HP sleeps");
  g_assert_cmpuint(look(test, who, id), ==, 200);
  web_case_has(test, "Waits because");
  web_case_has(test, "HP sleeps");
  web_case_has(test, "data-refresh");
  /* Half of it is theirs: neither the other's name nor what was said of it. */
  g_assert_cmpuint(look(test, bound, id), ==, 200);
  web_case_has(test, "<dd>FD</dd>");
  web_case_has_not(test, "HP");
  g_assert_true(test->store->class->task_cancel(test->store, id, "HP is gone", WEB_CASE_NOW, NULL));
  g_assert_cmpuint(look(test, who, id), ==, 200);
  web_case_has(test, "task-failed");
  web_case_has(test, "HP is gone");
  web_case_has_not(test, "data-refresh");
  g_assert_cmpuint(look(test, bound, id), ==, 200);
  web_case_has_not(test, "HP");
}

static void
hides_what_is_not_theirs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "GI");
  g_autoptr(GError) error = NULL;
  gint64 id = queue_one(test, who, "year=2026&scope=some&tenant=FD");
  gint64 all = queue_one(test, who, "year=2026&scope=all");
  g_assert_cmpuint(look(test, bound, id), ==, 404);
  g_assert_cmpuint(look(test, bound, all), ==, 200);
  add_run(test, "FD", id);
  g_assert_cmpuint(look(test, bound, id), ==, 404);
  g_assert_cmpuint(look(test, who, 4711), ==, 404);
  const StoreTask copy = { .kind = (char *)CONTENT_COPY_KIND,
                           .subject = (char *)"1",
                           .payload = (char *)"{\"year\":2026,\"starter\":\"x\"}" };
  gint64 other;
  g_assert_true(test->store->class->task_add(test->store, &copy, WEB_CASE_NOW, &other, &error));
  g_assert_cmpuint(look(test, who, other), ==, 404);
  g_assert_cmpuint(web_case_get(test, who, "/imports/0"), ==, 404);
  g_assert_cmpuint(web_case_get(test, who, "/imports/1x"), ==, 404);
  g_assert_cmpuint(web_case_get(test, who, "/imports/-1"), ==, 404);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/import/shows-the-form", shows_the_form);
  g_test_add_func("/import/is-filled-in-by-its-link", is_filled_in_by_its_link);
  g_test_add_func("/import/shows-by-role", shows_by_role);
  g_test_add_func("/import/queues", queues);
  g_test_add_func("/import/queues-all", queues_all);
  g_test_add_func("/import/queues-once", queues_once);
  g_test_add_func("/import/refuses-wrong-forms", refuses_wrong_forms);
  g_test_add_func("/import/keeps-what-was-entered", keeps_what_was_entered);
  g_test_add_func("/import/binds", binds);
  g_test_add_func("/import/removals-are-for-administrators", removals_are_for_administrators);
  g_test_add_func("/import/previews", previews);
  g_test_add_func("/import/says-busy", says_busy);
  g_test_add_func("/import/knows-an-old-lock", knows_an_old_lock);
  g_test_add_func("/import/follows-one", follows_one);
  g_test_add_func("/import/says-why-it-failed", says_why_it_failed);
  g_test_add_func("/import/hides-what-is-not-theirs", hides_what_is_not_theirs);
  return g_test_run();
}
