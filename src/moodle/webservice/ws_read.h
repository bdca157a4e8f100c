/* Many small reads as few requests: packed into Moodle's batch function
 * (tool_mobile_call_external_functions) where the service has it, as single calls where not.
 *
 * The batch function stops at the first call that fails; those after it are asked again. A request
 * that is lost as a whole is asked again in halves, for it may have been too much.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_client.h"

/* Calls in one request at most. */
#define WS_READ_PACK 120

/* As ws_client_run() with `batch`, whose calls must all be reads. `packed`: the service has the
 * batch function. */
bool ws_read_run(WsClient *client, bool packed, const WsBatch *batch, gpointer user_data,
                 GError **error);
