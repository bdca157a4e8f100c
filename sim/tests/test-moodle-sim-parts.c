/* Forms as PHP reads them, and Moodle's check of parameters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_form.h"
#include "msim_param.h"

/* ── forms ── */

static json_t *
parse(const char *text, guint max_vars) {
  json_t *form = json_object();
  msim_form_parse(form, text, strlen(text), max_vars);
  return form;
}

static void
expect_form(const char *text, const char *json) {
  json_auto_t *form = parse(text, 1000);
  json_auto_t *expected = json_loads(json, 0, NULL);
  g_autofree char *got = json_dumps(form, JSON_COMPACT);
  if (!json_equal(form, expected))
    g_error("%s: got %s", text, got);
}

static void
forms(void) {
  expect_form("", "{}");
  expect_form("a=1&b=two%20words+here&c=%C3%BC&d", "{\"a\":\"1\",\"b\":\"two words here\","
                                                   "\"c\":\"\xc3\xbc\",\"d\":\"\"}");
  expect_form("u[0][n]=x&u[0][m]=y&u[1][n]=z",
              "{\"u\":{\"0\":{\"n\":\"x\",\"m\":\"y\"},\"1\":{\"n\":\"z\"}}}");
  expect_form("v[]=a&v[]=b&v[7]=c&v[]=d",
              "{\"v\":{\"0\":\"a\",\"1\":\"b\",\"7\":\"c\",\"8\":\"d\"}}");
  expect_form("a=1&a=2", "{\"a\":\"2\"}");
  expect_form("a=1&a[b]=2", "{\"a\":{\"b\":\"2\"}}");
  expect_form("a.b%20c=1", "{\"a_b_c\":\"1\"}");
  expect_form("o%5Bids%5D%5B0%5D=7", "{\"o\":{\"ids\":{\"0\":\"7\"}}}");
  expect_form("a=100%&b=%zz&&=x", "{\"a\":\"100%\",\"b\":\"%zz\"}");
  expect_form("a[b=1", "{\"a[b\":\"1\"}");
}

static void
too_many_are_dropped(void) {
  json_auto_t *form = parse("a=1&b=2&c=3&d=4", 3);
  g_assert_cmpuint(json_object_size(form), ==, 3);
  g_assert_null(json_object_get(form, "d"));
}

static void
too_deep_is_dropped(void) {
  g_autoptr(GString) text = g_string_new("a");
  for (guint i = 0; i <= MSIM_FORM_MAX_DEPTH; i++)
    g_string_append(text, "[x]");
  g_string_append(text, "=1&b=2");
  json_auto_t *form = parse(text->str, 10);
  g_assert_cmpstr(json_string_value(json_object_get(form, "b")), ==, "2");
}

static void
body_wins_whole(void) {
  g_autoptr(GString) body = g_string_new("l[1]=b&x=post");
  json_auto_t *form = msim_form_merge("l[0]=a&x=get&y=get", body, 10);
  json_auto_t *expected = json_loads("{\"l\":{\"1\":\"b\"},\"x\":\"post\",\"y\":\"get\"}", 0, NULL);
  g_assert_true(json_equal(form, expected));
}

/* ── plain values ── */

static void
cleaning(void) {
  static const struct {
    MsimType type;
    const char *text;
    bool clean;
  } cases[] = {
    { MSIM_INT, "7", true },
    { MSIM_INT, "-7", true },
    { MSIM_INT, "07", false },
    { MSIM_INT, "+7", false },
    { MSIM_INT, " 7", false },
    { MSIM_INT, "", false },
    { MSIM_INT, "7x", false },
    { MSIM_BOOL, "1", true },
    { MSIM_BOOL, "0", true },
    { MSIM_BOOL, "true", false },
    { MSIM_BOOL, "2", false },
    { MSIM_TEXT, "R & D", true },
    { MSIM_TEXT, "a < b", true },
    { MSIM_TEXT, "a <3", false },
    { MSIM_NOTAGS, "<b>Ann</b>", false },
    { MSIM_NOTAGS, "Ann<", false },
    { MSIM_NOTAGS, "O'Neill \"x\"", true },
    { MSIM_RAW_TRIMMED, "a b", true },
    { MSIM_RAW_TRIMMED, " a", false },
    { MSIM_RAW_TRIMMED, "a\n", false },
    { MSIM_USERNAME, "p-0@x.y_z", true },
    { MSIM_USERNAME, "P-0", false },
    { MSIM_USERNAME, "a b", false },
    { MSIM_ALPHA, "shortname", true },
    { MSIM_ALPHA, "a1", false },
    { MSIM_ALPHANUM, "a1", true },
    { MSIM_ALPHANUM, "a_1", false },
    { MSIM_ALPHANUMEXT, "core_x-1", true },
    { MSIM_ALPHANUMEXT, "core x", false },
    { MSIM_SEQUENCE, "1,2", true },
    { MSIM_SEQUENCE, "1;2", false },
    { MSIM_PLUGIN, "topics", true },
    { MSIM_PLUGIN, "to__pics", false },
    { MSIM_PLUGIN, "Topics", false },
    { MSIM_AUTH, "oauth2", true },
    { MSIM_AUTH, "nosuch", false },
    { MSIM_LANG, "de", true },
    { MSIM_LANG, "xx", false },
    { MSIM_SAFEDIR, "de_kids", true },
    { MSIM_SAFEDIR, "../de", false },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    if (msim_param_is_clean(cases[i].type, cases[i].text) != cases[i].clean)
      g_error("type %d: \"%s\"", cases[i].type, cases[i].text);
  }
}

