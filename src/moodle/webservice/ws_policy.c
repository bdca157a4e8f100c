/* Whether the site's password policy accepts what the configured template makes is found out before
 * the first account is sent, because a refusal after that would leave an import half done. Moodle
 * has no function that tells its policy or tries a password. But creating accounts is all or
 * nothing and looks at a row's password before the next row: two rows of one user name never
 * succeed, and how they fail tells.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_user.h"

/* Passwords longer than this are all as good as this long. */
#define LONGEST 31

/* Nobody's user name. */
#define PROBE_NAME "lehrgaenge-sync.probe"

typedef struct {
  Webservice *moodle;
  GPtrArray *users; /* const GatewayNewUser *: one of each kind that is new */
  GError *error;
} Probing;

/* The kind of a password: what a policy looks at. */
static guint
kind_of(const char *password) {
  guint kind = 0;
  for (const char *c = password; *c != '\0'; c = g_utf8_next_char(c)) {
    gunichar sign = g_utf8_get_char(c);
    kind |= g_unichar_isdigit(sign)   ? 1
            : g_unichar_islower(sign) ? 2
            : g_unichar_isupper(sign) ? 4
                                      : 8;
  }
  return kind | (guint)MIN(g_utf8_strlen(password, -1), LONGEST) << 4;
}

static json_t *
row_of(const GatewayNewUser *user, const char *email) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "username", PROBE_NAME, "password",
                   user->password, "firstname", "x", "lastname", "x", "email", email, "auth",
                   "manual");
}

static json_t *
arguments(guint index, const char **function, gpointer data) {
  const GatewayNewUser *user = g_ptr_array_index(((Probing *)data)->users, index);
  g_autofree char *first = g_strdup_printf("probe-1-%u@invalid.local", index);
  g_autofree char *second = g_strdup_printf("probe-2-%u@invalid.local", index);
  *function = "core_user_create_users";
  return json_pack("{s:[o, o]}", "users", row_of(user, first), row_of(user, second));
}

/* Moodle's policy answers with its sentences in markup, in place of an error code. */
static bool
is_policy(const WsFailure *failure) {
  return failure->kind == WS_EXCEPTION && strchr(failure->errorcode, ' ') != NULL;
}

static void
done(guint index, const json_t *result, const WsFailure *failure, gpointer data) {
  (void)result;
  Probing *probing = data;
  const GatewayNewUser *user = g_ptr_array_index(probing->users, index);
  bool answered = failure != NULL && failure->kind == WS_EXCEPTION;
  if (failure != NULL && !answered && probing->error == NULL)
    ws_failure_propagate(failure, &probing->error);
  if (answered)
    g_hash_table_insert(probing->moodle->policy, GUINT_TO_POINTER(kind_of(user->password)),
                        g_strdup(is_policy(failure) ? failure->text : ""));
}

static void
choose(Probing *probing, const GatewayNewUser *users, guint count) {
  g_autoptr(GHashTable) chosen = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (guint i = 0; i < count; i++) {
    if (text_empty(users[i].password))
      continue;
    gpointer kind = GUINT_TO_POINTER(kind_of(users[i].password));
    if (!g_hash_table_contains(probing->moodle->policy, kind) && g_hash_table_add(chosen, kind))
      g_ptr_array_add(probing->users, (gpointer)&users[i]);
  }
}

/* Any refusal, when all that was shown was refused; NULL else. */
static const char *
all_refused(const Webservice *moodle) {
  GHashTableIter iter;
  gpointer text;
  const char *refusal = NULL;
  g_hash_table_iter_init(&iter, moodle->policy);
  while (g_hash_table_iter_next(&iter, NULL, &text)) {
    if (*(const char *)text == '\0')
      return NULL;
    refusal = text;
  }
  return refusal;
}

bool
ws_policy_probe(Webservice *moodle, const GatewayNewUser *users, guint count, GError **error) {
  g_autoptr(GPtrArray) chosen = g_ptr_array_new();
  Probing probing = { .moodle = moodle, .users = chosen };
  choose(&probing, users, count);
  WsBatch batch = { .count = chosen->len, .write = true, .arguments = arguments, .done = done };
  if (chosen->len > 0 && !ws_client_run(moodle->client, &batch, &probing, error)) {
    g_clear_error(&probing.error);
    return false;
  }
  if (probing.error != NULL) {
    g_propagate_error(error, probing.error);
    return false;
  }
  const char *refusal = all_refused(moodle);
  if (refusal == NULL)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
              "Moodle's password policy refuses what the template [users] password makes: %s No "
              "account was created. Change the template, or use password=none.",
              refusal);
  return false;
}

const char *
ws_policy_refusal(const Webservice *moodle, const char *password) {
  const char *text = g_hash_table_lookup(moodle->policy, GUINT_TO_POINTER(kind_of(password)));
  return text_empty(text) ? NULL : text;
}
