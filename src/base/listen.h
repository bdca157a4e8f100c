/* Opens the socket of a server of ours, and says in a sentence what is wrong with its address.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LISTEN_ERROR (listen_error_quark())
GQuark listen_error_quark(void);
typedef enum {
  LISTEN_ERROR_ADDRESS, /* not one, or not this machine's */
  LISTEN_ERROR_BUSY,    /* another program listens there */
  LISTEN_ERROR_FAILED,
} ListenError;

/* The host of "127.0.0.1:9464" or "[::1]:9464", without brackets; NULL when `address` has another
 * form. *port (may be NULL) becomes what stands after the colon, borrowed. Free with g_free(). */
char *listen_host(const char *address, const char **port);

/* A socket that listens on `address` (as CONFIG_KEY_LISTEN has it; port 0 takes a free one), which
 * lets `backlog` connections wait; it does not block. *port is the port it has. −1 and `error`,
 * whose sentence begins with the address and sends people to `listen` in `group` ("monitor"), where
 * `example` would be right. Close with close(). */
int listen_open(const char *address, const char *group, const char *example, int backlog,
                guint *port, GError **error);

/* The sentence for `why` (an errno) that `address` cannot be had, for who opens it by other means.
 */
void listen_complain(const char *address, const char *group, const char *example, int why,
                     GError **error);
