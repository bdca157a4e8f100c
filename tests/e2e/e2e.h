/* A place to try the whole chain in, as a user has it: a folder with certificates, tenants and a
 * configuration, a zms-sim that asks for client certificates, and the lehrgaenge program.
 *
 * $LEHRGAENGE, $ZMS_SIM and $MOODLE_SIM name the programs, $SOURCE_ROOT the project.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "process.h"
#include "rows.h"

/* All tenants of data/tenants.tsv. */
#define E2E_ALL_TENANTS 35

typedef struct {
  char *folder;         /* everything is in here, nothing stays */
  char *moodle, *store; /* paths of the two SQLite files */
  GKeyFile *config;     /* written to lehrgaenge.conf before each call */
  Process *sim;         /* NULL while none runs */
  char *url;            /* its address */
  Process *moodle_sim;  /* NULL while none runs */
  char *moodle_url;     /* its address; NULL before the first */
} Place;

/* A new folder with certificates (scripts/make-test-certs in certs/), the first `tenants` tenants
 * of data/tenants.tsv, and a configuration for them that is complete but for baseurl. Free with
 * e2e_free(). */
Place *e2e_new(guint tenants);
void e2e_free(Place *place); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Place, e2e_free)

/* A path in the place's folder. Free with g_free(). */
char *e2e_path(const Place *place, const char *name);

/* Writes a file of the place, making its folders. `mode` as for chmod. */
void e2e_write(const Place *place, const char *name, const char *text, int mode);

/* Sets a key of the configuration; `value` NULL takes it out. */
void e2e_set(Place *place, const char *group, const char *key, const char *value);

/* Starts zms-sim with mutual TLS on a free port, with the options in `line` besides (split as a
 * shell does), waits until it listens, and sets baseurl. Ends the one that ran before. Writes the
 * tenants' tokens to keys/. */
void e2e_sim(Place *place, const char *line);

/* The token of the simulated Moodle's service. */
#define E2E_MOODLE_TOKEN "5a8f1d0c3b7e4962a0c4d8e1f2b39675"

/* Starts moodle-sim over TLS on the place's embedded Moodle (on the port it had before, if any),
 * with the options in `line` besides, waits until it listens, and configures the web-service
 * backend for it. Ends the one that ran before. */
void e2e_serve_moodle(Place *place, const char *line);
void e2e_stop_moodle(Place *place); /* kills it */

/* As e2e_tell and e2e_stat, of moodle-sim. */
void e2e_tell_moodle(const Place *place, const char *method, const char *path);
gint64 e2e_stat_moodle(const Place *place, const char *path);

/* Asks the simulator `method` `path` with the client certificate, and fails the test unless the
 * answer is a 2xx. Free with g_free(). */
char *e2e_ask(const Place *place, const char *method, const char *path);

/* The same for those that answer nothing: the simulator's controls. */
void e2e_tell(const Place *place, const char *method, const char *path);

/* A number of the simulator's /__stats, by its path of keys: "statuses.429"; 0 when missing. */
gint64 e2e_stat(const Place *place, const char *path);

/* Runs lehrgaenge with the arguments in `line` to its end, or starts it. */
Said e2e_call(Place *place, const char *line);
Process *e2e_start(Place *place, const char *line);

/* The same, and the test fails unless the exit code is `code`. */
Said e2e_expect(Place *place, int code, const char *line);

/* The same when nobody cares what it says. */
void e2e_must(Place *place, int code, const char *line);

/* Waits until the run in `process` has begun `phase` ("fetch", "apply" …; NULL: any). False when
 * the process was over before that was seen. */
bool e2e_await_phase(const Place *place, Process *process, const char *phase);

/* Makes the embedded Moodle anew, with the master courses that made-up data needs, and no store.
 * From the second time on a copy of the first. */
void e2e_fresh_moodle(Place *place);

/* Everything of a run that must not depend on how it came about (rows_meaning). */
char *e2e_meaning(const Place *place);

/* Standard output as JSON. Fails the test unless it is exactly one document. */
json_t *e2e_json(const Said *said);

/* report["tenants"] of that abbreviation, borrowed. Fails the test when there is none. */
json_t *e2e_tenant(const json_t *report, const char *abbr);

/* report["totals"][key]; fails the test when it is missing. */
gint64 e2e_total(const json_t *report, const char *key);

/* Whether `text` has `part`. Fails the test, showing both, when not. */
void e2e_assert_has(const char *text, const char *part);
