/* certificate: client certificates and their keys, made here for each test (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/certificate.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "config-fixture.h"

#define DAY (24 * 60 * 60)
#define NOW ((gint64)1773144309) /* 2026-03-10 12:05:09 UTC */

static char *
path_of(const Fixture *f, const char *name) {
  return g_build_filename(f->folder, name, NULL);
}

static FILE *
create(const Fixture *f, const char *name, const char *mode) {
  g_autofree char *path = path_of(f, name);
  FILE *stream = g_fopen(path, mode);
  g_assert_nonnull(stream);
  g_assert_cmpint(g_chmod(path, 0600), ==, 0);
  return stream;
}

/* Writes the certificate of `key`, valid from `from` to `until`, behind what the file holds
 * already. */
static void
put_certificate(const Fixture *f, const char *name, EVP_PKEY *key, gint64 from, gint64 until) {
  X509 *certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate), from);
  ASN1_TIME_set(X509_getm_notAfter(certificate), until);
  X509_set_pubkey(certificate, key);
  g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
  FILE *stream = create(f, name, "a");
  g_assert_cmpint(PEM_write_X509(stream, certificate), ==, 1);
  fclose(stream);
  X509_free(certificate);
}

/* Writes the key; with a passphrase when `passphrase` is not NULL, in the old form when `old`. */
static void
put_key(const Fixture *f, const char *name, EVP_PKEY *key, const char *passphrase, bool old) {
  const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_256_cbc();
  unsigned char *text = (unsigned char *)passphrase;
  int length = passphrase == NULL ? 0 : (int)strlen(passphrase);
  FILE *stream = create(f, name, "a");
  BIO *bio = BIO_new_fp(stream, BIO_CLOSE);
  int done = old ? PEM_write_bio_PrivateKey_traditional(bio, key, cipher, text, length, NULL, NULL)
                 : PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, length, NULL, NULL);
  g_assert_cmpint(done, ==, 1);
  BIO_free_all(bio);
}

/* "good.pem" and "good.key", valid from 10 days ago until in 30 days. */
static EVP_PKEY *
put_good(const Fixture *f) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  put_certificate(f, "good.pem", key, NOW - 10 * DAY, NOW + 30 * DAY);
  put_key(f, "good.key", key, NULL, false);
  return key;
}

static void
accepts(const Fixture *f, const char *certificate, const char *key, gint64 now) {
  g_autofree char *certificate_path = path_of(f, certificate);
  g_autofree char *key_path = path_of(f, key);
  g_autoptr(GError) error = NULL;
  bool good = certificate_check(certificate_path, key_path, now, &error);
  g_assert_no_error(error);
  g_assert_true(good);
}

/* The message is `message`, in which "{D}" is the folder. */
static void
rejects(const Fixture *f, const char *certificate, const char *key, gint64 now,
        const char *message) {
  g_autofree char *certificate_path = path_of(f, certificate);
  g_autofree char *key_path = path_of(f, key);
  g_autoptr(GError) error = NULL;
  g_assert_false(certificate_check(certificate_path, key_path, now, &error));
  g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE);
  g_autofree char *expected = here(f, message);
  g_assert_cmpstr(error->message, ==, expected);
}

static void
test_good(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY *key = put_good(f);
  accepts(f, "good.pem", "good.key", NOW);
  put_key(f, "old.key", key, NULL, true);
  accepts(f, "good.pem", "old.key", NOW);
  /* Both in one file, and an authority's certificate behind the client's. */
  EVP_PKEY *other = EVP_EC_gen("P-256");
  put_certificate(f, "both.pem", key, NOW - DAY, NOW + DAY);
  put_certificate(f, "both.pem", other, NOW - 9 * DAY, NOW - 8 * DAY);
  put_key(f, "both.pem", key, NULL, false);
  accepts(f, "both.pem", "both.pem", NOW);
  EVP_PKEY *rsa = EVP_RSA_gen(2048);
  put_certificate(f, "rsa.pem", rsa, NOW - DAY, NOW + DAY);
  put_key(f, "rsa.key", rsa, NULL, true);
  accepts(f, "rsa.pem", "rsa.key", NOW);
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(other);
  EVP_PKEY_free(key);
}

