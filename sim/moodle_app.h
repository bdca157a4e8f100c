/* Moodle's REST web services over an embedded Moodle: the functions this service calls, those of
 * IOMAD and of the companion plugin, as strict and as talkative as Moodle 4.2 with debugging off.
 * What is asked for happens in the file's mdl_ tables, which others may read and write meanwhile.
 *
 *   POST …/webservice/rest/server.php       wstoken, wsfunction, moodlewsrestformat, parameters
 *
 * and the controls of a rehearsal:
 *
 *   PUT /__control/maintenance?mode=off|site|cli
 *   PUT /__control/status?status=502|none                       every answer, without doing
 * anything PUT /__control/lose?function=NAME[&nth=N] PUT
 * /__control/fail?function=NAME&errorcode=CODE[&nth=N] PUT /__control/invalid?function=NAME[&nth=N]
 *   DELETE /__control                                           as it was at the start
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"
#include "server.h"

/* Bytes of a request's body; of a larger one Moodle sees nothing (PHP's post_max_size). */
#define MOODLE_APP_MAX_BODY (8 * 1024 * 1024)

/* PHP's max_input_vars: further parameters are dropped without a word. */
#define MOODLE_APP_MAX_INPUT_VARS 1000

/* Mischief asked for and not yet done, at most. */
#define MOODLE_APP_MAX_TRICKS 1000

typedef struct MoodleApp MoodleApp;

/* All zero, with a token, is a Moodle without plugin and batch wrapper. */
typedef struct {
  const char *token;          /* the service's token; not empty */
  gint64 student_role;        /* 0: 5 */
  bool plugin;                /* local_lehrgaenge is installed and in the service */
  bool batch;                 /* tool_mobile_call_external_functions is in the service */
  const char *const *without; /* functions missing from the service, ended by NULL; may be NULL */
  const char *const *forbid;  /* functions whose capability the service's role lacks; may be NULL */
  const char *const *lacks;   /* capabilities that local_lehrgaenge_get_setup says the role lacks,
                                 and nothing else minds; ended by NULL, may be NULL */
  const char *const *unknown; /* and those that the site does not know */
  const char *const *assignable; /* short names of the roles that it says may be assigned; NULL: the
                                    student role */
  bool hide_email;      /* addresses of others are invisible: no search by them finds anything
                           and they are left out of answers */
  bool password_policy; /* Moodle's default: 8 characters, a digit, a lower and an upper case
                           letter, another character */
  guint max_input_vars; /* 0: MOODLE_APP_MAX_INPUT_VARS */
  gint64 service_user;  /* who the token belongs to; 0: the administrator */
  bool exact_case;      /* texts are compared as PostgreSQL does; MariaDB ignores case */
  bool recent;          /* says it is Moodle 5.1, and answers as that where 4.2 answers otherwise: a
                           missing record is `invalidrecordunknown`, and nobody who is not
                           confirmed is enrolled or unenrolled */
} MoodleAppOptions;

/* Opens an embedded Moodle; GATEWAY_ERROR_CONFIG with a remedy when the file is missing or
 * something else. `clock` must outlive it, the options are copied. Free with moodle_app_free(). */
MoodleApp *moodle_app_new(const char *path, const MoodleAppOptions *options, Clock *clock,
                          GError **error);
void moodle_app_free(MoodleApp *app); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MoodleApp, moodle_app_free)

/* What a server needs; valid as long as `app`. */
const ServerApp *moodle_app_interface(MoodleApp *app);

/* ── mischief, from any thread. Calls of a function are counted from now on, the first is nth = 1,
 * those inside the batch wrapper count too; each trick is played once. ── */

/* The nth call is carried out and committed, then the connection closed without an answer. */
void moodle_app_lose_reply(MoodleApp *app, const char *function, guint nth);

/* The nth call does nothing and answers an exception with that errorcode, in Moodle's own words
 * where they are known. */
void moodle_app_fail(MoodleApp *app, const char *function, guint nth, const char *errorcode);

/* The nth call is carried out and committed, then answers `invalidresponse`. */
void moodle_app_invalidate(MoodleApp *app, const char *function, guint nth);

typedef enum {
  MOODLE_APP_OPEN,
  MOODLE_APP_MAINTENANCE,     /* switched on in the pages: `sitemaintenance` */
  MOODLE_APP_MAINTENANCE_CLI, /* switched on by CLI: 503 and a page of HTML */
} MoodleAppMaintenance;
void moodle_app_maintenance(MoodleApp *app, MoodleAppMaintenance maintenance);

/* From now on everything is answered with that HTTP status and a page of HTML; 0 ends it. */
void moodle_app_status(MoodleApp *app, guint status);

/* ── counting, from any thread ── */

/* How many requests asked for that function (NULL: for anything below the web-service path), those
 * inside the batch wrapper not counted. */
guint64 moodle_app_requests(MoodleApp *app, const char *function);

/* How often that function was called, inside the batch wrapper too. */
guint64 moodle_app_calls(MoodleApp *app, const char *function);
