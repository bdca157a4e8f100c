/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/email.h"

#include <glib.h>
#include <string.h>

#define MAX_LOCAL 64
#define MAX_LABEL 63

static bool
is_atom(const char *text, gsize length) {
  if (length == 0)
    return false;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(text[i]) && strchr("!#$%&'*+/=?^_`{|}~-", text[i]) == NULL)
      return false;
  return true;
}

static bool
is_label(const char *text, gsize length) {
  if (length == 0 || length > MAX_LABEL || text[0] == '-' || text[length - 1] == '-')
    return false;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(text[i]) && text[i] != '-')
      return false;
  return true;
}

/* Whether all parts between dots are what `is_part` wants; *last becomes the last one, *parts their
 * number. */
static bool
is_dotted(const char *text, gsize length, bool (*is_part)(const char *, gsize), const char **last,
          guint *parts) {
  *last = text;
  *parts = 1;
  for (gsize i = 0; i < length; i++) {
    if (text[i] != '.')
      continue;
    if (!is_part(*last, (gsize)(text + i - *last)))
      return false;
    *last = text + i + 1;
    ++*parts;
  }
  return is_part(*last, (gsize)(text + length - *last));
}

bool
email_is_possible(const char *text) {
  const char *at = text != NULL ? strchr(text, '@') : NULL;
  if (at == NULL || at - text > MAX_LOCAL || strlen(text) > EMAIL_MAX)
    return false;
  const char *last;
  guint parts;
  return is_dotted(text, (gsize)(at - text), is_atom, &last, &parts) &&
         is_dotted(at + 1, strlen(at + 1), is_label, &last, &parts) && parts > 1 &&
         g_ascii_isalpha(*last);
}
