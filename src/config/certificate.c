/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/secret.h"

#define SECONDS_PER_DAY ((gint64)24 * 60 * 60)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool
refuse(GError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE, message);
  ERR_clear_error();
  return false;
}

/* A regular file of bounded size, opened for reading. `mode` gets its permission bits. */
static BIO *
open_file(const char *path, mode_t *mode, GError **error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    refuse(error, "%s cannot be read: %s; put the PEM file there and let this user read it", path,
           g_strerror(errno));
    return NULL;
  }
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > CERTIFICATE_MAX_BYTES) {
    close(fd);
    refuse(error,
           "%s is not a PEM file (not a regular file, or larger than %d bytes); name the right one",
           path, CERTIFICATE_MAX_BYTES);
    return NULL;
  }
  *mode = status.st_mode & 07777;
  FILE *stream = fdopen(fd, "r");
  if (stream == NULL) {
    close(fd);
    refuse(error, "%s cannot be read: %s", path, g_strerror(errno));
    return NULL;
  }
  return BIO_new_fp(stream, BIO_CLOSE);
}

static X509 *
load_certificate(const char *path, GError **error) {
  mode_t mode;
  g_autoptr(BIO) bio = open_file(path, &mode, error);
  if (bio == NULL)
    return NULL;
  X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
  if (certificate == NULL)
    refuse(
        error,
        "%s holds no PEM certificate; a DER file becomes one with openssl x509 -inform der -in %s "
        "-out NEW",
        path, path);
  return certificate;
}

/* OpenSSL asks here instead of on the terminal: a service has nobody to type. */
static int
no_passphrase(char *buffer, int size, int writing, void *asked) {
  (void)buffer;
  (void)size;
  (void)writing;
  *(bool *)asked = true;
  return -1;
}

static EVP_PKEY *
load_key(const char *path, GError **error) {
  mode_t mode;
  g_autoptr(BIO) bio = open_file(path, &mode, error);
  if (bio == NULL)
    return NULL;
  if (secret_exposed(mode) && !secret_handed_over(path)) {
    refuse(error, "%s can be read by others (mode %04o); run chmod 600 %s", path, (guint)mode,
           path);
    return NULL;
  }
  bool asked = false;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
  if (key == NULL && asked)
    refuse(error,
           "%s is protected by a passphrase; remove it with openssl pkey -in %s -out NEW and chmod "
           "600 NEW",
           path, path);
  else if (key == NULL)
    refuse(error, "%s holds no PEM private key; name the file that holds it", path);
  return key;
}

/* Unix time of a certificate's date. */
static bool
unix_time(const ASN1_TIME *time, gint64 *seconds) {
  struct tm parts;
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return false;
  *seconds = timegm(&parts);
  return true;
}

static char *
day(gint64 seconds) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
  return time == NULL ? g_strdup("a day no calendar has") : g_date_time_format(time, "%Y-%m-%d");
}

static bool
check_dates(const char *path, const X509 *certificate, gint64 now, GError **error) {
  gint64 from, until;
  if (!unix_time(X509_get0_notBefore(certificate), &from) ||
      !unix_time(X509_get0_notAfter(certificate), &until))
    return refuse(error, "%s has dates that cannot be read; ask for a new certificate", path);
  if (now > until) {
    g_autofree char *date = day(until);
    return refuse(error, "%s expired on %s; ask for a new certificate", path, date);
  }
  if (now < from) {
    g_autofree char *date = day(from);
    return refuse(error,
                  "%s is not valid before %s; check this machine's clock, or use the former "
                  "certificate until then",
                  path, date);
  }
  return true;
}

/* Moves `cause` to the end of `all`, one clause each. */
static void
collect(GString *all, GError *cause) {
  if (cause == NULL)
    return;
  if (all->len > 0)
    g_string_append(all, "; and ");
  g_string_append(all, cause->message);
  g_error_free(cause);
}

bool
certificate_check(const char *certificate_path, const char *key_path, gint64 now, GError **error) {
  g_autoptr(GString) wrong = g_string_new(NULL);
  GError *cause = NULL;
  g_autoptr(X509) certificate = load_certificate(certificate_path, &cause);
  if (certificate != NULL)
    check_dates(certificate_path, certificate, now, &cause);
  collect(wrong, g_steal_pointer(&cause));
  g_autoptr(EVP_PKEY) key = load_key(key_path, &cause);
  collect(wrong, g_steal_pointer(&cause));
  if (certificate != NULL && key != NULL && X509_check_private_key(certificate, key) != 1) {
    refuse(&cause, "%s does not fit %s; name the key the certificate was requested with", key_path,
           certificate_path);
    collect(wrong, cause);
  }
  return wrong->len == 0 ? true : refuse(error, "%s", wrong->str);
}

bool
certificate_days_left(const char *path, gint64 now, gint *days, GError **error) {
  g_autoptr(X509) certificate = load_certificate(path, error);
  if (certificate == NULL)
    return false;
  gint64 until;
  if (!unix_time(X509_get0_notAfter(certificate), &until))
    return refuse(error, "%s has dates that cannot be read; ask for a new certificate", path);
  gint64 left = until - now;
  /* Rounded down, below zero too: expired an hour ago is −1, not 0. */
  *days = (gint)(left >= 0 ? left / SECONDS_PER_DAY
                           : -((-left + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY));
  return true;
}
