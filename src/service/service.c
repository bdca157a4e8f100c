/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/service.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "base/text.h"
#include "service/service_private.h"
#include "service/supervisor.h"

G_DEFINE_QUARK(service_error_quark, service_error)

/* ── what all threads share ── */

Config *
service_config(Service *service) {
  g_mutex_lock(&service->lock);
  Config *config = config_ref(service->config);
  g_mutex_unlock(&service->lock);
  return config;
}

guint
service_generation(Service *service) {
  g_mutex_lock(&service->lock);
  guint generation = service->generation;
  g_mutex_unlock(&service->lock);
  return generation;
}

Store *
service_open_store(gpointer data, GError **error) {
  g_autoptr(Config) config = service_config(data);
  return open_store(config, error);
}

void
service_store_state(Service *service, const GError *error) {
  const char *trouble = error == NULL ? NULL : error->message;
  g_mutex_lock(&service->lock);
  bool had = service->trouble != NULL;
  g_free(service->trouble);
  service->trouble = g_strdup(trouble);
  g_mutex_unlock(&service->lock);
  /* One outage is one line, whoever of the threads says it in whatever words. */
  if (trouble != NULL && !had)
    log_error(NULL, "%s; the service waits until that is over", trouble);
  else if (trouble == NULL && had)
    log_info(NULL, "the store is back");
}

bool
service_wait(Service *service, guint generation, gint64 seconds) {
  gint64 end = g_get_monotonic_time() + MAX(seconds, 0) * G_USEC_PER_SEC;
  g_mutex_lock(&service->lock);
  while (!service->stopping && generation == service->generation &&
         g_cond_wait_until(&service->changed, &service->lock, end))
    ;
  bool on = !service->stopping;
  g_mutex_unlock(&service->lock);
  return on;
}

bool
service_has_run(Service *service) {
  g_mutex_lock(&service->lock);
  bool has = service->runs > 0;
  g_mutex_unlock(&service->lock);
  return has;
}

void
service_wake_workers(Service *service) {
  g_mutex_lock(&service->lock);
  if (service->workers != NULL)
    workers_wake(service->workers);
  g_mutex_unlock(&service->lock);
}

/* ── what the listener asks ── */

static Config *
config_for_listener(gpointer data) {
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

/* ── the main thread ── */

typedef struct {
  Service service;
  GMainLoop *loop;
  Listener *listener;
  GThread *keeper, *scheduler;
  guint signals[3]; /* sources of SIGTERM, SIGINT, SIGHUP */
} Process;

static bool
listen_where(Process *process, const Config *config, Listener **listener, GError **error) {
  *listener = NULL;
  if (config->monitor.listen == NULL)
    return true;
  ListenerContext context = {
    .clock = process->service.clock,
    .open_store = service_open_store,
    .config = config_for_listener,
    .unhealthy = unhealthy,
    .unready = unready,
    .next_run = next_run,
    .user_data = &process->service,
  };
  *listener = listener_new(config->monitor.listen, &context, error);
  if (*listener == NULL)
    return false;
  const char *port = strrchr(config->monitor.listen, ':');
  log_info(NULL, "state and figures on http://%.*s:%u/metrics",
           (int)(port - config->monitor.listen), config->monitor.listen, listener_port(*listener));
  return true;
}

static gboolean
on_stop(gpointer data) {
  Process *process = data;
  log_info(NULL, "asked to stop");
  stop_request(&process->service.stop);
  g_main_loop_quit(process->loop);
  return G_SOURCE_CONTINUE;
}

static bool
same_store(const Config *old, const Config *new, GError **error) {
  if (g_strcmp0(old->store.path, new->store.path) == 0 &&
      g_strcmp0(old->store.url, new->store.url) == 0)
    return true;
  g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_FAILED,
              "%s: [store] has changed, which takes a restart: systemctl restart lehrgaenge",
              new->file);
  return false;
}

/* Whether it is our own listener, on another address of this machine, that keeps the port. */
static bool
is_own_port(const Process *process, const Config *new, const GError *error) {
  if (process->listener == NULL || !g_error_matches(error, LISTENER_ERROR, LISTENER_ERROR_BUSY))
    return false;
  const char *port = strrchr(new->monitor.listen, ':') + 1;
  return g_ascii_strtoull(port, NULL, 10) == listener_port(process->listener);
}

/* The address that is listened on already is left alone: it could not be had a second time. And
 * nothing is given up for one that cannot be had. */
static bool
move_listener(Process *process, const Config *old, const Config *new, GError **error) {
  if (g_strcmp0(old->monitor.listen, new->monitor.listen) == 0)
    return true;
  Listener *listener;
  g_autoptr(GError) cause = NULL;
  if (!listen_where(process, new, &listener, &cause)) {
    if (!is_own_port(process, new, cause)) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return false;
    }
    g_clear_pointer(&process->listener, listener_free);
    if (!listen_where(process, new, &listener, error)) {
      (void)listen_where(process, old, &process->listener, NULL);
      return false;
    }
  }
  listener_free(process->listener);
  process->listener = listener;
  return true;
}

