/* What the pages are made of: nothing can be said unescaped, and both languages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "web/fields.h"
#include "web/html.h"
#include "web/routes.h"

static void
escapes(void) {
  GString *out = g_string_new(NULL);
  Html *html = html_new(out, WEB_ENGLISH);
  html_open(html, "p", "title", "\"><script>", "hidden", html_yes, "id", NULL, NULL);
  html_text(html, "<b>Ann</b> & 'R'");
  html_format(html, " %s", "<i>");
  html_open(html, "br", NULL);
  html_open(html, "input", "value", "yes", NULL);
  html_close(html, "p");
  html_element(html, "a", "x\xff", "href", "/runs?a=1&b=2", NULL);
  html_free(html);
  g_assert_cmpstr(out->str, ==,
                  "<p title=\"&quot;&gt;&lt;script&gt;\" hidden>&lt;b&gt;Ann&lt;/b&gt; &amp; "
                  "&#39;R&#39; &lt;i&gt;<br><input value=\"yes\"></p><a "
                  "href=\"/runs?a=1&amp;b=2\">x\xef\xbf\xbd</a>");
  g_string_free(out, TRUE);
}

static void
leads_nowhere_else(void) {
  static const char *const bad[] = { "javascript:alert(1)",
                                     "//evil.example",
                                     "/\\evil.example",
                                     "data:text/html,x",
                                     "JAVASCRIPT:x",
                                     " javascript:x",
                                     "" };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    GString *out = g_string_new(NULL);
    Html *html = html_new(out, WEB_ENGLISH);
    html_element(html, "a", "x", "href", bad[i], NULL);
    html_free(html);
    g_assert_cmpstr(out->str, ==, "<a>x</a>");
    g_string_free(out, TRUE);
  }
}

static void
speaks_both(void) {
  GString *out = g_string_new(NULL);
  Html *html = html_new(out, WEB_GERMAN);
  html_say(html, "Runs", "Läufe");
  html_say_format(html, " %u courses", " %u Kurse", 3u);
  html_text(html, " ");
  html_number(html, -1234567);
  html_free(html);
  g_assert_cmpstr(out->str, ==, "Läufe 3 Kurse −1.234.567");
  g_string_free(out, TRUE);
  g_assert_cmpint(web_language_accept("en-GB,en;q=0.9,de;q=0.8"), ==, WEB_ENGLISH);
  g_assert_cmpint(web_language_accept("fr, en;q=0.2, de;q=0.3"), ==, WEB_GERMAN);
  g_assert_cmpint(web_language_accept("fr"), ==, WEB_GERMAN);
  g_assert_cmpint(web_language_accept(NULL), ==, WEB_GERMAN);
  g_assert_cmpint(web_language_accept("end;q=1, en;q=0.1"), ==, WEB_ENGLISH);
}

static void
reads_fields(void) {
  g_autoptr(WebFields) fields = web_fields_new();
  const char *text = "a=1&b=x+y%20z&a=%C3%BC&c&=";
  g_assert_true(web_fields_parse(fields, text, strlen(text)));
  g_assert_cmpstr(web_fields_get(fields, "b"), ==, "x y z");
  g_assert_cmpstr(web_fields_get(fields, "c"), ==, "");
  g_assert_null(web_fields_get(fields, "d"));
  g_autofree const char **all = web_fields_all(fields, "a");
  g_assert_cmpstr(all[0], ==, "1");
  g_assert_cmpstr(all[1], ==, "ü");
  g_assert_null(all[2]);
  g_autofree char *query = web_fields_query(fields, "a", "n", "1&2");
  g_assert_cmpstr(query, ==, "b=x%20y%20z&c=&=&n=1%262");
}

static void
refuses_unclean_fields(void) {
  static const char *const bad[] = { "a=%",   "a=%4",  "a=%zz", "a=%00",
                                     "a=%ff", "a=%01", "%80=1", "a=%4%31" };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(WebFields) fields = web_fields_new();
    g_assert_false(web_fields_parse(fields, bad[i], strlen(bad[i])));
  }
  g_autoptr(WebFields) nul = web_fields_new();
  g_assert_false(web_fields_parse(nul, "a\0b", 3));
  g_autoptr(WebFields) many = web_fields_new();
  GString *text = g_string_new(NULL);
  for (guint i = 0; i <= WEB_MAX_FIELDS; i++)
    g_string_append(text, "a=1&");
  g_assert_false(web_fields_parse(many, text->str, text->len));
  g_string_free(text, TRUE);
}

static void
finds_routes(void) {
  char *args[WEB_MAX_ARGS] = { 0 };
  bool other;
  const WebRoute *route = web_route_find(WEB_GET, "/static/style.css", args, &other);
  g_assert_nonnull(route);
  g_assert_cmpstr(args[0], ==, "style.css");
  g_free(args[0]);
  args[0] = NULL;
  g_assert_null(web_route_find(WEB_POST, "/static/style.css", args, &other));
  g_assert_true(other);
  g_assert_null(web_route_find(WEB_GET, "/static/", args, &other));
  g_assert_null(web_route_find(WEB_GET, "/static/a/b", args, &other));
  g_assert_null(web_route_find(WEB_GET, "/static", args, &other));
  g_assert_null(web_route_find(WEB_GET, "static/style.css", args, &other));
  g_assert_false(other);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/html/escapes", escapes);
  g_test_add_func("/html/leads-nowhere-else", leads_nowhere_else);
  g_test_add_func("/html/speaks-both", speaks_both);
  g_test_add_func("/html/reads-fields", reads_fields);
  g_test_add_func("/html/refuses-unclean-fields", refuses_unclean_fields);
  g_test_add_func("/html/finds-routes", finds_routes);
  return g_test_run();
}
