/* Who is who (SPEC 4): several Teilnehmer can be one person.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

typedef struct {
  Config *config;
  Input *input;
  People *people;
} Crowd;

static Crowd
crowd_new(void) {
  Crowd crowd = { .config = fixture_config("FD KB") };
  crowd.input = fixture_input(crowd.config);
  fixture_lehrgang(crowd.input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  fixture_lehrgang(crowd.input, "FD", "L2", "F-I", "2026-04-01", "2026-04-10");
  fixture_lehrgang(crowd.input, "KB", "L3", "F-I", "2026-03-01", "2026-03-10");
  return crowd;
}

static void
crowd_clear(Crowd *crowd) {
  people_free(crowd->people);
  input_free(crowd->input);
  fixture_config_free(crowd->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Crowd, crowd_clear)

static void
add(Crowd *crowd, const char *abbr, const char *lehrgang, const char *id, const char *initial_id) {
  fixture_teilnehmer(crowd->input, crowd->config, abbr, lehrgang, id, initial_id, CALLED);
}

/* Seals and joins, without the Lehrgang `without`. */
static People *
join(Crowd *crowd, guint without) {
  input_seal(crowd->input);
  bool included[] = { true, true, true };
  if (without < G_N_ELEMENTS(included))
    included[without] = false;
  crowd->people = people_new(crowd->input, included);
  return crowd->people;
}

static void
test_by_id(void) {
  g_auto(Crowd) crowd = crowd_new();
  add(&crowd, "FD", "L1", "A", "");
  add(&crowd, "FD", "L1", "B", "");
  add(&crowd, "FD", "L2", "A", "");
  add(&crowd, "KB", "L3", "A", "");
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  g_assert_cmpuint(people_count(people), ==, 2);
  g_assert_cmpuint(people_by_id(people, "A"), ==, 0);
  g_assert_cmpuint(people_by_id(people, "B"), ==, 1);
  g_assert_cmpuint(people_by_id(people, "a"), ==, PEOPLE_NOBODY);
  g_assert_cmpstr(people_id(people, 0), ==, "A");
  g_assert_cmpstr(people_login(people, 0), ==, "");
  g_assert_cmpuint(people_by_login(people, ""), ==, PEOPLE_NOBODY);
  const guint expected[] = { 0, 1, 0, 0 };
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpuint(input_teilnehmer(crowd.input, i)->person, ==, expected[i]);
}

static void
test_by_login(void) {
  g_auto(Crowd) crowd = crowd_new();
  add(&crowd, "FD", "L1", "A", "Max.Muster");
  add(&crowd, "FD", "L1", "B", "");
  add(&crowd, "FD", "L2", "C", " max.muster ");
  add(&crowd, "KB", "L3", "D", "max.muster2");
  add(&crowd, "KB", "L3", "E", "äöü");
  add(&crowd, "KB", "L3", "F", "ÄÖ");
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  g_assert_cmpuint(people_count(people), ==, 6);
  g_assert_cmpuint(people_root(people, people_by_id(people, "C")), ==, people_by_id(people, "A"));
  g_assert_cmpuint(people_by_login(people, "max.muster"), ==, people_by_id(people, "A"));
  g_assert_cmpuint(people_root(people, people_by_id(people, "D")), ==, people_by_id(people, "D"));
  /* Nothing is left of these when cleaned: that makes nobody the same. */
  g_assert_cmpuint(people_root(people, people_by_id(people, "F")), ==, people_by_id(people, "F"));
  g_assert_cmpuint(people_next(people, 0), ==, people_by_id(people, "C"));
  g_assert_cmpuint(people_next(people, people_by_id(people, "C")), ==, PEOPLE_NOBODY);
}

/* A–x, B–y, then C with both: by C's id once with x, once with y. All are one, and A, who came
 * first, stands for them. */
static void
test_transitively(void) {
  g_auto(Crowd) crowd = crowd_new();
  add(&crowd, "FD", "L1", "A", "x");
  add(&crowd, "FD", "L1", "B", "y");
  add(&crowd, "FD", "L1", "Z", "z");
  add(&crowd, "FD", "L2", "C", "y");
  add(&crowd, "KB", "L3", "C", "x");
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  guint a = people_by_id(people, "A"), b = people_by_id(people, "B"), c = people_by_id(people, "C");
  g_assert_cmpuint(people_root(people, b), ==, a);
  g_assert_cmpuint(people_root(people, c), ==, a);
  g_assert_cmpuint(people_root(people, people_by_id(people, "Z")), ==, people_by_id(people, "Z"));
  g_assert_cmpuint(people_next(people, a), ==, b);
  g_assert_cmpuint(people_next(people, b), ==, c);
  g_assert_cmpuint(people_next(people, c), ==, PEOPLE_NOBODY);
  g_assert_cmpstr(people_login(people, c), ==, "y");
  const guint expected[] = { a, a, people_by_id(people, "Z"), a, a };
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpuint(input_teilnehmer(crowd.input, i)->person, ==, expected[i]);
}

/* Tenants as configured, Lehrgänge and Teilnehmer as listed; not as the answers came. */
static void
test_order(void) {
  g_auto(Crowd) crowd = crowd_new();
  add(&crowd, "KB", "L3", "Late", "x");
  add(&crowd, "FD", "L2", "Middle", "x");
  add(&crowd, "FD", "L1", "First", "x");
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  guint root = people_root(people, people_by_id(people, "Late"));
  g_assert_cmpstr(people_id(people, root), ==, "First");
  g_assert_cmpstr(people_id(people, people_next(people, root)), ==, "Middle");
}

