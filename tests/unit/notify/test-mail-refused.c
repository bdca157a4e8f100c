/* Mails that are refused or cannot be sent: what is said of that, and what never leaves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "mail-case.h"

/* ── encryption ── */

static void
test_starttls_missing(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  c.server.starttls = "required";
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "STARTTLS|Nothing was sent|smtps://|starttls=no");
  c.server.user = "lehrgaenge";
  c.server.password = MAIL_CASE_PASSWORD;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "STARTTLS|no password|smtps://");
  /* A password does not go over an open connection by accident. */
  c.server.starttls = "if-offered";
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "STARTTLS|no password");
  g_assert_false(mail_case_logged(&c, "AUTH"));
  g_assert_false(mail_case_logged(&c, "MAIL"));
}

static void
test_wrong_authority(void) {
  g_autofree char *other = mail_case_pem("other.pem"), *missing = mail_case_pem("missing.pem");
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){ .user = "lehrgaenge", .password = MAIL_CASE_PASSWORD }, true);
  Mail mail = mail_case_mail();
  c.server.ca_file = other;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "is not trusted|ca-file");
  c.server.ca_file = NULL;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "is not trusted|ca-file");
  c.server.ca_file = missing;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "ca-file|cannot be read");
  g_assert_false(mail_case_logged(&c, "AUTH"));
  g_assert_false(mail_case_logged(&c, "MAIL"));
}

static void
test_wrong_authority_smtps(void) {
  g_autofree char *other = mail_case_pem("other.pem");
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ .smtps = true }, true);
  Mail mail = mail_case_mail();
  c.server.ca_file = other;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "is not trusted|ca-file");
}

static void
test_wrong_host(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ .smtps = true }, true);
  Mail mail = mail_case_mail();
  /* The certificate is for 127.0.0.1 alone. */
  const char *port = strrchr(c.server.url, ':');
  g_autofree char *other = g_strdup_printf("smtps://localhost%s", port);
  c.server.url = other;
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "is not trusted|host name");
}

/* ── refusals ── */

typedef struct {
  const char *name, *at, *answer;
  MailError class;
  const char *words;
} Refusal;

static const Refusal refusals[] = {
  { "greeting-later", "", "421 4.3.2 closing down", MAIL_ERROR_LATER, "421 4.3.2 closing down" },
  { "greeting-never", "", "554 no", MAIL_ERROR_REFUSED, "554 no|smtp in [notify]" },
  { "sign-in-later", "AUTH", "454 4.7.0 directory away", MAIL_ERROR_LATER,
    "454 4.7.0 directory away|sign in lehrgaenge" },
  { "sign-in-never", "AUTH", "535 5.7.8 wrong", MAIL_ERROR_REFUSED,
    "535 5.7.8 wrong|sign in lehrgaenge|user and password" },
  { "sender-later", "MAIL", "421 busy", MAIL_ERROR_LATER, "421 busy" },
  { "sender-never", "MAIL", "550 5.7.1 not yours", MAIL_ERROR_REFUSED,
    "550 5.7.1 not yours|sender lehrgaenge@example.org|from in [notify]" },
  { "recipient-later", "RCPT", "451 4.7.1 greylisted", MAIL_ERROR_LATER,
    "451 4.7.1 greylisted|admin@example.org" },
  { "recipient-never", "RCPT", "550-5.1.1 first\r\n550 5.1.1 second", MAIL_ERROR_REFUSED,
    "550-5.1.1 first 550 5.1.1 second|recipient admin@example.org" },
  { "data-later", "DATA", "451 no room", MAIL_ERROR_LATER, "451 no room" },
  { "text-later", ".", "452 4.3.1 disk full", MAIL_ERROR_LATER, "452 4.3.1 disk full" },
  { "text-never", ".", "554 5.6.0 spam", MAIL_ERROR_REFUSED, "554 5.6.0 spam|admin@example.org" },
};

static void
test_refusal(gconstpointer data) {
  const Refusal *refusal = data;
  SmtpSinkOptions options = { .user = "lehrgaenge",
                              .password = MAIL_CASE_PASSWORD,
                              .fault = { refusal->at, SMTP_SINK_ANSWER, refusal->answer, 1 } };
  g_auto(MailCase) c = mail_case_new(options, true);
  Mail mail = mail_case_mail();
  mail_case_fail(&c, &mail, refusal->class, refusal->words);
  /* The same mail is taken when the server does not refuse any more. */
  mail_case_send(&c, &mail);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 1);
}

static void
test_starttls_refused(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, true);
  Mail mail = mail_case_mail();
  const SmtpSinkFault later = { "STARTTLS", SMTP_SINK_ANSWER, "454 TLS not now", 1 },
                      never = { "STARTTLS", SMTP_SINK_ANSWER, "502 no", 1 };
  smtp_sink_set_fault(c.sink, &later);
  mail_case_fail(&c, &mail, MAIL_ERROR_LATER, "454 TLS not now");
  smtp_sink_set_fault(c.sink, &never);
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "502 no|encrypt");
}

static void
test_wrong_password(void) {
  g_auto(MailCase) c = mail_case_new(
      (SmtpSinkOptions){ .user = "lehrgaenge", .password = MAIL_CASE_PASSWORD }, true);
  Mail mail = mail_case_mail();
  c.server.password = "falsch";
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "535 5.7.8|user and password in [notify]");
  g_assert_false(mail_case_logged(&c, "MAIL"));
}

