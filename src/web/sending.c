/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/sending.h"

#define POLICY                                                                                     \
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "  \
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* Our files are asked for by what is in them, so they never change. */
#define FIXED "public, max-age=31536000, immutable"
#define TLS_ONLY "max-age=31536000"

static const char *const always[][2] = {
  { "Content-Security-Policy", POLICY },
  { "X-Content-Type-Options", "nosniff" },
  { "X-Frame-Options", "DENY" },
  { "Referrer-Policy", "no-referrer" },
  { "Cross-Origin-Opener-Policy", "same-origin" },
  { "Cross-Origin-Resource-Policy", "same-origin" },
};

/* What the handler says goes before what everybody gets. */
static void
add(struct MHD_Response *response, const WebAnswer *answer, const char *name, const char *value) {
  if (web_fields_get(answer->headers, name) == NULL)
    MHD_add_response_header(response, name, value);
}

static void
add_headers(struct MHD_Response *response, const Sending *how, const WebAnswer *answer) {
  for (guint i = 0; i < web_fields_count(answer->headers); i++)
    MHD_add_response_header(response, web_fields_name(answer->headers, i),
                            web_fields_value(answer->headers, i));
  for (guint i = 0; i < G_N_ELEMENTS(always); i++)
    add(response, answer, always[i][0], always[i][1]);
  add(response, answer, "Content-Type", answer->type);
  add(response, answer, "Cache-Control", answer->fixed ? FIXED : "no-store");
  if (how->tls)
    add(response, answer, "Strict-Transport-Security", TLS_ONLY);
  /* There is a route, but for the other method. */
  if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
    add(response, answer, "Allow", how->method == WEB_POST ? "GET, HEAD" : "POST");
}

/* The body of a stream that nobody reads: HEAD has the same headers as GET. */
static ssize_t
no_stream(void *data, uint64_t position, char *buffer, size_t size) {
  (void)data, (void)position, (void)buffer, (void)size;
  return MHD_CONTENT_READER_END_OF_STREAM;
}

static struct MHD_Response *
body_of(WebAnswer *answer) {
  if (answer->stream != NULL)
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, no_stream, NULL, NULL);
  gsize length = answer->body->len;
  char *body = g_string_free(answer->body, FALSE);
  answer->body = NULL;
  return MHD_create_response_from_buffer_with_free_callback(length, body, g_free);
}

enum MHD_Result
sending_queue(struct MHD_Connection *connection, const Sending *how, WebAnswer *answer,
              struct MHD_Response *stream) {
  struct MHD_Response *response = stream != NULL ? stream : body_of(answer);
  if (response == NULL)
    return MHD_NO;
  add_headers(response, how, answer);
  if (stream != NULL) /* for proxies that would collect it first */
    MHD_add_response_header(response, "X-Accel-Buffering", "no");
  enum MHD_Result queued = MHD_queue_response(connection, answer->status, response);
  MHD_destroy_response(response);
  return queued;
}
