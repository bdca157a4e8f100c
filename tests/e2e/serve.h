/* `lehrgaenge serve` as a test has it: started, asked, and stopped.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "e2e.h"

typedef struct {
  Place *place;
  Process *process;
  char *url; /* of /healthz and the rest */
} Serve;

/* Writes the place's configuration ([monitor] on a free port) and starts the service; waits until
 * it listens. Free with serve_free(), which kills what still runs. */
Serve *serve_start(Place *place);
void serve_free(Serve *serve); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Serve, serve_free)

/* Waits until /readyz says yes. */
void serve_await_ready(Serve *serve);

/* GET of "/readyz" and the like: the status, and the body (may be NULL; free with g_free()). */
long serve_get(const Serve *serve, const char *path, char **body);

/* A figure of /metrics, by its whole name with labels; fails the test when there is none. */
double serve_metric(const Serve *serve, const char *name);

/* Waits until the log has `part`; fails the test, showing the log, when that takes too long. */
void serve_await_log(Serve *serve, const char *part);

/* Waits until `is` says yes. */
void serve_await(Serve *serve, const char *what, bool (*is)(Place *place));

/* SIGTERM: the service must end with 0 within 10 s. Returns what it said. */
Said serve_stop(Serve *serve);
