/* lehrgaenge-bench: what fetching, the first import, a run without changes and a plan cost, on
 * made-up data from zms-sim over mutual TLS, at the usual amount of data, at ten times as much and
 * with latency. Works and amounts take turns, so that a machine that is slow for a while slows all
 * alike; the usual amount, which the others are compared with, is measured before and after the
 * large one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_report.h"
#include "child.h"
#include "figures.h"
#include "idle.h"
#include "raw.h"
#include "stage.h"
#include "target.h"

enum { EXIT_USAGE = 2 };

#define MAX_REPEAT 100
#define REPEAT 3

static const StageSize usual_size = { 35, 60, 15 }, quick_size = { 5, 20, 10 };

typedef struct {
  char *program, *simulator, *source, *output, *raw;
  gint repeat;
  gboolean quick, pages;
} Options;

static void
options_clear(Options *options) {
  g_free(options->program);
  g_free(options->simulator);
  g_free(options->source);
  g_free(options->output);
  g_free(options->raw);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

typedef struct {
  const Options *options;
  StageOptions stage;
  char *self; /* this program, which fetches raw in a process of its own */
} Bench;

/* ── one work ── */

/* The plan after a second run. Were it not empty, the second run would have been no run without
 * changes. */
static bool
check_plan_empty(const char *output, GError **error) {
  json_error_t problem;
  json_auto_t *plan = json_load_file(output, 0, &problem);
  if (plan != NULL && json_array_size(json_object_get(plan, "steps")) == 0)
    return true;
  g_set_error(error, CHILD_ERROR, 0, "%s",
              plan == NULL ? problem.text : "the plan after a second run is not empty");
  return false;
}

static bool
read_requests(const char *output, guint64 *requests, GError **error) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(output, &text, NULL, error))
    return false;
  *requests = g_ascii_strtoull(text, NULL, 10);
  return true;
}

static bool
measure(const Bench *bench, Stage *stage, Series *series, Work work, GError **error) {
  const char *config = stage_config(stage), *program = bench->options->program;
  const char *const argvs[WORKS][6] = {
    [WORK_RAW] = { bench->self, "--raw", config },
    [WORK_FIRST] = { program, "--config", config, "sync", "--json" },
    [WORK_SECOND] = { program, "--config", config, "sync", "--json" },
    [WORK_PLAN] = { program, "--config", config, "plan", "--json" },
  };
  g_autofree char *output = stage_path(stage, work_keys[work]);
  if (work == WORK_FIRST && !stage_reset(stage, error))
    return false;
  ChildCost cost;
  gdouble before = child_cpu(stage_simulator(stage));
  if (!child_run(argvs[work], output, bench->stage.stop, &cost, error))
    return false;
  const gdouble values[FIGURES] = {
    [FIGURE_WALL] = cost.wall,
    [FIGURE_CPU] = cost.cpu,
    [FIGURE_PEAK] = cost.peak_mib,
    [FIGURE_SIMULATOR] = child_cpu(stage_simulator(stage)) - before,
  };
  series_add(series, work, values);
  fprintf(stderr, " %s %.2f s", work_titles[work], cost.wall);
  if (work == WORK_RAW)
    return read_requests(output, &series->requests, error);
  return work != WORK_PLAN || check_plan_empty(output, error);
}

/* ── all of them ── */

/* An amount of data, where it is served, and what was measured of it. */
typedef struct {
  Stage *stage;
  Series *series;
  guint works; /* so many of the works are measured, in their order */
} Amount;

static void
amount_clear(Amount *amount) {
  stage_free(amount->stage);
  series_free(amount->series);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Amount, amount_clear)

static bool
amount_init(Amount *amount, const Bench *bench, StageSize size, guint latency_ms, guint works,
            GError **error) {
  amount->works = works;
  amount->series = series_new(size, latency_ms);
  amount->stage = stage_new(&bench->stage, size, latency_ms, error);
  return amount->stage != NULL;
}

static bool
measure_all(const Bench *bench, Amount *amount, GError **error) {
  const StageSize *size = &amount->series->size;
  fprintf(stderr, "%ux%ux%u:", size->tenants, size->lehrgaenge, size->teilnehmer);
  bool ok = true;
  for (Work work = 0; ok && work < amount->works; work++)
    ok = measure(bench, amount->stage, amount->series, work, error);
  fprintf(stderr, "\n");
  return ok;
}

static bool
write_json(const BenchReport *report, const char *path, GError **error) {
  json_auto_t *document = bench_report_json(report);
  char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  bool ok = g_file_set_contents(path, text, -1, error);
  free(text);
  return ok;
}

