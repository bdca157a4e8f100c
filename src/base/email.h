/* E-mail addresses: what a Moodle takes for one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* The longest that Moodle's column holds, in characters. */
#define EMAIL_MAX 100

/* Whether `text` (NULL is fine) can be an address as it stands: a dotted word of ASCII letters,
 * digits and !#$%&'*+/=?^_`{|}~- of at most 64 characters, '@', and a host name of at least two
 * labels, the last beginning with a letter; EMAIL_MAX characters in all. Moodle (validate_email(),
 * which is PHP's FILTER_VALIDATE_EMAIL) takes just that, and quoted words and addresses in brackets
 * besides, which nobody has. */
bool email_is_possible(const char *text);
