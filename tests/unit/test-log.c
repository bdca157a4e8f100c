/* Log lines: their form, their level, no forged lines, no secrets, whole under threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define TIME "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"

typedef void (*Writer)(void);

/* What `writer` writes to standard error. */
static char *
capture(Writer writer) {
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;
  int file = g_file_open_tmp("test-log-XXXXXX", &name, &error);
  g_assert_no_error(error);
  int saved = dup(STDERR_FILENO);
  g_assert_cmpint(dup2(file, STDERR_FILENO), ==, STDERR_FILENO);
  writer();
  g_assert_cmpint(dup2(saved, STDERR_FILENO), ==, STDERR_FILENO);
  close(saved);
  close(file);
  char *written = NULL;
  g_file_get_contents(name, &written, NULL, &error);
  g_assert_no_error(error);
  unlink(name);
  return written;
}

static void
assert_matches(const char *text, const char *pattern) {
  if (!g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0))
    g_error("'%s' does not look like '%s'", text, pattern);
}

static void
write_forms(void) {
  log_set_level(LOG_DEBUG);
  log_error("FD", "%d of %s", 3, "4");
  log_warning(NULL, "no context");
  log_info("GI", "Gießen: 100%%");
  log_debug("RÜD", "fine");
}

static void
test_form(void) {
  g_autofree char *written = capture(write_forms);
  assert_matches(written, "^" TIME " error FD: 3 of 4\n" TIME " warning no context\n" TIME
                          " info GI: Gießen: 100%\n" TIME " debug RÜD: fine\n$");
}

static void
write_time(void) {
  log_set_level(LOG_INFO);
  log_info(NULL, "now");
}

static void
test_time(void) {
  gint64 before = g_get_real_time() / G_USEC_PER_SEC;
  g_autofree char *written = capture(write_time);
  int year, month, day, hour, minute, second;
  g_assert_cmpint(
      sscanf(written, "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second), ==, 6);
  g_autoptr(GDateTime) local = g_date_time_new_local(year, month, day, hour, minute, second);
  g_assert_cmpint(ABS(g_date_time_to_unix(local) - before), <=, 5);
}

static void
write_levels(void) {
  const LogLevel levels[] = { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
  for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
    log_set_level(levels[i]);
    log_error("e", "%zu", i);
    log_warning("w", "%zu", i);
    log_info("i", "%zu", i);
    log_debug("d", "%zu", i);
  }
}

static void
test_levels(void) {
  g_autofree char *written = capture(write_levels);
  g_autoptr(GString) words = g_string_new(NULL);
  g_auto(GStrv) lines = g_strsplit(written, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_string_append_c(words, lines[i][strlen(lines[i]) - 4]); /* "…e: 0" */
  g_assert_cmpstr(words->str, ==,
                  "e"
                  "ew"
                  "ewi"
                  "ewid");
}

static void
write_forged(void) {
  log_set_level(LOG_INFO);
  log_info("F\nD", "one\n2026-03-10 14:05:09 error GI: forged\r\x1b[2J\ttab\xff\n\n");
}

static void
test_forged(void) {
  g_autofree char *written = capture(write_forged);
  assert_matches(written, "^" TIME " info F\n    D: one\n    2026-03-10 14:05:09 error GI: "
                          "forged\uFFFD\uFFFD\\[2J\ttab\uFFFD\n$");
}

static void
write_secret(void) {
  log_set_level(LOG_INFO);
  log_info("key-of-fulda", "sent key-of-fulda, key\nof\nfulda");
}

static void
test_secret(void) {
  text_secret_add("key-of-fulda");
  text_secret_add("key\nof\nfulda");
  g_autofree char *written = capture(write_secret);
  assert_matches(written, "^" TIME " info \\*\\*\\*: sent \\*\\*\\*, \\*\\*\\*\n$");
}

#define LONG_BYTES (1024 * 1024)

static void
write_long(void) {
  g_autofree char *filler = g_strnfill(LONG_BYTES, 'x');
  log_set_level(LOG_INFO);
  log_info(NULL, "%s", filler);
}

static void
test_long(void) {
  g_autofree char *written = capture(write_long);
  g_assert_cmpuint(strlen(written), >, 16000);
  g_assert_cmpuint(strlen(written), <, 17000);
  g_assert_true(g_str_has_suffix(written, "xxx\n"));
}

#define THREADS 4
#define LINES 300

static gpointer
write_many(gpointer context) {
  for (int i = 0; i < LINES; i++)
    log_info(context, "a line that is long enough to be torn apart %d", 1000 + i);
  return NULL;
}

static void
write_threads(void) {
  log_set_level(LOG_INFO);
  GThread *threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = g_thread_new("writer", write_many, (gpointer) "FD");
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
}

static void
test_threads(void) {
  g_autofree char *written = capture(write_threads);
  g_auto(GStrv) lines = g_strsplit(written, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, THREADS * LINES + 1);
  for (guint i = 0; i < THREADS * LINES; i++)
    assert_matches(lines[i],
                   "^" TIME " info FD: a line that is long enough to be torn apart 1[0-9]{3}$");
}

static void
write_default(void) {
  log_error(NULL, "shown");
  log_warning(NULL, "shown");
  log_info(NULL, "hidden");
}

/* Runs first: what is written before anybody sets a level. */
static void
test_default(void) {
  g_autofree char *written = capture(write_default);
  assert_matches(written, "^" TIME " error shown\n" TIME " warning shown\n$");
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/log/default", test_default);
  g_test_add_func("/log/form", test_form);
  g_test_add_func("/log/time", test_time);
  g_test_add_func("/log/levels", test_levels);
  g_test_add_func("/log/forged", test_forged);
  g_test_add_func("/log/secret", test_secret);
  g_test_add_func("/log/long", test_long);
  g_test_add_func("/log/threads", test_threads);
  return g_test_run();
}
