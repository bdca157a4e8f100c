/* What `check` says of the mail server that is to tell people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>

#include "../notify/smtp_sink.h"
#include "base/text.h"
#include "program.h"

static void
configure(const Place *place, const char *notify) {
  autochar all = g_strconcat("[zms]\nbaseurl=http://127.0.0.1:1/rest\nattempts=1\n"
                             "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n",
                             notify, NULL);
  g_assert_true(
      g_file_set_contents_full(place->config, all, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static json_t *
check(const Place *place) {
  g_auto(Said) said = program_call(place->folder, "-c my.conf check --json");
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

/* The area's level and text, and all that was found there, a line each. */
static char *
said_of_notify(const json_t *document) {
  const json_t *area = json_object_get(json_object_get(document, "areas"), "notify"), *finding;
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_printf(text, "%s: %s\n", json_string_value(json_object_get(area, "level")),
                  json_string_value(json_object_get(area, "text")));
  size_t at;
  json_array_foreach(json_object_get(document, "findings"), at, finding) {
    if (strcmp(json_string_value(json_object_get(finding, "area")), "notify") == 0)
      g_string_append_printf(text, "%s: %s %s\n",
                             json_string_value(json_object_get(finding, "level")),
                             json_string_value(json_object_get(finding, "message")),
                             json_string_value(json_object_get(finding, "remedy")));
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
configured_for(const SmtpSink *sink, const char *more) {
  return g_strdup_printf("[notify]\nsmtp=%s\nfrom=lehrgaenge@example.org\nstarttls=no\n%s",
                         smtp_sink_url(sink), more);
}

static void
test_none(Place *place, gconstpointer data) {
  (void)data;
  configure(place, "");
  json_auto_t *document = check(place);
  autochar said = said_of_notify(document);
  g_assert_cmpstr(said, ==, "ok: no mail server, so nobody is told by mail\n");
}

static void
test_well(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(SmtpSink) sink = smtp_sink_new(&(SmtpSinkOptions){ 0 });
  autochar notify = configured_for(sink, "operator=zentrale@example.org\n");
  configure(place, notify);
  json_auto_t *document = check(place);
  autochar said = said_of_notify(document);
  autochar expected = g_strdup_printf("ok: mail by %s\n", smtp_sink_url(sink));
  g_assert_cmpstr(said, ==, expected);
  g_assert_cmpuint(smtp_sink_count(sink), ==, 0);
  g_auto(Said) shown = program_call(place->folder, "-c my.conf check");
  assert_has(shown.out, "\nNotifications  ok ");
}

static void
test_nobody_to_tell(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(SmtpSink) sink = smtp_sink_new(&(SmtpSinkOptions){ 0 });
  autochar notify = configured_for(sink, "");
  configure(place, notify);
  json_auto_t *document = check(place);
  autochar said = said_of_notify(document);
  assert_has(said, "warning: nobody is told of scheduled runs that failed");
  assert_has(said, "operator in [notify]");
}

/* A run works without; so it is a warning. */
static void
test_refused(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(SmtpSink) sink =
      smtp_sink_new(&(SmtpSinkOptions){ .user = "somebody", .password = "s3cret" });
  autochar notify =
      configured_for(sink, "operator=zentrale@example.org\nuser=somebody\npassword=wrong-s3cret\n");
  configure(place, notify);
  json_auto_t *document = check(place);
  autochar said = said_of_notify(document);
  assert_has(said, "does not take mail\n");
  assert_has(said, "warning: mail server smtp://");
  assert_has(said, "Check user and password in [notify].");
  g_assert_null(strstr(said, "wrong-s3cret"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/check-notify/none", Place, NULL, program_set_up, test_none, program_tear_down);
  g_test_add("/check-notify/well", Place, NULL, program_set_up, test_well, program_tear_down);
  g_test_add("/check-notify/nobody-to-tell", Place, NULL, program_set_up, test_nobody_to_tell,
             program_tear_down);
  g_test_add("/check-notify/refused", Place, NULL, program_set_up, test_refused, program_tear_down);
  return g_test_run();
}
