/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web_case.h"

#include <glib/gstdio.h>
#include <string.h>

#include "service/open.h"
#include "web/routes.h"

static const char configuration[] = "[zms]\nbaseurl=https://127.0.0.1:1/rest\n"
                                    "[moodle]\npath=moodle.db\n"
                                    "[store]\npath=store.db\n"
                                    "[tenant FD]\nname=Landkreis Fulda\napikey=key-of-fd\n"
                                    "[tenant HP]\nname=Landkreis Bergstraße\napikey=key-of-hp\n"
                                    "[tenant GI]\nname=Landkreis Gießen\napikey=key-of-gi\n"
                                    "[tenant OF]\nname=Landkreis Offenbach\n";

static Store *
open_for_site(gpointer data, GError **error) {
  return open_store(((WebCase *)data)->config, error);
}

static Config *
config_for_site(gpointer data) {
  return config_ref(((WebCase *)data)->config);
}

static char *
ready(gpointer data) {
  (void)data;
  return NULL;
}

static gint64
next_run(gpointer data) {
  return ((WebCase *)data)->next_run;
}

static void
on_wake(gpointer data) {
  ((WebCase *)data)->woken++;
}

WebCase *
web_case_new(const char *more) {
  WebCase *test = g_new0(WebCase, 1);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strconcat(configuration, more, NULL);
  test->folder = g_dir_make_tmp("web-XXXXXX", NULL);
  test->conf = g_build_filename(test->folder, "lehrgaenge.conf", NULL);
  g_assert_true(
      g_file_set_contents_full(test->conf, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  test->config = config_load(test->conf, &error);
  g_assert_no_error(error);
  test->store = open_store(test->config, &error);
  g_assert_no_error(error);
  test->clock = clock_manual_new(WEB_CASE_NOW);
  const WebContext context = {
    .clock = test->clock,
    .open_store = open_for_site,
    .config = config_for_site,
    .unready = ready,
    .next_run = next_run,
    .wake = on_wake,
    .user_data = test,
  };
  test->site = web_site_new(&context);
  web_answer_init(&test->answer);
  return test;
}

static void
remove_folder(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_remove(path);
  }
  g_rmdir(folder);
}

void
web_case_free(WebCase *test) {
  if (test == NULL)
    return;
  web_site_free(test->site);
  web_answer_clear(&test->answer);
  store_free(test->store);
  config_free(test->config);
  clock_free(test->clock);
  remove_folder(test->folder);
  g_free(test->folder);
  g_free(test->conf);
  g_free(test);
}

WebPrincipal *
web_case_who(StoreRole role, const char *tenants) {
  WebPrincipal *who = g_new0(WebPrincipal, 1);
  who->name = g_strdup("anna");
  who->role = role;
  who->tenants = web_tenants_split(tenants);
  who->email = g_strdup("anna@example.org");
  who->account = 1;
  who->session = g_strdup("hash");
  who->csrf = g_strdup("csrf-of-anna");
  return who;
}

/* ── asking ── */

static guint
ask(WebCase *test, const WebPrincipal *who, WebRequest *request, const char *target) {
  const char *mark = strchr(target, '?');
  g_autofree char *path =
      mark != NULL ? g_strndup(target, (gsize)(mark - target)) : g_strdup(target);
  g_autoptr(WebFields) query = web_fields_new(), cookies = web_fields_new();
  g_autoptr(WebFields) headers = web_fields_new();
  WebCall call = { .site = test->site,
                   .request = request,
                   .config = test->config,
                   .store = test->store,
                   .who = who,
                   .language = WEB_ENGLISH,
                   .now = clock_now(test->clock),
                   .answer = &test->answer };
  g_autoptr(GError) error = NULL;
  bool other;
  g_assert_true(mark == NULL || web_fields_parse(query, mark + 1, strlen(mark + 1)));
  web_language_parse(web_fields_get(query, "language"), &call.language);
  request->path = path;
  request->query = query;
  request->cookies = cookies;
  request->headers = headers;
  request->host = "127.0.0.1:8480";
  request->address = "127.0.0.1";
  web_answer_clear(&test->answer);
  web_answer_init(&test->answer);
  call.route = web_route_find(request->method, path, call.args, &other);
  if (call.route == NULL)
    g_error("there is no route for %s", target);
  if ((call.route->flags & WEB_OPEN) == 0 && who->role < call.route->role)
    web_refuse(&call, WEB_REFUSED_ROLE, NULL);
  else
    g_assert_true(call.route->handle(&call, &error));
  g_assert_no_error(error);
  for (guint i = 0; i < WEB_MAX_ARGS; i++)
    g_free(call.args[i]);
  return test->answer.status;
}

guint
web_case_get(WebCase *test, const WebPrincipal *who, const char *target) {
  g_autoptr(WebFields) form = web_fields_new();
  WebRequest request = { .method = WEB_GET, .form = form, .body = "" };
  return ask(test, who, &request, target);
}

guint
web_case_post(WebCase *test, const WebPrincipal *who, const char *target, const char *text) {
  g_autoptr(WebFields) form = web_fields_new();
  WebRequest request = { .method = WEB_POST, .form = form, .body = "" };
  g_assert_true(web_fields_parse(form, text, strlen(text)));
  if (who != NULL && who->csrf != NULL)
    web_fields_add(form, "csrf", who->csrf);
  return ask(test, who, &request, target);
}

guint
web_case_post_json(WebCase *test, const WebPrincipal *who, const char *target, const char *json) {
  g_autoptr(WebFields) form = web_fields_new();
  WebRequest request = {
    .method = WEB_POST, .form = form, .body = json, .body_length = strlen(json)
  };
  return ask(test, who, &request, target);
}

/* ── the answer ── */

const char *
web_case_header(const WebCase *test, const char *name) {
  return web_fields_get(test->answer.headers, name);
}

json_t *
web_case_json(const WebCase *test) {
  json_error_t why;
  json_t *document = json_loads(test->answer.body->str, JSON_DECODE_ANY, &why);
  if (document == NULL)
    g_error("no JSON: %s\n%s", why.text, test->answer.body->str);
  return document;
}

void
web_case_has(const WebCase *test, const char *part) {
  if (strstr(test->answer.body->str, part) == NULL)
    g_error("not there: %s\n%s", part, test->answer.body->str);
}

void
web_case_has_not(const WebCase *test, const char *part) {
  if (strstr(test->answer.body->str, part) != NULL)
    g_error("there: %s\n%s", part, test->answer.body->str);
}
