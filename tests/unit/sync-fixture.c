/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/db.h"
#include "moodle/embedded/embedded.h"
#include "store/sqlite.h"

/* ── configuration and input ── */

static void
tenant_free(gpointer data) {
  ConfigTenant *tenant = data;
  g_free(tenant->abbr);
  g_free(tenant->name);
  g_free(tenant->apikey);
  g_free(tenant);
}

Config *
fixture_config(const char *abbrs) {
  static const char *const names[][2] = { { "F-I", "F-I" }, { "F-Atr", "F-ATR" } };
  Config *config = g_new0(Config, 1);
  config->moodle.timezone = g_time_zone_new_identifier("Europe/Berlin");
  config->central.name = g_strdup("Hessische Landesfeuerwehrschule");
  config->central.code = g_strdup("HLFS");
  config->central.ort_prefix = g_strdup("HLFS");
  config->naming.alt_suffix = g_strdup("Abschluss");
  config->status = status_table_new_default();
  config->users.auth = g_strdup("manual");
  config->users.password = g_strdup("none");
  config->guard.percent = 20;
  config->guard.floor = 10;
  config->courses = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    g_hash_table_insert(config->courses, (gpointer)names[i][0], (gpointer)names[i][1]);
  config->tenants = g_ptr_array_new_with_free_func(tenant_free);
  g_auto(GStrv) each = g_strsplit(abbrs, " ", -1);
  for (guint i = 0; each[i] != NULL; i++) {
    ConfigTenant *tenant = g_new0(ConfigTenant, 1);
    tenant->abbr = g_strdup(each[i]);
    tenant->name = g_strdup_printf("Kreis %s", each[i]);
    tenant->apikey = g_strdup("key");
    g_ptr_array_add(config->tenants, tenant);
  }
  return config;
}

void
fixture_config_free(Config *config) {
  g_time_zone_unref(config->moodle.timezone);
  g_free(config->central.name);
  g_free(config->central.code);
  g_free(config->central.ort_prefix);
  g_free(config->naming.alt_suffix);
  status_table_free(config->status);
  g_free(config->users.auth);
  g_free(config->users.password);
  g_hash_table_unref(config->courses);
  g_ptr_array_unref(config->tenants);
  g_free(config);
}

Input *
fixture_input(const Config *config) {
  Input *input = input_new();
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    input_add_tenant(input, tenant->abbr, tenant->name, true, true)->listed = true;
  }
  return input;
}

InputTenant *
fixture_tenant(const Input *input, const char *abbr) {
  for (guint i = 0; i < input->tenants->len; i++)
    if (strcmp(input_tenant(input, i)->abbr, abbr) == 0)
      return input_tenant(input, i);
  g_error("no tenant %s", abbr);
}

void
fixture_lehrgang(const Input *input, const char *abbr, const char *id, const char *kurz,
                 const char *start, const char *end) {
  InputTenant *tenant = fixture_tenant(input, abbr);
  const Lehrgang lehrgang = { id, kurz, "", "", start, end };
  guint index = input_add_lehrgang(tenant, &lehrgang);
  g_assert_cmpuint(index, !=, G_MAXUINT);
  input_finish_lehrgang(tenant, index, NULL);
}

static guint
lehrgang_index(const InputTenant *tenant, const char *id) {
  for (guint i = 0; i < tenant->lehrgaenge->len; i++)
    if (strcmp(g_array_index(tenant->lehrgaenge, InputLehrgang, i).lehrgang.id, id) == 0)
      return i;
  g_error("%s has no Lehrgang %s", tenant->abbr, id);
}

void
fixture_teilnehmer(const Input *input, const Config *config, const char *abbr, const char *lehrgang,
                   const char *id, const char *initial_id, const char *status) {
  InputTenant *tenant = fixture_tenant(input, abbr);
  g_autofree char *email = g_strdup_printf("%s@feuerwehr.example", id);
  const Teilnehmer teilnehmer = { id, initial_id, "Vor", "Nach", email, "Ort", status };
  input_add_teilnehmer(tenant, lehrgang_index(tenant, lehrgang), &teilnehmer, config->status);
}

/* ── by hand ── */

