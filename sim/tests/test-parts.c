/* The simulator's parts one by one: tenants and their key files, faults, addresses, folders of
 * files, JSON text, waiting.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "datadir.h"
#include "delay.h"
#include "faults.h"
#include "harness.h"
#include "json_out.h"
#include "names.h"
#include "request.h"
#include "tenants.h"

/* A folder with files, removed at the end. */
typedef struct {
  char *path;
} Folder;

static Folder
folder_new(void) {
  GError *error = NULL;
  Folder folder = { g_dir_make_tmp("sim-XXXXXX", &error) };
  g_assert_no_error(error);
  return folder;
}

static void
folder_clear(Folder *folder) {
  harness_remove_all(folder->path);
  g_free(folder->path);
}

static char *
folder_put(const Folder *folder, const char *name, const char *text) {
  char *path = g_build_filename(folder->path, name, NULL);
  autochar parent = g_path_get_dirname(path);
  g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  return path;
}

static void
test_json_text(void) {
  g_autoptr(GString) out = g_string_new(NULL);
  json_out_text(out, "a\"b\\c\nd\x01\x1f/O’Neill\tß");
  g_assert_cmpstr(out->str, ==, "\"a\\\"b\\\\c\\nd\\u0001\\u001f/O’Neill\\u0009ß\"");
  g_string_truncate(out, 0);
  json_out_text(out, NULL);
  json_out_text(out, "");
  json_out_number(out, 0, 1);
  json_out_number(out, 42, 5);
  json_out_number(out, G_MAXUINT64, 3);
  g_assert_cmpstr(out->str, ==, "null\"\"00004218446744073709551615");
}

/* The list compiled in is the one that is shipped. */
static void
test_names(void) {
  const char *root = g_getenv("SOURCE_ROOT");
  autochar path = g_build_filename(root != NULL ? root : ".", "data", "tenants.tsv", NULL);
  autochar text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  guint count = 0;
  for (guint i = 0; lines[i] != NULL; i++) {
    if (lines[i][0] == '\0' || lines[i][0] == '#')
      continue;
    const NamesTenant *tenant = names_tenant(count++);
    g_assert_nonnull(tenant);
    autochar line = g_strdup_printf("%s\t%s", tenant->name, tenant->abbr);
    g_assert_cmpstr(line, ==, lines[i]);
  }
  g_assert_cmpuint(count, ==, 35);
  g_assert_null(names_tenant(count));
}

static void
test_tenants(void) {
  g_autoptr(Tenants) known = tenants_new(NULL, 0, 1, NULL);
  g_assert_cmpuint(tenants_count(known), ==, 35);
  g_autoptr(Tenants) more = tenants_new(NULL, 40, 1, NULL);
  g_assert_cmpuint(tenants_count(more), ==, 40);
  g_autoptr(GHashTable) tokens = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < 40; i++) {
    const Tenant *tenant = tenants_get(more, i);
    g_assert_cmpuint(strlen(tenant->token), >=, 24);
    g_assert_true(g_hash_table_add(tokens, tenant->token));
    g_assert_cmpint(tenants_by_token(more, tenant->token), ==, (gint)i);
    g_assert_cmpint(tenants_by_abbr(more, tenant->abbr), ==, (gint)i);
    if (i < 35)
      g_assert_cmpstr(tenant->token, ==, tenants_get(known, i)->token);
  }
  g_assert_cmpint(tenants_by_token(more, NULL), ==, -1);
  g_assert_cmpint(tenants_by_token(more, ""), ==, -1);
  g_assert_cmpint(tenants_by_abbr(more, "fd"), ==, -1);
  g_autoptr(Tenants) other = tenants_new(NULL, 1, 2, NULL);
  g_assert_cmpstr(tenants_get(other, 0)->token, !=, tenants_get(known, 0)->token);
}

