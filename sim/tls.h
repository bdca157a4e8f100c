/* TLS for the simulators: the server's certificate, and the demand that clients show one of theirs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

typedef struct Tls Tls;

/* Reads PEM files: the server's certificate and key, and (or NULL) the authority whose clients may
 * come in. NULL and `error` when one cannot be read or they do not fit together. Free with
 * tls_free(). */
Tls *tls_new(const char *certificate, const char *key, const char *client_ca, GError **error);
void tls_free(Tls *tls); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tls, tls_free)

/* The files' texts, as libmicrohttpd takes them; tls_client_ca() is NULL when clients need no
 * certificate. */
const char *tls_certificate(const Tls *tls);
const char *tls_key(const Tls *tls);
const char *tls_client_ca(const Tls *tls);

/* To be called for every new connection before its handshake: allows it to resume a former session,
 * and when there is a client_ca, ends the handshake with an alert unless the client's certificate
 * is one of that authority's and valid today. */
void tls_prepare(Tls *tls, gnutls_session_t session);

/* The client certificate's subject ("CN=lehrgaenge-client"), or NULL when it showed none. Free with
 * g_free(). */
char *tls_peer_subject(gnutls_session_t session);
