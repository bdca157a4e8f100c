/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/service.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "base/text.h"
#include "service/service_listen.h"
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

/* ── the main thread ── */

typedef struct {
  Service service;
  GMainLoop *loop;
  ServiceListen listen;
  GThread *keeper, *scheduler;
  guint signals[3]; /* sources of SIGTERM, SIGINT, SIGHUP */
} Process;

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

static bool
reload(Process *process, GError **error) {
  Service *service = &process->service;
  g_autoptr(Config) old = service_config(service);
  g_autoptr(Config) new = config_load(old->file, error);
  if (new == NULL || !open_zms_configured(new, error) || !same_store(old, new, error) ||
      !service_listen_move(&process->listen, old, new, error))
    return false;
  if (old->tasks.workers != new->tasks.workers)
    log_warning(NULL, "[tasks] workers has changed, which takes a restart; the rest is in force");
  for (guint i = 0; i < new->warnings->len; i++)
    log_warning(NULL, "%s", (const char *)g_ptr_array_index(new->warnings, i));
  g_mutex_lock(&service->lock);
  Config *gone = service->config;
  service->config = g_steal_pointer(&new);
  service->generation++;
  g_cond_broadcast(&service->changed);
  g_mutex_unlock(&service->lock);
  config_free(gone);
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
  service_listen_end_web(&process->listen);
  if (process->scheduler != NULL)
    g_thread_join(process->scheduler);
  if (process->keeper != NULL)
    g_thread_join(process->keeper);
}

static Process *
process_new(Config *config, Clock *clock, bool trace) {
  Process *process = g_new0(Process, 1);
  Service *service = &process->service;
  service->clock = clock;
  service->trace = trace;
  service->config = config_ref(config);
  service->owner = lease_owner();
  process->listen.service = service;
  g_mutex_init(&service->lock);
  g_cond_init(&service->changed);
  process->loop = g_main_loop_new(NULL, FALSE);
  process->signals[0] = g_unix_signal_add(SIGTERM, on_stop, process);
  process->signals[1] = g_unix_signal_add(SIGINT, on_stop, process);
  process->signals[2] = g_unix_signal_add(SIGHUP, on_reload, process);
  return process;
}

/* A thread that asks a store which does not answer may have been left behind, and still looks at
 * the service when it comes to its end: then that stays. */
static void
process_free(Process *process) {
  Service *service = &process->service;
  for (guint i = 0; i < G_N_ELEMENTS(process->signals); i++)
    g_source_remove(process->signals[i]);
  g_main_loop_unref(process->loop);
  if (!service_listen_end(&process->listen))
    return;
  config_free(service->config);
  g_free(service->trouble);
  g_free(service->owner);
  g_cond_clear(&service->changed);
  g_mutex_clear(&service->lock);
  g_free(process);
}

bool
service_run(Config *config, Clock *clock, bool trace, GError **error) {
  Process *process = process_new(config, clock, trace);
  log_info(NULL, "lehrgaenge %s with %s", LGS_VERSION, config->file);
  bool ok = open_zms_configured(config, error) &&
            service_listen_begin(&process->listen, config, error) && start_threads(process, error);
  if (ok) {
    supervisor_watch();
    supervisor_status("Running");
    supervisor_ready();
    g_main_loop_run(process->loop);
    supervisor_stopping();
  }
  end_threads(process);
  process_free(process);
  if (ok)
    log_info(NULL, "stopped");
  return ok;
}
