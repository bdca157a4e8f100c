/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario-private.h"

#include <string.h>

#include "view.h"

/* Each try costs two or three processes, so what is spread over a run's calls and commits is
 * bounded. Few runs have more calls than that; of a scenario that says "thorough" nearly all are
 * tried. A served Moodle's process costs more, and the engine is the same. */
typedef struct {
  guint calls;    /* it is cut off at, before and after Moodle did them */
  guint pairs;    /* of calls it is cut off at, one after the other */
  guint commits;  /* it is killed before */
  bool march;     /* it is cut off again and again, each time a call later */
  guint troubles; /* of Moodle */
} Bounds;

enum { USUAL, THOROUGH };

/* With a sanitizer in it a process costs five times as much, and what that looks for needs no great
 * number of them. */
#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#if SANITIZED
static const Bounds EMBEDDED[] = { { 3, 1, 2, false, 0 }, { 30, 2, 8, true, 0 } };
static const Bounds SERVED[] = { { 1, 0, 1, false, 1 }, { 4, 1, 3, false, 1 } };
#else
static const Bounds EMBEDDED[] = { { 30, 2, 8, true, 0 }, { G_MAXUINT, 12, G_MAXUINT, true, 0 } };
static const Bounds SERVED[] = { { 6, 1, 4, false, 3 }, { 40, 6, 40, true, 40 } };
#endif

/* So often cut off, it must be through. */
#define MAX_MARCH 200

/* ── interrupted ── */

/* The run undisturbed, for comparison: its state, and how much there is to interrupt. */
typedef struct {
  Walk *walk;
  const Node *node;
  const TrialRequest *request;
  Bounds bounds;
  char *state;
  TrialResult result;
} Undisturbed;

static void
undisturbed_begin(Undisturbed *it, Walk *walk, const Node *node, const TrialRequest *request) {
  const Bounds *bounds = walk->site->access->trouble != NULL ? SERVED : EMBEDDED;
  *it = (Undisturbed){ .walk = walk,
                       .node = node,
                       .request = request,
                       .bounds = bounds[walk->thorough ? THOROUGH : USUAL] };
  site_save(walk->site, "before");
  trial_run(walk->site, walk->paper, request, NULL, &it->result);
  it->state = view_state(walk->site);
  site_save(walk->site, "after");
}

/* The next block of the scenario goes on from the undisturbed end. */
static void
undisturbed_end(Undisturbed *it) {
  site_restore(it->walk->site, "after");
  g_clear_pointer(&it->state, g_free);
  trial_result_clear(&it->walk->last);
  it->walk->last = it->result;
}

/* Runs and is cut off: it must not say that all is well. */
static void
cut_off(const Undisturbed *it, const TrialCut *cut) {
  g_auto(TrialResult) result = { 0 };
  trial_run(it->walk->site, it->walk->paper, it->request, cut, &result);
  bool right = cut->at_commit > 0 ? result.killed : strcmp(result.status, "interrupted") == 0;
  if (right)
    return;
  g_test_message("%s: a run cut off at call %u, commit %u ended as \"%s\" %s", it->node->place,
                 cut->at_call, cut->at_commit, result.status, result.error);
  g_test_fail();
}

static json_int_t
copies(const TrialResult *result, const char *key) {
  return json_integer_value(
      json_object_get(json_object_get(result->report, "content_copies"), key));
}

/* A copy of content that may still go on in Moodle, or has failed, is left alone for a while: runs
 * again after that, should more of them wait than undisturbed. */
static void
wait_for_copies(const Undisturbed *it, const TrialResult *last) {
  Site *site = it->walk->site;
  gint64 now = clock_now(site->clock);
  g_auto(TrialResult) result = { 0 };
  if (site->access->patience_s == 0 || copies(last, "waiting") <= copies(&it->result, "waiting"))
    return;
  site_set_time(site, now + site->access->patience_s);
  trial_run(site, it->walk->paper, it->request, NULL, &result);
  site_set_time(site, now);
}

static bool
resume(const Undisturbed *it, const char *title) {
  g_auto(TrialResult) result = { 0 };
  trial_run(it->walk->site, it->walk->paper, it->request, NULL, &result);
  wait_for_copies(it, &result);
  g_autofree char *state = view_state(it->walk->site);
  return scenario_same(it->node, it->state, state, title);
}

