/* What the monitor's tests share: a folder with configuration, certificates and a store, and what a
 * listener asks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "monitor/listener.h"

/* A Tuesday, with certificates that end by the real clock, not this one. */
#define MONITOR_NOW ((gint64)1773147909)

typedef struct {
  char *folder, *store_path;
  Config *config;
  Clock *clock;
  gint opened; /* atomic: how often the store was opened */
  gint unable; /* atomic: it cannot be opened */
  const char *unhealthy, *unready;
  gint64 next_run;

  GMutex lock;
  GCond changed;
  bool hang; /* opening the store waits until this is false */
  guint hanging;

  ListenerContext context;
} MonitorFixture;

/* Tenants FD (own certificate, 10 days), "G\"I" (general, 40 days), KS (no apikey), MR (a
 * certificate that is none). */
void monitor_set_up(MonitorFixture *fixture, gconstpointer data);
void monitor_tear_down(MonitorFixture *fixture, gconstpointer data);

/* The end of a listener does not wait long for the thread that asks the store, and what that thread
 * uses is the fixture's. Waits until it is over; monitor_tear_down() does so too. */
void monitor_await_inquiry_over(void);

Store *monitor_open_store(MonitorFixture *fixture);

/* Lets the store hang, or go on; waits until so many are hanging. */
void monitor_hang(MonitorFixture *fixture, bool hang);
void monitor_await_hanging(MonitorFixture *fixture, guint count);
