/* Removal needs proof (SPEC 5): embedded Moodle and store, and a source that answers from a list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "api/api_error.h"
#include "sync/proof.h"

/* What the source has beyond what the run has read. */
typedef struct {
  const char *abbr, *lehrgang;
  const char *person, *initial_id, *status; /* person NULL: the Lehrgang has nobody */
  const char *error;                        /* its Teilnehmer cannot be read */
  bool malformed;                           /* one of them is left out */
} Row;

typedef struct {
  Source base;
  const Config *config;
  const Row *rows;  /* ended by one without abbr */
  const char *away; /* this tenant's single Lehrgänge cannot be asked for */
  GString *asked;   /* "FD:L2 FD:L3 " */
} ListSource;

static void
answer(const ListSource *source, const Row *row, InputTenant *tenant) {
  const Lehrgang lehrgang = { row->lehrgang, "F-I", "", "", "", "2026-03-10" };
  guint index = input_add_lehrgang(tenant, &lehrgang);
  g_assert_cmpuint(index, !=, G_MAXUINT);
  const Teilnehmer teilnehmer = {
    row->person, row->initial_id != NULL ? row->initial_id : "", "", "", "", "", row->status
  };
  if (row->person != NULL)
    input_add_teilnehmer(tenant, index, &teilnehmer, source->config->status);
  if (row->malformed)
    input_leave_out(tenant, index, "[1].id", "", "missing");
  input_finish_lehrgang(tenant, index, row->error);
}

static bool
read_lehrgaenge(Source *base, guint index, const char *const *ids, guint count, InputTenant *tenant,
                GError **error) {
  ListSource *source = (ListSource *)base;
  const ConfigTenant *who = g_ptr_array_index(source->config->tenants, index);
  for (guint i = 0; i < count; i++) {
    g_string_append_printf(source->asked, "%s:%s ", who->abbr, ids[i]);
    if (g_strcmp0(source->away, who->abbr) == 0) {
      g_set_error(error, API_ERROR, API_ERROR_UNAUTHORIZED, "401");
      return false;
    }
    for (const Row *row = source->rows; row->abbr != NULL; row++)
      if (strcmp(row->abbr, who->abbr) == 0 && strcmp(row->lehrgang, ids[i]) == 0)
        answer(source, row, tenant);
  }
  return true;
}

static const SourceClass class = { .read_lehrgaenge = read_lehrgaenge };

/* ── the case: A and B are enrolled through L1 of FD, later both are cancelled there ── */

typedef struct {
  World *world;
  Look *look;
  GString *asked;
} Case;

