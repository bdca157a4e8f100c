/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run_case.h"

#include <string.h>

json_t *
run_case_course(gint64 id, const char *shortname, const char *lehrgang, int enrolled) {
  return json_pack("{s:I, s:s, s:b, s:[s], s:{s:i, s:i, s:i, s:i, s:i},"
                   " s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}}",
                   "course", (json_int_t)id, "shortname", shortname, "created", 0, "lehrgaenge",
                   lehrgang, "users", "created", 0, "existing", 0, "skipped", 0, "total", 0,
                   "updated", 0, "assignments", "enrolled", enrolled, "alreadyenrolled", 0,
                   "unenrolled", 0, "alreadyunenrolled", 0, "noop", 0, "completed", 0,
                   "completions_waiting", 0, "skipped", 0, "held", 0, "unproven", 0, "unlisted", 0,
                   "groups", 0, "memberships", 0, "total", enrolled);
}

void
run_case_set(json_t *course, const char *group, const char *key, int value) {
  json_object_set_new(json_object_get(course, group), key, json_integer(value));
}

json_t *
run_case_tenant(const char *abbr, const char *name, int total) {
  return json_pack("{s:s, s:s, s:b, s:b, s:i, s:i, s:i, s:[], s:n, s:{}, s:i, s:[], s:[]}", "abbr",
                   abbr, "name", name, "configured", 1, "listed", 1, "created", 0, "skipped", total,
                   "total", total, "failed", "error", "skip_reasons", "left_out_count", 0,
                   "left_out", "courses");
}

json_t *
run_case_report(void) {
  return json_pack("{s:i, s:i, s:s, s:s, s:i, s:i, s:n, s:b, s:[], s:{}, s:{}, s:[], s:[], s:[],"
                   " s:{s:i, s:i, s:i, s:i, s:i}}",
                   "run", 1, "year", 2026, "status", "partial", "triggeredby", "anna", "started", 1,
                   "ended", 2, "error", "dry_run", 0, "tenants", "totals", "unknown_statuses",
                   "held", "unproven", "warnings", "content_copies", "queued", 0, "done", 0,
                   "pending", 0, "waiting", 0, "failed", 0);
}

void
run_case_add(json_t *object, const char *key, json_t *item) {
  json_array_append_new(json_object_get(object, key), item);
}

json_t *
run_case_small(void) {
  json_t *report = run_case_report();
  json_t *fd = run_case_tenant("FD", "Landkreis Fulda", 3);
  json_t *hp = run_case_tenant("HP", "Landkreis Bergstraße", 1);
  json_t *gi = run_case_tenant("GI", "Landkreis Gießen", 2);
  json_t *of = run_case_tenant("OF", "Landkreis Offenbach", 0);
  json_t *one = run_case_course(101, "FD-F-I-26", "L-1", 12);
  json_t *three = run_case_course(103, "HP-F-I-26", "L-3", 5);
  json_t *four = run_case_course(0, "HLFS-F-II-26", "L-4", 0);
  run_case_set(one, "users", "created", 3);
  run_case_set(one, "users", "existing", 1100);
  run_case_set(one, "assignments", "alreadyenrolled", 7);
  run_case_set(three, "assignments", "completed", 4);
  json_object_set_new(three, "created", json_true());
  json_array_append_new(json_object_get(three, "lehrgaenge"), json_string("L-3b"));
  run_case_set(four, "assignments", "skipped", 2);
  run_case_add(fd, "courses", one);
  run_case_add(fd, "courses", run_case_course(102, "FD-ÜBUNG-26", "L-2", 0));
  run_case_add(hp, "courses", three);
  run_case_add(gi, "courses", four);
  json_object_set_new(hp, "created", json_integer(1));
  json_object_set_new(json_object_get(fd, "skip_reasons"), "no_company", json_integer(2));
  json_object_set_new(of, "configured", json_false());
  run_case_add(gi, "failed",
               json_pack("{s:s, s:s}", "id", "P-9", "error", "HLFS-F-II-26: enrol: no role"));
  run_case_add(report, "tenants", fd);
  run_case_add(report, "tenants", hp);
  run_case_add(report, "tenants", gi);
  run_case_add(report, "tenants", of);
  return report;
}

