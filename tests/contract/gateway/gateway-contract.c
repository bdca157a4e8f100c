/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#include <string.h>

/* ── fixture ── */

typedef struct {
  const GatewayHarness *harness;
  ContractCase run;
} Case;

static void
run_case(gconstpointer data) {
  const Case *one = data;
  Contract contract = { .harness = one->harness, .site = one->harness->open() };
  contract.gateway = one->harness->gateway(contract.site);
  contract.call = contract.gateway->class;
  contract.company = contract_look(
      &contract, "SELECT id FROM mdl_company WHERE code = '" CONTRACT_COMPANY_CODE "'");
  contract.category = contract_look(
      &contract, "SELECT category FROM mdl_company WHERE code = '" CONTRACT_COMPANY_CODE "'");
  g_assert_cmpint(contract.category, >, 0);
  one->run(&contract);
  one->harness->close(contract.site);
}

void
contract_add(const GatewayHarness *harness, const char *path, ContractCase run) {
  Case *one = g_new(Case, 1);
  *one = (Case){ harness, run };
  g_autofree char *full = g_strdup_printf("/gateway/%s/%s", harness->name, path);
  g_test_add_data_func_full(full, one, run_case, g_free);
}

/* ── behind the gateway's back ── */

void
contract_exec(Contract *contract, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *sql = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  contract->harness->exec(contract->site, sql);
}

gint64
contract_look(Contract *contract, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *sql = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_autofree char *text = contract->harness->look(contract->site, sql);
  return g_ascii_strtoll(text, NULL, 10);
}

char *
contract_look_text(Contract *contract, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *sql = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return contract->harness->look(contract->site, sql);
}

void
contract_enrol_by(Contract *contract, const char *method, gint64 courseid, gint64 userid) {
  contract_exec(contract,
                "INSERT INTO mdl_enrol (enrol, courseid) SELECT '%s', %" G_GINT64_FORMAT
                " WHERE NOT EXISTS (SELECT 1 FROM mdl_enrol"
                "                    WHERE enrol = '%s' AND courseid = %" G_GINT64_FORMAT ")",
                method, courseid, method, courseid);
  contract_exec(contract,
                "INSERT INTO mdl_user_enrolments (enrolid, userid) SELECT id, %" G_GINT64_FORMAT
                " FROM mdl_enrol WHERE enrol = '%s' AND courseid = %" G_GINT64_FORMAT,
                userid, method, courseid);
}

/* ── single items ── */

void
contract_check(const GatewayOutcome *outcome, GatewayCode code) {
  g_assert_cmpstr(gateway_code_word(outcome->code), ==, gateway_code_word(code));
  if (gateway_code_ok(code)) {
    g_assert_null(outcome->message);
    return;
  }
  g_assert_nonnull(outcome->message);
  g_assert_cmpuint(strlen(outcome->message), >, 5);
  g_assert_cmpint(outcome->id, ==, 0);
}

static GatewayCode
settle(GatewayOutcome *outcome, gint64 *id) {
  GatewayCode code = outcome->code;
  contract_check(outcome, code);
  if (id != NULL) {
    *id = outcome->id;
    g_assert_true(gateway_code_ok(code) == (outcome->id > 0));
  }
  gateway_outcomes_clear(outcome, 1);
  return code;
}

/* Makes one call with one item and gives its code back. */
#define SINGLE(slot, item, id)                                                                     \
  g_autoptr(GError) error = NULL;                                                                  \
  GatewayOutcome outcome = { 0 };                                                                  \
  bool ok = contract->call->slot(contract->gateway, item, 1, &outcome, &error);                    \
  g_assert_no_error(error);                                                                        \
  g_assert_true(ok);                                                                               \
  return settle(&outcome, id)

GatewayCode
contract_enrol(Contract *contract, gint64 courseid, gint64 userid) {
  SINGLE(enrol, (&(GatewayEnrol){ courseid, userid }), NULL);
}

GatewayCode
contract_unenrol(Contract *contract, gint64 courseid, gint64 userid) {
  SINGLE(unenrol, (&(GatewayEnrol){ courseid, userid }), NULL);
}

GatewayCode
contract_suspend(Contract *contract, gint64 courseid, gint64 userid) {
  SINGLE(suspend, (&(GatewayEnrol){ courseid, userid }), NULL);
}

GatewayCode
contract_complete(Contract *contract, gint64 courseid, gint64 userid, gint64 time) {
  SINGLE(complete, (&(GatewayCompletion){ courseid, userid, time }), NULL);
}

GatewayCode
contract_join(Contract *contract, gint64 courseid, gint64 groupid, gint64 userid) {
  SINGLE(add_members, (&(GatewayMember){ courseid, groupid, userid }), NULL);
}

