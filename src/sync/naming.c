/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/naming.h"

#include <string.h>

#include "base/text.h"

char *
naming_course_name(GHashTable *table, const Lehrgang *lehrgang) {
  autochar kurz = text_trim(lehrgang->kurzbezeichnung);
  const char *mapped = g_hash_table_lookup(table, kurz);
  if (mapped != NULL)
    return g_strdup(mapped);
  if (strcmp(kurz, "F-III") == 0) {
    autochar lower = g_utf8_strdown(lehrgang->bezeichnung, -1);
    if (strstr(lower, "e-learning") != NULL)
      return g_strdup("F-III-elearn");
  }
  return g_steal_pointer(&kurz);
}

char *
naming_shortname(const char *code, const char *name, gint year, bool alt) {
  return g_strdup_printf("%s-%s-%02d%s", code, name, year % 100, alt ? NAMING_ALT : "");
}

bool
naming_is_alt(const char *shortname) {
  return g_str_has_suffix(shortname, NAMING_ALT);
}

char *
naming_fullname(const char *name, bool alt, const char *suffix) {
  if (!alt || text_empty(suffix))
    return g_strdup(name);
  return g_strdup_printf("%s %s", name, suffix);
}

char *
naming_group(guint number, const char *start_tag) {
  return g_strdup_printf("G%02u (%s)", number, start_tag);
}

bool
naming_group_is(const char *group, const char *start_tag) {
  autochar ending = g_strdup_printf(" (%s)", start_tag);
  return g_str_has_suffix(group, ending);
}

guint
naming_group_number(const char *group) {
  if (group[0] != 'G' || !g_ascii_isdigit(group[1]))
    return 0;
  char *end;
  guint64 number = g_ascii_strtoull(group + 1, &end, 10);
  /* A number nobody counted up to is a name somebody made up: going on from it would only make it
   * worse. */
  return g_str_has_prefix(end, " (") && number < 100000 ? (guint)number : 0;
}