static bool
reload(Process *process, GError **error) {
  Service *service = &process->service;
  g_autoptr(Config) old = service_config(service);
  g_autoptr(Config) new = config_load(old->file, error);
  if (new == NULL || !open_zms_configured(new, error) || !same_store(old, new, error) ||
      !move_listener(process, old, new, error))
    return false;
  if (old->tasks.workers != new->tasks.workers)
    log_warning(NULL, "[tasks] workers has changed, which takes a restart; the rest is in force");
  for (guint i = 0; i < new->warnings->len; i++)
    log_warning(NULL, "%s", (const char *)g_ptr_array_index(new->warnings, i));
  g_mutex_lock(&service->lock);
  g_autoptr(Config) gone = service->config;
  service->config = g_steal_pointer(&new);
  service->generation++;
  g_cond_broadcast(&service->changed);
  g_mutex_unlock(&service->lock);
  return true;
}

static void
log_lines(const GError *error) {
  g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    log_error(NULL, "%s", *line);
}

static gboolean
on_reload(gpointer data) {
  Process *process = data;
  g_autoptr(GError) error = NULL;
  supervisor_reloading();
  if (reload(process, &error)) {
    log_info(NULL, "the configuration was read again and is in force");
    supervisor_status("Running");
    service_wake_workers(&process->service);
  } else {
    log_lines(error);
    log_error(NULL, "the configuration is not in force; the one before it still is");
    supervisor_status("Running with the configuration before: the new one is wrong (see the log)");
  }
  supervisor_ready();
  return G_SOURCE_CONTINUE;
}

/* What does not end is left as it lies. Reached when a database or a disk does not answer. */
static gpointer
leave_in_time(gpointer data) {
  (void)data;
  g_usleep(SERVICE_LEAVE_S * G_USEC_PER_SEC);
  log_error(NULL,
            "some work did not end in %d s; it is left as it lies, and looked at by the next "
            "start",
            SERVICE_LEAVE_S);
  _exit(1);
}

/* Signals are for the main thread's loop. */
static bool
start_threads(Process *process, GError **error) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Service *service = &process->service;
  process->keeper = g_thread_try_new("keeper", service_keep, service, error);
  if (process->keeper != NULL)
    process->scheduler = g_thread_try_new("scheduler", service_schedule, service, error);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return process->scheduler != NULL;
}

static void
end_threads(Process *process) {
  Service *service = &process->service;
  stop_request(&service->stop);
  g_thread_unref(g_thread_new("leave", leave_in_time, NULL));
  g_mutex_lock(&service->lock);
  service->stopping = true;
  if (service->workers != NULL)
    workers_stop(service->workers);
  g_cond_broadcast(&service->changed);
  g_mutex_unlock(&service->lock);
  if (process->scheduler != NULL)
    g_thread_join(process->scheduler);
  if (process->keeper != NULL)
    g_thread_join(process->keeper);
}

static void
process_init(Process *process, Config *config, Clock *clock, bool trace) {
  Service *service = &process->service;
  service->clock = clock;
  service->trace = trace;
  service->config = config_ref(config);
  service->owner = lease_owner();
  g_mutex_init(&service->lock);
  g_cond_init(&service->changed);
  process->loop = g_main_loop_new(NULL, FALSE);
  process->signals[0] = g_unix_signal_add(SIGTERM, on_stop, process);
  process->signals[1] = g_unix_signal_add(SIGINT, on_stop, process);
  process->signals[2] = g_unix_signal_add(SIGHUP, on_reload, process);
}

static void
process_clear(Process *process) {
  Service *service = &process->service;
  for (guint i = 0; i < G_N_ELEMENTS(process->signals); i++)
    g_source_remove(process->signals[i]);
  listener_free(process->listener);
  g_main_loop_unref(process->loop);
  config_free(service->config);
  g_free(service->trouble);
  g_free(service->owner);
  g_cond_clear(&service->changed);
  g_mutex_clear(&service->lock);
}

bool
service_run(Config *config, Clock *clock, bool trace, GError **error) {
  Process process = { 0 };
  process_init(&process, config, clock, trace);
  log_info(NULL, "lehrgaenge %s with %s", LGS_VERSION, config->file);
  bool ok = open_zms_configured(config, error) &&
            listen_where(&process, config, &process.listener, error) &&
            start_threads(&process, error);
  if (ok) {
    supervisor_watch();
    supervisor_status("Running");
    supervisor_ready();
    g_main_loop_run(process.loop);
    supervisor_stopping();
  }
  end_threads(&process);
  process_clear(&process);
  if (ok)
    log_info(NULL, "stopped");
  return ok;
}