static bool
interrupt_once(const Undisturbed *it, guint at, FaultWhere where) {
  TrialCut cut = { .at_call = at, .where = where };
  site_restore(it->walk->site, "before");
  cut_off(it, &cut);
  g_autofree char *title =
      g_strdup_printf("resumed after an interruption %s call %u of %u",
                      where == FAULT_BEFORE ? "before" : "after", at, it->result.calls);
  return resume(it, title);
}

/* Cut off after call n, and the resumed run before its call m. A resumed run that has fewer calls
 * to make than m is through. */
static bool
interrupt_twice(const Undisturbed *it, guint n, guint m) {
  TrialCut first = { .at_call = n, .where = FAULT_AFTER };
  TrialCut second = { .at_call = m, .where = FAULT_BEFORE };
  g_auto(TrialResult) result = { 0 };
  site_restore(it->walk->site, "before");
  cut_off(it, &first);
  trial_run(it->walk->site, it->walk->paper, it->request, &second, &result);
  g_autofree char *title = g_strdup_printf("resumed after call %u, then before call %u", n, m);
  return resume(it, title);
}

/* Cut off after its first call, run again and cut off after its second, … until it is through. */
static bool
interrupt_again_and_again(const Undisturbed *it) {
  site_restore(it->walk->site, "before");
  bool through = false;
  for (guint at = 1; at <= MAX_MARCH && !through; at++) {
    TrialCut cut = { .at_call = at, .where = FAULT_AFTER };
    g_auto(TrialResult) result = { 0 };
    trial_run(it->walk->site, it->walk->paper, it->request, &cut, &result);
    through = strcmp(result.status, "interrupted") != 0;
    if (through)
      wait_for_copies(it, &result);
  }
  g_assert_true(through);
  g_autofree char *state = view_state(it->walk->site);
  return scenario_same(it->node, it->state, state,
                       "cut off again and again, each time a call later");
}

static void
run_interrupted(Walk *walk, const Node *node, const TrialRequest *request) {
  Undisturbed it;
  undisturbed_begin(&it, walk, node, request);
  bool good = true;
  guint cuts = MIN(it.bounds.calls, it.result.calls);
  for (guint i = 0; good && i < cuts; i++)
    good = interrupt_once(&it, 1 + i * it.result.calls / cuts, FAULT_BEFORE);
  /* After a call that changed nothing all is as it was before that call. */
  guint writes = MIN(it.bounds.calls, it.result.writes->len);
  for (guint i = 0; good && i < writes; i++)
    good = interrupt_once(
        &it, g_array_index(it.result.writes, guint, i * it.result.writes->len / writes),
        FAULT_AFTER);
  guint pairs = it.bounds.pairs;
  for (guint i = 0; good && i < pairs; i++) {
    /* 5 has no common factor with a number of pairs: the second ones come in another order. */
    guint n = 1 + i * it.result.calls / pairs, m = 1 + i * 5 % pairs * it.result.calls / pairs;
    good = interrupt_twice(&it, n, m);
  }
  if (good && it.bounds.march)
    interrupt_again_and_again(&it);
  undisturbed_end(&it);
}

void
scenario_interrupted(const Scenario *scenario) {
  scenario_walk(scenario, false, run_interrupted);
}

/* ── killed ── */

static void
run_killed(Walk *walk, const Node *node, const TrialRequest *request) {
  Undisturbed it;
  undisturbed_begin(&it, walk, node, request);
  bool good = true;
  guint kills = MIN(it.bounds.commits, it.result.commits);
  for (guint i = 0; good && i < kills; i++) {
    guint at = 1 + i * it.result.commits / kills;
    TrialCut cut = { .at_commit = at };
    site_restore(walk->site, "before");
    cut_off(&it, &cut);
    g_autofree char *title =
        g_strdup_printf("killed before commit %u of %u", at, it.result.commits);
    good = resume(&it, title);
  }
  undisturbed_end(&it);
}

void
scenario_killed(const Scenario *scenario) {
  scenario_walk(scenario, false, run_killed);
}

/* ── trouble on Moodle's side ── */

