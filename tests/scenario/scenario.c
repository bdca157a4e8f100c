/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario-private.h"

#include <string.h>
#include <unistd.h>

#include "figures.h"
#include "lines.h"
#include "view.h"

/* ── reading ── */

/* The configuration a scenario's own lines are added to. */
static const char CONFIG[] = "[zms]\nbaseurl=https://zms.example.org/\nconnections=1\n"
                             "[moodle]\npath=moodle.db\n[store]\npath=store.db\n";

/* No group may be given twice: lines for one that is there go in under its heading. */
static void
add_lines(GString *text, const Node *block) {
  gssize at = -1;
  for (guint i = 0; i < node_count(block); i++) {
    const char *line = node_child(block, i)->text;
    const char *there = *line == '[' ? strstr(text->str, line) : NULL;
    if (*line == '[')
      at = there != NULL ? there + strlen(line) + 1 - text->str : -1;
    if (there != NULL)
      continue;
    g_autofree char *whole = g_strdup_printf("%s\n", line);
    g_string_insert(text, at, whole);
    at += at >= 0 ? (gssize)strlen(whole) : 0;
  }
}

static Config *
load_config(const Node *root) {
  GString *text = g_string_new(CONFIG);
  bool any = false;
  for (guint i = 0; i < node_count(root); i++) {
    const Node *block = node_child(root, i);
    const char *word = node_word(block, 0);
    bool tenant = strcmp(word, "tenant") == 0;
    if (tenant) {
      g_string_append_printf(text, "[tenant %s]\nname=%s\napikey=scenario-key\n",
                             node_word(block, 1), node_rest(block, 2));
      any = true;
    }
    if (tenant || strcmp(word, "config") == 0)
      add_lines(text, block);
  }
  if (!any)
    g_string_append(text, "[tenant FD]\nname=Landkreis Fulda\napikey=scenario-key\n");

  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;
  int file = g_file_open_tmp("scenario-XXXXXX.conf", &path, &error);
  if (file < 0 || write(file, text->str, text->len) != (gssize)text->len)
    g_error("the configuration could not be written");
  close(file);
  Config *config = config_load(path, &error);
  if (config == NULL)
    g_error("%s: %s", root->place, error->message);
  unlink(path);
  g_string_free(text, TRUE);
  return config;
}

/* Every file begins by saying what it shows, and by which section of the specification. */
static void
check_heading(const char *path) {
  g_autofree char *data = NULL;
  if (!g_file_get_contents(path, &data, NULL, NULL) || *data != '#' ||
      strstr(data, "# SPEC ") == NULL)
    g_error("%s does not begin with what it shows and \"# SPEC section\"", path);
}

/* A scenario that expects nothing shows nothing. */
static void
check_expectation(const Node *root) {
  for (guint i = 0; i < node_count(root); i++)
    if (strcmp(node_word(node_child(root, i), 0), "report") == 0)
      return;
  node_wrong(root, "expects no report of any run");
}

Scenario *
scenario_read(const char *path, const char *name, const AccessClass *access) {
  static const char *const words[] = { "embedded", "webservice", NULL };
  check_heading(path);
  Scenario *scenario = g_new0(Scenario, 1);
  scenario->name = g_strdup(name);
  scenario->root = node_read(path, name, words, access->word);
  scenario->access = access;
  check_expectation(scenario->root);
  scenario->config = load_config(scenario->root);
  return scenario;
}

void
scenario_free(Scenario *scenario) {
  if (scenario == NULL)
    return;
  node_free(scenario->root);
  config_free(scenario->config);
  g_free(scenario->name);
  g_free(scenario);
}

/* ── walking ── */

static void
run_whole(Walk *walk, const Node *node, const TrialRequest *request) {
  trial_result_clear(&walk->last);
  trial_run(walk->site, walk->paper, request, NULL, &walk->last);
  if (walk->last.killed || *walk->last.error != '\0')
    node_wrong(node, "the run was not even recorded: %s", walk->last.error);
}

static void
read_request(const Node *node, TrialRequest *request) {
  *request = (TrialRequest){ 0 };
  request->year = (gint)g_ascii_strtoll(node_value(node, 1, "year", "0"), NULL, 10);
  const char *tenants = node_value(node, 1, "tenants", NULL);
  request->tenants = tenants != NULL ? g_strsplit(tenants, ",", -1) : NULL;
  for (guint i = 1; node_has_word(node, i); i++)
    request->allow_removals |= strcmp(node_word(node, i), "allow-removals") == 0;
}

static void
walk_moodle(Walk *walk, const Node *node) {
  site_change(walk->site, node);
}

