/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define DAY 86400

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  g_assert_nonnull(extension);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

static FILE *
open_file(const char *dir, const char *name, const char *suffix, const char *mode) {
  g_autofree char *path = g_strconcat(dir, "/", name, suffix, NULL);
  FILE *file = fopen(path, mode);
  g_assert_nonnull(file);
  return file;
}

static X509 *
read_certificate(const char *dir, const char *name) {
  FILE *file = open_file(dir, name, ".pem", "r");
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
  fclose(file);
  g_assert_nonnull(certificate);
  return certificate;
}

static EVP_PKEY *
read_key(const char *dir, const char *name) {
  FILE *file = open_file(dir, name, ".key", "r");
  EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
  fclose(file);
  g_assert_nonnull(key);
  return key;
}

static X509 *
new_certificate(const char *name, EVP_PKEY *key, gint days) {
  static long serial;
  X509 *certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), (MIN(days, 0) - 1) * (long)DAY);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * (long)DAY);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             (const guchar *)name, -1, -1, 0);
  return certificate;
}

void
pki_make(const char *dir, const char *name, const char *issuer, gint days) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = new_certificate(name, key, days);
  X509 *authority = issuer == NULL ? certificate : read_certificate(dir, issuer);
  EVP_PKEY *authority_key = issuer == NULL ? key : read_key(dir, issuer);
  X509_set_issuer_name(certificate, X509_get_subject_name(authority));
  add_extension(certificate, authority, NID_basic_constraints,
                issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension(certificate, authority, NID_subject_alt_name, "IP:127.0.0.1");
  g_assert_cmpint(X509_sign(certificate, authority_key, EVP_sha256()), >, 0);
  FILE *file = open_file(dir, name, ".pem", "w");
  PEM_write_X509(file, certificate);
  fclose(file);
  file = open_file(dir, name, ".key", "w");
  PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
  fclose(file);
  if (issuer != NULL) {
    X509_free(authority);
    EVP_PKEY_free(authority_key);
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
}
