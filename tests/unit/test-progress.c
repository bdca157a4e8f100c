/* How far a run is: the document that is kept of it, and what is left.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/progress.h"

#include <string.h>

#define NOW ((gint64)1773147909)

static void
later(Clock *clock, gdouble seconds) {
  clock_advance(clock, (gint64)(seconds * G_USEC_PER_SEC));
}

static RunProgress
read_back(const RunMeter *meter) {
  RunProgress progress;
  g_autofree char *text = run_progress_text(meter);
  g_assert_true(run_progress_read(text, &progress));
  return progress;
}

static void
writes(void) {
  g_autoptr(Clock) clock = clock_manual_new(NOW);
  g_autoptr(RunMeter) meter = run_progress_new(clock);
  g_assert_cmpstr(run_progress_phase(meter), ==, "");
  run_progress_begin(meter, "companies");
  later(clock, 1.5);
  run_progress_begin(meter, "fetch");
  g_assert_cmpstr(run_progress_phase(meter), ==, "fetch");
  later(clock, 4.5);
  run_progress_at(meter, 12, 35);
  run_progress_tenants(meter, 12, 35);
  g_autofree char *text = run_progress_text(meter);
  g_assert_cmpstr(text, ==,
                  "{\"phase\":\"fetch\",\"done\":12,\"total\":35,\"started\":1773147910,"
                  "\"left\":null,\"phases\":["
                  "{\"name\":\"companies\",\"done\":0,\"total\":0,\"seconds\":1.5},"
                  "{\"name\":\"fetch\",\"done\":12,\"total\":35,\"seconds\":4.5}],"
                  "\"tenants\":{\"done\":12,\"total\":35},\"updated\":1773147915}");
  RunProgress progress = read_back(meter);
  g_assert_cmpuint(progress.count, ==, 2);
  g_assert_cmpstr(progress.phases[0].name, ==, "companies");
  g_assert_cmpfloat(progress.phases[0].seconds, ==, 1.5);
  g_assert_cmpstr(progress.phases[1].name, ==, "fetch");
  g_assert_cmpint(progress.phases[1].done, ==, 12);
  g_assert_cmpint(progress.phases[1].total, ==, 35);
  g_assert_cmpint(progress.tenants_done, ==, 12);
  g_assert_cmpint(progress.tenants_total, ==, 35);
  g_assert_cmpint(progress.left, ==, -1);
  g_assert_cmpint(progress.updated, ==, NOW + 6);
}

/* The report's "seconds" are of phases that are over. */
static void
tells_seconds(void) {
  g_autoptr(Clock) clock = clock_manual_new(NOW);
  g_autoptr(RunMeter) meter = run_progress_new(clock);
  run_progress_begin(meter, "fetch");
  later(clock, 2);
  run_progress_begin(meter, "read");
  later(clock, 3);
  json_auto_t *before = run_progress_seconds(meter);
  g_assert_cmpint(json_object_size(before), ==, 1);
  g_assert_cmpfloat(json_real_value(json_object_get(before, "fetch")), ==, 2);
  run_progress_end(meter);
  later(clock, 100);
  json_auto_t *after = run_progress_seconds(meter);
  g_assert_cmpfloat(json_real_value(json_object_get(after, "read")), ==, 3);
  g_assert_cmpint(read_back(meter).left, ==, 0);
  g_assert_cmpfloat(read_back(meter).phases[1].seconds, ==, 3);
}

/* A run like this one went: fetch 100 s, read 20 s, plan 1 s, apply 60 s, content 0 s. */
static RunMeter *
meter_with_past(Clock *clock) {
  RunMeter *meter = run_progress_new(clock);
  const RunProgress past = { .count = 5,
                             .phases = { { "fetch", 35, 35, 100 },
                                         { "read", 0, 0, 20 },
                                         { "plan", 0, 0, 1 },
                                         { "apply", 500, 500, 60 },
                                         { "content", 0, 0, 0 } } };
  run_progress_expect(meter, &past);
  return meter;
}

