/* What a client asks for: the raw address, taken apart before it is decoded, so that an encoded
 * slash stays in its segment; and the body, as far as the application takes one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct MHD_Connection;

typedef struct {
  const char *method; /* set by the server */
  GStrv path;         /* decoded segments; empty for "/" */
  GHashTable *query;  /* decoded key → value; of equal keys the last */
  bool malformed;     /* bad percent-encoding, or not UTF-8 */
  char *raw_query;    /* what stands behind '?', not decoded; NULL when there is none */
  GString *body;     /* read by the server up to the application's limit; NULL when there is none */
  bool body_too_big; /* there was more than that; `body` is empty then */
  struct MHD_Connection *connection;
} Request;

/* Reads "/a%2Fb/c?x=1". Free with request_clear(). */
void request_parse(Request *request, const char *uri);
void request_clear(Request *request);

/* Number of segments. */
guint request_depth(const Request *request);

/* A parameter's value, or NULL. */
const char *request_parameter(const Request *request, const char *key);

/* A header's value, or NULL. Belongs to the connection. */
const char *request_header(const Request *request, const char *name);
