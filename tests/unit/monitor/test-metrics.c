/* What the process counts, and how it is written: names, labels, bounds, many threads at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "monitor/family.h"
#include "monitor/metrics.h"

static char *
shown(void) {
  g_autoptr(GString) text = g_string_new(NULL);
  metrics_append(text);
  format_assert(text->str);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static gint64
number(const char *text, const char *series) {
  g_autofree char *value = format_value(text, series);
  return value != NULL ? g_ascii_strtoll(value, NULL, 10) : -1;
}

/* Counts go on from where other tests left them. */
static gint64
count(const char *series) {
  g_autofree char *text = shown();
  return MAX(number(text, series), 0);
}

/* The checker that all these tests trust. */
static void
test_checker(void) {
#define HEAD "# HELP a A.\n# TYPE a gauge\n"
  static const struct {
    const char *text, *flaw; /* NULL: none */
  } rows[] = {
    { "", "no end" },
    { HEAD "a 1\n", NULL },
    { HEAD, NULL },
    { HEAD "a{b=\"c\",d=\"\\\"\\\\\\n\"} -1.5e-07\n", NULL },
    { HEAD "a NaN\n", NULL },
    { HEAD "a 1", "no end" },
    { "a 1\n", "outside" },
    { "# HELP a A.\na 1\n", "outside" },
    { "# HELP a A.\n", "no TYPE" },
    { "# HELP a A.\n# HELP b B.\n# TYPE b gauge\n", "no TYPE" },
    { "# TYPE a gauge\na 1\n", "without the HELP" },
    { "# HELP a\n# TYPE a gauge\n", "without a text" },
    { "# HELP a-b A.\n# TYPE a-b gauge\n", "no name" },
    { HEAD "# TYPE a gauge\n", "second TYPE" },
    { HEAD "# HELP b B.\n# TYPE b gauge\nb 1\na 1\n", "outside" },
    { HEAD HEAD, "there before" },
    { HEAD "a 1\na 1\n", "again" },
    { HEAD "a{b=\"c\"} 1\na{b=\"c\"} 2\n", "again" },
    { HEAD "a{b=\"c\"d\"} 1\n", "not a sample" },
    { HEAD "a{b=\"\\c\"} 1\n", "not a sample" },
    { HEAD "a{b=c} 1\n", "not a sample" },
    { HEAD "a{} 1\n", "not a sample" },
    { HEAD "a 1,5\n", "not a sample" },
    { HEAD "a x\n", "not a sample" },
    { HEAD "\n", "not a sample" },
    { "# HELP a A.\n# TYPE a counter\n", "_total" },
    { "# HELP a_total A.\n# TYPE a_total gauge\n", "_total" },
    { HEAD "a{b=\"\xff\"} 1\n", "UTF-8" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *flaw = format_flaw(rows[i].text);
    if (rows[i].flaw == NULL)
      g_assert_cmpstr(flaw, ==, NULL);
    else if (flaw == NULL || strstr(flaw, rows[i].flaw) == NULL)
      g_error("row %zu: %s", i, flaw);
  }
}

static void
test_family(void) {
  g_autoptr(GString) text = g_string_new(NULL);
  family_gauge(text, "a", "What it is.");
  family_whole(text, "a", -7, NULL);
  family_whole(text, "a", G_MAXINT64, "b", "R\"Ü\\D\n", "c", "", "d", NULL, "e", "\xff", NULL);
  family_real(text, "a", 0.0000125, "f", "g", NULL);
  format_assert(text->str);
  g_assert_cmpstr(
      text->str, ==,
      "# HELP a What it is.\n# TYPE a gauge\na -7\n"
      "a{b=\"R\\\"Ü\\\\D\\n\",e=\"\uFFFD\"} 9223372036854775807\na{f=\"g\"} 1.25e-05\n");
}

static void
test_requests(void) {
  static const struct {
    long status;
    const char *word;
  } rows[] = { { 200, "200" },   { 0, "none" },   { 429, "429" },    { 418, "4xx" },
               { 599, "5xx" },   { 100, "1xx" },  { 206, "2xx" },    { 304, "3xx" },
               { 600, "other" }, { -1, "other" }, { 99999, "other" } };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *zms =
        g_strdup_printf("lehrgaenge_requests_total{peer=\"zms\",status=\"%s\"}", rows[i].word);
    g_autofree char *moodle =
        g_strdup_printf("lehrgaenge_requests_total{peer=\"moodle\",status=\"%s\"}", rows[i].word);
    gint64 zms_before = count(zms), moodle_before = count(moodle);
    metrics_request(METRICS_ZMS, rows[i].status);
    metrics_request(METRICS_MOODLE, rows[i].status);
    metrics_request(METRICS_MOODLE, rows[i].status);
    g_assert_cmpint(count(zms), ==, zms_before + 1);
    g_assert_cmpint(count(moodle), ==, moodle_before + 2);
  }
}

/* Whatever servers answer, the text stays small. */
static void
test_requests_are_bounded(void) {
  for (long status = -1000; status < 3000; status++)
    metrics_request(METRICS_ZMS, status);
  g_autofree char *text = shown();
  g_auto(GStrv) parts = g_strsplit(text, "peer=\"zms\"", -1);
  g_assert_cmpuint(g_strv_length(parts) - 1, <=, 26);
}