static void
course_free(gpointer data) {
  Course *course = data;
  g_free(course->shortname);
  g_array_unref(course->lehrgaenge);
  g_free(course);
}

Hand *
hand_new(const char *abbrs) {
  Hand *hand = g_new0(Hand, 1);
  hand->config = fixture_config(abbrs);
  hand->input = fixture_input(hand->config);
  hand->course_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

  Courses *courses = hand->courses = g_new0(Courses, 1);
  courses->config = hand->config;
  courses->central = hand->config->tenants->len;
  courses->company_count = courses->central + 1;
  courses->companies = g_new0(GatewayCompany, courses->company_count);
  for (guint i = 0; i < courses->company_count; i++) {
    const ConfigTenant *tenant =
        i < courses->central ? g_ptr_array_index(hand->config->tenants, i) : NULL;
    courses->companies[i] =
        (GatewayCompany){ tenant != NULL ? tenant->name : hand->config->central.name,
                          tenant != NULL ? tenant->abbr : hand->config->central.code, 100 + i,
                          200 + i };
  }
  courses->courses = g_ptr_array_new_with_free_func(course_free);
  return hand;
}

void
hand_free(Hand *hand) {
  plan_free(hand->plan);
  users_free(hand->users);
  people_free(hand->people);
  current_free(hand->current);
  courses_free(hand->courses);
  input_free(hand->input);
  g_hash_table_unref(hand->course_of);
  fixture_config_free(hand->config);
  g_free(hand);
}

static guint
tenant_index(const Hand *hand, const char *abbr) {
  for (guint i = 0; i < hand->config->tenants->len; i++)
    if (strcmp(((const ConfigTenant *)g_ptr_array_index(hand->config->tenants, i))->abbr, abbr) ==
        0)
      return i;
  g_error("no tenant %s", abbr);
}

guint
hand_course(Hand *hand, const char *abbr, gint64 id, const char *shortname) {
  Course *course = g_new0(Course, 1);
  course->id = id;
  course->shortname = g_strdup(shortname);
  course->alt = g_str_has_suffix(shortname, "_alt");
  course->company = *abbr == '\0' ? hand->courses->central : tenant_index(hand, abbr);
  course->lehrgaenge = g_array_new(FALSE, FALSE, sizeof(guint));
  g_ptr_array_add(hand->courses->courses, course);
  return hand->courses->courses->len - 1;
}

void
hand_lehrgang(Hand *hand, const char *abbr, const char *id, guint course, const char *start,
              const char *end) {
  fixture_lehrgang(hand->input, abbr, id, "F-I", start, end);
  g_hash_table_insert(hand->course_of, g_strdup(id), GUINT_TO_POINTER(course + 1));
}

void
hand_teilnehmer(Hand *hand, const char *abbr, const char *lehrgang, const char *id,
                const char *initial_id, const char *status) {
  fixture_teilnehmer(hand->input, hand->config, abbr, lehrgang, id, initial_id, status);
}

static void
seal_users(Hand *hand) {
  Users *users = hand->users = g_new0(Users, 1);
  guint count = people_count(hand->people);
  users->people = hand->people;
  users->users = g_new0(User, count + 1);
  users->fresh = g_array_new(FALSE, FALSE, sizeof(FreshUser));
  users->found = g_hash_table_new(g_int64_hash, g_int64_equal);
  users->texts = g_string_chunk_new(64);
  users->warnings = g_ptr_array_new_with_free_func(g_free);
  for (guint node = 0; node < count; node++) {
    const FreshUser fresh = { people_id(hand->people, node), "somebody@example.org" };
    users->users[node].state = USER_NEW;
    users->users[node].fresh = users->fresh->len;
    g_array_append_val(users->fresh, fresh);
  }
}

