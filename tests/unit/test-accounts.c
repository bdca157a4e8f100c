/* Making accounts (SPEC 4) where it does not go by itself: those whose making an earlier run was
 * cut short over, which may exist without their sign-in method (moodle/gateway.h), and addresses
 * that are taken though nobody sees by whom.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "base/db.h"
#include "sync/addresses.h"

#define EARLIER 4711 /* a run that is dead */

static void
open_intent(World *world, gint64 run, const char *person) {
  g_autoptr(GError) error = NULL;
  const StoreJournalEntry entry = { .kind = "create_user", .person = person };
  gint64 first;
  world->store->class->journal_intend(world->store, run, &entry, 1, FIXTURE_NOW, &first, &error);
  g_assert_no_error(error);
}

static gint64
add_user(World *world, const char *username, const char *idnumber, const char *auth) {
  g_autoptr(GError) error = NULL;
  g_autofree char *email = g_strdup_printf("%s@there.example", username);
  const GatewayNewUser user = { .username = username,
                                .firstname = "Vor",
                                .lastname = "Nach",
                                .email = email,
                                .country = "DE",
                                .idnumber = idnumber,
                                .auth = auth };
  GatewayOutcome outcome = { 0 };
  world->gateway->class->create_users(world->gateway, &user, 1, &outcome, &error);
  g_assert_no_error(error);
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  return outcome.id;
}

static void
assert_auth(const World *world, gint64 userid, const char *auth) {
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(world->directory, "moodle.db", NULL);
  g_autoptr(Db) db = db_open(path, 0, &error);
  g_assert_no_error(error);
  gint64 there = 0;
  g_assert_true(db_get_int(db, &there, 0, &error,
                           "SELECT 1 FROM mdl_user WHERE id = ? AND auth = ?", "is", userid, auth));
  g_assert_cmpint(there, ==, 1);
}

/* One Lehrgang with these participants ("T1 T2"), whose initialIds are the same in lower case. */
static Look *
look(World *world, const char *participants) {
  Input *input = fixture_input(world->config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  g_auto(GStrv) ids = g_strsplit(participants, " ", -1);
  for (guint i = 0; ids[i] != NULL; i++)
    fixture_teilnehmer(input, world->config, "FD", "L1", ids[i], ids[i], CALLED);
  return look_new(world, input);
}

static void
on_row(const StoreJournalRow *row, gpointer data) {
  GString *text = data;
  g_string_append_printf(text, "%d %s %d %s\n", (int)row->run, row->entry.person,
                         (int)row->entry.userid,
                         row->state == JOURNAL_INTENT ? "open"
                         : row->state == JOURNAL_DONE ? "done"
                                                      : row->error);
}

/* What the journal says of making accounts: "run person userid outcome" each. */
static void
assert_journal(World *world, const char *expected) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) text = g_string_new(NULL);
  StoreJournalFilter filter = { .kind = "create_user", .state = -1 };
  world->store->class->journal_read(world->store, &filter, on_row, text, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(text->str, ==, expected);
}

static void
assert_steps(const Look *is, StepKind kind, const char *person) {
  g_assert_cmpuint(is->plan->steps[kind]->len, ==, person != NULL);
  if (person != NULL)
    g_assert_cmpstr(people_id(is->people, plan_step(is->plan, kind, 0)->person), ==, person);
}

static void
test_found(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  gint64 there = add_user(world, "t1", "T1", "oauth2"),
         whole = add_user(world, "t2", "T2", "oauth2");
  open_intent(world, EARLIER, "T1");
  open_intent(world, EARLIER + 1, "T1");
  Look *first = look(world, "T1 T2");
  assert_steps(first, STEP_CREATE_USER, NULL);
  assert_steps(first, STEP_UPDATE_USER, "T1");
  look_apply(first);
  look_free(first);
  assert_auth(world, there, "manual");
  assert_auth(world, whole, "oauth2");
  g_autofree char *expected =
      g_strdup_printf("4711 T1 %d interrupted; a later run found the account and finished it\n"
                      "4712 T1 %d interrupted; a later run found the account and finished it\n",
                      (int)there, (int)there);
  assert_journal(world, expected);

  Look *second = look(world, "T1 T2");
  assert_steps(second, STEP_UPDATE_USER, NULL);
  g_assert_null(second->users->open);
  look_free(second);
}

/* What is configured by now counts. */
static void
test_configured_auth(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  gint64 there = add_user(world, "t1", "T1", "manual");
  g_free(world->config->users.auth);
  world->config->users.auth = g_strdup("shibboleth");
  open_intent(world, EARLIER, "T1");
  Look *first = look(world, "T1");
  look_apply(first);
  look_free(first);
  assert_auth(world, there, "shibboleth");
}

