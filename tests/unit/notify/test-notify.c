/* Who is told what, and how often.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/notify.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../client/pki.h"
#include "config/certificate.h"
#include "notify-case.h"

#define DAY ((gint64)24 * 60 * 60)

static void
tell_scheduled(Case *c, const char *status, const char *more) {
  g_autoptr(GError) error = NULL;
  json_auto_t *report = case_report_with(status, more);
  notify_scheduled(c->store, c->config, report, clock_now(c->clock), &error);
  g_assert_no_error(error);
}

static void
test_import(void) {
  g_auto(Case) c = case_new();
  const ImportRequest request = case_request();
  json_auto_t *report = case_report("success");
  case_tell_import(&c, &request, RUN_SUCCESS, report, NULL, true);
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 1);
  case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 1);
  json_auto_t *mail = case_payload(&c, NOTIFY_MAIL_KIND);
  case_assert_text(mail, "to", "erika@example.org");
  case_assert_text(mail, "subject", "Import 2025 (FD, HP): erfolgreich");
  case_assert_text(mail, "id", "import run 42 ended");
  g_assert_cmpint(json_integer_value(json_object_get(mail, "time")), ==, CASE_NOW);
  g_assert_nonnull(strstr(json_string_value(json_object_get(mail, "body")), "runs show 42"));
  json_auto_t *sent = case_payload(&c, NOTIFY_MESSAGE_KIND);
  case_assert_text(sent, "email", "erika@example.org");
  case_assert_text(sent, "subject", "Import 2025 (FD, HP): erfolgreich");
  g_assert_nonnull(strstr(json_string_value(json_object_get(sent, "text")), "runs show 42"));
}

static void
test_import_to_operator(void) {
  static const char *const addresses[] = { "", "erika", "erika@example.org\nBcc: x@example.org" };
  for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
    g_auto(Case) c = case_new();
    ImportRequest request = case_request();
    request.email = (char *)addresses[i];
    case_tell_import(&c, &request, RUN_ERROR, NULL, "x", true);
    case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 0);
    json_auto_t *mail = case_payload(&c, NOTIFY_MAIL_KIND);
    case_assert_text(mail, "to", "betrieb@example.org");
  }
}

static void
test_nothing_configured(void) {
  for (guint missing = 0; missing < 2; missing++) {
    g_auto(Case) c = case_new();
    const ImportRequest request = case_request();
    c.config->notify.moodle_message = false;
    if (missing == 0)
      c.config->notify.smtp = (char *)"";
    else
      c.config->notify.from = (char *)"";
    case_tell_import(&c, &request, RUN_ERROR, NULL, "x", true);
    tell_scheduled(&c, "error", "{}");
    case_assert_queued(&c, NOTIFY_MAIL_KIND, 0);
    case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 0);
  }
  g_auto(Case) c = case_new();
  static char none[] = "";
  c.config->notify.operator_address = none;
  tell_scheduled(&c, "error", "{}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 0);
}

/* Told once of each run, of a first failure besides, and once a day where there was no run. */
static void
test_import_once(void) {
  g_auto(Case) c = case_new();
  const ImportRequest request = case_request();
  json_auto_t *first = case_report("error"), *second = case_report_with("error", "{\"run\":43}");

  for (guint i = 0; i < 2; i++) {
    case_tell_import(&c, &request, RUN_ERROR, first, NULL, false);
    case_assert_queued(&c, NOTIFY_MAIL_KIND, 1);
  }
  for (guint i = 0; i < 2; i++) {
    case_tell_import(&c, &request, RUN_ERROR, second, NULL, true);
    case_assert_queued(&c, NOTIFY_MAIL_KIND, 2);
    case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 2);
  }
  /* A first failure does not stand for the end. */
  json_object_set_new(second, "run", json_integer(44));
  case_tell_import(&c, &request, RUN_ERROR, second, NULL, false);
  case_tell_import(&c, &request, RUN_ERROR, second, NULL, true);
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 4);
  for (guint i = 0; i < 2; i++) {
    case_tell_import(&c, &request, RUN_SKIPPED, NULL, "another run holds the lock", true);
    case_assert_queued(&c, NOTIFY_MAIL_KIND, 5);
  }
  case_tell_import(&c, &request, RUN_ERROR, NULL, "the store is away", true);
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 6);
  clock_advance(c.clock, DAY * G_USEC_PER_SEC);
  case_tell_import(&c, &request, RUN_ERROR, NULL, "the store is away", true);
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 7);
}

