/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/issues.h"

typedef struct {
  ConfigError code;
  guint file; /* index into files */
  guint line;
  guint order; /* of being noted: ties keep it */
  char *message;
} Issue;

struct Issues {
  GPtrArray *files; /* of char *, in the order first named */
  GArray *issues;   /* of Issue */
  guint left_out;   /* past ISSUES_MAX */
};

static void
issue_clear(gpointer data) {
  g_free(((Issue *)data)->message);
}

Issues *
issues_new(void) {
  Issues *issues = g_new0(Issues, 1);
  issues->files = g_ptr_array_new_with_free_func(g_free);
  issues->issues = g_array_new(FALSE, FALSE, sizeof(Issue));
  g_array_set_clear_func(issues->issues, issue_clear);
  return issues;
}

void
issues_free(Issues *issues) {
  if (issues == NULL)
    return;
  g_ptr_array_unref(issues->files);
  g_array_unref(issues->issues);
  g_free(issues);
}

static guint
file_index(Issues *issues, const char *file) {
  guint index;
  if (g_ptr_array_find_with_equal_func(issues->files, file, g_str_equal, &index))
    return index;
  g_ptr_array_add(issues->files, g_strdup(file));
  return issues->files->len - 1;
}

void
issues_add(Issues *issues, ConfigError code, const char *file, guint line, const char *format,
           ...) {
  if (issues->issues->len == ISSUES_MAX) {
    issues->left_out++;
    return;
  }
  Issue issue = { .code = code, .line = line, .order = issues->issues->len };
  issue.file = file_index(issues, file);
  va_list arguments;
  va_start(arguments, format);
  issue.message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_array_append_val(issues->issues, issue);
}

static gint
compare(gconstpointer left, gconstpointer right) {
  const Issue *a = left, *b = right;
  if (a->file != b->file)
    return a->file < b->file ? -1 : 1;
  if (a->line != b->line)
    return a->line < b->line ? -1 : 1;
  return a->order < b->order ? -1 : 1;
}

bool
issues_report(Issues *issues, GError **error) {
  if (issues->issues->len == 0)
    return true;
  g_array_sort(issues->issues, compare);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < issues->issues->len; i++) {
    const Issue *issue = &g_array_index(issues->issues, Issue, i);
    const char *file = g_ptr_array_index(issues->files, issue->file);
    if (i > 0)
      g_string_append_c(text, '\n');
    if (issue->line > 0)
      g_string_append_printf(text, "%s:%u: %s", file, issue->line, issue->message);
    else
      g_string_append_printf(text, "%s: %s", file, issue->message);
  }
  if (issues->left_out > 0)
    g_string_append_printf(text, "\nand %u more; correct these first", issues->left_out);
  g_set_error_literal(error, CONFIG_ERROR, (gint)g_array_index(issues->issues, Issue, 0).code,
                      text->str);
  return false;
}
