/* Strict JSON: what is refused and in which words, and what the getters hand out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/jsonget.h"

static json_t *
parse(const char *text) {
  g_autoptr(GError) error = NULL;
  json_t *root = jsonget_parse(text, strlen(text), &error);
  g_assert_no_error(error);
  g_assert_nonnull(root);
  return root;
}

static void
assert_refused_bytes(const char *data, gsize length, JsongetError code, const char *words) {
  g_autoptr(GError) error = NULL;
  json_t *root = jsonget_parse(data, length, &error);
  if (root != NULL)
    g_error("'%s' was taken for JSON", data);
  g_assert_error(error, JSONGET_ERROR, (gint)code);
  if (strstr(error->message, words) == NULL)
    g_error("'%s' does not say '%s'", error->message, words);
  g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
assert_refused(const char *text, const char *words) {
  assert_refused_bytes(text, strlen(text), JSONGET_ERROR_SYNTAX, words);
}

static void
test_parse(void) {
  json_t *root = parse(" [ {\"id\": 7, \"ort\": \"Gießen \\\"Mitte\\\" \\u00fc\"} ] \n");
  json_t *item = json_array_get(root, 0);
  g_assert_cmpint(json_integer_value(json_object_get(item, "id")), ==, 7);
  g_assert_cmpstr(json_string_value(json_object_get(item, "ort")), ==, "Gießen \"Mitte\" ü");
  json_decref(root);

  /* Only `length` bytes count. */
  root = jsonget_parse("[1]garbage", 3, NULL);
  g_assert_cmpuint(json_array_size(root), ==, 1);
  json_decref(root);
}

static void
test_syntax(void) {
  assert_refused("", "line 1, column 0: ");
  assert_refused("[1,\n2,\n  x]", "line 3, column 3: ");
  assert_refused("{\"a\": 1,}", "line 1, column ");
  assert_refused("[1] [2]", "end of file expected");
  assert_refused("[1]]", "line 1, column 4: ");
  assert_refused("[1", "line 1, column ");
  assert_refused("\"text\"", "line 1, column ");
  assert_refused("['a']", "line 1, column ");
  assert_refused("[NaN]", "line 1, column ");
  assert_refused("[01]", "line 1, column ");
  assert_refused("[99999999999999999999]", "too big");
  assert_refused("[\"a\nb\"]", "unexpected newline");
  assert_refused("[\"unfinished", "line 1, column ");
  assert_refused("[\"\\", "line 1, column ");
  assert_refused_bytes(NULL, 0, JSONGET_ERROR_SYNTAX, "line 1, column 0: ");
}

static void
test_duplicate(void) {
  assert_refused("{\"id\": \"1\", \"id\": \"2\"}", "duplicate object key");
  assert_refused("[{\"a\": {\"b\": 1, \"\\u0062\": 2}}]", "duplicate object key");
}

static void
test_utf8(void) {
  assert_refused("[\"\xff\"]", "UTF-8");
  assert_refused("[\"\xc3\"]", "UTF-8");
  assert_refused("[\"\xed\xa0\x80\"]", "UTF-8");
  assert_refused("[\"\xc0\x80\"]", "UTF-8");
  assert_refused("{\"\xfc\": 1}", "UTF-8");
  assert_refused("[\"\\ud800\"]", "line 1, column ");
}

static void
test_nul(void) {
  assert_refused("[\"a\\u0000b\"]", "\\u0000");
  assert_refused("{\"a\\u0000\": 1}", "\\u0000");
  assert_refused_bytes("[\"a\0b\"]", 7, JSONGET_ERROR_SYNTAX, "line 1, column ");
}

/* `open` as often as `depth` says, each closed by `close`. */
static char *
nest(const char *open, const char *inner, const char *close, guint depth) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < depth; i++)
    g_string_append(text, open);
  g_string_append(text, inner);
  for (guint i = 0; i < depth; i++)
    g_string_append(text, close);
  return g_string_free(text, FALSE);
}

