/* One request and its answer, as libmicrohttpd goes through them: the target, the headers, the
 * body; then the connection rests until one of the crew's threads has the answer; then that is
 * sent. All of it in the server's one thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <microhttpd.h>

#include "web/origin.h"
#include "web/crew.h"
#include "web/streams.h"
#include "web/watch.h"

/* What they need of their server. */
typedef struct {
  const WebLimits *limits;
  const Origin *origin;
  Crew *crew;
  Streams *streams;
  Watch *watch;
  bool tls;
} Exchanges;

/* For MHD_OPTION_NOTIFY_CONNECTION, _URI_LOG_CALLBACK, the handler, _NOTIFY_COMPLETED; `data` is
 * the Exchanges. */
void exchange_on_connection(void *data, struct MHD_Connection *connection, void **link,
                            enum MHD_ConnectionNotificationCode what);
void *exchange_on_target(void *data, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_on_request(void *data, struct MHD_Connection *connection, const char *path,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **exchange);
void exchange_on_completed(void *data, struct MHD_Connection *connection, void **exchange,
                           enum MHD_RequestTerminationCode code);
