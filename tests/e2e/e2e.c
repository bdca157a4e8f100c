/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2e.h"

#include <curl/curl.h>
#include <errno.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>

/* Waiting for what another process writes: looks so often, in milliseconds. */
#define LOOK_MS 2
#define LOOKS (PROCESS_PATIENCE_S * 1000 / LOOK_MS)

/* Starting a simulator again where it was. */
#define PORT_TRIES 5

/* Bytes of a program's words that a failed test shows. */
#define MAX_SHOWN 2000

static const char *const masters[] = { "F-I",   "F-II", "F-III",       "F-III-elearn",
                                       "F-ATR", "F-MA", "F/K-SPF",     "F-TH-VU",
                                       "F-BSA", "AGT",  "F/B-BSA-Sem." };

/* ── the place ── */

/* The beginning of what a program said, on one line: TAP knows no others. */
static char *
shown(const char *text) {
  char *start = g_utf8_make_valid(text != NULL ? text : "(nothing)", -1);
  if (strlen(start) > MAX_SHOWN)
    start[MAX_SHOWN] = '\0';
  return g_strdelimit(start, "\n", ' ');
}

char *
e2e_path(const Place *place, const char *name) {
  return g_build_filename(place->folder, name, NULL);
}

void
e2e_write(const Place *place, const char *name, const char *text, int mode) {
  g_autofree char *path = e2e_path(place, name);
  g_autofree char *folder = g_path_get_dirname(path);
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
  g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, mode, &error);
  g_assert_no_error(error);
  g_assert_cmpint(chmod(path, (mode_t)mode), ==, 0);
}

void
e2e_set(Place *place, const char *group, const char *key, const char *value) {
  if (value != NULL)
    g_key_file_set_value(place->config, group, key, value);
  else
    g_key_file_remove_key(place->config, group, key, NULL);
}

static void
make_certificates(const Place *place) {
  g_autofree char *script =
      g_build_filename(g_getenv("SOURCE_ROOT"), "scripts", "make-test-certs", NULL);
  const char *argv[] = { script, "certs", NULL };
  g_autoptr(Process) process = process_start(place->folder, argv);
  g_auto(Said) said = process_wait(process);
  if (said.code != 0)
    g_error("%s: %s", script, said.err);
}

static void
write_tenants(const Place *place, guint count) {
  g_autofree char *list = g_build_filename(g_getenv("SOURCE_ROOT"), "data", "tenants.tsv", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(list, &text, NULL, NULL));
  char *end = text;
  for (; count > 0 && *end != '\0'; count--)
    end = strchr(end, '\n') + 1;
  *end = '\0';
  e2e_write(place, "tenants.tsv", text, 0644);
}

Place *
e2e_new(guint tenants) {
  Place *place = g_new0(Place, 1);
  place->folder = g_dir_make_tmp("lehrgaenge-e2e-XXXXXX", NULL);
  g_assert_nonnull(place->folder);
  place->moodle = e2e_path(place, "moodle.db");
  place->store = e2e_path(place, "store.db");
  make_certificates(place);
  write_tenants(place, tenants);
  place->config = g_key_file_new();
  e2e_set(place, "zms", "certificationpath", "certs");
  e2e_set(place, "zms", "certificate", "client.pem");
  e2e_set(place, "zms", "key", "client.key");
  e2e_set(place, "zms", "ca-file", "ca.pem");
  e2e_set(place, "moodle", "path", "moodle.db");
  e2e_set(place, "store", "path", "store.db");
  e2e_set(place, "tenants", "file", "tenants.tsv");
  e2e_set(place, "tenants", "keys-dir", "keys");
  return place;
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return g_remove(path);
}