static void
test_not_made(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  open_intent(world, EARLIER, "T1");
  Look *first = look(world, "T1");
  assert_steps(first, STEP_CREATE_USER, "T1");
  look_apply(first);
  gint64 made = users_at(first->users, 0)->id;
  look_free(first);
  g_autofree char *expected = g_strdup_printf(
      "4711 T1 %d interrupted; the account was not made\n1 T1 %d done\n", (int)made, (int)made);
  assert_journal(world, expected);
}

/* Nor was it when it is refused now: the one that is in the way is deleted. */
static void
test_refused(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  add_user(world, "t1", "", "manual");
  world_exec(world, "UPDATE mdl_user SET deleted = 1 WHERE username = 't1'");
  open_intent(world, EARLIER, "T1");
  Look *first = look(world, "T1");
  g_autoptr(ApplyResult) result = look_try(first);
  g_assert_cmpuint(result->failure_count, ==, 1);
  look_free(first);
  assert_journal(world, "4711 T1 0 interrupted; the account was not made\n"
                        "1 T1 0 another user has this username\n");
}

/* An account that somebody else made does not carry the key, and keeps its sign-in method. */
static void
test_somebody_elses(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  gint64 there = add_user(world, "t1", "", "ldap");
  open_intent(world, EARLIER, "T1");
  Look *first = look(world, "T1");
  assert_steps(first, STEP_UPDATE_USER, "T1"); /* it gets the idnumber */
  look_apply(first);
  look_free(first);
  assert_auth(world, there, "ldap");
  g_autofree char *expected = g_strdup_printf(
      "4711 T1 %d interrupted; the account that is there is not the one it was to make\n",
      (int)there);
  assert_journal(world, expected);
}

/* Whose making this very run leaves open, and who is in no list of it, stay as they are. */
static void
test_left_open(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  add_user(world, "t1", "T1", "oauth2");
  open_intent(world, 1, "T1");
  open_intent(world, EARLIER, "T9");
  Look *first = look(world, "T1");
  look_apply(first);
  look_free(first);
  assert_journal(world, "1 T1 0 open\n4711 T9 0 open\n");
}