static void
test_dates(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY_free(put_good(f));
  accepts(f, "good.pem", "good.key", NOW - 10 * DAY);
  accepts(f, "good.pem", "good.key", NOW + 30 * DAY);
  rejects(f, "good.pem", "good.key", NOW + 30 * DAY + 1,
          "{D}/good.pem expired on 2026-04-09; ask for a new certificate");
  rejects(
      f, "good.pem", "good.key", NOW - 10 * DAY - 1,
      "{D}/good.pem is not valid before 2026-02-28; check this machine's clock, or use the former "
      "certificate until then");
}

static void
test_days_left(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY_free(put_good(f));
  static const struct {
    gint64 now;
    gint days;
  } cases[] = {
    { NOW, 30 },
    { NOW + 1, 29 },
    { NOW + 29 * DAY, 1 },
    { NOW + 30 * DAY, 0 },
    { NOW + 30 * DAY + 1, -1 },
    { NOW + 31 * DAY, -1 },
    { NOW + 31 * DAY + 1, -2 },
  };
  g_autofree char *path = path_of(f, "good.pem");
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    gint days = 1000;
    g_assert_true(certificate_days_left(path, cases[i].now, &days, NULL));
    g_assert_cmpint(days, ==, cases[i].days);
  }
  g_autofree char *key = path_of(f, "good.key");
  g_autoptr(GError) error = NULL;
  gint days;
  g_assert_false(certificate_days_left(key, NOW, &days, &error));
  g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE);
}

static void
test_files(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY_free(put_good(f));
  rejects(f, "none.pem", "good.key", NOW,
          "{D}/none.pem cannot be read: No such file or directory; put the PEM file there and let "
          "this user read it");
  rejects(
      f, "good.pem", ".", NOW,
      "{D}/. is not a PEM file (not a regular file, or larger than 1048576 bytes); name the right "
      "one");
  rejects(
      f, "good.key", "good.key", NOW,
      "{D}/good.key holds no PEM certificate; a DER file becomes one with openssl x509 -inform der "
      "-in {D}/good.key -out NEW");
  g_autofree char *certificate = path_of(f, "good.pem");
  g_assert_cmpint(g_chmod(certificate, 0600), ==, 0);
  rejects(f, "good.pem", "good.pem", NOW,
          "{D}/good.pem holds no PEM private key; name the file that holds it");
  /* A certificate is no secret, a key is. */
  g_assert_cmpint(g_chmod(certificate, 0644), ==, 0);
  accepts(f, "good.pem", "good.key", NOW);
  g_autofree char *key = path_of(f, "good.key");
  g_assert_cmpint(g_chmod(key, 0640), ==, 0);
  rejects(f, "good.pem", "good.key", NOW,
          "{D}/good.key can be read by others (mode 0640); run chmod 600 {D}/good.key");
  /* The mode of what systemd hands over says nothing; its folder keeps others out. */
  g_setenv("CREDENTIALS_DIRECTORY", f->folder, TRUE);
  accepts(f, "good.pem", "good.key", NOW);
  g_unsetenv("CREDENTIALS_DIRECTORY");
}

static void
test_fit(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY_free(put_good(f));
  EVP_PKEY *other = EVP_EC_gen("P-256");
  put_key(f, "other.key", other, NULL, false);
  rejects(
      f, "good.pem", "other.key", NOW,
      "{D}/other.key does not fit {D}/good.pem; name the key the certificate was requested with");
  /* All that is wrong at once. */
  rejects(
      f, "good.pem", "other.key", NOW + 99 * DAY,
      "{D}/good.pem expired on 2026-04-09; ask for a new certificate; and {D}/other.key does not "
      "fit {D}/good.pem; name the key the certificate was requested with");
  EVP_PKEY_free(other);
}