/* A run that did not do all it should says why. */
static bool
gives_reason(const TrialResult *result) {
  const json_t *totals = json_object_get(result->report, "totals");
  if (strcmp(result->status, "error") == 0)
    return json_is_string(json_object_get(result->report, "error"));
  return strcmp(result->status, "partial") == 0 &&
         (json_integer_value(json_object_get(totals, "failed")) > 0 ||
          copies(result, "waiting") > 0 || copies(result, "failed") > 0);
}

/* Whoever says that all went well has done all; whoever did not, does it the next time. */
static bool
trouble(const Undisturbed *it, const TrialCut *cut, const char *title) {
  g_auto(TrialResult) result = { 0 };
  site_restore(it->walk->site, "before");
  trial_run(it->walk->site, it->walk->paper, it->request, cut, &result);
  if (strcmp(result.status, it->result.status) == 0 && !gives_reason(&result)) {
    g_autofree char *state = view_state(it->walk->site);
    if (!scenario_same(it->node, it->state, state, title))
      return false;
  } else if (!gives_reason(&result)) {
    g_test_message("%s: %s: the run ended as \"%s\" %s without a reason", it->node->place, title,
                   result.status, result.error);
    g_test_fail();
    return false;
  }
  return resume(it, title);
}

static void
run_moodle_away(Walk *walk, const Node *node, const TrialRequest *request) {
  static const AccessTrouble kinds[] = { ACCESS_MAINTENANCE, ACCESS_CLOSED, ACCESS_BAD_GATEWAY };
  Undisturbed it;
  undisturbed_begin(&it, walk, node, request);
  bool good = true;
  guint writes = it.result.writes->len, times = MIN(it.bounds.troubles, writes);
  for (guint i = 0; good && i < times; i++) {
    guint at = 1 + i * writes / times;
    TrialCut cut = { .trouble = kinds[i % G_N_ELEMENTS(kinds)], .after_write = at };
    g_autofree char *title = g_strdup_printf("Moodle away after its write %u of %u", at, writes);
    good = trouble(&it, &cut, title);
  }
  undisturbed_end(&it);
}

void
scenario_moodle_away(const Scenario *scenario) {
  scenario_walk(scenario, false, run_moodle_away);
}

/* In the first call of every function at once. */
static bool
all_lost(const Undisturbed *it, AccessTrouble kind, const char *title) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  const char *name;
  json_t *calls;
  json_object_foreach(it->result.functions, name, calls) {
    g_ptr_array_add(names, (gpointer)name);
  }
  g_ptr_array_add(names, NULL);
  TrialCut cut = { .trouble = kind, .functions = (const char *const *)names->pdata, .nth = 1 };
  return trouble(it, &cut, title);
}

/* In one call of one function. */
static bool
one_lost(const Undisturbed *it, AccessTrouble kind, const char *name, guint nth) {
  const char *const names[] = { name, NULL };
  TrialCut cut = { .trouble = kind, .functions = names, .nth = nth };
  g_autofree char *title = g_strdup_printf(
      "call %u of %s %s", nth, name, kind == ACCESS_LOSE ? "unanswered" : "answered strangely");
  return trouble(it, &cut, title);
}

static void
run_answers_lost(Walk *walk, const Node *node, const TrialRequest *request) {
  static const AccessTrouble kinds[] = { ACCESS_LOSE, ACCESS_INVALIDATE };
  Undisturbed it;
  undisturbed_begin(&it, walk, node, request);
  bool good = all_lost(&it, ACCESS_LOSE, "each function's first answer lost");
  if (good && it.bounds.troubles > 1)
    good = all_lost(&it, ACCESS_INVALIDATE, "each function's first answer strange");
  const char *name;
  json_t *calls;
  json_object_foreach(it.result.functions, name, calls) {
    guint times = walk->thorough ? MIN(it.bounds.troubles, (guint)json_integer_value(calls)) : 0;
    for (guint i = 0; good && i < times * G_N_ELEMENTS(kinds); i++)
      good = one_lost(&it, kinds[i % G_N_ELEMENTS(kinds)], name, 1 + i / G_N_ELEMENTS(kinds));
  }
  undisturbed_end(&it);
}

void
scenario_answers_lost(const Scenario *scenario) {
  scenario_walk(scenario, false, run_answers_lost);
}
