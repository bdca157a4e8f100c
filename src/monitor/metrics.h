/* What this process counts for whoever watches it: kept for as long as the process lives, safe from
 * every thread, cheap. The one place with state of the whole process besides the log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef enum { METRICS_ZMS, METRICS_MOODLE, METRICS_PEERS } MetricsPeer;

/* An attempt at a request has ended: its HTTP status, 0 when no answer began. */
void metrics_request(MetricsPeer peer, long status);

/* A run of this process has ended; its report tells status and seconds per phase. NULL: it was
 * skipped, because another one held the lock. */
void metrics_run(const json_t *report);

/* A task of that kind was tried and ended as `outcome` ("done", "retry" …). */
void metrics_task(const char *kind, const char *outcome);

/* Appends all of it in Prometheus' text format, families sorted by name, each with HELP and TYPE,
 * and what is known of the process itself: version, start, memory. */
void metrics_append(GString *text);
