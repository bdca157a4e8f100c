/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lines.h"

#include <string.h>

/* One line with what it belongs to in front of it, blanks counted once: "course FD-F-I-26 > anna
 * manual". */
static char *
full_line(const char *owner, const char *text) {
  g_autofree char *line = owner != NULL ? g_strdup_printf("%s > %s", owner, text) : g_strdup(text);
  g_auto(GStrv) parts = g_strsplit_set(line, " ", -1);
  GString *out = g_string_new(NULL);
  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", parts[i]);
  return g_string_free(out, FALSE);
}

/* "course FD-F-I-26" of a line that others belong to. */
static char *
owner_of(const char *text) {
  const char *blank = strchr(text, ' ');
  const char *end = blank != NULL ? strchr(blank + 1, ' ') : NULL;
  return end != NULL ? g_strndup(text, (gsize)(end - text)) : g_strdup(text);
}

/* "users anna ben" is short for "user anna" and "user ben". */
static bool
add_users(GPtrArray *lines, const Node *line) {
  if (strcmp(node_word(line, 0), "users") != 0 || strchr(line->text, '=') != NULL)
    return false;
  for (guint i = 1; node_has_word(line, i); i++)
    g_ptr_array_add(lines, g_strdup_printf("user %s", node_word(line, i)));
  return true;
}

static GPtrArray *
expected_lines(const Node *node) {
  GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < node_count(node); i++) {
    const Node *line = node_child(node, i);
    if (add_users(lines, line))
      continue;
    g_autofree char *owner = owner_of(line->text);
    g_ptr_array_add(lines, full_line(NULL, line->text));
    for (guint c = 0; c < node_count(line); c++)
      g_ptr_array_add(lines, full_line(owner, node_child(line, c)->text));
  }
  return lines;
}

static GPtrArray *
found_lines(const GPtrArray *is) {
  GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *owner = NULL;
  for (guint i = 0; i < is->len; i++) {
    const char *line = g_ptr_array_index(is, i);
    if (*line != ' ') {
      g_free(owner);
      owner = owner_of(line);
    }
    g_ptr_array_add(lines, full_line(*line == ' ' ? owner : NULL, line));
  }
  return lines;
}

static bool
same(const char *expected, const char *is, bool pattern) {
  return pattern ? strchr(expected, '*') != NULL && g_pattern_match_simple(expected, is)
                 : strcmp(expected, is) == 0;
}

/* Takes pairs away from both sides; equal ones first, so that a pattern does not take them. */
static void
take_pairs(GPtrArray *expected, GPtrArray *is, bool pattern) {
  for (guint e = 0; e < expected->len;) {
    guint i = 0;
    while (i < is->len && !same(g_ptr_array_index(expected, e), g_ptr_array_index(is, i), pattern))
      i++;
    if (i == is->len) {
      e++;
      continue;
    }
    g_ptr_array_remove_index(expected, e);
    g_ptr_array_remove_index(is, i);
  }
}

static void
tell(const GPtrArray *lines, const char *sign) {
  for (guint i = 0; i < lines->len; i++)
    g_test_message("%s %s", sign, (const char *)g_ptr_array_index(lines, i));
}

bool
lines_compare(const Node *expected, const GPtrArray *is, const char *title) {
  g_autoptr(GPtrArray) left = expected_lines(expected), right = found_lines(is);
  take_pairs(left, right, false);
  take_pairs(left, right, true);
  if (left->len == 0 && right->len == 0)
    return true;
  g_test_message("%s: %s", expected->place, title);
  tell(left, "- expected:");
  tell(right, "+ found:   ");
  g_test_message("all of it:");
  tell(is, " ");
  g_test_fail();
  return false;
}
