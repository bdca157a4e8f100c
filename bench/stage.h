/* What a measurement stands on: a folder with certificates, a simulator serving made-up data over
 * mutual TLS, a configuration, and an embedded Moodle in which nothing was imported yet.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/stop.h"

/* Paths are absolute. */
typedef struct {
  const char *program;   /* lehrgaenge */
  const char *simulator; /* zms-sim */
  const char *source;    /* the project's folder: scripts/make-test-certs, data/tenants.tsv */
  const Stop *stop;
} StageOptions;

typedef struct {
  guint tenants, lehrgaenge, teilnehmer; /* each tenant has so many Lehrgänge of so many */
} StageSize;

typedef struct Stage Stage;

/* Builds it up in a new folder under the system's one for temporary files. NULL and `error` when a
 * program fails. Free with stage_free(), which ends the simulator and removes the folder. */
Stage *stage_new(const StageOptions *options, StageSize size, guint latency_ms, GError **error);
void stage_free(Stage *stage); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

/* As if nothing had ever been imported. */
bool stage_reset(Stage *stage, GError **error);

/* The simulator's process, and the configuration that leads to it. */
pid_t stage_simulator(const Stage *stage);
const char *stage_config(const Stage *stage);

/* A file in its folder. Free with g_free(). */
char *stage_path(const Stage *stage, const char *name);
