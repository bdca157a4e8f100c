/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls.h"

#include <gnutls/x509.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tenants.h"

/* A certificate file is no larger than this, in bytes. */
#define MAX_PEM (1u << 20)

/* How long a refused client may take to hear that it is refused, in milliseconds. It holds a thread
 * meanwhile. */
#define FAREWELL_MS 250

struct Tls {
  char *certificate, *key, *client_ca;
  gnutls_datum_t ticket_key; /* opens the sessions we let clients keep */
};

static char *
read_pem(const char *what, const char *path, GError **error) {
  g_autofree char *text = NULL;
  gsize length;
  if (!g_file_get_contents(path, &text, &length, error)) {
    g_prefix_error(error, "the %s cannot be read: ", what);
    return NULL;
  }
  if (length > MAX_PEM || strlen(text) != length) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_TLS, "the %s %s is no PEM file", what, path);
    return NULL;
  }
  return g_steal_pointer(&text);
}

static gnutls_datum_t
datum(const char *text) {
  return (gnutls_datum_t){ (unsigned char *)text, (unsigned)strlen(text) };
}

/* libmicrohttpd would only say that it cannot start. */
static bool
check_pair(const Tls *tls, const char *certificate, const char *key, GError **error) {
  gnutls_certificate_credentials_t credentials;
  gnutls_certificate_allocate_credentials(&credentials);
  gnutls_datum_t pem = datum(tls->certificate);
  gnutls_datum_t secret = datum(tls->key);
  int result = gnutls_certificate_set_x509_key_mem(credentials, &pem, &secret, GNUTLS_X509_FMT_PEM);
  gnutls_certificate_free_credentials(credentials);
  if (result < 0)
    g_set_error(error, SIM_ERROR, SIM_ERROR_TLS,
                "the certificate %s cannot be used with the key %s: %s", certificate, key,
                gnutls_strerror(result));
  return result >= 0;
}

static bool
check_authority(const Tls *tls, const char *client_ca, GError **error) {
  gnutls_certificate_credentials_t credentials;
  gnutls_certificate_allocate_credentials(&credentials);
  gnutls_datum_t pem = datum(tls->client_ca);
  int count = gnutls_certificate_set_x509_trust_mem(credentials, &pem, GNUTLS_X509_FMT_PEM);
  gnutls_certificate_free_credentials(credentials);
  if (count <= 0)
    g_set_error(error, SIM_ERROR, SIM_ERROR_TLS, "the authority %s holds no certificate",
                client_ca);
  return count > 0;
}

Tls *
tls_new(const char *certificate, const char *key, const char *client_ca, GError **error) {
  g_autoptr(Tls) tls = g_new0(Tls, 1);
  tls->certificate = read_pem("certificate", certificate, error);
  if (tls->certificate == NULL)
    return NULL;
  tls->key = read_pem("key", key, error);
  if (tls->key == NULL || !check_pair(tls, certificate, key, error))
    return NULL;
  if (client_ca != NULL) {
    tls->client_ca = read_pem("clients' authority", client_ca, error);
    if (tls->client_ca == NULL || !check_authority(tls, client_ca, error))
      return NULL;
  }
  int result = gnutls_session_ticket_key_generate(&tls->ticket_key);
  if (result < 0) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_TLS, "no key for TLS sessions: %s",
                gnutls_strerror(result));
    return NULL;
  }
  return g_steal_pointer(&tls);
}

void
tls_free(Tls *tls) {
  if (tls == NULL)
    return;
  g_free(tls->certificate);
  g_free(tls->key);
  g_free(tls->client_ca);
  if (tls->ticket_key.data != NULL) {
    gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
    gnutls_free(tls->ticket_key.data);
  }
  g_free(tls);
}

const char *
tls_certificate(const Tls *tls) {
  return tls->certificate;
}

const char *
tls_key(const Tls *tls) {
  return tls->key;
}

const char *
tls_client_ca(const Tls *tls) {
  return tls->client_ca;
}

static gnutls_alert_description_t
alert_for(unsigned status) {
  if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
    return GNUTLS_A_CERTIFICATE_EXPIRED;
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return GNUTLS_A_UNKNOWN_CA;
  return GNUTLS_A_BAD_CERTIFICATE;
}

/* A client of TLS 1.3 sends its request before it can know that it is refused. Closing with that
 * unread would reset the connection and destroy the alert on its way, so what comes is read and
 * forgotten until the client has gone. */
static void
say_farewell(gnutls_session_t session) {
  char unread[4096];
  int socket = gnutls_transport_get_int(session);
  shutdown(socket, SHUT_WR);
  gint64 end = g_get_monotonic_time() + FAREWELL_MS * 1000;
  for (gint64 left; (left = end - g_get_monotonic_time()) > 0;) {
    struct pollfd look = { .fd = socket, .events = POLLIN };
    if (poll(&look, 1, (int)(left / 1000) + 1) <= 0)
      return;
    if (recv(socket, unread, sizeof unread, MSG_DONTWAIT) <= 0)
      return;
  }
}

/* libmicrohttpd only asks for a certificate and closes without a word when a handshake fails. A
 * client that is told why, as by any real server, knows that trying again is of no use: so the
 * alert is sent here. */
static int
verify_client(gnutls_session_t session) {
  gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                    .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
  unsigned status = 0;
  unsigned count = 0;
  gnutls_alert_description_t alert = GNUTLS_A_CERTIFICATE_REQUIRED;
  if (gnutls_certificate_get_peers(session, &count) != NULL && count > 0) {
    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0)
      return 0;
    alert = alert_for(status);
  } else if (gnutls_protocol_get_version(session) < GNUTLS_TLS1_3) {
    alert = GNUTLS_A_HANDSHAKE_FAILURE;
  }
  gnutls_alert_send(session, GNUTLS_AL_FATAL, alert);
  say_farewell(session);
  return -1;
}

void
tls_prepare(Tls *tls, gnutls_session_t session) {
  gnutls_session_ticket_enable_server(session, &tls->ticket_key);
  if (tls->client_ca != NULL)
    gnutls_session_set_verify_function(session, verify_client);
}

char *
tls_peer_subject(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
  gnutls_x509_crt_t certificate;
  if (chain == NULL || count == 0 || gnutls_x509_crt_init(&certificate) < 0)
    return NULL;
  gnutls_datum_t name = { NULL, 0 };
  char *subject = NULL;
  if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) >= 0 &&
      gnutls_x509_crt_get_dn3(certificate, &name, 0) >= 0) {
    subject = g_utf8_make_valid((const char *)name.data, (gssize)name.size);
    gnutls_free(name.data);
  }
  gnutls_x509_crt_deinit(certificate);
  return subject;
}
