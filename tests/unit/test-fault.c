/* The wrappers around a gateway: faults and trace. The gateway inside is one that only remembers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "moodle/wrap/fault.h"
#include "moodle/wrap/trace.h"

/* ── a gateway that remembers ── */

typedef struct {
  Gateway base;
  GString *log; /* "enrol 2, …" */
  bool broken;  /* every call fails */
  bool *freed;
} Fake;

static bool
remember(Gateway *gateway, const char *slot, guint count, GError **error) {
  Fake *fake = (Fake *)gateway;
  g_string_append_printf(fake->log, "%s%s %u", fake->log->len > 0 ? ", " : "", slot, count);
  if (fake->broken)
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "Moodle is away");
  return !fake->broken;
}

static bool
answer(Gateway *gateway, const char *slot, guint count, GatewayOutcome *outcomes, GError **error) {
  for (guint i = 0; i < count; i++)
    outcomes[i] = i == 1 ? (GatewayOutcome){ GATEWAY_TAKEN_EMAIL, 0, g_strdup("taken") }
                         : (GatewayOutcome){ GATEWAY_DONE, 40 + i, NULL };
  return remember(gateway, slot, count, error);
}

static void
fake_free(Gateway *gateway) {
  Fake *fake = (Fake *)gateway;
  g_string_free(fake->log, TRUE);
  if (fake->freed != NULL)
    *fake->freed = true;
  g_free(fake);
}

static const char *
fake_describe(Gateway *gateway) {
  (void)gateway;
  return "a Moodle that remembers";
}

static bool
fake_shared_emails(Gateway *gateway) {
  (void)gateway;
  return true;
}

static bool
fake_can_complete(Gateway *gateway) {
  (void)gateway;
  return true;
}

static bool
fake_can_message(Gateway *gateway, char **why) {
  (void)gateway;
  *why = g_strdup("no plugin");
  return false;
}

static guint
fake_copy_grace(Gateway *gateway) {
  (void)gateway;
  return 77;
}

static bool
fake_inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error) {
  note(GATEWAY_NOTE_WARNING, "something", "a remedy", user_data);
  return remember(gateway, "inspect", 1, error);
}

static bool
fake_find_companies(Gateway *gateway, GatewayCompany *companies, guint count, GError **error) {
  for (guint i = 0; i < count; i++)
    companies[i].id = 9;
  return remember(gateway, "find_companies", count, error);
}

static bool
fake_find_courses(Gateway *gateway, GatewayCourseField field, const char *const *values,
                  guint count, GatewayCourseFunc each, gpointer user_data, GError **error) {
  g_assert_cmpint(field, ==, GATEWAY_COURSE_SHORTNAME);
  g_assert_cmpstr(values[0], ==, "value");
  each(0, &(GatewayCourse){ .id = 5 }, user_data);
  return remember(gateway, "find_courses", count, error);
}

static bool
fake_read_courses(Gateway *gateway, const gint64 *courseids, guint count,
                  const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  g_assert_cmpint(courseids[0], ==, 5);
  visitor->group(0, 5, "G01", user_data);
  return remember(gateway, "read_courses", count, error);
}

static bool
fake_find_users(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
                GatewayUserFunc each, gpointer user_data, GError **error) {
  g_assert_cmpint(field, ==, GATEWAY_USER_EMAIL);
  g_assert_cmpstr(values[0], ==, "value");
  each(0, &(GatewayUser){ .id = 5 }, user_data);
  return remember(gateway, "find_users", count, error);
}

#define WRITE(slot, Item)                                                                          \
  static bool fake_##slot(Gateway *gateway, const Item *items, guint count,                        \
                          GatewayOutcome *outcomes, GError **error) {                              \
    g_assert_nonnull(items);                                                                       \
    return answer(gateway, #slot, count, outcomes, error);                                         \
  }

WRITE(create_courses, GatewayNewCourse)
WRITE(create_users, GatewayNewUser)
WRITE(update_users, GatewayUserUpdate)
WRITE(enrol, GatewayEnrol)
WRITE(unenrol, GatewayEnrol)
WRITE(suspend, GatewayEnrol)
WRITE(create_groups, GatewayNewGroup)
WRITE(add_members, GatewayMember)
WRITE(complete, GatewayCompletion)
WRITE(message, GatewayMessage)

static bool
fake_link_courses(Gateway *gateway, const gint64 *courseids, const gint64 *companyids, guint count,
                  GatewayOutcome *outcomes, GError **error) {
  g_assert_cmpint(courseids[0], ==, 5);
  g_assert_cmpint(companyids[0], ==, 6);
  return answer(gateway, "link_courses", count, outcomes, error);
}

static bool
fake_contents(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error) {
  contents->modules = (guint)courseid;
  return remember(gateway, "contents", 1, error);
}

static bool
fake_copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  g_assert_cmpint(from, ==, 5);
  g_assert_cmpint(to, ==, 6);
  return remember(gateway, "copy_content", 1, error);
}

