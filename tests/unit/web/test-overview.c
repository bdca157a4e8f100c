/* The overview: what is under way, was and will be; and the stream that follows a run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "web/live.h"
#include "web_case.h"

#define DAY (24 * 60 * 60)

/* What is made of it is text enough for every test here. */
#define PROGRESS                                                                                   \
  "{\"phases\":[{\"name\":\"companies\",\"done\":0,\"total\":0,\"seconds\":3.2},"                  \
  "{\"name\":\"fetch\",\"done\":12,\"total\":35,\"seconds\":40}],"                                 \
  "\"tenants\":{\"done\":12,\"total\":35},\"left\":310,\"updated\":1773147909}"

#define CALL(store, slot, ...)                                                                     \
  do {                                                                                             \
    g_autoptr(GError) failed = NULL;                                                               \
    bool done = (store)->class->slot((store), __VA_ARGS__, &failed);                               \
    g_assert_no_error(failed);                                                                     \
    g_assert_true(done);                                                                           \
  } while (0)

/* ── what there is ── */

static gint64
begin_run(WebCase *test, gint year, const char *by, const char *tenants, gint64 ago) {
  StoreRun run = { .year = year,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)by,
                   .tenants = (char *)tenants,
                   .owner = (char *)"me",
                   .timestarted = WEB_CASE_NOW - ago };
  CALL(test->store, run_begin, &run);
  return run.id;
}

static gint64
ended_run(WebCase *test, gint year, const char *by, const char *tenants, gint64 ago,
          RunStatus status, const char *totals) {
  gint64 id = begin_run(test, year, by, tenants, ago);
  CALL(test->store, run_totals, id, totals);
  CALL(test->store, run_end, id, status, WEB_CASE_NOW - ago + 125, "{}");
  return id;
}

static void
add_task(WebCase *test, const char *kind, const char *subject, StoreTaskState state) {
  gint64 id;
  StoreTask task = { .kind = (char *)kind, .subject = (char *)subject, .payload = (char *)"{}" };
  CALL(test->store, task_add, &task, WEB_CASE_NOW, &id);
  if (state == TASK_FAILED)
    CALL(test->store, task_cancel, id, "given up", WEB_CASE_NOW);
}

static void
has_in_order(const WebCase *test, const char *first, const char *second) {
  const char *one = strstr(test->answer.body->str, first);
  g_assert_nonnull(one);
  if (strstr(one, second) == NULL)
    g_error("%s is not followed by %s\n%s", first, second, test->answer.body->str);
}

/* ── the page ── */

static void
test_empty(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) starter = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_get(test, viewer, "/"), ==, 200);
  web_case_has(test, "paused: none is scheduled");
  web_case_has(test, "There has been none yet.");
  web_case_has(test, "None is waiting.");
  web_case_has(test, "not read yet");
  web_case_has(test, "no API key"); /* OF */
  web_case_has(test, "<noscript><meta http-equiv=\"refresh\" content=\"60\">");
  web_case_has_not(test, "data-events");
  web_case_has_not(test, "cannot work");
  web_case_has_not(test, "Start an import");
  web_case_get(test, starter, "/");
  web_case_has(test, "Start an import");
  web_case_get(test, viewer, "/?language=de");
  web_case_has(test, "pausiert: keiner ist geplant");
  web_case_has(test, "Mandanten");
}

static void
test_next(void) {
  static const struct {
    gint64 off;
    const char *text;
  } cases[] = {
    { -5, "(due now)" },
    { 30, "(in less than a minute)" },
    { 600, "(in 10 min)" },
    { 5 * 3600, "(in 5 h 00 min)" },
    { 5 * DAY + 60, "(in 5 days)" },
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    test->next_run = WEB_CASE_NOW + cases[i].off;
    web_case_get(test, who, "/");
    web_case_has(test, cases[i].text);
  }
  web_case_has(test, "2026-03-15 14:06");
}

static char *
two_troubles(gpointer data) {
  (void)data;
  return g_strdup("the database <pg.example> is away\nthe disk is full");
}

