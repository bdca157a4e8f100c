/* Reading a mail that a smtp_sink took: its headers and its text as people see them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "smtp_sink.h"

/* The text of a mail's header (RFC 2047 decoded, unfolded), or NULL when it has none; the test ends
 * when it has two. And its body, decoded, lines ended by \n. Free with g_free(). */
char *smtp_decode_header(const SmtpSinkMail *mail, const char *name);
char *smtp_decode_body(const SmtpSinkMail *mail);
