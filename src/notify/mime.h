/* A mail as it goes over the wire (RFC 5322, 2045, 2047): headers, and a text in UTF-8 that every
 * mail server can carry, because all of it is ASCII in short lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "notify/mail.h"

/* No line is longer (RFC 2045, 6.7), its end not counted. */
#define MIME_MAX_LINE 76

/* Of a subject so many bytes are sent. */
#define MIME_MAX_SUBJECT 400

/* The message, lines ended by CRLF, dots not doubled. `from` and `to` must be plain addresses;
 * whatever else is in `mail` cannot add a header. A body of more than MAIL_MAX_BODY bytes is cut,
 * and says so. Free with g_free(). */
char *mime_message(const Mail *mail);