static bool
fake_finish_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  g_assert_cmpint(from, ==, 5);
  g_assert_cmpint(to, ==, 6);
  return remember(gateway, "finish_content", 1, error);
}

static bool
fake_flush(Gateway *gateway, GError **error) {
  return remember(gateway, "flush", 1, error);
}

static const GatewayClass fake_class = {
  .free = fake_free,
  .describe = fake_describe,
  .shared_emails = fake_shared_emails,
  .can_complete = fake_can_complete,
  .inspect = fake_inspect,
  .find_companies = fake_find_companies,
  .find_courses = fake_find_courses,
  .read_courses = fake_read_courses,
  .find_users = fake_find_users,
  .create_courses = fake_create_courses,
  .link_courses = fake_link_courses,
  .create_users = fake_create_users,
  .update_users = fake_update_users,
  .enrol = fake_enrol,
  .unenrol = fake_unenrol,
  .suspend = fake_suspend,
  .create_groups = fake_create_groups,
  .add_members = fake_add_members,
  .complete = fake_complete,
  .contents = fake_contents,
  .copy_content = fake_copy_content,
  .copy_grace = fake_copy_grace,
  .finish_content = fake_finish_content,
  .can_message = fake_can_message,
  .message = fake_message,
  .flush = fake_flush,
};

static Fake *
fake_new(void) {
  Fake *fake = g_new0(Fake, 1);
  fake->base.class = &fake_class;
  fake->log = g_string_new(NULL);
  return fake;
}

/* ── every slot, called once ── */

static void
seen_course(guint index, const GatewayCourse *course, gpointer user_data) {
  (void)index;
  *(gint64 *)user_data += course->id;
}

static void
seen_user(guint index, const GatewayUser *user, gpointer user_data) {
  (void)index;
  *(gint64 *)user_data += user->id;
}

static void
seen_group(guint index, gint64 groupid, const char *name, gpointer user_data) {
  (void)index;
  (void)name;
  *(gint64 *)user_data += groupid;
}

static void
seen_note(GatewayNoteLevel level, const char *message, const char *remedy, gpointer user_data) {
  g_assert_cmpint(level, ==, GATEWAY_NOTE_WARNING);
  g_assert_cmpstr(message, ==, "something");
  g_assert_cmpstr(remedy, ==, "a remedy");
  *(gint64 *)user_data += 5;
}

static const char *const value = "value";

#define ALL_SLOTS                                                                                  \
  "find_companies 1, find_courses 1, read_courses 1, find_users 1, create_courses 3, "             \
  "link_courses 3, create_users 3, update_users 3, enrol 3, unenrol 3, suspend 3, "                \
  "create_groups 3, add_members 3, complete 3, message 3, contents 1, copy_content 1, flush 1, "   \
  "inspect 1, finish_content 1"

enum { SLOTS = 20, READS = 4, WRITES = 11 };

/* One read, or what has no outcomes. *seen is 5 when its answer came through. */
static bool
call_plain(Gateway *gateway, guint slot, gint64 *seen, GError **error) {
  static const GatewayCourseVisitor visitor = { .group = seen_group };
  const GatewayClass *call = gateway->class;
  GatewayCompany company = { 0 };
  GatewayContents contents = { 0 };
  bool ok = false;
  switch (slot) {
  case 0:
    ok = call->find_companies(gateway, &company, 1, error);
    *seen = company.id == 9 ? 5 : 0;
    return ok;
  case 1:
    return call->find_courses(gateway, GATEWAY_COURSE_SHORTNAME, &value, 1, seen_course, seen,
                              error);
  case 2:
    return call->read_courses(gateway, (const gint64[]){ 5 }, 1, &visitor, seen, error);
  case 3:
    return call->find_users(gateway, GATEWAY_USER_EMAIL, &value, 1, seen_user, seen, error);
  case 15:
    ok = call->contents(gateway, 5, &contents, error);
    *seen = contents.modules;
    return ok;
  case 17:
    *seen = 5;
    return call->flush(gateway, error);
  case 18:
    return call->inspect(gateway, seen_note, seen, error);
  case 19:
    *seen = 5;
    return call->finish_content(gateway, 5, 6, error);
  default:
    *seen = 5;
    return call->copy_content(gateway, 5, 6, error);
  }
}