static void
estimates(void) {
  g_autoptr(Clock) clock = clock_manual_new(NOW);
  g_autoptr(RunMeter) meter = meter_with_past(clock);
  run_progress_begin(meter, "companies"); /* not known of the past */
  g_assert_cmpint(read_back(meter).left, ==, -1);
  run_progress_begin(meter, "fetch");
  later(clock, 10);
  g_assert_cmpint(read_back(meter).left, ==, 90 + 81); /* by the past alone */
  run_progress_at(meter, 7, 35);
  g_assert_cmpint(read_back(meter).left, ==, 40 + 81); /* by its own speed */
  run_progress_begin(meter, "read");
  later(clock, 15);
  g_assert_cmpint(read_back(meter).left, ==, 5 + 61);
  later(clock, 15); /* longer than the last time */
  g_assert_cmpint(read_back(meter).left, ==, 61);
  run_progress_begin(meter, "apply");
  later(clock, 6);
  run_progress_at(meter, 20, 100);
  g_assert_cmpint(read_back(meter).left, ==, 24);
}

/* The first of its kind: only the last of the phases can be told. */
static void
knows_not(void) {
  g_autoptr(Clock) clock = clock_manual_new(NOW);
  g_autoptr(RunMeter) meter = run_progress_new(clock);
  run_progress_begin(meter, "apply");
  later(clock, 10);
  run_progress_at(meter, 50, 100);
  g_assert_cmpint(read_back(meter).left, ==, -1);
  const RunProgress past = { .count = 1, .phases = { { "content", 0, 0, 0 } } };
  run_progress_expect(meter, &past);
  g_assert_cmpint(read_back(meter).left, ==, 10);
  run_progress_at(meter, 1, G_MAXINT);
  g_assert_cmpint(read_back(meter).left, ==, -1); /* centuries are no estimate */
}

static void
reads_damaged(void) {
  static const char *const bad[] = { "",
                                     "{",
                                     "[]",
                                     "{}",
                                     "{\"phases\":[{}]}",
                                     "{\"phases\":[{\"name\":7}]}",
                                     "{\"phases\":[\"fetch\"]}" };
  RunProgress progress;
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    progress.count = 7;
    g_assert_false(run_progress_read(bad[i], &progress));
    g_assert_cmpuint(progress.count, ==, 0);
    g_assert_cmpint(progress.left, ==, -1);
  }
  g_assert_false(run_progress_read(NULL, &progress));
  GString *many = g_string_new("{\"phases\":[");
  for (guint i = 0; i <= PROGRESS_MAX_PHASES; i++)
    g_string_append_printf(many, "%s{\"name\":\"p%u\"}", i > 0 ? "," : "", i);
  g_string_append(many, "]}");
  g_assert_false(run_progress_read(many->str, &progress));
  g_string_free(many, TRUE);
}

/* What the version before wrote, and numbers that make no sense. */
static void
reads_others(void) {
  RunProgress progress;
  g_assert_true(run_progress_read("{\"phase\":\"apply\",\"done\":3,\"total\":9}", &progress));
  g_assert_cmpuint(progress.count, ==, 1);
  g_assert_cmpstr(progress.phases[0].name, ==, "apply");
  g_assert_cmpint(progress.phases[0].done, ==, 3);
  g_assert_cmpint(progress.left, ==, -1);
  g_assert_true(run_progress_read(
      "{\"phases\":[{\"name\":\"a-name-that-is-longer-than-those-of-phases\",\"done\":-3,"
      "\"total\":\"x\",\"seconds\":-1}],\"left\":-7,\"tenants\":9}",
      &progress));
  g_assert_cmpuint(strlen(progress.phases[0].name), ==, sizeof progress.phases[0].name - 1);
  g_assert_cmpint(progress.phases[0].done, ==, 0);
  g_assert_cmpint(progress.phases[0].total, ==, 0);
  g_assert_cmpfloat(progress.phases[0].seconds, ==, 0);
  g_assert_cmpint(progress.left, ==, 0);
  g_assert_cmpint(progress.tenants_total, ==, 0);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/progress/writes", writes);
  g_test_add_func("/progress/tells-seconds", tells_seconds);
  g_test_add_func("/progress/estimates", estimates);
  g_test_add_func("/progress/knows-not", knows_not);
  g_test_add_func("/progress/reads-damaged", reads_damaged);
  g_test_add_func("/progress/reads-others", reads_others);
  return g_test_run();
}
