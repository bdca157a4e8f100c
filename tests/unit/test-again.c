/* What must hold for any data: the plan does not depend on when answers arrived, and once applied,
 * nothing is left to do. Data are made up from a seed, with everything that real ones have: people
 * under several ids, shared addresses, past years, central courses, courses without a template,
 * missing fields.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#define ABBRS "FD KB RUED"
#define TENANTS 3
#define SEEDS 24

typedef struct {
  char *id, *initial_id, *email;
  const char *status;
} Someone;

typedef struct {
  guint tenant;
  char *id;
  const char *kurz, *bezeichnung, *ort, *start, *end;
  GArray *people; /* Someone */
} Listed;

static void
someone_clear(gpointer data) {
  Someone *someone = data;
  g_free(someone->id);
  g_free(someone->initial_id);
  g_free(someone->email);
}

static void
listed_clear(gpointer data) {
  Listed *listed = data;
  g_free(listed->id);
  g_array_unref(listed->people);
}

#define PICK(rand, list) list[g_rand_int_range(rand, 0, G_N_ELEMENTS(list))]

static const char *
some_status(GRand *rand) {
  static const char *const statuses[] = { CALLED,    CALLED,  PASSED,
                                          CANCELLED, APPLIED, "S999_UNBEKANNT_LAND",
                                          "" };
  return PICK(rand, statuses);
}

static Someone
some_person(GRand *rand) {
  gint number = g_rand_int_range(rand, 0, 40);
  Someone someone = { .status = some_status(rand) };
  /* Every person has up to three ids; most say who they are, some now and then. */
  someone.id = g_strdup_printf("P%d/%d", number, g_rand_int_range(rand, 0, 3));
  bool tells = number % 4 != 0 && g_rand_int_range(rand, 0, 3) > 0;
  someone.initial_id =
      tells ? g_strdup_printf("%s.%d", number % 2 == 0 ? "Max" : "MÄX", number) : g_strdup("");
  gint address = g_rand_int_range(rand, 0, 4);
  /* No address becomes another by a number at its end: the user name made of it would be taken. */
  someone.email = address == 0   ? g_strdup("")
                  : address == 1 ? g_strdup("wehr@x.example")
                                 : g_strdup_printf("m%d.m@%s", number,
                                                   address == 2 ? "x.example" : "X.EXAMPLE");
  return someone;
}

static Listed
some_lehrgang(GRand *rand, guint number) {
  static const char *const kurz[] = { "F-I", "F-I", "F-Atr", "F-III", "F-XY", "" };
  static const char *const names[] = { "", "E-LEARNING für ÄLTERE", "Gruppenführer" };
  static const char *const places[] = { "", "Fulda", "HLFS Kassel" };
  static const char *const starts[] = { "2026-03-01", "2026-04-01", "01.05.2026", "" };
  static const char *const ends[] = {
    "2026-03-10", "2026-12-31", "2025-06-01", "2023-06-01", "2027-01-05", "31.12.2026", ""
  };
  Listed listed = { .tenant = (guint)g_rand_int_range(rand, 0, TENANTS),
                    .id = g_strdup_printf("L%u", number),
                    .kurz = PICK(rand, kurz),
                    .bezeichnung = PICK(rand, names),
                    .ort = PICK(rand, places),
                    .start = PICK(rand, starts),
                    .end = g_rand_boolean(rand) ? ends[0] : PICK(rand, ends),
                    .people = g_array_new(FALSE, FALSE, sizeof(Someone)) };
  g_array_set_clear_func(listed.people, someone_clear);
  for (gint count = g_rand_int_range(rand, 0, 9); count > 0; count--) {
    Someone someone = some_person(rand);
    g_array_append_val(listed.people, someone);
  }
  return listed;
}

static GArray *
some_data(GRand *rand) {
  GArray *data = g_array_new(FALSE, FALSE, sizeof(Listed));
  g_array_set_clear_func(data, listed_clear);
  for (guint i = 0; i < 24; i++) {
    Listed listed = some_lehrgang(rand, i);
    /* One that two tenants list. */
    if (i % 8 == 7) {
      g_free(listed.id);
      listed.tenant = (g_array_index(data, Listed, i - 1).tenant + 1) % TENANTS;
      listed.id = g_strdup(g_array_index(data, Listed, i - 1).id);
    }
    g_array_append_val(data, listed);
  }
  return data;
}