static bool
call_write(Gateway *gateway, guint slot, GatewayOutcome *outcomes, GError **error) {
  static const union {
    GatewayNewCourse course[3];
    GatewayNewUser user[3];
    GatewayUserUpdate update[3];
    GatewayEnrol enrol[3];
    GatewayNewGroup group[3];
    GatewayMember member[3];
    GatewayCompletion completion[3];
    GatewayMessage message[3];
  } items;
  const GatewayClass *call = gateway->class;
  switch (slot) {
  case 4:
    return call->create_courses(gateway, items.course, 3, outcomes, error);
  case 5:
    return call->link_courses(gateway, (const gint64[]){ 5, 5, 5 }, (const gint64[]){ 6, 6, 6 }, 3,
                              outcomes, error);
  case 6:
    return call->create_users(gateway, items.user, 3, outcomes, error);
  case 7:
    return call->update_users(gateway, items.update, 3, outcomes, error);
  case 8:
    return call->enrol(gateway, items.enrol, 3, outcomes, error);
  case 9:
    return call->unenrol(gateway, items.enrol, 3, outcomes, error);
  case 10:
    return call->suspend(gateway, items.enrol, 3, outcomes, error);
  case 11:
    return call->create_groups(gateway, items.group, 3, outcomes, error);
  case 12:
    return call->add_members(gateway, items.member, 3, outcomes, error);
  case 13:
    return call->complete(gateway, items.completion, 3, outcomes, error);
  default:
    return call->message(gateway, items.message, 3, outcomes, error);
  }
}

static bool
is_write(guint slot) {
  return slot >= READS && slot < READS + WRITES;
}

/* Calls a slot. *answered: its answer came through whole. */
static bool
call_slot(Gateway *gateway, guint slot, bool *answered, GError **error) {
  GatewayOutcome outcomes[3] = { 0 };
  gint64 seen = 0;
  bool ok = is_write(slot) ? call_write(gateway, slot, outcomes, error)
                           : call_plain(gateway, slot, &seen, error);
  *answered = is_write(slot) ? outcomes[0].code == GATEWAY_DONE && outcomes[0].id == 40 &&
                                   outcomes[1].code == GATEWAY_TAKEN_EMAIL && outcomes[2].id == 42
                             : seen == 5;
  if (!*answered && is_write(slot))
    for (guint i = 0; i < 3; i++) {
      g_assert_cmpint(outcomes[i].code, ==, GATEWAY_UNKNOWN);
      g_assert_null(outcomes[i].message);
    }
  gateway_outcomes_clear(outcomes, 3);
  return ok;
}

static void
assert_cannot_message(Gateway *gateway) {
  g_autofree char *why = NULL;
  g_assert_false(gateway->class->can_message(gateway, &why));
  g_assert_cmpstr(why, ==, "no plugin");
}

/* ── faults ── */

static void
test_never(void) {
  bool freed = false, answered = false;
  Fake *fake = fake_new();
  fake->freed = &freed;
  g_autoptr(Gateway) gateway = fault_gateway_new(&fake->base, 0, FAULT_BEFORE);
  for (guint slot = 0; slot < SLOTS; slot++) {
    g_autoptr(GError) error = NULL;
    g_assert_true(call_slot(gateway, slot, &answered, &error));
    g_assert_no_error(error);
    g_assert_true(answered);
    g_assert_cmpuint(fault_gateway_calls(gateway), ==, slot + 1);
  }
  g_assert_cmpstr(fake->log->str, ==, ALL_SLOTS);
  g_assert_cmpstr(gateway->class->describe(gateway), ==, "a Moodle that remembers");
  g_assert_true(gateway->class->shared_emails(gateway));
  g_assert_true(gateway->class->can_complete(gateway));
  assert_cannot_message(gateway);
  g_assert_cmpuint(gateway->class->copy_grace(gateway), ==, 77);
  g_assert_cmpuint(fault_gateway_calls(gateway), ==, SLOTS);
  g_clear_pointer(&gateway, gateway_free);
  g_assert_true(freed);
}

