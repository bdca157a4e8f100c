/* A plan's steps as text: what is said when there are none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report_text.h"

static void
assert_said(const char *status, const char *part, const char *never) {
  json_auto_t *plan = json_pack("{s:s, s:[]}", "status", status, "steps");
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  report_text_steps(out, plan, false);
  fclose(out);
  g_assert_nonnull(strstr(text, part));
  g_assert_null(strstr(text, never));
  free(text);
}

/* That Moodle is right can be said only when everything was read. */
static void
test_none(void) {
  assert_said("success", "Moodle is as ZMS wants it", "as far as");
  assert_said("partial", "as far as ZMS could be read", "Moodle is as");
  assert_said("error", "as far as ZMS could be read", "Moodle is as");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/steps/none", test_none);
  return g_test_run();
}
