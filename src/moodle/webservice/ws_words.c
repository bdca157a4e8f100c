/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_words.h"

#include <string.h>

#include "base/text.h"
#include "http/phrase.h"

/* Of a page, so much is looked at. */
#define MAX_PAGE ((gsize)16 * 1024)

static const struct {
  const char *entity;
  char character;
} entities[] = {
  { "&amp;", '&' },   { "&lt;", '<' },   { "&gt;", '>' },   { "&quot;", '"' },
  { "&#039;", '\'' }, { "&#39;", '\'' }, { "&nbsp;", ' ' },
};

/* Appends what an entity at `at` stands for and returns its length; 0: there is none. */
static gsize
take_entity(GString *out, const char *at) {
  for (gsize i = 0; i < G_N_ELEMENTS(entities); i++) {
    if (!g_str_has_prefix(at, entities[i].entity))
      continue;
    g_string_append_c(out, entities[i].character);
    return strlen(entities[i].entity);
  }
  return 0;
}

/* The length of the tag that begins at `at`, 0 when it is just a character: "a < b". */
static gsize
tag_length(const char *at) {
  if (at[0] != '<' || !(g_ascii_isalpha(at[1]) || strchr("/!?", at[1]) != NULL) || at[1] == '\0')
    return 0;
  const char *end = strchr(at, '>');
  return end != NULL ? (gsize)(end - at) + 1 : strlen(at);
}

static char *
without_markup(const char *text) {
  GString *out = g_string_sized_new(strlen(text));
  while (*text != '\0') {
    gsize tag = tag_length(text), entity = tag > 0 ? 0 : take_entity(out, text);
    if (tag > 0)
      g_string_append_c(out, ' ');
    else if (entity == 0)
      g_string_append_c(out, *text);
    text += tag > 0 ? tag : entity > 0 ? entity : 1;
  }
  return g_string_free(out, FALSE);
}

char *
ws_words_line(const char *text, gsize max) {
  autochar bare = without_markup(text);
  return phrase_line(bare, strlen(bare), max);
}

char *
ws_words_debug(const char *text, gsize max) {
  const char *values = strstr(text, "[array (");
  autochar shown = g_strndup(text, values != NULL ? (gsize)(values - text) : strlen(text));
  return ws_words_line(shown, max);
}

gsize
ws_words_skip_blank(const char *body, gsize length) {
  static const char mark[] = "\xef\xbb\xbf"; /* of byte order */
  gsize at = 0;
  while (at < length && g_ascii_isspace(body[at]))
    at++;
  if (length - at >= strlen(mark) && memcmp(body + at, mark, strlen(mark)) == 0)
    at += strlen(mark);
  while (at < length && g_ascii_isspace(body[at]))
    at++;
  return at;
}

bool
ws_words_is_page(const char *body, gsize length) {
  gsize at = ws_words_skip_blank(body, length);
  return at < length && body[at] == '<';
}

char *
ws_words_element(const char *body, gsize length, const char *name, gsize max) {
  autochar page = text_display(body, (gssize)length, MAX_PAGE);
  autochar open = g_strdup_printf("<%s>", name);
  autochar close = g_strdup_printf("</%s>", name);
  const char *start = strstr(page, open);
  if (start == NULL)
    return NULL;
  start += strlen(open);
  const char *end = strstr(start, close);
  autochar inner = g_strndup(start, end != NULL ? (gsize)(end - start) : strlen(start));
  return ws_words_line(inner, max);
}

char *
ws_words_of_page(const char *body, gsize length, gsize max) {
  char *title = ws_words_element(body, length, "title", max);
  if (title != NULL && *title != '\0')
    return title;
  g_free(title);
  gsize blank = ws_words_skip_blank(body, length);
  autochar page = text_display(body + blank, (gssize)(length - blank), MAX_PAGE);
  return ws_words_line(page, max);
}
