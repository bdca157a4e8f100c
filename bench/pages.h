/* What the web pages cost: how long one takes on a service with a long history, and what a run
 * notices of many readers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "stage.h"

/* The history, and the run that is looked at. */
#define PAGES_RUNS 10000
#define PAGES_TENANTS 35
#define PAGES_COURSES 60
/* Each page is asked for so often, one request after the other on one connection. */
#define PAGES_ASKED 40

typedef struct {
  gdouble fixed_ms;   /* the stylesheet: what asking alone costs */
  gdouble history_ms; /* medians, as a client waits for them */
  gdouble run_ms;
} Pages;

bool pages_measure(const StageOptions *options, Stage *stage, Pages *pages, GError **error);

/* Idle connections, and readers who open a page every so often. */
#define READERS_IDLE 200
#define READERS 50
#define READERS_PAUSE_S 5
#define READERS_SETTLE_S 2 /* before the run begins */
/* Runs with readers and runs without take turns, so many of each. */
#define READERS_ROUNDS 5

typedef struct {
  gdouble alone_s, read_s; /* a run without changes, medians */
  gdouble ratio;           /* of the medians */
  guint pages;             /* that were read meanwhile */
  guint refused;           /* answered with anything but 200 */
} Readers;

/* `rounds` of each; the stage has had its first import. */
bool readers_measure(const StageOptions *options, Stage *stage, guint rounds, Readers *readers,
                     GError **error);
