/* The service as its operator has it: it starts, does what is due and what was queued, tells, reads
 * its configuration again, stops when told to, and goes on after it was killed (issue 4).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit/notify/smtp_decode.h"
#include "../unit/notify/smtp_sink.h"
#include "serve.h"

#define TENANTS 4
#define SIM "--generate 4x6x8 --seed 11"
#define SLOW_SIM SIM " --latency-ms 300"

/* What an idle service may hold in memory. */
#define IDLE_KIB (30 * 1024)

typedef struct {
  Place *place;
  char *wanted; /* the meaning of one whole run */
} Trial;

static void
set_up(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync --json");
  trial->wanted = e2e_meaning(place);
  e2e_fresh_moodle(place);
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  e2e_free(trial->place);
  g_free(trial->wanted);
}

static void
assert_all_done(const Trial *trial) {
  g_autofree char *is = e2e_meaning(trial->place);
  rows_assert_same(is, trial->wanted);
}

static gint64
number(Place *place, const char *sql) {
  return rows_number(place->store, sql);
}

static bool
nothing_left(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_task WHERE state <> 2") == 0;
}

static bool
schedule_kept(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_schedule WHERE met > 0") == 1;
}

static bool
run_is_due_no_more(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_schedule WHERE met > 1000") == 1;
}

/* As if the service had been down when the last run was due. */
static void
miss_a_run(Place *place) {
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_ready(serve);
  serve_await(serve, "its schedule", schedule_kept);
  g_auto(Said) said = serve_stop(serve);
  rows_change(place->store, "UPDATE local_lehrgaengeapi_schedule SET met = 1000");
}

static char *
status_of_run(Place *place, gint64 id) {
  g_autofree char *sql = g_strdup_printf(
      "SELECT status FROM local_lehrgaengeapi_import_run WHERE id = %" G_GINT64_FORMAT, id);
  return rows_text(place->store, sql);
}

static void
assert_run(Place *place, gint64 id, const char *status) {
  g_autofree char *is = status_of_run(place, id);
  g_assert_cmpstr(is, ==, status);
}

/* ── a quiet life ── */

static gint64
resident_kib(const Serve *serve) {
  g_autoptr(GBytes) status = process_proc(serve->process, "status");
  g_autofree char *text = g_strndup(g_bytes_get_data(status, NULL), g_bytes_get_size(status));
  const char *line = strstr(text, "VmRSS:");
  g_assert_nonnull(line);
  return g_ascii_strtoll(line + strlen("VmRSS:"), NULL, 10);
}

/* One that was just installed does nothing by itself, and is no burden. */
static void
test_idle(Trial *trial, gconstpointer data) {
  (void)data;
  g_autoptr(Serve) serve = serve_start(trial->place);
  serve_await_ready(serve);
  serve_await(serve, "its schedule", schedule_kept);
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  g_assert_cmpfloat(serve_metric(serve, "lehrgaenge_store_up"), ==, 1);
  g_assert_cmpint(number(trial->place, "SELECT count(*) FROM local_lehrgaengeapi_import_run"), ==,
                  0);
  g_test_message("%" G_GINT64_FORMAT " KiB", resident_kib(serve));
  /* A sanitizer's shadow is not ours. */
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint(resident_kib(serve), <, IDLE_KIB);
#endif
  g_auto(Said) said = serve_stop(serve);
  g_assert_cmpstr(said.out, ==, "");
}

/* ── scheduled runs ── */

static void
test_missed(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  miss_a_run(place);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run", run_is_due_no_more);
  serve_await(serve, "the copies", nothing_left);
  assert_run(place, 1, "success");
  g_autofree char *by = rows_text(
      place->store, "SELECT triggeredby FROM local_lehrgaengeapi_import_run WHERE id = 1");
  g_assert_cmpstr(by, ==, "scheduler");
  assert_all_done(trial);
  g_assert_cmpfloat(serve_metric(serve, "lehrgaenge_runs{status=\"success\"}"), ==, 1);
  g_auto(Said) said = serve_stop(serve);

  /* What was met is not done again. */
  g_autoptr(Serve) again = serve_start(place);
  serve_await_ready(again);
  g_auto(Said) words = serve_stop(again);
  g_assert_cmpint(number(place, "SELECT count(*) FROM local_lehrgaengeapi_import_run"), ==, 1);
}