static void
test_join(void) {
  g_auto(Crowd) crowd = crowd_new();
  for (guint i = 0; i < 100; i++) {
    g_autofree char *id = g_strdup_printf("P%02u", i);
    add(&crowd, "FD", "L1", id, "");
  }
  People *people = join(&crowd, G_MAXUINT);
  /* A long chain, backwards, so that every join moves the root. */
  for (guint i = 98; i > 0; i--)
    people_join(people, i, i + 1);
  people_join(people, 50, 50);
  people_join(people, 99, 1);
  g_assert_cmpuint(people_root(people, 0), ==, 0);
  for (guint i = 1; i < 100; i++)
    g_assert_cmpuint(people_root(people, i), ==, 1);
  people_settle(people);
  guint length = 0;
  for (guint node = 1; node != PEOPLE_NOBODY; node = people_next(people, node))
    g_assert_cmpuint(node, ==, 1 + length++);
  g_assert_cmpuint(length, ==, 99);
}

static void
add_full(Crowd *crowd, guint lehrgang, const Teilnehmer *teilnehmer) {
  input_add_teilnehmer(fixture_tenant(crowd->input, "FD"), lehrgang, teilnehmer,
                       crowd->config->status);
}

/* Whose names: the first that has one, field by field. */
static void
test_field(void) {
  g_auto(Crowd) crowd = crowd_new();
  const Teilnehmer first = { "A", "", "", "Erst", "", "", CALLED };
  const Teilnehmer stranger = { "Z", "", "Zora", "Z", "z@x.de", "Zell", CALLED };
  const Teilnehmer second = { "B", "x", "Bert", "Zweit", "", "", CALLED };
  const Teilnehmer third = { "A", "X", "Anton", "Dritt", "a@x.de", "", CALLED };
  add_full(&crowd, 1, &third);
  add_full(&crowd, 0, &first);
  add_full(&crowd, 0, &stranger);
  add_full(&crowd, 0, &second);
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  guint person = people_root(people, people_by_id(people, "B"));
  g_assert_cmpstr(people_field(people, person, INPUT_ID), ==, "A");
  g_assert_cmpstr(people_field(people, person, INPUT_LOGIN), ==, "x");
  g_assert_cmpstr(people_field(people, person, INPUT_VORNAME), ==, "Bert");
  g_assert_cmpstr(people_field(people, person, INPUT_NACHNAME), ==, "Erst");
  g_assert_cmpstr(people_field(people, person, INPUT_EMAIL), ==, "a@x.de");
  g_assert_cmpstr(people_field(people, person, INPUT_ORT), ==, "");
  g_assert_cmpstr(people_field(people, people_by_id(people, "Z"), INPUT_ORT), ==, "Zell");
}

/* Those of a Lehrgang without a course are nobody, even when they would join two others. */
static void
test_included(void) {
  g_auto(Crowd) crowd = crowd_new();
  add(&crowd, "FD", "L1", "A", "x");
  add(&crowd, "FD", "L2", "A", "y");
  add(&crowd, "FD", "L2", "C", "");
  add(&crowd, "KB", "L3", "B", "y");
  People *people = join(&crowd, 1);
  people_settle(people);
  g_assert_cmpuint(people_count(people), ==, 2);
  g_assert_cmpuint(people_by_id(people, "C"), ==, PEOPLE_NOBODY);
  g_assert_cmpuint(people_root(people, people_by_id(people, "B")), ==, 1);
  g_assert_cmpuint(input_teilnehmer(crowd.input, 1)->person, ==, PEOPLE_NOBODY);
  g_assert_cmpuint(input_teilnehmer(crowd.input, 2)->person, ==, PEOPLE_NOBODY);
  g_assert_cmpuint(input_teilnehmer(crowd.input, 3)->person, ==, 1);
}

/* An address that cannot be one does not stand in the way of one that can. */
static void
test_email(void) {
  static const struct {
    const char *emails[3], *email;
  } rows[] = {
    { { "", "a@x.de", "b@x.de" }, "a@x.de" },
    { { "keine", "a@@x.de", "b@x.de" }, "b@x.de" },
    { { "", "keine", "a@x" }, "keine" },
    { { "", "", "" }, "" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Crowd) crowd = crowd_new();
    InputTenant *fd = fixture_tenant(crowd.input, "FD"), *kb = fixture_tenant(crowd.input, "KB");
    for (guint l = 0; l < 3; l++) {
      const Teilnehmer teilnehmer = { "A", "", "", "", rows[i].emails[l], "", CALLED };
      input_add_teilnehmer(l < 2 ? fd : kb, l < 2 ? l : 0, &teilnehmer, crowd.config->status);
    }
    People *people = join(&crowd, G_MAXUINT);
    people_settle(people);
    g_assert_cmpstr(people_email(people, 0), ==, rows[i].email);
  }
}

static void
test_nobody(void) {
  g_auto(Crowd) crowd = crowd_new();
  People *people = join(&crowd, G_MAXUINT);
  people_settle(people);
  g_assert_cmpuint(people_count(people), ==, 0);
  people_free(NULL);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/people/by-id", test_by_id);
  g_test_add_func("/people/by-login", test_by_login);
  g_test_add_func("/people/transitively", test_transitively);
  g_test_add_func("/people/order", test_order);
  g_test_add_func("/people/join", test_join);
  g_test_add_func("/people/field", test_field);
  g_test_add_func("/people/email", test_email);
  g_test_add_func("/people/included", test_included);
  g_test_add_func("/people/nobody", test_nobody);
  return g_test_run();
}
