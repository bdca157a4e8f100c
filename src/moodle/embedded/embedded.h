/* A Moodle in one SQLite file: Moodle's tables, columns and rules, as far as this service reads or
 * writes them. For trying out, rehearsing and testing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "moodle/gateway.h"

typedef struct {
  gint64 student_role; /* mdl_role_assignments.roleid for enrolments; normally 5 */
} EmbeddedOptions;

/* Opens an initialised file; GATEWAY_ERROR_CONFIG with a remedy when it is missing or something
 * else. `clock` must outlive it. Free with gateway_free(). */
Gateway *embedded_open(const char *path, const EmbeddedOptions *options, Clock *clock,
                       GError **error);

typedef struct {
  const char *name, *code;
} EmbeddedCompany;

/* Makes what is missing and leaves what is there: the schema, one top category and company for each
 * of `companies`, the site's front page, and for each of `masters` a hidden master course (that
 * short name, in category "Templates") with a few sections and modules. Repeatable. *made (may be
 * NULL) counts what it made in this call. */
typedef struct {
  guint companies, masters;
} EmbeddedMade;
bool embedded_init(const char *path, const EmbeddedCompany *companies, guint company_count,
                   const char *const *masters, guint master_count, Clock *clock, EmbeddedMade *made,
                   GError **error);