static bool
run_fetches(Place *place) {
  g_autofree char *phase = rows_running_phase(place->store);
  return g_strcmp0(phase, "fetch") == 0;
}

/* SIGTERM in the middle: written down as interrupted, gone in time; the next start does the rest at
 * once. */
static void
test_stopped(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  miss_a_run(place);
  e2e_sim(place, SLOW_SIM);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run", run_fetches);
  g_auto(Said) said = serve_stop(serve);
  assert_run(place, 1, "interrupted");

  e2e_sim(place, SIM);
  g_autoptr(Serve) next = serve_start(place);
  serve_await(next, "the run", run_is_due_no_more);
  serve_await(next, "the copies", nothing_left);
  assert_run(place, 2, "success");
  assert_all_done(trial);
  g_auto(Said) words = serve_stop(next);
}

static bool
run_applies(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_journal") > 0;
}

/* Killed in the middle: the next start finds the run dead and the lock free, and tries again when
 * faildelay is over. */
static void
test_killed(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_set(place, "schedule", "faildelay", "1");
  e2e_serve_moodle(place, "--latency-ms 20");
  miss_a_run(place);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run's work", run_applies);
  process_signal(serve->process, SIGKILL);
  g_assert_true(process_ends(serve->process, PROCESS_PATIENCE_S * 1000));
  assert_run(place, 1, "running");

  e2e_serve_moodle(place, "");
  e2e_set(place, "moodle", "copy-timeout", "1");
  g_autoptr(Serve) next = serve_start(place);
  serve_await(next, "the run", run_is_due_no_more);
  serve_await(next, "the copies", nothing_left);
  assert_run(place, 1, "interrupted");
  assert_run(place, 2, "success");
  g_auto(Said) said = serve_stop(next);
  assert_all_done(trial);
}

/* ── imports ── */

/* The simulator makes up Lehrgänge of this year. */
static char *
this_year(void) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  return g_strdup_printf("%d", g_date_time_get_year(now));
}

static bool
one_mail(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_task"
                       " WHERE kind = 'mail' AND state = 2") == 1;
}

/* Queued from the command line, done by the service, and its starter is told; the mail server is
 * down at first, which delays the mail and nothing else. */
static void
test_import(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  g_autoptr(SmtpSink) sink = smtp_sink_new(&(SmtpSinkOptions){ 0 });
  SmtpSinkFault busy = { .at = "MAIL", .answer = "451 4.3.0 come again", .times = 1 };
  smtp_sink_set_fault(sink, &busy);
  e2e_set(place, "notify", "smtp", smtp_sink_url(sink));
  e2e_set(place, "notify", "starttls", "no");
  e2e_set(place, "notify", "from", "lehrgaenge@example.org");
  e2e_set(place, "notify", "language", "en");
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_ready(serve);

  g_autofree char *year = this_year();
  g_autofree char *line =
      g_strdup_printf("import --year %s --notify anna@example.org --json", year);
  g_auto(Said) said = e2e_expect(place, 0, line);
  json_auto_t *queued = e2e_json(&said);
  g_assert_nonnull(queued);
  serve_await_log(serve, "(mail");
  serve_await_log(serve, "retry");
  assert_run(place, 1, "success");
  rows_change(place->store, "UPDATE local_lehrgaengeapi_task SET due = 0 WHERE kind = 'mail'");
  serve_await(serve, "the mail", one_mail);
  serve_await(serve, "the copies", nothing_left);
  g_assert_cmpuint(smtp_sink_count(sink), ==, 1);
  const SmtpSinkMail *mail = smtp_sink_mail(sink, 0);
  g_assert_cmpstr(mail->to, ==, "anna@example.org");
  g_autofree char *subject = smtp_decode_header(mail, "Subject");
  e2e_assert_has(subject, year);
  g_auto(Said) words = serve_stop(serve);
  g_assert_cmpint(number(place, "SELECT year FROM local_lehrgaengeapi_import_run WHERE id = 1"), ==,
                  g_ascii_strtoll(year, NULL, 10));
}

static bool
run_succeeded(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_import_run"
                       " WHERE status = 'success'") == 1;
}