/* ── structures ── */

static const MsimParam number[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam row[] = {
  { "id", MSIM_INT },
  { "name", MSIM_TEXT, MSIM_OPTIONAL },
  { "flag", MSIM_BOOL, MSIM_DEFAULT, "1" },
  MSIM_END,
};
static const MsimParam params[] = {
  { "rows", MSIM_LIST, .inner = row },
  { "ids", MSIM_LIST, MSIM_DEFAULT, .inner = number },
  MSIM_END,
};

static void
expect_valid(const char *given, const char *checked) {
  json_auto_t *input = json_loads(given, 0, NULL);
  json_auto_t *expected = checked != NULL ? json_loads(checked, 0, NULL) : NULL;
  json_auto_t *got = msim_param_validate(params, input);
  g_assert_nonnull(input);
  if (checked == NULL ? got != NULL : !json_equal(got, expected))
    g_error("%s: got %s", given, got != NULL ? json_dumps(got, 0) : "nothing");
}

static void
structures(void) {
  expect_valid("{\"rows\":{\"0\":{\"id\":\"7\"}}}",
               "{\"rows\":[{\"id\":7,\"flag\":true}],\"ids\":[]}");
  expect_valid("{\"rows\":[{\"id\":7,\"flag\":false,\"name\":\"x\"}],\"ids\":{\"0\":\"1\"}}",
               "{\"rows\":[{\"id\":7,\"flag\":false,\"name\":\"x\"}],\"ids\":[1]}");
  expect_valid("{\"rows\":[{\"id\":null}]}", "{\"rows\":[{\"id\":null,\"flag\":true}],\"ids\":[]}");
  expect_valid("{\"rows\":[]}", "{\"rows\":[],\"ids\":[]}");
  expect_valid("{}", NULL);
  expect_valid("{\"rows\":\"x\"}", NULL);
  expect_valid("{\"rows\":[\"x\"]}", NULL);
  expect_valid("{\"rows\":[{}]}", NULL);
  expect_valid("{\"rows\":[{\"id\":\"7\",\"more\":\"1\"}]}", NULL);
  expect_valid("{\"rows\":[],\"more\":\"1\"}", NULL);
  expect_valid("{\"rows\":[{\"id\":{\"0\":\"7\"}}]}", NULL);
  expect_valid("{\"rows\":[],\"ids\":[\"x\"]}", NULL);
  expect_valid("{\"rows\":[{\"id\":\"7\",\"flag\":\"yes\"}]}", NULL);
  expect_valid("{\"rows\":[{\"id\":\"7\",\"name\":\"<i>\"}]}", NULL);
}

static void
only_utf8(void) {
  static const char *const bad[] = { "rows[0][id]=1&rows[0][name]=%ff",
                                     "rows[0][id]=1&rows[0][name]=a%00b",
                                     "rows[0][id]=1&rows[0][name]=%ef%bf%bf" };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    json_auto_t *form = parse(bad[i], 10);
    g_assert_null(msim_param_validate(params, form));
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim/moodle/form/nested", forms);
  g_test_add_func("/sim/moodle/form/too-many", too_many_are_dropped);
  g_test_add_func("/sim/moodle/form/too-deep", too_deep_is_dropped);
  g_test_add_func("/sim/moodle/form/body-wins", body_wins_whole);
  g_test_add_func("/sim/moodle/param/cleaning", cleaning);
  g_test_add_func("/sim/moodle/param/structures", structures);
  g_test_add_func("/sim/moodle/param/only-utf8", only_utf8);
  return g_test_run();
}