static void
walk_person(Walk *walk, const Node *node) {
  paper_person(walk->paper, node);
}

static void
walk_zms(Walk *walk, const Node *node) {
  paper_change(walk->paper, node);
}

/* "later 2": hours */
static void
walk_later(Walk *walk, const Node *node) {
  gint64 hours = g_ascii_strtoll(node_word(node, 1), NULL, 10);
  site_set_time(walk->site, clock_now(walk->site->clock) + hours * 3600);
}

/* "now 2026-01-03 12:00", in the configured time zone */
static void
walk_now(Walk *walk, const Node *node) {
  g_autofree char *text = g_strdup_printf("%sT%s:00", node_word(node, 1), node_word(node, 2));
  g_autoptr(GDateTime) time =
      g_date_time_new_from_iso8601(text, walk->site->config->moodle.timezone);
  if (time == NULL)
    node_wrong(node, "is no time");
  site_set_time(walk->site, g_date_time_to_unix(time));
}

/* "run until SQL": kills runs, each from the same beginning and before its next commit, until that
 * query finds something in Moodle. */
static void
run_until(Walk *walk, const Node *node, const TrialRequest *request) {
  site_save(walk->site, "until");
  for (TrialCut cut = { .at_commit = 1 };; cut.at_commit++) {
    g_auto(TrialResult) result = { 0 };
    site_restore(walk->site, "until");
    trial_run(walk->site, walk->paper, request, &cut, &result);
    if (!result.killed)
      node_wrong(node, "never came about");
    if (site_has(walk->site, node, node_rest(node, 2)))
      return;
  }
}

bool
scenario_is_run(const Node *node, const char *word) {
  return node_has_word(node, 1) && strcmp(node_word(node, 1), word) == 0;
}

static void
walk_run(Walk *walk, const Node *node) {
  if (walk->masters == NULL)
    walk->masters = view_lines(walk->site, NULL);
  TrialRequest request = { 0 };
  if (scenario_is_run(node, "until")) {
    run_until(walk, node, &request);
    return;
  }
  read_request(node, &request);
  /* What only leads up to the run that is meant need not be disturbed. */
  bool setup = scenario_is_run(node, "setup");
  (setup ? run_whole : walk->run)(walk, node, &request);
  if (setup && strcmp(walk->last.status, "success") != 0)
    node_wrong(node, "ended as \"%s\"", walk->last.status);
  trial_request_clear(&request);
}

static bool
mentions_courses(const Node *node) {
  for (guint i = 0; i < node_count(node); i++)
    if (strcmp(node_word(node_child(node, i), 0), "course") == 0 ||
        strcmp(node_word(node_child(node, i), 0), "tenant") == 0)
      return true;
  return false;
}

/* "report partial", and below it what else it says; nothing below: only the status counts. */
static void
walk_report(Walk *walk, const Node *node) {
  if (!walk->compares)
    return;
  if (walk->last.status == NULL)
    node_wrong(node, "no run stands in front of it");
  if (strcmp(walk->last.status, node_word(node, 1)) != 0) {
    g_test_message("%s: the run's status is %s %s", node->place, walk->last.status,
                   walk->last.error);
    g_test_fail();
  }
  g_autoptr(GPtrArray) is = figures_lines(walk->last.report, mentions_courses(node));
  if (node_count(node) > 0)
    lines_compare(node, is, "the report");
}

static void
walk_after(Walk *walk, const Node *node) {
  if (!walk->compares)
    return;
  g_autoptr(GPtrArray) is = view_lines(walk->site, walk->masters);
  lines_compare(node, is, "Moodle and the maps");
}

static void
walk_thorough(Walk *walk, const Node *node) {
  (void)node;
  walk->thorough = true;
}

/* "plugin off": Moodle is without its companion plugin, until "plugin on". */
static void
walk_plugin(Walk *walk, const Node *node) {
  const AccessClass *access = walk->scenario->access;
  bool off = strcmp(node_word(node, 1), "off") == 0;
  if (off && access->bare == NULL)
    node_wrong(node, "this Moodle has no plugin");
  walk->site->access = off ? access->bare : access;
}

/* Read before the walk begins. */
static void
walk_past(Walk *walk, const Node *node) {
  (void)walk;
  (void)node;
}

static const struct {
  const char *word;
  void (*walk)(Walk *walk, const Node *node);
} blocks[] = {
  { "tenant", walk_past }, { "config", walk_past },       { "now", walk_now },
  { "later", walk_later }, { "moodle", walk_moodle },     { "person", walk_person },
  { "zms", walk_zms },     { "run", walk_run },           { "report", walk_report },
  { "after", walk_after }, { "thorough", walk_thorough }, { "plugin", walk_plugin },
};

