/* Progress on a terminal (a pseudo-terminal whose other end the test reads), on a dumb one, and on
 * none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/progress.h"
#include "cli/terminal.h"

typedef struct {
  int master;
  FILE *terminal;
  Clock *clock;
} Screen;

static void
screen_open(Screen *screen, gushort columns, const char *term) {
  g_setenv("TERM", term, TRUE);
  g_setenv("NO_COLOR", "1", TRUE);
  screen->master = posix_openpt(O_RDWR | O_NOCTTY);
  g_assert_cmpint(screen->master, >=, 0);
  g_assert_cmpint(grantpt(screen->master), ==, 0);
  g_assert_cmpint(unlockpt(screen->master), ==, 0);
  struct winsize size = { .ws_col = columns, .ws_row = 24 };
  g_assert_cmpint(ioctl(screen->master, TIOCSWINSZ, &size), ==, 0);
  g_assert_cmpint(fcntl(screen->master, F_SETFL, O_NONBLOCK), ==, 0);
  screen->terminal = fopen(ptsname(screen->master), "w");
  g_assert_nonnull(screen->terminal);
  screen->clock = clock_manual_new(1000000000);
}

/* What was written since the last call. Free with g_free(). */
static char *
screen_read(Screen *screen) {
  char buffer[65536];
  gsize have = 0;
  for (ssize_t got; have < sizeof buffer &&
                    (got = read(screen->master, buffer + have, sizeof buffer - have)) > 0;)
    have += (gsize)got;
  return g_strndup(buffer, have);
}

static void
screen_close(Screen *screen) {
  fclose(screen->terminal);
  close(screen->master);
  clock_free(screen->clock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Screen, screen_close)

static guint
count(const char *text, const char *part) {
  guint found = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
    found++;
  return found;
}

static void
test_bar(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "xterm");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 40);
  autochar begun = screen_read(&screen);
  g_assert_cmpstr(begun, ==, "\rfetch      [........................] 0/40    0 %  0:00\033[K\r");
  clock_advance(screen.clock, 10 * G_USEC_PER_SEC);
  progress_set(progress, 10);
  autochar quarter = screen_read(&screen);
  g_assert_cmpstr(quarter, ==,
                  "\rfetch      [######..................] 10/40   25 %  0:10, rest 0:30\033[K\r");
  clock_advance(screen.clock, 80 * G_USEC_PER_SEC);
  progress_advance(progress, 30);
  progress_end(progress);
  autochar ended = screen_read(&screen);
  g_assert_true(g_str_has_suffix(
      ended, "\rfetch      [########################] 40/40  100 %  1:30\033[K\r\n"));
  progress_end(progress);
  autochar nothing = screen_read(&screen);
  g_assert_cmpstr(nothing, ==, "");
}

static void
test_redraws_are_bounded(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "xterm");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "apply", 1000);
  for (guint i = 0; i < 1000; i++) {
    clock_advance(screen.clock, 1000);
    progress_advance(progress, 1);
  }
  autochar drawn = screen_read(&screen);
  g_assert_cmpuint(count(drawn, "apply"), ==, 1 + 10);
}

static void
test_phase_ends_the_one_before(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "xterm");
  Progress *progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 2);
  progress_set(progress, 2);
  progress_phase(progress, "plan", 0);
  progress_set(progress, 5);
  progress_free(progress);
  autochar text = screen_read(&screen);
  g_assert_cmpuint(count(text, "\n"), ==, 2);
  g_assert_nonnull(strstr(text, "2/2  100 %  0:00\033[K\r\n"));
  g_assert_true(g_str_has_suffix(text, "\rplan       5  0:00\033[K\r\n"));
}

static void
test_more_than_the_total(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "xterm");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "read", 3);
  progress_set(progress, 6);
  progress_end(progress);
  autochar text = screen_read(&screen);
  g_assert_nonnull(strstr(text, "6/6  100 %"));
}

static void
test_narrow_terminal(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 30, "xterm");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 40);
  progress_end(progress);
  autochar text = screen_read(&screen);
  g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    autochar plain = g_strndup(*line, strcspn(*line, "\033"));
    g_assert_cmpuint(text_columns(plain), <, 30);
  }
}

static void
test_colours(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "xterm");
  g_assert_false(terminal_can_colour(screen.terminal));
  g_setenv("NO_COLOR", "", TRUE);
  g_assert_true(terminal_can_colour(screen.terminal));
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 40);
  autochar text = screen_read(&screen);
  g_assert_nonnull(strstr(text, "\033[36m"));
}

static void
test_dumb_terminal(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "dumb");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 4);
  clock_advance(screen.clock, G_USEC_PER_SEC);
  progress_set(progress, 4);
  autochar running = screen_read(&screen);
  g_assert_cmpstr(running, ==, "");
  progress_end(progress);
  autochar ended = screen_read(&screen);
  g_assert_cmpstr(ended, ==, "fetch      [########################] 4/4  100 %  0:01\r\n");
}

static void
test_no_terminal(void) {
  char *data = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&data, &size);
  g_autoptr(Clock) clock = clock_manual_new(0);
  Progress *progress = progress_new(out, clock);
  progress_phase(progress, "fetch", 4);
  clock_advance(clock, G_USEC_PER_SEC);
  progress_set(progress, 4);
  progress_free(progress);
  fclose(out);
  g_assert_cmpstr(data, ==, "");
  free(data);
}

static gpointer
advance_often(gpointer data) {
  for (guint i = 0; i < 10000; i++)
    progress_advance(data, 1);
  return NULL;
}

static void
test_threads(void) {
  g_auto(Screen) screen = { 0 };
  screen_open(&screen, 80, "dumb");
  g_autoptr(Progress) progress = progress_new(screen.terminal, screen.clock);
  progress_phase(progress, "fetch", 40000);
  GThread *threads[4];
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    threads[i] = g_thread_new("advance", advance_often, progress);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    g_thread_join(threads[i]);
  progress_end(progress);
  autochar text = screen_read(&screen);
  g_assert_nonnull(strstr(text, "40000/40000  100 %"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/progress/bar", test_bar);
  g_test_add_func("/progress/redraws-are-bounded", test_redraws_are_bounded);
  g_test_add_func("/progress/phase-ends-the-one-before", test_phase_ends_the_one_before);
  g_test_add_func("/progress/more-than-the-total", test_more_than_the_total);
  g_test_add_func("/progress/narrow-terminal", test_narrow_terminal);
  g_test_add_func("/progress/colours", test_colours);
  g_test_add_func("/progress/dumb-terminal", test_dumb_terminal);
  g_test_add_func("/progress/no-terminal", test_no_terminal);
  g_test_add_func("/progress/threads", test_threads);
  return g_test_run();
}
