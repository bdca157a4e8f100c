/* Sending one mail by SMTP (libcurl): plain text in UTF-8, one recipient.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/stop.h"

#define MAIL_ERROR (mail_error_quark())
GQuark mail_error_quark(void);
typedef enum {
  MAIL_ERROR_LATER,   /* not reachable, busy, a 4xx answer: again later */
  MAIL_ERROR_REFUSED, /* sign-in, sender, recipient or TLS refused: someone has to act */
} MailError;

/* All of it together, connecting included. */
#define MAIL_TIMEOUT_S 60
#define MAIL_MAX_BODY (64 * 1024) /* longer texts are cut, and say so */

typedef struct {
  const char *url;             /* smtp://host[:port] or smtps://… */
  const char *starttls;        /* "required", "if-offered" or "no" */
  const char *user, *password; /* "" or NULL: no sign-in */
  const char *ca_file;         /* NULL: the system's */
  const Stop *stop;            /* overdue: given up as MAIL_ERROR_LATER; NULL: never */
} MailServer;

typedef struct {
  const char *from, *to, *subject, *body;
  const char
      *id;     /* what makes it the same mail when it is sent again: the Message-ID is made of it */
  gint64 time; /* its Date, Unix seconds */
} Mail;

/* Sends it. The error names the server and says what it answered and what to do; neither password
 * nor the mail's text gets into it. A password goes over an encrypted connection only, unless
 * `starttls` is "no": then the connection is known to be safe otherwise. So with a `user`,
 * "if-offered" means "required". */
bool mail_send(const MailServer *server, const Mail *mail, GError **error);

/* The same within `limit_ms` milliseconds instead of MAIL_TIMEOUT_S; for tests. */
bool mail_send_within(const MailServer *server, const Mail *mail, guint limit_ms, GError **error);

/* Goes as far as a mail from `from` would need before it is sent: connects, encrypts, signs in.
 * Nothing is sent. Errors as above. */
bool mail_try(const MailServer *server, const char *from, guint limit_ms, GError **error);
