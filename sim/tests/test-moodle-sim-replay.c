/* moodle-sim answers as a recorded Moodle 4.2.3 with IOMAD did: the same requests in the same order
 * give answers of the same shape, and exceptions word for word.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle_site.h"

/* ── numbers of the recording and ours ── */

/* A rolled back creation uses up a number there and none here. */
typedef struct {
  GHashTable *users; /* recorded id → ours, as pointers */
} Ids;

static gint64
our_user(const Ids *ids, gint64 recorded) {
  gpointer ours = g_hash_table_lookup(ids->users, GINT_TO_POINTER((gint)recorded));
  return ours != NULL ? GPOINTER_TO_INT(ours) : recorded;
}

static void
learn_users(Ids *ids, const json_t *recorded, const json_t *answer) {
  gsize index;
  const json_t *one;
  json_array_foreach(recorded, index, one) {
    gint64 theirs = json_integer_value(json_object_get(one, "id"));
    gint64 ours = json_integer_value(json_object_get(json_array_get(answer, index), "id"));
    g_hash_table_insert(ids->users, GINT_TO_POINTER((gint)theirs), GINT_TO_POINTER((gint)ours));
  }
}

/* ── comparing ── */

/* Texts that must be the same, not only texts. */
static bool
is_literal(const char *key) {
  static const char *const keys[] = { "exception", "errorcode",    "message",   "warningcode",
                                      "item",      "errormessage", "username",  "shortname",
                                      "idnumber",  "fullname",     "firstname", "lastname",
                                      "email",     "code",         "name",      "modname",
                                      "modplural", "type",         "city",      "country",
                                      "format",    "data" };
  for (gsize i = 0; key != NULL && i < G_N_ELEMENTS(keys); i++) {
    if (g_str_equal(keys[i], key))
      return true;
  }
  return false;
}

/* Lists of which there may be more or fewer: what the site has switched on. */
static bool
is_open(const char *key) {
  return key != NULL && (g_str_equal(key, "functions") || g_str_equal(key, "preferences") ||
                         g_str_equal(key, "filters"));
}

static void
differ(const char *path, const char *what, const json_t *recorded, const json_t *answer) {
  g_autofree char *one = json_dumps(recorded, JSON_ENCODE_ANY);
  g_autofree char *other = json_dumps(answer, JSON_ENCODE_ANY);
  g_test_message("%s: %s: recorded %.2000s, answered %.2000s", path, what, one, other);
  g_test_fail();
}

static bool
same_type(const json_t *recorded, const json_t *answer) {
  if (json_is_boolean(recorded))
    return json_is_boolean(answer);
  return json_typeof(recorded) == json_typeof(answer);
}

static void compare(const char *path, const char *key, const json_t *recorded,
                    const json_t *answer);

static void
compare_objects(const char *path, const json_t *recorded, const json_t *answer) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)recorded, key, value) {
    g_autofree char *inner = g_strdup_printf("%s.%s", path, key);
    if (json_object_get(answer, key) == NULL)
      differ(inner, "missing", value, json_null());
    else
      compare(inner, key, value, json_object_get(answer, key));
  }
  json_object_foreach((json_t *)answer, key, value) {
    g_autofree char *inner = g_strdup_printf("%s.%s", path, key);
    if (json_object_get(recorded, key) == NULL)
      differ(inner, "too much", json_null(), value);
  }
}

static void
compare_arrays(const char *path, const char *key, const json_t *recorded, const json_t *answer) {
  if (json_array_size(recorded) != json_array_size(answer) && !is_open(key))
    differ(path, "another number", recorded, answer);
  for (gsize i = 0; i < MIN(json_array_size(recorded), json_array_size(answer)); i++) {
    g_autofree char *inner = g_strdup_printf("%s[%zu]", path, i);
    if (is_open(key) && i > 0)
      break;
    compare(inner, is_open(key) ? "" : key, json_array_get(recorded, i), json_array_get(answer, i));
  }
}

static void
compare(const char *path, const char *key, const json_t *recorded, const json_t *answer) {
  if (!same_type(recorded, answer))
    differ(path, "another type", recorded, answer);
  else if (json_is_object(recorded))
    compare_objects(path, recorded, answer);
  else if (json_is_array(recorded))
    compare_arrays(path, key, recorded, answer);
  else if (is_literal(key) && strstr(path, ".functions[") == NULL &&
           strstr(path, ".preferences[") == NULL && !json_equal(recorded, answer))
    differ(path, "another value", recorded, answer);
}

/* ── asking again ── */

