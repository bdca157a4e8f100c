/* The pages speak German and English. Both texts stand side by side where they are used, so that
 * neither is forgotten: html_say(html, "Runs", "Läufe").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { WEB_ENGLISH, WEB_GERMAN } WebLanguage;

const char *web_language_word(WebLanguage language); /* "en", "de" */
bool web_language_parse(const char *word, WebLanguage *language);

/* The one that an Accept-Language header (NULL is fine) prefers; German when it names neither. */
WebLanguage web_language_accept(const char *header);

static inline const char *
web_say(WebLanguage language, const char *english, const char *german) {
  return language == WEB_GERMAN ? german : english;
}

/* The same with values in it, in the same order in both. Free with g_free(). */
char *web_say_format(WebLanguage language, const char *english, const char *german, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* 12345 as "12,345" or "12.345". Free with g_free(). */
char *web_number(WebLanguage language, gint64 number);

/* "2 min 05 s", "3 h 20 min". Free with g_free(). */
char *web_duration(WebLanguage language, gint64 seconds);

/* "10.03.2026, 14:05" or "2026-03-10 14:05" in `zone`; "–" for 0. Free with g_free(). */
char *web_time(WebLanguage language, gint64 time, GTimeZone *zone);
