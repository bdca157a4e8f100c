/* A stop in the middle of a slice of writes: what Moodle has answered by then is written down, and
 * what nobody waited for stays open, for it may have happened.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "sync/apply.h"

static const GatewayClass *whole; /* what the class below is made of */
static Stop stop;

/* Makes the first account; then somebody, or nobody known, cuts the call short. */
static bool
make_one(Gateway *gateway, const GatewayNewUser *users, guint count, GatewayOutcome *outcomes,
         GError **error) {
  g_assert_cmpuint(count, ==, 3);
  g_assert_true(whole->create_users(gateway, users, 1, outcomes, error));
  for (guint i = 1; i < count; i++)
    outcomes[i] = (GatewayOutcome){ .code = GATEWAY_UNKNOWN };
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "stopped");
  return false;
}

static bool
make_one_and_stop(Gateway *gateway, const GatewayNewUser *users, guint count,
                  GatewayOutcome *outcomes, GError **error) {
  stop_request(&stop);
  return make_one(gateway, users, count, outcomes, error);
}

static void
on_row(const StoreJournalRow *row, gpointer text) {
  g_string_append_printf(text, "%s %s %s;", row->entry.person,
                         row->entry.userid != 0 ? "known" : "new",
                         row->state == JOURNAL_INTENT ? "open"
                         : row->state == JOURNAL_DONE ? "done"
                                                      : row->error);
}

/* What the journal says after a run in which `create` made the accounts. */
static char *
journal_after(bool (*create)(Gateway *, const GatewayNewUser *, guint, GatewayOutcome *,
                             GError **)) {
  g_autoptr(World) world = world_new("FD", "F-I");
  Input *input = fixture_input(world->config);
  fixture_lehrgang(input, "FD", "L1", "F-I", "2026-03-01", "2026-03-10");
  for (const char *const *id = (const char *const[]){ "T1", "T2", "T3", NULL }; *id != NULL; id++)
    fixture_teilnehmer(input, world->config, "FD", "L1", *id, *id, "S033_EINBERUFEN_KREIS");
  g_autoptr(Look) look = look_new(world, input);

  GatewayClass class = *world->gateway->class;
  whole = world->gateway->class;
  class.create_users = create;
  world->gateway->class = &class;
  stop = (Stop){ 0 };
  const ApplyContext context = {
    .gateway = world->gateway, .store = world->store, .clock = world->clock, .stop = &stop, .run = 1
  };
  g_autoptr(ApplyResult) result = apply_result_new();
  g_autoptr(GError) error = NULL;
  g_assert_false(apply_plan(look->plan, &context, result, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_clear_error(&error);
  world->gateway->class = whole;

  GString *text = g_string_new(NULL);
  const StoreJournalFilter filter = { .kind = "create_user", .state = -1 };
  world->store->class->journal_read(world->store, &filter, on_row, text, &error);
  g_assert_no_error(error);
  return g_string_free(text, FALSE);
}

static void
test_on_request(void) {
  g_autofree char *journal = journal_after(make_one_and_stop);
  g_assert_cmpstr(journal, ==, "T1 known done;T2 new open;T3 new open;");
}

/* The end of the process itself: it writes nothing any more. */
static void
test_killed(void) {
  g_autofree char *journal = journal_after(make_one);
  g_assert_cmpstr(journal, ==, "T1 new open;T2 new open;T3 new open;");
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/stopped/on-request", test_on_request);
  g_test_add_func("/stopped/killed", test_killed);
  return g_test_run();
}