static void
test_troubles(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) all = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  test->site->context.unready = two_troubles;
  web_case_get(test, all, "/");
  web_case_has(test, "The service cannot work just now.");
  web_case_has(test, "<li>the database &lt;pg.example&gt; is away</li><li>the disk is full</li>");
  web_case_get(test, bound, "/");
  web_case_has(test, "The service cannot work just now.");
  web_case_has_not(test, "pg.example");
}

static void
test_running(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  gint64 id = begin_run(test, 0, "scheduler", "", 41);
  CALL(test->store, run_progress, id, PROGRESS);
  web_case_get(test, who, "/");
  web_case_has(test, "<noscript><meta http-equiv=\"refresh\" content=\"5\">");
  web_case_has(test, "data-events=\"/runs/1/events\"");
  web_case_has(test, "<a href=\"/runs/1\">Run 1 is under way</a>");
  web_case_has(test, "<span data-live=\"tenants_done\">12</span> of "
                     "<span data-live=\"tenants_total\">35</span>");
  web_case_has(test, "<span data-live=\"left\">about 5 minutes</span>");
  web_case_has(test, "<progress id=\"bar-fetch\" max=\"1\" value=\"0.343\""
                     " data-live=\"bar-fetch\"></progress>"
                     "<span data-live=\"phase-fetch\">12 of 35</span>");
  web_case_has(test, "<label for=\"bar-fetch\">");
  web_case_has(test, "value=\"1.000\" data-live=\"bar-companies\"");
  web_case_has(test, "<span data-live=\"phase-companies\">done after 3 s</span>");
  web_case_has(test, "<span data-live=\"phase-apply\">to come</span>");
  /* One short line is announced, and not the numbers. */
  const char *polite = strstr(test->answer.body->str, "aria-live");
  g_assert_nonnull(polite);
  g_assert_null(strstr(polite + 1, "aria-live"));
  web_case_has_not(test, "Newest first"); /* it is not among the last */
  web_case_get(test, who, "/?language=de");
  web_case_has(test, "etwa 5 Minuten");
  web_case_has(test, "12 von 35");
}

/* Its way is not known: nothing is made up. */
static void
test_running_unknown(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  gint64 id = begin_run(test, 0, "scheduler", "", 41);
  web_case_get(test, who, "/");
  web_case_has(test, "<span data-live=\"left\">not known yet</span>");
  CALL(test->store, run_progress, id, "{\"phases\":[{\"name\":\"read\"}],\"left\":null}");
  web_case_get(test, who, "/");
  web_case_has(test, "<span data-live=\"left\">not known yet</span>");
  web_case_has(test, "<progress id=\"bar-read\" max=\"1\" data-live=\"bar-read\">");
  web_case_has(test, "<span data-live=\"phase-read\">under way</span>");
}

static void
test_last(void) {
  static const char totals[] =
      "{\"all\":{\"enrolled\":1200,\"completed\":34,\"failed\":5,\"tenants_failed\":1},"
      "\"tenants\":{\"FD\":{\"enrolled\":7},\"HP\":{\"enrolled\":1193}}}";
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) all = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD");
  for (guint i = 0; i < 3; i++)
    ended_run(test, 2025, "anna", "", 10 * DAY, RUN_SUCCESS, totals);
  ended_run(test, 2026, "<b>otto</b>", "HP", 9 * DAY, RUN_ERROR, "");
  ended_run(test, 0, "scheduler", "FD", 8 * DAY, RUN_PARTIAL, totals);
  ended_run(test, 0, "scheduler", "", 7 * DAY, RUN_HELD, "");
  begin_run(test, 0, "scheduler", "", 41);
  web_case_get(test, all, "/");
  has_in_order(test, "<a href=\"/runs/6\">6</a>", "<a href=\"/runs/2\">2</a>");
  web_case_has_not(test, "<a href=\"/runs/1\">1</a>"); /* five are enough */
  web_case_has_not(test, "<a href=\"/runs/7\">7</a>"); /* under way */
  web_case_has(test, "removals held");
  web_case_has(test, "2 min 05 s");
  web_case_has(test, "&lt;b&gt;otto&lt;/b&gt;");
  web_case_has(test, "<td>schedule</td>");
  web_case_has(test, "<td class=\"number\">1,234</td><td class=\"number\">6</td>");
  web_case_get(test, bound, "/");
  web_case_has(test, "<a href=\"/runs/5\">5</a>");
  web_case_has(test, "<td class=\"number\">7</td><td class=\"number\">0</td>");
  web_case_has_not(test, "<a href=\"/runs/4\">4</a>"); /* HP's alone */
  web_case_has_not(test, "otto");
  web_case_has_not(test, "1,234");
}

