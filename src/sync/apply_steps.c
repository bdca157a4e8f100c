/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "scheduler/content_copy.h"
#include "sync/apply_private.h"
#include "sync/login.h"

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

/* The open intents that a finished course answers: this run's, and those of the run that began it.
 */
typedef struct {
  GHashTable *finished; /* short name → Course */
  GArray *ids;          /* gint64 */
  GArray *outcomes;     /* StoreJournalOutcome */
  gint64 run;
} Closing;

static void
on_open_intent(const StoreJournalRow *row, gpointer data) {
  Closing *closing = data;
  const Course *course = g_hash_table_lookup(closing->finished, row->entry.shortname);
  if (course == NULL)
    return;
  bool ours = row->run == closing->run;
  StoreJournalOutcome outcome = { .state = ours ? JOURNAL_DONE : JOURNAL_FAILED,
                                  .courseid = course->id,
                                  .error = ours ? NULL
                                                : "interrupted; a later run finished the course" };
  g_array_append_val(closing->ids, row->id);
  g_array_append_val(closing->outcomes, outcome);
}

static bool
close_intents(Apply *apply, GHashTable *finished, GError **error) {
  Store *store = apply->context->store;
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) outcomes = g_array_new(FALSE, FALSE, sizeof(StoreJournalOutcome));
  Closing closing = { finished, ids, outcomes, apply->context->run };
  for (StepKind kind = STEP_CREATE_COURSE; kind <= STEP_LINK_COURSE; kind++) {
    StoreJournalFilter filter = { .kind = plan_kind_word(kind), .state = JOURNAL_INTENT };
    if (!store->class->journal_read(store, &filter, on_open_intent, &closing, error))
      return false;
  }
  for (guint i = 0; i < ids->len; i++)
    if (!store->class->journal_settle(store, g_array_index(ids, gint64, i),
                                      &g_array_index(outcomes, StoreJournalOutcome, i), 1, error))
      return false;
  return true;
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
  return close_intents(apply, finished, error);
}

/* ── users ── */

static const char *
keep_text(Apply *apply, char *text) {
  const char *kept = g_string_chunk_insert(apply->texts, text);
  g_free(text);
  return kept;
}

static const char *
password_for(Apply *apply, const char *username) {
  const char *rule = apply->plan->courses->config->users.password;
  if (strcmp(rule, "none") == 0)
    return NULL;
  if (strcmp(rule, "mail") == 0)
    return "";
  return keep_text(apply, login_password(rule, username));
}

static bool
call_create_users(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                  GError **error) {
  const Users *users = apply->plan->users;
  g_autofree GatewayNewUser *items = g_new(GatewayNewUser, count);
  for (guint i = 0; i < count; i++) {
    guint person = steps[i]->person;
    const FreshUser *fresh =
        &g_array_index(users->fresh, FreshUser, users_at(users, person)->fresh);
    const char *id = people_id(users->people, person);
    const char *first = keep_text(
        apply, login_cut(people_field(users->people, person, INPUT_VORNAME), LOGIN_MAX_NAME));
    const char *last = keep_text(
        apply, login_cut(people_field(users->people, person, INPUT_NACHNAME), LOGIN_MAX_NAME));
    items[i] = (GatewayNewUser){
      .username = fresh->username,
      .firstname = *first != '\0' ? first : "Teilnehmer",
      .lastname = *last != '\0' ? last : id,
      .email = fresh->email,
      .city = keep_text(apply,
                        login_cut(people_field(users->people, person, INPUT_ORT), LOGIN_MAX_CITY)),
      .country = "DE",
      .idnumber = id,
      .auth = apply->plan->courses->config->users.auth,
      .password = password_for(apply, fresh->username),
    };
  }
  return gateway(apply)->class->create_users(gateway(apply), items, count, outcomes, error);
}

static void
done_create_user(Apply *apply, PlanStep *step, const GatewayOutcome *outcome) {
  user_of(apply, step)->id = outcome->id;
}

bool
apply_map_flush(Apply *apply, GError **error) {
  Store *store = apply->context->store;
  bool ok =
      apply->map_rows->len == 0 ||
      store->class->usermap_put(store, (const StoreUserMap *)(gpointer)apply->map_rows->data,
                                apply->map_rows->len, clock_now(apply->context->clock), error);
  g_array_set_size(apply->map_rows, 0);
  return ok;
}

bool
apply_map_user(Apply *apply, guint person, GError **error) {
  const Users *users = apply->plan->users;
  gint64 userid = users_at(users, person)->id;
  for (guint node = person; node != PEOPLE_NOBODY; node = people_next(users->people, node)) {
    if (users_at(users, node)->mapped == userid)
      continue;
    StoreUserMap row = { people_id(users->people, node), userid };
    g_array_append_val(apply->map_rows, row);
    users_at(users, node)->mapped = userid;
  }
  return apply->map_rows->len < GATEWAY_SLICE || apply_map_flush(apply, error);
}

static bool
remember_new_users(Apply *apply, PlanStep *const *steps, guint count, GError **error) {
  for (guint i = 0; i < count; i++)
    if (steps[i]->state == STEP_DONE && !apply_map_user(apply, steps[i]->person, error))
      return false;
  return apply_map_flush(apply, error);
}

static bool
call_update_users(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                  GError **error) {
  const People *people = apply->plan->users->people;
  GatewayUserUpdate items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++) {
    const User *user = user_of(apply, steps[i]);
    items[i] = (GatewayUserUpdate){
      .userid = user->id,
      .username = user->set_username ? people_field(people, steps[i]->person, INPUT_LOGIN) : NULL,
      .idnumber = user->set_idnumber ? people_id(people, steps[i]->person) : NULL,
    };
  }
  return gateway(apply)->class->update_users(gateway(apply), items, count, outcomes, error);
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
  [STEP_CREATE_USER] = { GATEWAY_SLICE, true, false, ready_always, call_create_users,
                         done_create_user, remember_new_users },
  [STEP_UPDATE_USER] = { GATEWAY_SLICE, true, false, ready_always, call_update_users, NULL, NULL },
  [STEP_ENROL] = { GATEWAY_SLICE, true, false, ready_user, call_enrolments, NULL, NULL },
  [STEP_CREATE_GROUP] = { GATEWAY_SLICE, true, false, ready_course, call_create_groups,
                          done_create_group, NULL },
  [STEP_ADD_MEMBER] = { GATEWAY_SLICE, true, false, ready_member, call_add_members, NULL, NULL },
  [STEP_COMPLETE] = { GATEWAY_SLICE, true, false, ready_enrolled, call_complete, NULL, NULL },
  [STEP_UNENROL] = { GATEWAY_SLICE, true, false, ready_user, call_enrolments, NULL, NULL },
};
