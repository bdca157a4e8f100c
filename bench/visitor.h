/* Somebody who has signed in to a running service's pages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "stage.h"
#include "store/store.h"

/* `serve` and the way in. */
typedef struct {
  pid_t pid;
  char *url;    /* without a slash at the end */
  char *cookie; /* the header's text: name and secret */
  char *csrf;
} Site;

/* Makes an account with a session in `store`, starts `serve` with `config` and waits for its pages.
 */
bool site_start(const StageOptions *options, Stage *stage, const char *config, Store *store,
                Site *site, GError **error);
void site_clear(Site *site); /* ends it */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Site, site_clear)

/* One connection to it, kept open. */
typedef struct Visitor Visitor;
Visitor *visitor_new(const Site *site);
void visitor_free(Visitor *visitor); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visitor, visitor_free)

/* GET of `path`, or POST of `json` (may be NULL); the status, 0 when there was no answer. *body
 * (may be NULL) is freed with g_free(), *seconds (may be NULL) is what it took. */
long visitor_ask(Visitor *visitor, const char *path, const char *json, char **body,
                 gdouble *seconds);
