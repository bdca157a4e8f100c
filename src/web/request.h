/* One request as the server took it in: whole, checked, decoded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/fields.h"

typedef enum { WEB_GET, WEB_POST } WebMethod; /* HEAD is a GET whose body is not sent */

/* What a request may hold in its body. */
#define WEB_MAX_BODY (64 * 1024)

typedef struct {
  WebMethod method;
  const char *path; /* decoded, begins with '/', without query */
  WebFields *query, *form, *cookies, *headers;
  const char *body; /* what is not a form: JSON; NUL-terminated */
  gsize body_length;
  const char *host;    /* as the browser has it, with port; "" when an old client gave none */
  const char *address; /* the client's, for people and for counting: behind a proxy the one it names
                        */
  bool secure;         /* it came over TLS, to us or to the proxy */
} WebRequest;
