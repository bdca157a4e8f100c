/* Addresses for new accounts (SPEC 4), against a Moodle that is nothing but a list of addresses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "sync/addresses.h"
#include "sync/login.h"

typedef struct {
  Gateway base;
  GHashTable *taken; /* folded */
  bool shared, away;
  guint questions, largest;
} Moodle;

static bool
shared_emails(Gateway *gateway) {
  return ((Moodle *)gateway)->shared;
}

static bool
find_users(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
           GatewayUserFunc each, gpointer user_data, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  g_assert_cmpuint(field, ==, GATEWAY_USER_EMAIL);
  g_assert_cmpuint(count, >, 0);
  g_assert_cmpuint(count, <=, GATEWAY_SLICE);
  moodle->questions++;
  moodle->largest = MAX(moodle->largest, count);
  if (moodle->away) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "maintenance");
    return false;
  }
  /* From the end: hits come in any order. */
  for (guint i = count; i > 0; i--) {
    g_autofree char *folded = login_fold(values[i - 1]);
    const GatewayUser user = { 7, "somebody", "", values[i - 1] };
    if (g_hash_table_contains(moodle->taken, folded))
      each(i - 1, &user, user_data);
  }
  return true;
}

static const GatewayClass class = { .shared_emails = shared_emails, .find_users = find_users };

static void
moodle_clear(Moodle *moodle) {
  g_hash_table_unref(moodle->taken);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Moodle, moodle_clear)

static Moodle
moodle_new(void) {
  return (Moodle){ .base.class = &class,
                   .taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
}

static void
take(Moodle *moodle, const char *address) {
  g_hash_table_add(moodle->taken, login_fold(address));
}

static void
settle(Addresses *addresses) {
  g_autoptr(GError) error = NULL;
  g_assert_true(addresses_settle(addresses, &error));
  g_assert_no_error(error);
}

static void
test_free(void) {
  g_auto(Moodle) moodle = moodle_new();
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_want(addresses, "Max@X.de", "1");
  addresses_want(addresses, "", "FD/2");
  addresses_want(addresses, "keine", "3");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "Max@X.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "fd-2@invalid.local");
  g_assert_cmpstr(addresses_get(addresses, 2), ==, "keine");
  g_assert_cmpuint(moodle.questions, ==, 1);
}

static void
test_taken(void) {
  g_auto(Moodle) moodle = moodle_new();
  take(&moodle, "MAX@x.de");
  take(&moodle, "max+1@x.de");
  take(&moodle, "fd-2@invalid.local");
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_want(addresses, "max@X.de", "1");
  addresses_want(addresses, "", "FD/2");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "max+2@X.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "fd-2+1@invalid.local");
}

/* In the order in which they are wanted, among themselves as against Moodle. */
static void
test_among_themselves(void) {
  g_auto(Moodle) moodle = moodle_new();
  take(&moodle, "max+1@x.de");
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_want(addresses, "max@x.de", "1");
  addresses_want(addresses, "MAX@x.de", "2");
  addresses_want(addresses, "max+2@x.de", "3");
  addresses_want(addresses, "max@x.de", "4");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "max@x.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "MAX+2@x.de");
  g_assert_cmpstr(addresses_get(addresses, 2), ==, "max+2+1@x.de");
  g_assert_cmpstr(addresses_get(addresses, 3), ==, "max+3@x.de");
}

/* +1 … +50, then the placeholder. */
static void
test_numbers(void) {
  for (guint taken = 49; taken <= 50; taken++) {
    g_auto(Moodle) moodle = moodle_new();
    for (guint n = 0; n <= taken; n++) {
      g_autofree char *address = login_numbered("max@x.de", n);
      take(&moodle, address);
    }
    g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
    addresses_want(addresses, "max@x.de", "Nr 1");
    settle(addresses);
    g_assert_cmpstr(addresses_get(addresses, 0), ==,
                    taken == 49 ? "max+50@x.de" : "nr-1@invalid.local");
    g_assert_cmpuint(moodle.questions, <=, 2 * (LOGIN_MAX_EMAIL_NUMBER + 1));
  }
}

/* A whole fire station behind one address, in one go. */
static void
test_many(void) {
  g_auto(Moodle) moodle = moodle_new();
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < 1200; i++) {
    g_ptr_array_add(ids, g_strdup_printf("P%u", i));
    addresses_want(addresses, "wehr@x.de", g_ptr_array_index(ids, i));
  }
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "wehr@x.de");
  g_assert_cmpstr(addresses_get(addresses, 50), ==, "wehr+50@x.de");
  g_assert_cmpstr(addresses_get(addresses, 51), ==, "p51@invalid.local");
  g_autoptr(GHashTable) given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < ids->len; i++)
    g_assert_true(g_hash_table_add(given, login_fold(addresses_get(addresses, i))));
  g_assert_cmpuint(moodle.largest, ==, GATEWAY_SLICE);
  g_assert_cmpuint(moodle.questions, ==, 3);
}

/* A form too long for Moodle is no form: the number that does not fit any more, and the address
 * itself. */
static void
test_too_long(void) {
  g_auto(Moodle) moodle = moodle_new();
  g_autofree char *local = g_strnfill(LOGIN_MAX_EMAIL - 5, 'm');
  g_autofree char *fits = g_strconcat(local, "@x.de", NULL);
  g_autofree char *longer = g_strconcat("m", fits, NULL);
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_want(addresses, fits, "1");
  addresses_want(addresses, fits, "2");
  addresses_want(addresses, longer, "3");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, fits);
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "2@invalid.local");
  g_assert_cmpstr(addresses_get(addresses, 2), ==, "3@invalid.local");
}

static void
test_shared(void) {
  g_auto(Moodle) moodle = moodle_new();
  moodle.shared = true;
  take(&moodle, "max@x.de");
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_want(addresses, "max@x.de", "1");
  addresses_want(addresses, "max@x.de", "2");
  addresses_want(addresses, "", "3");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "max@x.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "max@x.de");
  g_assert_cmpstr(addresses_get(addresses, 2), ==, "3@invalid.local");
  g_assert_cmpuint(moodle.questions, ==, 0);
}

static void
test_away(void) {
  g_auto(Moodle) moodle = moodle_new();
  moodle.away = true;
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  g_autoptr(GError) error = NULL;
  addresses_want(addresses, "max@x.de", "1");
  g_assert_false(addresses_settle(addresses, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
}

static void
test_nobody(void) {
  g_auto(Moodle) moodle = moodle_new();
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  settle(addresses);
  g_assert_cmpuint(moodle.questions, ==, 0);
  addresses_free(NULL);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/addresses/free", test_free);
  g_test_add_func("/addresses/taken", test_taken);
  g_test_add_func("/addresses/among-themselves", test_among_themselves);
  g_test_add_func("/addresses/numbers", test_numbers);
  g_test_add_func("/addresses/many", test_many);
  g_test_add_func("/addresses/too-long", test_too_long);
  g_test_add_func("/addresses/shared", test_shared);
  g_test_add_func("/addresses/away", test_away);
  g_test_add_func("/addresses/nobody", test_nobody);
  return g_test_run();
}