void
hand_seal(Hand *hand) {
  input_seal(hand->input);
  guint count = hand->input->lehrgaenge->len;
  g_autofree bool *included = g_new0(bool, count + 1);
  hand->courses->course_of = g_new(guint, count + 1);
  hand->courses->skip = g_new0(const char *, count + 1);
  for (guint i = 0; i < count; i++) {
    guint course = GPOINTER_TO_UINT(
        g_hash_table_lookup(hand->course_of, input_lehrgang(hand->input, i)->lehrgang.id));
    hand->courses->course_of[i] = course != 0 ? course - 1 : COURSES_NONE;
    included[i] = course != 0;
    if (course != 0)
      g_array_append_val(courses_at(hand->courses, course - 1)->lehrgaenge, i);
  }
  hand->people = people_new(hand->input, included);
  people_settle(hand->people);
  seal_users(hand);

  Current *current = hand->current = g_new0(Current, 1);
  current->course_count = hand->courses->courses->len;
  current->courses = g_new0(CurrentCourse, current->course_count + 1);
  current->enrolments = g_array_new(FALSE, FALSE, sizeof(CurrentEnrolment));
  current->groups = g_array_new(FALSE, FALSE, sizeof(CurrentGroup));
  current->members = g_array_new(FALSE, FALSE, sizeof(CurrentMember));
  current->texts = g_string_chunk_new(64);
}

void
hand_user(Hand *hand, const char *id, gint64 userid) {
  guint node = people_by_id(hand->people, id);
  g_assert_cmpuint(node, !=, PEOPLE_NOBODY);
  User *user = users_at(hand->users, people_root(hand->people, node));
  user->id = userid;
  user->state = userid != 0 ? USER_EXISTING : USER_SKIPPED;
}

void
hand_enrolled(Hand *hand, guint course, gint64 userid, guint flags) {
  CurrentCourse *into = &hand->current->courses[course];
  CurrentEnrolment item = { userid, (guint8)flags };
  if (into->enrolments++ == 0)
    into->first_enrolment = hand->current->enrolments->len;
  g_array_append_val(hand->current->enrolments, item);
}

void
hand_group(Hand *hand, guint course, gint64 id, const char *name) {
  CurrentCourse *into = &hand->current->courses[course];
  CurrentGroup item = { id, g_string_chunk_insert(hand->current->texts, name) };
  if (into->groups++ == 0)
    into->first_group = hand->current->groups->len;
  g_array_append_val(hand->current->groups, item);
}

void
hand_member(Hand *hand, guint course, gint64 userid) {
  CurrentCourse *into = &hand->current->courses[course];
  CurrentMember item = { userid, hand->current->groups->len - 1 };
  if (into->members++ == 0)
    into->first_member = hand->current->members->len;
  g_array_append_val(hand->current->members, item);
}

Plan *
hand_plan(Hand *hand) {
  hand->plan = plan_build(hand->input, hand->courses, hand->users, hand->current);
  return hand->plan;
}

char *
plan_text(const Plan *plan) {
  static const char *const states[] = { "planned", "done",     "already", "failed",
                                        "held",    "unproven", "kept" };
  GString *text = g_string_new(NULL);
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    for (guint i = 0; i < plan->steps[kind]->len; i++) {
      const PlanStep *step = plan_step(plan, kind, i);
      g_assert_cmpuint(step->kind, ==, kind);
      g_string_append_printf(text, "%s %s", plan_kind_word(kind),
                             plan_course(plan, step)->shortname);
      if (step->person != PLAN_NONE)
        g_string_append_printf(text, " %s", people_id(plan->users->people, step->person));
      if (step->group != PLAN_NONE)
        g_string_append_printf(text, " [%s]",
                               g_array_index(plan->groups, PlanGroup, step->group).name);
      if (step->why != PLAN_NONE)
        g_string_append_printf(
            text, " %s",
            input_lehrgang(plan->input, input_lehrgang_of(plan->input, step->why))->lehrgang.id);
      g_string_append_printf(text, " %s\n", states[step->state]);
    }
  return g_string_free(text, FALSE);
}

/* ── a world ── */

static void
make_moodle(const World *world, const char *path, const char *masters) {
  const Config *config = world->config;
  guint count = config->tenants->len;
  g_autofree EmbeddedCompany *companies = g_new(EmbeddedCompany, count + 1);
  for (guint i = 0; i < count; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    companies[i] = (EmbeddedCompany){ tenant->name, tenant->abbr };
  }
  companies[count] = (EmbeddedCompany){ config->central.name, config->central.code };
  g_auto(GStrv) names = g_strsplit(masters, " ", -1);
  g_autoptr(GError) error = NULL;
  embedded_init(path, companies, count + 1, (const char *const *)names, g_strv_length(names),
                world->clock, NULL, &error);
  g_assert_no_error(error);
}

