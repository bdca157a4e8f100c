/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "scheduler/content_copy.h"
#include "sync/apply_private.h"

#define COURSE_SLICE 100 /* courses are dear, and each slice waits for the disk */

static Gateway *
gateway(const Apply *apply) {
  return apply->context->gateway;
}

static User *
user_of(const Apply *apply, const PlanStep *step) {
  return users_at(apply->plan->users, step->person);
}

static PlanGroup *
group_of(const Apply *apply, const PlanStep *step) {
  return &g_array_index(apply->plan->groups, PlanGroup, step->group);
}

/* ── what a step stands on ── */

static bool
ready_always(const Apply *apply, const PlanStep *step) {
  (void)apply;
  (void)step;
  return true;
}

static bool
ready_course(const Apply *apply, const PlanStep *step) {
  return plan_course(apply->plan, step)->id != 0;
}

static bool
ready_user(const Apply *apply, const PlanStep *step) {
  return ready_course(apply, step) && user_of(apply, step)->id != 0;
}

static bool
ready_enrolled(const Apply *apply, const PlanStep *step) {
  gint64 key = apply_place_key(apply, step);
  return ready_user(apply, step) && !g_hash_table_contains(apply->refused, &key);
}

static bool
ready_member(const Apply *apply, const PlanStep *step) {
  return ready_enrolled(apply, step) && group_of(apply, step)->id != 0;
}

/* ── courses ── */

static bool
call_create_courses(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                    GError **error) {
  GatewayNewCourse items[GATEWAY_SLICE];
  GTimeZone *zone = apply->plan->courses->config->moodle.timezone;
  for (guint i = 0; i < count; i++) {
    const Course *course = plan_course(apply->plan, steps[i]);
    gint16 year = (gint16)course->year;
    items[i] = (GatewayNewCourse){
      .shortname = course->shortname,
      .fullname = course->fullname,
      .idnumber = course->idnumber,
      .category = apply->plan->courses->companies[course->company].category,
      .startdate = date_start((Date){ year, 1, 1 }, zone),
      .enddate = date_end((Date){ year, 12, 31 }, zone),
      .settings = &course->settings,
    };
  }
  return gateway(apply)->class->create_courses(gateway(apply), items, count, outcomes, error);
}

static void
done_create_course(Apply *apply, PlanStep *step, const GatewayOutcome *outcome) {
  plan_course(apply->plan, step)->id = outcome->id;
}

/* Of a Lehrgang that two tenants list, the first one's row is written, or each run would turn it to
 * and fro. */
bool
apply_map_course(Apply *apply, const Course *course, gint64 now, GError **error) {
  Store *store = apply->context->store;
  g_autofree StoreCourseMap *rows = g_new(StoreCourseMap, course->lehrgaenge->len + 1);
  g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
  guint count = 0;
  for (guint i = 0; i < course->lehrgaenge->len; i++) {
    const InputLehrgang *lehrgang =
        input_lehrgang(apply->plan->input, g_array_index(course->lehrgaenge, guint, i));
    if (g_hash_table_add(ids, (gpointer)lehrgang->lehrgang.id))
      rows[count++] =
          (StoreCourseMap){ lehrgang->lehrgang.id,
                            input_tenant(apply->plan->input, lehrgang->tenant)->abbr, course->id };
  }
  return store->class->coursemap_put(store, rows, count, now, error);
}

static bool
remember_new_courses(Apply *apply, PlanStep *const *steps, guint count, GError **error) {
  gint64 now = clock_now(apply->context->clock);
  for (guint i = 0; i < count; i++)
    if (steps[i]->state == STEP_DONE &&
        !apply_map_course(apply, plan_course(apply->plan, steps[i]), now, error))
      return false;
  return true;
}

static bool
call_link_courses(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                  GError **error) {
  gint64 courses[GATEWAY_SLICE], companies[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++) {
    const Course *course = plan_course(apply->plan, steps[i]);
    courses[i] = course->id;
    companies[i] = apply->plan->courses->companies[course->company].id;
  }
  return gateway(apply)->class->link_courses(gateway(apply), courses, companies, count, outcomes,
                                             error);
}

