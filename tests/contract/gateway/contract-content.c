/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#include <string.h>

static gint64
master(Contract *contract) {
  return contract_look(contract,
                       "SELECT id FROM mdl_course WHERE shortname = '" CONTRACT_MASTER "'");
}

static GatewayContents
contents(Contract *contract, gint64 courseid) {
  g_autoptr(GError) error = NULL;
  GatewayContents found = { 77, 77, 77 };
  bool ok = contract->call->contents(contract->gateway, courseid, &found, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
  return found;
}

static void
copy(Contract *contract, gint64 from, gint64 to) {
  g_autoptr(GError) error = NULL;
  bool ok = contract->call->copy_content(contract->gateway, from, to, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

static void
finish(Contract *contract, gint64 from, gint64 to) {
  g_autoptr(GError) error = NULL;
  bool ok = contract->call->finish_content(contract->gateway, from, to, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

static void
set_newsitems(Contract *contract, gint64 courseid, guint count) {
  contract_exec(contract, "UPDATE mdl_course SET newsitems = %u WHERE id = %" G_GINT64_FORMAT,
                count, courseid);
}

static gint64
count_announcements(Contract *contract, gint64 courseid) {
  return contract_look(
      contract,
      "SELECT count(*) FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module"
      " JOIN mdl_forum f ON f.id = cm.instance"
      " WHERE m.name = 'forum' AND f.type = 'news' AND cm.course = %" G_GINT64_FORMAT,
      courseid);
}

/* What a course shows, without its announcements: "1 Einführung: page+ forum+ | 2 …". */
static char *
outline(Contract *contract, gint64 courseid) {
  return contract_look_text(
      contract,
      "SELECT group_concat(line, ' | ') FROM ("
      " SELECT s.section || ' ' || coalesce(s.name, '') || ': ' || group_concat("
      "  m.name || CASE cm.visible WHEN 1 THEN '+' ELSE '-' END || coalesce(cm.idnumber, ''), ' ')"
      "  AS line FROM mdl_course_sections s"
      "  JOIN mdl_course_modules cm ON cm.section = s.id AND cm.course = s.course"
      "  JOIN mdl_modules m ON m.id = cm.module"
      "  LEFT JOIN mdl_forum f ON m.name = 'forum' AND f.id = cm.instance"
      "  WHERE s.course = %" G_GINT64_FORMAT " AND coalesce(f.type, '') <> 'news'"
      "  GROUP BY s.section ORDER BY s.section)",
      courseid);
}

/* Somebody posts there, as people do during the year. */
static void
post_announcement(Contract *contract, gint64 courseid) {
  contract_exec(contract,
                "INSERT INTO mdl_forum_discussions (course, forum, name)"
                " SELECT course, id, 'Anreise' FROM mdl_forum WHERE type = 'news'"
                " AND course = %" G_GINT64_FORMAT,
                courseid);
}

/* Its blank sections do not count. */
static void
a_new_course_holds_nothing(Contract *contract) {
  gint64 course = contract_course(contract, "C");
  g_assert_cmpint(
      contract_look(contract,
                    "SELECT count(*) FROM mdl_course_sections WHERE course = %" G_GINT64_FORMAT,
                    course),
      ==, 5); /* the blank ones, 0 to 4 */
  GatewayContents found = contents(contract, course);
  g_assert_cmpuint(found.sections, ==, 0);
  g_assert_cmpuint(found.modules, ==, 0);
  g_assert_cmpuint(found.announcements, ==, contract->harness->announces_at_once ? 1 : 0);
}

static void
the_master_holds_something(Contract *contract) {
  GatewayContents found = contents(contract, master(contract));
  g_assert_cmpuint(found.sections, >=, 2);
  g_assert_cmpuint(found.modules, >=, 4);
  g_assert_cmpuint(found.announcements, ==, 1);
  g_assert_cmpint(count_announcements(contract, master(contract)), ==, 1);
}

/* So that a course, which gets no posts, can be held against its template. */
static void
posts_do_not_count(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  GatewayContents before = contents(contract, from);
  post_announcement(contract, from);
  copy(contract, from, to);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_forum_discussions"), ==, 1);
  GatewayContents want = contents(contract, from), got = contents(contract, to);
  g_assert_cmpmem(&want, sizeof want, &before, sizeof before);
  g_assert_cmpmem(&got, sizeof got, &want, sizeof want);
}

/* Wherever it stands, and whether it is all there is. */
static void
announcements_count_alone(Contract *contract) {
  gint64 from = contract_course(contract, "A"), to = contract_course(contract, "B");
  set_newsitems(contract, to, 1);
  finish(contract, to, from);
  set_newsitems(contract, from, 1);
  finish(contract, from, to);
  for (guint i = 0; i < 3; i++) {
    GatewayContents found = contents(contract, from);
    g_assert_cmpuint(found.sections, ==, 0);
    g_assert_cmpuint(found.modules, ==, 0);
    g_assert_cmpuint(found.announcements, ==, 1);
    if (i == 0)
      contract_exec(contract,
                    "UPDATE mdl_course_modules SET section = (SELECT id FROM mdl_course_sections s"
                    " WHERE s.course = mdl_course_modules.course AND s.section = 2)"
                    " WHERE course = %" G_GINT64_FORMAT,
                    from);
    else
      post_announcement(contract, from);
  }
}

static void
copies_everything(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  contract_exec(contract,
                "UPDATE mdl_course_modules SET visible = 0, idnumber = 'quiz' WHERE module ="
                " (SELECT id FROM mdl_modules WHERE name = 'quiz')");
  g_autofree char *template = outline(contract, from);
  g_assert_cmpuint(strlen(template), >, 20);
  g_assert_nonnull(strstr(template, "quiz-quiz"));

  copy(contract, from, to);
  g_autofree char *result = outline(contract, to), *after = outline(contract, from);
  g_assert_cmpstr(result, ==, template);
  g_assert_cmpstr(after, ==, template);
  GatewayContents want = contents(contract, from), got = contents(contract, to);
  g_assert_cmpuint(got.sections, ==, want.sections);
  g_assert_cmpuint(got.modules, ==, want.modules);
}

/* An activity of the copy is one of its own. */
static void
shares_nothing_with_the_template(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  copy(contract, from, to);
  g_assert_cmpint(
      contract_look(contract,
                    "SELECT count(*) FROM mdl_course_modules a JOIN mdl_course_modules b"
                    " ON a.module = b.module AND a.instance = b.instance"
                    " WHERE a.course = %" G_GINT64_FORMAT " AND b.course = %" G_GINT64_FORMAT,
                    from, to),
      ==, 0);
  g_assert_cmpint(
      contract_look(
          contract,
          "SELECT count(*) FROM mdl_course_modules cm JOIN mdl_quiz q ON q.id = cm.instance"
          " JOIN mdl_modules m ON m.id = cm.module AND m.name = 'quiz'"
          " WHERE q.course = cm.course AND q.name <> '' AND cm.course = %" G_GINT64_FORMAT,
          to),
      ==, 1);
}

static void
sections_list_their_modules(Contract *contract) {
  gint64 to = contract_course(contract, "C");
  copy(contract, master(contract), to);
  g_assert_cmpint(
      contract_look(contract,
                    "SELECT count(*) FROM mdl_course_modules cm JOIN mdl_course_sections s"
                    " ON s.id = cm.section WHERE cm.course = %" G_GINT64_FORMAT
                    " AND (s.course <> cm.course OR"
                    " ',' || s.sequence || ',' NOT LIKE '%%,' || cm.id || ',%%')",
                    to),
      ==, 0);
}

/* That is why the caller looks before another try. */
static void
a_second_copy_doubles(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  copy(contract, from, to);
  copy(contract, from, to);
  GatewayContents want = contents(contract, from), got = contents(contract, to);
  g_assert_cmpuint(got.modules, ==, 2 * want.modules);
  g_assert_cmpuint(got.sections, ==, want.sections);
  if (contract->harness->announces_at_once)
    g_assert_cmpint(count_announcements(contract, to), ==, 1);
}

static void
announcements_appear_once(Contract *contract) {
  gint64 from = master(contract), with = contract_course(contract, "A"), without = 0;
  copy(contract, from, with);
  g_assert_cmpint(count_announcements(contract, with), ==, 1);

  GatewayNewCourse course = contract_course_like(contract, "B");
  GatewayCourseSettings settings = *course.settings;
  settings.newsitems = 0;
  course.settings = &settings;
  g_assert_cmpint(contract_new_course(contract, &course, &without), ==, GATEWAY_DONE);
  g_assert_cmpint(count_announcements(contract, without), ==, 0);
  copy(contract, from, without);
  g_assert_cmpint(count_announcements(contract, without), ==, 1);
}

/* A template with only a named section and no activity. */
static void
sections_alone_are_content(Contract *contract) {
  gint64 from = contract_course(contract, "A"), to = contract_course(contract, "B");
  contract_exec(
      contract,
      "UPDATE mdl_course_sections SET name = 'Erster Tag', summary = 'Anreise' WHERE section = 2"
      " AND course = %" G_GINT64_FORMAT,
      from);
  copy(contract, from, to);
  GatewayContents found = contents(contract, to);
  g_assert_cmpuint(found.sections, ==, 1);
  g_assert_cmpuint(found.modules, ==, 0);
  contract_assert_text(contract, "Erster Tag/Anreise",
                       "SELECT name || '/' || summary FROM mdl_course_sections WHERE section = 2"
                       " AND course = %" G_GINT64_FORMAT,
                       to);
}

/* User data is no content. */
static void
people_stay_behind(Contract *contract) {
  gint64 from = contract_course(contract, "A"), to = contract_course(contract, "B"),
         anna = contract_user(contract, "anna"), group = contract_group(contract, from, "G01");
  contract_enrol(contract, from, anna);
  contract_join(contract, from, group, anna);
  contract_complete(contract, from, anna, CONTRACT_NOW);
  copy(contract, from, to);
  contract_assert_read(contract, to, contract->harness->copies_no_groups ? "" : "[G01]\n");
}

static void
refuses_what_is_not_there(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  const struct {
    gint64 from, to;
  } wrong[] = { { 99999, to }, { from, 99999 }, { to, to }, { 1, to }, { from, 1 } };
  gint64 before = contract_look(contract, "SELECT count(*) FROM mdl_course_modules");
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(
        contract->call->copy_content(contract->gateway, wrong[i].from, wrong[i].to, &error));
    g_assert_true(error != NULL && error->domain == GATEWAY_ERROR);
  }
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_course_modules"), ==, before);
  g_autoptr(GError) error = NULL;
  GatewayContents found = { 0 };
  g_assert_false(contract->call->contents(contract->gateway, 99999, &found, &error));
  g_assert_true(error != NULL && error->domain == GATEWAY_ERROR);
}

static gint64
newsitems(Contract *contract, gint64 courseid) {
  return contract_look(contract, "SELECT newsitems FROM mdl_course WHERE id = %" G_GINT64_FORMAT,
                       courseid);
}

/* What the course was made with before its content came decides nothing. */
static void
finishes_as_the_template(Contract *contract) {
  gint64 from = master(contract);
  for (guint want = 0; want <= 3; want += 3)
    for (guint had = 0; had <= 5; had += 5) {
      g_autofree char *name = g_strdup_printf("C%u%u", want, had);
      GatewayNewCourse course = contract_course_like(contract, name);
      GatewayCourseSettings settings = *course.settings;
      settings.newsitems = (gint)had;
      course.settings = &settings;
      gint64 to = 0;
      g_assert_cmpint(contract_new_course(contract, &course, &to), ==, GATEWAY_DONE);
      copy(contract, from, to);
      set_newsitems(contract, from, want);
      GatewayContents before = contents(contract, to);
      for (guint again = 0; again < 2; again++) {
        finish(contract, from, to);
        g_assert_cmpint(newsitems(contract, to), ==, want);
        g_assert_cmpint(count_announcements(contract, to), ==, 1); /* the template has one */
        GatewayContents after = contents(contract, to);
        g_assert_cmpuint(after.modules, ==, before.modules);
        g_assert_cmpuint(after.sections, ==, before.sections);
      }
      set_newsitems(contract, from, 1);
    }
}

/* A template without a forum of its own: the number asks for one. */
static void
finishing_makes_the_forum(Contract *contract) {
  GatewayNewCourse course = contract_course_like(contract, "A");
  GatewayCourseSettings settings = *course.settings;
  settings.newsitems = 0;
  course.settings = &settings;
  gint64 from = 0, to = 0;
  g_assert_cmpint(contract_new_course(contract, &course, &from), ==, GATEWAY_DONE);
  course.shortname = course.idnumber = "B";
  g_assert_cmpint(contract_new_course(contract, &course, &to), ==, GATEWAY_DONE);
  finish(contract, from, to);
  g_assert_cmpint(count_announcements(contract, to), ==, 0);
  set_newsitems(contract, from, 2);
  finish(contract, from, to);
  finish(contract, from, to);
  g_assert_cmpint(newsitems(contract, to), ==, 2);
  g_assert_cmpint(count_announcements(contract, to), ==, 1);
  g_assert_cmpuint(contents(contract, to).modules, ==, 0);
}

static void
finishing_needs_both(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  const gint64 wrong[][2] = { { 99999, to }, { from, 99999 }, { from, 1 }, { 1, to } };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(
        contract->call->finish_content(contract->gateway, wrong[i][0], wrong[i][1], &error));
    g_assert_true(error != NULL && error->domain == GATEWAY_ERROR);
  }
}

/* Whether it outlives the power cannot be tried here; that it answers, and changes nothing, can. */
static void
flushes(Contract *contract) {
  gint64 from = master(contract), to = contract_course(contract, "C");
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->copy_content(contract->gateway, from, to, &error));
  gint64 before = contract_look(contract, "SELECT count(*) FROM mdl_course_modules");
  g_assert_true(contract->call->flush(contract->gateway, &error));
  g_assert_true(contract->call->flush(contract->gateway, &error));
  g_assert_no_error(error);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_course_modules"), ==, before);
}

void
contract_content_add(const GatewayHarness *harness) {
  contract_add(harness, "content/a-new-course-holds-nothing", a_new_course_holds_nothing);
  contract_add(harness, "content/flushes", flushes);
  contract_add(harness, "content/finishes-as-the-template", finishes_as_the_template);
  contract_add(harness, "content/finishing-makes-the-forum", finishing_makes_the_forum);
  contract_add(harness, "content/finishing-needs-both", finishing_needs_both);
  contract_add(harness, "content/the-master-holds-something", the_master_holds_something);
  contract_add(harness, "content/posts-do-not-count", posts_do_not_count);
  contract_add(harness, "content/announcements-count-alone", announcements_count_alone);
  contract_add(harness, "content/copies-everything", copies_everything);
  contract_add(harness, "content/shares-nothing-with-the-template",
               shares_nothing_with_the_template);
  contract_add(harness, "content/sections-list-their-modules", sections_list_their_modules);
  contract_add(harness, "content/a-second-copy-doubles", a_second_copy_doubles);
  contract_add(harness, "content/announcements-appear-once", announcements_appear_once);
  contract_add(harness, "content/sections-alone-are-content", sections_alone_are_content);
  contract_add(harness, "content/people-stay-behind", people_stay_behind);
  contract_add(harness, "content/refuses-what-is-not-there", refuses_what_is_not_there);
}
