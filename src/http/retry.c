/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/retry.h"

#include <curl/curl.h>
#include <string.h>

gint64
retry_delay(GRand *jitter, guint tries, gint64 first, gint64 longest) {
  gint64 delay = MIN(first << MIN(tries - 1, 10), longest);
  gdouble factor = g_rand_double_range(jitter, 0.5, 1.5);
  return MIN((gint64)((gdouble)delay * factor), longest);
}

gint64
retry_after(const char *value, gint64 now, gint64 max) {
  if (value == NULL)
    return -1;
  gsize digits = strspn(value, "0123456789");
  if (digits > 0 && value[digits] == '\0')
    return digits > 9 ? max : MIN(g_ascii_strtoll(value, NULL, 10), max);
  gint64 date = curl_getdate(value, NULL);
  return date < 0 ? -1 : CLAMP(date - now, 0, max);
}
