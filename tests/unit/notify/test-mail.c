/* Mails over the wire: what arrives.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail-case.h"
#include "smtp_decode.h"

static void
assert_header(const SmtpSinkMail *mail, const char *name, const char *value) {
  g_autofree char *header = smtp_decode_header(mail, name);
  g_assert_cmpstr(header, ==, value);
}

static void
assert_body(const SmtpSinkMail *mail, const char *expected) {
  g_autofree char *body = smtp_decode_body(mail);
  g_assert_cmpstr(body, ==, expected);
}

/* Every line ASCII, and short enough for every server. */
static void
assert_lines(const SmtpSinkMail *mail) {
  g_assert_true(g_str_is_ascii(mail->text));
  g_auto(GStrv) lines = g_strsplit(mail->text, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_assert_cmpuint(strlen(*line), <=, 76);
    g_assert_null(strpbrk(*line, "\r\n"));
  }
}

/* ── what arrives ── */

static void
test_plain(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail_case_send(&c, &mail);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 1);
  const SmtpSinkMail *got = smtp_sink_mail(c.sink, 0);
  g_assert_cmpstr(got->from, ==, "lehrgaenge@example.org");
  g_assert_cmpstr(got->to, ==, "admin@example.org");
  g_assert_false(got->encrypted);
  assert_header(got, "From", "<lehrgaenge@example.org>");
  assert_header(got, "To", "<admin@example.org>");
  assert_header(got, "Subject", "Import 2025");
  assert_header(got, "Date", "Tue, 10 Mar 2026 12:05:09 +0000");
  assert_header(got, "Auto-Submitted", "auto-generated");
  assert_header(got, "MIME-Version", "1.0");
  assert_header(got, "Content-Type", "text/plain; charset=UTF-8");
  assert_body(got, "Alles gut.\n");
  assert_lines(got);
}

static void
test_starttls(void) {
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){ .user = "lehrgaenge", .password = MAIL_CASE_PASSWORD }, true);
  Mail mail = mail_case_mail();
  mail_case_send(&c, &mail);
  const SmtpSinkMail *got = smtp_sink_mail(c.sink, 0);
  g_assert_true(got->encrypted);
  g_assert_cmpstr(got->user, ==, "lehrgaenge");
  g_autofree char *log = smtp_sink_log(c.sink);
  const char *tls = strstr(log, "(tls)"), *sign_in = strstr(log, "AUTH ");
  g_assert_true(tls != NULL && sign_in != NULL && tls < sign_in);
}

static void
test_smtps(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ .smtps = true }, true);
  Mail mail = mail_case_mail();
  mail_case_send(&c, &mail);
  g_assert_true(smtp_sink_mail(c.sink, 0)->encrypted);
  g_assert_false(mail_case_logged(&c, "STARTTLS"));
}

static void
test_login(void) {
  SmtpSinkOptions options = { .user = "lehrgaenge",
                              .password = MAIL_CASE_PASSWORD,
                              .mechanisms = "LOGIN" };
  g_auto(MailCase) c = mail_case_new(options, true);
  Mail mail = mail_case_mail();
  mail_case_send(&c, &mail);
  g_assert_cmpstr(smtp_sink_mail(c.sink, 0)->user, ==, "lehrgaenge");
}

static void
test_if_offered(void) {
  g_auto(MailCase) with = mail_case_new((SmtpSinkOptions){ 0 }, true);
  g_auto(MailCase) without = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  with.server.starttls = without.server.starttls = "if-offered";
  mail_case_send(&with, &mail);
  g_assert_true(smtp_sink_mail(with.sink, 0)->encrypted);
  mail_case_send(&without, &mail);
  g_assert_false(smtp_sink_mail(without.sink, 0)->encrypted);
}

static void
test_no_starttls(void) {
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){ .user = "lehrgaenge", .password = MAIL_CASE_PASSWORD }, true);
  Mail mail = mail_case_mail();
  c.server.starttls = "no";
  mail_case_send(&c, &mail);
  g_assert_false(smtp_sink_mail(c.sink, 0)->encrypted);
  g_assert_cmpstr(smtp_sink_mail(c.sink, 0)->user, ==, "lehrgaenge");
}

static void
test_umlauts(void) {
  static const char subject[] =
      "Import 2025 (FD, HP, LDK, MKK, RÜD): teilweise – 3 von 120 Lehrgängen fehlgeschlagen, "
      "weitere Wörter, damit die Zeile überläuft: Übungsleiter für Größeres 🚒🚒🚒";
  static const char body[] = "Grüße aus Fulda\n\tmit Tabulator, Leerzeichen am Ende \nund = und "
                             "€ 🚒\n\nEnde ohne Zeilenende ";
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail.subject = subject;
  mail.body = body;
  mail_case_send(&c, &mail);
  const SmtpSinkMail *got = smtp_sink_mail(c.sink, 0);
  assert_header(got, "Subject", subject);
  g_autofree char *expected = g_strconcat(body, "\n", NULL);
  assert_body(got, expected);
  assert_lines(got);
  /* Servers strip blanks at the end of lines. */
  g_assert_null(strstr(got->text, " \r\n"));
  g_assert_null(strstr(got->text, "\t\r\n"));
}

