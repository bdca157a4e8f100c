/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>
#include <string.h>

#include "web/access_private.h"

#define SECRET_BYTES 32
#define SECRET_DIGITS (2 * SECRET_BYTES)
#define DIGEST_BYTES 32

static char *
hexadecimal(const guchar *bytes, gsize length) {
  char *text = g_malloc(2 * length + 1);
  return sodium_bin2hex(text, 2 * length + 1, bytes, length);
}

char *
access_new_secret(void) {
  guchar bytes[SECRET_BYTES];
  randombytes_buf(bytes, sizeof bytes);
  char *secret = hexadecimal(bytes, sizeof bytes);
  sodium_memzero(bytes, sizeof bytes);
  return secret;
}

char *
access_new_token(void) {
  g_autofree char *secret = access_new_secret();
  return g_strconcat(ACCESS_TOKEN_PREFIX, secret, NULL);
}

bool
access_is_secret(const char *text) {
  return text != NULL && strnlen(text, SECRET_DIGITS + 1) == SECRET_DIGITS &&
         strspn(text, "0123456789abcdef") == SECRET_DIGITS;
}

/* A key per purpose: who knows one digest of a secret knows nothing of its others. */
char *
access_digest(AccessPurpose purpose, const char *text) {
  static const char *const keys[] = {
    [ACCESS_FOR_STORE] = "lehrgaenge: kept in the store",
    [ACCESS_FOR_CSRF] = "lehrgaenge: csrf token of a form",
    [ACCESS_FOR_DEVICE] = "lehrgaenge: browser that is known",
  };
  guchar digest[DIGEST_BYTES];
  const char *key = keys[purpose];
  crypto_generichash(digest, sizeof digest, (const guchar *)text, strlen(text), (const guchar *)key,
                     strlen(key));
  return hexadecimal(digest, sizeof digest);
}

char *
access_hash_secret(const char *secret) {
  return access_digest(ACCESS_FOR_STORE, secret);
}

char *
access_csrf(const char *secret) {
  return access_digest(ACCESS_FOR_CSRF, secret);
}

/* Of what is compared a digest is taken first: the time then tells nothing of either's length. */
bool
access_equal(const char *left, const char *right) {
  if (left == NULL || right == NULL)
    return false;
  g_autofree char *one = access_digest(ACCESS_FOR_CSRF, left);
  g_autofree char *other = access_digest(ACCESS_FOR_CSRF, right);
  return sodium_memcmp(one, other, strlen(one)) == 0;
}
