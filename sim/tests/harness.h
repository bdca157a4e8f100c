/* What the simulator's tests share: a simulator in this process, and a client to ask it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <jansson.h>

#include "base/text.h"
#include "server.h"
#include "tenants.h"
#include "zms_app.h"

/* The folder with certificates as scripts/make-test-certs makes them; NULL as long as a test needs
 * none. */
extern const char *harness_certs;

typedef struct {
  Tenants *tenants;
  ZmsApp *app;
  Server *server;
} Sim;

/* A simulator of made-up data ("2x3x4", seed 1, year 2026) on a free port of 127.0.0.1. */
Sim harness_sim_new(const ServerOptions *options, const char *size, Clock *clock);
void harness_sim_clear(Sim *sim);

/* What a request brought. */
typedef struct {
  CURLcode result;
  long status;
  GString *body;
  char retry_after[64];
} Reply;

void harness_reply_clear(Reply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reply, harness_reply_clear)

/* A client that fills `reply`; `headers` may be NULL. */
CURL *harness_curl(Reply *reply, const char *method, const char *url, struct curl_slist *headers);

/* Who asks: a client certificate's name ("client"), or NULL for none. */
void harness_identity(CURL *curl, const char *who);

/* The token header of a tenant; NULL for −1. */
struct curl_slist *harness_token(const Sim *sim, gint tenant);

/* One request on a connection of its own; `tenant` −1 sends no token; timeout 0: a minute. */
Reply harness_ask(const Sim *sim, const char *method, const char *path, gint tenant,
                  const char *who, long timeout_ms);

/* GET as the first tenant. */
Reply harness_get(const Sim *sim, const char *path);

json_t *harness_parse(const Reply *reply);

/* The reply is an error document of that status whose detail holds `detail`; gives its id. */
char *harness_assert_error(const Reply *reply, gint status, const char *detail);
void harness_expect_error(const Sim *sim, const char *method, const char *path, gint tenant,
                          gint status, const char *detail);

/* The number of items in the array that the first tenant gets. */
gsize harness_count_items(const Sim *sim, const char *path);

/* A number of the statistics: (NULL, "requests"), ("kinds", "list"). */
gint harness_stat(const Sim *sim, const char *group, const char *name);
gint harness_stat_as(const Sim *sim, const char *group, const char *name, const char *who);

/* Removes a file, or a folder with all in it. */
void harness_remove_all(const char *path);