/* The last run is told about first when somebody should look at it. */
static void
test_trouble(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) fd = web_case_who(ROLE_VIEWER, "FD");
  g_autoptr(WebPrincipal) hp = web_case_who(ROLE_VIEWER, "HP");
  const char *totals = "{\"all\":{\"tenants\":2,\"tenants_failed\":1,\"enrolled\":12},"
                       "\"tenants\":{\"FD\":{\"tenants\":1,\"enrolled\":12},"
                       "\"HP\":{\"tenants\":1,\"tenants_failed\":1}}}";
  ended_run(test, 0, "scheduler", "", 900, RUN_PARTIAL, totals);
  ended_run(test, 2026, "anna", "", 800, RUN_SKIPPED, "");
  web_case_get(test, who, "/");
  web_case_has(test, "<a href=\"/runs/1\">Last run (1)</a>: Not everything succeeded: 1 tenant not "
                     "read. All else is done: 12 enrolled. The next run tries the rest again.");
  has_in_order(test, "Last run (1)", "Next scheduled run");
  web_case_get(test, hp, "/");
  web_case_has(test, "Not everything succeeded: 1 tenant not read. Otherwise there was nothing");
  web_case_get(test, fd, "/");
  web_case_has_not(test, "Last run (");
  ended_run(test, 2026, "anna", "", 700, RUN_HELD, totals);
  web_case_get(test, fd, "/?language=de");
  web_case_has(test, "Letzter Lauf (3)</a>: Es wären auf einmal so viele Personen");
  web_case_has(test, "Alles andere ist ausgeführt: 12 eingeschrieben.");
  ended_run(test, 2026, "anna", "", 600, RUN_SUCCESS, totals);
  web_case_get(test, who, "/");
  web_case_has_not(test, "Last run (");
}

static void
test_tenants(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) all = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD");
  gint64 id = ended_run(test, 0, "scheduler", "", DAY, RUN_PARTIAL, "");
  CALL(test->store, tenant_failure_set, "FD", id, WEB_CASE_NOW - 2 * DAY, "long over");
  CALL(test->store, tenant_success_set, "FD", id, WEB_CASE_NOW - DAY);
  CALL(test->store, tenant_success_set, "GI", id, WEB_CASE_NOW - 3 * DAY);
  CALL(test->store, tenant_failure_set, "GI", id, WEB_CASE_NOW - DAY, "key <refused>");
  web_case_get(test, all, "/");
  web_case_has(test, "<a href=\"/runs/1\">run 1</a>: <span lang=\"en\">key &lt;refused&gt;");
  web_case_has(test, "2026-03-07 14:05");                           /* GI's last success */
  has_in_order(test, "<strong>GI</strong>", "<strong>HP</strong>"); /* trouble, never read, */
  has_in_order(test, "<strong>HP</strong>", "<strong>FD</strong>"); /* fine, */
  has_in_order(test, "<strong>FD</strong>", "<strong>OF</strong>"); /* not configured */
  has_in_order(test, "<strong>FD</strong>", "in order");
  has_in_order(test, "<span class=\"muted\"><time", "long over");
  web_case_get(test, bound, "/");
  web_case_has(test, "<strong>FD</strong>");
  web_case_has_not(test, "<strong>GI</strong>");
  web_case_has_not(test, "refused");
  web_case_has_not(test, "Gießen");
}