static void
test_long_lines(void) {
  g_autofree char *ascii = g_strnfill(5000, 'x'), *wide = g_strnfill(3000, 'x');
  memset(wide, 0, 3001);
  for (guint i = 0; i < 1500; i++)
    memcpy(wide + (gsize)2 * i, "ü", 2);
  g_autofree char *body = g_strdup_printf("%s\n%s\n", ascii, wide);
  g_autofree char *subject = g_strnfill(300, 's');
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail.body = body;
  mail.subject = subject;
  mail_case_send(&c, &mail);
  assert_body(smtp_sink_mail(c.sink, 0), body);
  assert_header(smtp_sink_mail(c.sink, 0), "Subject", subject);
  assert_lines(smtp_sink_mail(c.sink, 0));
}

static void
test_dots(void) {
  static const char body[] = ".\n..\n.anfang\n\n.\nQUIT\nende\n.";
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail.body = body;
  mail_case_send(&c, &mail);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 1);
  g_autofree char *expected = g_strconcat(body, "\n", NULL);
  assert_body(smtp_sink_mail(c.sink, 0), expected);
}

static void
test_line_ends(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail.body = "eins\r\nzwei\rdrei\nvier\x01\xff\n";
  mail_case_send(&c, &mail);
  assert_body(smtp_sink_mail(c.sink, 0), "eins\nzwei\ndrei\nvier\xef\xbf\xbd\xef\xbf\xbd\n");
}

static void
test_too_long(void) {
  g_autofree char *body = g_strnfill(MAIL_MAX_BODY + 1, 'x');
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  mail.body = body;
  mail_case_send(&c, &mail);
  g_autofree char *got = smtp_decode_body(smtp_sink_mail(c.sink, 0));
  g_assert_cmpuint(strlen(got), <=, MAIL_MAX_BODY);
  g_assert_cmpuint(strlen(got), >, MAIL_MAX_BODY - 100);
  g_assert_true(g_str_has_suffix(got, "x\n[… gekürzt / shortened]\n"));
  body[MAIL_MAX_BODY] = '\0';
  mail_case_send(&c, &mail);
  g_autofree char *whole = smtp_decode_body(smtp_sink_mail(c.sink, 1));
  g_assert_cmpuint(strlen(whole), ==, MAIL_MAX_BODY + 1);
}

/* ── injection ── */

static void
test_subject_injection(void) {
  static const char *const subjects[] = {
    "Import\r\nBcc: böse@example.org",
    "Import\nBcc: boese@example.org\n\nText",
    "Import\rBcc: boese@example.org",
    "=?UTF-8?B?Qm9lc2U=?=",
  };
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
    Mail mail = mail_case_mail();
    mail.subject = subjects[i];
    mail_case_send(&c, &mail);
    const SmtpSinkMail *got = smtp_sink_mail(c.sink, i);
    assert_header(got, "Bcc", NULL);
    assert_body(got, "Alles gut.\n");
    g_assert_cmpstr(got->to, ==, "admin@example.org");
    g_assert_null(strstr(got->text, "Qm9lc2U="));
  }
}

static void
test_address_injection(void) {
  static const char *const addresses[] = {
    "admin@example.org\r\nRCPT TO:<boese@example.org>",
    "admin@example.org>\nDATA",
    "admin@example.org, boese@example.org",
    "admin",
    "",
    NULL,
    "ädmin@example.org",
  };
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
    Mail to = mail_case_mail(), from = mail_case_mail();
    to.to = addresses[i];
    mail_case_fail(&c, &to, MAIL_ERROR_REFUSED, "recipient|is no e-mail address");
    from.from = addresses[i];
    mail_case_fail(&c, &from, MAIL_ERROR_REFUSED, "sender|is no e-mail address");
  }
  g_assert_false(mail_case_logged(&c, "(connect)"));
}

/* The server took it, but its word for that was lost: the second is known for the same mail. */
static void
test_message_id(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail(), other = mail_case_mail();
  mail_case_send(&c, &mail);
  mail_case_send(&c, &mail);
  other.id = "import 18 final";
  mail_case_send(&c, &other);
  g_autofree char *first = smtp_decode_header(smtp_sink_mail(c.sink, 0), "Message-ID");
  g_autofree char *second = smtp_decode_header(smtp_sink_mail(c.sink, 1), "Message-ID");
  g_autofree char *third = smtp_decode_header(smtp_sink_mail(c.sink, 2), "Message-ID");
  g_assert_cmpstr(first, ==, second);
  g_assert_cmpstr(first, !=, third);
  g_assert_true(g_regex_match_simple("^<lehrgaenge\\.[0-9a-f]{32}@example\\.org>$", first, 0, 0));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  mail_case_begin();
  g_test_add_func("/mail/plain", test_plain);
  g_test_add_func("/mail/starttls", test_starttls);
  g_test_add_func("/mail/smtps", test_smtps);
  g_test_add_func("/mail/login", test_login);
  g_test_add_func("/mail/if-offered", test_if_offered);
  g_test_add_func("/mail/no-starttls", test_no_starttls);
  g_test_add_func("/mail/umlauts", test_umlauts);
  g_test_add_func("/mail/long-lines", test_long_lines);
  g_test_add_func("/mail/dots", test_dots);
  g_test_add_func("/mail/line-ends", test_line_ends);
  g_test_add_func("/mail/too-long", test_too_long);
  g_test_add_func("/mail/injection/subject", test_subject_injection);
  g_test_add_func("/mail/injection/address", test_address_injection);
  g_test_add_func("/mail/message-id", test_message_id);
  int failed = g_test_run();
  mail_case_end();
  return failed;
}
