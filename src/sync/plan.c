/* Course by course: decide for each person, compare with what Moodle has, emit what is missing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/plan.h"

#include <string.h>

#include "base/text.h"
#include "sync/decide.h"
#include "sync/naming.h"

/* The course being planned. */
typedef struct {
  Plan *plan;
  Decisions *decisions;
  guint index;
  Course *course;
  guint first_line;  /* its lines are the plan's from here on */
  guint32 *group_of; /* per Lehrgang of the input: its group in plan->groups, PLAN_NONE when none */
  guint first_group; /* its groups are the plan's from here on */
  GArray *listed;    /* gint64: the existing users that a Lehrgang lists, for counting the others */
  bool *seen;        /* per person: a STEP_CREATE_USER or STEP_UPDATE_USER was emitted */
} Planning;

static void
group_clear(gpointer data) {
  g_free(((PlanGroup *)data)->name);
}

static void
unproven_clear(gpointer data) {
  g_free(((PlanUnproven *)data)->why);
}

static void
emit(Plan *plan, StepKind kind, guint32 line, guint32 person, guint32 why, guint32 group) {
  PlanStep step = { line, person, why, group, (guint8)kind, STEP_PLANNED };
  g_array_append_val(plan->steps[kind], step);
}

/* The line of the tenant that lists a Lehrgang. A course has few tenants, so looking through them
 * is fine. */
static guint32
line_of(Planning *planning, guint tenant) {
  GArray *lines = planning->plan->lines;
  for (guint i = planning->first_line; i < lines->len; i++)
    if (g_array_index(lines, PlanLine, i).tenant == tenant)
      return i;
  PlanLine line = { .course = planning->index, .tenant = tenant };
  g_array_append_val(lines, line);
  return lines->len - 1;
}

static void
open_lines(Planning *planning) {
  planning->first_line = planning->plan->lines->len;
  for (guint i = 0; i < planning->course->lehrgaenge->len; i++)
    line_of(planning, input_lehrgang(planning->plan->input,
                                     g_array_index(planning->course->lehrgaenge, guint, i))
                          ->tenant);
}

static void
plan_course_itself(Planning *planning) {
  if (planning->course->id == 0)
    emit(planning->plan, STEP_CREATE_COURSE, planning->first_line, PLAN_NONE, PLAN_NONE, PLAN_NONE);
  if (planning->course->id == 0 || planning->course->unfinished)
    emit(planning->plan, STEP_LINK_COURSE, planning->first_line, PLAN_NONE, PLAN_NONE, PLAN_NONE);
}

/* Whether some Teilnehmer of the Lehrgang is to be enrolled by it and can be. */
static bool
enrols_anyone(const Planning *planning, const InputLehrgang *lehrgang) {
  for (guint i = lehrgang->first; i < lehrgang->first + lehrgang->count; i++) {
    const InputTeilnehmer *teilnehmer = input_teilnehmer(planning->plan->input, i);
    if (teilnehmer->action >= ACTION_ENROL &&
        users_at(planning->plan->users, teilnehmer->person)->state != USER_SKIPPED)
      return true;
  }
  return false;
}

/* The group of a start day, existing, planned for an earlier Lehrgang of that day, or new with the
 * next number. */
static guint32
group_for(Planning *planning, const char *start_tag, guint *highest) {
  GArray *groups = planning->plan->groups;
  for (guint i = planning->first_group; i < groups->len; i++)
    if (naming_group_is(g_array_index(groups, PlanGroup, i).name, start_tag))
      return i;
  PlanGroup group = { .course = planning->index, .name = naming_group(++*highest, start_tag) };
  g_array_append_val(groups, group);
  return groups->len - 1;
}

/* Groups take their numbers in the order of the Lehrgänge, whoever is in them. */
static void
plan_groups(Planning *planning) {
  Plan *plan = planning->plan;
  guint highest = 0;
  planning->first_group = plan->groups->len;
  const CurrentCourse *current = &plan->current->courses[planning->index];
  for (guint i = 0; i < current->groups; i++) {
    const CurrentGroup *is =
        &g_array_index(plan->current->groups, CurrentGroup, current->first_group + i);
    PlanGroup group = { planning->index, is->id, g_strdup(is->name) };
    g_array_append_val(plan->groups, group);
    highest = MAX(highest, naming_group_number(is->name));
  }
  guint existing = plan->groups->len;
  for (guint i = 0; i < planning->course->lehrgaenge->len; i++) {
    guint index = g_array_index(planning->course->lehrgaenge, guint, i);
    const InputLehrgang *lehrgang = input_lehrgang(plan->input, index);
    autochar start_tag = text_trim(lehrgang->lehrgang.start_tag);
    bool wanted = !planning->course->alt && *start_tag != '\0' && enrols_anyone(planning, lehrgang);
    planning->group_of[index] = wanted ? group_for(planning, start_tag, &highest) : PLAN_NONE;
  }
  for (guint32 i = existing; i < plan->groups->len; i++)
    emit(plan, STEP_CREATE_GROUP, planning->first_line, PLAN_NONE, PLAN_NONE, i);
}

