/* What the tests of notifications share: a configuration, reports as runs leave them, and how a
 * notice is held against a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "notify/notice.h"
#include "notify/notify.h"
#include "store/store.h"

#define CASE_NOW G_GINT64_CONSTANT(1773144309) /* 2026-03-10 13:05:09 in Berlin */

/* Tenants FD and HP, a mail server, an operator. Texts are borrowed. Free with
 * case_config_free(). */
Config *case_config(const char *language);
void case_config_free(Config *config);

/* A run's report: number 42, all well, with `status`. Free with json_decref(). */
json_t *case_report(const char *status);

/* It with what `more` (JSON) holds in place of its own, objects merged. */
json_t *case_report_with(const char *status, const char *more);

/* An import of 2025 for FD and HP, by erika. */
ImportRequest case_request(void);

/* Subject, an empty line and body are what stands in expected/NAME.txt. */
void case_assert_notice(const Notice *notice, const char *name);

/* ── a place where people are told ── */

typedef struct {
  Config *config; /* with messages in Moodle */
  Store *store;
  Clock *clock; /* stands at CASE_NOW */
} Case;

Case case_new(void);
void case_clear(Case *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* The tasks of a kind, and whether there are so many. */
GPtrArray *case_tasks(const Case *c, const char *kind);
void case_assert_queued(const Case *c, const char *kind, guint count);

/* The payload of the last task of a kind. Free with json_decref(). */
json_t *case_payload(const Case *c, const char *kind);

/* Whether a text of it is that one. */
void case_assert_text(const json_t *payload, const char *key, const char *expected);

/* notify_import(), which must not fail. */
void case_tell_import(const Case *c, const ImportRequest *request, RunStatus status,
                      const json_t *report, const char *why, bool final);