/* Far less than from one look to the next. */
#define AT_ONCE_S 10

/* ── a full disk ── */

#define SMALL_DISK "size=1536k,mode=0700"

/* Mounts of our own, which nobody else sees and which end with this process. */
static bool
mount_small(const char *folder) {
  return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("none", folder, "tmpfs", 0, SMALL_DISK) == 0;
}

/* Leaves not a byte. */
static void
fill(const char *path) {
  static const char block[4096];
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  g_assert_cmpint(fd, >=, 0);
  for (gsize size = sizeof block; size > 0; size /= 2)
    while (write(fd, block, size) == (ssize_t)size)
      continue;
  close(fd);
}

/* The disk under the store fills up in the middle of a run: the run fails with that reason, the
 * service stays, and when there is room again the run is written down and the work done. */
static void
test_full_disk(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  g_autofree char *small = e2e_path(place, "small"), *filler = e2e_path(place, "small/filler");
  g_assert_cmpint(g_mkdir(small, 0700), ==, 0);
  if (!mount_small(small)) {
    g_test_skip("this needs the right to mount");
    return;
  }
  g_free(place->store);
  place->store = e2e_path(place, "small/store.db");
  e2e_set(place, "store", "path", "small/store.db");
  e2e_set(place, "schedule", "faildelay", "1");
  miss_a_run(place);
  e2e_sim(place, SLOW_SIM);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run", run_fetches);
  fill(filler);
  serve_await_log(serve, "cannot be recorded yet");
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  process_signal(serve->process, SIGHUP);
  gint64 asked = g_get_monotonic_time();
  serve_await_log(serve, "the service waits until that is over");
  g_assert_cmpint(g_get_monotonic_time() - asked, <, AT_ONCE_S * G_USEC_PER_SEC);
  g_assert_cmpint(serve_get(serve, "/readyz", NULL), ==, 503);
  assert_run(place, 1, "running");

  g_assert_cmpint(g_remove(filler), ==, 0);
  serve_await(serve, "a run that ends well", run_is_due_no_more);
  serve_await(serve, "the copies", nothing_left);
  assert_run(place, 1, "error");
  assert_run(place, 2, "success");
  g_auto(Said) said = serve_stop(serve);
  assert_all_done(trial);
  g_assert_cmpint(umount2(small, MNT_DETACH), ==, 0);
}

/* ── another configuration ── */

static void
write_config(Place *place) {
  e2e_must(place, 0, "tenants --json");
}

static void
test_reload(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_ready(serve);

  e2e_set(place, "schedule", "sync", "every now and then");
  g_auto(Said) wrong = e2e_call(place, "tenants");
  g_assert_cmpint(wrong.code, ==, 2);
  process_signal(serve->process, SIGHUP);
  serve_await_log(serve, "the one before it still is");
  serve_await_log(serve, "every now and then");
  g_assert_cmpint(serve_get(serve, "/readyz", NULL), ==, 200);

  e2e_set(place, "store", "path", "other.db");
  e2e_set(place, "schedule", "sync", "30 4 * * 1");
  write_config(place);
  process_signal(serve->process, SIGHUP);
  serve_await_log(serve, "takes a restart");

  e2e_set(place, "store", "path", "store.db");
  write_config(place);
  process_signal(serve->process, SIGHUP);
  serve_await_log(serve, "is in force\n");
  g_auto(Said) said = serve_stop(serve);
}

static void
reload(Serve *serve, const char *answer) {
  write_config(serve->place);
  process_signal(serve->process, SIGHUP);
  serve_await_log(serve, answer);
}

/* As after a store that was away for longer than the lock of a run holds. */
static void
expire_lock(Place *place) {
  rows_change(place->store, "UPDATE local_lehrgaengeapi_lock SET expires = 1 WHERE name = 'sync'");
}

static bool
follows_new_schedule(Place *place) {
  return number(place, "SELECT count(*) FROM local_lehrgaengeapi_schedule"
                       " WHERE expression = '30 4 * * 1'") == 1;
}

/* What comes while a run is under way: the run is not taken for a dead one's, and the new schedule
 * is looked at when it is over and not at the next look. */
