/* How a person signs in to Moodle: user name, e-mail address, password (SPEC 4). Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The longest values Moodle's columns hold, in characters. */
#define LOGIN_MAX_USERNAME 100
#define LOGIN_MAX_NAME 100
#define LOGIN_MAX_CITY 120

/* How many numbered forms of a taken address are tried before the placeholder. */
#define LOGIN_MAX_EMAIL_NUMBER 50

/* `text` lower-cased (UTF-8) and without what Moodle does not allow in user names; "" when nothing
 * is left. Free with g_free(). */
char *login_clean(const char *text);

/* Whether `text` is a user name as it stands. */
bool login_is_clean(const char *text);

/* "<slug of id>@invalid.local": lower case, runs of anything outside a-z0-9 become '-', cut so that
 * it and its numbered forms are addresses (email_is_possible). Free with g_free(). */
char *login_placeholder(const char *id);

/* "local+n@domain" for n > 0, a copy of the address for 0. An address without '@' gets the number
 * at its end. Free with g_free(). */
char *login_numbered(const char *email, guint n);

/* The form of an address under which it is compared: case-insensitively. Free with g_free(). */
char *login_fold(const char *email);

/* A name of a person or town as Moodle takes it, which refuses a text that its cleaning would
 * change (PARAM_NOTAGS and PARAM_TEXT, that is PHP's strip_tags()): without markup and control
 * characters, runs of white space one blank, none at the ends, cut to `characters`. "R & D" and "a
 * < b" stay. Free with g_free(). */
char *login_plain(const char *text, guint characters);

/* The password of a template such as "{username}Hlfs#". Free with g_free(). */
char *login_password(const char *template, const char *username);
