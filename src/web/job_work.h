/* The work of one job: what it takes from the configuration alone, told where it stands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "base/stop.h"
#include "config/config.h"

/* From whatever thread is at work. `done` and `total` (0: not known) are of the phase. */
typedef void (*JobWorkFunc)(const char *phase, guint done, guint total, gpointer user_data);

typedef struct {
  const Config *config;
  Clock *clock;
  const Stop *stop;
  JobWorkFunc tell;
  gpointer user_data;
} JobWork;

/* run_plan()'s document of `year` and `tenants` (NULL: all), planned for `who`; NULL and `error`.
 */
json_t *job_work_plan(const JobWork *work, const char *who, gint year, char *const *tenants,
                      GError **error);

/* checkup_json()'s document; NULL and `error` only when a stop was asked for. */
json_t *job_work_check(const JobWork *work, GError **error);