static bool
is_member(const Planning *planning, guint32 group, gint64 userid) {
  const CurrentCourse *current = &planning->plan->current->courses[planning->index];
  guint offset = group - planning->first_group;
  /* Existing groups stand first, in the order they were read. */
  return offset < current->groups && current_is_member(planning->plan->current, planning->index,
                                                       current->first_group + offset, userid);
}

static void
plan_memberships(Planning *planning, guint32 line, const Decision *decision, gint64 userid) {
  for (guint i = 0; i < decision->count; i++) {
    const DecideVoice *voice =
        &g_array_index(planning->decisions->voices, DecideVoice, decision->first + i);
    guint32 group = planning->group_of[voice->lehrgang];
    if (voice->action < ACTION_ENROL || group == PLAN_NONE ||
        (userid != 0 && is_member(planning, group, userid)))
      continue;
    /* Two Lehrgänge of one start day share a group. */
    bool twice = false;
    GArray *steps = planning->plan->steps[STEP_ADD_MEMBER];
    for (guint s = steps->len; s > 0 && !twice; s--) {
      const PlanStep *step = &g_array_index(steps, PlanStep, s - 1);
      if (step->person != decision->person || step->line < planning->first_line)
        break;
      twice = step->group == group;
    }
    if (!twice)
      emit(planning->plan, STEP_ADD_MEMBER, line, decision->person, voice->teilnehmer, group);
  }
}

static void
plan_presence(Planning *planning, guint32 line, const Decision *decision, gint64 userid,
              guint flags) {
  Plan *plan = planning->plan;
  if (flags & GATEWAY_ENROL_ACTIVE)
    plan_line(plan, line)->already_enrolled++;
  else
    emit(plan, STEP_ENROL, line, decision->person, decision->why, PLAN_NONE);
  plan_memberships(planning, line, decision, userid);
  if (decision->action != ACTION_COMPLETE || (flags & GATEWAY_ENROL_COMPLETED))
    return;
  if (plan->current->no_completions)
    plan_line(plan, line)->completions_waiting++;
  else
    emit(plan, STEP_COMPLETE, line, decision->person, decision->why, PLAN_NONE);
}

static void
plan_absence(Planning *planning, guint32 line, const Decision *decision, guint flags) {
  bool suspend = planning->plan->courses->config->sync.suspend;
  /* Suspended already, and active by another method, which is not ours to end. */
  bool suspended = (flags & GATEWAY_ENROL_SUSPENDED) || !(flags & GATEWAY_ENROL_ACTIVE);
  if ((flags & GATEWAY_ENROL_MANUAL) && !(suspend && suspended))
    emit(planning->plan, STEP_UNENROL, line, decision->person, decision->why, PLAN_NONE);
  else
    plan_line(planning->plan, line)->already_unenrolled++;
}

/* A person's account is counted in every course, and made or mended with the first. */
static void
plan_account(Planning *planning, guint32 line, guint32 person, guint32 why) {
  Plan *plan = planning->plan;
  const User *user = users_at(plan->users, person);
  PlanLine *counts = plan_line(plan, line);
  counts->users_total++;
  if (user->state == USER_SKIPPED)
    counts->users_skipped++;
  else if (user->state == USER_EXISTING || planning->seen[person])
    counts->users_existing++;
  if (planning->seen[person])
    return;
  planning->seen[person] = true;
  if (user->state == USER_NEW)
    emit(plan, STEP_CREATE_USER, line, person, why, PLAN_NONE);
  else if (user->set_idnumber || user->set_username || user->set_auth)
    emit(plan, STEP_UPDATE_USER, line, person, why, PLAN_NONE);
}

static void
plan_person(Planning *planning, const Decision *decision) {
  Plan *plan = planning->plan;
  const DecideVoice *first =
      &g_array_index(planning->decisions->voices, DecideVoice, decision->first);
  guint32 line = line_of(planning, input_lehrgang(plan->input, first->lehrgang)->tenant);
  plan_account(planning, line, decision->person, first->teilnehmer);

  PlanLine *counts = plan_line(plan, line);
  const User *user = users_at(plan->users, decision->person);
  counts->total++;
  if (user->state == USER_SKIPPED) {
    counts->skipped++;
    return;
  }
  const CurrentEnrolment *is =
      user->id != 0 ? current_enrolment(plan->current, planning->index, user->id) : NULL;
  guint flags = is != NULL ? is->flags : 0;
  if (user->id != 0)
    g_array_append_val(planning->listed, user->id);
  if (decision->action >= ACTION_ENROL)
    plan_presence(planning, line, decision, user->id, flags);
  else if (decision->action == ACTION_UNENROL)
    plan_absence(planning, line, decision, flags);
  else
    counts->noop++;
}

