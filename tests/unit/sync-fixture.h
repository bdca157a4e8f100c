/* What the engine's tests are made of. Hand: input, courses, users and what Moodle has, all by
 * hand, for the pure parts. World: an embedded Moodle and a store in a directory of their own, for
 * those that ask. Failures end the test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "config/config.h"
#include "sync/apply.h"
#include "sync/plan.h"

#define FIXTURE_NOW G_GINT64_CONSTANT(1773144309) /* 2026-03-10 12:05:09 UTC */

/* Statuses as ZMS writes them. */
#define CALLED "S033_EINBERUFEN_KREIS"
#define PASSED "S084_BESTANDEN_LAND"
#define CANCELLED "S041_STORNIERT_KREIS"
#define APPLIED "S010_ANGEMELDET_KREIS"

/* A configuration with the tenants of `abbrs` ("FD KB"; each is called "Kreis <abbr>" and has an
 * apikey), the HLFS as central company, and the defaults of SPEC 7. Free with
 * fixture_config_free(). */
Config *fixture_config(const char *abbrs);
void fixture_config_free(Config *config);

/* An input with the configuration's tenants: configured, selected, listed, empty. */
Input *fixture_input(const Config *config);
InputTenant *fixture_tenant(const Input *input, const char *abbr);

/* Adds a Lehrgang that was answered, to be found by its id, before the input is sealed. */
void fixture_lehrgang(const Input *input, const char *abbr, const char *id, const char *kurz,
                      const char *start, const char *end);

/* Adds a Teilnehmer to the Lehrgang of that id; all of one Lehrgang's in a row. `initial_id` may be
 * "". */
void fixture_teilnehmer(const Input *input, const Config *config, const char *abbr,
                        const char *lehrgang, const char *id, const char *initial_id,
                        const char *status);

/* ── by hand ── */

typedef struct {
  Config *config;
  Input *input;
  Courses *
      courses; /* tenant i's company has id 100 + i, category 200 + i; the central one comes last */
  People *people;
  Users *users;
  Current *current;
  Plan *plan;
  GHashTable *course_of; /* Lehrgang id → index in courses + 1 */
} Hand;

Hand *hand_new(const char *abbrs);
void hand_free(Hand *hand);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hand, hand_free)

/* A course of tenant `abbr`'s company ("" : the central one); `id` 0: to be created. Returns its
 * index. */
guint hand_course(Hand *hand, const char *abbr, gint64 id, const char *shortname);

/* fixture_lehrgang(), feeding a course. */
void hand_lehrgang(Hand *hand, const char *abbr, const char *id, guint course, const char *start,
                   const char *end);
void hand_teilnehmer(Hand *hand, const char *abbr, const char *lehrgang, const char *id,
                     const char *initial_id, const char *status);

/* The input is whole: people are joined, and all of them are new until hand_user() says otherwise.
 */
void hand_seal(Hand *hand);

/* The person with that Teilnehmer id is Moodle's user `userid`, or has no account and gets none
 * (0). */
void hand_user(Hand *hand, const char *id, gint64 userid);

/* What Moodle has: course by course, enrolments by ascending userid, then groups each followed by
 * its members by ascending userid. */
void hand_enrolled(Hand *hand, guint course, gint64 userid, guint flags);
void hand_group(Hand *hand, guint course, gint64 id, const char *name);
void hand_member(Hand *hand, guint course, gint64 userid);

/* Builds the plan from all that. */
Plan *hand_plan(Hand *hand);

/* The plan's steps, one line each: "enrol FD-F-I-26 P1 [G01 (2026-03-01)] <lehrgang> <state>", in
 * order. Free with g_free(). */
char *plan_text(const Plan *plan);

/* ── a world ── */

typedef struct {
  char *directory;
  Clock *clock; /* stands at FIXTURE_NOW */
  Config *config;
  Gateway *gateway;
  Store *store;
} World;

/* `masters`: short names of master courses, separated by blanks. */
World *world_new(const char *abbrs, const char *masters);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* Runs SQL on the embedded Moodle behind the gateway's back. */
void world_exec(const World *world, const char *sql);

/* Everything a run works out before it applies. */
typedef struct {
  World *world;
  Input *input;
  Courses *courses;
  People *people;
  Users *users;
  Current *current;
  Plan *plan;
} Look;

/* Takes over `input`, not sealed yet. */
Look *look_new(World *world, Input *input);
void look_free(Look *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Look, look_free)

/* Applies the plan in a run of its own. Free what came of it with apply_result_free(). */
ApplyResult *look_try(Look *look);

/* The same; nothing may fail. */
void look_apply(Look *look);
