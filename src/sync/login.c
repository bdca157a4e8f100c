/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/login.h"

#include <string.h>

#include "base/text.h"

/* The most that leaves room for a number within the 64 characters before an '@'. */
#define MAX_SLUG 60

static bool
allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '@';
}

bool
login_is_clean(const char *text) {
  for (const char *at = text; *at != '\0'; at++)
    if (!allowed(*at))
      return false;
  return *text != '\0';
}

char *
login_clean(const char *text) {
  if (text_empty(text))
    return g_strdup("");
  /* Letters with a lower case in ASCII (the Kelvin sign is one) must come out as such, so UTF-8
   * goes first. */
  autochar lower = g_str_is_ascii(text) ? g_ascii_strdown(text, -1) : g_utf8_strdown(text, -1);
  char *to = lower;
  for (const char *from = lower; *from != '\0'; from++)
    if (allowed(*from))
      *to++ = *from;
  *to = '\0';
  return g_steal_pointer(&lower);
}

char *
login_placeholder(const char *id) {
  autochar lower = g_utf8_strdown(id, -1);
  GString *slug = g_string_sized_new(strlen(lower) + 16);
  for (const char *at = lower; *at != '\0'; at++) {
    if (g_ascii_isalnum(*at))
      g_string_append_c(slug, *at);
    else if (slug->len == 0 || slug->str[slug->len - 1] != '-')
      g_string_append_c(slug, '-');
  }
  if (slug->len > MAX_SLUG)
    g_string_truncate(slug, MAX_SLUG);
  g_string_append(slug, "@invalid.local");
  return g_string_free(slug, FALSE);
}

char *
login_numbered(const char *email, guint n) {
  if (n == 0)
    return g_strdup(email);
  const char *at = strrchr(email, '@');
  int local = (int)(at != NULL ? (gsize)(at - email) : strlen(email));
  return g_strdup_printf("%.*s+%u%s", local, email, n, email + local);
}

char *
login_fold(const char *email) {
  return g_str_is_ascii(email) ? g_ascii_strdown(email, -1) : g_utf8_strdown(email, -1);
}

/* The end of the markup that begins at `text`, which is a '<': behind its '>', of which those
 * within quotes and within other markup are none. Markup that does not end takes all with it. */
static const char *
markup_end(const char *text) {
  guint depth = 0;
  char quote = '\0';
  for (const char *at = text; *at != '\0'; at++) {
    if (quote != '\0')
      quote = *at == quote ? '\0' : quote;
    else if (*at == '"' || *at == '\'')
      quote = *at;
    else if (*at == '<')
      depth++;
    else if (*at == '>' && --depth == 0)
      return at + 1;
  }
  return text + strlen(text);
}

/* A '<' before a blank is none to strip_tags(); one at the end is. */
static bool
begins_markup(const char *text) {
  return *text == '<' && (text[1] == '\0' || strchr(" \t\n\v\f\r", text[1]) == NULL);
}

/* Takes blanks, and what would then be a '<' at the end, away from it. */
static void
trim_end(GString *text) {
  while (text->len > 0 && (text->str[text->len - 1] == ' ' || text->str[text->len - 1] == '<'))
    g_string_truncate(text, text->len - 1);
}

char *
login_plain(const char *text, guint characters) {
  GString *plain = g_string_new(NULL);
  guint length = 0;
  bool blank = false;
  for (const char *at = text; *at != '\0' && length < characters;) {
    if (begins_markup(at)) {
      at = markup_end(at);
      continue;
    }
    gunichar c = g_utf8_get_char(at);
    at = g_utf8_next_char(at);
    if (g_unichar_isspace(c)) {
      blank = plain->len > 0;
    } else if (!g_unichar_iscntrl(c)) {
      if (blank) {
        g_string_append_c(plain, ' ');
        length++;
      }
      blank = false;
      if (length++ < characters)
        g_string_append_unichar(plain, c);
    }
  }
  trim_end(plain);
  return g_string_free(plain, FALSE);
}

char *
login_password(const char *template, const char *username) {
  GString *password = g_string_new(template);
  g_string_replace(password, "{username}", username, 0);
  return g_string_free(password, FALSE);
}
