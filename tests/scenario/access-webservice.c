/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "access.h"
#include "moodle/webservice/webservice.h"
#include "moodle_app.h"
#include "msim_function.h"
#include "server.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

/* Everything is on this machine: who waits longer waits for ever. */
#define TIMEOUT_S 20

/* Both pass on the site's clock, which does not run by itself. Two retries of a failed copy fit in.
 */
#define COPY_TIMEOUT_S 60
#define PATIENCE_S 600

typedef struct {
  Access base;
  Clock *clock; /* the gateway's own: what it waits is not to change the site's time */
  MoodleApp *app;
  Server *server;
} Webservice;

static Access *
open_with(const Site *site, const MoodleAppOptions *options) {
  const ServerOptions server = { .address = "127.0.0.1" };
  g_autoptr(GError) error = NULL;
  Webservice *it = g_new0(Webservice, 1);
  it->clock = clock_manual_new(clock_now(site->clock));
  it->app = moodle_app_new(site->moodle, options, site->clock, &error);
  if (it->app != NULL)
    it->server = server_new(&server, moodle_app_interface(it->app), clock_system(), &error);
  if (it->server != NULL) {
    const WebserviceOptions way = { .url = server_url(it->server),
                                    .token = TOKEN,
                                    .student_role = site->config->moodle.student_role,
                                    .connections = 3,
                                    .timeout_s = TIMEOUT_S,
                                    .copy_timeout_s = COPY_TIMEOUT_S,
                                    .attempts = 2,
                                    .max_body = 8 * 1024 * 1024,
                                    .shared_emails = site->config->moodle.shared_emails };
    it->base.gateway = webservice_open(&way, it->clock, NULL, &error);
  }
  if (it->base.gateway == NULL)
    g_error("%s", error->message);
  return &it->base;
}

static Access *
open_full(const Site *site) {
  return open_with(site, &(MoodleAppOptions){ .token = TOKEN, .plugin = true, .batch = true });
}

static Access *
open_plain(const Site *site) {
  return open_with(site, &(MoodleAppOptions){ .token = TOKEN, .plugin = true, .exact_case = true });
}

static Access *
open_bare(const Site *site) {
  return open_with(site, &(MoodleAppOptions){ .token = TOKEN, .batch = true });
}

static void
close_all(Access *access) {
  Webservice *it = (Webservice *)access;
  server_free(it->server);
  moodle_app_free(it->app);
  clock_free(it->clock);
  g_free(it);
}

static void
trouble(Access *access, AccessTrouble trouble, const char *function, guint nth) {
  MoodleApp *app = ((Webservice *)access)->app;
  switch (trouble) {
  case ACCESS_LOSE:
    moodle_app_lose_reply(app, function, nth);
    break;
  case ACCESS_INVALIDATE:
    moodle_app_invalidate(app, function, nth);
    break;
  case ACCESS_MAINTENANCE:
    moodle_app_maintenance(app, MOODLE_APP_MAINTENANCE);
    break;
  case ACCESS_CLOSED:
    moodle_app_maintenance(app, MOODLE_APP_MAINTENANCE_CLI);
    break;
  case ACCESS_BAD_GATEWAY:
    moodle_app_status(app, 502);
    break;
  }
}

static json_t *
calls(Access *access) {
  json_t *all = json_object();
  for (const MsimFunction *const *function = msim_functions; *function != NULL; function++) {
    guint64 count = moodle_app_calls(((Webservice *)access)->app, (*function)->name);
    if ((*function)->effect != MSIM_READ && count > 0)
      json_object_set_new(all, (*function)->name, json_integer((json_int_t)count));
  }
  return all;
}

#define WEBSERVICE(how, without_plugin)                                                            \
  {                                                                                                \
    .word = "webservice", .patience_s = PATIENCE_S, .bare = (without_plugin), .open = (how),       \
    .close = close_all, .trouble = trouble, .calls = calls                                         \
  }

static const AccessClass bare = WEBSERVICE(open_bare, NULL);
const AccessClass access_webservice = WEBSERVICE(open_full, &bare);
const AccessClass access_webservice_plain = WEBSERVICE(open_plain, &bare);
