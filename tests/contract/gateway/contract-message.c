/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#include <string.h>

#define ID G_GINT64_FORMAT

static void
send_all(Contract *contract, const GatewayMessage *messages, guint count,
         GatewayOutcome *outcomes) {
  g_autoptr(GError) error = NULL;
  bool ok = contract->call->message(contract->gateway, messages, count, outcomes, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

static GatewayCode
send_one(Contract *contract, gint64 userid, const char *subject, const char *text) {
  const GatewayMessage message = { userid, subject, text };
  GatewayOutcome outcome = { 0 };
  send_all(contract, &message, 1, &outcome);
  GatewayCode code = outcome.code;
  contract_check(&outcome, code);
  gateway_outcomes_clear(&outcome, 1);
  return code;
}

#define ALL_SUBJECTS                                                                               \
  "SELECT group_concat(line) FROM (SELECT useridto || ' ' || subject AS line"                      \
  " FROM mdl_notifications ORDER BY id)"

static void
one_for_every_item(Contract *contract) {
  gint64 anna = contract_user(contract, "anna");
  const GatewayMessage twice[] = { { anna, "A", "a" }, { anna, "A", "a" } };
  GatewayOutcome outcomes[2] = { 0 };
  g_assert_cmpint(send_one(contract, anna, "A", "a"), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_notifications"), ==, 1);
  send_all(contract, twice, 2, outcomes);
  contract_check(&outcomes[0], GATEWAY_DONE);
  contract_check(&outcomes[1], GATEWAY_DONE);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_notifications"), ==, 3);
}

static void
as_moodle_keeps_them(Contract *contract) {
  static const char subject[] = "Import 2025: größtenteils „fertig“ & 3 > 2 – 100 %";
  static const char text[] = "Grüß Gott,\n\n5 < 7 & <b>kein</b> Fettdruck; +1 %20 \"x\" 'y'\n🚒";
  gint64 anna = contract_user(contract, "anna");
  g_assert_cmpint(send_one(contract, anna, subject, text), ==, GATEWAY_DONE);
  contract_assert_text(contract, subject, "SELECT subject FROM mdl_notifications");
  contract_assert_text(contract, subject, "SELECT smallmessage FROM mdl_notifications");
  contract_assert_text(contract, text, "SELECT fullmessage FROM mdl_notifications");
  contract_assert_text(contract, "plain from nobody: local_lehrgaenge imports",
                       "SELECT iif(fullmessageformat = 2, 'plain', 'markup') ||"
                       " iif(useridfrom = -10, ' from nobody: ', ' from somebody: ') ||"
                       " component || ' ' || eventtype FROM mdl_notifications");
  contract_assert_text(contract, "new",
                       "SELECT iif(timeread IS NULL AND fullmessagehtml = '', 'new', 'read')"
                       " FROM mdl_notifications");
  g_assert_cmpint(contract_look(contract, "SELECT timecreated FROM mdl_notifications"), >=,
                  CONTRACT_NOW);
  g_assert_cmpint(contract_look(contract, "SELECT timecreated FROM mdl_notifications"), <,
                  CONTRACT_NOW + 60);
}

static void
each_has_its_outcome(Contract *contract) {
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta"),
         carla = contract_user(contract, "carla"), dora = contract_user(contract, "dora");
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" ID, berta);
  contract_exec(contract, "UPDATE mdl_user SET suspended = 1 WHERE id = %" ID, carla);
  const GatewayMessage messages[] = {
    { 0, "A", "a" },    { dora, "B", "b" },  { berta, "C", "c" }, { carla, "D", "d" },
    { anna, "E", "e" }, { 99999, "F", "f" }, { 1, "G", "g" },     { dora, "H", "h" },
  };
  static const GatewayCode expected[] = {
    GATEWAY_MISSING, GATEWAY_DONE,    GATEWAY_MISSING, GATEWAY_INVALID,
    GATEWAY_DONE,    GATEWAY_MISSING, GATEWAY_MISSING, GATEWAY_DONE,
  };
  GatewayOutcome outcomes[G_N_ELEMENTS(messages)] = { 0 };
  send_all(contract, messages, G_N_ELEMENTS(messages), outcomes);
  for (guint i = 0; i < G_N_ELEMENTS(messages); i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, G_N_ELEMENTS(messages));
  g_autofree char *sent = g_strdup_printf("%" ID " B,%" ID " E,%" ID " H", dora, anna, dora);
  contract_assert_text(contract, sent, ALL_SUBJECTS);
}

static void
texts_that_are_none(Contract *contract) {
  gint64 anna = contract_user(contract, "anna");
  g_autofree char *subject = g_strnfill(GATEWAY_MAX_SUBJECT + 1, 's');
  g_autofree char *text = g_strnfill(GATEWAY_MAX_MESSAGE + 1, 't');
  const GatewayMessage messages[] = {
    { anna, "", "a" },     { anna, " ", "a" },    { anna, "A", "" },     { anna, "A", " \n\t" },
    { anna, "A\nB", "a" }, { anna, "\xff", "a" }, { anna, "A", "\xc3" }, { anna, subject, "a" },
    { anna, "A", text },   { anna, "C", "a" },
  };
  GatewayOutcome outcomes[G_N_ELEMENTS(messages)] = { 0 };
  send_all(contract, messages, G_N_ELEMENTS(messages), outcomes);
  for (guint i = 0; i < G_N_ELEMENTS(messages) - 1; i++)
    contract_check(&outcomes[i], GATEWAY_INVALID);
  contract_check(&outcomes[G_N_ELEMENTS(messages) - 1], GATEWAY_DONE);
  gateway_outcomes_clear(outcomes, G_N_ELEMENTS(messages));
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_notifications"), ==, 1);
  subject[GATEWAY_MAX_SUBJECT] = text[GATEWAY_MAX_MESSAGE] = '\0';
  g_assert_cmpint(send_one(contract, anna, subject, text), ==, GATEWAY_DONE);
  contract_assert_text(contract, text,
                       "SELECT fullmessage FROM mdl_notifications WHERE subject = '%s'", subject);
}

/* As many as a call may hold, with the odd one among them. */
static void
whole_slice(Contract *contract) {
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  g_autofree GatewayMessage *messages = g_new0(GatewayMessage, GATEWAY_SLICE);
  g_autofree GatewayOutcome *outcomes = g_new0(GatewayOutcome, GATEWAY_SLICE);
  g_autoptr(GPtrArray) subjects = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < GATEWAY_SLICE; i++) {
    char *subject = g_strdup_printf("S%u", i);
    g_ptr_array_add(subjects, subject);
    messages[i] = (GatewayMessage){ i % 7 == 3   ? 99999
                                    : i % 2 == 0 ? anna
                                                 : berta,
                                    i % 11 == 5 ? "" : subject, "Text" };
  }
  send_all(contract, messages, GATEWAY_SLICE, outcomes);
  guint done = 0;
  for (guint i = 0; i < GATEWAY_SLICE; i++) {
    GatewayCode expected = i % 11 == 5  ? GATEWAY_INVALID
                           : i % 7 == 3 ? GATEWAY_MISSING
                                        : GATEWAY_DONE;
    contract_check(&outcomes[i], expected);
    done += expected == GATEWAY_DONE;
    if (i % 50 == 0)
      g_assert_cmpint(contract_look(contract,
                                    "SELECT count(*) FROM mdl_notifications WHERE subject = 'S%u'"
                                    " AND useridto = %" ID,
                                    i, messages[i].userid),
                      ==, expected == GATEWAY_DONE);
  }
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_notifications"), ==, done);
  g_assert_cmpint(contract_look(contract, "SELECT count(DISTINCT subject) FROM mdl_notifications"),
                  ==, done);
  gateway_outcomes_clear(outcomes, GATEWAY_SLICE);
}

void
contract_message_add(const GatewayHarness *harness) {
  contract_add(harness, "message/one-for-every-item", one_for_every_item);
  contract_add(harness, "message/as-moodle-keeps-them", as_moodle_keeps_them);
  contract_add(harness, "message/each-has-its-outcome", each_has_its_outcome);
  contract_add(harness, "message/texts-that-are-none", texts_that_are_none);
  contract_add(harness, "message/whole-slice", whole_slice);
}
