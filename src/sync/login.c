/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/login.h"

#include <string.h>

#include "base/text.h"

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

char *
login_cut(const char *text, guint characters) {
  autochar trimmed = text_trim(text);
  if (g_utf8_strlen(trimmed, -1) <= (glong)characters)
    return g_steal_pointer(&trimmed);
  autochar cut = g_utf8_substring(trimmed, 0, characters);
  return text_trim(cut);
}

char *
login_password(const char *template, const char *username) {
  GString *password = g_string_new(template);
  g_string_replace(password, "{username}", username, 0);
  return g_string_free(password, FALSE);
}
