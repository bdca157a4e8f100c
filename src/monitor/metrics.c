/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "monitor/family.h"

/* More phases than a run has, more kinds of tasks times outcomes than there are: whatever comes
 * beyond is not shown, or summed up as "other". */
#define MAX_PHASES 16
#define MAX_TASKS 48
#define OTHER "other"

static const char *const peer_words[METRICS_PEERS] = {
  [METRICS_ZMS] = "zms", [METRICS_MOODLE] = "moodle"
};

/* Statuses worth a label of their own; all others count by their hundreds. */
static const struct {
  long status;
  const char *word;
} statuses[] = {
  { 0, "none" },  { 200, "200" }, { 301, "301" }, { 302, "302" }, { 303, "303" },
  { 307, "307" }, { 308, "308" }, { 400, "400" }, { 401, "401" }, { 403, "403" },
  { 404, "404" }, { 405, "405" }, { 408, "408" }, { 410, "410" }, { 413, "413" },
  { 429, "429" }, { 500, "500" }, { 502, "502" }, { 503, "503" }, { 504, "504" },
};
static const char *const class_words[] = { OTHER, "1xx", "2xx", "3xx", "4xx", "5xx" };
#define STATUS_WORDS (G_N_ELEMENTS(statuses) + G_N_ELEMENTS(class_words))

/* How a run can end. Counted from 0, so that the first of a kind shows as an increase. */
static const char *const run_words[] = { "success", "partial", "error",
                                         "skipped", "held",    "interrupted" };

typedef struct {
  char name[32];
  double seconds;
} Phase;

typedef struct {
  char kind[32], outcome[16];
  guint64 count;
} Tries;

static GMutex lock; /* of all that follows */
static guint64 requests[METRICS_PEERS][STATUS_WORDS];
static guint64 runs[G_N_ELEMENTS(run_words)];
static Phase phases[MAX_PHASES]; /* of the last run */
static guint phase_count;
static Tries tries[MAX_TASKS];
static guint tries_count;

/* ── counting ── */

static guint
status_index(long status) {
  for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
    if (statuses[i].status == status)
      return i;
  long class = status / 100;
  bool known = class >= 1 && class < (long)G_N_ELEMENTS(class_words);
  return (guint)(G_N_ELEMENTS(statuses) + (gsize)(known ? class : 0));
}

static const char *
status_word(guint index) {
  return index < G_N_ELEMENTS(statuses) ? statuses[index].word
                                        : class_words[index - G_N_ELEMENTS(statuses)];
}

void
metrics_request(MetricsPeer peer, long status) {
  g_mutex_lock(&lock);
  requests[peer][status_index(status)]++;
  g_mutex_unlock(&lock);
}

static void
take_phases(const json_t *seconds) {
  const char *name;
  json_t *value;
  phase_count = 0;
  json_object_foreach((json_t *)seconds, name, value) {
    if (phase_count == MAX_PHASES)
      return;
    Phase *phase = &phases[phase_count++];
    g_strlcpy(phase->name, name, sizeof phase->name);
    phase->seconds = json_number_value(value);
  }
}

void
metrics_run(const json_t *report) {
  const char *status =
      report != NULL ? json_string_value(json_object_get(report, "status")) : "skipped";
  g_mutex_lock(&lock);
  for (guint i = 0; i < G_N_ELEMENTS(run_words); i++)
    runs[i] += g_strcmp0(run_words[i], status) == 0;
  if (report != NULL)
    take_phases(json_object_get(report, "seconds"));
  g_mutex_unlock(&lock);
}

/* The last place is kept for "other". */
static Tries *
tries_of(const char *kind, const char *outcome) {
  Tries wanted = { .count = 0 };
  g_strlcpy(wanted.kind, kind, sizeof wanted.kind);
  g_strlcpy(wanted.outcome, outcome, sizeof wanted.outcome);
  for (guint i = 0; i < tries_count; i++)
    if (strcmp(tries[i].kind, wanted.kind) == 0 && strcmp(tries[i].outcome, wanted.outcome) == 0)
      return &tries[i];
  bool rest = strcmp(kind, OTHER) == 0 && strcmp(outcome, OTHER) == 0;
  if (tries_count >= MAX_TASKS - 1 && !rest)
    return tries_of(OTHER, OTHER);
  tries[tries_count] = wanted;
  return &tries[tries_count++];
}