/* One person under two ids: the intent was written under the other. */
static void
test_another_id(void) {
  g_autoptr(World) world = world_new("FD", "F-I");
  gint64 there = add_user(world, "same", "T2", "oauth2");
  open_intent(world, EARLIER, "T2");
  Input *input = fixture_input(world->config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  fixture_teilnehmer(input, world->config, "FD", "L1", "T1", "same", CALLED);
  fixture_teilnehmer(input, world->config, "FD", "L1", "T2", "same", CALLED);
  Look *first = look_new(world, input);
  assert_steps(first, STEP_UPDATE_USER, "T1");
  look_apply(first);
  look_free(first);
  assert_auth(world, there, "manual");
  g_autofree char *expected = g_strdup_printf(
      "4711 T2 %d interrupted; a later run found the account and finished it\n", (int)there);
  assert_journal(world, expected);
}

/* ── addresses that nobody sees ── */

static const GatewayClass *seeing; /* the embedded Moodle's own */
static guint creates;

static bool
find_blindly(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
             GatewayUserFunc each, gpointer user_data, GError **error) {
  return field == GATEWAY_USER_EMAIL ||
         seeing->find_users(gateway, field, values, count, each, user_data, error);
}

static bool
create_counted(Gateway *gateway, const GatewayNewUser *users, guint count, GatewayOutcome *outcomes,
               GError **error) {
  creates++;
  return seeing->create_users(gateway, users, count, outcomes, error);
}

/* A Moodle that shows nobody's address. */
static World *
blind_world(void) {
  static GatewayClass blind;
  World *world = world_new("FD", "F-I");
  seeing = world->gateway->class;
  blind = *seeing;
  blind.find_users = find_blindly;
  blind.create_users = create_counted;
  world->gateway->class = &blind;
  creates = 0;
  return world;
}

/* So many forms of an address are somebody's, from the address itself on; `id` is whose placeholder
 * comes after the fifty. */
static void
occupy(World *world, const char *email, const char *id, guint forms) {
  g_autofree char *placeholder = login_placeholder(id);
  for (guint n = 0; n < forms; n++) {
    g_autofree char *address = login_numbered(n <= LOGIN_MAX_EMAIL_NUMBER ? email : placeholder,
                                              n % (LOGIN_MAX_EMAIL_NUMBER + 1));
    g_autofree char *sql = g_strdup_printf("INSERT INTO mdl_user (username, firstname, lastname,"
                                           " email) VALUES (lower('x%s%u'), 'A', 'B', '%s')",
                                           id, n, address);
    world_exec(world, sql);
  }
}

static void
assert_users(const World *world, const char *expected) {
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(world->directory, "moodle.db", NULL);
  g_autoptr(Db) db = db_open(path, 0, &error);
  g_assert_no_error(error);
  sqlite3_stmt *rows = db_prepare(
      db, "SELECT idnumber, username, email FROM mdl_user WHERE idnumber <> '' ORDER BY idnumber",
      &error);
  g_autoptr(GString) text = g_string_new(NULL);
  while (db_step(db, rows, &error) > 0)
    g_string_append_printf(text, "%s %s %s\n", sqlite3_column_text(rows, 0),
                           sqlite3_column_text(rows, 1), sqlite3_column_text(rows, 2));
  g_assert_no_error(error);
  g_assert_cmpstr(text->str, ==, expected);
}

/* The next form, then the placeholder; who has no initialId is called after it. */
static void
test_unseen(void) {
  static const struct {
    guint forms;
    const char *users;
  } rows[] = {
    { 0, "T1 t1@feuerwehr.example T1@feuerwehr.example\n" },
    { 1, "T1 t11@feuerwehr.example T1+1@feuerwehr.example\n" },
    { 3, "T1 t13@feuerwehr.example T1+3@feuerwehr.example\n" },
    { 51, "T1 t1@invalid.local t1@invalid.local\n" },
    { 52, "T1 t11@invalid.local t1+1@invalid.local\n" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(World) world = blind_world();
    occupy(world, "T1@feuerwehr.example", "T1", rows[i].forms);
    Input *input = fixture_input(world->config);
    fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
    fixture_teilnehmer(input, world->config, "FD", "L1", "T1", "", CALLED);
    Look *first = look_new(world, input);
    look_apply(first);
    look_free(first);
    assert_users(world, rows[i].users);
    g_assert_cmpuint(creates, ==, rows[i].forms + 1);
  }
}

/* For whom none is left is reported, and everyone else of the Lehrgang is enrolled. */
static void
test_none_left(void) {
  g_autoptr(World) world = blind_world();
  occupy(world, "T2@feuerwehr.example", "T2", ADDRESSES_FORMS);
  Look *first = look(world, "T1 T2 T3");
  g_autoptr(ApplyResult) result = look_try(first);
  g_assert_cmpuint(result->failure_count, ==, 1);
  const ApplyFailure *failure = g_ptr_array_index(result->failures, 0);
  g_assert_cmpstr(failure->id, ==, "T2");
  g_assert_nonnull(strstr(failure->error, "another user has this e-mail address"));
  g_assert_cmpuint(plan_count(first->plan, STEP_ENROL, STEP_DONE), ==, 2);
  look_free(first);
  g_assert_cmpuint(creates, ==, ADDRESSES_FORMS);
  assert_users(world, "T1 t1 T1@feuerwehr.example\nT3 t3 T3@feuerwehr.example\n");
}

/* Nobody gets what another one of this run was given. */
static void
test_not_anothers(void) {
  g_autoptr(World) world = blind_world();
  occupy(world, "wehr@x.example", "W", 1);
  occupy(world, "wehr+2@x.example", "V", 1);
  Input *input = fixture_input(world->config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  static const char *const ids[] = { "T1", "T2", "T3", "T4" };
  InputTenant *tenant = fixture_tenant(input, "FD");
  for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
    const Teilnehmer teilnehmer = { ids[i], ids[i], "Vor", "Nach", "wehr@x.example", "", CALLED };
    input_add_teilnehmer(tenant, 0, &teilnehmer, world->config->status);
  }
  Look *first = look_new(world, input);
  look_apply(first);
  look_free(first);
  /* T1 wanted the address itself and T3 its number 2; 1 and 3 were T2's and T4's. */
  assert_users(world, "T1 t1 wehr+4@x.example\nT2 t2 wehr+1@x.example\n"
                      "T3 t3 wehr+5@x.example\nT4 t4 wehr+3@x.example\n");
  g_assert_cmpuint(creates, ==, 2);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/accounts/cut-short/found", test_found);
  g_test_add_func("/accounts/cut-short/configured-auth", test_configured_auth);
  g_test_add_func("/accounts/cut-short/not-made", test_not_made);
  g_test_add_func("/accounts/cut-short/refused", test_refused);
  g_test_add_func("/accounts/cut-short/somebody-elses", test_somebody_elses);
  g_test_add_func("/accounts/cut-short/left-open", test_left_open);
  g_test_add_func("/accounts/cut-short/another-id", test_another_id);
  g_test_add_func("/accounts/addresses/unseen", test_unseen);
  g_test_add_func("/accounts/addresses/none-left", test_none_left);
  g_test_add_func("/accounts/addresses/not-anothers", test_not_anothers);
  return g_test_run();
}
