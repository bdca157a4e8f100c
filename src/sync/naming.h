/* What courses and groups are called (SPEC 3 and 5). Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/date.h"
#include "model/lehrgang.h"

/* Longest names Moodle's columns hold, in characters. */
#define NAMING_MAX_SHORTNAME 255
#define NAMING_MAX_FULLNAME 254
#define NAMING_MAX_IDNUMBER 100

/* What the short name of a course for past years ends in. */
#define NAMING_ALT "_alt"

/* SPEC 3.1: the course name of a Lehrgang by the table (kurzbezeichnung → name; both char *) and
 * the e-learning rule. "" when it has no kurzbezeichnung. Free with g_free(). */
char *naming_course_name(GHashTable *table, const Lehrgang *lehrgang);

/* SPEC 3.3: "FD-F-ATR-26"; `alt`: "FD-F-ATR-26_alt". Free with g_free(). */
char *naming_shortname(const char *code, const char *name, gint year, bool alt);

/* Whether a short name is that of a course for past years. */
bool naming_is_alt(const char *shortname);

/* SPEC 3.5: the full name; `suffix` is added for an alt course. Free with g_free(). */
char *naming_fullname(const char *name, bool alt, const char *suffix);

/* SPEC 5: "G07 (2026-03-10)". Free with g_free(). */
char *naming_group(guint number, const char *start_tag);

/* Whether an existing group is the one of that start day: its name ends in " (<startTag>)". */
bool naming_group_is(const char *group, const char *start_tag);

/* The number of a group named "G<digits> (…)"; 0 for any other name. */
guint naming_group_number(const char *group);
