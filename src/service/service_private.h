/* What the files of the service share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/stop.h"
#include "monitor/listener.h"
#include "scheduler/lease.h"
#include "scheduler/workers.h"
#include "service/runner.h"
#include "service/service.h"

#define SERVICE_ERROR (service_error_quark())
GQuark service_error_quark(void);
typedef enum { SERVICE_ERROR_FAILED } ServiceError;

/* Kinds of work that do not wait for each other. */
#define SERVICE_LANES 4

typedef struct {
  Clock *clock;
  bool trace; /* Moodle's calls are logged */
  Stop stop;  /* everybody's */
  char *owner;
  WorkersLane lanes[SERVICE_LANES];

  GMutex lock;    /* over everything below */
  GCond changed;  /* something of it did */
  Config *config; /* the one in force */
  guint generation;
  bool stopping;
  bool up;          /* the node's lease is held and the workers are there */
  char *trouble;    /* why the store cannot be used just now; NULL */
  gint64 next_run;  /* 0: not known */
  guint runs;       /* this process is at, those it prepares or writes down included */
  Workers *workers; /* from the moment it is up */
} Service;

/* The configuration in force; config_free() when done. Safe from every thread, as all here. */
Config *service_config(Service *service);
guint service_generation(Service *service);

/* A connection to the store in force. Fits LeaseOpenFunc and the like, with the Service as data. */
Store *service_open_store(gpointer service, GError **error);

/* Notes why the store cannot be used (NULL: it can), and logs it when that is news. */
void service_store_state(Service *service, const GError *error);

/* Waits until `seconds` are over, the configuration in force is another one than `generation`
 * stands for, or the service stops: then false. */
bool service_wait(Service *service, guint generation, gint64 seconds);

/* Whether this process is at a run. */
bool service_has_run(Service *service);

/* Tells the workers that something was added. */
void service_wake_workers(Service *service);

/* The keeper's thread: takes and keeps the node's lease, then starts the workers. */
gpointer service_keep(gpointer service);

/* The scheduler's thread: begins when the service is up. */
gpointer service_schedule(gpointer service);

/* Starts the workers; NULL and `error`. */
Workers *service_workers_new(Service *service, GError **error);

/* A run with this service's means, recorded whatever happens: when Moodle or ZMS cannot be had, as
 * one that failed. `store` is the caller's. False when not even that could be recorded. */
bool service_do_run(Service *service, const Config *config, Store *store, const RunRequest *request,
                    RunResult *result, GError **error);