gint64
run_case_put_text(WebCase *test, RunStatus status, const char *tenants, const char *summary) {
  g_autoptr(GError) error = NULL;
  StoreRun run = { .year = 2026,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)"anna",
                   .tenants = (char *)tenants,
                   .owner = (char *)"host 1 1",
                   .timestarted = WEB_CASE_NOW - 125 };
  g_assert_true(test->store->class->run_begin(test->store, &run, &error));
  if (status != RUN_RUNNING)
    g_assert_true(test->store->class->run_end(test->store, run.id, status, WEB_CASE_NOW,
                                              summary != NULL ? summary : "", &error));
  g_assert_no_error(error);
  return run.id;
}

gint64
run_case_put(WebCase *test, RunStatus status, const char *tenants, json_t *report) {
  char *text = json_dumps(report, JSON_COMPACT);
  json_decref(report);
  gint64 id = run_case_put_text(test, status, tenants, text);
  free(text);
  return id;
}

guint
run_case_get(WebCase *test, const char *tenants, gint64 run, const char *rest) {
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, tenants);
  g_autofree char *target = g_strdup_printf("/runs/%" G_GINT64_FORMAT "%s", run, rest);
  return web_case_get(test, who, target);
}

const char *
run_case_place(const WebCase *test, const char *part) {
  web_case_has(test, part);
  return strstr(test->answer.body->str, part);
}

guint
run_case_count(const WebCase *test, const char *part) {
  guint count = 0;
  for (const char *at = test->answer.body->str; (at = strstr(at, part)) != NULL; at++)
    count++;
  return count;
}

void
run_case_row(const WebCase *test, const char *shortname, const char *const *cells) {
  g_autofree char *head = g_strdup_printf("<th scope=\"row\">%s", shortname);
  const char *row = run_case_place(test, head);
  g_autofree char *text = g_strndup(row, (gsize)(strstr(row, "</tr>") - row));
  g_auto(GStrv) parts = g_strsplit(text, "<td class=\"number\">", -1);
  for (guint i = 0; cells[i] != NULL; i++) {
    g_assert_nonnull(parts[i + 1]);
    *strchr(parts[i + 1], '<') = '\0';
    g_assert_cmpstr(parts[i + 1], ==, cells[i]);
  }
}

void
run_case_total(const WebCase *test, const char *name, const char *number) {
  g_autofree char *text = g_strdup_printf("<dt>%s</dt><dd>%s</dd>", name, number);
  web_case_has(test, text);
}

json_t *
run_case_large(guint tenants, guint courses) {
  json_t *report = run_case_report();
  for (guint i = 0; i < tenants; i++) {
    g_autofree char *abbr = g_strdup_printf("T%02u", i);
    json_t *tenant = run_case_tenant(abbr, "Landkreis mit einem langen Namen", (int)courses);
    for (guint j = 0; j < courses; j++) {
      g_autofree char *shortname = g_strdup_printf("%s-F/B-Sem-%03u-26", abbr, j);
      g_autofree char *id = g_strdup_printf("2026-%s-%u", abbr, j);
      json_t *course = run_case_course(1000 + i * courses + j, shortname, id, (int)j);
      json_array_append_new(json_object_get(course, "lehrgaenge"), json_string("2026-0815"));
      run_case_add(tenant, "courses", course);
    }
    run_case_add(report, "tenants", tenant);
  }
  return report;
}

json_t *
run_case_troubled(void) {
  json_t *report = run_case_small();
  json_t *hp = json_array_get(json_object_get(report, "tenants"), 1);
  json_object_set_new(hp, "error", json_string("401 unauthorized: check its apikey"));
  json_object_set_new(report, "error", json_string("Moodle went away"));
  run_case_set(json_array_get(json_object_get(hp, "courses"), 0), "assignments",
               "completions_waiting", 4);
  run_case_add(report, "held",
               json_pack("{s:s, s:i, s:i, s:i}", "company", "FD", "removals", 30, "enrolled", 40,
                         "allowed", 10));
  run_case_add(report, "unproven",
               json_pack("{s:s, s:s}", "shortname", "FD-F-I-26", "why", "HP could not be read"));
  run_case_add(report, "warnings", json_string("user 7 keeps its user name"));
  run_case_add(report, "warnings",
               json_string("4 completions wait for the plugin (local_lehrgaenge)"));
  json_object_set_new(json_object_get(report, "unknown_statuses"), "S099_GEPARKT", json_integer(3));
  json_object_set_new(report, "content_copies", json_pack("{s:i, s:i}", "waiting", 2, "failed", 1));
  return report;
}