static void
test_tenants_file(void) {
  Folder folder = folder_new();
  g_autoptr(GError) error = NULL;
  autochar good =
      folder_put(&folder, "good.tsv", "# name\tabbr\n\nLandkreis Fulda\tFD\r\nRheingau\tRÜD\n");
  g_autoptr(Tenants) tenants = tenants_new(good, 0, 1, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(tenants_count(tenants), ==, 2);
  g_assert_cmpstr(tenants_get(tenants, 0)->abbr, ==, "FD");
  g_assert_cmpstr(tenants_get(tenants, 1)->slug, ==, "r__d");
  g_assert_null(tenants_new(good, 3, 1, &error));
  g_assert_error(error, SIM_ERROR, SIM_ERROR_USAGE);
  g_assert_nonnull(strstr(error->message, "lists 2 tenants, 3 are needed"));
  g_clear_error(&error);

  static const char *const bad[] = {
    "Landkreis Fulda FD\n",          "\tFD\n", "Fulda\t\n", "A\tFD\nB\tfd\n", "", "A\tX\xff\n",
    "A\t1234567890123456789012345\n"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    autochar path = folder_put(&folder, "bad.tsv", bad[i]);
    g_assert_null(tenants_new(path, 0, 1, &error));
    g_assert_error(error, SIM_ERROR, SIM_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, "bad.tsv"));
    g_clear_error(&error);
  }
  folder_clear(&folder);
}

static void
test_keys(void) {
  Folder folder = folder_new();
  g_autoptr(GError) error = NULL;
  g_autoptr(Tenants) tenants = tenants_new(NULL, 0, 1, NULL);
  autochar keys = g_build_filename(folder.path, "a", "keys", NULL);
  /* A readable file left by somebody must not stay readable. */
  autochar left = folder_put(&folder, "a/keys/fd", "old");
  g_chmod(left, 0644);
  g_assert_true(tenants_write_keys(tenants, keys, &error));
  g_assert_no_error(error);
  for (guint i = 0; i < tenants_count(tenants); i++) {
    const Tenant *tenant = tenants_get(tenants, i);
    autochar path = g_build_filename(keys, tenant->slug, NULL);
    autochar text = NULL;
    GStatBuf status;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, tenant->token);
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
  }
  g_assert_false(tenants_write_keys(tenants, left, &error));
  g_assert_error(error, SIM_ERROR, SIM_ERROR_FILE);
  folder_clear(&folder);
}

static void
test_faults_every(void) {
  FaultsOptions options = { .drop_every = 3, .garbage_every = 3, .fail_every = 2 };
  g_autoptr(Faults) faults = faults_new(&options, clock_system());
  /* Garbage counts what drop left alone, fail what both left alone. */
  static const Fault expected[] = { FAULT_NONE, FAULT_FAIL, FAULT_DROP, FAULT_GARBAGE,
                                    FAULT_NONE, FAULT_DROP, FAULT_FAIL, FAULT_GARBAGE,
                                    FAULT_DROP, FAULT_NONE };
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpstr(faults_word(faults_next(faults)), ==, faults_word(expected[i]));

  g_autoptr(Faults) none = faults_new(&(FaultsOptions){ 0 }, clock_system());
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint(faults_next(none), ==, FAULT_NONE);
}

static void
test_faults_rate(void) {
  g_autoptr(Clock) clock = clock_manual_new(1773151509); /* 2026-03-10 14:05:09 UTC */
  FaultsOptions options = { .rate = 5 };
  g_autoptr(Faults) faults = faults_new(&options, clock);
  autochar seconds = NULL;
  autochar date = NULL;
  char *unused = NULL;
  for (guint i = 0; i < 5; i++)
    g_assert_true(faults_admit(faults, "a", &unused));
  g_assert_false(faults_admit(faults, "a", &seconds));
  g_assert_false(faults_admit(faults, "a", &date));
  g_assert_cmpstr(seconds, ==, "1");
  g_assert_cmpstr(date, ==, "Tue, 10 Mar 2026 14:05:11 GMT");
  g_assert_true(faults_admit(faults, "b", &unused));
  /* A fifth of a second brings one more, ten seconds no more than five. */
  clock_advance(clock, G_USEC_PER_SEC / 5);
  g_assert_true(faults_admit(faults, "a", &unused));
  g_assert_false(faults_admit(faults, "a", &unused));
  g_clear_pointer(&unused, g_free);
  clock_advance(clock, 10 * G_USEC_PER_SEC);
  for (guint i = 0; i < 5; i++)
    g_assert_true(faults_admit(faults, "a", &unused));
  g_assert_false(faults_admit(faults, "a", &unused));
  g_free(unused);

  g_autoptr(Faults) unlimited = faults_new(&(FaultsOptions){ 0 }, clock);
  for (guint i = 0; i < 1000; i++)
    g_assert_true(faults_admit(unlimited, "a", &unused));
}