void
metrics_task(const char *kind, const char *outcome) {
  g_mutex_lock(&lock);
  tries_of(kind, outcome)->count++;
  g_mutex_unlock(&lock);
}

/* ── the process itself ── */

/* The field `which`, from 1, of a line of numbers. The second one of stat is a name in parentheses
 * that may hold anything, blanks too, so counting begins behind it. */
static bool
number_in(const char *path, guint which, guint64 *number) {
  autochar text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return false;
  const char *name_end = strrchr(text, ')');
  guint first = name_end != NULL ? 3 : 1;
  g_auto(GStrv) fields = g_strsplit(name_end != NULL ? name_end + 2 : text, " ", -1);
  return g_strv_length(fields) > which - first &&
         g_ascii_string_to_unsigned(fields[which - first], 10, 0, G_MAXUINT64, number, NULL);
}

/* Unix time at which this process began, 0 when /proc does not tell. Found out once: it is compared
 * for being another one. */
static double
start_time(void) {
  static double start = -1;
  if (start >= 0)
    return start;
  start = 0;
  guint64 ticks = 0;
  struct timespec up = { 0 };
  if (!number_in("/proc/self/stat", 22, &ticks) || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
    return start;
  double lived = (double)up.tv_sec - (double)ticks / (double)sysconf(_SC_CLK_TCK);
  start = (double)g_get_real_time() / G_USEC_PER_SEC - lived;
  return start;
}

static gint64
resident_bytes(void) {
  guint64 pages = 0;
  return number_in("/proc/self/statm", 2, &pages) ? (gint64)pages * sysconf(_SC_PAGESIZE) : 0;
}

/* ── showing ── */

static void
append_requests(GString *text) {
  static const char name[] = "lehrgaenge_requests_total";
  family_counter(text, name,
                 "Requests made by this process, each try counted, by HTTP status; none: no answer "
                 "began.");
  for (guint peer = 0; peer < METRICS_PEERS; peer++)
    for (guint i = 0; i < STATUS_WORDS; i++)
      if (requests[peer][i] > 0 || i < 2)
        family_whole(text, name, (gint64)requests[peer][i], "peer", peer_words[peer], "status",
                     status_word(i), NULL);
}

static void
append_runs(GString *text) {
  static const char seconds[] = "lehrgaenge_run_phase_seconds";
  static const char ended[] = "lehrgaenge_runs_ended_total";
  family_gauge(text, seconds, "How long each phase of this process's last run took.");
  for (guint i = 0; i < phase_count; i++)
    family_real(text, seconds, phases[i].seconds, "phase", phases[i].name, NULL);
  family_counter(text, ended, "Runs of this process by how they ended.");
  for (guint i = 0; i < G_N_ELEMENTS(run_words); i++)
    family_whole(text, ended, (gint64)runs[i], "status", run_words[i], NULL);
}

static void
append_tries(GString *text) {
  static const char name[] = "lehrgaenge_task_tries_total";
  family_counter(text, name, "Tries of background tasks in this process, by kind and outcome.");
  for (guint i = 0; i < tries_count; i++)
    family_whole(text, name, (gint64)tries[i].count, "kind", tries[i].kind, "outcome",
                 tries[i].outcome, NULL);
}

static void
append_process(GString *text) {
  static const char resident[] = "process_resident_memory_bytes";
  static const char start[] = "process_start_time_seconds";
  family_gauge(text, resident, "Memory of this process that is in RAM.");
  family_whole(text, resident, resident_bytes(), NULL);
  family_gauge(text, start, "When this process began, in seconds since 1970.");
  family_whole(text, start, (gint64)start_time(), NULL);
}

void
metrics_append(GString *text) {
  static const char build[] = "lehrgaenge_build_info";
  g_mutex_lock(&lock);
  family_gauge(text, build, "The version that runs; always 1.");
  family_whole(text, build, 1, "version", LGS_VERSION, NULL);
  append_requests(text);
  append_runs(text);
  append_tries(text);
  append_process(text);
  g_mutex_unlock(&lock);
}