static void
test_before(void) {
  for (guint slot = 0; slot < SLOTS; slot++) {
    bool answered = false;
    Fake *fake = fake_new();
    g_autoptr(Gateway) gateway = fault_gateway_new(&fake->base, 1, FAULT_BEFORE);
    for (guint again = 0; again < 2; again++) {
      g_autoptr(GError) error = NULL;
      g_assert_false(call_slot(gateway, slot, &answered, &error));
      g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
    }
    g_assert_cmpstr(fake->log->str, ==, "");
    g_assert_cmpuint(fault_gateway_calls(gateway), ==, 2);
  }
}

/* The first one reaches Moodle and its outcomes are lost, the second does not. */
static void
test_after(void) {
  for (guint slot = 0; slot < SLOTS; slot++) {
    bool answered = false;
    Fake *fake = fake_new();
    g_autoptr(Gateway) gateway = fault_gateway_new(&fake->base, 1, FAULT_AFTER);
    for (guint again = 0; again < 2; again++) {
      g_autoptr(GError) error = NULL;
      g_assert_false(call_slot(gateway, slot, &answered, &error));
      g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
      if (is_write(slot))
        g_assert_false(answered);
      g_assert_cmpuint(fake->log->len, >, 0);
      g_assert_null(strchr(fake->log->str, ','));
    }
  }
}

static void
test_in_the_middle(void) {
  static const char *const reached[] = { "find_companies 1, find_courses 1",
                                         "find_companies 1, find_courses 1, read_courses 1" };
  for (guint where = FAULT_BEFORE; where <= FAULT_AFTER; where++) {
    bool answered = false;
    Fake *fake = fake_new();
    g_autoptr(Gateway) gateway = fault_gateway_new(&fake->base, 3, (FaultWhere)where);
    for (guint slot = 0; slot < SLOTS; slot++) {
      g_autoptr(GError) error = NULL;
      g_assert_true(call_slot(gateway, slot, &answered, &error) == (slot < 2));
      g_assert_true((error == NULL) == (slot < 2));
    }
    g_assert_cmpstr(fake->log->str, ==, reached[where]);
    g_assert_cmpuint(fault_gateway_calls(gateway), ==, SLOTS);
  }
}

/* What failed by itself is passed on before the cut, and hidden by it. */
static void
test_failures_inside(void) {
  for (guint at = 0; at <= 1; at++) {
    g_autoptr(GError) error = NULL;
    bool answered = false;
    Fake *fake = fake_new();
    fake->broken = true;
    g_autoptr(Gateway) gateway = fault_gateway_new(&fake->base, at, FAULT_AFTER);
    g_assert_false(call_slot(gateway, 8, &answered, &error));
    const int expected = at == 0 ? GATEWAY_ERROR_UNAVAILABLE : GATEWAY_ERROR_STOPPED;
    g_assert_error(error, GATEWAY_ERROR, expected);
    g_assert_true(answered == (at == 0));
    g_assert_false(call_slot(gateway, 8, &answered, NULL));
  }
}

/* ── trace ── */

/* What the run writes to standard error. g_free() it. */
static char *
capture(void (*run)(Gateway *gateway), Gateway *gateway) {
  int old = dup(STDERR_FILENO);
  FILE *file = tmpfile();
  g_assert_nonnull(file);
  fflush(stderr);
  g_assert_cmpint(dup2(fileno(file), STDERR_FILENO), ==, STDERR_FILENO);
  run(gateway);
  fflush(stderr);
  g_assert_cmpint(dup2(old, STDERR_FILENO), ==, STDERR_FILENO);
  close(old);
  char *text = g_new0(char, 16384);
  rewind(file);
  g_assert_cmpuint(fread(text, 1, 16383, file), <, 16383);
  fclose(file);
  return text;
}