/* Nobody is asked: the answer comes at once, terminal or not. */
static void
test_passphrase(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY *key = put_good(f);
  put_key(f, "pass.key", key, "geheim", false);
  put_key(f, "oldpass.key", key, "geheim", true);
  EVP_PKEY_free(key);
  rejects(f, "good.pem", "pass.key", NOW,
          "{D}/pass.key is protected by a passphrase; remove it with openssl pkey -in {D}/pass.key "
          "-out NEW and chmod 600 NEW");
  rejects(f, "good.pem", "oldpass.key", NOW,
          "{D}/oldpass.key is protected by a passphrase; remove it with openssl pkey -in "
          "{D}/oldpass.key -out NEW and chmod 600 NEW");
}

#define TENANTS                                                                                    \
  "[tenant A]\nname=A\n[tenant B]\nname=B\n[tenant C]\nname=C\ncertificate=own.pem\nkey=own.key\n" \
  "[tenant D]\nname=D\n[tenant E]\nname=E\n[tenant F]\nname=F\n[tenant G]\nname=G\n"               \
  "[tenant H]\nname=H\ncertificate=own.pem\nkey=own.key\n"

/* Every pair once, with those who use it. */
static void
test_configured(Fixture *f, gconstpointer data) {
  (void)data;
  EVP_PKEY *key = put_good(f);
  put_certificate(f, "own.pem", key, NOW - 10 * DAY, NOW + 5 * DAY);
  put_key(f, "own.key", key, NULL, false);
  EVP_PKEY_free(key);
  g_autoptr(Config) config = load(f, "[zms]\ncertificate=good.pem\nkey=good.key\n" TENANTS);
  g_autoptr(GError) error = NULL;
  g_assert_true(config_check_certificates(config, NOW, &error));
  g_assert_no_error(error);

  g_assert_false(config_check_certificates(config, NOW + 9 * DAY, &error));
  g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE);
  g_autofree char *own =
      here(f, "tenants C, H: {D}/own.pem expired on 2026-03-15; ask for a new certificate");
  g_assert_cmpstr(error->message, ==, own);
  g_clear_error(&error);

  g_assert_false(config_check_certificates(config, NOW + 40 * DAY, &error));
  g_autofree char *both = here(f, "general certificate, tenants A, B, D, E, F and 1 more: "
                                  "{D}/good.pem expired on 2026-04-09; ask for a new certificate\n"
                                  "tenants C, H: {D}/own.pem expired on 2026-03-15; ask for a new "
                                  "certificate");
  g_assert_cmpstr(error->message, ==, both);
  g_clear_error(&error);

  /* A file that went away after the configuration was read. */
  g_autofree char *general_key = path_of(f, "good.key");
  g_assert_cmpint(g_remove(general_key), ==, 0);
  g_assert_false(config_check_certificates(config, NOW, &error));
  g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE);
  g_assert_nonnull(strstr(error->message, "good.key cannot be read: No such file"));
}

static void
test_none_or_unused(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) without = load(f, "[tenant A]\nname=A\n");
  g_assert_true(config_check_certificates(without, NOW, NULL));
  /* The general pair counts even while no tenant uses it. */
  EVP_PKEY_free(put_good(f));
  g_autoptr(Config) config = load(f, "[zms]\ncertificate=good.pem\nkey=good.key\n");
  g_autoptr(GError) error = NULL;
  g_assert_false(config_check_certificates(config, NOW + 40 * DAY, &error));
  g_assert_true(g_str_has_prefix(error->message, "general certificate: "));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const struct {
    const char *path;
    void (*run)(Fixture *f, gconstpointer data);
  } tests[] = {
    { "/certificate/good", test_good },
    { "/certificate/dates", test_dates },
    { "/certificate/days-left", test_days_left },
    { "/certificate/files", test_files },
    { "/certificate/fit", test_fit },
    { "/certificate/passphrase", test_passphrase },
    { "/certificate/configured", test_configured },
    { "/certificate/none-or-unused", test_none_or_unused },
  };
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run();
}