static void
test_reload_in_run(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  miss_a_run(place);
  e2e_sim(place, SLOW_SIM);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run", run_fetches);
  expire_lock(place);
  e2e_set(place, "schedule", "sync", "30 4 * * 1");
  reload(serve, "is in force\n");
  serve_await(serve, "the run's end", run_succeeded);
  gint64 ended = g_get_monotonic_time();
  serve_await(serve, "the new schedule", follows_new_schedule);
  g_assert_cmpint(g_get_monotonic_time() - ended, <, AT_ONCE_S * G_USEC_PER_SEC);
  assert_run(place, 1, "success");
  g_auto(Said) said = serve_stop(serve);
  g_assert_null(strstr(said.err, "whose process is gone"));
}

/* From this machine alone to all of its addresses, on the same port; one that cannot be had leaves
 * the one there was. */
static void
test_listen_elsewhere(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  g_autoptr(Serve) serve = serve_start(place);
  g_autofree char *everywhere = g_strconcat("0.0.0.0", strrchr(serve->url, ':'), NULL);
  e2e_set(place, "monitor", "listen", everywhere);
  reload(serve, "is in force\n");
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  e2e_set(place, "monitor", "listen", "192.0.2.1:1");
  reload(serve, "the one before it still is");
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  g_auto(Said) said = serve_stop(serve);
}

/* ── what systemd is told ── */

static int
supervisor_socket(const Place *place, char **path) {
  *path = e2e_path(place, "notify");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_strlcpy(address.sun_path, *path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  struct timeval patience = { .tv_sec = PROCESS_PATIENCE_S };
  g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
  return fd;
}

static void
await_word(int fd, const char *word) {
  char buffer[4096];
  for (;;) {
    ssize_t length = recv(fd, buffer, sizeof buffer - 1, 0);
    if (length < 0)
      g_error("systemd was not told %s", word);
    buffer[length] = '\0';
    g_auto(GStrv) lines = g_strsplit(buffer, "\n", -1);
    if (g_strv_contains((const char *const *)lines, word))
      return;
  }
}

static void
test_supervised(Trial *trial, gconstpointer data) {
  (void)data;
  g_autofree char *path = NULL;
  int fd = supervisor_socket(trial->place, &path);
  g_setenv("NOTIFY_SOCKET", path, TRUE);
  g_setenv("WATCHDOG_USEC", "200000", TRUE);
  g_autoptr(Serve) serve = serve_start(trial->place);
  g_unsetenv("NOTIFY_SOCKET");
  g_unsetenv("WATCHDOG_USEC");
  await_word(fd, "READY=1");
  await_word(fd, "WATCHDOG=1");
  process_signal(serve->process, SIGHUP);
  await_word(fd, "RELOADING=1");
  await_word(fd, "READY=1");
  process_signal(serve->process, SIGTERM);
  await_word(fd, "STOPPING=1");
  g_auto(Said) said = process_wait(serve->process);
  g_assert_cmpint(said.code, ==, 0);
  close(fd);
}

/* ── what cannot start ── */

static void
test_refused(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_set(place, "monitor", "listen", "192.0.2.1:1");
  g_auto(Said) elsewhere = e2e_expect(place, 1, "serve");
  e2e_assert_has(elsewhere.err, "192.0.2.1");
  e2e_set(place, "schedule", "sync", "61 * * * *");
  g_auto(Said) never = e2e_expect(place, 2, "serve");
  e2e_assert_has(never.err, "61");
  e2e_set(place, "schedule", "sync", NULL);
  e2e_set(place, "zms", "baseurl", NULL);
  g_auto(Said) nowhere = e2e_expect(place, 2, "serve");
  e2e_assert_has(nowhere.err, "baseurl");
}

#define ADD(path, function) g_test_add(path, Trial, NULL, set_up, function, tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("/serve/idle", test_idle);
  ADD("/serve/missed", test_missed);
  ADD("/serve/stopped", test_stopped);
  ADD("/serve/killed", test_killed);
  ADD("/serve/import", test_import);
  ADD("/serve/full-disk", test_full_disk);
  ADD("/serve/reload", test_reload);
  ADD("/serve/reload-in-run", test_reload_in_run);
  ADD("/serve/listen-elsewhere", test_listen_elsewhere);
  ADD("/serve/supervised", test_supervised);
  ADD("/serve/refused", test_refused);
  return g_test_run();
}
