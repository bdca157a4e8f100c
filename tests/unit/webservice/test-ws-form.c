/* Arguments as Moodle's REST server wants them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_form.h"

#include <string.h>

#include "base/text.h"

typedef struct {
  const char *json, *form, *plain;
} Case;

/* The form is shown with %5B and %5D as brackets. */
static const Case cases[] = {
  { "{}", "", "{}" },
  { "{\"a\":1,\"b\":-9007199254740993}", "a=1&b=-9007199254740993",
    "{\"a\":1,\"b\":-9007199254740993}" },
  { "{\"users\":[{\"username\":\"i1\",\"city\":\"Bad Hersfeld\"},{\"username\":\"i2\"}]}",
    "users[0][username]=i1&users[0][city]=Bad%20Hersfeld&users[1][username]=i2",
    "{\"users\":[{\"username\":\"i1\",\"city\":\"Bad Hersfeld\"},{\"username\":\"i2\"}]}" },
  { "{\"values\":[\"x\",\"y\"]}", "values[0]=x&values[1]=y", "{\"values\":[\"x\",\"y\"]}" },
  { "{\"n\":\"Müller & Söhne=1+1%;/?#\"}",
    "n=M%C3%BCller%20%26%20S%C3%B6hne%3D1%2B1%25%3B%2F%3F%23",
    "{\"n\":\"Müller & Söhne=1+1%;/?#\"}" },
  { "{\"n\":\"a\\nb\\u0000c-._~\"}", "n=a%0Ab%00c-._~", "{\"n\":\"a\\nb\\u0000c-._~\"}" },
  { "{\"y\":true,\"n\":false,\"empty\":\"\"}",
    "y=1&n=0&empty=", "{\"y\":1,\"n\":0,\"empty\":\"\"}" },
  { "{\"gone\":null,\"none\":[],\"nothing\":{},\"in\":[{\"none\":[null]}],\"a\":1}", "a=1",
    "{\"a\":1}" },
  { "{\"options\":{\"ids\":[7]}}", "options[ids][0]=7", "{\"options\":{\"ids\":[7]}}" },
  { "{\"x\":1.5}", "x=1.5", "{\"x\":1.5}" },
};

static char *
readable(const char *form) {
  g_auto(GStrv) opened = g_strsplit(form, "%5B", -1);
  autochar half = g_strjoinv("[", opened);
  g_auto(GStrv) closed = g_strsplit(half, "%5D", -1);
  return g_strjoinv("]", closed);
}

static json_t *
load(const char *text) {
  json_t *value = json_loads(text, JSON_ALLOW_NUL, NULL);
  g_assert_nonnull(value);
  return value;
}

static void
test_cases(void) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    json_auto_t *arguments = load(cases[i].json), *expected = load(cases[i].plain);
    json_auto_t *plain = ws_form_plain(arguments);
    g_autoptr(GString) body = g_string_new(NULL);
    ws_form_append(body, arguments);
    autochar form = readable(body->str);
    g_assert_cmpstr(form, ==, cases[i].form);
    g_assert_true(json_equal(plain, expected));
    guint fields = *form == '\0' ? 0 : 1;
    for (const char *c = form; *c != '\0'; c++)
      fields += *c == '&';
    g_assert_cmpuint(ws_form_count(arguments), ==, fields);
  }
}

static void
test_appending(void) {
  g_autoptr(GString) body = g_string_new(NULL);
  json_auto_t *arguments = load("{\"a\":\"1\"}");
  ws_form_append_field(body, "wsfunction", "core_test");
  ws_form_append(body, arguments);
  ws_form_append_field(body, "k&=", "ä");
  g_assert_cmpstr(body->str, ==, "wsfunction=core_test&a=1&k%26%3D=%C3%A4");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ws-form/cases", test_cases);
  g_test_add_func("/ws-form/appending", test_appending);
  return g_test_run();
}
