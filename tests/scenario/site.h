/* The files of one scenario: an embedded Moodle and a store, made and changed as its "moodle"
 * blocks say, kept aside and brought back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "config/config.h"
#include "moodle/gateway.h"
#include "node.h"
#include "store/store.h"

/* Where the clock stands when a scenario says nothing: 2026-06-15 12:00 in Berlin. */
#define SITE_NOW 1781517600

/* The Moodle file's name; the store's is another. */
#define SITE_MOODLE "moodle.db"

typedef struct AccessClass AccessClass; /* access.h */

typedef struct {
  const Config *config;
  const AccessClass *access; /* how runs reach Moodle */
  Clock *clock;              /* manual */
  char *dir, *moodle, *store;
} Site;

/* In a new folder: every tenant and the central company has its company; the store is empty. Free
 * with site_free(), which removes the files. */
Site *site_new(const Config *config, const AccessClass *access);
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* Puts the clock on another time; nobody may be using it. */
void site_set_time(Site *site, gint64 now);

/* Does what a "moodle" block says. */
void site_change(Site *site, const Node *node);

/* Whether a query finds something in Moodle; `node` is where it stands. */
bool site_has(const Site *site, const Node *node, const char *query);

/* Opened anew; the test ends when that fails. */
Gateway *site_gateway(const Site *site);
Store *site_open_store(const Site *site);

/* Keeps both files under a name; nobody may have them open. Bringing them back forgets what has
 * become of them since. */
void site_save(const Site *site, const char *name);
void site_restore(const Site *site, const char *name);