static void
test_tasks(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) all = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD");
  add_task(test, "content_copy", "course 1", TASK_QUEUED);
  add_task(test, "content_copy", "course 2", TASK_QUEUED);
  add_task(test, "mail", "a", TASK_FAILED);
  add_task(test, "mail", "b", TASK_FAILED);
  web_case_get(test, all, "/");
  web_case_has(test, "2 tasks have failed");
  has_in_order(test, ">E-mails<", ">Course contents<");
  web_case_has(test, "Course contents</th><td class=\"number\">0</td><td class=\"number\">0</td>"
                     "<td class=\"number\">2</td>");
  web_case_get(test, bound, "/");
  web_case_has_not(test, "tasks have failed");
  web_case_has_not(test, "Course contents");
}

/* ── certificates ── */

static FILE *
create(const char *folder, const char *name) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  FILE *file = g_fopen(path, "w");
  g_assert_nonnull(file);
  g_assert_cmpint(g_chmod(path, 0600), ==, 0);
  return file;
}

/* "NAME.pem" and "NAME.key", which lasts so many days and a bit from the tests' now. */
static void
make_certificate(const char *folder, const char *name, gint days) {
  g_autofree char *certificate_name = g_strconcat(name, ".pem", NULL);
  g_autofree char *key_name = g_strconcat(name, ".key", NULL);
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  g_assert_nonnull(key);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate), WEB_CASE_NOW - 400 * (gint64)DAY);
  ASN1_TIME_set(X509_getm_notAfter(certificate), WEB_CASE_NOW + days * (gint64)DAY + 60);
  X509_set_pubkey(certificate, key);
  g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
  FILE *file = create(folder, certificate_name);
  g_assert_cmpint(PEM_write_X509(file, certificate), ==, 1);
  fclose(file);
  file = create(folder, key_name);
  g_assert_cmpint(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), ==, 1);
  fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static void
add_tenant(GString *more, const char *folder, const char *abbr) {
  g_string_append_printf(more,
                         "[tenant %s]\nname=Kreis %s\napikey=key-of-%s\n"
                         "certificate=%s/%s.pem\nkey=%s/%s.key\n",
                         abbr, abbr, abbr, folder, abbr, folder, abbr);
}

static void
remove_all(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_remove(path);
  }
  g_rmdir(folder);
}

static void
test_certificates(void) {
  static const struct {
    const char *abbr;
    gint days;
  } made[] = { { "A1", 200 }, { "B2", 29 }, { "C3", 13 }, { "D4", -3 }, { "W", 5 } };
  g_autofree char *folder = g_dir_make_tmp("overview-XXXXXX", NULL);
  GString *more = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(made); i++) {
    make_certificate(folder, made[i].abbr, made[i].days);
    if (i < 4)
      add_tenant(more, folder, made[i].abbr);
  }
  g_string_append_printf(more,
                         "[web]\nlisten=127.0.0.1:0\ncertificate=%s/W.pem\n"
                         "key=%s/W.key\n",
                         folder, folder);
  g_autoptr(WebCase) test = web_case_new(more->str);
  g_autoptr(WebPrincipal) all = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "A1");
  web_case_get(test, all, "/");
  web_case_has(test, "<span class=\"badge good\">200 days</span>");
  web_case_has(test, "<span class=\"badge warning\">expires in 29 days</span>");
  web_case_has(test, "<span class=\"badge error\">expires in 13 days</span>");
  web_case_has(test, "<span class=\"badge error\">expired</span>");
  web_case_has(test, "<span class=\"badge error\">expires in 5 days</span>"); /* the pages' own */
  has_in_order(test, "<strong>C3</strong>", "<strong>B2</strong>");
  has_in_order(test, "<strong>B2</strong>", "<strong>A1</strong>");
  g_autofree char *gone = g_build_filename(folder, "A1.pem", NULL);
  g_remove(gone);
  web_case_get(test, bound, "/");
  web_case_has(test, "<span class=\"badge error\">cannot be read</span>");
  web_case_has_not(test, "Certificate of these pages");
  remove_all(folder);
  g_string_free(more, TRUE);
}

/* ── the stream ── */

/* What it says now, g_free(); *more is whether it goes on. */
static char *
hear(WebCase *test, bool *more) {
  GString *out = g_string_new(NULL);
  g_assert_nonnull(test->answer.stream);
  *more = test->answer.stream(test->answer.stream_data, test->store, out);
  return g_string_free(out, FALSE);
}