GatewayCode
contract_new_user(Contract *contract, const GatewayNewUser *user, gint64 *id) {
  SINGLE(create_users, user, id);
}

GatewayCode
contract_new_course(Contract *contract, const GatewayNewCourse *course, gint64 *id) {
  SINGLE(create_courses, course, id);
}

GatewayCode
contract_new_group(Contract *contract, gint64 courseid, const char *name, gint64 *id) {
  SINGLE(create_groups, (&(GatewayNewGroup){ courseid, name }), id);
}

/* ── ordinary ones ── */

GatewayNewUser
contract_user_like(const char *username) {
  static char emails[4][200];
  static guint next;
  char *email = emails[next++ % G_N_ELEMENTS(emails)];
  g_snprintf(email, sizeof emails[0], "%s@beispiel.de", username);
  return (GatewayNewUser){ .username = username,
                           .firstname = "Vor",
                           .lastname = "Nach",
                           .email = email,
                           .city = "Fulda",
                           .country = "DE",
                           .idnumber = "",
                           .auth = "manual" };
}

GatewayNewCourse
contract_course_like(const Contract *contract, const char *shortname) {
  static const GatewayCourseSettings settings = { .summary = (char *)"<p>Vorlage</p>",
                                                  .format = (char *)"topics",
                                                  .lang = (char *)"",
                                                  .summaryformat = 1,
                                                  .numsections = 4,
                                                  .newsitems = 3,
                                                  .showgrades = 1 };
  return (GatewayNewCourse){ .shortname = shortname,
                             .fullname = "Lehrgang",
                             .idnumber = "",
                             .category = contract->category,
                             .startdate = CONTRACT_NOW,
                             .enddate = CONTRACT_NOW + 86400,
                             .settings = &settings };
}

gint64
contract_user(Contract *contract, const char *username) {
  gint64 id = 0;
  GatewayNewUser user = contract_user_like(username);
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  return id;
}

gint64
contract_course(Contract *contract, const char *shortname) {
  gint64 id = 0;
  GatewayNewCourse course = contract_course_like(contract, shortname);
  g_assert_cmpint(contract_new_course(contract, &course, &id), ==, GATEWAY_DONE);
  return id;
}

gint64
contract_group(Contract *contract, gint64 courseid, const char *name) {
  gint64 id = 0;
  g_assert_cmpint(contract_new_group(contract, courseid, name, &id), ==, GATEWAY_DONE);
  return id;
}

/* ── reading a course ── */

typedef struct {
  const Contract *contract;
  GString *text;
  GHashTable *names; /* userid → username */
  gint64 last_user, last_group, last_member;
} Reading;

static void
read_enrolment(guint index, const GatewayEnrolment *enrolment, gpointer user_data) {
  Reading *reading = user_data;
  g_assert_cmpuint(index, ==, 0);
  g_assert_cmpint(enrolment->userid, >, reading->last_user);
  g_assert_cmpint(reading->last_group, ==, 0);
  g_assert_nonnull(enrolment->idnumber);
  reading->last_user = enrolment->userid;
  g_hash_table_insert(reading->names, GSIZE_TO_POINTER((gsize)enrolment->userid),
                      g_strdup(enrolment->username));
  /* Assuming is for those who cannot tell. */
  g_assert_true(
      !(enrolment->flags & GATEWAY_ENROL_UNSURE) ||
      (!reading->contract->harness->tells_method && (enrolment->flags & GATEWAY_ENROL_MANUAL)));
  g_string_append_printf(reading->text, "%s%s%s%s%s\n", enrolment->username,
                         enrolment->flags & GATEWAY_ENROL_ACTIVE ? " active" : "",
                         enrolment->flags & GATEWAY_ENROL_MANUAL ? " manual" : "",
                         enrolment->flags & GATEWAY_ENROL_SUSPENDED ? " suspended" : "",
                         enrolment->flags & GATEWAY_ENROL_COMPLETED ? " completed" : "");
}

static void
read_group(guint index, gint64 groupid, const char *name, gpointer user_data) {
  Reading *reading = user_data;
  g_assert_cmpuint(index, ==, 0);
  g_assert_cmpint(groupid, >, reading->last_group);
  reading->last_group = groupid;
  reading->last_member = 0;
  g_string_append_printf(reading->text, "[%s]\n", name);
}

static void
read_member(guint index, gint64 groupid, gint64 userid, gpointer user_data) {
  Reading *reading = user_data;
  g_assert_cmpuint(index, ==, 0);
  g_assert_cmpint(groupid, ==, reading->last_group);
  g_assert_cmpint(userid, >, reading->last_member);
  reading->last_member = userid;
  const char *name = g_hash_table_lookup(reading->names, GSIZE_TO_POINTER((gsize)userid));
  g_assert_nonnull(name);
  g_string_truncate(reading->text, reading->text->len - 1);
  g_string_append_printf(reading->text, " %s\n", name);
}

