/* One call of a web-service function: who and what it works with, the exception it ends with, and
 * short hands for the database. A function that returns NULL or false has thrown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "moodle/embedded/embedded_private.h"

/* ── the site, the same for all calls ── */

typedef struct MsimFunction MsimFunction;

typedef struct {
  Embedded *moodle;
  GHashTable *functions; /* of those in the service: name → MsimFunction */
  GHashTable *forbidden; /* set of names: the role lacks their capability */
  gint64 service_user;
  gint64 student_role;
  gint64 messages; /* how many were sent */
  bool plugin, hide_email, password_policy, exact_case, recent;
  char *url;        /* what Moodle calls itself in links */
  GStrv lacks;      /* capabilities that the role lacks, as the companion plugin tells them */
  GStrv unknown;    /* and those that the site does not know */
  GStrv assignable; /* short names of the roles it may assign; NULL: the student role */
} MsimSite;

/* ── exceptions ── */

/* As Moodle shows them with debugging off; `code` NULL for PHP's own errors. */
typedef struct {
  char *exception, *code, *message;
} MsimException;

void msim_exception_clear(MsimException *exception);

typedef struct MsimCall MsimCall;

/* Calls another function of the service, as the batch wrapper does. NULL: `*thrown` is what it
 * threw, to be cleared by the caller. */
typedef json_t *(*MsimInner)(MsimCall *call, const MsimFunction *function, const json_t *arguments,
                             bool raw, MsimException *thrown);

struct MsimCall {
  MsimSite *site;
  Db *db;
  gint64 now;
  bool raw; /* moodlewssettingraw */
  MsimException thrown;
  MsimInner inner;
  gpointer inner_data;
};

/* Throws unless something was thrown before; both return false / NULL for `return`. */
bool msim_throw(MsimCall *call, const char *exception, const char *code, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The frequent ones, in Moodle's words. */
bool msim_throw_invalid(MsimCall *call);                      /* invalidparameter */
bool msim_throw_missing(MsimCall *call, const char *table);   /* dml_missing_record_exception */
bool msim_throw_response(MsimCall *call);                     /* invalidresponse */
bool msim_throw_permission(MsimCall *call, const char *what); /* nopermissions */

/* That errorcode, in Moodle's words where they are known. */
bool msim_throw_code(MsimCall *call, const char *code);

/* Takes what was thrown as a warning {item,itemid,warningcode,message} and lets the call go on. */
json_t *msim_warning(MsimCall *call, const char *item, gint64 id);

/* ── the database; SQL must be a literal, types as in db.h ── */

/* All rows as an array of objects named by column. NULL: thrown. */
json_t *msim_rows(MsimCall *call, const char *sql, const char *types, ...);

/* The first row, json_null() when there is none. NULL: thrown. */
json_t *msim_row(MsimCall *call, const char *sql, const char *types, ...);

/* The first row's first column, 0 when there is none. False: thrown. */
bool msim_number(MsimCall *call, gint64 *value, const char *sql, const char *types, ...);

/* Runs a statement. False: thrown, a breach of the schema's rules as dmlwriteexception. */
bool msim_exec(MsimCall *call, const char *sql, const char *types, ...);

/* A GError of the database as Moodle's exception; frees it. */
bool msim_throw_error(MsimCall *call, GError *error);

/* ── values ── */

/* object[key] as number (booleans 0 and 1); `missing` when absent or null. */
gint64 msim_int(const json_t *object, const char *key, gint64 missing);

/* object[key] as text; NULL when absent or null. */
const char *msim_text(const json_t *object, const char *key);

/* Names as \core_external\util::format_string() gives them: raw as they are, else with "&amp;". */
json_t *msim_string(const MsimCall *call, const char *text);

/* Sets text and format as \core_external\util::format_text() gives them. */
void msim_set_text(const MsimCall *call, json_t *object, const char *key, const char *format_key,
                   const char *text, gint64 format);

/* A whole text with each & that begins no entity as "&amp;". Free with g_free(). */
char *msim_escape(const char *text);