static bool
remember_links(Apply *apply, PlanStep *const *steps, guint count, GError **error) {
  g_autoptr(GHashTable) finished = g_hash_table_new(g_str_hash, g_str_equal);
  gint64 now = clock_now(apply->context->clock);
  for (guint i = 0; i < count; i++) {
    Course *course = plan_course(apply->plan, steps[i]);
    if (steps[i]->state != STEP_DONE && steps[i]->state != STEP_ALREADY)
      continue;
    g_hash_table_insert(finished, course->shortname, course);
    if (course->template == 0)
      continue;
    if (!content_copy_queue(apply->context->store, course->id, course->template, course->shortname,
                            now, error))
      return false;
    apply->result->copies_queued++;
  }
  return apply_open_courses(apply, finished, error);
}

/* ── being in a course ── */

static bool
call_enrolments(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                GError **error) {
  GatewayEnrol items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++)
    items[i] =
        (GatewayEnrol){ plan_course(apply->plan, steps[i])->id, user_of(apply, steps[i])->id };
  const GatewayClass *class = gateway(apply)->class;
  bool (*call)(Gateway *, const GatewayEnrol *, guint, GatewayOutcome *, GError **) =
      steps[0]->kind == STEP_ENROL                 ? class->enrol
      : apply->plan->courses->config->sync.suspend ? class->suspend
                                                   : class->unenrol;
  return call(gateway(apply), items, count, outcomes, error);
}

static bool
call_create_groups(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                   GError **error) {
  GatewayNewGroup items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++)
    items[i] = (GatewayNewGroup){ plan_course(apply->plan, steps[i])->id,
                                  group_of(apply, steps[i])->name };
  return gateway(apply)->class->create_groups(gateway(apply), items, count, outcomes, error);
}

static void
done_create_group(Apply *apply, PlanStep *step, const GatewayOutcome *outcome) {
  group_of(apply, step)->id = outcome->id;
}

static bool
call_add_members(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                 GError **error) {
  GatewayMember items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++)
    items[i] = (GatewayMember){ plan_course(apply->plan, steps[i])->id,
                                group_of(apply, steps[i])->id, user_of(apply, steps[i])->id };
  return gateway(apply)->class->add_members(gateway(apply), items, count, outcomes, error);
}

/* SPEC 5: the end of the Lehrgang's last day, never in the future. */
static gint64
completion_time(const Apply *apply, const PlanStep *step) {
  const Plan *plan = apply->plan;
  const InputLehrgang *lehrgang =
      input_lehrgang(plan->input, input_lehrgang_of(plan->input, step->why));
  gint64 now = clock_now(apply->context->clock);
  Date end;
  if (!date_parse(lehrgang->lehrgang.end_tag, &end))
    return now;
  return MIN(now, date_end(end, plan->courses->config->moodle.timezone));
}

static bool
call_complete(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
              GError **error) {
  GatewayCompletion items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++)
    items[i] =
        (GatewayCompletion){ plan_course(apply->plan, steps[i])->id, user_of(apply, steps[i])->id,
                             completion_time(apply, steps[i]) };
  return gateway(apply)->class->complete(gateway(apply), items, count, outcomes, error);
}

const ApplyKind apply_kinds[STEP_KINDS] = {
  [STEP_CREATE_COURSE] = { COURSE_SLICE, true, true, ready_always, call_create_courses,
                           done_create_course, remember_new_courses },
  [STEP_LINK_COURSE] = { COURSE_SLICE, false, true, ready_course, call_link_courses, NULL,
                         remember_links },
  [STEP_CREATE_USER] = { GATEWAY_SLICE, true, false, ready_always, apply_users_create,
                         apply_users_created, apply_users_remember },
  [STEP_UPDATE_USER] = { GATEWAY_SLICE, true, false, ready_always, apply_users_update, NULL,
                         apply_open_accounts },
  [STEP_ENROL] = { GATEWAY_SLICE, true, false, ready_user, call_enrolments, NULL, NULL },
  [STEP_CREATE_GROUP] = { GATEWAY_SLICE, true, false, ready_course, call_create_groups,
                          done_create_group, NULL },
  [STEP_ADD_MEMBER] = { GATEWAY_SLICE, true, false, ready_member, call_add_members, NULL, NULL },
  [STEP_COMPLETE] = { GATEWAY_SLICE, true, false, ready_enrolled, call_complete, NULL, NULL },
  [STEP_UNENROL] = { GATEWAY_SLICE, true, false, ready_user, call_enrolments, NULL, NULL },
};
