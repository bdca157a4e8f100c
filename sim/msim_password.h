/* Moodle's dealings with passwords.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "msim_call.h"

/* Whether accounts of that authentication plugin keep a password in Moodle (is_internal()). */
bool msim_password_internal(const char *auth);

/* Throws the site's policy's complaints as errorcode, when it has one and the password breaks it.
 */
bool msim_password_check(MsimCall *call, const char *password);

/* The hash that Moodle keeps. NULL: thrown. Free with g_free(). */
char *msim_password_hash(MsimCall *call, const char *password);

/* The hash of a password nobody knows; Moodle would mail it. NULL: thrown. Free with g_free(). */
char *msim_password_made_up(MsimCall *call);