static void
test_depth(void) {
  g_autofree char *deepest = nest("[", "", "]", JSONGET_MAX_DEPTH);
  json_decref(parse(deepest));
  g_autofree char *deeper = nest("[", "", "]", JSONGET_MAX_DEPTH + 1);
  assert_refused_bytes(deeper, strlen(deeper), JSONGET_ERROR_TOO_BIG,
                       "line 1, column 33: nested deeper than 32 levels");
  g_autofree char *mixed = nest("{\n\"a\":[", "1", "]}", JSONGET_MAX_DEPTH / 2);
  json_decref(parse(mixed));
  g_autofree char *mixed_deeper = nest("{\n\"a\":[", "{}", "]}", JSONGET_MAX_DEPTH / 2);
  assert_refused_bytes(mixed_deeper, strlen(mixed_deeper), JSONGET_ERROR_TOO_BIG,
                       "line 17, column 6: ");
}

/* Brackets in strings are text, and an escaped quote does not end one. */
static void
test_depth_strings(void) {
  g_autofree char *brackets = nest("[", "", "]", 100);
  g_autofree char *plain = g_strdup_printf("[\"%s\"]", brackets);
  json_decref(parse(plain));
  g_autofree char *quoted =
      g_strdup_printf("[\"\\\"%s\", \"\\\\\", \"{\\\\\\\"%s\"]", brackets, brackets);
  json_decref(parse(quoted));
  g_autofree char *after = g_strdup_printf("[\"\\\\\", %s]", brackets);
  assert_refused_bytes(after, strlen(after), JSONGET_ERROR_TOO_BIG, "nested");
  /* Many side by side are not deep. */
  g_autofree char *many = nest("[],{},", "[]", "", 100);
  g_autofree char *wide = g_strdup_printf("[%s]", many);
  json_decref(parse(wide));
}

#define HUGE_BYTES (10 * 1024 * 1024)

static void
test_depth_huge(void) {
  g_autofree char *huge = g_malloc(HUGE_BYTES);
  const char openings[] = { '[', '{' };
  for (gsize i = 0; i < G_N_ELEMENTS(openings); i++) {
    memset(huge, openings[i], HUGE_BYTES);
    gint64 before = g_get_monotonic_time();
    assert_refused_bytes(huge, HUGE_BYTES, JSONGET_ERROR_TOO_BIG, "nested deeper");
    g_assert_cmpint(g_get_monotonic_time() - before, <, G_USEC_PER_SEC);
  }
}

static void
assert_string(const json_t *object, const char *key, const char *expected) {
  g_autoptr(GError) error = NULL;
  const char *value = NULL;
  g_assert_true(jsonget_string(object, "[3]", key, &value, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(value, ==, expected);
}

static void
assert_not_string(const json_t *object, const char *path, const char *key, const char *message) {
  g_autoptr(GError) error = NULL;
  const char *value = "untouched";
  g_assert_false(jsonget_string(object, path, key, &value, &error));
  g_assert_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE);
  g_assert_cmpstr(error->message, ==, message);
  g_assert_cmpstr(value, ==, "untouched");
}

static void
test_string(void) {
  json_t *object = parse("{\"ort\": \"Fulda\", \"leer\": \"\", \"null\": null, \"zahl\": 1, "
                         "\"bruch\": 1.5, \"ja\": true,"
                         " \"liste\": [], \"objekt\": {}}");
  assert_string(object, "ort", "Fulda");
  assert_string(object, "leer", "");
  assert_string(object, "null", "");
  assert_string(object, "fehlt", "");
  assert_not_string(object, "[3]", "zahl", "[3].zahl: expected a string, found an integer");
  assert_not_string(object, "[3]", "bruch",
                    "[3].bruch: expected a string, found a fractional number");
  assert_not_string(object, "[3]", "ja", "[3].ja: expected a string, found a truth value");
  assert_not_string(object, "[3].teilnehmer[0]", "liste",
                    "[3].teilnehmer[0].liste: expected a string, found an array");
  assert_not_string(object, "", "objekt", "objekt: expected a string, found an object");
  json_decref(object);
}

static void
test_not_object(void) {
  json_t *list = parse("[1]");
  assert_not_string(list, "[3]", "id", "[3]: expected an object, found an array");
  assert_not_string(json_array_get(list, 0), "", "id", "expected an object, found an integer");
  assert_not_string(NULL, "[3]", "id", "[3]: expected an object, found nothing");
  json_decref(list);
}

static void
test_string_length(void) {
  g_autofree char *longest = g_strnfill(JSONGET_MAX_STRING, 'x');
  json_t *object = json_pack("{s:s, s:s+}", "gut", longest, "schlecht", longest, "y");
  g_assert_nonnull(object);
  assert_string(object, "gut", longest);
  assert_not_string(object, "[3]", "schlecht",
                    "[3].schlecht: a string of 4097 bytes is longer than 4096");
  char buffer[24];
  const char *value = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_false(jsonget_id(object, "", "schlecht", buffer, &value, &error));
  g_assert_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE);
  json_decref(object);
}

