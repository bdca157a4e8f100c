/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/language.h"

#include <string.h>

#include "base/text.h"

/* Longer headers are not looked at any further. */
#define MAX_CHOICES 16

const char *
web_language_word(WebLanguage language) {
  return language == WEB_GERMAN ? "de" : "en";
}

bool
web_language_parse(const char *word, WebLanguage *language) {
  if (g_strcmp0(word, "de") != 0 && g_strcmp0(word, "en") != 0)
    return false;
  *language = *word == 'd' ? WEB_GERMAN : WEB_ENGLISH;
  return true;
}

/* "de-DE;q=0.8": its weight, and which it is. */
static gdouble
weight_of(const char *choice, WebLanguage *language) {
  g_autofree char *word = g_ascii_strdown(choice, 2);
  const char *weight = strstr(choice, "q=");
  if (!web_language_parse(word, language) || g_ascii_isalnum(choice[2]))
    return 0;
  return weight == NULL ? 1 : CLAMP(g_ascii_strtod(weight + 2, NULL), 0, 1);
}

WebLanguage
web_language_accept(const char *header) {
  WebLanguage best = WEB_GERMAN;
  gdouble most = 0;
  g_auto(GStrv) choices = g_strsplit(header != NULL ? header : "", ",", MAX_CHOICES);
  for (char **choice = choices; *choice != NULL; choice++) {
    WebLanguage language = WEB_GERMAN;
    const char *trimmed = g_strstrip(*choice);
    gdouble weight = strlen(trimmed) < 2 ? 0 : weight_of(trimmed, &language);
    if (weight > most) {
      most = weight;
      best = language;
    }
  }
  return best;
}

char *
web_say_format(WebLanguage language, const char *english, const char *german, ...) {
  va_list values;
  va_start(values, german);
  char *text = g_strdup_vprintf(language == WEB_GERMAN ? german : english, values);
  va_end(values);
  return text;
}

char *
web_number(WebLanguage language, gint64 number) {
  autochar digits =
      g_strdup_printf("%" G_GUINT64_FORMAT, number < 0 ? -(guint64)number : (guint64)number);
  GString *out = g_string_new(number < 0 ? "−" : "");
  gsize length = strlen(digits);
  for (gsize i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      g_string_append_c(out, language == WEB_GERMAN ? '.' : ',');
    g_string_append_c(out, digits[i]);
  }
  return g_string_free(out, FALSE);
}

char *
web_duration(WebLanguage language, gint64 seconds) {
  seconds = MAX(seconds, 0);
  if (seconds < 60)
    return g_strdup_printf("%d s", (int)seconds);
  if (seconds < 3600)
    return g_strdup_printf("%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
  return web_say_format(language, "%" G_GINT64_FORMAT " h %02d min",
                        "%" G_GINT64_FORMAT " Std. %02d min", seconds / 3600,
                        (int)(seconds / 60 % 60));
}

char *
web_time(WebLanguage language, gint64 time, GTimeZone *zone) {
  g_autoptr(GDateTime) utc = time == 0 ? NULL : g_date_time_new_from_unix_utc(time);
  g_autoptr(GDateTime) local = utc == NULL ? NULL : g_date_time_to_timezone(utc, zone);
  if (local == NULL)
    return g_strdup("–");
  return g_date_time_format(local, language == WEB_GERMAN ? "%d.%m.%Y, %H:%M" : "%Y-%m-%d %H:%M");
}
