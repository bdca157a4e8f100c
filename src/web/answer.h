/* What a request is answered with, before it is sent.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"
#include "web/fields.h"

#define WEB_HTML "text/html; charset=utf-8"
#define WEB_JSON "application/json; charset=utf-8"
#define WEB_CSV "text/csv; charset=utf-8"
#define WEB_TEXT "text/plain; charset=utf-8"
#define WEB_EVENTS "text/event-stream; charset=utf-8"

/* For a stream of events: called about once a second, from the streams' own thread with its own
 * store. Appends what there is to say to `out` ("event: progress\ndata: {…}\n\n"), or nothing.
 * False: that was the last. */
typedef bool (*WebStreamFunc)(gpointer data, Store *store, GString *out);

typedef struct {
  guint status;
  const char *type;     /* one of the above; borrowed, lives as long as the program */
  GString *body;        /* owned */
  WebFields *headers;   /* beside those that every answer gets */
  WebStreamFunc stream; /* in place of a body; NULL */
  gpointer stream_data;
  GDestroyNotify stream_free;
  bool fixed; /* may be kept by browsers: a file of ours by its hash */
} WebAnswer;

/* An empty 200. */
void web_answer_init(WebAnswer *answer);
void web_answer_clear(WebAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WebAnswer, web_answer_clear)

/* Makes it something else; what was said before is forgotten, headers stay. */
void web_answer_set(WebAnswer *answer, guint status, const char *type);

/* The document becomes the body, compact, secrets blotted out; it is freed. */
void web_answer_json(WebAnswer *answer, guint status, json_t *document);

void web_answer_header(WebAnswer *answer, const char *name, const char *value);