static json_t *
data_of(const char *said, const char *event) {
  g_autofree char *start = g_strdup_printf("event: %s\ndata: ", event);
  if (!g_str_has_prefix(said, start) || !g_str_has_suffix(said, "}\n\n"))
    g_error("no such event: %s", said);
  json_t *data = json_loads(said + strlen(start), JSON_DISABLE_EOF_CHECK, NULL);
  g_assert_nonnull(data);
  return data;
}

static const char *
word(const json_t *data, const char *key) {
  return json_string_value(json_object_get(data, key));
}

static void
test_stream(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_clear_pointer(&who->session, g_free);
  gint64 id = begin_run(test, 0, "scheduler", "", 41);
  bool more;
  CALL(test->store, run_progress, id, PROGRESS);
  g_assert_cmpuint(web_case_get(test, who, "/runs/1/events?language=de"), ==, 200);
  g_assert_cmpstr(test->answer.type, ==, WEB_EVENTS);
  g_autofree char *first = hear(test, &more);
  g_assert_true(more);
  json_auto_t *data = data_of(first, "progress");
  g_assert_cmpstr(word(data, "status"), ==, "running");
  g_assert_cmpstr(word(data, "phase_name"), ==, "fetch");
  g_assert_cmpstr(word(data, "done"), ==, "12");
  g_assert_cmpstr(word(data, "tenants_total"), ==, "35");
  g_assert_cmpstr(word(data, "left"), ==, "etwa 5 Minuten");
  g_assert_cmpint(json_integer_value(json_object_get(data, "left_seconds")), ==, 310);
  g_assert_cmpstr(word(data, "phase-fetch"), ==, "12 von 35");
  g_assert_cmpfloat_with_epsilon(json_real_value(json_object_get(data, "bar-fetch")), 12 / 35.0,
                                 1e-9);
  g_assert_true(g_str_has_prefix(word(data, "summary"), "Lauf 1 "));

  g_autofree char *same = hear(test, &more);
  g_assert_true(more);
  g_assert_cmpstr(same, ==, "");
  CALL(test->store, run_progress, id, "{\"phases\":[{\"name\":\"read\"}]}");
  g_autofree char *next = hear(test, &more);
  json_auto_t *changed = data_of(next, "progress");
  g_assert_true(json_is_null(json_object_get(changed, "bar-read")));
  g_assert_true(json_is_null(json_object_get(changed, "left_seconds")));

  CALL(test->store, run_end, id, RUN_PARTIAL, WEB_CASE_NOW, "{}");
  g_autofree char *last = hear(test, &more);
  g_assert_false(more);
  json_auto_t *end = data_of(last, "end");
  g_assert_cmpstr(word(end, "status"), ==, "partial");
}

/* A connection on which nothing comes or goes would be closed. */
static void
test_stream_silent(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_clear_pointer(&who->session, g_free);
  bool more;
  begin_run(test, 0, "scheduler", "", 41);
  web_case_get(test, who, "/api/v1/runs/1/events");
  g_free(hear(test, &more));
  clock_advance(test->clock, (LIVE_SILENCE_S - 1) * G_USEC_PER_SEC);
  g_autofree char *nothing = hear(test, &more);
  g_assert_cmpstr(nothing, ==, "");
  clock_advance(test->clock, G_USEC_PER_SEC);
  g_autofree char *there = hear(test, &more);
  g_assert_cmpstr(there, ==, ":\n\n");
  g_autofree char *again = hear(test, &more);
  g_assert_cmpstr(again, ==, "");
}

/* The estimate goes on between two that are stored. */
static void
test_stream_time(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_clear_pointer(&who->session, g_free);
  gint64 id = begin_run(test, 0, "scheduler", "", 41);
  bool more;
  CALL(test->store, run_progress, id, PROGRESS);
  web_case_get(test, who, "/runs/1/events");
  g_free(hear(test, &more));
  clock_advance(test->clock, 125 * G_USEC_PER_SEC);
  g_autofree char *said = hear(test, &more);
  json_auto_t *data = data_of(said, "progress");
  g_assert_cmpstr(word(data, "left"), ==, "about 3 minutes");
  clock_advance(test->clock, 3600 * (gint64)G_USEC_PER_SEC);
  g_autofree char *late = hear(test, &more);
  json_auto_t *over = data_of(late, "progress");
  g_assert_cmpstr(word(over, "left"), ==, "less than a minute");
}

