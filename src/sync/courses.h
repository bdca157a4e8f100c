/* Which Moodle course each Lehrgang belongs to (SPEC 2 and 3): names are worked out here, what
 * exists is asked of the map and of Moodle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/config.h"
#include "moodle/gateway.h"
#include "store/store.h"
#include "sync/input.h"

#define COURSES_NONE G_MAXUINT

/* Why a Lehrgang has no course, as reports word it. */
#define COURSES_NO_COMPANY "no_company"
#define COURSES_NO_CATEGORY "no_category"
#define COURSES_NO_NAME "no_kurzbezeichnung"
#define COURSES_BAD_END "bad_end_tag"
#define COURSES_LONG_NAME "name_too_long"
#define COURSES_NO_TEMPLATE "no_template"

typedef struct {
  gint64 id; /* 0: not in Moodle yet */
  char *shortname;
  char *found_idnumber; /* what Moodle has as its idnumber; NULL of a new one */
  guint company;        /* in courses->companies: that of its first Lehrgang */
  bool alt;             /* for past years: no groups */
  GArray *lehrgaenge;   /* guint: indices in the input, ascending */

  /* Some Lehrgang that feeds it was not asked for: nobody can tell who is in no list any more. */
  bool partial;

  /* Of a course that an earlier run made but did not finish: it is to be linked and its content
   * copied. */
  bool unfinished;

  /* Of new and unfinished courses */
  char *name, *fullname;
  const char *idnumber; /* its first Lehrgang's id; borrowed from the input */
  gint year;            /* whose first and last day it starts and ends */
  gint template_year;   /* of last year's course, its first choice of a template */
  gint64 template;
  GatewayCourseSettings settings;
} Course;

typedef struct {
  const Config *config;
  GatewayCompany
      *companies; /* one per tenant, then the central one; names borrowed from the config */
  guint company_count, central;
  GPtrArray *courses; /* Course */
  guint *course_of;   /* per Lehrgang: index in courses, or COURSES_NONE */
  const char *
      *skip; /* per Lehrgang: why it has none, one of the words above; NULL when it has one */
} Courses;

/* Asks Moodle for the companies of all configured tenants and the central one. `config` must
 * outlive it. Free with courses_free(). */
Courses *courses_new(const Config *config, Gateway *gateway, GError **error);
void courses_free(Courses *courses);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Courses, courses_free)

/* Finds each Lehrgang's course or decides on a new one; `now` (Unix seconds) tells the current
 * year. Tenants of `input` stand in the config's order. Lehrgänge that could not be read are placed
 * too, but never cause a new course. */
bool courses_place(Courses *courses, const Input *input, Gateway *gateway, Store *store, gint64 now,
                   GError **error);

/* For a run that asks only for some tenants or one year: notes which courses are also fed by
 * Lehrgänge (by the map) that it did not read. */
bool courses_note_partial(Courses *courses, const Input *input, Store *store, GError **error);

/* The company a Lehrgang belongs to: its tenant's, or the central one (SPEC 2). COURSES_NONE:
 * no_company. */
guint courses_company(const Courses *courses, const InputLehrgang *lehrgang);

static inline Course *
courses_at(const Courses *courses, guint index) {
  return g_ptr_array_index(courses->courses, index);
}