static bool
names_a_user(const char *name) {
  return g_str_has_suffix(name, "[userid]") || g_str_equal(name, "userid") ||
         g_str_has_suffix(name, "[touserid]") || g_str_has_prefix(name, "users[0][id]");
}

static void
append(GString *body, const Ids *ids, const char *name, const char *value) {
  g_autofree char *mapped = g_strdup(value);
  if (g_str_equal(name, "wstoken") && g_str_equal(value, "TOKEN")) {
    g_free(mapped);
    mapped = g_strdup(SITE_TOKEN);
  } else if (names_a_user(name)) {
    g_free(mapped);
    mapped = g_strdup_printf("%" G_GINT64_FORMAT, our_user(ids, g_ascii_strtoll(value, NULL, 10)));
  }
  g_autofree char *key = g_uri_escape_string(name, "[]", FALSE);
  g_autofree char *encoded = g_uri_escape_string(mapped, NULL, FALSE);
  g_string_append_printf(body, "%s%s=%s", body->len > 0 ? "&" : "", key, encoded);
}

static json_t *
ask(const Site *site, const Ids *ids, const json_t *request) {
  g_autoptr(GString) body = g_string_new(NULL);
  gsize index;
  const json_t *pair;
  json_array_foreach(request, index, pair)
      append(body, ids, json_string_value(json_array_get(pair, 0)),
             json_string_value(json_array_get(pair, 1)));
  g_auto(Reply) reply = site_post(site, body->str);
  g_assert_cmpint(reply.result, ==, CURLE_OK);
  g_assert_cmpint((gint)reply.status, ==, 200);
  json_t *answer = json_loadb(reply.body->str, reply.body->len, JSON_DECODE_ANY, NULL);
  if (answer == NULL)
    g_error("not JSON: %s", reply.body->str);
  return answer;
}

/* The recorded service's role lacked the right to read a company's courses. */
static const char *const forbidden[] = { "block_iomad_company_admin_get_company_courses", NULL };

static Site *
open_site(void) {
  const MoodleAppOptions options = { .plugin = true, .batch = true, .forbid = forbidden };
  return site_new(&options, NULL);
}

static void
replay(const Site *site, Ids *ids, const json_t *sample) {
  const char *name = json_string_value(json_object_get(sample, "name"));
  const char *function = json_string_value(json_object_get(sample, "function"));
  const json_t *recorded = json_object_get(sample, "response");
  json_auto_t *answer = ask(site, ids, json_object_get(sample, "request"));
  g_assert_nonnull(recorded);
  compare(name, NULL, recorded, answer);
  if (g_strcmp0(function, "core_user_create_users") == 0)
    learn_users(ids, recorded, answer);
}

/* ── the samples ── */

static int
compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_files(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  if (dir == NULL)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    if (g_str_has_suffix(name, ".json"))
      g_ptr_array_add(names, g_build_filename(folder, name, NULL));
  }
  g_ptr_array_sort(names, compare_names);
  return names;
}

static guint
replay_folder(const char *folder) {
  g_autoptr(GPtrArray) names = list_files(folder);
  if (names == NULL || names->len == 0)
    return 0;
  g_autoptr(Site) site = open_site();
  g_autoptr(GHashTable) users = g_hash_table_new(NULL, NULL);
  Ids ids = { users };
  guint count = 0;
  for (guint i = 0; i < names->len; i++) {
    json_error_t error;
    json_auto_t *file = json_load_file(g_ptr_array_index(names, i), 0, &error);
    if (file == NULL)
      g_error("%s: %s", (char *)g_ptr_array_index(names, i), error.text);
    gsize index;
    const json_t *sample;
    if (json_is_object(file)) {
      replay(site, &ids, file);
      count++;
    }
    json_array_foreach(file, index, sample) {
      replay(site, &ids, sample);
      count++;
    }
  }
  return count;
}

static char *
source_path(const char *relative) {
  const char *root = g_getenv("SOURCE_ROOT");
  return g_build_filename(root != NULL ? root : ".", relative, NULL);
}

static void
own_samples(void) {
  g_autofree char *folder = source_path("sim/tests/transcripts");
  g_assert_cmpuint(replay_folder(folder), >, 80);
}

/* The recordings the samples were drawn from, where they lie beside the checkout. */
static void
recordings(void) {
  g_autofree char *folder = source_path("../shared/moodle-ws/transcripts");
  if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
    g_test_skip("the recordings are not here");
  else
    g_assert_cmpuint(replay_folder(folder), >, 80);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_set_nonfatal_assertions();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/replay/own-samples", own_samples);
  g_test_add_func("/sim/moodle/replay/recordings", recordings);
  return g_test_run();
}
