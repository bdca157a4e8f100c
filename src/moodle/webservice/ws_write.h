/* The frame of a bulk write: rows go in calls of so many; a call that Moodle refuses is split until
 * the rows it refuses stand alone, and each of those is explained; a call that may have happened is
 * looked at before the rest of it is sent again (CONTRACT of gateway.h: one outcome per item).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

/* A call whose answer was lost is sent again at most so often, each time after a look. */
#define WS_WRITE_MAX_LOST 2

/* How long after a lost answer the look waits, in microseconds. */
#define WS_WRITE_SETTLE (2 * G_TIME_SPAN_SECOND)

/* Moodle goes on with a call whose answer nobody waits for any more. One that was lost after this
 * time, in microseconds, was not broken off but slow, and may still be at work after the look. */
#define WS_WRITE_SLOW (10 * G_TIME_SPAN_SECOND)

typedef struct {
  guint rows;     /* in one call at most */
  guint parallel; /* calls in flight; 0: as configured */
  bool doubles;   /* Moodle's database takes a row twice: a slow call is not sent again */
  bool sitewide;  /* its right is one for the whole site: who lacks it need not try row by row */

  /* Items of another group go in another call. NULL: all are of one. */
  gint64 (*group)(guint item, gpointer user_data);

  /* The call that writes these items: as WsBatch.arguments. */
  json_t *(*arguments)(const guint *items, guint count, const char **function, gpointer user_data);

  /* Settles the items of a call that was answered. False: the answer is not what the function
   * promises, so the call may have happened. Items left UNKNOWN count as refused. */
  bool (*accept)(const guint *items, guint count, const json_t *result, gpointer user_data);

  /* Settles those of the items that hold in Moodle by now; leaves the others UNKNOWN. */
  bool (*look)(const guint *items, guint count, gpointer user_data, GError **error);

  /* Settles one item that Moodle refused, finding out why. False: Moodle as a whole does not do its
   * part. */
  bool (*explain)(guint item, const WsFailure *failure, gpointer user_data, GError **error);
} WsWrite;

/* Writes the items of `outcomes` that are GATEWAY_UNKNOWN. */
bool ws_write(Webservice *moodle, const WsWrite *write, guint count, GatewayOutcome *outcomes,
              gpointer user_data, GError **error);

/* {`list`: [row(item) for each item]}. */
json_t *ws_write_rows(const char *list, json_t *(*row)(guint item, gpointer user_data),
                      const guint *items, guint count, gpointer user_data);

/* Settles items that were made, by a result of one {id} for each in their order, with ids above
 * `above`. False, settling none, when it is not that. */
bool ws_write_take_ids(GatewayOutcome *outcomes, const guint *items, guint count,
                       const json_t *result, gint64 above);

/* Items that ask for the same as an earlier one, by their key (a new text), are settled ALREADY;
 * ws_write_follow() gives them what became of that one. The array tells for each item the first of
 * its kind. Free with g_free(). */
guint *ws_write_twins(GatewayOutcome *outcomes, guint count,
                      char *(*key)(guint item, gpointer user_data), gpointer user_data);
void ws_write_follow(GatewayOutcome *outcomes, guint count, const guint *first);

/* Settles an item: with a success and the id of what was made or found, or a refusal. */
void ws_write_settle(GatewayOutcome *outcome, GatewayCode code, gint64 id);
void ws_write_refuse(GatewayOutcome *outcome, GatewayCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
