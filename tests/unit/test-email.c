/* What a Moodle takes for an e-mail address.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "base/email.h"

static void
test_possible(void) {
  static const char *const possible[] = {
    "max@x.de",
    "Max.Muster@Feuerwehr-Fulda.de",
    "max+50@x.de",
    "a@b.c",
    "1@2.d3",
    "o'neill&co@x-y.example",
    "!#$%&'*+/=?^_`{|}~-@x.de",
    "m@a.b.c.d.e",
    "fd-2@invalid.local",
    "-x-@invalid.local",
    "m@xn--mller-kva.de",
  };
  for (guint i = 0; i < G_N_ELEMENTS(possible); i++)
    if (!email_is_possible(possible[i]))
      g_error("\"%s\" is impossible", possible[i]);
}

static void
test_impossible(void) {
  static const char *const impossible[] = {
    "",          "keine",       "@x.de",        "max@",      "max@x",     "max@@x.de", "m@a@x.de",
    "ma x@x.de", " max@x.de",   "max@x.de ",    "max@x .de", "max@x..de", ".m@x.de",   "m.@x.de",
    "m..m@x.de", "m@.x.de",     "m@x.de.",      "m@-x.de",   "m@x-.de",   "m@x_y.de",  "m@x.1",
    "m@1.2.3.4", "m@[1.2.3.4]", "\"m m\"@x.de", "m,n@x.de",  "m;n@x.de",  "<m@x.de>",  "M <m@x.de>",
    "m\n@x.de",  "müller@x.de", "m@müll.de",    "m:n@x.de",  "m(n)@x.de", "m\\n@x.de",
  };
  for (guint i = 0; i < G_N_ELEMENTS(impossible); i++)
    if (email_is_possible(impossible[i]))
      g_error("\"%s\" is possible", impossible[i]);
  g_assert_false(email_is_possible(NULL));
}

/* So many characters before the '@', in a label, and in all. */
static void
assert_lengths(gsize local, gsize label, bool possible) {
  g_autofree char *before = g_strnfill(local, 'm'), *host = g_strnfill(label, 'x');
  g_autofree char *address = g_strconcat(before, "@", host, ".de", NULL);
  g_assert_true(email_is_possible(address) == possible);
}

static void
test_lengths(void) {
  assert_lengths(64, 5, true);
  assert_lengths(65, 5, false);
  assert_lengths(5, 63, true);
  assert_lengths(5, 64, false);
  assert_lengths(60, EMAIL_MAX - 64, true);
  assert_lengths(60, EMAIL_MAX - 63, false);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/email/possible", test_possible);
  g_test_add_func("/email/impossible", test_impossible);
  g_test_add_func("/email/lengths", test_lengths);
  return g_test_run();
}