/* A while later: other statuses, more people, more Lehrgänge. */
static void
change(GArray *data, GRand *rand) {
  for (guint i = 0; i < data->len; i++) {
    GArray *people = g_array_index(data, Listed, i).people;
    for (guint p = 0; p < people->len; p++)
      if (g_rand_int_range(rand, 0, 3) == 0)
        g_array_index(people, Someone, p).status = some_status(rand);
    if (g_rand_int_range(rand, 0, 4) == 0) {
      Someone someone = some_person(rand);
      g_array_append_val(people, someone);
    }
  }
  for (guint i = 0; i < 3; i++) {
    Listed listed = some_lehrgang(rand, data->len);
    g_array_append_val(data, listed);
  }
}

/* Lists all, then lets the answers arrive in an order of `arrival`. */
static Input *
input_of(const GArray *data, const Config *config, GRand *arrival) {
  Input *input = fixture_input(config);
  g_autofree guint *order = g_new(guint, data->len), *index = g_new(guint, data->len);
  for (guint i = 0; i < data->len; i++) {
    const Listed *listed = &g_array_index(data, Listed, i);
    const Lehrgang lehrgang = { listed->id,  listed->kurz,  listed->bezeichnung,
                                listed->ort, listed->start, listed->end };
    index[i] = input_add_lehrgang(input_tenant(input, listed->tenant), &lehrgang);
    order[i] = i;
  }
  for (guint i = data->len; arrival != NULL && i > 1; i--) {
    guint other = (guint)g_rand_int_range(arrival, 0, (gint)i), swap = order[other];
    order[other] = order[i - 1];
    order[i - 1] = swap;
  }
  for (guint i = 0; i < data->len; i++) {
    const Listed *listed = &g_array_index(data, Listed, order[i]);
    InputTenant *tenant = input_tenant(input, listed->tenant);
    if (index[order[i]] == G_MAXUINT)
      continue;
    for (guint p = 0; p < listed->people->len; p++) {
      const Someone *someone = &g_array_index(listed->people, Someone, p);
      const Teilnehmer teilnehmer = { someone->id,    someone->initial_id, "Vor",
                                      "Nach",         someone->email,      "",
                                      someone->status };
      input_add_teilnehmer(tenant, index[order[i]], &teilnehmer, config->status);
    }
    input_finish_lehrgang(tenant, index[order[i]], NULL);
  }
  return input;
}

/* The steps, the lines' counts and what accounts will be called. */
static char *
whole_text(const Look *look) {
  const Plan *plan = look->plan;
  g_autofree char *steps = plan_text(plan);
  GString *text = g_string_new(steps);
  for (guint i = 0; i < plan->lines->len; i++) {
    const PlanLine *line = plan_line(plan, i);
    g_string_append_printf(text, "%u %u: %u %u %u, %u %u %u %u %u %u\n", line->course, line->tenant,
                           line->users_existing, line->users_skipped, line->users_total,
                           line->already_enrolled, line->already_unenrolled, line->noop,
                           line->skipped, line->total, line->unlisted);
  }
  for (guint i = 0; i < look->users->fresh->len; i++) {
    const FreshUser *fresh = &g_array_index(look->users->fresh, FreshUser, i);
    g_string_append_printf(text, "%s %s\n", fresh->username, fresh->email);
  }
  return g_string_free(text, FALSE);
}

/* What a line will say once its steps are done. */
static guint
steps_of_line(const Plan *plan, StepKind kind, guint course, guint tenant) {
  guint count = 0;
  for (guint i = 0; i < plan->steps[kind]->len; i++) {
    const PlanLine *line = plan_line(plan, plan_step(plan, kind, i)->line);
    count += line->course == course && line->tenant == tenant;
  }
  return count;
}

static const PlanLine *
same_line(const Look *look, const char *shortname, guint tenant) {
  for (guint i = 0; i < look->plan->lines->len; i++) {
    const PlanLine *line = plan_line(look->plan, i);
    if (line->tenant == tenant &&
        strcmp(courses_at(look->courses, line->course)->shortname, shortname) == 0)
      return line;
  }
  g_error("no line %s any more", shortname);
}

static void
assert_counts_agree(const Look *before, const Look *after) {
  g_assert_cmpuint(before->plan->lines->len, ==, after->plan->lines->len);
  for (guint i = 0; i < before->plan->lines->len; i++) {
    const PlanLine *was = plan_line(before->plan, i);
    const PlanLine *is =
        same_line(after, courses_at(before->courses, was->course)->shortname, was->tenant);
    g_assert_cmpuint(is->total, ==, was->total);
    g_assert_cmpuint(is->noop, ==, was->noop);
    g_assert_cmpuint(is->skipped, ==, was->skipped);
    /* Two accounts that turned out to be one person's: the second is nobody's from then on. */
    g_assert_cmpuint(is->unlisted, <=, was->unlisted);
    g_assert_cmpuint(is->already_enrolled, ==,
                     was->already_enrolled +
                         steps_of_line(before->plan, STEP_ENROL, was->course, was->tenant));
    g_assert_cmpuint(is->already_unenrolled, ==,
                     was->already_unenrolled +
                         steps_of_line(before->plan, STEP_UNENROL, was->course, was->tenant));
    g_assert_cmpuint(is->users_existing + is->users_skipped, ==, is->users_total);
    g_assert_cmpuint(is->already_enrolled + is->already_unenrolled + is->noop + is->skipped, ==,
                     is->total);
  }
}

