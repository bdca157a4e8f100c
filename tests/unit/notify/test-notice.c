/* The texts people get, word for word, in both languages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify-case.h"

#include <string.h>

#include "base/text.h"
#include "notify/digest.h"

/* What went wrong, as reports have it. */
#define PARTIAL                                                                                    \
  "{\"tenants\":["                                                                                 \
  " {\"abbr\":\"FD\",\"listed\":true,\"error\":null,"                                              \
  "  \"failed\":[{\"id\":\"4711\",\"error\":\"GET https://zms.example.org/lehrgaenge/4711/"        \
  "teilnehmer: 404 Not Found.\"},{\"id\":\"4712\",\"error\":\"500 Internal Server Error\"}],"      \
  "  \"skip_reasons\":{\"course_exists\":70,\"no_template\":2}},"                                  \
  " {\"abbr\":\"HP\",\"listed\":true,\"error\":\"401 Unauthorized. Check its apikey.\","           \
  "  \"failed\":[{\"id\":\"1\",\"error\":\"401 Unauthorized.\"}],"                                 \
  "  \"skip_reasons\":{}},"                                                                        \
  " {\"abbr\":\"KS\",\"listed\":false,\"error\":null,\"failed\":[],\"skip_reasons\":{}}],"         \
  "\"totals\":{\"lehrgaenge_created\":6,\"lehrgaenge_skipped\":111,\"lehrgaenge_total\":120,"      \
  " \"failed\":3,\"tenants_failed\":1,\"left_out\":5},"                                            \
  "\"unproven\":[{\"shortname\":\"FD-F-I-25\",\"why\":\"Lehrgang 4711 could not be read\"}],"      \
  "\"warnings\":[\"12 completions wait for the companion plugin\"],"                               \
  "\"content_copies\":{\"queued\":4,\"done\":3,\"waiting\":0,\"failed\":1}}"

/* All went well, and yet not all that ZMS has is in Moodle. */
#define NO_COURSE                                                                                  \
  "{\"tenants\":[{\"abbr\":\"FD\",\"listed\":true,\"error\":null,\"failed\":[],"                   \
  "\"skip_reasons\":{\"course_exists\":70,\"no_template\":2}}]}"

#define HELD                                                                                       \
  "{\"held\":[{\"company\":\"FD\",\"removals\":30,\"enrolled\":60,\"allowed\":12},"                \
  " {\"company\":\"all companies\",\"removals\":44,\"enrolled\":90,\"allowed\":18}]}"

typedef struct {
  const char *name; /* of the file, before the language */
  RunStatus status;
  const char *more; /* in the report; NULL: there is none */
  const char *why;
  bool retried;
} Import;

static const Import imports[] = {
  { "import-success", RUN_SUCCESS, "{}", NULL, false },
  { "import-no-course", RUN_SUCCESS, NO_COURSE, NULL, false },
  { "import-partial", RUN_PARTIAL, PARTIAL, NULL, false },
  { "import-held", RUN_HELD, HELD, NULL, false },
  { "import-skipped", RUN_SKIPPED, NULL, "another run holds the lock", false },
  { "import-failed-first", RUN_ERROR, "{\"error\":\"Moodle: connection refused\"}", NULL, true },
  { "import-failed-final", RUN_ERROR, "{\"error\":\"Moodle: connection refused\"}", NULL, false },
  { "import-interrupted", RUN_INTERRUPTED, NULL, "the service ended in the middle of it", false },
};

static const char *const languages[] = { "de", "en" };

static void
test_import(gconstpointer data) {
  const Import *import = data;
  for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
    Config *config = case_config(languages[i]);
    const ImportRequest request = case_request();
    json_auto_t *report = import->more == NULL
                              ? NULL
                              : case_report_with(run_status_word(import->status), import->more);
    g_auto(Notice) notice =
        notice_import(config, &request, import->status, report, import->why, !import->retried);
    g_autofree char *name = g_strdup_printf("%s.%s", import->name, languages[i]);
    case_assert_notice(&notice, name);
    case_config_free(config);
  }
}