char *
contract_read(Contract *contract, gint64 courseid) {
  static const GatewayCourseVisitor visitor = { read_enrolment, read_group, read_member };
  g_autoptr(GHashTable) names = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
  g_autoptr(GError) error = NULL;
  Reading reading = { .contract = contract, .text = g_string_new(NULL), .names = names };
  bool ok =
      contract->call->read_courses(contract->gateway, &courseid, 1, &visitor, &reading, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
  return g_string_free(reading.text, FALSE);
}

char *
contract_known(const Contract *contract, const char *read) {
  static const char *const untold[] = { " manual", " suspended" };
  GString *known = g_string_new(read);
  for (guint i = 0; !contract->harness->tells_method && i < G_N_ELEMENTS(untold); i++)
    g_string_replace(known, untold[i], "", 0);
  return g_string_free(known, FALSE);
}

bool
contract_ends(const Contract *contract, GatewayCode is, GatewayCode code) {
  bool either = !contract->harness->tells_method && gateway_code_ok(is) && gateway_code_ok(code);
  return is == code || either;
}

/* ── all of it ── */

static void
empty_batches(Contract *contract) {
  static const GatewayCourseVisitor visitor = { read_enrolment, read_group, read_member };
  const GatewayClass *call = contract->call;
  Gateway *gateway = contract->gateway;
  g_autoptr(GError) error = NULL;
  g_assert_true(call->find_companies(gateway, NULL, 0, &error));
  g_assert_true(call->find_courses(gateway, GATEWAY_COURSE_ID, NULL, 0, NULL, NULL, &error));
  g_assert_true(call->read_courses(gateway, NULL, 0, &visitor, NULL, &error));
  g_assert_true(call->find_users(gateway, GATEWAY_USER_EMAIL, NULL, 0, NULL, NULL, &error));
  g_assert_true(call->create_courses(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->link_courses(gateway, NULL, NULL, 0, NULL, &error));
  g_assert_true(call->create_users(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->update_users(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->enrol(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->unenrol(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->suspend(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->create_groups(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->add_members(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->complete(gateway, NULL, 0, NULL, &error));
  g_assert_true(call->message(gateway, NULL, 0, NULL, &error));
  g_assert_no_error(error);
}

static void
describes_itself(Contract *contract) {
  const char *text = contract->call->describe(contract->gateway);
  g_assert_nonnull(strstr(text, "Moodle"));
}

typedef struct {
  guint count, errors;
} Notes;

static void
on_note(GatewayNoteLevel level, const char *message, const char *remedy, gpointer user_data) {
  Notes *notes = user_data;
  notes->count++;
  g_assert_cmpuint(strlen(message), >, 5);
  g_assert_nonnull(remedy);
  if (level == GATEWAY_NOTE_OK)
    return;
  notes->errors += level == GATEWAY_NOTE_ERROR;
  g_test_message("%s; %s", message, remedy);
  g_assert_cmpuint(strlen(remedy), >, 5);
}

/* A Moodle on which every case of this suite works has nothing without which it would not. */
static void
inspects_without_writing(Contract *contract) {
  static const char everything[] =
      "SELECT (SELECT count(*) FROM mdl_user) || ' ' || (SELECT count(*) FROM mdl_course) || ' ' ||"
      " (SELECT count(*) FROM mdl_course_modules) || ' ' || (SELECT count(*) FROM mdl_groups)";
  g_autofree char *before = contract_look_text(contract, everything);
  g_autoptr(GError) error = NULL;
  Notes notes = { 0 };
  bool ok = contract->call->inspect(contract->gateway, on_note, &notes, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
  g_assert_cmpuint(notes.count, >, 0);
  g_assert_cmpuint(notes.errors, ==, 0);
  contract_assert_text(contract, before, everything);
}

static void
tells_what_it_can(Contract *contract) {
  g_assert_true(contract->call->can_complete(contract->gateway));
  g_assert_true(contract->call->can_message(contract->gateway, NULL));
  g_assert_cmpuint(contract->call->copy_grace(contract->gateway), <=, 24 * 60 * 60);
}

void
gateway_contract_add(const GatewayHarness *harness) {
  contract_add(harness, "describe", describes_itself);
  contract_add(harness, "inspects-without-writing", inspects_without_writing);
  contract_add(harness, "tells-what-it-can", tells_what_it_can);
  contract_add(harness, "empty-batches", empty_batches);
  contract_companies_add(harness);
  contract_courses_add(harness);
  contract_users_add(harness);
  contract_enrol_add(harness);
  contract_complete_add(harness);
  contract_groups_add(harness);
  contract_content_add(harness);
  contract_message_add(harness);
}
