/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <glib/gstdio.h>
#include <string.h>

#include "generate.h"

const char *harness_certs;

Sim
harness_sim_new(const ServerOptions *options, const char *size_text, Clock *clock) {
  GenerateSize size;
  GError *error = NULL;
  ServerOptions all = *options;
  all.address = "127.0.0.1";
  g_assert_true(generate_parse_size(size_text, &size));
  Sim sim = { .tenants = tenants_new(NULL, size.tenants, 1, NULL) };
  sim.app = zms_app_new(generate_new(sim.tenants, size, 1, 2026), sim.tenants, 1);
  sim.server = server_new(&all, zms_app_interface(sim.app), clock, &error);
  g_assert_no_error(error);
  return sim;
}

void
harness_sim_clear(Sim *sim) {
  server_free(sim->server);
  zms_app_free(sim->app);
  tenants_free(sim->tenants);
}

void
harness_reply_clear(Reply *reply) {
  if (reply->body != NULL)
    g_string_free(reply->body, TRUE);
  reply->body = NULL;
}

static size_t
on_body(char *data, size_t size, size_t count, void *user) {
  g_string_append_len(user, data, (gssize)(size * count));
  return size * count;
}

static size_t
on_header(char *data, size_t size, size_t count, void *user) {
  static const char name[] = "retry-after: ";
  Reply *reply = user;
  autochar line = g_strndup(data, size * count);
  if (g_ascii_strncasecmp(line, name, sizeof name - 1) == 0)
    g_strlcpy(reply->retry_after, g_strchomp(line + sizeof name - 1), sizeof reply->retry_after);
  return size * count;
}

void
harness_identity(CURL *curl, const char *who) {
  if (harness_certs == NULL)
    return;
  autochar ca = g_strdup_printf("%s/ca.pem", harness_certs);
  curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
  if (who == NULL)
    return;
  autochar certificate = g_strdup_printf("%s/%s.pem", harness_certs, who);
  autochar key = g_strdup_printf("%s/%s.key", harness_certs, who);
  curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate);
  curl_easy_setopt(curl, CURLOPT_SSLKEY, key);
}

CURL *
harness_curl(Reply *reply, const char *method, const char *url, struct curl_slist *headers) {
  CURL *curl = curl_easy_init();
  reply->body = g_string_new(NULL);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply->body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, reply);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  return curl;
}

struct curl_slist *
harness_token(const Sim *sim, gint tenant) {
  if (tenant < 0)
    return NULL;
  autochar header =
      g_strdup_printf("X-MoodleAuthToken: %s", tenants_get(sim->tenants, (guint)tenant)->token);
  return curl_slist_append(NULL, header);
}

Reply
harness_ask(const Sim *sim, const char *method, const char *path, gint tenant, const char *who,
            long timeout_ms) {
  Reply reply = { 0 };
  struct curl_slist *headers = harness_token(sim, tenant);
  autochar url = g_strconcat(server_url(sim->server), path, NULL);
  CURL *curl = harness_curl(&reply, method, url, headers);
  harness_identity(curl, who);
  if (timeout_ms > 0)
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  return reply;
}

Reply
harness_get(const Sim *sim, const char *path) {
  return harness_ask(sim, "GET", path, 0, NULL, 0);
}

json_t *
harness_parse(const Reply *reply) {
  json_t *json = json_loadb(reply->body->str, reply->body->len, 0, NULL);
  if (json == NULL)
    g_error("not JSON: %s", reply->body->str);
  return json;
}

char *
harness_assert_error(const Reply *reply, gint status, const char *detail) {
  g_assert_cmpint(reply->result, ==, CURLE_OK);
  g_assert_cmpint((gint)reply->status, ==, status);
  json_auto_t *json = harness_parse(reply);
  g_assert_cmpuint(json_object_size(json), ==, 4);
  g_assert_cmpint((gint)json_integer_value(json_object_get(json, "status")), ==, status);
  g_assert_true(json_is_string(json_object_get(json, "title")));
  const char *found = json_string_value(json_object_get(json, "detail"));
  const char *id = json_string_value(json_object_get(json, "id"));
  g_assert_nonnull(found);
  g_assert_nonnull(id);
  if (strstr(found, detail) == NULL)
    g_error("\"%s\" is not in \"%s\"", detail, found);
  g_assert_true(g_uuid_string_is_valid(id));
  return g_strdup(id);
}

void
harness_expect_error(const Sim *sim, const char *method, const char *path, gint tenant, gint status,
                     const char *detail) {
  g_auto(Reply) reply = harness_ask(sim, method, path, tenant, NULL, 0);
  g_free(harness_assert_error(&reply, status, detail));
}

gsize
harness_count_items(const Sim *sim, const char *path) {
  g_auto(Reply) reply = harness_get(sim, path);
  g_assert_cmpint((gint)reply.status, ==, 200);
  json_auto_t *json = harness_parse(&reply);
  g_assert_true(json_is_array(json));
  return json_array_size(json);
}

gint
harness_stat_as(const Sim *sim, const char *group, const char *name, const char *who) {
  g_auto(Reply) reply = harness_ask(sim, "GET", "/__stats", -1, who, 0);
  g_assert_cmpint((gint)reply.status, ==, 200);
  json_auto_t *json = harness_parse(&reply);
  const json_t *holder = group != NULL ? json_object_get(json, group) : json;
  return (gint)json_integer_value(json_object_get(holder, name));
}

gint
harness_stat(const Sim *sim, const char *group, const char *name) {
  return harness_stat_as(sim, group, name, NULL);
}

void
harness_remove_all(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
    autochar inner = g_build_filename(path, name, NULL);
    harness_remove_all(inner);
  }
  if (dir != NULL)
    g_dir_close(dir);
  g_remove(path);
}
