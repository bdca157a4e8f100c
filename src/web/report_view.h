/* A run's report (docs/INTERFACES.md, "The report") as plain rows, cut down to what whoever asks
 * may see. Whoever is bound to tenants gets their rows and sums over these; what a report says of
 * all tenants at once is left out, because nobody can tell whose it is.
 *
 * Reports of older versions and damaged ones lack keys: what is missing is 0, "" or an empty list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "web/language.h"
#include "web/principal.h"

#define REPORT_VIEW_ERROR (report_view_error_quark())
GQuark report_view_error_quark(void);
typedef enum { REPORT_VIEW_ERROR_DAMAGED } ReportViewError;

/* What a report counts of each course, in the order in which it is shown. */
typedef enum {
  REPORT_USERS_CREATED,
  REPORT_USERS_EXISTING,
  REPORT_USERS_UPDATED,
  REPORT_USERS_SKIPPED,
  REPORT_ENROLLED,
  REPORT_ALREADY_ENROLLED,
  REPORT_UNENROLLED,
  REPORT_ALREADY_UNENROLLED,
  REPORT_NOOP,
  REPORT_COMPLETED,
  REPORT_COMPLETIONS_WAITING,
  REPORT_SKIPPED,
  REPORT_HELD,
  REPORT_UNPROVEN,
  REPORT_UNLISTED,
  REPORT_GROUPS,
  REPORT_MEMBERSHIPS,
  REPORT_NUMBERS,
} ReportNumber;

/* Its name among the totals, which is also what ?sort= calls it: "users_created", "enrolled". */
const char *report_view_name(ReportNumber number);
/* The head of its column. */
const char *report_view_title(WebLanguage language, ReportNumber number);

typedef enum {
  REPORT_TENANT_OK,
  REPORT_TENANT_PARTLY,
  REPORT_TENANT_FAILED,
  REPORT_TENANT_NOT_ASKED,
  REPORT_TENANT_NOT_CONFIGURED,
} ReportTenantState;

/* All texts and JSON are borrowed from the view. */
typedef struct {
  const char *abbr, *name;
  ReportTenantState state;
  const char *error;                             /* NULL: it did not fail as a whole */
  gint64 created, skipped, failed, total;        /* Lehrgänge; `failed` also counts steps */
  gint64 left_out;                               /* malformed items */
  gint64 courses_created;                        /* its lines whose course was made */
  gint64 numbers[REPORT_NUMBERS];                /* summed over its courses */
  const json_t *skip_reasons, *failures, *items; /* {reason: n}; [{id, error}]; what was left out,
                                                    [{lehrgang, where, id, why}]; NULL: none */
} ReportTenant;

/* One course of one tenant. */
typedef struct {
  const ReportTenant *tenant;
  gint64 course; /* Moodle's id; 0: not made */
  const char *shortname;
  bool created, troubled;   /* `troubled`: something failed, was skipped, held or not proven */
  const json_t *lehrgaenge; /* ids; NULL: none */
  gint64 numbers[REPORT_NUMBERS];
} ReportCourse;

typedef struct {
  const char *company; /* its code; "all companies" */
  gint64 removals, enrolled, allowed;
} ReportHeld;

typedef struct {
  const char *shortname;
  const char *why; /* NULL: not to be told */
} ReportUnproven;

typedef struct {
  json_t *document;  /* what may be seen of the report; never changed */
  bool all;          /* nothing was taken out */
  bool shortened;    /* was too large to be kept with its tenants */
  bool failed;       /* as a whole */
  const char *error; /* why; NULL: it did not, or not to be told */
  GArray *tenants;   /* ReportTenant, as configured */
  GArray *courses;   /* ReportCourse, in the same order */
  ReportTenant sum;  /* over what may be seen, without texts and lists */
  gint64 tenants_failed;
  GArray *held;     /* ReportHeld */
  GArray *unproven; /* ReportUnproven */
  /* There are removals held, and things of other kinds, that cannot be told to whoever asks. */
  bool held_elsewhere, more_elsewhere;
  const json_t *warnings, *unknown, *copies; /* as in the report; NULL: none */
} ReportView;

/* `central` is the central company's code: several tenants feed its courses, so that its numbers
 * are nobody's own. REPORT_VIEW_ERROR: `summary` is no report. */
ReportView *report_view_new(const char *summary, const WebPrincipal *who, const char *central,
                            GError **error);
void report_view_free(ReportView *view); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportView, report_view_free)

typedef enum { REPORT_ONLY_ALL, REPORT_ONLY_CHANGES, REPORT_ONLY_TROUBLE } ReportOnly;

/* Which courses, in which order. */
typedef struct {
  const char *search; /* part of a short name, a Lehrgang's id or a tenant's abbreviation or name;
                         in whatever case; "": any */
  const char *tenant; /* an abbreviation; "": all */
  ReportOnly only;
  const char *sort; /* "tenant", "course", "lehrgaenge" or a report_view_name(), with '-' in front
                       downwards; anything else: as in the report */
} ReportFilter;

/* Those that the filter lets through: const ReportCourse * borrowed from the view. */
GPtrArray *report_view_select(const ReportView *view, const ReportFilter *filter);

/* Whether anything was done there: a course made, people changed. */
bool report_view_changed(const ReportCourse *course);

/* The number under `key`, 0 when there is none; the text, "" when there is none. */
gint64 report_view_number(const json_t *object, const char *key);
const char *report_view_text(const json_t *object, const char *key);
