/* What the files of the server share, and what its tests make shorter.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/web.h"

/* Times in µs. */
typedef struct {
  guint idle_s;   /* WEB_IDLE_S */
  gint64 tick;    /* how often limits are looked at while somebody is connected */
  gint64 request; /* WEB_REQUEST_S */
  gint64 send;    /* WEB_SEND_S */
  gint64 queued;  /* WEB_QUEUED_S */
  gint64 answer;  /* WEB_ANSWER_S */
  gint64 rest;    /* WEB_REST_S */
  gint64 stream;  /* WEB_STREAM_S */
  gint64 pace;    /* from one call of a stream's function to the next */
  gint64 beat;    /* WEB_BEAT_S */
  guint threads, waiting, connections, streams;
} WebLimits;

extern const WebLimits web_limits;

/* web_new() with other limits, which must outlive it. */
Web *web_new_limited(const Config *config, const WebContext *context, const WebLimits *limits,
                     GError **error);