/* Looks in two orders of arrival, applies, and looks again. Returns how many steps there were. */
static guint
go(World *world, const GArray *data, GRand *rand) {
  g_autoptr(Look) listed = look_new(world, input_of(data, world->config, NULL));
  g_autofree char *expected = whole_text(listed);
  for (guint i = 0; i < 3; i++) {
    g_autoptr(Look) shuffled = look_new(world, input_of(data, world->config, rand));
    g_autofree char *text = whole_text(shuffled);
    g_assert_cmpstr(text, ==, expected);
  }
  look_apply(listed);
  g_autoptr(Look) again = look_new(world, input_of(data, world->config, rand));
  g_autofree char *left = plan_text(again->plan);
  g_assert_cmpstr(left, ==, "");
  assert_counts_agree(listed, again);
  guint steps = 0;
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    steps += listed->plan->steps[kind]->len;
  return steps;
}

static void
test_seed(gconstpointer seed) {
  g_autoptr(GRand) rand = g_rand_new_with_seed(GPOINTER_TO_UINT(seed));
  g_autoptr(World) world = world_new(ABBRS, "F-I F-ATR F-III F-III-elearn");
  world->config->sync.suspend = GPOINTER_TO_UINT(seed) % 3 == 0;
  g_autoptr(GArray) data = some_data(rand);
  guint steps = go(world, data, rand);
  g_assert_cmpuint(steps, >, 20);
  /* The year turns: what is mapped stays where it is. */
  for (guint i = 0; i < 3; i++) {
    change(data, rand);
    if (i == 1)
      clock_advance(world->clock, G_GINT64_CONSTANT(330) * 24 * 60 * 60 * G_USEC_PER_SEC);
    g_assert_cmpuint(go(world, data, rand), >, 0);
  }
}

static Input *
two_of(const Config *config, const char *first, const char *initial_id, const char *second) {
  Input *input = fixture_input(config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  if (first != NULL)
    fixture_teilnehmer(input, config, "FD", "L1", first, initial_id, CALLED);
  fixture_teilnehmer(input, config, "FD", "L1", second, initial_id, CALLED);
  return input;
}

/* All ids of a person lead to its account from then on, also one that comes alone and without its
 * initialId. */
static void
test_every_id_is_mapped(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  g_autoptr(Look) both = look_new(world, two_of(world->config, "A1", "anna", "A2"));
  look_apply(both);
  gint64 userid = users_at(both->users, 0)->id;
  g_autoptr(Look) alone = look_new(world, two_of(world->config, NULL, "", "A2"));
  g_assert_cmpint(users_at(alone->users, 0)->id, ==, userid);
  g_assert_cmpuint(users_at(alone->users, 0)->state, ==, USER_EXISTING);
  g_autofree char *left = plan_text(alone->plan);
  g_assert_cmpstr(left, ==, "");
}

/* One by idnumber, the other by user name: whoever is led to one user is one person. */
static void
test_led_to_one_user(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  const GatewayNewUser anna = {
    "a-2", "Anna", "A", "anna@x.example", "", "DE", "A1", "manual", NULL
  };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  world->gateway->class->create_users(world->gateway, &anna, 1, &outcome, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(outcome.code, ==, GATEWAY_DONE);
  g_autoptr(Look) look = look_new(world, two_of(world->config, "A1", "", "A-2"));
  g_assert_cmpuint(people_root(look->people, 1), ==, 0);
  g_assert_cmpint(users_at(look->users, 0)->id, ==, outcome.id);
  g_assert_cmpuint(look->plan->steps[STEP_CREATE_USER]->len, ==, 0);
  g_assert_cmpuint(look->plan->steps[STEP_ENROL]->len, ==, 1);
  look_apply(look);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/again/every-id-is-mapped", test_every_id_is_mapped);
  g_test_add_func("/again/led-to-one-user", test_led_to_one_user);
  for (guint seed = 1; seed <= SEEDS; seed++) {
    g_autofree char *path = g_strdup_printf("/again/seed-%02u", seed);
    g_test_add_data_func(path, GUINT_TO_POINTER(seed), test_seed);
  }
  return g_test_run();
}