static void
assert_id(const json_t *object, const char *key, const char *expected) {
  g_autoptr(GError) error = NULL;
  char buffer[24];
  const char *value = NULL;
  g_assert_true(jsonget_id(object, "[3]", key, buffer, &value, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(value, ==, expected);
}

static void
assert_not_id(const json_t *object, const char *key, const char *message) {
  g_autoptr(GError) error = NULL;
  char buffer[24];
  const char *value = NULL;
  g_assert_false(jsonget_id(object, "[3]", key, buffer, &value, &error));
  g_assert_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE);
  g_assert_cmpstr(error->message, ==, message);
}

static void
test_id(void) {
  json_t *object =
      parse("{\"text\": \" a/ü 1 \", \"zahl\": 4711, \"null\": null, \"leer\": \"\", \"klein\": "
            "-9223372036854775808, \"gross\": 9223372036854775807, \"nichts\": 0,"
            " \"bruch\": 1.5, \"ja\": true, \"nein\": false, \"liste\": [1], \"glatt\": 1.0}");
  assert_id(object, "text", " a/ü 1 ");
  assert_id(object, "zahl", "4711");
  assert_id(object, "nichts", "0");
  assert_id(object, "null", "");
  assert_id(object, "leer", "");
  assert_id(object, "fehlt", "");
  assert_id(object, "klein", "-9223372036854775808");
  assert_id(object, "gross", "9223372036854775807");
  assert_not_id(object, "bruch",
                "[3].bruch: expected a string or an integer, found a fractional number");
  assert_not_id(object, "glatt",
                "[3].glatt: expected a string or an integer, found a fractional number");
  assert_not_id(object, "ja", "[3].ja: expected a string or an integer, found a truth value");
  assert_not_id(object, "nein", "[3].nein: expected a string or an integer, found a truth value");
  assert_not_id(object, "liste", "[3].liste: expected a string or an integer, found an array");
  json_decref(object);
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/jsonget/parse", test_parse);
  g_test_add_func("/jsonget/syntax", test_syntax);
  g_test_add_func("/jsonget/duplicate", test_duplicate);
  g_test_add_func("/jsonget/utf8", test_utf8);
  g_test_add_func("/jsonget/nul", test_nul);
  g_test_add_func("/jsonget/depth", test_depth);
  g_test_add_func("/jsonget/depth-strings", test_depth_strings);
  g_test_add_func("/jsonget/depth-huge", test_depth_huge);
  g_test_add_func("/jsonget/string", test_string);
  g_test_add_func("/jsonget/not-object", test_not_object);
  g_test_add_func("/jsonget/string-length", test_string_length);
  g_test_add_func("/jsonget/id", test_id);
  return g_test_run();
}