/* A server that repeats what it does not understand. */
static void
test_echo(void) {
  g_autoptr(GString) both = g_string_new(NULL);
  g_string_append_len(both, "\0lehrgaenge\0" MAIL_CASE_PASSWORD,
                      sizeof "\0lehrgaenge\0" MAIL_CASE_PASSWORD - 1);
  g_autofree char *plain = g_base64_encode((const guchar *)both->str, both->len);
  g_autofree char *alone =
      g_base64_encode((const guchar *)MAIL_CASE_PASSWORD, strlen(MAIL_CASE_PASSWORD));
  g_autofree char *answer =
      g_strdup_printf("500 what is AUTH PLAIN %s, %s and " MAIL_CASE_PASSWORD "?", plain, alone);
  SmtpSinkOptions options = { .user = "lehrgaenge",
                              .password = MAIL_CASE_PASSWORD,
                              .fault = { "AUTH", SMTP_SINK_ANSWER, answer, 0 } };
  g_auto(MailCase) c = mail_case_new(options, true);
  Mail mail = mail_case_mail();
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "500 what is AUTH PLAIN ***, *** and ***?");
}

static void
test_unknown_mechanism(void) {
  SmtpSinkOptions options = { .user = "lehrgaenge",
                              .password = MAIL_CASE_PASSWORD,
                              .mechanisms = "CRAM-MD5" };
  g_auto(MailCase) c = mail_case_new(options, true);
  Mail mail = mail_case_mail();
  mail_case_fail(&c, &mail, MAIL_ERROR_REFUSED, "PLAIN, LOGIN");
  g_assert_false(mail_case_logged(&c, "AUTH"));
}

/* ── a server that is away, slow, or breaks off ── */

static void
test_nobody_there(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  /* A port that was just given back. */
  int unused = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  g_assert_cmpint(bind(unused, (struct sockaddr *)&address, size), ==, 0);
  getsockname(unused, (struct sockaddr *)&address, &size);
  g_autofree char *other = g_strdup_printf("smtp://127.0.0.1:%u", ntohs(address.sin_port));
  c.server.url = other;
  Mail mail = mail_case_mail();
  mail_case_fail(&c, &mail, MAIL_ERROR_LATER, "smtp in [notify]|whether that server runs");
  close(unused);
}

static void
test_broken_off(void) {
  static const char *const places[] = { "", "EHLO", "MAIL", "RCPT", "DATA", "." };
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
    const SmtpSinkFault fault = { places[i], SMTP_SINK_CLOSE, NULL, 1 };
    smtp_sink_set_fault(c.sink, &fault);
    mail_case_fail(&c, &mail, MAIL_ERROR_LATER, "smtp in [notify]");
    mail_case_send(&c, &mail);
  }
}

static void
test_slow(void) {
  static const char *const places[] = { "", "MAIL", "." };
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
    const SmtpSinkFault fault = { places[i], SMTP_SINK_SILENT, NULL, 1 };
    g_autoptr(GError) error = NULL;
    smtp_sink_set_fault(c.sink, &fault);
    gint64 start = g_get_monotonic_time();
    g_assert_false(mail_send_within(&c.server, &mail, 200, &error));
    g_assert_error(error, MAIL_ERROR, MAIL_ERROR_LATER);
    g_assert_nonnull(strstr(error->message, "took too long"));
    g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
  }
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 0);
}

/* A service that has to leave does not wait for a server that is silent. */
static void
test_stopped(void) {
  g_auto(MailCase) c = mail_case_new((SmtpSinkOptions){ 0 }, false);
  Mail mail = mail_case_mail();
  Stop stop = { .grace_ms = 1 };
  const SmtpSinkFault fault = { "MAIL", SMTP_SINK_SILENT, NULL, 1 };
  g_autoptr(GError) error = NULL;
  c.server.stop = &stop;
  smtp_sink_set_fault(c.sink, &fault);
  stop_request(&stop);
  gint64 start = g_get_monotonic_time();
  g_assert_false(mail_send(&c.server, &mail, &error));
  g_assert_error(error, MAIL_ERROR, MAIL_ERROR_LATER);
  g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 0);
}

/* What was taken is sent, however the server says good-bye. */
static void
test_no_farewell(void) {
  SmtpSinkOptions options = { .fault = { "QUIT", SMTP_SINK_SILENT, NULL, 1 } };
  g_auto(MailCase) c = mail_case_new(options, false);
  Mail mail = mail_case_mail();
  gint64 start = g_get_monotonic_time();
  mail_case_send(&c, &mail);
  g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 1);
  const SmtpSinkFault close = { "QUIT", SMTP_SINK_CLOSE, NULL, 1 };
  smtp_sink_set_fault(c.sink, &close);
  mail_case_send(&c, &mail);
  g_assert_cmpuint(smtp_sink_count(c.sink), ==, 2);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  mail_case_begin();
  g_test_add_func("/mail/stopped", test_stopped);
  g_test_add_func("/mail/tls/starttls-missing", test_starttls_missing);
  g_test_add_func("/mail/tls/starttls-refused", test_starttls_refused);
  g_test_add_func("/mail/tls/wrong-authority", test_wrong_authority);
  g_test_add_func("/mail/tls/wrong-authority-smtps", test_wrong_authority_smtps);
  g_test_add_func("/mail/tls/wrong-host", test_wrong_host);
  g_test_add_func("/mail/refusal/wrong-password", test_wrong_password);
  g_test_add_func("/mail/refusal/echo", test_echo);
  g_test_add_func("/mail/refusal/unknown-mechanism", test_unknown_mechanism);
  g_test_add_func("/mail/away/nobody-there", test_nobody_there);
  g_test_add_func("/mail/away/broken-off", test_broken_off);
  g_test_add_func("/mail/away/slow", test_slow);
  g_test_add_func("/mail/away/no-farewell", test_no_farewell);
  for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
    g_autofree char *path = g_strdup_printf("/mail/refusal/%s", refusals[i].name);
    g_test_add_data_func(path, &refusals[i], test_refusal);
  }
  int failed = g_test_run();
  mail_case_end();
  return failed;
}