/* However many come with keys of their own, memory is bounded: the last ones share. */
static void
test_faults_keys(void) {
  g_autoptr(Clock) clock = clock_manual_new(0);
  FaultsOptions options = { .rate = 1 };
  g_autoptr(Faults) faults = faults_new(&options, clock);
  for (guint i = 0; i <= FAULTS_MAX_KEYS; i++) {
    autochar key = g_strdup_printf("key %u", i);
    char *unused = NULL;
    g_assert_true(faults_admit(faults, key, &unused));
  }
  autochar retry = NULL;
  g_assert_false(faults_admit(faults, "one more", &retry));
}

static void
assert_path(const char *uri, bool malformed, const char *joined) {
  Request request;
  request_parse(&request, uri);
  autochar path = g_strjoinv("|", request.path);
  g_assert_cmpint(request.malformed, ==, malformed);
  if (!malformed)
    g_assert_cmpstr(path, ==, joined);
  request_clear(&request);
}

static void
test_request(void) {
  assert_path("/", false, "");
  assert_path("/lehrgaenge", false, "lehrgaenge");
  assert_path("/lehrgaenge/", false, "lehrgaenge|");
  assert_path("//lehrgaenge", false, "|lehrgaenge");
  assert_path("/a/FD-LG%2F2024%200009/b?x=/y", false, "a|FD-LG/2024 0009|b");
  assert_path("/R%C3%9CD-LG", false, "RÜD-LG");
  assert_path("/a+b", false, "a+b");
  assert_path("/a%2", true, NULL);
  assert_path("/a%00b", true, NULL);
  assert_path("/a%ffb", true, NULL);
  assert_path("*", true, NULL);
  assert_path("/a?x=%zz", true, NULL);

  Request request;
  request_parse(&request, "/a?lehrgangVon=2026-01-01&amp;lehrgangBis=x&empty=&bare&t=R%C3%9CD%26");
  g_assert_cmpstr(request_parameter(&request, "lehrgangVon"), ==, "2026-01-01");
  g_assert_null(request_parameter(&request, "lehrgangBis"));
  g_assert_cmpstr(request_parameter(&request, "empty"), ==, "");
  g_assert_cmpstr(request_parameter(&request, "bare"), ==, "");
  g_assert_cmpstr(request_parameter(&request, "t"), ==, "RÜD&");
  g_assert_cmpuint(request_depth(&request), ==, 1);
  request_clear(&request);
}

#define LISTE                                                                                      \
  "[{\"id\":\"FD-LG/2024 0009\",\"startTag\":\"2024-09-02\",\"endTag\":\"2024-09-06\"},"           \
  "{\"id\":4711,\"startTag\":\"05.01.2026\"},{\"id\":\"B\",\"startTag\":null},17]"

typedef struct {
  Folder folder;
  Tenants *tenants;
  Source source;
  Control *control;
  GString *body;
} Dir;

static Dir
dir_new(void) {
  Dir dir = {
    folder_new(), tenants_new(NULL, 0, 1, NULL), { 0 }, control_new(), g_string_new(NULL)
  };
  g_assert_true(datadir_new(&dir.source, dir.folder.path, dir.tenants, NULL));
  return dir;
}

static void
dir_clear(Dir *dir) {
  dir->source.ops->free(dir->source.self);
  folder_clear(&dir->folder);
  tenants_free(dir->tenants);
  control_free(dir->control);
  g_string_free(dir->body, TRUE);
}

static void
dir_put(const Dir *dir, const char *name, const char *text) {
  g_free(folder_put(&dir->folder, name, text));
}

