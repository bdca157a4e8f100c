/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/html.h"

#include <string.h>

/* Elements within elements; pages have some fifteen. */
#define MAX_DEPTH 64

struct Html {
  GString *out;
  WebLanguage language;
  const char *open[MAX_DEPTH];
  guint depth;
};

/* An array of its own: a literal may be the same as somebody else's "yes". */
static const char without_value[] = "yes";
const char *const html_yes = without_value;

static const char *const without_content[] = { "area",  "base", "br",   "col",    "hr",  "img",
                                               "input", "link", "meta", "source", "wbr", NULL };

Html *
html_new(GString *out, WebLanguage language) {
  Html *html = g_new0(Html, 1);
  html->out = out;
  html->language = language;
  return html;
}

void
html_free(Html *html) {
  if (html == NULL)
    return;
  g_assert(html->depth == 0);
  g_free(html);
}

WebLanguage
html_language(const Html *html) {
  return html->language;
}

void
html_doctype(Html *html) {
  g_string_append(html->out, "<!DOCTYPE html>\n");
}

/* ── escaping ── */

static const char *
escape_of(char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return NULL;
  }
}

/* Runs of ordinary characters are copied whole: a page of a large run has some million. */
static void
escape(GString *out, const char *text) {
  g_autofree char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
  const char *rest = valid != NULL ? valid : text;
  for (;;) {
    gsize plain = strcspn(rest, "&<>\"'");
    g_string_append_len(out, rest, (gssize)plain);
    rest += plain;
    if (*rest == '\0')
      return;
    g_string_append(out, escape_of(*rest++));
  }
}

/* ── elements ── */

static bool
is_address(const char *name) {
  return strcmp(name, "href") == 0 || strcmp(name, "src") == 0 || strcmp(name, "action") == 0;
}

static bool
leads_to_the_web(const char *address) {
  if (*address == '/')
    return address[1] != '/' && address[1] != '\\';
  return *address == '#' || *address == '?' || g_str_has_prefix(address, "https://") ||
         g_str_has_prefix(address, "http://");
}

static void
attribute(GString *out, const char *name, const char *value) {
  if (value == NULL || (is_address(name) && !leads_to_the_web(value)))
    return;
  g_string_append_c(out, ' ');
  g_string_append(out, name);
  if (value == html_yes)
    return;
  g_string_append(out, "=\"");
  escape(out, value);
  g_string_append_c(out, '"');
}

static bool
has_content(const char *element) {
  return !g_strv_contains(without_content, element);
}

static void
open_element(Html *html, const char *element, va_list attributes) {
  g_string_append_c(html->out, '<');
  g_string_append(html->out, element);
  const char *name;
  while ((name = va_arg(attributes, const char *)) != NULL)
    attribute(html->out, name, va_arg(attributes, const char *));
  g_string_append_c(html->out, '>');
  if (!has_content(element))
    return;
  g_assert(html->depth < MAX_DEPTH);
  html->open[html->depth++] = element;
}

void
html_open(Html *html, const char *element, ...) {
  va_list attributes;
  va_start(attributes, element);
  open_element(html, element, attributes);
  va_end(attributes);
}

void
html_close(Html *html, const char *element) {
  g_assert(html->depth > 0 && strcmp(html->open[html->depth - 1], element) == 0);
  html->depth--;
  g_string_append(html->out, "</");
  g_string_append(html->out, element);
  g_string_append_c(html->out, '>');
}

void
html_element(Html *html, const char *element, const char *text, ...) {
  va_list attributes;
  va_start(attributes, text);
  open_element(html, element, attributes);
  va_end(attributes);
  html_text(html, text);
  html_close(html, element);
}

/* ── text ── */

void
html_text(Html *html, const char *text) {
  if (text != NULL)
    escape(html->out, text);
}

static void append_format(Html *html, const char *format, va_list values) G_GNUC_PRINTF(2, 0);

static void
append_format(Html *html, const char *format, va_list values) {
  g_autofree char *text = g_strdup_vprintf(format, values);
  escape(html->out, text);
}

void
html_format(Html *html, const char *format, ...) {
  va_list values;
  va_start(values, format);
  append_format(html, format, values);
  va_end(values);
}

void
html_number(Html *html, gint64 number) {
  g_autofree char *text = web_number(html->language, number);
  g_string_append(html->out, text);
}

const char *
html_word(const Html *html, const char *english, const char *german) {
  return web_say(html->language, english, german);
}

void
html_say(Html *html, const char *english, const char *german) {
  escape(html->out, html_word(html, english, german));
}

void
html_say_format(Html *html, const char *english, const char *german, ...) {
  va_list values;
  va_start(values, german);
  append_format(html, html->language == WEB_GERMAN ? german : english, values);
  va_end(values);
}
