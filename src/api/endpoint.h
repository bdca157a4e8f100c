/* ZMS as the engine sees it (SPEC 1): the list of a tenant's Lehrgänge, one Lehrgang, the
 * Teilnehmer of many. Answers are decoded and handed out item by item; what is wrong with one item
 * stays with that item.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "api/api_error.h"
#include "base/clock.h"
#include "base/stop.h"
#include "model/lehrgang.h"

/* Limits and addresses for all tenants of one ZMS. Texts are copied. */
typedef struct {
  const char *baseurl; /* https://…, or http:// to a loopback address; may end in '/' */
  const char *ca_file; /* NULL: the system's */
  guint timeout_s; /* a request that takes longer, or an answer that stands still for as long, has
                      failed; 1 … 600 */
  guint gap_ms; /* least time between the starts of two participant requests, all tenants together;
                   0: none */
  guint connections;        /* requests in flight at most, all tenants together; 1 … 64 */
  guint attempts;           /* tries per request in all; 1 … 10 */
  gsize max_body;           /* bytes of one answer at most */
  gint64 max_retry_after_s; /* longest Retry-After we follow; longer ones are cut to it */
} ZmsOptions;

/* 8 connections, 30 s, 4 attempts, 64 MiB, 120 s. */
extern const ZmsOptions zms_default_options;

/* Counters of all requests so far. */
typedef struct {
  guint64 requests; /* sent, with repeats */
  guint64 retries;
  guint64 throttled;   /* answers 429 */
  guint64 connections; /* TCP connections opened */
  guint64 bytes;       /* of bodies */
  guint peak_in_flight;
} ZmsStats;

/* What all tenants share: the limiter for the host, the clock, the limits. Thread-safe. */
typedef struct Zms Zms;

/* NULL and API_ERROR_CONFIG when an option is out of range or the URL is not allowed (SPEC 1: https
 * unless loopback). `clock` and `stop` (may be NULL) must outlive it. Free with zms_free() after
 * all its tenants. */
Zms *zms_new(const ZmsOptions *options, Clock *clock, const Stop *stop, GError **error);
void zms_free(Zms *zms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Zms, zms_free)
void zms_stats(Zms *zms, ZmsStats *stats);

/* How a tenant proves who it is. Texts are copied. Token "" or NULL: no header. Certificate and key
 * are PEM files, both or neither; the configuration has checked them (SPEC 1), and a connection
 * without a configured one is never made. */
typedef struct {
  const char *token;
  const char *certificate;
  const char *key;
} ZmsCredentials;

/* One tenant's connections. Used by one thread at a time; several tenants by several threads. */
typedef struct ZmsTenant ZmsTenant;

ZmsTenant *zms_tenant_new(Zms *zms, const ZmsCredentials *credentials, GError **error);
void zms_tenant_free(ZmsTenant *tenant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZmsTenant, zms_tenant_free)

/* One good Lehrgang. `lehrgang` and its texts live until the callback returns. */
typedef void (*ZmsLehrgangFunc)(const Lehrgang *lehrgang, gpointer user_data);

/* One Teilnehmer of ids[index]; likewise. */
typedef void (*ZmsTeilnehmerFunc)(guint index, const Teilnehmer *teilnehmer, gpointer user_data);

/* One item that was left out: `where` is its path in the answer ("[3].id"), `id` its id when it
 * could be read, else "", and `why` the reason. `index` as above; 0 for lists. */
typedef void (*ZmsSkippedFunc)(guint index, const char *where, const char *id, const char *why,
                               gpointer user_data);

/* ids[index] is finished: `error` is NULL when its whole list was handed out, else why not (owned
 * by the caller). An answer that fails to decode as a whole hands out no item. */
typedef void (*ZmsFinishedFunc)(guint index, const GError *error, gpointer user_data);

/* GET lehrgaenge, of one year when `year` is not 0 (lehrgangVon=Y-01-01, lehrgangBis=Y-12-31), in
 * the order listed. False and `error` (API_ERROR_*) when the list could not be read; items may not
 * have been handed out then. */
bool zms_list(ZmsTenant *tenant, gint year, ZmsLehrgangFunc each, ZmsSkippedFunc skipped,
              gpointer user_data, GError **error);

/* GET lehrgaenge/{id}. API_ERROR_NOT_FOUND: it is gone. A malformed one is API_ERROR_DECODE. */
bool zms_lehrgang(ZmsTenant *tenant, const char *id, ZmsLehrgangFunc each, gpointer user_data,
                  GError **error);

/* GET lehrgaenge/{id}/teilnehmer for each of `ids`, several in flight. All of one Lehrgang's items
 * come in a row and in the order listed, followed by `finished`; Lehrgänge come in any order; all
 * calls are made in this thread. False and `error` when the tenant as a whole cannot go on (401, a
 * TLS failure, no answer at all for 8 Lehrgänge in a row, stopped): the remaining ids then get no
 * `finished`. */
bool zms_teilnehmer(ZmsTenant *tenant, const char *const *ids, guint count, ZmsTeilnehmerFunc each,
                    ZmsSkippedFunc skipped, ZmsFinishedFunc finished, gpointer user_data,
                    GError **error);

/* As zms_teilnehmer(), but the bodies are thrown away unread: what the wire alone costs (bench).
 * Any failure ends it. */
bool zms_teilnehmer_raw(ZmsTenant *tenant, const char *const *ids, guint count, GError **error);
