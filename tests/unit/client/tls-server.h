/* An HTTPS server inside the test that insists on a client certificate during the handshake and
 * answers every request with an empty list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct TlsServer TlsServer;

/* Shows DIR/NAME.pem and, when `client_ca` is not NULL, wants a client certificate from
 * DIR/CLIENT_CA.pem. `version` is the only TLS version it speaks (TLS1_2_VERSION …). `cut_off`: it
 * hangs up in the middle of the handshake. */
TlsServer *tls_server_new(const char *dir, const char *name, const char *client_ca, int version,
                          bool cut_off);
void tls_server_free(TlsServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsServer, tls_server_free)

/* "https://127.0.0.1:PORT"; borrowed. */
const char *tls_server_url(TlsServer *server);
guint tls_server_handshakes(TlsServer *server); /* begun */
guint tls_server_resumed(TlsServer *server);    /* of them with a session known from before */
guint tls_server_requests(TlsServer *server);   /* answered */