World *
world_new(const char *abbrs, const char *masters) {
  World *world = g_new0(World, 1);
  g_autoptr(GError) error = NULL;
  world->directory = g_dir_make_tmp("lehrgaenge-unit-XXXXXX", &error);
  g_assert_no_error(error);
  world->clock = clock_manual_new(FIXTURE_NOW);
  world->config = fixture_config(abbrs);
  g_autofree char *path = g_build_filename(world->directory, "moodle.db", NULL);
  make_moodle(world, path, masters);
  world->gateway =
      embedded_open(path, &(EmbeddedOptions){ .student_role = 5 }, world->clock, &error);
  g_assert_no_error(error);
  world->store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  return world;
}

void
world_free(World *world) {
  gateway_free(world->gateway);
  store_free(world->store);
  clock_free(world->clock);
  fixture_config_free(world->config);
  g_autoptr(GDir) files = g_dir_open(world->directory, 0, NULL);
  for (const char *name; (name = g_dir_read_name(files)) != NULL;) {
    g_autofree char *path = g_build_filename(world->directory, name, NULL);
    g_assert_cmpint(g_unlink(path), ==, 0);
  }
  g_assert_cmpint(g_rmdir(world->directory), ==, 0);
  g_free(world->directory);
  g_free(world);
}

void
world_exec(const World *world, const char *sql) {
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(world->directory, "moodle.db", NULL);
  g_autoptr(Db) db = db_open(path, 0, &error);
  g_assert_no_error(error);
  db_exec(db, sql, &error);
  g_assert_no_error(error);
}

Look *
look_new(World *world, Input *input) {
  Look *look = g_new0(Look, 1);
  g_autoptr(GError) error = NULL;
  look->world = world;
  look->input = input;
  input_seal(input);
  look->courses = courses_new(world->config, world->gateway, &error);
  g_assert_no_error(error);
  courses_place(look->courses, input, world->gateway, world->store, clock_now(world->clock),
                &error);
  g_assert_no_error(error);
  g_autofree bool *included = g_new0(bool, input->lehrgaenge->len + 1);
  for (guint i = 0; i < input->lehrgaenge->len; i++)
    included[i] = look->courses->course_of[i] != COURSES_NONE;
  look->people = people_new(input, included);
  look->users = users_new(look->people, world->store, &error);
  g_assert_no_error(error);
  look->current =
      current_read(look->courses, world->gateway, world->store, users_seen, look->users, &error);
  g_assert_no_error(error);
  users_find(look->users, world->gateway, &error);
  g_assert_no_error(error);
  look->plan = plan_build(input, look->courses, look->users, look->current);
  return look;
}

void
look_free(Look *look) {
  plan_free(look->plan);
  current_free(look->current);
  users_free(look->users);
  people_free(look->people);
  courses_free(look->courses);
  input_free(look->input);
  g_free(look);
}

ApplyResult *
look_try(Look *look) {
  World *world = look->world;
  const StoreClass *store = world->store->class;
  g_autoptr(GError) error = NULL;
  StoreRun run = { .triggeredby = (char *)"test",
                   .owner = (char *)"test",
                   .timestarted = clock_now(world->clock) };
  store->run_begin(world->store, &run, &error);
  g_assert_no_error(error);
  ApplyContext context = {
    .gateway = world->gateway, .store = world->store, .clock = world->clock, .run = run.id
  };
  ApplyResult *result = apply_result_new();
  apply_plan(look->plan, &context, result, &error);
  g_assert_no_error(error);
  store->run_end(world->store, run.id, RUN_SUCCESS, clock_now(world->clock), "{}", &error);
  g_assert_no_error(error);
  return result;
}

void
look_apply(Look *look) {
  g_autoptr(ApplyResult) result = look_try(look);
  for (guint i = 0; i < result->failures->len; i++)
    g_test_message("%s", ((const ApplyFailure *)g_ptr_array_index(result->failures, i))->error);
  g_assert_cmpuint(result->failure_count, ==, 0);
}
