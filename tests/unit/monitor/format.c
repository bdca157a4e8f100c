/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format.h"

#include <stdbool.h>
#include <string.h>

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\n]|\\\\[\\\\\"n])*\""
#define VALUE "[-+]?([0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?|Inf|NaN)"
#define SAMPLE "^(" NAME ")(\\{" LABEL "(," LABEL ")*\\})? " VALUE "$"

typedef struct {
  char *family; /* the one whose lines are being read; NULL: none yet */
  char *type;   /* NULL: not told yet */
  guint samples;
  GHashTable *families, *series;
} Check;

static const char *
read_help(Check *check, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", 4);
  if (g_strv_length(words) < 4 || *words[3] == '\0')
    return "HELP without a text";
  if (!g_regex_match_simple("^" NAME "$", words[2], 0, 0))
    return "no name of a family";
  if (check->family != NULL && check->type == NULL)
    return "the family before has no TYPE";
  if (!g_hash_table_add(check->families, g_strdup(words[2])))
    return "this family was there before";
  g_free(check->family);
  check->family = g_strdup(words[2]);
  g_clear_pointer(&check->type, g_free);
  check->samples = 0;
  return NULL;
}

static const char *
read_type(Check *check, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  if (g_strv_length(words) != 4 || g_strcmp0(words[2], check->family) != 0)
    return "TYPE without the HELP of its family before it";
  if (check->type != NULL || check->samples > 0)
    return "a second TYPE, or one after samples";
  if (strcmp(words[3], "gauge") != 0 && strcmp(words[3], "counter") != 0)
    return "no type";
  if ((strcmp(words[3], "counter") == 0) != g_str_has_suffix(check->family, "_total"))
    return "counters, and only they, end in _total";
  check->type = g_strdup(words[3]);
  return NULL;
}

static const char *
read_sample(Check *check, const char *line) {
  if (!g_regex_match_simple(SAMPLE, line, 0, 0))
    return "not a sample";
  g_autofree char *series = g_strndup(line, (gsize)(strrchr(line, ' ') - line));
  g_autofree char *name = g_strndup(series, strcspn(series, "{"));
  if (g_strcmp0(name, check->family) != 0 || check->type == NULL)
    return "a sample outside its family";
  if (!g_hash_table_add(check->series, g_steal_pointer(&series)))
    return "the same sample again";
  check->samples++;
  return NULL;
}

char *
format_flaw(const char *text) {
  g_autoptr(GHashTable) families = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Check check = { .families = families, .series = series };
  if (!g_utf8_validate(text, -1, NULL))
    return g_strdup("not UTF-8");
  if (!g_str_has_suffix(text, "\n"))
    return g_strdup("the last line has no end");
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  const char *flaw = NULL;
  guint at = 0;
  for (; flaw == NULL && lines[at + 1] != NULL; at++)
    flaw = g_str_has_prefix(lines[at], "# HELP ")   ? read_help(&check, lines[at])
           : g_str_has_prefix(lines[at], "# TYPE ") ? read_type(&check, lines[at])
                                                    : read_sample(&check, lines[at]);
  if (flaw == NULL && check.family != NULL && check.type == NULL)
    flaw = "the family has no TYPE";
  g_free(check.family);
  g_free(check.type);
  return flaw != NULL ? g_strdup_printf("line %u: %s: %s", at, flaw, lines[at - 1]) : NULL;
}

char *
format_value(const char *text, const char *series) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  gsize length = strlen(series);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp(lines[i], series, length) == 0 && lines[i][length] == ' ')
      return g_strdup(lines[i] + length + 1);
  return NULL;
}

void
format_assert(const char *text) {
  g_autofree char *flaw = format_flaw(text);
  if (flaw != NULL)
    g_error("%s\nin:\n%s", flaw, text);
}

void
format_assert_value(const char *text, const char *series, const char *value) {
  g_autofree char *found = format_value(text, series);
  if (g_strcmp0(found, value) != 0)
    g_error("%s is %s and not %s in:\n%s", series, found, value, text);
}
