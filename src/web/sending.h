/* How an answer goes out: its headers, and those that every answer gets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <microhttpd.h>

#include "web/answer.h"
#include "web/request.h"

/* How it was asked for. */
typedef struct {
  WebMethod method;
  bool tls; /* to us */
} Sending;

/* Sends it; the body is taken from `answer`, or is `stream`, which is taken over. */
enum MHD_Result sending_queue(struct MHD_Connection *connection, const Sending *how,
                              WebAnswer *answer, struct MHD_Response *stream);
