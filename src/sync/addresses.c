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

/* What `known` says of an address that is taken in Moodle; of others it says in which round it was
 * given last. */
#define TAKEN G_MAXUINT

#define TEXT_BLOCK (4 * 1024)

typedef struct {
  const char *email, *id, *given;
} Person;

struct Addresses {
  Gateway *gateway;
  GArray *people;      /* Person */
  GHashTable *known;   /* folded address → GUINT_TO_POINTER(round or TAKEN) */
  GPtrArray *unknown;  /* folded addresses to ask about */
  guint round;         /* from 1 */
  guint asked;         /* offset of the slice being asked about */
  GStringChunk *texts; /* see keep() */
};

Addresses *
addresses_new(Gateway *gateway) {
  Addresses *addresses = g_new0(Addresses, 1);
  addresses->gateway = gateway;
  addresses->people = g_array_new(FALSE, FALSE, sizeof(Person));
  addresses->known = g_hash_table_new(g_str_hash, g_str_equal);
  addresses->unknown = g_ptr_array_new();
  addresses->texts = g_string_chunk_new(TEXT_BLOCK);
  return addresses;
}

void
addresses_free(Addresses *addresses) {
  if (addresses == NULL)
    return;
  g_array_unref(addresses->people);
  g_hash_table_unref(addresses->known);
  g_ptr_array_unref(addresses->unknown);
  g_string_chunk_free(addresses->texts);
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

/* A text that lives as long as `addresses`. Nearly always it is what the person wanted, which does
 * already. */
static const char *
keep(Addresses *addresses, const Person *person, const char *text) {
  return strcmp(text, person->email) == 0 ? person->email
                                          : g_string_chunk_insert_const(addresses->texts, text);
}

/* Takes the address for this person if it may be given now; one never asked about counts as free,
 * and is noted. */
static bool
take(Addresses *addresses, const Person *person, const char *folded) {
  gpointer key, state;
  if (!g_hash_table_lookup_extended(addresses->known, folded, &key, &state)) {
    key = (gpointer)keep(addresses, person, folded);
    g_ptr_array_add(addresses->unknown, key);
  } else if (GPOINTER_TO_UINT(state) == TAKEN || GPOINTER_TO_UINT(state) == addresses->round) {
    return false;
  }
  g_hash_table_insert(addresses->known, key, GUINT_TO_POINTER(addresses->round));
  return true;
}

static void
give(Addresses *addresses, Person *person, bool shared) {
  for (guint n = *person->email != '\0' ? 0 : FORMS; n < 2 * FORMS; n++) {
    g_autofree char *address = form(person, n);
    if (address == NULL)
      continue;
    g_autofree char *folded = login_fold(address);
    if (shared || take(addresses, person, folded)) {
      person->given = keep(addresses, person, address);
      return;
    }
  }
  /* A hundred forms taken: Moodle will refuse the last one and say so for this person. */
  g_autofree char *placeholder = login_placeholder(person->id);
  person->given = keep(addresses, person, placeholder);
}

static void
on_taken(guint index, const GatewayUser *user, gpointer data) {
  (void)user;
  Addresses *addresses = data;
  char *address = g_ptr_array_index(addresses->unknown, addresses->asked + index);
  g_hash_table_insert(addresses->known, address, GUINT_TO_POINTER(TAKEN));
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
    addresses->round++;
    for (guint i = 0; i < addresses->people->len; i++)
      give(addresses, &g_array_index(addresses->people, Person, i), shared);
  } while (addresses->unknown->len > 0);
  return true;
}
