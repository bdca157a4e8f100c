/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "web/access_private.h"
#include "web/web.h"

/* A flood of sign-ins must leave a thread to all the others that need the store, which all but one
 * may use. */
G_STATIC_ASSERT(ACCESS_MAX_WAITING + 1 < WEB_THREADS - 1);

static struct {
  GMutex lock;
  GCond given;
  bool taken;
  guint waiting;
} turn;

bool
access_init(GError **error) {
  if (sodium_init() >= 0)
    return true;
  g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_FAILED,
              "libsodium finds no source of random numbers on this machine");
  return false;
}

/* ── turns ── */

bool
access_turn_take(GError **error) {
  g_mutex_lock(&turn.lock);
  bool busy = turn.taken && turn.waiting >= ACCESS_MAX_WAITING;
  if (!busy) {
    turn.waiting++;
    while (turn.taken)
      g_cond_wait(&turn.given, &turn.lock);
    turn.waiting--;
    turn.taken = true;
  }
  g_mutex_unlock(&turn.lock);
  if (busy)
    g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_BUSY,
                "too many people sign in at this moment; try again in a few seconds");
  return !busy;
}

void
access_turn_give(void) {
  g_mutex_lock(&turn.lock);
  turn.taken = false;
  g_cond_signal(&turn.given);
  g_mutex_unlock(&turn.lock);
}

/* ── passwords ── */

/* One keyboard sends an umlaut as one character, another as two. NULL: not UTF-8. */
static char *
normal_form(const char *password) {
  return g_utf8_normalize(password, -1, G_NORMALIZE_NFC);
}

static void
wipe(char *password) {
  if (password != NULL)
    sodium_memzero(password, strlen(password));
  g_free(password);
}

static bool
is_acceptable(const char *password, GError **error) {
  if (password == NULL)
    g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_PASSWORD, "the password is not valid UTF-8 text");
  else if (g_utf8_strlen(password, -1) < ACCESS_MIN_PASSWORD)
    g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_PASSWORD,
                "the password is too short; take at least %d characters", ACCESS_MIN_PASSWORD);
  else if (strlen(password) > ACCESS_MAX_PASSWORD)
    g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_PASSWORD,
                "the password is too long; take at most %d bytes", ACCESS_MAX_PASSWORD);
  else
    return true;
  return false;
}

static bool
no_memory(GError **error) {
  g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_FAILED,
              "there is no memory to look at a password (it takes %zu MiB)",
              (size_t)crypto_pwhash_MEMLIMIT_INTERACTIVE / (1024 * 1024));
  return false;
}

char *
access_turn_hash(const char *password, GError **error) {
  char hash[crypto_pwhash_STRBYTES];
  char *normal = normal_form(password);
  char *result = NULL;
  if (is_acceptable(normal, error)) {
    if (crypto_pwhash_str(hash, normal, strlen(normal), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0)
      result = g_strdup(hash);
    else
      no_memory(error);
  }
  wipe(normal);
  return result;
}

/* What a check costs, for an account that is not there. */
static bool
check_nothing(const char *password, GError **error) {
  static const guchar salt[crypto_pwhash_SALTBYTES];
  guchar out[32];
  if (crypto_pwhash(out, sizeof out, password, strlen(password), salt,
                    crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                    crypto_pwhash_ALG_ARGON2ID13) == 0)
    return true;
  return no_memory(error);
}

bool
access_turn_check(const StoreAccount *account, const char *password, bool *right, GError **error) {
  char *normal = normal_form(password);
  bool possible = normal != NULL && strlen(normal) <= ACCESS_MAX_PASSWORD;
  bool looked = true;
  *right = false;
  if (account == NULL || !possible) {
    looked = check_nothing(possible ? normal : "", error);
  } else {
    errno = 0;
    *right = crypto_pwhash_str_verify(account->password, normal, strlen(normal)) == 0;
    if (!*right && errno == ENOMEM)
      looked = no_memory(error);
  }
  wipe(normal);
  return looked;
}

bool
access_outdated(const StoreAccount *account) {
  return crypto_pwhash_str_needs_rehash(account->password, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0;
}

char *
access_hash_password(const char *password, GError **error) {
  if (!access_turn_take(error))
    return NULL;
  char *hash = access_turn_hash(password, error);
  access_turn_give();
  return hash;
}

bool
access_check_password(const StoreAccount *account, const char *password, bool *right,
                      GError **error) {
  *right = false;
  if (!access_turn_take(error))
    return false;
  bool looked = access_turn_check(account, password, right, error);
  access_turn_give();
  return looked;
}
