/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail-case.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../client/pki.h"

/* No answer of a sink that is up takes so long. */
#define MAIL_CASE_PATIENCE_MS 20000

static char *folder;

char *
mail_case_pem(const char *name) {
  return g_build_filename(folder, name, NULL);
}

void
mail_case_begin(void) {
  folder = g_dir_make_tmp("lehrgaenge-mail-XXXXXX", NULL);
  g_assert_nonnull(folder);
  pki_make(folder, "ca", NULL, 10);
  pki_make(folder, "other", NULL, 10);
  pki_make(folder, "server", "ca", 10);
}

void
mail_case_end(void) {
  static const char *const names[] = { "ca", "other", "server" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *certificate = g_strconcat(folder, "/", names[i], ".pem", NULL);
    g_autofree char *key = g_strconcat(folder, "/", names[i], ".key", NULL);
    g_assert_cmpint(g_remove(certificate), ==, 0);
    g_assert_cmpint(g_remove(key), ==, 0);
  }
  g_assert_cmpint(g_rmdir(folder), ==, 0);
  g_free(folder);
}

MailCase
mail_case_new(SmtpSinkOptions options, bool tls) {
  MailCase c = { .certificate = mail_case_pem("server.pem"),
                 .key = mail_case_pem("server.key"),
                 .ca = mail_case_pem("ca.pem") };
  if (tls) {
    options.certificate = c.certificate;
    options.key = c.key;
  }
  c.sink = smtp_sink_new(&options);
  c.server = (MailServer){ .url = smtp_sink_url(c.sink),
                           .starttls = tls ? "required" : "no",
                           .ca_file = tls ? c.ca : NULL };
  if (options.user != NULL) {
    c.server.user = options.user;
    c.server.password = options.password;
  }
  return c;
}

void
mail_case_clear(MailCase *c) {
  smtp_sink_free(c->sink);
  g_free(c->certificate);
  g_free(c->key);
  g_free(c->ca);
}

Mail
mail_case_mail(void) {
  return (Mail){ .from = "lehrgaenge@example.org",
                 .to = "admin@example.org",
                 .subject = "Import 2025",
                 .body = "Alles gut.\n",
                 .id = "import 17 final",
                 .time = MAIL_CASE_NOW };
}

void
mail_case_send(MailCase *c, const Mail *mail) {
  g_autoptr(GError) error = NULL;
  bool sent = mail_send_within(&c->server, mail, MAIL_CASE_PATIENCE_MS, &error);
  g_assert_no_error(error);
  g_assert_true(sent);
}

void
mail_case_fail(MailCase *c, const Mail *mail, MailError class, const char *words) {
  g_autoptr(GError) error = NULL;
  guint before = smtp_sink_count(c->sink);
  g_assert_false(mail_send_within(&c->server, mail, MAIL_CASE_PATIENCE_MS, &error));
  g_assert_error(error, MAIL_ERROR, (int)class);
  g_auto(GStrv) parts = g_strsplit(words, "|", -1);
  for (char **part = parts; *part != NULL; part++)
    if (strstr(error->message, *part) == NULL)
      g_error("\"%s\" is not in: %s", *part, error->message);
  if (strstr(error->message, c->server.url) == NULL)
    g_error("the server is not in: %s", error->message);
  g_assert_null(strstr(error->message, MAIL_CASE_PASSWORD));
  g_assert_null(strstr(error->message, "Alles gut"));
  g_assert_null(strchr(error->message, '\n'));
  g_assert_null(strchr(error->message, '\r'));
  g_assert_cmpuint(smtp_sink_count(c->sink), ==, before);
}

bool
mail_case_logged(MailCase *c, const char *words) {
  g_autofree char *log = smtp_sink_log(c->sink);
  return strstr(log, words) != NULL;
}
