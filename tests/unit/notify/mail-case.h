/* What the tests of sending a mail share: certificates, a server and how it is spoken to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "notify/mail.h"
#include "smtp_sink.h"

#define MAIL_CASE_NOW G_GINT64_CONSTANT(1773144309) /* Tue, 10 Mar 2026 12:05:09 UTC */
#define MAIL_CASE_PASSWORD "s3cret-Wörd"

/* Makes and removes the certificates: authorities "ca" and "other", and "server", by "ca", for
 * 127.0.0.1 alone. */
void mail_case_begin(void);
void mail_case_end(void);

/* Where "ca.pem" lies. Free with g_free(). */
char *mail_case_pem(const char *name);

typedef struct {
  SmtpSink *sink;
  char *certificate, *key, *ca;
  MailServer server; /* as it should be spoken to */
} MailCase;

/* `tls`: the server has a certificate, and encryption is required; else starttls is "no". */
MailCase mail_case_new(SmtpSinkOptions options, bool tls);
void mail_case_clear(MailCase *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MailCase, mail_case_clear)

/* An ordinary mail; texts are static. */
Mail mail_case_mail(void);

/* Sends it, which must not fail. */
void mail_case_send(MailCase *c, const Mail *mail);

/* The mail is not sent, for that class of reason; the message has these words (parted by `|`), is
 * one line, and holds neither password nor text. */
void mail_case_fail(MailCase *c, const Mail *mail, MailError class, const char *words);

/* Whether the server has seen that. */
bool mail_case_logged(MailCase *c, const char *words);
