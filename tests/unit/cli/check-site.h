/* An embedded Moodle under the Moodle simulator, a ZMS of three Lehrgänge, and what `check --json`
 * says of both.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "canned.h"
#include "moodle_app.h"
#include "program.h"

#define CHECK_TOKEN "streng-geheim-0815"
#define CHECK_TOKEN_LINE "token=" CHECK_TOKEN "\n"

/* With companion plugin and batch wrapper. */
#define CHECK_WELL                                                                                 \
  (MoodleAppOptions) {                                                                             \
    .plugin = true, .batch = true                                                                  \
  }

/* Whose token it is unless the options say another. */
#define CHECK_SERVICE_USER 77

typedef struct {
  Place place;
  Canned zms;
  Clock *clock;
  MoodleApp *app;
  Server *server;
} CheckSite;

/* For g_test_add(): the tenant FD with its company, the master courses F-I and AGT, and somebody to
 * be the service. Nothing is served yet. */
void check_site_set_up(CheckSite *site, gconstpointer data);
void check_site_tear_down(CheckSite *site, gconstpointer data);

/* Writes the configuration; `moodle` are the lines of [moodle], `groups` further groups. */
void check_site_configure(const CheckSite *site, const char *moodle, const char *groups);

/* Runs SQL in the Moodle's file. */
void check_site_exec(const CheckSite *site, const char *sql);

/* Serves the file, over TLS when there is a pair; once per test. */
void check_site_serve(CheckSite *site, MoodleAppOptions options, const char *certificate,
                      const char *key);

/* What check says and that it ends with `code`. `more`: further lines of [moodle]; `groups`: of
 * tenants. */
json_t *check_site_check(CheckSite *site, const char *more, const char *groups, int code);

/* Findings about Moodle of that level whose message holds `message`. */
guint check_site_count(const json_t *document, const char *level, const char *message);

/* The remedy of the first finding whose message holds `message`, "" when there is none. */
const char *check_site_remedy(const json_t *document, const char *message);

/* Whether that is what is well in Moodle. */
bool check_site_notes(const json_t *document, const char *text);