static void
test_runs(void) {
  static const char success[] = "lehrgaenge_runs_ended_total{status=\"success\"}";
  static const char skipped[] = "lehrgaenge_runs_ended_total{status=\"skipped\"}";
  g_autofree char *before = shown();
  g_assert_cmpint(number(before, success), ==, 0);
  g_assert_null(strstr(before, "phase="));
  json_auto_t *first = json_pack("{s:s, s:{s:f, s:f}}", "status", "success", "seconds", "fetch",
                                 1.25, "apply", 30.0);
  json_auto_t *second =
      json_pack("{s:s, s:{s:f, s:f}}", "status", "error", "seconds", "fetch", 0.0625, "plan", 2.0);
  metrics_run(first);
  metrics_run(first);
  metrics_run(NULL); /* another run held the lock; what the last one took stays */
  g_autofree char *middle = shown();
  format_assert_value(middle, success, "2");
  format_assert_value(middle, skipped, "1");
  format_assert_value(middle, "lehrgaenge_run_phase_seconds{phase=\"fetch\"}", "1.25");
  format_assert_value(middle, "lehrgaenge_run_phase_seconds{phase=\"apply\"}", "30");
  metrics_run(second);
  g_autofree char *after = shown();
  format_assert_value(after, success, "2");
  format_assert_value(after, "lehrgaenge_runs_ended_total{status=\"error\"}", "1");
  format_assert_value(after, "lehrgaenge_run_phase_seconds{phase=\"fetch\"}", "0.0625");
  g_assert_null(strstr(after, "phase=\"apply\""));
}

static void
test_phases_are_bounded(void) {
  json_auto_t *seconds = json_object();
  for (int i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf("%d %s", i, "a phase with a name beyond all measure");
    json_object_set_new(seconds, name, json_real(1));
  }
  json_auto_t *report = json_pack("{s:s, s:O}", "status", "success", "seconds", seconds);
  metrics_run(report);
  g_autofree char *text = shown();
  g_auto(GStrv) parts = g_strsplit(text, "phase=", -1);
  g_assert_cmpuint(g_strv_length(parts) - 1, ==, 16);
}

/* Last of its kind: it fills the table. */
static void
test_tasks(void) {
  static const char *const done =
      "lehrgaenge_task_tries_total{kind=\"content_copy\",outcome=\"done\"}";
  metrics_task("content_copy", "done");
  metrics_task("content_copy", "retry");
  metrics_task("content_copy", "done");
  g_assert_cmpint(count(done), ==, 2);
  const char *name = "a kind whose name is longer than there is room for";
  metrics_task(name, "an outcome as long as that");
  metrics_task(name, "an outcome as long as that");
  g_autofree char *cut = g_strdup_printf(
      "lehrgaenge_task_tries_total{kind=\"%.31s\",outcome=\"%.15s\"}", name, "an outcome as long");
  g_assert_cmpint(count(cut), ==, 2);
  for (int i = 0; i < 500; i++) {
    g_autofree char *kind = g_strdup_printf("kind%d", i);
    metrics_task(kind, "done");
  }
  metrics_task("other", "done");
  metrics_task("content_copy", "done");
  g_autofree char *text = shown();
  g_assert_cmpint(number(text, done), ==, 3);
  g_auto(GStrv) parts = g_strsplit(text, "task_tries_total{", -1);
  g_assert_cmpuint(g_strv_length(parts) - 1, ==, 48);
  gint64 rest = number(text, "lehrgaenge_task_tries_total{kind=\"other\",outcome=\"other\"}");
  g_assert_cmpint(rest, ==, 500 + 1 - (48 - 4)); /* all but those that still had a place */
}

static void
test_process(void) {
  g_autofree char *text = shown();
  format_assert_value(text, "lehrgaenge_build_info{version=\"" LGS_VERSION "\"}", "1");
  g_assert_cmpint(number(text, "process_resident_memory_bytes"), >, 100 * 1024);
  gint64 start = number(text, "process_start_time_seconds");
  gint64 now = g_get_real_time() / G_USEC_PER_SEC;
  g_assert_cmpint(start, <=, now + 1);
  g_assert_cmpint(start, >, now - 600);
  g_assert_cmpint(count("process_start_time_seconds"), ==, start);
}

#define THREADS 8
#define TIMES 5000

static gpointer
count_much(gpointer data) {
  for (int i = 0; i < TIMES; i++) {
    metrics_request(METRICS_ZMS, 200);
    if (i % 500 == 0)
      g_free(shown());
  }
  return data;
}

static void
test_threads(void) {
  static const char series[] = "lehrgaenge_requests_total{peer=\"zms\",status=\"200\"}";
  gint64 before = count(series);
  GThread *threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = g_thread_new("count", count_much, NULL);
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  g_assert_cmpint(count(series), ==, before + THREADS * TIMES);
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/metrics/checker", test_checker);
  g_test_add_func("/metrics/family", test_family);
  g_test_add_func("/metrics/requests", test_requests);
  g_test_add_func("/metrics/requests-are-bounded", test_requests_are_bounded);
  g_test_add_func("/metrics/runs", test_runs);
  g_test_add_func("/metrics/phases-are-bounded", test_phases_are_bounded);
  g_test_add_func("/metrics/tasks", test_tasks);
  g_test_add_func("/metrics/process", test_process);
  g_test_add_func("/metrics/threads", test_threads);
  return g_test_run();
}
