/* What the history tells of a run, taken from its report and read back by who may see what.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/totals.h"

#include <string.h>

#include "store/store.h"

static const char report_text[] =
    "{\"tenants\":["
    "{\"abbr\":\"FD\",\"configured\":true,\"listed\":true,\"total\":12,\"error\":null,"
    " \"failed\":[{\"id\":\"L1\",\"error\":\"x\"},{\"id\":\"L2\",\"error\":\"x\"}],\"courses\":["
    "  {\"created\":true,\"users\":{\"created\":4},"
    "   \"assignments\":{\"enrolled\":9,\"unenrolled\":2,\"completed\":1,\"alreadyenrolled\":50}},"
    "  {\"created\":false,\"users\":{\"created\":1},\"assignments\":{\"enrolled\":1}}]},"
    "{\"abbr\":\"HP\",\"configured\":true,\"listed\":true,\"total\":3,\"error\":null,"
    " \"failed\":[],\"courses\":["
    "  {\"created\":true,\"users\":{},\"assignments\":{\"completed\":5}}]},"
    "{\"abbr\":\"GI\",\"configured\":true,\"listed\":false,\"total\":0,\"error\":\"away\","
    " \"failed\":[],\"courses\":[]},"
    "{\"abbr\":\"OF\",\"configured\":true,\"listed\":false,\"total\":0,\"error\":null,"
    " \"failed\":[],\"courses\":[]}],"
    "\"totals\":{\"failed\":7}}";

static char *
sample(void) {
  json_auto_t *report = json_loads(report_text, 0, NULL);
  g_assert_nonnull(report);
  return totals_text(report);
}

static void
sums_all(void) {
  RunTotals totals;
  g_autofree char *text = sample();
  g_assert_true(totals_read(text, NULL, &totals));
  g_assert_cmpint(totals.tenants, ==, 3); /* OF was not asked */
  g_assert_cmpint(totals.tenants_failed, ==, 1);
  g_assert_cmpint(totals.lehrgaenge, ==, 15);
  g_assert_cmpint(totals.courses_created, ==, 2);
  g_assert_cmpint(totals.users_created, ==, 5);
  g_assert_cmpint(totals.enrolled, ==, 10);
  g_assert_cmpint(totals.unenrolled, ==, 2);
  g_assert_cmpint(totals.completed, ==, 6);
  g_assert_cmpint(totals.failed, ==, 7); /* more than the tenants' lists hold */
  g_assert_cmpint(totals_changes(&totals), ==, 2 + 5 + 10 + 2 + 6);
}

static void
sums_some(void) {
  static const char *const fd[] = { "FD", NULL };
  static const char *const both[] = { "HP", "GI", "XX", NULL };
  RunTotals totals;
  g_autofree char *text = sample();
  g_assert_true(totals_read(text, fd, &totals));
  g_assert_cmpint(totals.tenants, ==, 1);
  g_assert_cmpint(totals.lehrgaenge, ==, 12);
  g_assert_cmpint(totals.enrolled, ==, 10);
  g_assert_cmpint(totals.completed, ==, 1);
  g_assert_cmpint(totals.failed, ==, 2);
  g_assert_true(totals_read(text, both, &totals));
  g_assert_cmpint(totals.tenants, ==, 2);
  g_assert_cmpint(totals.tenants_failed, ==, 1);
  g_assert_cmpint(totals.completed, ==, 5);
  g_assert_cmpint(totals.enrolled, ==, 0);
}

/* A run that was skipped, or could not begin. */
static void
nothing_done(void) {
  json_auto_t *report = json_pack("{s:s}", "status", "skipped");
  RunTotals totals;
  g_autofree char *text = totals_text(report);
  g_assert_true(totals_read(text, NULL, &totals));
  g_assert_cmpint(totals.tenants, ==, 0);
  g_assert_cmpint(totals_changes(&totals), ==, 0);
}

static void
reads_damaged(void) {
  static const char *const bad[] = {
    "", "{", "[]", "{}", "{\"all\":3}", "\"all\"", "{\"all\":[]}"
  };
  RunTotals totals;
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    totals.enrolled = 7;
    g_assert_false(totals_read(bad[i], NULL, &totals));
    g_assert_cmpint(totals.enrolled, ==, 0);
  }
  g_assert_false(totals_read(NULL, NULL, &totals));
  g_assert_true(totals_read("{\"all\":{\"enrolled\":-3,\"failed\":\"x\"}}", NULL, &totals));
  g_assert_cmpint(totals.enrolled, ==, 0);
}

/* Nobody gets another's figures because there is no room for their own. */
static void
too_many_tenants(void) {
  static const char *const one[] = { "tenant-7", NULL };
  json_auto_t *report = json_object();
  json_t *tenants = json_array();
  json_object_set_new(report, "tenants", tenants);
  for (guint i = 0; i < 3000; i++) {
    g_autofree char *abbr = g_strdup_printf("tenant-%u", i);
    json_array_append_new(tenants,
                          json_pack("{s:s, s:b, s:i}", "abbr", abbr, "listed", 1, "total", 1));
  }
  RunTotals totals;
  g_autofree char *text = totals_text(report);
  g_assert_cmpuint(strlen(text), <=, STORE_MAX_PROGRESS);
  g_assert_true(totals_read(text, NULL, &totals));
  g_assert_cmpint(totals.lehrgaenge, ==, 3000);
  g_assert_false(totals_read(text, one, &totals));
  g_assert_cmpint(totals.lehrgaenge, ==, 0);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/totals/sums-all", sums_all);
  g_test_add_func("/totals/sums-some", sums_some);
  g_test_add_func("/totals/nothing-done", nothing_done);
  g_test_add_func("/totals/reads-damaged", reads_damaged);
  g_test_add_func("/totals/too-many-tenants", too_many_tenants);
  return g_test_run();
}
