/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor-fixture.h"

#include <glib/gstdio.h>

#include "pki.h"
#include "store/sqlite.h"

static const char configuration[] = "[zms]\n"
                                    "baseurl=https://zms.example\n"
                                    "certificationpath=.\n"
                                    "certificate=general.pem\n"
                                    "key=general.key\n"
                                    "[tenant FD]\n"
                                    "name=Landkreis Fulda\n"
                                    "apikey=apikey-of-fulda\n"
                                    "certificate=own.pem\n"
                                    "key=own.key\n"
                                    "[tenant G\"I]\n"
                                    "name=Landkreis Gießen\n"
                                    "apikey=apikey-of-giessen\n"
                                    "[tenant KS]\n"
                                    "name=Kassel\n"
                                    "[tenant MR]\n"
                                    "name=Marburg\n"
                                    "apikey=apikey-of-marburg\n"
                                    "certificate=broken.pem\n"
                                    "key=own.key\n";

static Store *
open_store(gpointer data, GError **error) {
  MonitorFixture *fixture = data;
  g_mutex_lock(&fixture->lock);
  fixture->hanging++;
  g_cond_broadcast(&fixture->changed);
  while (fixture->hang)
    g_cond_wait(&fixture->changed, &fixture->lock);
  fixture->hanging--;
  g_cond_broadcast(&fixture->changed);
  g_mutex_unlock(&fixture->lock);
  if (g_atomic_int_get(&fixture->unable)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "no store today");
    return NULL;
  }
  g_atomic_int_inc(&fixture->opened);
  return store_sqlite_open(fixture->store_path, error);
}

static Config *
config(gpointer data) {
  return config_ref(((MonitorFixture *)data)->config);
}

static char *
unhealthy(gpointer data) {
  return g_strdup(((MonitorFixture *)data)->unhealthy);
}

static char *
unready(gpointer data) {
  return g_strdup(((MonitorFixture *)data)->unready);
}

static gint64
next_run(gpointer data) {
  return ((MonitorFixture *)data)->next_run;
}

static void
put(const char *folder, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

void
monitor_set_up(MonitorFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->folder = g_dir_make_tmp("lehrgaenge-monitor-XXXXXX", NULL);
  g_assert_nonnull(fixture->folder);
  pki_make(fixture->folder, "general", NULL, 40);
  pki_make(fixture->folder, "own", NULL, 10);
  put(fixture->folder, "broken.pem", "not a certificate\n");
  put(fixture->folder, "lehrgaenge.conf", configuration);
  g_autofree char *path = g_build_filename(fixture->folder, "lehrgaenge.conf", NULL);
  fixture->config = config_load(path, &error);
  g_assert_no_error(error);
  fixture->store_path = g_build_filename(fixture->folder, "store.db", NULL);
  fixture->clock = clock_manual_new(MONITOR_NOW);
  g_mutex_init(&fixture->lock);
  g_cond_init(&fixture->changed);
  fixture->context = (ListenerContext){ .clock = fixture->clock,
                                        .open_store = open_store,
                                        .config = config,
                                        .unhealthy = unhealthy,
                                        .unready = unready,
                                        .next_run = next_run,
                                        .user_data = fixture };
}

static bool
thread_lives(const char *name) {
  bool lives = false;
  g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
  for (const char *id; (id = g_dir_read_name(tasks)) != NULL;) {
    g_autofree char *path = g_build_filename("/proc/self/task", id, "comm", NULL);
    g_autofree char *is = NULL;
    lives = lives || (g_file_get_contents(path, &is, NULL, NULL) && g_str_has_prefix(is, name));
  }
  return lives;
}

void
monitor_await_inquiry_over(void) {
  for (int i = 0; thread_lives("store-inquiry"); i++) {
    g_assert_cmpint(i, <, 6000);
    g_usleep(10000);
  }
}

void
monitor_tear_down(MonitorFixture *fixture, gconstpointer data) {
  monitor_await_inquiry_over();
  g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
  (void)data;
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_unlink(path);
  }
  g_rmdir(fixture->folder);
  config_free(fixture->config);
  clock_free(fixture->clock);
  g_mutex_clear(&fixture->lock);
  g_cond_clear(&fixture->changed);
  g_free(fixture->folder);
  g_free(fixture->store_path);
}

Store *
monitor_open_store(MonitorFixture *fixture) {
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(fixture->store_path, &error);
  g_assert_no_error(error);
  return store;
}

void
monitor_hang(MonitorFixture *fixture, bool hang) {
  g_mutex_lock(&fixture->lock);
  fixture->hang = hang;
  g_cond_broadcast(&fixture->changed);
  g_mutex_unlock(&fixture->lock);
}

void
monitor_await_hanging(MonitorFixture *fixture, guint count) {
  gint64 until = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
  g_mutex_lock(&fixture->lock);
  while (fixture->hanging != count)
    g_assert_true(g_cond_wait_until(&fixture->changed, &fixture->lock, until));
  g_mutex_unlock(&fixture->lock);
}