static void
test_scheduled(void) {
  for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
    Config *config = case_config(languages[i]);
    json_auto_t *report = case_report_with("partial", PARTIAL);
    g_auto(Notice) notice = notice_scheduled(config, report);
    g_autofree char *name = g_strdup_printf("scheduled-partial.%s", languages[i]);
    case_assert_notice(&notice, name);
    case_config_free(config);
  }
}

static void
test_certificate(void) {
  static const gint days[] = { 30, 1, 0, -1 };
  static const char *const subjects[][G_N_ELEMENTS(days)] = {
    { "Zertifikat client.pem läuft in 30 Tagen ab", "Zertifikat client.pem läuft in 1 Tag ab",
      "Zertifikat client.pem läuft in weniger als einem Tag ab",
      "Zertifikat client.pem ist abgelaufen" },
    { "Certificate client.pem expires in 30 days", "Certificate client.pem expires in 1 day",
      "Certificate client.pem expires in less than a day", "Certificate client.pem has expired" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
    Config *config = case_config(languages[i]);
    ConfigTenant own = { .abbr = (char *)"KS",
                         .certificate = (char *)"/etc/lehrgaenge/certs/client.pem" };
    g_ptr_array_add(config->tenants, &own);
    for (guint j = 0; j < G_N_ELEMENTS(days); j++) {
      g_auto(Notice) notice = notice_certificate(config, own.certificate, days[j]);
      g_assert_cmpstr(notice.subject, ==, subjects[i][j]);
      g_autofree char *name =
          g_strdup_printf("certificate-%s.%s", days[j] < 0 ? "expired" : "30", languages[i]);
      if (j == 0 || days[j] < 0)
        case_assert_notice(&notice, name);
    }
    /* The pages' own tells of the pages, and of no tenant. */
    config->web.certificate = (char *)"/etc/lehrgaenge/web.pem";
    g_auto(Notice) pages = notice_certificate(config, config->web.certificate, 5);
    g_assert_nonnull(strstr(pages.body, "systemctl reload lehrgaenge"));
    g_assert_null(strstr(pages.body, "ZMS"));
    config->web.certificate = NULL;
    case_config_free(config);
  }
}

/* Every list ends somewhere, and says how much is missing. */
static void
test_bounded(void) {
  Config *config = case_config("de");
  json_auto_t *report = case_report("partial");
  json_t *failed = json_object_get(json_array_get(json_object_get(report, "tenants"), 0), "failed");
  g_autofree char *endless = g_strnfill(2000, 'x');
  for (guint i = 0; i < 25; i++) {
    g_autofree char *id = g_strdup_printf("L%02u", i);
    json_array_append_new(failed, json_pack("{s:s, s:s}", "id", id, "error", endless));
  }
  g_auto(Notice) notice = notice_scheduled(config, report);
  g_assert_nonnull(strstr(notice.body, "  FD: L19: x"));
  g_assert_null(strstr(notice.body, "L20"));
  g_assert_nonnull(strstr(notice.body, "x\n  … und 5 weitere\n"));
  g_assert_cmpuint(strlen(notice.body), <, (DIGEST_MAX_LIST + 5) * DIGEST_MAX_ENTRY);
  case_config_free(config);
}

static void
test_many_tenants(void) {
  static char *many[] = { (char *)"A", (char *)"B", (char *)"C", (char *)"D",
                          (char *)"E", (char *)"F", (char *)"G", NULL };
  Config *config = case_config("de");
  ImportRequest request = case_request();
  request.tenants = many;
  g_auto(Notice) some = notice_import(config, &request, RUN_SUCCESS, NULL, NULL, true);
  g_assert_cmpstr(some.subject, ==, "Import 2025 (A, B, C, D, E + 2): erfolgreich");
  g_assert_nonnull(strstr(some.body, "Mandanten:      A, B, C, D, E, F, G\n"));
  request.tenants = NULL;
  g_auto(Notice) all = notice_import(config, &request, RUN_SUCCESS, NULL, NULL, true);
  g_assert_cmpstr(all.subject, ==, "Import 2025: erfolgreich");
  g_assert_nonnull(strstr(all.body, "Mandanten:      alle\n"));
  case_config_free(config);
}

/* Texts from elsewhere stay on their line and keep secrets to themselves. */
static void
test_foreign(void) {
  Config *config = case_config("de");
  ImportRequest request = case_request();
  request.starter = (char *)"erika\nLauf: 99";
  text_secret_add("geheimer-schluessel");
  json_auto_t *report =
      case_report_with("error", "{\"error\":\"token geheimer-schluessel\\r\\nBcc: x\"}");
  g_auto(Notice) notice = notice_import(config, &request, RUN_ERROR, report, NULL, true);
  g_assert_nonnull(strstr(notice.body, "Gestartet von:  erika Lauf: 99\n"));
  g_assert_nonnull(strstr(notice.body, "token ***"));
  g_assert_null(strstr(notice.body, "geheimer"));
  g_assert_null(strstr(notice.body, "\nBcc"));
  case_config_free(config);
}

/* What a subject says is the worst of what happened. */
static void
test_worst(void) {
  static const struct {
    const char *more, *expected;
  } cases[] = {
    { "{}", "" },
    { "{\"totals\":{\"failed\":5}}", "5 Fehler" },
    { "{\"totals\":{\"failed\":3,\"lehrgaenge_skipped\":111}}",
      "3 von 120 Lehrgängen fehlgeschlagen" },
    { "{\"totals\":{\"failed\":1,\"tenants_failed\":1}}", "1 von 2 Mandanten fehlgeschlagen" },
    { "{\"content_copies\":{\"failed\":2}}", "Inhaltskopien fehlgeschlagen: 2" },
    { "{\"content_copies\":{\"waiting\":3}}",
      "Inhaltskopien, die auf einen neuen Versuch warten: 3" },
    { "{\"totals\":{\"unproven\":7}}", "nicht belegte Austragungen: 7" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    json_auto_t *report = case_report_with("partial", cases[i].more);
    g_autofree char *worst = digest_worst(report, true);
    g_assert_cmpstr(worst, ==, cases[i].expected);
  }
}

/* Whether a partial run has failed at something, or only left something to somebody. */
static void
test_nothing_failed(void) {
  static const struct {
    const char *more;
    bool nothing;
  } cases[] = {
    { "{}", true },
    { "{\"content_copies\":{\"waiting\":2}}", true },
    { "{\"content_copies\":{\"failed\":1}}", false },
    { "{\"totals\":{\"failed\":1}}", false },
    { "{\"totals\":{\"tenants_failed\":1}}", false },
  };
  Config *config = case_config("de");
  ImportRequest request = case_request();
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    json_auto_t *report = case_report_with("partial", cases[i].more);
    g_auto(Notice) notice = notice_import(config, &request, RUN_PARTIAL, report, NULL, true);
    g_assert_true((strstr(notice.body, "Alles ist ausgeführt") != NULL) == cases[i].nothing);
    g_assert_true((strstr(notice.body, "Ein Teil ist fehlgeschlagen") != NULL) != cases[i].nothing);
    g_assert_true((strstr(notice.body, "warten: 2") != NULL) ==
                  (strstr(cases[i].more, "waiting") != NULL));
  }
  case_config_free(config);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(imports); i++) {
    g_autofree char *path = g_strdup_printf("/notice/%s", imports[i].name);
    g_test_add_data_func(path, &imports[i], test_import);
  }
  g_test_add_func("/notice/scheduled", test_scheduled);
  g_test_add_func("/notice/certificate", test_certificate);
  g_test_add_func("/notice/bounded", test_bounded);
  g_test_add_func("/notice/many-tenants", test_many_tenants);
  g_test_add_func("/notice/foreign", test_foreign);
  g_test_add_func("/notice/worst", test_worst);
  g_test_add_func("/notice/nothing-failed", test_nothing_failed);
  return g_test_run();
}