static void
assert_list(Dir *dir, const char *tenant, const char *from, const char *to, const char *expected) {
  SourceRange range = { from, to };
  guint index = (guint)tenants_by_abbr(dir->tenants, tenant);
  g_string_truncate(dir->body, 0);
  g_assert_cmpint(
      dir->source.ops->list(dir->source.self, index, from != NULL ? &range : NULL, dir->body), ==,
      SOURCE_FOUND);
  g_assert_cmpstr(dir->body->str, ==, expected);
}

static void
assert_people(Dir *dir, const char *tenant, const char *id, const char *one, const char *expected) {
  ControlView view = control_begin(dir->control, (guint)tenants_by_abbr(dir->tenants, tenant));
  g_string_truncate(dir->body, 0);
  SourceResult result = dir->source.ops->teilnehmer(dir->source.self, &view, id, one, dir->body);
  control_end(&view);
  g_assert_cmpint(result, ==, expected != NULL ? SOURCE_FOUND : SOURCE_UNKNOWN);
  g_assert_cmpstr(dir->body->str, ==, expected != NULL ? expected : "");
}

static void
test_datadir_list(void) {
  Dir dir = dir_new();
  assert_list(&dir, "FD", NULL, NULL, "[]");
  dir_put(&dir, "lehrgaenge.json", LISTE);
  dir_put(&dir, "r__d/lehrgaenge.json", "[1, 2");
  assert_list(&dir, "FD", NULL, NULL, LISTE);
  assert_list(&dir, "RÜD", NULL, NULL, "[1, 2");
  assert_list(&dir, "RÜD", "2026-01-01", "2026-12-31", "[1, 2");
  assert_list(&dir, "FD", "2026-01-01", "2026-12-31",
              "[{\"id\":4711,\"startTag\":\"05.01.2026\"}]");
  assert_list(
      &dir, "FD", "2024-09-06", "2024-09-06",
      "[{\"id\":\"FD-LG/2024 0009\",\"startTag\":\"2024-09-02\",\"endTag\":\"2024-09-06\"}]");
  assert_list(&dir, "FD", "2024-09-03", "2024-09-05", "[]");
  /* Changed while it runs. */
  dir_put(&dir, "lehrgaenge.json", "[]");
  assert_list(&dir, "FD", NULL, NULL, "[]");
  dir_clear(&dir);
}

static void
test_datadir_lehrgang(void) {
  Dir dir = dir_new();
  dir_put(&dir, "lehrgaenge.json", LISTE);
  g_assert_cmpint(dir.source.ops->lehrgang(dir.source.self, 0, "4711", dir.body), ==, SOURCE_FOUND);
  g_assert_cmpstr(dir.body->str, ==, "{\"id\":4711,\"startTag\":\"05.01.2026\"}");
  g_string_truncate(dir.body, 0);
  g_assert_cmpint(dir.source.ops->lehrgang(dir.source.self, 0, "0", dir.body), ==, SOURCE_UNKNOWN);
  g_assert_cmpstr(dir.body->str, ==, "");
  dir_put(&dir, "lehrgaenge.json", "kein JSON");
  g_assert_cmpint(dir.source.ops->lehrgang(dir.source.self, 0, "4711", dir.body), ==, SOURCE_FOUND);
  g_assert_cmpstr(dir.body->str, ==, "kein JSON");
  dir_clear(&dir);
}