static gint
by_number(gconstpointer a, gconstpointer b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return x < y ? -1 : x > y;
}

static bool
all_read(const Planning *planning) {
  for (guint i = 0; i < planning->course->lehrgaenge->len; i++)
    if (!input_complete(input_lehrgang(planning->plan->input,
                                       g_array_index(planning->course->lehrgaenge, guint, i))))
      return false;
  return true;
}

/* SPEC 5, `unlisted`: actively enrolled, ours, and in no list of this course. Both sides ascend, so
 * one walk tells. Who is in a list that was not asked for or could not be read is not known, so a
 * course with such a list counts nobody. */
static void
count_unlisted(Planning *planning) {
  if (planning->course->partial || !all_read(planning))
    return;
  const Current *current = planning->plan->current;
  const CurrentCourse *course = &current->courses[planning->index];
  g_array_sort(planning->listed, by_number);
  guint at = 0;
  for (guint i = 0; i < course->enrolments; i++) {
    const CurrentEnrolment *is =
        &g_array_index(current->enrolments, CurrentEnrolment, course->first_enrolment + i);
    while (at < planning->listed->len && g_array_index(planning->listed, gint64, at) < is->userid)
      at++;
    bool listed =
        at < planning->listed->len && g_array_index(planning->listed, gint64, at) == is->userid;
    if (!listed && (is->flags & CURRENT_OURS) && (is->flags & GATEWAY_ENROL_ACTIVE))
      plan_line(planning->plan, planning->first_line)->unlisted++;
  }
}

static void
plan_one_course(Planning *planning, guint index) {
  planning->index = index;
  planning->course = courses_at(planning->plan->courses, index);
  if (planning->course->lehrgaenge->len == 0)
    return;
  g_array_set_size(planning->listed, 0);
  decisions_make(planning->decisions, planning->plan->input, planning->course);
  open_lines(planning);
  plan_course_itself(planning);
  plan_groups(planning);
  for (guint i = 0; i < planning->decisions->decisions->len; i++)
    plan_person(planning, &g_array_index(planning->decisions->decisions, Decision, i));
  count_unlisted(planning);
}

static gint
by_person(gconstpointer a, gconstpointer b) {
  guint32 x = ((const PlanStep *)a)->person, y = ((const PlanStep *)b)->person;
  return x < y ? -1 : x > y;
}

Plan *
plan_build(const Input *input, Courses *courses, Users *users, const Current *current) {
  Plan *plan = g_new0(Plan, 1);
  plan->input = input;
  plan->courses = courses;
  plan->users = users;
  plan->current = current;
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    plan->steps[kind] = g_array_new(FALSE, FALSE, sizeof(PlanStep));
  plan->lines = g_array_new(FALSE, FALSE, sizeof(PlanLine));
  plan->groups = g_array_new(FALSE, FALSE, sizeof(PlanGroup));
  g_array_set_clear_func(plan->groups, group_clear);
  plan->unproven = g_array_new(FALSE, FALSE, sizeof(PlanUnproven));
  g_array_set_clear_func(plan->unproven, unproven_clear);

  g_autoptr(Decisions) decisions = decisions_new();
  g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autofree guint32 *group_of = g_new(guint32, input->lehrgaenge->len + 1);
  g_autofree bool *seen = g_new0(bool, people_count(users->people) + 1);
  Planning planning = {
    .plan = plan, .decisions = decisions, .listed = listed, .group_of = group_of, .seen = seen
  };
  for (guint i = 0; i < courses->courses->len; i++)
    plan_one_course(&planning, i);
  /* Names and addresses were given in the order of people; accounts are made in it, so that a run
   * cut short and one that was not give the same. */
  g_array_sort(plan->steps[STEP_CREATE_USER], by_person);
  return plan;
}

void
plan_free(Plan *plan) {
  if (plan == NULL)
    return;
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    g_array_unref(plan->steps[kind]);
  g_array_unref(plan->lines);
  g_array_unref(plan->groups);
  g_array_unref(plan->unproven);
  g_free(plan);
}

guint
plan_count(const Plan *plan, StepKind kind, StepState state) {
  guint count = 0;
  for (guint i = 0; i < plan->steps[kind]->len; i++)
    count += plan_step(plan, kind, i)->state == state;
  return count;
}

void
plan_place(const guint planned[STEP_KINDS], StepKind kind, guint done, guint total, guint *at,
           guint *whole) {
  *at = *whole = 0;
  for (StepKind other = 0; other < STEP_KINDS; other++) {
    *at += other < kind ? planned[other] : 0;
    *whole += planned[other];
  }
  if (total > 0)
    *at += (guint)((guint64)planned[kind] * done / total);
}

const char *
plan_kind_word(StepKind kind) {
  static const char *const words[STEP_KINDS] = {
    "create_course", "link_course", "create_user", "update_user", "enrol",
    "create_group",  "add_member",  "complete",    "unenrol",
  };
  return words[kind];
}
