/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "webservice-site.h"

#include <string.h>

#include "embedded-site.h"
#include "moodle/webservice/webservice.h"

typedef struct {
  gpointer embedded;
  Clock *clock; /* of service and simulator: nothing waits for real */
  MoodleApp *app;
  Server *server;
  Gateway *gateway;
  ServerApp front;    /* `app`'s, with what stands between */
  const char *played; /* the function that it plays with; NULL: none */
  WebserviceBetween between;
  gint nth; /* atomic */
} Site;

/* ── what stands between ── */

static const ServerApp *
moodle_of(gpointer data) {
  return moodle_app_interface(((Site *)data)->app);
}

static guint
front_kind(gpointer data, const Request *request) {
  return moodle_of(data)->kind(moodle_of(data)->data, request);
}

static void
front_handle(gpointer data, const Request *request, Faults *faults, Answer *answer) {
  Site *site = data;
  const ServerApp *moodle = moodle_of(data);
  g_autofree char *field = g_strdup_printf("wsfunction=%s&", site->played);
  if (site->played != NULL && request->body != NULL && strstr(request->body->str, field) != NULL)
    site->between(data, (guint)g_atomic_int_add(&site->nth, 1) + 1, moodle, request, faults,
                  answer);
  else
    moodle->handle(moodle->data, request, faults, answer);
}

static void
front_control(gpointer data, const Request *request, Answer *answer) {
  moodle_of(data)->control(moodle_of(data)->data, request, answer);
}

static void
front_error(gpointer data, guint status, const char *detail, Answer *answer) {
  moodle_of(data)->error(moodle_of(data)->data, status, detail, answer);
}

static const ServerApp *
front_of(Site *site) {
  site->front = *moodle_app_interface(site->app);
  site->front.kind = front_kind;
  site->front.handle = front_handle;
  site->front.control = front_control;
  site->front.error = front_error;
  site->front.data = site;
  return &site->front;
}

void
webservice_site_between(gpointer data, const char *function, WebserviceBetween between) {
  Site *site = data;
  site->between = between;
  site->played = function;
}

/* ── the site ── */

static void
open_gateway(Site *site) {
  const WebserviceOptions options = { .url = server_url(site->server),
                                      .token = WEBSERVICE_TOKEN,
                                      .student_role = 5,
                                      .connections = 3,
                                      .timeout_s = 60,
                                      .copy_timeout_s = 60,
                                      .attempts = 3,
                                      .max_body = 8 * 1024 * 1024 };
  g_autoptr(GError) error = NULL;
  site->gateway = webservice_open(&options, site->clock, NULL, &error);
  g_assert_no_error(error);
}

gpointer
webservice_site_serve(const MoodleAppOptions *options) {
  const ServerOptions server = { .address = "127.0.0.1" };
  g_autoptr(GError) error = NULL;
  Site *site = g_new0(Site, 1);
  site->embedded = embedded_site_open();
  site->clock = clock_manual_new(CONTRACT_NOW);
  site->app = moodle_app_new(embedded_site_path(site->embedded), options, site->clock, &error);
  g_assert_no_error(error);
  site->server = server_new(&server, front_of(site), clock_system(), &error);
  g_assert_no_error(error);
  return site;
}

gpointer
webservice_site_open_with(const MoodleAppOptions *options) {
  Site *site = webservice_site_serve(options);
  open_gateway(site);
  return site;
}

/* The plugin's functions for reading, without which Moodle's own are used. */
static const char *const reading[] = { "local_lehrgaenge_get_rosters", "local_lehrgaenge_get_users",
                                       NULL };

gpointer
webservice_site_open(void) {
  return webservice_site_open_with(
      &(MoodleAppOptions){ .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true });
}

gpointer
webservice_site_open_recent(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .recent = true });
}

gpointer
webservice_site_open_recent_core(void) {
  return webservice_site_open_with(&(MoodleAppOptions){ .token = WEBSERVICE_TOKEN,
                                                        .plugin = true,
                                                        .batch = true,
                                                        .without = reading,
                                                        .recent = true });
}

gpointer
webservice_site_open_core(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .without = reading });
}

gpointer
webservice_site_open_plain(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .exact_case = true, .without = reading });
}

void
webservice_site_close(gpointer data) {
  Site *site = data;
  gateway_free(site->gateway);
  server_free(site->server);
  moodle_app_free(site->app);
  clock_free(site->clock);
  embedded_site_close(site->embedded);
  g_free(site);
}

Gateway *
webservice_site_gateway(gpointer data) {
  return ((Site *)data)->gateway;
}

void
webservice_site_refresh(gpointer data) {
  Site *site = data;
  gateway_free(site->gateway);
  open_gateway(site);
}

void
webservice_site_exec(gpointer data, const char *sql) {
  embedded_site_exec(((Site *)data)->embedded, sql);
}

char *
webservice_site_look(gpointer data, const char *sql) {
  return embedded_site_look(((Site *)data)->embedded, sql);
}

MoodleApp *
webservice_site_app(gpointer data) {
  return ((Site *)data)->app;
}

const char *
webservice_site_url(gpointer data) {
  return server_url(((Site *)data)->server);
}

Clock *
webservice_site_clock(gpointer data) {
  return ((Site *)data)->clock;
}
