/* What a simulator has seen, for tests and the curious. Thread-safe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "faults.h"

/* Client certificates remembered at most. */
#define STATS_MAX_SUBJECTS 64

typedef struct Stats Stats;

/* `kinds` are the words for kinds of requests, ended by NULL; they must outlive it. */
Stats *stats_new(const char *const *kinds);
void stats_free(Stats *stats); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stats, stats_free)

/* A request of kinds[kind] begins and ends. */
void stats_begin(Stats *stats, guint kind);
void stats_end(Stats *stats);

void stats_status(Stats *stats, guint status);
void stats_fault(Stats *stats, Fault fault);

/* A connection made its first request; `subject` is its client certificate's, or NULL. */
void stats_connection(Stats *stats, bool resumed, const char *subject);

/* All of it as one JSON document. */
void stats_append(Stats *stats, GString *body);
