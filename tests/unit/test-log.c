/* Log lines: their form, their level, no forged lines, no secrets, whole under threads; and entries
 * for the journal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
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

/* ── the journal ── */

static GString *taken; /* entries, fields separated by '|' */

static bool
take(const char *const *fields, guint count) {
  for (guint i = 0; i < count; i++)
    g_string_append_printf(taken, "%s|", fields[i]);
  g_string_append_c(taken, '\n');
  return true;
}

static bool
refuse(const char *const *fields, guint count) {
  (void)fields, (void)count;
  return false;
}

static void
write_entries(void) {
  log_set_level(LOG_DEBUG);
  log_set_run(0);
  log_error("FD", "key-of-fulda is\x1b[2J bad");
  log_warning(NULL, "two\nlines=\n\n");
  log_set_run(42);
  log_info("F\nPRIORITY=0 key-of-fulda", "in a run");
  log_set_run(0);
  log_debug(NULL, "after it");
  log_set_level(LOG_INFO);
  log_debug(NULL, "hidden");
}

/* No time, for the journal has its own; no secret in any field; and no field that a text makes. */
static void
test_entries(void) {
  taken = g_string_new(NULL);
  text_secret_add("key-of-fulda");
  log_set_sink(take);
  g_autofree char *written = capture(write_entries);
  log_set_sink(NULL);
  g_assert_cmpstr(written, ==, "");
  g_assert_cmpstr(taken->str, ==,
                  "MESSAGE=FD: *** is\uFFFD[2J bad|PRIORITY=3|SYSLOG_IDENTIFIER=lehrgaenge|"
                  "LEHRGAENGE_CONTEXT=FD|\n"
                  "MESSAGE=two\nlines=|PRIORITY=4|SYSLOG_IDENTIFIER=lehrgaenge|\n"
                  "MESSAGE=F\nPRIORITY=0 ***: in a run|PRIORITY=6|SYSLOG_IDENTIFIER=lehrgaenge|"
                  "LEHRGAENGE_CONTEXT=F\nPRIORITY=0 ***|LEHRGAENGE_RUN=42|\n"
                  "MESSAGE=after it|PRIORITY=7|SYSLOG_IDENTIFIER=lehrgaenge|\n");
  g_string_free(g_steal_pointer(&taken), TRUE);
}

static void
test_entries_refused(void) {
  log_set_sink(refuse);
  g_autofree char *written = capture(write_entries);
  log_set_sink(NULL);
  g_assert_cmpstr(written, ==,
                  "<3>FD: *** is\uFFFD[2J bad\n<4>two\n    lines=\n"
                  "<6>F\n    PRIORITY=0 ***: in a run\n<7>after it\n");
}

static gpointer
log_in_thread(gpointer data) {
  log_info(NULL, "elsewhere");
  return data;
}

static void
write_in_thread(void) {
  log_set_level(LOG_INFO);
  log_set_run(7);
  g_thread_join(g_thread_new("other", log_in_thread, NULL));
  log_set_run(0);
}

static void
test_run_is_the_threads_own(void) {
  taken = g_string_new(NULL);
  log_set_sink(take);
  g_autofree char *written = capture(write_in_thread);
  log_set_sink(NULL);
  g_assert_cmpstr(written, ==, "");
  g_assert_null(strstr(taken->str, "LEHRGAENGE_RUN"));
  g_assert_nonnull(strstr(taken->str, "MESSAGE=elsewhere|"));
  g_string_free(g_steal_pointer(&taken), TRUE);
}

static void
write_one(void) {
  log_set_level(LOG_INFO);
  log_info(NULL, "to somewhere else");
}

/* Makes what standard error leads to now look like the journal's stream, or like the one whose
 * inode lies `off` further. */
static void
claim_stream(gint64 off) {
  struct stat file;
  g_assert_cmpint(fstat(STDERR_FILENO, &file), ==, 0);
  g_autofree char *stream = g_strdup_printf("%llu:%llu", (unsigned long long)file.st_dev,
                                            (unsigned long long)(file.st_ino + (guint64)off));
  g_setenv("JOURNAL_STREAM", stream, TRUE);
}

static void
write_beside(void) {
  claim_stream(1);
  write_one();
}

/* A child of a service inherits the variable, but standard error may lead elsewhere. */
static void
test_other_stream(void) {
  static const char *const streams[] = { "1:1", "", "x", "1", "18446744073709551615:1" };
  for (gsize i = 0; i < G_N_ELEMENTS(streams); i++) {
    g_setenv("JOURNAL_STREAM", streams[i], TRUE);
    g_autofree char *written = capture(write_one);
    g_unsetenv("JOURNAL_STREAM");
    assert_matches(written, "^" TIME " info to somewhere else\n$");
  }
  g_autofree char *beside = capture(write_beside);
  g_unsetenv("JOURNAL_STREAM");
  assert_matches(beside, "^" TIME " info to somewhere else\n$");
}

#define SKIPPED 77
#define JOURNAL "/run/systemd/journal"

static bool
put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* Who is not root becomes it in a namespace of his own, where the system allows that. */
static bool
leave_namespace(void) {
  g_autofree char *uid = g_strdup_printf("0 %u 1", geteuid());
  g_autofree char *gid = g_strdup_printf("0 %u 1", getegid());
  if (geteuid() == 0)
    return unshare(CLONE_NEWNS) == 0;
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/uid_map", uid) &&
         put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", gid);
}

/* A place for the journal's socket that only this process sees. */
static void
hide_run(void) {
  if (!leave_namespace() || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("none", "/run", "tmpfs", 0, "mode=755") != 0)
    _exit(SKIPPED);
}

static int
fake_journal(void) {
  struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = JOURNAL "/socket" };
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (g_mkdir_with_parents(JOURNAL, 0755) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
    _exit(SKIPPED);
  return fd;
}

static void
write_to_journal(void) {
  claim_stream(0);
  log_set_level(LOG_INFO);
  log_set_run(42);
  log_warning("FD", "to the journal");
}

/* Of the child: 0 when the journal gets the entry and standard error nothing. */
static void
be_journal(void) {
  char bytes[4096];
  hide_run();
  g_autofree char *without = capture(write_to_journal); /* nobody listens yet */
  int fd = fake_journal();
  g_autofree char *with = capture(write_to_journal);
  ssize_t got = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
  bytes[MAX(got, 0)] = '\0';
  g_assert_cmpstr(without, ==, "<4>FD: to the journal\n");
  g_assert_cmpstr(with, ==, "");
  g_assert_cmpstr(bytes, ==,
                  "MESSAGE=FD: to the journal\nPRIORITY=4\nSYSLOG_IDENTIFIER=lehrgaenge\n"
                  "LEHRGAENGE_CONTEXT=FD\nLEHRGAENGE_RUN=42\n");
  _exit(0);
}

static void
test_journal(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0)
    be_journal();
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
    g_test_skip("this machine does not let us mount over /run, so there is no journal to send to");
  else
    g_assert_cmpint(status, ==, 0);
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
  g_test_add_func("/log/entries", test_entries);
  g_test_add_func("/log/entries-refused", test_entries_refused);
  g_test_add_func("/log/run-is-the-threads-own", test_run_is_the_threads_own);
  g_test_add_func("/log/other-stream", test_other_stream);
  g_test_add_func("/log/journal", test_journal);
  return g_test_run();
}