static void
call_all(Gateway *gateway) {
  bool answered = false;
  for (guint slot = 0; slot < SLOTS; slot++) {
    g_autoptr(GError) error = NULL;
    g_assert_true(call_slot(gateway, slot, &answered, &error) == (error == NULL));
    g_assert_true(answered);
  }
}

static void
test_trace_logs_each_call(void) {
  bool freed = false;
  Fake *fake = fake_new();
  fake->freed = &freed;
  g_autoptr(Gateway) gateway = trace_gateway_new(&fake->base);
  log_set_level(LOG_DEBUG);
  g_autofree char *text = capture(call_all, gateway);
  log_set_level(LOG_WARNING);
  g_assert_cmpstr(fake->log->str, ==, ALL_SLOTS);
  g_auto(GStrv) slots = g_strsplit(ALL_SLOTS, ", ", -1);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, SLOTS + 1);
  for (guint i = 0; i < SLOTS; i++) {
    *strchr(slots[i], ' ') = '\0';
    g_autofree char *pattern =
        is_write(i) ? g_strdup_printf("* debug moodle: %s: 3 items, 2 done, 1 e-mail taken, *.* ms",
                                      slots[i])
                    : g_strdup_printf("* debug moodle: %s: 1 items, *.* ms", slots[i]);
    if (!g_pattern_match_simple(pattern, lines[i]))
      g_error("\"%s\" is not like \"%s\"", lines[i], pattern);
  }
  g_assert_cmpstr(gateway->class->describe(gateway), ==, "a Moodle that remembers");
  g_assert_true(gateway->class->shared_emails(gateway));
  g_assert_true(gateway->class->can_complete(gateway));
  assert_cannot_message(gateway);
  g_assert_cmpuint(gateway->class->copy_grace(gateway), ==, 77);
  g_clear_pointer(&gateway, gateway_free);
  g_assert_true(freed);
}

static void
call_broken(Gateway *gateway) {
  g_autoptr(GError) error = NULL;
  bool answered = false;
  g_assert_false(call_slot(gateway, 0, &answered, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_false(call_slot(gateway, 8, &answered, NULL));
}

static void
test_trace_logs_failures(void) {
  Fake *fake = fake_new();
  fake->broken = true;
  g_autoptr(Gateway) gateway = trace_gateway_new(&fake->base);
  log_set_level(LOG_DEBUG);
  g_autofree char *text = capture(call_broken, gateway);
  log_set_level(LOG_WARNING);
  g_assert_nonnull(strstr(text, "find_companies: 1 items"));
  g_assert_nonnull(strstr(text, "failed: Moodle is away"));
  g_assert_nonnull(strstr(text, "failed: no reason given"));
}

static void
test_trace_is_silent_by_default(void) {
  Fake *fake = fake_new();
  g_autoptr(Gateway) gateway = trace_gateway_new(&fake->base);
  g_autofree char *text = capture(call_all, gateway);
  g_assert_cmpstr(text, ==, "");
}

/* ── the gateway's own helpers ── */

static void
test_code_words(void) {
  g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint code = GATEWAY_UNKNOWN; code <= GATEWAY_MISSING; code++)
    g_assert_true(g_hash_table_add(words, (gpointer)gateway_code_word((GatewayCode)code)));
  g_assert_cmpstr(gateway_code_word(GATEWAY_TAKEN_USERNAME), ==, "username taken");
}

static void
test_settings_clear(void) {
  GatewayCourseSettings settings = { .summary = g_strdup("a"),
                                     .format = g_strdup("b"),
                                     .numsections = 4 };
  gateway_course_settings_clear(&settings);
  g_assert_null(settings.summary);
  g_assert_cmpint(settings.numsections, ==, 0);
  gateway_free(NULL);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/fault/never", test_never);
  g_test_add_func("/fault/before", test_before);
  g_test_add_func("/fault/after", test_after);
  g_test_add_func("/fault/in-the-middle", test_in_the_middle);
  g_test_add_func("/fault/failures-inside", test_failures_inside);
  g_test_add_func("/trace/logs-each-call", test_trace_logs_each_call);
  g_test_add_func("/trace/logs-failures", test_trace_logs_failures);
  g_test_add_func("/trace/is-silent-by-default", test_trace_is_silent_by_default);
  g_test_add_func("/gateway/code-words", test_code_words);
  g_test_add_func("/gateway/settings-clear", test_settings_clear);
  return g_test_run();
}