void
scenario_walk(const Scenario *scenario, bool compares, WalkRun run) {
  g_autoptr(Site) site = site_new(scenario->config, scenario->access);
  g_autoptr(Paper) paper = paper_new(scenario->config);
  Walk walk = {
    .scenario = scenario, .site = site, .paper = paper, .run = run, .compares = compares
  };
  for (guint i = 0; i < node_count(scenario->root); i++) {
    const Node *block = node_child(scenario->root, i);
    guint at = 0;
    while (at < G_N_ELEMENTS(blocks) && strcmp(blocks[at].word, node_word(block, 0)) != 0)
      at++;
    if (at == G_N_ELEMENTS(blocks))
      node_wrong(block, "is not a block of a scenario");
    blocks[at].walk(&walk, block);
  }
  trial_result_clear(&walk.last);
  g_clear_pointer(&walk.masters, g_ptr_array_unref);
}

/* ── whole ── */

void
scenario_whole(const Scenario *scenario) {
  scenario_walk(scenario, true, run_whole);
}

/* ── telling differences ── */

/* The lines of one text that the other has not, at most a few. */
static void
tell_missing(const char *text, const char *other, const char *sign) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1), others = g_strsplit(other, "\n", -1);
  guint told = 0;
  for (guint i = 0; lines[i] != NULL && told < 20; i++)
    if (!g_strv_contains((const char *const *)others, lines[i])) {
      g_test_message("%s %s", sign, lines[i]);
      told++;
    }
}

bool
scenario_same(const Node *node, const char *expected, const char *is, const char *title) {
  if (strcmp(expected, is) == 0)
    return true;
  g_test_message("%s: %s", node->place, title);
  tell_missing(expected, is, "- missing:");
  tell_missing(is, expected, "+ found:  ");
  g_test_fail();
  return false;
}

/* ── again ── */

static void
drop(json_t *report, const char *key) {
  json_object_del(report, key);
}

/* What a plan tells and what the run then does are the same where nothing went wrong meanwhile. */
static void
compare_plan(const Node *node, const TrialResult *plan, const TrialResult *run) {
  if (json_integer_value(json_object_get(json_object_get(run->report, "totals"), "failed")) > 0)
    return;
  json_auto_t *planned = json_deep_copy(plan->report), *done = json_deep_copy(run->report);
  drop(planned, "content_copies"); /* a plan copies nothing */
  drop(done, "content_copies");
  g_autoptr(GPtrArray) p = figures_lines(planned, true), r = figures_lines(done, true);
  g_ptr_array_add(p, NULL);
  g_ptr_array_add(r, NULL);
  g_autofree char *expected = g_strjoinv("\n", (char **)r->pdata);
  g_autofree char *is = g_strjoinv("\n", (char **)p->pdata);
  scenario_same(node, expected, is, "the plan tells something else than the run");
}

static void
run_again(Walk *walk, const Node *node, const TrialRequest *request) {
  g_autofree char *state_before = view_state(walk->site), *rows_before = view_rows(walk->site);
  g_auto(TrialResult) plan = { 0 };
  trial_plan(walk->site, walk->paper, request, &plan);
  g_autofree char *state_planned = view_state(walk->site), *rows_planned = view_rows(walk->site);
  scenario_same(node, rows_before, rows_planned, "a plan changed Moodle");
  scenario_same(node, state_before, state_planned, "a plan changed the store");

  g_auto(TrialResult) first = { 0 };
  trial_run(walk->site, walk->paper, request, NULL, &first);
  if (plan.report != NULL && !scenario_is_run(node, "plan-guesses"))
    compare_plan(node, &plan, &first);
  g_autofree char *state_first = view_state(walk->site), *rows_first = view_rows(walk->site);

  trial_result_clear(&walk->last);
  trial_run(walk->site, walk->paper, request, NULL, &walk->last);
  if (figures_changes(walk->last.report) > 0) {
    g_autoptr(GPtrArray) lines = figures_lines(walk->last.report, false);
    g_test_message("%s: running again changed something:", node->place);
    for (guint i = 0; i < lines->len; i++)
      g_test_message("  %s", (const char *)g_ptr_array_index(lines, i));
    g_test_fail();
  }
  g_autofree char *state_again = view_state(walk->site), *rows_again = view_rows(walk->site);
  scenario_same(node, rows_first, rows_again, "running again changed Moodle's rows");
  scenario_same(node, state_first, state_again, "running again changed the store");
}

void
scenario_again(const Scenario *scenario) {
  scenario_walk(scenario, false, run_again);
}