static void
case_clear(Case *c) {
  look_free(c->look);
  world_free(c->world);
  g_string_free(c->asked, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static Input *
input_of(const Config *config, const char *status) {
  Input *input = fixture_input(config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  fixture_teilnehmer(input, config, "FD", "L1", "A", "anna", status);
  fixture_teilnehmer(input, config, "FD", "L1", "B", "", status);
  return input;
}

static gint64
course_id(const Look *look) {
  return courses_at(look->courses, 0)->id;
}

/* A row of coursemap that an earlier run, or the plugin, left behind. */
static void
map(const Case *c, const char *lehrgang, const char *tenant) {
  g_autoptr(GError) error = NULL;
  const StoreCourseMap row = { lehrgang, tenant, course_id(c->look) };
  c->world->store->class->coursemap_put(c->world->store, &row, 1, FIXTURE_NOW, &error);
  g_assert_no_error(error);
}

/* Looks again, with the Teilnehmer cancelled. */
static void
cancel(Case *c) {
  look_free(c->look);
  c->look = look_new(c->world, input_of(c->world->config, CANCELLED));
}

static Case
case_new(void) {
  Case c = { .world = world_new("FD KB", "F-I") };
  c.look = look_new(c.world, input_of(c.world->config, CALLED));
  look_apply(c.look);
  cancel(&c);
  c.asked = g_string_new(NULL);
  return c;
}

static void
require(Case *c, const Row *rows, const char *away) {
  g_autoptr(GError) error = NULL;
  ListSource source = { { &class }, c->world->config, rows, away, c->asked };
  proof_require(c->look->plan, &source.base, c->world->gateway, c->world->store, &error);
  g_assert_no_error(error);
}

static void
assert_states(const Case *c, StepState a, StepState b) {
  const Plan *plan = c->look->plan;
  g_assert_cmpuint(plan->steps[STEP_UNENROL]->len, ==, 2);
  g_assert_cmpuint(plan_step(plan, STEP_UNENROL, 0)->state, ==, a);
  g_assert_cmpuint(plan_step(plan, STEP_UNENROL, 1)->state, ==, b);
  g_assert_cmpuint(plan_line(plan, 0)->already_enrolled, ==,
                   (guint)(a == STEP_KEPT) + (b == STEP_KEPT));
  bool refused = a == STEP_UNPROVEN || b == STEP_UNPROVEN;
  g_assert_cmpuint(plan->unproven->len, ==, refused ? 1 : 0);
}

static void
assert_why(const Case *c, const char *words) {
  const char *why = g_array_index(c->look->plan->unproven, PlanUnproven, 0).why;
  if (strstr(why, words) == NULL)
    g_error("\"%s\" does not say \"%s\"", why, words);
}

static const Row nothing[] = { { NULL } };

static void
test_proven(void) {
  g_auto(Case) c = case_new();
  require(&c, nothing, NULL);
  assert_states(&c, STEP_PLANNED, STEP_PLANNED);
  g_assert_cmpstr(c.asked->str, ==, "");
}

/* Mapped, not read by this run, and gone (404) in ZMS. */
static void
test_gone(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  map(&c, "L7", "KB");
  require(&c, nothing, NULL);
  assert_states(&c, STEP_PLANNED, STEP_PLANNED);
  g_assert_cmpstr(c.asked->str, ==, "FD:L0 KB:L7 ");
}

/* Whom it calls up stays, by id, by initialId, and as the Moodle user that usermap leads to. */
static void
test_kept(void) {
  const Row by_id[] = { { "FD", "L0", "A", "", CALLED, NULL, false }, { NULL } };
  const Row by_login[] = { { "FD", "L0", "A9", "Anna", PASSED, NULL, false }, { NULL } };
  const Row by_both[] = { { "FD", "L0", "B", "Anna", CALLED, NULL, false }, { NULL } };
  const Row stranger[] = { { "FD", "L0", "C", "", CALLED, NULL, false }, { NULL } };
  const Row cancelled[] = { { "FD", "L0", "A", "", CANCELLED, NULL, false }, { NULL } };
  const struct {
    const Row *rows;
    StepState a, b;
  } rows[] = {
    { by_id, STEP_KEPT, STEP_PLANNED },       { by_login, STEP_KEPT, STEP_PLANNED },
    { by_both, STEP_KEPT, STEP_KEPT }, /* one person then, with both accounts */
    { stranger, STEP_PLANNED, STEP_PLANNED }, { cancelled, STEP_PLANNED, STEP_PLANNED },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Case) c = case_new();
    map(&c, "L0", "FD");
    require(&c, rows[i].rows, NULL);
    assert_states(&c, rows[i].a, rows[i].b);
  }
}

static void
test_kept_by_usermap(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  map(&c, "L0", "FD");
  const StoreUserMap row = { "B-of-2019",
                             users_at(c.look->users, people_by_id(c.look->people, "B"))->id };
  c.world->store->class->usermap_put(c.world->store, &row, 1, FIXTURE_NOW, &error);
  g_assert_no_error(error);
  const Row rows[] = { { "FD", "L0", "B-of-2019", "", CALLED, NULL, false }, { NULL } };
  require(&c, rows, NULL);
  assert_states(&c, STEP_PLANNED, STEP_KEPT);
}

/* As the user whose name is the initialId, or whose idnumber is the id: neither stands in usermap.
 */
static void
test_kept_by_account(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  gint64 userid = users_at(c.look->users, people_by_id(c.look->people, "B"))->id;
  const GatewayUserUpdate update = { userid, "berta", "B-number" };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  c.world->gateway->class->update_users(c.world->gateway, &update, 1, &outcome, &error);
  g_assert_no_error(error);
  gateway_outcomes_clear(&outcome, 1);
  const Row by_name[] = { { "FD", "L0", "X", "Berta", CALLED, NULL, false }, { NULL } };
  require(&c, by_name, NULL);
  assert_states(&c, STEP_PLANNED, STEP_KEPT);
  cancel(&c);
  const Row by_number[] = { { "FD", "L0", "B-number", "", CALLED, NULL, false }, { NULL } };
  require(&c, by_number, NULL);
  assert_states(&c, STEP_PLANNED, STEP_KEPT);
}

static void
test_unreadable(void) {
  const Row failed[] = { { "FD", "L0", NULL, "", "", "500", false }, { NULL } };
  const Row malformed[] = { { "FD", "L0", "A", "", CALLED, NULL, true }, { NULL } };
  const struct {
    const Row *rows;
    const char *away, *words;
  } rows[] = {
    { failed, NULL, "500" },
    { malformed, NULL, "could not be read completely" },
    { nothing, "FD", "401" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Case) c = case_new();
    map(&c, "L0", "FD");
    require(&c, rows[i].rows, rows[i].away);
    assert_states(&c, STEP_UNPROVEN, STEP_UNPROVEN);
    assert_why(&c, rows[i].words);
  }
}

/* One Lehrgang keeps A, the next cannot be read: A is kept, B unproven. */
static void
test_kept_and_unreadable(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  map(&c, "L7", "KB");
  const Row rows[] = {
    { "FD", "L0", "A", "", CALLED, NULL, false },
    { "KB", "L7", NULL, "", "", "500", false },
    { NULL },
  };
  require(&c, rows, NULL);
  assert_states(&c, STEP_KEPT, STEP_UNPROVEN);
}

/* Called up by two, A is kept once. */
static void
test_kept_by_two(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  map(&c, "L7", "KB");
  const Row rows[] = {
    { "FD", "L0", "A", "", CALLED, NULL, false },
    { "KB", "L7", "A", "", CALLED, NULL, false },
    { NULL },
  };
  require(&c, rows, NULL);
  assert_states(&c, STEP_KEPT, STEP_PLANNED);
}

/* What was read for one course says nothing of another that it feeds by the map, and each course is
 * proven by itself. */
static void
test_read_for_another_course(void) {
  g_auto(Case) c = { .world = world_new("FD KB", "F-I"), .asked = g_string_new(NULL) };
  for (guint round = 0; round < 2; round++) {
    const char *status = round == 0 ? CALLED : CANCELLED;
    Input *input = input_of(c.world->config, status);
    fixture_lehrgang(input, "FD", "L9", "F-I", "2027-03-01", "2027-03-10");
    fixture_teilnehmer(input, c.world->config, "FD", "L9", "B", "", status);
    g_clear_pointer(&c.look, look_free);
    c.look = look_new(c.world, input);
    if (round == 0)
      look_apply(c.look);
  }
  map(&c, "L0", "FD");
  g_autoptr(GError) error = NULL;
  const StoreCourseMap row = { "L1", "FD", courses_at(c.look->courses, 1)->id };
  c.world->store->class->coursemap_put(c.world->store, &row, 1, FIXTURE_NOW, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(c.look->plan->steps[STEP_UNENROL]->len, ==, 3);
  const Row rows[] = { { "FD", "L1", "B", "", CALLED, NULL, false }, { NULL } };
  require(&c, rows, NULL);
  g_assert_cmpstr(c.asked->str, ==, "FD:L0 FD:L1 ");
  static const StepState expected[] = { STEP_PLANNED, STEP_PLANNED, STEP_KEPT };
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint(plan_step(c.look->plan, STEP_UNENROL, i)->state, ==, expected[i]);
}

/* What the run itself read of the course is not all of it. */
static void
test_incomplete(void) {
  g_auto(Case) failed = case_new();
  InputLehrgang *lehrgang = input_lehrgang(failed.look->input, 0);
  lehrgang->error = g_strdup("timed out");
  require(&failed, nothing, NULL);
  assert_states(&failed, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&failed, "timed out");

  g_auto(Case) malformed = case_new();
  input_lehrgang(malformed.look->input, 0)->left_out = 2;
  require(&malformed, nothing, NULL);
  assert_states(&malformed, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&malformed, "2 malformed");
}

/* A tenant that failed: its own courses and the central ones, but not its neighbours'. */
static void
test_failed_tenant(void) {
  g_auto(Case) own = case_new();
  fixture_tenant(own.look->input, "FD")->error = g_strdup("401");
  require(&own, nothing, NULL);
  assert_states(&own, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&own, "FD");

  g_auto(Case) neighbour = case_new();
  fixture_tenant(neighbour.look->input, "KB")->error = g_strdup("401");
  require(&neighbour, nothing, NULL);
  assert_states(&neighbour, STEP_PLANNED, STEP_PLANNED);

  g_auto(Case) central = case_new();
  fixture_tenant(central.look->input, "KB")->error = g_strdup("401");
  courses_at(central.look->courses, 0)->company = central.look->courses->central;
  require(&central, nothing, NULL);
  assert_states(&central, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&central, "KB");
}

/* The map names a tenant that cannot be asked (any more). */
static void
test_unaskable(void) {
  g_auto(Case) removed = case_new();
  map(&removed, "L0", "GONE");
  require(&removed, nothing, NULL);
  assert_states(&removed, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&removed, "not configured any more");

  g_auto(Case) keyless = case_new();
  map(&keyless, "L0", "KB");
  fixture_tenant(keyless.look->input, "KB")->configured = false;
  require(&keyless, nothing, NULL);
  assert_states(&keyless, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&keyless,
             "L0 of KB feeds this course and cannot be read: the tenant is not configured");
  g_assert_cmpstr(keyless.asked->str, ==, "");

  g_auto(Case) failed = case_new();
  map(&failed, "L0", "KB");
  fixture_tenant(failed.look->input, "KB")->error = g_strdup("401");
  require(&failed, nothing, NULL);
  assert_states(&failed, STEP_UNPROVEN, STEP_UNPROVEN);
  assert_why(&failed, "L0 of KB feeds this course and cannot be read: the tenant failed");
  g_assert_cmpstr(failed.asked->str, ==, "");
}

/* Rows of the plugin name no tenant. A tenant's own course is fed by that tenant; a central one
 * could be fed by any: all are asked. */
static void
test_no_tenant(void) {
  const Row rows[] = { { "KB", "L0", "A", "", CALLED, NULL, false }, { NULL } };
  g_auto(Case) own = case_new();
  map(&own, "L0", "");
  require(&own, rows, NULL);
  assert_states(&own, STEP_PLANNED, STEP_PLANNED);
  g_assert_cmpstr(own.asked->str, ==, "FD:L0 ");

  g_auto(Case) central = case_new();
  map(&central, "L0", "");
  courses_at(central.look->courses, 0)->company = central.look->courses->central;
  require(&central, rows, NULL);
  assert_states(&central, STEP_KEPT, STEP_PLANNED);
  g_assert_cmpstr(central.asked->str, ==, "FD:L0 KB:L0 ");

  /* The central company may be a tenant as well. */
  g_auto(Case) both = case_new();
  map(&both, "L0", "");
  both.look->courses->central = courses_at(both.look->courses, 0)->company;
  require(&both, rows, NULL);
  assert_states(&both, STEP_KEPT, STEP_PLANNED);
  g_assert_cmpstr(both.asked->str, ==, "FD:L0 KB:L0 ");
}

/* A plan without removals asks nobody. */
static void
test_no_removals(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  look_free(c.look);
  c.look = look_new(c.world, input_of(c.world->config, CALLED));
  require(&c, nothing, NULL);
  g_assert_cmpstr(c.asked->str, ==, "");
  g_assert_cmpuint(c.look->plan->unproven->len, ==, 0);
}

/* Nor does one whose removals are none any more; of two, the other is proven by itself. */
static void
test_settled(void) {
  g_auto(Case) c = case_new();
  map(&c, "L0", "FD");
  plan_step(c.look->plan, STEP_UNENROL, 0)->state = STEP_ALREADY;
  plan_step(c.look->plan, STEP_UNENROL, 1)->state = STEP_ALREADY;
  require(&c, nothing, "FD");
  g_assert_cmpstr(c.asked->str, ==, "");
  assert_states(&c, STEP_ALREADY, STEP_ALREADY);

  plan_step(c.look->plan, STEP_UNENROL, 1)->state = STEP_PLANNED;
  require(&c, nothing, "FD");
  g_assert_cmpstr(c.asked->str, ==, "FD:L0 ");
  assert_states(&c, STEP_ALREADY, STEP_UNPROVEN);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/proof/proven", test_proven);
  g_test_add_func("/proof/gone", test_gone);
  g_test_add_func("/proof/kept", test_kept);
  g_test_add_func("/proof/kept-by-usermap", test_kept_by_usermap);
  g_test_add_func("/proof/kept-by-account", test_kept_by_account);
  g_test_add_func("/proof/unreadable", test_unreadable);
  g_test_add_func("/proof/kept-and-unreadable", test_kept_and_unreadable);
  g_test_add_func("/proof/kept-by-two", test_kept_by_two);
  g_test_add_func("/proof/read-for-another-course", test_read_for_another_course);
  g_test_add_func("/proof/incomplete", test_incomplete);
  g_test_add_func("/proof/failed-tenant", test_failed_tenant);
  g_test_add_func("/proof/unaskable", test_unaskable);
  g_test_add_func("/proof/no-tenant", test_no_tenant);
  g_test_add_func("/proof/no-removals", test_no_removals);
  g_test_add_func("/proof/settled", test_settled);
  return g_test_run();
}
