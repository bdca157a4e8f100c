/* `lehrgaenge serve`: the long-running form. One process holds
 *
 * - main: signals, systemd, reading the configuration again;
 * - keeper: the lease that shows other nodes that this one lives; runs of dead ones; certificates;
 * - scheduler: scheduled runs, one after the other;
 * - workers: content copies, imports, mails, messages, each kind in a lane of its own;
 * - listener: /healthz, /readyz, /metrics;
 * - web: the pages, by a thread for the connections and a few that answer while somebody asks.
 *
 * Each thread opens store, Moodle and ZMS for itself. All hold a reference to the configuration
 * they began their work with; the next piece of work takes the one then in force.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "config/config.h"

/* After a request to stop, what is not over by then is left as it lies: everything survives that.
 */
#define SERVICE_LEAVE_S 9

/* Runs until SIGTERM or SIGINT; SIGHUP reads the file of `config` again. `clock` must outlive it.
 * True when it was stopped; false and `error` when it could not start. When something does not end
 * in time (SERVICE_LEAVE_S) it does not return: the process ends with 1. */
bool service_run(Config *config, Clock *clock, bool trace, GError **error);