static void
test_stream_over(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_clear_pointer(&who->session, g_free);
  bool more;
  ended_run(test, 0, "scheduler", "", DAY, RUN_SUCCESS, "");
  web_case_get(test, who, "/runs/1/events");
  g_autofree char *said = hear(test, &more);
  json_auto_t *data = data_of(said, "end");
  g_assert_cmpstr(word(data, "status"), ==, "success");
  g_assert_false(more);
}

/* How far it is, and not how much there is of everybody's. */
static void
test_stream_bound(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, "FD");
  gint64 id = begin_run(test, 0, "scheduler", "", 41);
  bool more;
  g_clear_pointer(&who->session, g_free);
  CALL(test->store, run_progress, id, PROGRESS);
  g_assert_cmpuint(web_case_get(test, who, "/runs/1/events"), ==, 200);
  g_autofree char *first = hear(test, &more);
  json_auto_t *data = data_of(first, "progress");
  g_assert_cmpstr(word(data, "phase-fetch"), ==, "34 %");
  g_assert_cmpstr(word(data, "tenants_total"), ==, "–");
  g_assert_null(strstr(first, "35"));
  web_case_get(test, who, "/runs/1");
  web_case_has(test, "34 %");
  web_case_has_not(test, ">35<");
  web_case_has_not(test, "of 35");
}

static void
test_stream_of_somebody_who_left(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  StoreAccount account = { .name = (char *)"anna", .password = (char *)"*" };
  const StoreSession session = { .hash = who->session, .account = 1, .timeused = WEB_CASE_NOW };
  bool more;
  begin_run(test, 0, "scheduler", "", 41);
  CALL(test->store, access->account_add, &account, WEB_CASE_NOW);
  CALL(test->store, access->session_add, &session);
  g_assert_cmpuint(web_case_get(test, who, "/runs/1/events"), ==, 200);
  g_autofree char *first = hear(test, &more);
  g_assert_true(more);
  CALL(test->store, access->session_remove, who->session);
  g_autofree char *next = hear(test, &more);
  g_assert_false(more);
}

static void
test_stream_refused(void) {
  static const char *const targets[] = { "/runs/2/events", "/runs/99/events", "/runs/x/events",
                                         "/runs/0/events", "/api/v1/runs/2/events" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_ADMIN, "FD,GI");
  begin_run(test, 0, "anna", "GI,HP", 41);
  begin_run(test, 0, "anna", "HP", 41);
  for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
    g_assert_cmpuint(web_case_get(test, bound, targets[i]), ==, 404);
    g_assert_null(test->answer.stream);
  }
  g_assert_cmpuint(web_case_get(test, bound, "/runs/1/events"), ==, 200);
  web_case_get(test, bound, "/");
  web_case_has(test, "/runs/1/events");
  web_case_has_not(test, "/runs/2");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/overview/empty", test_empty);
  g_test_add_func("/overview/next", test_next);
  g_test_add_func("/overview/troubles", test_troubles);
  g_test_add_func("/overview/running", test_running);
  g_test_add_func("/overview/running-unknown", test_running_unknown);
  g_test_add_func("/overview/last", test_last);
  g_test_add_func("/overview/trouble", test_trouble);
  g_test_add_func("/overview/tenants", test_tenants);
  g_test_add_func("/overview/tasks", test_tasks);
  g_test_add_func("/overview/certificates", test_certificates);
  g_test_add_func("/overview/stream", test_stream);
  g_test_add_func("/overview/stream-bound", test_stream_bound);
  g_test_add_func("/overview/stream-of-somebody-who-left", test_stream_of_somebody_who_left);
  g_test_add_func("/overview/stream-silent", test_stream_silent);
  g_test_add_func("/overview/stream-time", test_stream_time);
  g_test_add_func("/overview/stream-over", test_stream_over);
  g_test_add_func("/overview/stream-refused", test_stream_refused);
  return g_test_run();
}
