/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/answer.h"

#include "base/text.h"

static void
end_stream(WebAnswer *answer) {
  if (answer->stream_free != NULL)
    answer->stream_free(answer->stream_data);
  answer->stream = NULL;
  answer->stream_data = NULL;
  answer->stream_free = NULL;
}

void
web_answer_init(WebAnswer *answer) {
  *answer = (WebAnswer){
    .status = 200, .type = WEB_HTML, .body = g_string_new(NULL), .headers = web_fields_new()
  };
}

void
web_answer_clear(WebAnswer *answer) {
  if (answer->body != NULL)
    g_string_free(answer->body, TRUE);
  web_fields_free(answer->headers);
  end_stream(answer);
  *answer = (WebAnswer){ 0 };
}

void
web_answer_set(WebAnswer *answer, guint status, const char *type) {
  answer->status = status;
  answer->type = type;
  answer->fixed = false;
  g_string_truncate(answer->body, 0);
  end_stream(answer);
}

void
web_answer_json(WebAnswer *answer, guint status, json_t *document) {
  web_answer_set(answer, status, WEB_JSON);
  char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
  json_decref(document);
  autochar redacted = text_redact(text != NULL ? text : "null");
  free(text);
  g_string_append(answer->body, redacted);
  g_string_append_c(answer->body, '\n');
}

void
web_answer_header(WebAnswer *answer, const char *name, const char *value) {
  /* A value of several lines would be several headers. */
  autochar line = g_strdelimit(g_strdup(value), "\r\n", ' ');
  (void)web_fields_add(answer->headers, name, line);
}