static void
test_datadir_people(void) {
  Dir dir = dir_new();
  const char *common = "[{\"id\":\"A\",\"status\":\"S1\"},{\"id\":7}]";
  dir_put(&dir, "lehrgaenge.json", LISTE);
  assert_people(&dir, "FD", "B", NULL, "[]");
  dir_put(&dir, "teilnehmer.json", common);
  dir_put(&dir, "teilnehmer/FD-LG%2F2024%200009.json", "[ ]");
  dir_put(&dir, "fd/teilnehmer/4711.json", "[{");
  assert_people(&dir, "FD", "B", NULL, common);
  assert_people(&dir, "FD", "FD-LG/2024 0009", NULL, "[ ]");
  assert_people(&dir, "FD", "4711", NULL, "[{");
  assert_people(&dir, "FD", "4711", "A", "[{");
  assert_people(&dir, "HP", "4711", NULL, common);
  assert_people(&dir, "FD", "B", "7", "{\"id\":7}");
  assert_people(&dir, "FD", "B", "8", NULL);
  assert_people(&dir, "FD", "none", NULL, NULL);
  assert_people(&dir, "FD", "../lehrgaenge", NULL, NULL);

  control_set_status(dir.control, (guint)tenants_by_abbr(dir.tenants, "FD"), "B", "7", "NEU");
  assert_people(&dir, "FD", "B", NULL,
                "[{\"id\":\"A\",\"status\":\"S1\"},{\"id\":7,\"status\":\"NEU\"}]");
  assert_people(&dir, "HP", "B", NULL, common);
  assert_people(&dir, "FD", "4711", NULL, "[{");
  dir_clear(&dir);
}

static void
test_datadir_missing(void) {
  Folder folder = folder_new();
  autochar file = folder_put(&folder, "file", "");
  g_autoptr(GError) error = NULL;
  Source source;
  g_assert_false(datadir_new(&source, file, NULL, &error));
  g_assert_error(error, SIM_ERROR, SIM_ERROR_FILE);
  folder_clear(&folder);
}

typedef struct {
  GMutex lock;
  GCond changed;
  GString *calls;
} Calls;

typedef struct {
  Calls *calls;
  char name;
} Call;

static void
on_due(gpointer data) {
  Call *call = data;
  g_mutex_lock(&call->calls->lock);
  g_string_append_c(call->calls->calls, call->name);
  g_cond_signal(&call->calls->changed);
  g_mutex_unlock(&call->calls->lock);
}

static void
wait_for(Calls *calls, gsize count) {
  gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  g_mutex_lock(&calls->lock);
  while (calls->calls->len < count)
    g_assert_true(g_cond_wait_until(&calls->changed, &calls->lock, end));
  g_mutex_unlock(&calls->lock);
}

/* Whoever is due first comes first, whoever hangs up does not wait for its time, and closing waits
 * for nobody. */
static void
test_delay(void) {
  Calls calls = { .calls = g_string_new(NULL) };
  Call a = { &calls, 'a' };
  Call b = { &calls, 'b' };
  Call c = { &calls, 'c' };
  Call d = { &calls, 'd' };
  int ends[2];
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  Delay *delay = delay_new();
  g_assert_true(delay_add(delay, 3600 * 1000, -1, on_due, &d));
  g_assert_true(delay_add(delay, 3600 * 1000, ends[0], on_due, &c));
  g_assert_true(delay_add(delay, 600, -1, on_due, &b));
  g_assert_true(delay_add(delay, 10, -1, on_due, &a));
  wait_for(&calls, 2);
  g_assert_cmpstr(calls.calls->str, ==, "ab");
  close(ends[1]);
  wait_for(&calls, 3);
  g_assert_cmpstr(calls.calls->str, ==, "abc");
  delay_close(delay);
  g_assert_cmpstr(calls.calls->str, ==, "abcd");
  g_assert_false(delay_add(delay, 0, -1, on_due, &a));
  delay_free(delay);
  close(ends[0]);
  g_string_free(calls.calls, TRUE);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim/json-text", test_json_text);
  g_test_add_func("/sim/names", test_names);
  g_test_add_func("/sim/tenants", test_tenants);
  g_test_add_func("/sim/tenants-file", test_tenants_file);
  g_test_add_func("/sim/keys", test_keys);
  g_test_add_func("/sim/faults/every", test_faults_every);
  g_test_add_func("/sim/faults/rate", test_faults_rate);
  g_test_add_func("/sim/faults/keys", test_faults_keys);
  g_test_add_func("/sim/request", test_request);
  g_test_add_func("/sim/datadir/list", test_datadir_list);
  g_test_add_func("/sim/datadir/lehrgang", test_datadir_lehrgang);
  g_test_add_func("/sim/datadir/people", test_datadir_people);
  g_test_add_func("/sim/datadir/missing", test_datadir_missing);
  g_test_add_func("/sim/delay", test_delay);
  return g_test_run();
}