static gdouble
load_now(void) {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

static bool
measure_pages(const Bench *bench, Stage *stage, GArray *targets, GError **error) {
  Pages pages;
  Readers readers;
  guint rounds = bench->options->quick ? 1 : READERS_ROUNDS;
  fprintf(stderr, "the pages\n");
  if (!pages_measure(&bench->stage, stage, &pages, error))
    return false;
  fprintf(stderr, "runs beside readers\n");
  if (!readers_measure(&bench->stage, stage, rounds, &readers, error))
    return false;
  targets_judge_pages(targets, &pages, &readers);
  return true;
}

/* Nothing but the pages, after a first import. */
static bool
run_pages(const Bench *bench, GError **error) {
  const Options *options = bench->options;
  BenchReport report = { .quick = options->quick, .load = load_now() };
  g_auto(Amount) usual = { 0 };
  g_autoptr(GArray) targets = targets_new();
  if (!amount_init(&usual, bench, options->quick ? quick_size : usual_size, 0, WORK_FIRST + 1,
                   error) ||
      !measure_all(bench, &usual, error) || !measure_pages(bench, usual.stage, targets, error))
    return false;
  report.usual = usual.series;
  report.targets = targets;
  bench_report_print(&report);
  return options->output == NULL || write_json(&report, options->output, error);
}

static bool
run(const Bench *bench, GError **error) {
  const Options *options = bench->options;
  BenchReport report = { .quick = options->quick, .load = load_now() };
  StageSize size = options->quick ? quick_size : usual_size, size_large = size;
  size_large.lehrgaenge *= TARGET_GROWTH;
  g_auto(Amount) usual = { 0 }, large = { 0 }, late = { 0 };
  bool ok = amount_init(&usual, bench, size, 0, WORKS, error) &&
            amount_init(&large, bench, size_large, 0, WORKS, error) &&
            amount_init(&late, bench, size, TARGET_LATENCY_MS, WORK_RAW + 1, error);
  for (gint round = 1; ok && round <= options->repeat; round++) {
    fprintf(stderr, "round %d of %d\n", round, options->repeat);
    ok = measure_all(bench, &usual, error) && measure_all(bench, &large, error) &&
         measure_all(bench, &usual, error) && measure_all(bench, &late, error);
  }
  if (!ok)
    return false;
  Idle idle;
  guint watch_s = options->quick ? IDLE_WATCH_QUICK_S : IDLE_WATCH_S;
  fprintf(stderr, "the service with nothing to do, for %u s\n", watch_s);
  if (!idle_measure(&bench->stage, usual.stage, watch_s, &idle, error))
    return false;
  g_autoptr(GArray) targets = targets_judge(usual.series, large.series, late.series, &idle);
  if (!measure_pages(bench, usual.stage, targets, error))
    return false;
  report.usual = usual.series;
  report.large = large.series;
  report.late = late.series;
  report.targets = targets;
  bench_report_print(&report);
  return options->output == NULL || write_json(&report, options->output, error);
}

/* ── options ── */

static bool
read_options(Options *options, int argc, char **argv, GError **error) {
  const GOptionEntry entries[] = {
    { "program", 0, 0, G_OPTION_ARG_FILENAME, &options->program,
      "The program to measure (default build/lehrgaenge)", "FILE" },
    { "sim", 0, 0, G_OPTION_ARG_FILENAME, &options->simulator,
      "The simulator (default build/zms-sim)", "FILE" },
    { "source", 0, 0, G_OPTION_ARG_FILENAME, &options->source,
      "The project's folder, for scripts and data (default: this one)", "DIR" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Write all figures as JSON",
      "FILE" },
    { "repeat", 'n', 0, G_OPTION_ARG_INT, &options->repeat, "Rounds (default 3, with --quick 1)",
      "N" },
    { "quick", 'q', 0, G_OPTION_ARG_NONE, &options->quick, "One round on little data", NULL },
    { "pages", 'p', 0, G_OPTION_ARG_NONE, &options->pages, "Only the web pages", NULL },
    { "raw", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &options->raw, NULL, NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_summary(context,
                               "Measures lehrgaenge on made-up data, on this machine only.");
  if (!g_option_context_parse(context, &argc, &argv, error))
    return false;
  if (options->repeat == 0)
    options->repeat = options->quick ? 1 : REPEAT;
  if (argc == 1 && options->repeat >= 1 && options->repeat <= MAX_REPEAT)
    return true;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
              argc > 1 ? "there are only options, no further words"
                       : "--repeat must be from 1 to 100");
  return false;
}

/* Programs are started from elsewhere and by their path. */
static void
make_absolute(char **path, const char *missing) {
  g_autofree char *given = *path;
  *path = g_canonicalize_filename(given != NULL ? given : missing, NULL);
}

int
main(int argc, char **argv) {
  setlocale(LC_CTYPE, "");
  g_auto(Options) options = { 0 };
  g_autoptr(GError) error = NULL;
  if (!read_options(&options, argc, argv, &error)) {
    fprintf(stderr, "lehrgaenge-bench: %s; see lehrgaenge-bench --help\n", error->message);
    return EXIT_USAGE;
  }
  bool ok;
  if (options.raw != NULL) {
    ok = raw_fetch(options.raw, &error);
  } else {
    make_absolute(&options.program, "build/lehrgaenge");
    make_absolute(&options.simulator, "build/zms-sim");
    make_absolute(&options.source, ".");
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    Bench bench = { .options = &options, .self = self };
    bench.stage =
        (StageOptions){ options.program, options.simulator, options.source, stop_on_signals() };
    ok = options.pages ? run_pages(&bench, &error) : run(&bench, &error);
  }
  if (!ok)
    fprintf(stderr, "lehrgaenge-bench: %s\n", error->message);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
