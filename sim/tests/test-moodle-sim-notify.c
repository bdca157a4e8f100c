/* moodle-sim's function of the companion plugin that sends notifications.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle_site.h"

#define NOTIFY "local_lehrgaenge_notify_users"
#define ONE(index, user, subject, text)                                                            \
  "messages[" #index "][userid]=" #user "&messages[" #index "][subject]=" subject                  \
  "&messages[" #index "][text]=" text

/* 4 anna, 5 berta (deleted), 6 carla (suspended). */
static Site *
site_with_people(const MoodleAppOptions *options) {
  Site *site = site_new(options, NULL);
  site_exec(site,
            "INSERT INTO mdl_user (id, username, firstname, lastname, email, deleted, suspended)"
            " VALUES (4, 'anna', 'A', 'B', 'anna@example.org', 0, 0),"
            " (5, 'berta', 'A', 'B', 'berta@example.org', 1, 0),"
            " (6, 'carla', 'A', 'B', 'carla@example.org', 0, 1)");
  return site;
}

#define TOLD(user, status, message)                                                                \
  "{\"userid\":" #user ",\"status\":\"" status "\",\"message\":\"" message "\"}"

static void
each_is_told(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  site_expect(
      site, NOTIFY,
      ONE(0, 4, "Größe  \n<b>R</b> < 7 > 3 ", "a <b>b</b>\nc") "&" ONE(1, 99, "A", "a") "&" ONE(
          2, 5, "A", "a") "&" ONE(3, 6, "A", "a") "&" ONE(4, 1, "A", "a") "&" ONE(5, 4, "<i>", "a"),
      "[" TOLD(4, "sent", "") "," TOLD(99, "nouser", "") "," TOLD(5, "nouser", "") "," TOLD(
          6, "suspended", "") "," TOLD(1, "nouser", "") "," TOLD(4, "failed",
                                                                 "Subject or text is empty.") "]");
  site_expect_look(site,
                   "-10 4 Größe R < 7 > 3|a <b>b</b>\nc|2 Größe R < 7 > 3 local_lehrgaenge imports",
                   "SELECT group_concat(useridfrom || ' ' || useridto || ' ' || subject || '|' ||"
                   " fullmessage || '|' || fullmessageformat || ' ' || smallmessage || ' ' ||"
                   " component || ' ' || eventtype) FROM mdl_notifications");
  g_assert_cmpint(site_look(site, "SELECT timecreated FROM mdl_notifications"), ==, SITE_NOW);
}

static void
sizes(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  g_autofree char *subject = g_strnfill(300, 's');
  g_autofree char *text = g_strnfill(4000, 't');
  g_autofree char *fits = g_strdup_printf(ONE(0, 4, "%s", "%s"), subject, text);
  g_autofree char *longer = g_strdup_printf(ONE(0, 4, "A", "%st"), text);
  site_expect(site, NOTIFY, fits, "[" TOLD(4, "sent", "") "]");
  site_expect_look(site, "255 4000",
                   "SELECT length(subject) || ' ' || length(fullmessage) FROM mdl_notifications");
  site_expect(site, NOTIFY, longer,
              "[" TOLD(4, "failed", "The text is longer than 4000 bytes.") "]");
  g_autoptr(GString) many = g_string_new(NULL);
  for (guint i = 0; i < 50; i++)
    g_string_append_printf(many,
                           "%smessages[%u][userid]=4&messages[%u][subject]=A&messages[%u][text]=a",
                           i > 0 ? "&" : "", i, i, i);
  site_do(site, NOTIFY, many->str);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_notifications"), ==, 51);
  g_string_append(many, "&" ONE(50, 4, "A", "a"));
  site_refuses(site, NOTIFY, many->str, "invalidparameter");
  site_refuses(site, NOTIFY, "messages[0][userid]=4&messages[0][subject]=A", "invalidparameter");
  site_refuses(site, NOTIFY, ONE(0, x, "A", "a"), "invalidparameter");
  site_refuses(site, NOTIFY, "", "invalidparameter");
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_notifications"), ==, 51);
}

/* What the database refuses is one message's matter. */
static void
one_failure_stays_alone(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  site_exec(site, "CREATE TRIGGER no_b BEFORE INSERT ON mdl_notifications WHEN NEW.subject = 'B'"
                  " BEGIN SELECT RAISE(ABORT, 'no'); END");
  json_auto_t *told =
      site_does(site, NOTIFY, ONE(0, 4, "A", "a") "&" ONE(1, 4, "B", "b") "&" ONE(2, 4, "C", "c"));
  static const char *const expected[] = { "sent", "failed", "sent" };
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(told, i), "status")), ==,
                    expected[i]);
  site_expect_look(site, "A,C", "SELECT group_concat(subject) FROM mdl_notifications");
}

static void
right_and_plugin(void) {
  static const char *const names[] = { NOTIFY, NULL };
  const MoodleAppOptions forbidden = { .plugin = true, .forbid = names };
  g_autoptr(Site) closed = site_new(&forbidden, NULL);
  site_refuses(closed, NOTIFY, ONE(0, 99, "A", "a"), "nopermissions");
  const MoodleAppOptions older = { .plugin = true, .without = names };
  g_autoptr(Site) without = site_new(&older, NULL);
  site_refuses(without, NOTIFY, ONE(0, 99, "A", "a"), "accessexception");
  const MoodleAppOptions none = { .batch = true };
  g_autoptr(Site) bare = site_new(&none, NULL);
  site_refuses(bare, NOTIFY, ONE(0, 99, "A", "a"), "invalidrecord");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/notify/each-is-told", each_is_told);
  g_test_add_func("/sim/moodle/notify/sizes", sizes);
  g_test_add_func("/sim/moodle/notify/one-failure-stays-alone", one_failure_stays_alone);
  g_test_add_func("/sim/moodle/notify/right-and-plugin", right_and_plugin);
  return g_test_run();
}