void
e2e_free(Place *place) {
  if (place == NULL)
    return;
  process_free(place->sim);
  process_free(place->moodle_sim);
  g_assert_cmpint(nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
  g_key_file_unref(place->config);
  g_free(place->folder);
  g_free(place->moodle);
  g_free(place->store);
  g_free(place->url);
  g_free(place->moodle_url);
  g_free(place);
}

/* ── the simulator ── */

/* Where it listens; NULL when it ended instead. */
static char *
await_address(Process *sim, const char *name) {
  g_autofree char *before = g_strdup_printf("%s: listening on ", name);
  for (guint i = 0; i < LOOKS; i++) {
    g_autofree char *out = process_out(sim);
    if (g_str_has_suffix(out, "\n") && g_str_has_prefix(out, before))
      return g_strndup(out + strlen(before), strlen(out) - strlen(before) - 1);
    if (process_ends(sim, LOOK_MS))
      break;
  }
  return NULL;
}

static char *
read_address(Process *sim, const char *name) {
  char *address = await_address(sim, name);
  if (address != NULL)
    return address;
  g_auto(Said) said = process_wait(sim);
  g_error("%s ended with %d: %s%s", name, said.code, said.out, said.err);
}

void
e2e_sim(Place *place, const char *line) {
  g_clear_pointer(&place->sim, process_free);
  g_autofree char *whole =
      g_strdup_printf("'%s' --tls-cert certs/server.pem --tls-key certs/server.key"
                      " --client-ca certs/ca.pem --tenants tenants.tsv --keys-dir keys %s",
                      g_getenv("ZMS_SIM"), line);
  g_auto(GStrv) argv = NULL;
  g_assert_true(g_shell_parse_argv(whole, NULL, &argv, NULL));
  place->sim = process_start(place->folder, (const char *const *)argv);
  g_free(place->url);
  place->url = read_address(place->sim, "zms-sim");
  e2e_set(place, "zms", "baseurl", place->url);
}

static size_t
collect(char *data, size_t size, size_t count, void *body) {
  g_string_append_len(body, data, (gssize)(size * count));
  return size * count;
}

static char *
ask(const Place *place, const char *base, const char *method, const char *path) {
  g_autofree char *url = g_strconcat(base, path, NULL), *ca = e2e_path(place, "certs/ca.pem"),
                  *certificate = e2e_path(place, "certs/client.pem"),
                  *key = e2e_path(place, "certs/client.key");
  GString *body = g_string_new(NULL);
  CURL *curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
  curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate);
  curl_easy_setopt(curl, CURLOPT_SSLKEY, key);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PROCESS_PATIENCE_S);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
  long status = 0;
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  if (code != CURLE_OK || status / 100 != 2)
    g_error("%s %s: %s, status %ld: %s", method, url, curl_easy_strerror(code), status, body->str);
  return g_string_free(body, FALSE);
}

char *
e2e_ask(const Place *place, const char *method, const char *path) {
  return ask(place, place->url, method, path);
}

void
e2e_tell(const Place *place, const char *method, const char *path) {
  g_free(e2e_ask(place, method, path));
}

static gint64
stat_of(const Place *place, const char *base, const char *path) {
  g_autofree char *text = ask(place, base, "GET", "/__stats");
  json_auto_t *stats = json_loads(text, 0, NULL);
  g_assert_nonnull(stats);
  const json_t *value = stats;
  g_auto(GStrv) keys = g_strsplit(path, ".", -1);
  for (char **key = keys; *key != NULL; key++)
    value = json_object_get(value, *key);
  return json_integer_value(value);
}

gint64
e2e_stat(const Place *place, const char *path) {
  return stat_of(place, place->url, path);
}

/* ── the simulated Moodle ── */

void
e2e_stop_moodle(Place *place) {
  g_clear_pointer(&place->moodle_sim, process_free);
}

void
e2e_serve_moodle(Place *place, const char *line) {
  const char *port = place->moodle_url != NULL ? strrchr(place->moodle_url, ':') + 1 : "0";
  g_autofree char *whole =
      g_strdup_printf("'%s' --moodle moodle.db --port %s --tls-cert certs/server.pem"
                      " --tls-key certs/server.key --token " E2E_MOODLE_TOKEN " %s",
                      g_getenv("MOODLE_SIM"), port, line);
  g_auto(GStrv) argv = NULL;
  e2e_stop_moodle(place);
  g_assert_true(g_shell_parse_argv(whole, NULL, &argv, NULL));
  place->moodle_sim = process_start(place->folder, (const char *const *)argv);
  char *url = await_address(place->moodle_sim, "moodle-sim");
  /* Meanwhile somebody else may have been given the port it had. */
  for (guint i = 0; url == NULL && place->moodle_url != NULL && i < PORT_TRIES; i++) {
    g_usleep(G_USEC_PER_SEC / 5);
    process_free(place->moodle_sim);
    place->moodle_sim = process_start(place->folder, (const char *const *)argv);
    url = await_address(place->moodle_sim, "moodle-sim");
  }
  if (url == NULL)
    url = read_address(place->moodle_sim, "moodle-sim");
  g_free(place->moodle_url);
  place->moodle_url = url;
  e2e_set(place, "moodle", "backend", "webservice");
  e2e_set(place, "moodle", "url", place->moodle_url);
  e2e_set(place, "moodle", "token", E2E_MOODLE_TOKEN);
  e2e_set(place, "moodle", "ca-file", "ca.pem");
}

void
e2e_tell_moodle(const Place *place, const char *method, const char *path) {
  g_free(ask(place, place->moodle_url, method, path));
}

