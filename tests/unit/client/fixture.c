/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static void
setup(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->server = server_new();
  fixture->clock = clock_manual_new(NOW);
  fixture->options = zms_default_options;
  fixture->options.baseurl = server_url(fixture->server);
  fixture->options.timeout_s = 20;
  fixture->seen = g_string_new(NULL);
}

/* After the options are as the test wants them. */
void
fixture_connect_as(Fixture *fixture, const char *token) {
  g_autoptr(GError) error = NULL;
  ZmsCredentials credentials = { .token = token };
  fixture->zms = zms_new(&fixture->options, fixture->clock, &fixture->stop, &error);
  g_assert_no_error(error);
  fixture->tenant = zms_tenant_new(fixture->zms, &credentials, &error);
  g_assert_no_error(error);
}

void
fixture_connect(Fixture *fixture) {
  fixture_connect_as(fixture, TOKEN);
}

static void
teardown(Fixture *fixture, gconstpointer data) {
  (void)data;
  zms_tenant_free(fixture->tenant);
  zms_free(fixture->zms); /* asserts that no slot is held any more */
  server_free(fixture->server);
  clock_free(fixture->clock);
  g_string_free(fixture->seen, TRUE);
}

void
fixture_see_lehrgang(const Lehrgang *lehrgang, gpointer user_data) {
  g_string_append_printf(user_data, "%s|%s|%s|%s|%s|%s;", lehrgang->id, lehrgang->kurzbezeichnung,
                         lehrgang->bezeichnung, lehrgang->ort, lehrgang->start_tag,
                         lehrgang->end_tag);
}

static void
see_teilnehmer(guint index, const Teilnehmer *teilnehmer, gpointer user_data) {
  g_string_append_printf(user_data, "%u:%s;", index, teilnehmer->id);
}

static void
see_skipped(guint index, const char *where, const char *id, const char *why, gpointer user_data) {
  g_string_append_printf(user_data, "skip %u %s '%s' %s;", index, where, id, why);
}

static void
see_finished(guint index, const GError *error, gpointer user_data) {
  g_string_append_printf(user_data, "%u=%s;", index,
                         error == NULL ? "ok" : api_error_word((ApiError)error->code));
}

bool
fixture_list(Fixture *fixture, GError **error) {
  return zms_list(fixture->tenant, 0, fixture_see_lehrgang, see_skipped, fixture->seen, error);
}

bool
fixture_teilnehmer(Fixture *fixture, const char *const *ids, GError **error) {
  return zms_teilnehmer(fixture->tenant, ids, g_strv_length((char **)ids), see_teilnehmer,
                        see_skipped, see_finished, fixture->seen, error);
}

void
fixture_assert_log(Fixture *fixture, const char *expected) {
  autochar log = server_log(fixture->server);
  g_assert_cmpstr(log, ==, expected);
}

void
fixture_assert_says(const GError *error, const char *text) {
  if (strstr(error->message, text) == NULL)
    g_error("»%s« lacks »%s«", error->message, text);
}

void
fixture_add(const FixtureTest *tests, gsize count) {
  for (gsize i = 0; i < count; i++)
    g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].run, teardown);
}
