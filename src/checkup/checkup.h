/* A look at everything a run needs, without changing anything: certificates, store, Moodle and its
 * companies, ZMS for every tenant, whether what ZMS lists finds its courses or templates, and
 * whether the mail server lets us in. What is wrong becomes a finding; the look goes on as far as
 * it can.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/stop.h"
#include "config/config.h"

typedef enum {
  CHECKUP_CONFIGURATION,
  CHECKUP_CERTIFICATES,
  CHECKUP_STORE,
  CHECKUP_MOODLE,
  CHECKUP_ZMS,
  CHECKUP_NOTIFY,
  CHECKUP_AREAS,
} CheckupArea;
const char *checkup_area_word(CheckupArea area); /* "configuration" */

typedef enum {
  CHECKUP_OK,
  CHECKUP_WARNING, /* a run works, but someone should know */
  CHECKUP_ERROR,   /* a run would fail, or leave a tenant out that is configured */
} CheckupLevel;
const char *checkup_level_word(CheckupLevel level); /* "ok", "warning", "error" */

typedef struct {
  CheckupArea area;
  CheckupLevel level;
  char **tenants; /* abbreviations of those it is about, ended by NULL; NULL: about none */
  char *course;   /* the course name it is about, or NULL */
  char *message;  /* what and where */
  char *remedy;   /* what to do; "" when the message says it */
} CheckupFinding;

typedef struct {
  const ConfigTenant *tenant;
  bool configured;       /* has an apikey */
  bool company_read;     /* Moodle was asked */
  bool company;          /* and has it */
  gint64 category;       /* of its courses; 0: neither configured nor found */
  bool asked;            /* ZMS was */
  bool answered;         /* and gave its list */
  guint lehrgaenge;      /* good ones in it */
  guint malformed;       /* left out of it */
  char *first_malformed; /* where and why, of the first of them; NULL without */
  bool placed;           /* it was looked which courses they belong to */
  guint skipped;         /* good ones that would have none */
  GHashTable *reasons;   /* why, as reports word it: const char * → GUINT_TO_POINTER(number) */
  char *error;           /* why ZMS did not answer, or NULL */
  const char *word;      /* the same in a word or two */
  const char *remedy;    /* what to do about it; "" when the error says it */
} CheckupTenant;

typedef struct {
  const Config *config;       /* NULL when it could not be read */
  GPtrArray *findings;        /* of CheckupFinding */
  GArray *tenants;            /* of CheckupTenant, in configured order */
  char *texts[CHECKUP_AREAS]; /* what was found there, for people; "" when it was not looked at */
  GPtrArray *moodle_notes;    /* of char *: what is well in Moodle */
} Checkup;

/* Told where the look stands: the phase ("ask ZMS"), done of total steps (0: not known). One call
 * at a time, from several threads. */
typedef void (*CheckupProgressFunc)(const char *phase, guint done, guint total, gpointer user_data);

/* Looks at everything `config` names. `config` must outlive it. Asks at most [zms] connections
 * tenants at once; `stop` (may be NULL) ends it early. `progress` may be NULL. Free with
 * checkup_free(). */
Checkup *checkup_new(const Config *config, Clock *clock, const Stop *stop,
                     CheckupProgressFunc progress, gpointer user_data);

/* A checkup of a configuration that could not be read; one finding per line of `error`. */
Checkup *checkup_new_unreadable(const GError *error);
void checkup_free(Checkup *checkup); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checkup, checkup_free)

/* The worst level among the findings of one area. */
CheckupLevel checkup_level(const Checkup *checkup, CheckupArea area);

/* Findings of that level. */
guint checkup_count(const Checkup *checkup, CheckupLevel level);

/* What was found as one document (docs/INTERFACES.md): {ok, areas, tenants, findings}. Free with
 * json_decref(). */
json_t *checkup_json(const Checkup *checkup);
