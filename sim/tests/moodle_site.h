/* What the tests of moodle-sim share: an embedded Moodle of its own with a simulator over it, and a
 * client for its web services.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <jansson.h>

#include "harness.h"
#include "moodle_app.h"

#define SITE_TOKEN "0123456789abcdef0123456789abcdee"
#define SITE_NOW G_GINT64_CONSTANT(1773147909)

/* What a fresh site holds: the company and category of these ids, a user "syncservice" whose token
 * it is, and the master course of that id with an announcements forum and three pages. */
#define SITE_COMPANY 16 /* Landkreis Fulda, FD */
#define SITE_CATEGORY 17
#define SITE_SERVICE_USER 3
#define SITE_MASTER 12

typedef struct {
  char *directory, *path;
  Clock *clock;
  MoodleApp *app;
  Server *server;
} Site;

/* With the tenants' 35 companies. `options` and `faults` may be NULL: plugin and batch wrapper are
 * there, nothing goes wrong. The options' token and service user are the site's. */
Site *site_new(const MoodleAppOptions *options, const FaultsOptions *faults);
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* ── asking ── */

/* POSTs `body` as it is to the web services. */
Reply site_post(const Site *site, const char *body);

/* Any request; `body` may be NULL. */
Reply site_ask(const Site *site, const char *method, const char *path, const char *body);

/* Calls a function with parameters "name=value" joined by '&', whose values are encoded here; ""
 * for none. The answer, whatever it is. */
json_t *site_call(const Site *site, const char *function, const char *parameters);

/* The same, and the answer is an exception of that errorcode. */
void site_refuses(const Site *site, const char *function, const char *parameters,
                  const char *errorcode);

/* The same, and the answer has no exception. */
json_t *site_does(const Site *site, const char *function, const char *parameters);

/* The same for those whose answer nobody reads; and the answer as compact JSON, free with free().
 */
void site_do(const Site *site, const char *function, const char *parameters);
char *site_dump(const Site *site, const char *function, const char *parameters);

#define site_expect(site, function, parameters, expected)                                          \
  G_STMT_START {                                                                                   \
    char *dumped_ = site_dump(site, function, parameters);                                         \
    g_assert_cmpstr(dumped_, ==, expected);                                                        \
    free(dumped_);                                                                                 \
  }                                                                                                \
  G_STMT_END

#define site_expect_look(site, expected, sql)                                                      \
  G_STMT_START {                                                                                   \
    g_autofree char *looked_ = site_look_text(site, sql);                                          \
    g_assert_cmpstr(looked_, ==, expected);                                                        \
  }                                                                                                \
  G_STMT_END

/* ── looking behind its back ── */

gint64 site_look(const Site *site, const char *sql); /* 0 for none */
char *site_look_text(const Site *site, const char *sql);
void site_exec(const Site *site, const char *sql);