#define TENANT_AWAY(words)                                                                         \
  "{\"tenants\":[{\"abbr\":\"FD\",\"error\":\"" words "\",\"failed\":[]}],"                        \
  "\"totals\":{\"tenants_failed\":1}}"
#define ONE_FAILED(id, in_url)                                                                     \
  "{\"tenants\":[{\"abbr\":\"FD\",\"error\":null,\"failed\":[{\"id\":\"" id                        \
  "\",\"error\":\"GET https://zms/lehrgaenge/" in_url "/teilnehmer: Not Found\"}]}]}"

static void
test_scheduled_ordinary(void) {
  static const char *const statuses[] = { "success", "skipped", "interrupted", "running" };
  g_auto(Case) c = case_new();
  for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
    tell_scheduled(&c, statuses[i], "{}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 0);
  tell_scheduled(&c, "error", "{}");
  tell_scheduled(&c, "partial", "{}");
  tell_scheduled(&c, "held", "{}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 3);
  case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 0);
  json_auto_t *mail = case_payload(&c, NOTIFY_MAIL_KIND);
  case_assert_text(mail, "to", "betrieb@example.org");
  case_assert_text(mail, "subject", "Geplanter Lauf 42: Austragungen angehalten");
}

static void
test_scheduled_once(void) {
  g_auto(Case) c = case_new();
  tell_scheduled(&c, "partial", TENANT_AWAY("timed out after 30012 ms"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 1);
  /* The same again, but for numbers. */
  tell_scheduled(&c, "partial", "{\"run\":43,\"started\":1}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 2);
  tell_scheduled(&c, "partial", TENANT_AWAY("timed out after 30007 ms"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 2);
  /* Another cause. */
  tell_scheduled(&c, "partial", TENANT_AWAY("401 Unauthorized"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 3);
  tell_scheduled(&c, "error", TENANT_AWAY("timed out after 30007 ms"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 4);
  /* One Lehrgang or another is the same cause, whatever its id. */
  tell_scheduled(&c, "partial", ONE_FAILED("abc", "abc"));
  tell_scheduled(&c, "partial", ONE_FAILED("xyz", "xyz"));
  tell_scheduled(&c, "partial", ONE_FAILED("k ö", "k%20%C3%B6"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 5);
  /* The next day. */
  clock_advance(c.clock, DAY * G_USEC_PER_SEC);
  tell_scheduled(&c, "partial", TENANT_AWAY("timed out after 30012 ms"));
  tell_scheduled(&c, "partial", TENANT_AWAY("timed out after 30013 ms"));
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 6);
}

/* Berlin's day, not that of UTC. */
static void
test_day(void) {
  g_auto(Case) c = case_new();
  clock_advance(c.clock, (gint64)(10 * 60 + 54) * 60 * G_USEC_PER_SEC); /* 23:59:09 in Berlin */
  tell_scheduled(&c, "error", "{}");
  clock_advance(c.clock, 30 * G_USEC_PER_SEC);
  tell_scheduled(&c, "error", "{}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 1);
  clock_advance(c.clock, 30 * G_USEC_PER_SEC);
  tell_scheduled(&c, "error", "{}");
  case_assert_queued(&c, NOTIFY_MAIL_KIND, 2);
}

#define QUOTES_10 "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
#define QUOTES_100                                                                                 \
  QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10 QUOTES_10        \
      QUOTES_10
#define QUOTES_400 QUOTES_100 QUOTES_100 QUOTES_100 QUOTES_100

/* As much text as a report can bring, all of it twice as long in JSON. */
static json_t *
huge_report(void) {
  json_t *report = case_report("held");
  static const char *const lists[] = { "held", "unproven", "warnings" };
  json_auto_t *text = json_loads("[\"" QUOTES_400 "\"]", 0, NULL);
  json_t *quotes = json_array_get(text, 0);
  json_t *tenant = json_array_get(json_object_get(report, "tenants"), 0);
  for (guint n = 0; n < 30; n++) {
    g_autofree char *reason = g_strdup_printf("%s%u", json_string_value(quotes), n);
    json_array_append_new(json_object_get(tenant, "failed"),
                          json_pack("{s:s, s:O}", "id", "", "error", quotes));
    json_object_set_new(json_object_get(tenant, "skip_reasons"), reason, json_integer(1));
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
      json_array_append_new(
          json_object_get(report, lists[i]),
          i == 2 ? json_incref(quotes)
                 : json_pack("{s:O, s:O}", "company", quotes, i == 1 ? "shortname" : "x", quotes));
  }
  return report;
}

/* What is too long for the store, or for Moodle, is cut and says so. */
static void
test_huge(void) {
  g_auto(Case) c = case_new();
  const ImportRequest request = case_request();
  json_auto_t *report = huge_report();
  case_tell_import(&c, &request, RUN_HELD, report, NULL, true);
  json_auto_t *mail = case_payload(&c, NOTIFY_MAIL_KIND);
  const char *body = json_string_value(json_object_get(mail, "body"));
  g_assert_true(g_str_has_suffix(body, "\n[… gekürzt]\n"));
  g_assert_cmpuint(strlen(body), >, STORE_MAX_PROGRESS / 4);
  json_auto_t *sent = case_payload(&c, NOTIFY_MESSAGE_KIND);
  const char *text = json_string_value(json_object_get(sent, "text"));
  g_assert_true(g_str_has_suffix(text, "\n[… gekürzt]\n"));
  g_assert_cmpuint(strlen(text), <=, GATEWAY_MAX_MESSAGE);
  g_assert_cmpuint(strlen(text), >, GATEWAY_MAX_MESSAGE - 10);
}

/* ── certificates ── */

static void
test_certificates(void) {
  g_auto(Case) c = case_new();
  g_autofree char *folder = g_dir_make_tmp("lehrgaenge-notify-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "client.pem", NULL),
                  *key = g_build_filename(folder, "client.key", NULL),
                  *missing = g_build_filename(folder, "missing.pem", NULL);
  pki_make(folder, "client", NULL, 100);
  ConfigTenant tenants[] = { { .abbr = (char *)"A", .certificate = path },
                             { .abbr = (char *)"B", .certificate = missing } };
  c.config->zms.certificate = path;
  c.config->web.certificate = path; /* once, though it stands in two places */
  g_ptr_array_add(c.config->tenants, &tenants[0]);
  g_ptr_array_add(c.config->tenants, &tenants[1]);
  static const gint days[] = { 31, 30, 1, 0, -1, -2 };
  gint left;
  g_assert_true(certificate_days_left(path, CASE_NOW, &left, NULL));
  for (guint i = 0; i < G_N_ELEMENTS(days); i++)
    for (guint again = 0; again < 2; again++) {
      g_autoptr(GError) error = NULL;
      notify_certificates(c.store, c.config, CASE_NOW + (left - days[i]) * DAY, &error);
      g_assert_no_error(error);
      case_assert_queued(&c, NOTIFY_MAIL_KIND, i);
    }
  json_auto_t *mail = case_payload(&c, NOTIFY_MAIL_KIND);
  case_assert_text(mail, "to", "betrieb@example.org");
  case_assert_text(mail, "subject", "Zertifikat client.pem ist abgelaufen");
  g_assert_nonnull(strstr(json_string_value(json_object_get(mail, "body")), "benutzen: A\n"));
  case_assert_queued(&c, NOTIFY_MESSAGE_KIND, 0);
  g_remove(path);
  g_remove(key);
  g_rmdir(folder);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/notify/import", test_import);
  g_test_add_func("/notify/import/to-operator", test_import_to_operator);
  g_test_add_func("/notify/import/once", test_import_once);
  g_test_add_func("/notify/nothing-configured", test_nothing_configured);
  g_test_add_func("/notify/scheduled/ordinary", test_scheduled_ordinary);
  g_test_add_func("/notify/scheduled/once", test_scheduled_once);
  g_test_add_func("/notify/scheduled/day", test_day);
  g_test_add_func("/notify/huge", test_huge);
  g_test_add_func("/notify/certificates", test_certificates);
  return g_test_run();
}