gint64
e2e_stat_moodle(const Place *place, const char *path) {
  return stat_of(place, place->moodle_url, path);
}

/* ── the program ── */

Process *
e2e_start(Place *place, const char *line) {
  g_autofree char *text = g_key_file_to_data(place->config, NULL, NULL);
  e2e_write(place, "lehrgaenge.conf", text, 0600);
  g_autofree char *whole = g_strdup_printf("'%s' %s", g_getenv("LEHRGAENGE"), line);
  g_auto(GStrv) argv = NULL;
  g_assert_true(g_shell_parse_argv(whole, NULL, &argv, NULL));
  return process_start(place->folder, (const char *const *)argv);
}

Said
e2e_call(Place *place, const char *line) {
  g_autoptr(Process) process = e2e_start(place, line);
  Said said = process_wait(process);
  g_test_message("lehrgaenge %s: %d in %.2f s", line, said.code, said.took);
  return said;
}

Said
e2e_expect(Place *place, int code, const char *line) {
  Said said = e2e_call(place, line);
  if (said.code != code) {
    g_autofree char *err = shown(said.err), *out = shown(said.out);
    g_error("lehrgaenge %s ended with %d (signal %d) and not with %d: %s %s", line, said.code,
            said.signal, code, err, out);
  }
  return said;
}

/* In the order of a run (src/sync/run.c). */
static int
phase_number(const char *phase) {
  static const char *const phases[] = { "companies", "fetch", "read", "plan", "apply", "content" };
  for (gsize i = 0; i < G_N_ELEMENTS(phases); i++)
    if (strcmp(phase, phases[i]) == 0)
      return (int)i;
  g_error("a run has no phase %s", phase);
}

bool
e2e_await_phase(const Place *place, Process *process, const char *phase) {
  for (guint i = 0; i < LOOKS; i++) {
    g_autofree char *now = rows_running_phase(place->store);
    if (now != NULL && (phase == NULL || phase_number(now) >= phase_number(phase)))
      return true;
    if (process_ends(process, LOOK_MS))
      return false;
  }
  g_error("the run does not come to %s", phase != NULL ? phase : "begin");
}

void
e2e_must(Place *place, int code, const char *line) {
  Said said = e2e_expect(place, code, line);
  process_said_clear(&said);
}

static void
remove_database(const char *path) {
  static const char *const ends[] = { "", "-wal", "-shm" };
  for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
    g_autofree char *file = g_strconcat(path, ends[i], NULL);
    g_assert_true(g_remove(file) == 0 || errno == ENOENT);
  }
}

void
e2e_fresh_moodle(Place *place) {
  g_autofree char *first = e2e_path(place, "moodle-first.db"), *text = NULL;
  gsize length;
  remove_database(place->moodle);
  remove_database(place->store);
  if (g_file_get_contents(first, &text, &length, NULL)) {
    g_assert_true(g_file_set_contents_full(place->moodle, text, (gssize)length,
                                           G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
    return;
  }
  g_autoptr(GString) line = g_string_new("moodle init");
  for (gsize i = 0; i < G_N_ELEMENTS(masters); i++)
    g_string_append_printf(line, " --master %s", masters[i]);
  e2e_must(place, 0, line->str);
  g_assert_true(g_file_get_contents(place->moodle, &text, &length, NULL));
  g_assert_true(g_file_set_contents(first, text, (gssize)length, NULL));
}

char *
e2e_meaning(const Place *place) {
  return rows_meaning(place->moodle, place->store);
}

/* ── what it said ── */

json_t *
e2e_json(const Said *said) {
  json_error_t error;
  json_t *document = json_loads(said->out, JSON_REJECT_DUPLICATES, &error);
  if (document == NULL) {
    g_autofree char *out = shown(said->out);
    g_error("not one JSON document: %s (line %d): %s", error.text, error.line, out);
  }
  return document;
}

json_t *
e2e_tenant(const json_t *report, const char *abbr) {
  size_t at;
  json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    if (g_strcmp0(json_string_value(json_object_get(tenant, "abbr")), abbr) == 0)
      return tenant;
  }
  g_error("the report has no tenant %s", abbr);
}

gint64
e2e_total(const json_t *report, const char *key) {
  const json_t *value = json_object_get(json_object_get(report, "totals"), key);
  g_assert_true(json_is_integer(value));
  return json_integer_value(value);
}

void
e2e_assert_has(const char *text, const char *part) {
  if (text != NULL && strstr(text, part) != NULL)
    return;
  g_autofree char *start = shown(text);
  g_error("“%s” is missing in: %s", part, start);
}
