/* What a run has read, in the order that decides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

static Input *
two_tenants(const Config *config) {
  Input *input = fixture_input(config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  fixture_lehrgang(input, "FD", "L2", "F-I", "2026-03-01", "2026-03-10");
  fixture_lehrgang(input, "FD", "L3", "F-I", "2026-03-01", "2026-03-10");
  fixture_lehrgang(input, "KB", "L4", "F-I", "2026-03-01", "2026-03-10");
  return input;
}

static void
assert_order(const Input *input, const char *expected) {
  GString *order = g_string_new(NULL);
  for (guint i = 0; i < input->teilnehmer->len; i++)
    g_string_append_printf(order, "%s%s/%s", i > 0 ? " " : "",
                           input_lehrgang(input, input_lehrgang_of(input, i))->lehrgang.id,
                           input_field(input_teilnehmer(input, i), INPUT_ID));
  g_assert_cmpstr(order->str, ==, expected);
  g_string_free(order, TRUE);
}

/* However the answers arrived. L2 has nobody, so that input_lehrgang_of() has something to step
 * over. */
static void
test_order(void) {
  Config *config = fixture_config("FD KB");
  for (guint arrival = 0; arrival < 6; arrival++) {
    g_autoptr(Input) input = two_tenants(config);
    const char *const rows[][3] = { { "FD", "L1", "A" }, { "FD", "L3", "C" }, { "KB", "L4", "D" } };
    static const guint orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                       { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    for (guint i = 0; i < 3; i++) {
      const char *const *row = rows[orders[arrival][i]];
      fixture_teilnehmer(input, config, row[0], row[1], row[2], "", CALLED);
      g_autofree char *second = g_strconcat(row[2], "2", NULL);
      fixture_teilnehmer(input, config, row[0], row[1], second, "", CALLED);
    }
    input_seal(input);
    assert_order(input, "L1/A L1/A2 L3/C L3/C2 L4/D L4/D2");
    g_assert_cmpuint(input_lehrgang(input, 1)->count, ==, 0);
    g_assert_cmpuint(input_lehrgang(input, 3)->tenant, ==, 1);
    g_assert_cmpuint(fixture_tenant(input, "KB")->first_lehrgang, ==, 3);
    g_assert_cmpuint(fixture_tenant(input, "KB")->lehrgang_count, ==, 1);
  }
  fixture_config_free(config);
}

/* Texts are the input's own, whole, however long. */
static void
test_fields(void) {
  Config *config = fixture_config("FD");
  g_autoptr(Input) input = fixture_input(config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "", "");
  g_autofree char *longest = g_strnfill(4000, 'x');
  char id[] = "A";
  const Teilnehmer small = {
    id, " Max.Müster", "Max", "Müster", "m@x.de", "Fulda", " " CALLED " "
  };
  const Teilnehmer large = { longest, longest, longest, longest, longest, longest, longest };
  const Teilnehmer bare = { "C", "", "", "", "", "", "" };
  const Teilnehmer *const all[] = { &small, &large, &bare };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    input_add_teilnehmer(fixture_tenant(input, "FD"), 0, all[i], config->status);
  id[0] = '!';
  input_seal(input);

  const InputTeilnehmer *teilnehmer = input_teilnehmer(input, 0);
  g_assert_cmpstr(input_field(teilnehmer, INPUT_ID), ==, "A");
  g_assert_cmpstr(input_field(teilnehmer, INPUT_LOGIN), ==, "max.mster");
  g_assert_cmpstr(input_field(teilnehmer, INPUT_VORNAME), ==, "Max");
  g_assert_cmpstr(input_field(teilnehmer, INPUT_NACHNAME), ==, "Müster");
  g_assert_cmpstr(input_field(teilnehmer, INPUT_EMAIL), ==, "m@x.de");
  g_assert_cmpstr(input_field(teilnehmer, INPUT_ORT), ==, "Fulda");
  g_assert_cmpstr(teilnehmer->status, ==, " " CALLED " ");
  g_assert_cmpuint(teilnehmer->action, ==, ACTION_ENROL);
  for (InputField field = 0; field < INPUT_FIELDS; field++) {
    g_assert_cmpstr(input_field(input_teilnehmer(input, 1), field), ==, longest);
    g_assert_cmpstr(input_field(input_teilnehmer(input, 2), field), ==,
                    field == INPUT_ID ? "C" : "");
  }
  g_assert_cmpuint(input_teilnehmer(input, 2)->action, ==, ACTION_NONE);
  fixture_config_free(config);
}

static void
test_email_trimmed(void) {
  Config *config = fixture_config("FD");
  g_autoptr(Input) input = fixture_input(config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "", "");
  const Teilnehmer spaced = { "A", "", "", "", " m@x.de\t", "", "" },
                   blank = { "B", "", "", "", "  ", "", "" };
  input_add_teilnehmer(fixture_tenant(input, "FD"), 0, &spaced, config->status);
  input_add_teilnehmer(fixture_tenant(input, "FD"), 0, &blank, config->status);
  input_seal(input);
  g_assert_cmpstr(input_field(input_teilnehmer(input, 0), INPUT_EMAIL), ==, "m@x.de");
  g_assert_cmpstr(input_field(input_teilnehmer(input, 1), INPUT_EMAIL), ==, "");
  fixture_config_free(config);
}

static void
test_listed_twice(void) {
  Config *config = fixture_config("FD KB");
  g_autoptr(Input) input = two_tenants(config);
  InputTenant *tenant = fixture_tenant(input, "FD");
  const Lehrgang again = { "L2", "F-II", "", "", "", "" };
  g_assert_cmpuint(input_add_lehrgang(tenant, &again), ==, G_MAXUINT);
  g_assert_cmpuint(tenant->lehrgaenge->len, ==, 3);
  g_assert_cmpuint(tenant->left_out_count, ==, 1);
  const InputLeftOut *item = g_ptr_array_index(tenant->left_out, 0);
  g_assert_cmpstr(item->lehrgang, ==, "");
  g_assert_cmpstr(item->id, ==, "L2");
  g_assert_cmpstr(item->why, ==, "listed twice");
  /* By another tenant it is another matter. */
  g_assert_cmpuint(input_add_lehrgang(fixture_tenant(input, "KB"), &again), ==, 1);
  input_seal(input);
  fixture_config_free(config);
}

/* A list is complete when it was answered, well, and nothing was left out. */
static void
test_complete(void) {
  Config *config = fixture_config("FD");
  g_autoptr(Input) input = fixture_input(config);
  InputTenant *tenant = fixture_tenant(input, "FD");
  for (guint i = 0; i < 4; i++) {
    g_autofree char *id = g_strdup_printf("L%u", i);
    const Lehrgang lehrgang = { id, "F-I", "", "", "", "" };
    g_assert_cmpuint(input_add_lehrgang(tenant, &lehrgang), ==, i);
  }
  input_finish_lehrgang(tenant, 0, NULL);
  input_leave_out(tenant, 1, "[0].vorname", "A", "expected a string, found a number");
  input_finish_lehrgang(tenant, 1, NULL);
  fixture_teilnehmer(input, config, "FD", "L2", "A", "", CALLED);
  input_finish_lehrgang(tenant, 2, "cut off");
  input_seal(input);
  g_assert_true(input_complete(input_lehrgang(input, 0)));
  g_assert_false(input_complete(input_lehrgang(input, 1)));
  g_assert_cmpuint(input_lehrgang(input, 1)->left_out, ==, 1);
  g_assert_false(input_complete(input_lehrgang(input, 2)));
  g_assert_false(input_complete(input_lehrgang(input, 3)));
  /* Half an answer is none. */
  g_assert_cmpuint(input->teilnehmer->len, ==, 0);
  fixture_config_free(config);
}

static void
test_fail_tenant(void) {
  Config *config = fixture_config("FD KB");
  g_autoptr(Input) input = two_tenants(config);
  InputTenant *tenant = fixture_tenant(input, "FD");
  const Lehrgang open = { "L9", "F-I", "", "", "", "" };
  input_add_lehrgang(tenant, &open);
  fixture_teilnehmer(input, config, "FD", "L1", "A", "", CALLED);
  fixture_teilnehmer(input, config, "FD", "L9", "B", "", CALLED);
  input_fail_tenant(tenant, "for one reason");
  input_fail_tenant(tenant, "for another");
  input_seal(input);
  g_assert_cmpstr(tenant->error, ==, "for another");
  g_assert_null(fixture_tenant(input, "KB")->error);
  g_assert_true(input_complete(input_lehrgang(input, 0)));
  g_assert_cmpstr(input_lehrgang(input, 3)->lehrgang.id, ==, "L9");
  g_assert_nonnull(input_lehrgang(input, 3)->error);
  assert_order(input, "L1/A");
  fixture_config_free(config);
}

static void
test_bounded(void) {
  Config *config = fixture_config("FD");
  g_autoptr(Input) input = fixture_input(config);
  InputTenant *tenant = fixture_tenant(input, "FD");
  fixture_lehrgang(input, "FD", "L1", "F-I", "", "");
  for (guint i = 0; i < 3 * INPUT_MAX_LEFT_OUT; i++)
    input_leave_out(tenant, i % 2 == 0 ? 0 : G_MAXUINT, "[0]", "", "why");
  g_assert_cmpuint(tenant->left_out->len, ==, INPUT_MAX_LEFT_OUT);
  g_assert_cmpuint(tenant->left_out_count, ==, 3 * INPUT_MAX_LEFT_OUT);

  for (guint i = 0; i < 3 * INPUT_MAX_UNKNOWN; i++) {
    g_autofree char *status = g_strdup_printf(" S001_WORT%u_LAND ", i);
    fixture_teilnehmer(input, config, "FD", "L1", "A", "", status);
    fixture_teilnehmer(input, config, "FD", "L1", "B", "", g_strstrip(status));
  }
  fixture_teilnehmer(input, config, "FD", "L1", "C", "", APPLIED);
  fixture_teilnehmer(input, config, "FD", "L1", "D", "", " ");
  g_assert_cmpuint(g_hash_table_size(tenant->unknown), ==, INPUT_MAX_UNKNOWN + 1);
  g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(tenant->unknown, "S001_WORT7_LAND")), ==,
                   2);
  g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(tenant->unknown, "(other)")), ==,
                   4 * INPUT_MAX_UNKNOWN);
  g_assert_false(g_hash_table_contains(tenant->unknown, APPLIED));
  g_assert_false(g_hash_table_contains(tenant->unknown, ""));
  input_seal(input);
  g_assert_cmpuint(input_lehrgang(input, 0)->left_out, ==, 3 * INPUT_MAX_LEFT_OUT / 2);
  fixture_config_free(config);
}

static void
test_empty(void) {
  g_autoptr(Input) none = input_new();
  input_seal(none);
  g_assert_cmpuint(none->lehrgaenge->len, ==, 0);
  g_autoptr(Input) unsealed = input_new();
  input_add_tenant(unsealed, "FD", "Kreis FD", false, true);
  const Lehrgang lehrgang = { "L1", "", "", "", "", "" };
  input_add_lehrgang(fixture_tenant(unsealed, "FD"), &lehrgang);
  input_finish_lehrgang(fixture_tenant(unsealed, "FD"), 0, "an error of its own");
  input_free(NULL);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/input/order", test_order);
  g_test_add_func("/input/fields", test_fields);
  g_test_add_func("/input/email-trimmed", test_email_trimmed);
  g_test_add_func("/input/listed-twice", test_listed_twice);
  g_test_add_func("/input/complete", test_complete);
  g_test_add_func("/input/fail-tenant", test_fail_tenant);
  g_test_add_func("/input/bounded", test_bounded);
  g_test_add_func("/input/empty", test_empty);
  return g_test_run();
}
