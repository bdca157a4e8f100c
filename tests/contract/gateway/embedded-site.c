/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embedded-site.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "moodle/embedded/embedded.h"

typedef struct {
  char *directory, *path;
  Clock *clock;
  Gateway *gateway;
  sqlite3 *outside;
} Site;

char *
embedded_site_directory(void) {
  g_autoptr(GError) error = NULL;
  char *directory = g_dir_make_tmp("lehrgaenge-moodle-XXXXXX", &error);
  g_assert_no_error(error);
  return directory;
}

void
embedded_site_remove(char *directory) {
  g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
  g_assert_nonnull(files);
  for (const char *name; (name = g_dir_read_name(files)) != NULL;) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_assert_cmpint(g_unlink(path), ==, 0);
  }
  g_assert_cmpint(g_rmdir(directory), ==, 0);
  g_free(directory);
}

static Gateway *
open_gateway(const Site *site) {
  const EmbeddedOptions options = { .student_role = 5 };
  g_autoptr(GError) error = NULL;
  Gateway *gateway = embedded_open(site->path, &options, site->clock, &error);
  g_assert_no_error(error);
  return gateway;
}

gpointer
embedded_site_open(void) {
  static const EmbeddedCompany companies[] = {
    { CONTRACT_COMPANY, CONTRACT_COMPANY_CODE }, { CONTRACT_ODD_COMPANY, CONTRACT_ODD_COMPANY_CODE }
  };
  static const char *const masters[] = { CONTRACT_MASTER };
  Site *site = g_new0(Site, 1);
  site->directory = embedded_site_directory();
  site->path = g_build_filename(site->directory, "moodle.db", NULL);
  site->clock = clock_manual_new(CONTRACT_NOW);
  g_autoptr(GError) error = NULL;
  embedded_init(site->path, companies, 2, masters, 1, site->clock, NULL, &error);
  g_assert_no_error(error);
  site->gateway = open_gateway(site);
  g_assert_cmpint(sqlite3_open(site->path, &site->outside), ==, SQLITE_OK);
  sqlite3_exec(site->outside, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
  return site;
}

void
embedded_site_close(gpointer data) {
  Site *site = data;
  sqlite3_close(site->outside);
  gateway_free(site->gateway);
  clock_free(site->clock);
  embedded_site_remove(site->directory);
  g_free(site->path);
  g_free(site);
}

Gateway *
embedded_site_gateway(gpointer data) {
  return ((Site *)data)->gateway;
}

const char *
embedded_site_path(gpointer data) {
  return ((Site *)data)->path;
}

void
embedded_site_refresh(gpointer data) {
  Site *site = data;
  gateway_free(site->gateway);
  site->gateway = open_gateway(site);
}

void
embedded_site_exec(gpointer data, const char *sql) {
  char *message = NULL;
  sqlite3_exec(((Site *)data)->outside, sql, NULL, NULL, &message);
  g_assert_cmpstr(message, ==, NULL);
}

bool
embedded_site_refuses(gpointer data, const char *sql, const char *words) {
  char *message = NULL;
  sqlite3_exec(((Site *)data)->outside, sql, NULL, NULL, &message);
  bool refused = message != NULL && strstr(message, words) != NULL;
  if (!refused)
    g_test_message("%s: %s", sql, message != NULL ? message : "accepted");
  sqlite3_free(message);
  return refused;
}

char *
embedded_site_look(gpointer data, const char *sql) {
  sqlite3_stmt *statement = NULL;
  sqlite3 *outside = ((Site *)data)->outside;
  if (sqlite3_prepare_v2(outside, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error("%s: %s", sql, sqlite3_errmsg(outside));
  const char *text = NULL;
  if (sqlite3_step(statement) == SQLITE_ROW)
    text = (const char *)sqlite3_column_text(statement, 0);
  char *copy = g_strdup(text != NULL ? text : "");
  sqlite3_finalize(statement);
  return copy;
}
