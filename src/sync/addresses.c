/* Who comes first gets the address, so people are gone through in order. Whether an address is
 * taken in Moodle is asked in bulk: go through them assuming that an address nobody asked about is
 * free, note it, ask about all noted, and start over until nothing new was noted. Whose forms were
 * found taken has as many further ones noted ahead, so that fifty taken numbers cost six rounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/addresses.h"

#include <string.h>

#include "base/email.h"
#include "sync/login.h"

/* Of those, the first so many are the person's own. */
#define OWN_FORMS (ADDRESSES_FORMS / 2)

/* What `known` says of an address that is taken in Moodle; of others it says in which round it was
 * given last, or NOTED when it was only asked about. */
#define TAKEN G_MAXUINT
#define NOTED 0

#define TEXT_BLOCK (4 * 1024)

typedef struct {
  const char *email, *id, *given;
  bool free; /* as far as is known */
} Person;

struct Addresses {
  Gateway *gateway;
  GArray *people;      /* Person */
  GHashTable *known;   /* folded address → GUINT_TO_POINTER(round or TAKEN) */
  GPtrArray *unknown;  /* folded addresses to ask about */
  guint round;         /* from 1 */
  guint asked;         /* offset of the slice being asked about */
  GStringChunk *texts; /* see keep() */
  bool refused;        /* Moodle refuses taken ones, whatever it says of sharing */
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

/* The form number `n` of a person's address. One that is none, for its number made it too long or
 * it never was, is skipped (NULL). */
static char *
form(const Person *person, guint n) {
  bool own = n < OWN_FORMS;
  g_autofree char *placeholder = own ? NULL : login_placeholder(person->id);
  g_autofree char *address = login_numbered(own ? person->email : placeholder, n % OWN_FORMS);
  return email_is_possible(address) ? g_steal_pointer(&address) : NULL;
}

/* A text that lives as long as `addresses`. Nearly always it is what the person wanted, which does
 * already. */
static const char *
keep(Addresses *addresses, const Person *person, const char *text) {
  return strcmp(text, person->email) == 0 ? person->email
                                          : g_string_chunk_insert_const(addresses->texts, text);
}

typedef enum { FORM_UNKNOWN, FORM_FREE, FORM_GIVEN, FORM_TAKEN } FormState;

static FormState
look_up(const Addresses *addresses, const char *folded) {
  gpointer state;
  if (!g_hash_table_lookup_extended(addresses->known, folded, NULL, &state))
    return FORM_UNKNOWN;
  return GPOINTER_TO_UINT(state) == TAKEN              ? FORM_TAKEN
         : GPOINTER_TO_UINT(state) == addresses->round ? FORM_GIVEN
                                                       : FORM_FREE;
}

static void
set(Addresses *addresses, const Person *person, const char *folded, guint state) {
  gpointer key;
  if (!g_hash_table_lookup_extended(addresses->known, folded, &key, NULL))
    key = (gpointer)keep(addresses, person, folded);
  g_hash_table_insert(addresses->known, key, GUINT_TO_POINTER(state));
}

/* Has an address that nobody knows of yet asked about. */
static void
note(Addresses *addresses, const Person *person, const char *folded) {
  gpointer key;
  set(addresses, person, folded, NOTED);
  g_hash_table_lookup_extended(addresses->known, folded, &key, NULL);
  g_ptr_array_add(addresses->unknown, key);
}

/* Notes up to `count` of the person's forms from number `n` on that nobody knows of yet. */
static void
note_ahead(Addresses *addresses, const Person *person, guint n, guint count) {
  for (; n < ADDRESSES_FORMS && count > 0; n++) {
    g_autofree char *address = form(person, n);
    g_autofree char *folded = address != NULL ? login_fold(address) : NULL;
    if (address == NULL || look_up(addresses, folded) != FORM_UNKNOWN)
      continue;
    note(addresses, person, folded);
    count--;
  }
}

/* Takes form number `n` for this person if it may be given now; one that nobody asked about counts
 * as free, and is noted. *taken counts those that Moodle has. */
static bool
take(Addresses *addresses, const Person *person, guint n, const char *folded, guint *taken) {
  FormState state = look_up(addresses, folded);
  if (state == FORM_TAKEN)
    ++*taken;
  if (state == FORM_TAKEN || state == FORM_GIVEN)
    return false;
  if (state == FORM_UNKNOWN) {
    note(addresses, person, folded);
    note_ahead(addresses, person, n + 1, *taken);
  }
  set(addresses, person, folded, addresses->round);
  return true;
}

static void
give(Addresses *addresses, Person *person, bool shared) {
  guint taken = 0;
  for (guint n = *person->email != '\0' ? 0 : OWN_FORMS; n < ADDRESSES_FORMS; n++) {
    g_autofree char *address = form(person, n);
    if (address == NULL)
      continue;
    g_autofree char *folded = login_fold(address);
    person->free = shared || take(addresses, person, n, folded, &taken);
    if (person->free) {
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
  bool shared = !addresses->refused && addresses->gateway->class->shared_emails(addresses->gateway);
  do {
    if (!ask_unknown(addresses, error))
      return false;
    addresses->round++;
    for (guint i = 0; i < addresses->people->len; i++)
      give(addresses, &g_array_index(addresses->people, Person, i), shared);
  } while (addresses->unknown->len > 0);
  return true;
}

void
addresses_taken(Addresses *addresses, const char *email) {
  g_autofree char *folded = login_fold(email);
  gpointer key;
  if (!g_hash_table_lookup_extended(addresses->known, folded, &key, NULL))
    key = g_string_chunk_insert(addresses->texts, folded);
  g_hash_table_insert(addresses->known, key, GUINT_TO_POINTER(TAKEN));
  addresses->refused = true;
}

void
addresses_restart(Addresses *addresses) {
  g_array_set_size(addresses->people, 0);
}

bool
addresses_may_be_free(const Addresses *addresses, guint index) {
  return person_at(addresses, index)->free;
}
