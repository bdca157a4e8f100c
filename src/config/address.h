/* Addresses as the configuration may give them. To web addresses the apikey and the token travel,
 * so nothing but https will do, except on this very machine (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether `url` is an https address, or http to a loopback host (127.0.0.0/8, ::1, localhost; then
 * *plain is true), without user, password, query and fragment. Else false, and `error`
 * (CONFIG_ERROR_VALUE) tells why and what to write. It never repeats the address, which may hold a
 * password. */
bool address_check(const char *url, bool *plain, GError **error);

/* Whether `url` is the address of a mail server: smtp:// or smtps:// with a host and maybe a port,
 * and nothing else. *open is true when it is smtp:// to another machine: then what is sent can be
 * read on the way unless STARTTLS hides it. Errors as address_check(). */
bool address_check_mail(const char *url, bool *open, GError **error);

/* The password in a database address (postgresql://user:password@host/name or …?password=…) as it
 * is written there, or NULL when it holds none. Free with g_free(). */
char *address_password(const char *url);
