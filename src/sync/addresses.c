/* Who comes first gets the address, so people are gone through in order. Whether an address is
 * taken in Moodle is asked in bulk: go through them assuming that an address nobody asked about is
 * free, note it, ask about all noted, and start over until nothing new was noted. Each round asks
 * about one number further, so there are at most as many as numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/addresses.h"

#include <string.h>

#include "sync/login.h"

/* Forms an address can take: itself and 50 numbers, then the placeholder and 50 numbers. */
#define FORMS (LOGIN_MAX_EMAIL_NUMBER + 1)

typedef struct {
  const char *email, *id;
  char *given;
} Person;

struct Addresses {
  Gateway *gateway;
  GArray *people;     /* Person */
  GHashTable *taken;  /* folded address → GUINT_TO_POINTER(taken in Moodle) */
  GHashTable *given;  /* folded addresses given in this round */
  GPtrArray *unknown; /* folded addresses to ask about; owned by `taken` */
  guint asked;        /* offset of the slice being asked about */
};

static void
person_clear(gpointer data) {
  g_free(((Person *)data)->given);
}

Addresses *
addresses_new(Gateway *gateway) {
  Addresses *addresses = g_new0(Addresses, 1);
  addresses->gateway = gateway;
  addresses->people = g_array_new(FALSE, FALSE, sizeof(Person));
  g_array_set_clear_func(addresses->people, person_clear);
  addresses->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  addresses->given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  addresses->unknown = g_ptr_array_new();
  return addresses;
}

void
addresses_free(Addresses *addresses) {
  if (addresses == NULL)
    return;
  g_array_unref(addresses->people);
  g_hash_table_unref(addresses->given);
  g_ptr_array_unref(addresses->unknown);
  g_hash_table_unref(addresses->taken);
  g_free(addresses);
}

void
addresses_want(Addresses *addresses, const char *email, const char *id) {
  Person person = { .email = email, .id = id };
  g_array_append_val(addresses->people, person);
}

static const Person *
person_at(const Addresses *addresses, guint index) {
  return &g_array_index(addresses->people, Person, index);
}

const char *
addresses_get(const Addresses *addresses, guint index) {
  return person_at(addresses, index)->given;
}

/* The form number `n` of a person's address. A numbered form too long for Moodle's column is
 * skipped (NULL). */
static char *
form(const Person *person, guint n) {
  bool own = n < FORMS;
  g_autofree char *placeholder = own ? NULL : login_placeholder(person->id);
  g_autofree char *address = login_numbered(own ? person->email : placeholder, n % FORMS);
  return g_utf8_strlen(address, -1) <= LOGIN_MAX_EMAIL ? g_steal_pointer(&address) : NULL;
}

/* Whether the address may be given now; one never asked about counts as free, and is noted. */
static bool
is_free(Addresses *addresses, char *folded) {
  gpointer taken;
  if (g_hash_table_contains(addresses->given, folded))
    return false;
  if (g_hash_table_lookup_extended(addresses->taken, folded, NULL, &taken))
    return !GPOINTER_TO_UINT(taken);
  char *key = g_strdup(folded);
  g_hash_table_insert(addresses->taken, key, GUINT_TO_POINTER(FALSE));
  g_ptr_array_add(addresses->unknown, key);
  return true;
}

static void
give(Addresses *addresses, Person *person, bool shared) {
  g_clear_pointer(&person->given, g_free);
  for (guint n = *person->email != '\0' ? 0 : FORMS; n < 2 * FORMS; n++) {
    g_autofree char *address = form(person, n);
    if (address == NULL)
      continue;
    g_autofree char *folded = login_fold(address);
    if (shared || is_free(addresses, folded)) {
      person->given = g_steal_pointer(&address);
      if (!shared)
        g_hash_table_add(addresses->given, g_steal_pointer(&folded));
      return;
    }
  }
  /* A hundred forms taken: Moodle will refuse the last one and say so for this person. */
  person->given = login_placeholder(person->id);
}

static void
on_taken(guint index, const GatewayUser *user, gpointer data) {
  (void)user;
  Addresses *addresses = data;
  char *address = g_ptr_array_index(addresses->unknown, addresses->asked + index);
  g_hash_table_insert(addresses->taken, g_strdup(address), GUINT_TO_POINTER(TRUE));
}

static bool
ask_unknown(Addresses *addresses, GError **error) {
  GPtrArray *unknown = addresses->unknown;
  for (addresses->asked = 0; addresses->asked < unknown->len; addresses->asked += GATEWAY_SLICE) {
    const char *const *values = (const char *const *)unknown->pdata + addresses->asked;
    guint count = MIN(GATEWAY_SLICE, unknown->len - addresses->asked);
    if (!addresses->gateway->class->find_users(addresses->gateway, GATEWAY_USER_EMAIL, values,
                                               count, on_taken, addresses, error))
      return false;
  }
  g_ptr_array_set_size(unknown, 0);
  return true;
}

bool
addresses_settle(Addresses *addresses, GError **error) {
  bool shared = addresses->gateway->class->shared_emails(addresses->gateway);
  do {
    if (!ask_unknown(addresses, error))
      return false;
    g_hash_table_remove_all(addresses->given);
    for (guint i = 0; i < addresses->people->len; i++)
      give(addresses, &g_array_index(addresses->people, Person, i), shared);
  } while (addresses->unknown->len > 0);
  return true;
}
