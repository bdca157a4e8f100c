/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/service_listen.h"

#include <string.h>

#include "base/listen.h"
#include "base/log.h"
#include "base/text.h"

/* ── what is asked of the service ── */

static Config *
config_in_force(gpointer data) {
  return service_config(data);
}

/* Whoever gets this answer has shown that the process serves; the watchdog looks after the rest. */
static char *
unhealthy(gpointer data) {
  (void)data;
  return NULL;
}

static char *
unready(gpointer data) {
  Service *service = data;
  char *why = NULL;
  g_mutex_lock(&service->lock);
  if (service->stopping)
    why = g_strdup("the service is stopping");
  else if (service->trouble != NULL)
    why = text_redact(service->trouble);
  else if (!service->up)
    why = g_strdup("the service is starting");
  g_mutex_unlock(&service->lock);
  return why;
}

static gint64
next_run(gpointer data) {
  Service *service = data;
  g_mutex_lock(&service->lock);
  gint64 next = service->next_run;
  g_mutex_unlock(&service->lock);
  return next;
}

static void
wake(gpointer data) {
  service_wake_workers(data);
}

/* ── opening and closing ── */

static Listener *
open_listener(const ServiceListen *listen, const Config *config, GError **error) {
  const ListenerContext context = {
    .clock = listen->service->clock,
    .open_store = service_open_store,
    .config = config_in_force,
    .unhealthy = unhealthy,
    .unready = unready,
    .next_run = next_run,
    .user_data = listen->service,
  };
  Listener *listener = listener_new(config->monitor.listen, &context, error);
  if (listener == NULL)
    return NULL;
  const char *port = strrchr(config->monitor.listen, ':');
  log_info(NULL, "state and figures on http://%.*s:%u/metrics",
           (int)(port - config->monitor.listen), config->monitor.listen, listener_port(listener));
  return listener;
}

/* In place of the one that is there, if there is one. */
static Web *
open_web(const ServiceListen *listen, const Config *config, GError **error) {
  const WebContext context = {
    .clock = listen->service->clock,
    .stop = &listen->service->stop,
    .open_store = service_open_store,
    .config = config_in_force,
    .unready = unready,
    .next_run = next_run,
    .wake = wake,
    .user_data = listen->service,
  };
  Web *web = listen->web != NULL ? web_follow(listen->web, config, error)
                                 : web_new(config, &context, error);
  if (web == NULL)
    return NULL;
  const char *port = strrchr(config->web.listen, ':');
  log_info(NULL, "pages on %s://%.*s:%u/", web_is_tls(web) ? "https" : "http",
           (int)(port - config->web.listen), config->web.listen, web_port(web));
  return web;
}

static void
close_listener(ServiceListen *listen) {
  if (!listener_free(g_steal_pointer(&listen->listener)))
    listen->left = true;
}

void
service_listen_end_web(ServiceListen *listen) {
  if (!web_free(g_steal_pointer(&listen->web)))
    listen->left = true;
}

bool
service_listen_begin(ServiceListen *listen, const Config *config, GError **error) {
  if (config->monitor.listen != NULL &&
      (listen->listener = open_listener(listen, config, error)) == NULL)
    return false;
  return config->web.listen == NULL || (listen->web = open_web(listen, config, error)) != NULL;
}

bool
service_listen_end(ServiceListen *listen) {
  service_listen_end_web(listen);
  close_listener(listen);
  return !listen->left;
}

/* ── another configuration ── */

/* Whether it is our own socket, on another address of this machine, that keeps the port. */
static bool
is_own_port(const char *address, guint port, const GError *error) {
  return g_error_matches(error, LISTEN_ERROR, LISTEN_ERROR_BUSY) &&
         g_ascii_strtoull(strrchr(address, ':') + 1, NULL, 10) == port;
}

/* What is to take the old listener's place, which is closed first only where it stands in the way.
 */
static bool
next_listener(ServiceListen *listen, const Config *old, const Config *new, Listener **next,
              GError **error) {
  g_autoptr(GError) cause = NULL;
  *next = NULL;
  if (new->monitor.listen == NULL || (*next = open_listener(listen, new, &cause)) != NULL)
    return true;
  if (listen->listener == NULL ||
      !is_own_port(new->monitor.listen, listener_port(listen->listener), cause)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  close_listener(listen);
  *next = open_listener(listen, new, error);
  if (*next == NULL)
    listen->listener = open_listener(listen, old, NULL);
  return *next != NULL;
}

static bool
next_web(ServiceListen *listen, const Config *old, const Config *new, Web **next, GError **error) {
  g_autoptr(GError) cause = NULL;
  *next = NULL;
  if (new->web.listen == NULL || (*next = open_web(listen, new, &cause)) != NULL)
    return true;
  if (listen->web == NULL || !is_own_port(new->web.listen, web_port(listen->web), cause)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  service_listen_end_web(listen);
  *next = open_web(listen, new, error);
  if (*next == NULL)
    listen->web = open_web(listen, old, NULL);
  return *next != NULL;
}

static bool
move_web(ServiceListen *listen, const Config *old, const Config *new, GError **error) {
  Web *next;
  if (web_fits(listen->web, new))
    return true;
  if (!next_web(listen, old, new, &next, error))
    return false;
  service_listen_end_web(listen);
  listen->web = next;
  return true;
}

bool
service_listen_move(ServiceListen *listen, const Config *old, const Config *new, GError **error) {
  Listener *next;
  if (g_strcmp0(old->monitor.listen, new->monitor.listen) == 0)
    return move_web(listen, old, new, error);
  if (!next_listener(listen, old, new, &next, error))
    return false;
  if (!move_web(listen, old, new, error)) {
    if (listen->listener == NULL && old->monitor.listen != NULL) {
      if (!listener_free(g_steal_pointer(&next)))
        listen->left = true;
      listen->listener = open_listener(listen, old, NULL);
    }
    if (!listener_free(next))
      listen->left = true;
    return false;
  }
  close_listener(listen);
  listen->listener = next;
  return true;
}
