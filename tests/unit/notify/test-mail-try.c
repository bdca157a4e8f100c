/* Knocking at the mail server without a mail: what `check` does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail-case.h"

#define FROM "lehrgaenge@example.org"
#define PATIENCE_MS 5000

static void
assert_let_in(MailCase *c) {
  g_autoptr(GError) error = NULL;
  bool well = mail_try(&c->server, FROM, PATIENCE_MS, &error);
  g_assert_no_error(error);
  g_assert_true(well);
}

static void
assert_turned_away(MailCase *c, guint limit_ms, MailError class, const char *words) {
  g_autoptr(GError) error = NULL;
  g_assert_false(mail_try(&c->server, FROM, limit_ms, &error));
  g_assert_error(error, MAIL_ERROR, (int)class);
  g_auto(GStrv) parts = g_strsplit(words, "|", -1);
  for (char **part = parts; *part != NULL; part++)
    if (strstr(error->message, *part) == NULL)
      g_error("\"%s\" is not in: %s", *part, error->message);
  g_assert_null(strstr(error->message, MAIL_CASE_PASSWORD));
}

static void
test_sends_nothing(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  assert_let_in(&c);
  g_assert_true(mail_case_logged(&c, "NOOP"));
  g_assert_false(mail_case_logged(&c, "MAIL"));
  g_assert_false(mail_case_logged(&c, "RCPT"));
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 0);
}

static void
test_signs_in(void) {
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){ .user = "lehrgaenge", .password = MAIL_CASE_PASSWORD }, true);
  c.server.user = "lehrgaenge";
  c.server.password = MAIL_CASE_PASSWORD;
  assert_let_in(&c);
  g_assert_true(mail_case_logged(&c, "(tls)"));
  g_assert_true(mail_case_logged(&c, "AUTH"));
  c.server.password = "wrong";
  assert_turned_away(&c, PATIENCE_MS, MAIL_ERROR_REFUSED,
                     "refused to sign in lehrgaenge|user and password in [notify]");
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 0);
}

static void
test_not_trusted(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ .smtps = true }, true);
  g_autofree char *other = mail_case_pem("other.pem");
  c.server.ca_file = other;
  assert_turned_away(&c, PATIENCE_MS, MAIL_ERROR_REFUSED, "is not trusted|ca-file");
}

static void
test_silent(void) {
  g_auto(MailCase) c =
      mail_case_new((SmtpSinkOptions){ .fault = { .at = "", .how = SMTP_SINK_SILENT } }, false);
  assert_turned_away(&c, 200, MAIL_ERROR_LATER, "took too long|smtp in [notify]");
}

static void
test_nothing_refused_is_blamed(void) {
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){
          .fault = { .at = "NOOP", .how = SMTP_SINK_ANSWER, .answer = "502 no such command" } },
      false);
  assert_turned_away(&c, PATIENCE_MS, MAIL_ERROR_REFUSED, "does not talk to this machine|502");
}

static void
test_wrong_sender(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  g_autoptr(GError) error = NULL;
  g_assert_false(mail_try(&c.server, "nobody", PATIENCE_MS, &error));
  g_assert_nonnull(strstr(error->message, "no e-mail address"));
  g_assert_false(mail_case_logged(&c, "(connect)"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  mail_case_begin();
  g_test_add_func("/mail-try/sends-nothing", test_sends_nothing);
  g_test_add_func("/mail-try/signs-in", test_signs_in);
  g_test_add_func("/mail-try/not-trusted", test_not_trusted);
  g_test_add_func("/mail-try/silent", test_silent);
  g_test_add_func("/mail-try/odd-server", test_nothing_refused_is_blamed);
  g_test_add_func("/mail-try/wrong-sender", test_wrong_sender);
  int result = g_test_run();
  mail_case_end();
  return result;
}
