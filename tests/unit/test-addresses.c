/* Addresses for new accounts (SPEC 4), against a Moodle that is nothing but a list of addresses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/email.h"
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
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "Max@X.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "fd-2@invalid.local");
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
    g_assert_cmpuint(moodle.questions, <=, 7); /* 1, 2, 4 … forms at a time */
    g_assert_cmpuint(moodle.largest, <=, 64);
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

/* What is no address is no form: the number that does not fit any more, as a whole or before the
 * '@', and what never was one. */
static void
test_impossible(void) {
  g_auto(Moodle) moodle = moodle_new();
  g_autofree char *local = g_strnfill(40, 'm'), *host = g_strnfill(EMAIL_MAX - 44, 'x');
  g_autofree char *fits = g_strconcat(local, "@", host, ".de", NULL);
  g_autofree char *longer = g_strconcat("m", fits, NULL);
  g_autofree char *long_local = g_strnfill(63, 'm');
  g_autofree char *local_fits = g_strconcat(long_local, "@x.de", NULL);
  g_autofree char *long_id = g_strnfill(200, 'i'), *short_id = g_strnfill(60, 'i');
  g_autofree char *cut = g_strconcat(short_id, "@invalid.local", NULL);
  g_autofree char *cut_again = g_strconcat(short_id, "+1@invalid.local", NULL);
  const char *const rows[][3] = {
    { fits, "1", fits },
    { fits, "2", "2@invalid.local" },
    { longer, "3", "3@invalid.local" },
    { local_fits, "4", local_fits },
    { local_fits, "5", "5@invalid.local" },
    { "keine", "6", "6@invalid.local" },
    { "max@@x.de", "7", "7@invalid.local" },
    { "", long_id, cut },
    { "", long_id, cut_again },
  };
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    addresses_want(addresses, rows[i][0], rows[i][1]);
  settle(addresses);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    g_assert_cmpstr(addresses_get(addresses, i), ==, rows[i][2]);
}

/* Whatever is asked ahead, everyone gets the first form that neither Moodle nor an earlier one has.
 */
static void
test_as_one_by_one(void) {
  for (guint seed = 0; seed < 200; seed++) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_auto(Moodle) moodle = moodle_new();
    static const char *const wanted[] = { "a@x.de", "A@x.de", "a+3@x.de", "b@x.de", "" };
    gint density = g_rand_int_range(rand, 0, 101);
    for (guint w = 0; w < G_N_ELEMENTS(wanted); w++)
      for (guint n = 0; n <= LOGIN_MAX_EMAIL_NUMBER && *wanted[w] != '\0'; n++) {
        g_autofree char *address = login_numbered(wanted[w], n);
        if (g_rand_int_range(rand, 0, 100) < density)
          take(&moodle, address);
      }
    g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    guint count = (guint)g_rand_int_range(rand, 1, 120);
    guint wants[120];
    for (guint i = 0; i < count; i++) {
      wants[i] = (guint)g_rand_int_range(rand, 0, G_N_ELEMENTS(wanted));
      g_ptr_array_add(texts, g_strdup_printf("P%u", i % 90));
      addresses_want(addresses, wanted[wants[i]], g_ptr_array_index(texts, i));
    }
    settle(addresses);
    for (guint i = 0; i < count; i++) {
      g_autofree char *expected = NULL;
      g_autofree char *placeholder = login_placeholder(g_ptr_array_index(texts, i));
      for (guint n = 0; n < ADDRESSES_FORMS && expected == NULL; n++) {
        bool own = n <= LOGIN_MAX_EMAIL_NUMBER;
        g_autofree char *form =
            login_numbered(own ? wanted[wants[i]] : placeholder, n % (LOGIN_MAX_EMAIL_NUMBER + 1));
        g_autofree char *folded = login_fold(form);
        if (email_is_possible(form) && !g_hash_table_contains(moodle.taken, folded))
          expected = g_steal_pointer(&form);
      }
      g_assert_cmpstr(addresses_get(addresses, i), ==, expected);
      take(&moodle, expected);
    }
  }
}

/* An address that Moodle refused although nobody sees who has it: the next form, and never one that
 * is known to be somebody's. */
static void
test_refused(void) {
  g_auto(Moodle) moodle = moodle_new();
  moodle.shared = true;
  take(&moodle, "max+2@x.de");
  g_autoptr(Addresses) addresses = addresses_new(&moodle.base);
  addresses_taken(addresses, "MAX@x.de");
  addresses_taken(addresses, "max+1@x.de");
  addresses_want(addresses, "max@x.de", "1");
  addresses_want(addresses, "max@x.de", "2");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "max+3@x.de");
  g_assert_cmpstr(addresses_get(addresses, 1), ==, "max+4@x.de");
  addresses_taken(addresses, addresses_get(addresses, 0));
  addresses_restart(addresses);
  addresses_want(addresses, "max@x.de", "2");
  settle(addresses);
  g_assert_cmpstr(addresses_get(addresses, 0), ==, "max+4@x.de");
  g_assert_true(addresses_may_be_free(addresses, 0));

  for (guint n = 0; n < ADDRESSES_FORMS; n++) {
    g_autofree char *form =
        login_numbered(n <= LOGIN_MAX_EMAIL_NUMBER ? "max@x.de" : "3@invalid.local",
                       n % (LOGIN_MAX_EMAIL_NUMBER + 1));
    addresses_taken(addresses, form);
  }
  addresses_restart(addresses);
  addresses_want(addresses, "max@x.de", "3");
  settle(addresses);
  g_assert_false(addresses_may_be_free(addresses, 0));
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
  g_test_add_func("/addresses/impossible", test_impossible);
  g_test_add_func("/addresses/as-one-by-one", test_as_one_by_one);
  g_test_add_func("/addresses/refused", test_refused);
  g_test_add_func("/addresses/shared", test_shared);
  g_test_add_func("/addresses/away", test_away);
  g_test_add_func("/addresses/nobody", test_nobody);
  return g_test_run();
}
