/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 8
#define MAX_REPEATS 1000

void
node_wrong(const Node *node, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *what = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_error("%s: %s: %s", node->place, node->text, what);
}

static Node *
node_new(const char *place, const char *text) {
  Node *node = g_new0(Node, 1);
  node->place = g_strdup(place);
  node->text = g_strdup(text);
  node->children = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
  return node;
}

void
node_free(Node *node) {
  if (node == NULL)
    return;
  g_free(node->place);
  g_free(node->text);
  g_strfreev(node->words);
  g_ptr_array_unref(node->children);
  g_free(node);
}

/* ── text for one reader ── */

/* Finds "{word|text}"; `*word` and `*inner` are copies, `*end` is behind it. */
static const char *
find_choice(const char *text, char **word, char **inner, const char **end) {
  for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
    gsize length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz");
    const char *close = strchr(at, '}');
    if (length == 0 || at[1 + length] != '|' || close == NULL)
      continue;
    *word = g_strndup(at + 1, length);
    *inner = g_strndup(at + length + 2, (gsize)(close - at) - length - 2);
    *end = close + 1;
    return at;
  }
  return NULL;
}

/* Leaves of each choice what is for the reader. */
static void
choose(Node *node, const char *const *words, const char *reader) {
  for (;;) {
    g_autofree char *word = NULL, *inner = NULL;
    const char *end = NULL, *at = find_choice(node->text, &word, &inner, &end);
    if (at == NULL)
      return;
    if (!g_strv_contains(words, word))
      node_wrong(node, "there is no \"%s\"", word);
    char *text = g_strdup_printf("%.*s%s%s", (int)(at - node->text), node->text,
                                 strcmp(word, reader) == 0 ? inner : "", end);
    g_free(node->text);
    node->text = g_strstrip(text);
  }
}

static void
keep_own(Node *node, const char *const *words, const char *reader) {
  for (guint i = 0; i < node->children->len;) {
    Node *child = g_ptr_array_index(node->children, i);
    choose(child, words, reader);
    if (*child->text == '\0') {
      g_ptr_array_remove_index(node->children, i);
      continue;
    }
    keep_own(child, words, reader);
    i++;
  }
}

/* ── repeated lines ── */

/* Finds "{from..to}" in a text; `*range` is a copy of it. */
static bool
find_range(const char *text, char **range, guint64 *from, guint64 *to, int *digits) {
  for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
    char *end = NULL;
    if (!g_ascii_isdigit(at[1]))
      continue;
    *from = g_ascii_strtoull(at + 1, &end, 10);
    *digits = at[1] == '0' ? (int)(end - at - 1) : 1;
    if (!g_str_has_prefix(end, "..") || !g_ascii_isdigit(end[2]))
      continue;
    *to = g_ascii_strtoull(end + 2, &end, 10);
    if (*end != '}')
      continue;
    *range = g_strndup(at, (gsize)(end + 1 - at));
    return true;
  }
  return false;
}

static Node *
copy_with(const Node *node, const char *range, const char *number) {
  GString *text = g_string_new(node->text);
  if (range != NULL)
    g_string_replace(text, range, number, 0);
  Node *copy = node_new(node->place, text->str);
  g_string_free(text, TRUE);
  for (guint i = 0; i < node->children->len; i++)
    g_ptr_array_add(copy->children, copy_with(node_child(node, i), range, number));
  return copy;
}

static void
expand_children(Node *node) {
  g_autoptr(GPtrArray) lines = g_steal_pointer(&node->children);
  node->children = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
  for (guint i = 0; i < lines->len; i++) {
    const Node *line = g_ptr_array_index(lines, i);
    g_autofree char *range = NULL;
    guint64 from = 1, to = 1;
    int digits = 1;
    if (find_range(line->text, &range, &from, &to, &digits) && to - from > MAX_REPEATS)
      node_wrong(line, "repeats more than %d times", MAX_REPEATS);
    for (guint64 number = from; number <= to; number++) {
      g_autofree char *text = g_strdup_printf("%0*" G_GUINT64_FORMAT, digits, number);
      g_ptr_array_add(node->children, copy_with(line, range, text));
    }
  }
  for (guint i = 0; i < node->children->len; i++)
    expand_children(g_ptr_array_index(node->children, i));
}

static void
split_words(Node *node) {
  g_autoptr(GError) error = NULL;
  if (*node->text != '\0' && !g_shell_parse_argv(node->text, NULL, &node->words, &error))
    node->words = g_strsplit(node->text, " ", -1); /* prose, with an apostrophe in it */
  for (guint i = 0; i < node->children->len; i++)
    split_words(g_ptr_array_index(node->children, i));
}

/* ── reading ── */

Node *
node_read(const char *path, const char *name, const char *const *words, const char *reader) {
  g_autofree char *data = NULL;
  g_autoptr(GError) error = NULL;
  if (!g_file_get_contents(path, &data, NULL, &error))
    g_error("%s", error->message);
  g_auto(GStrv) lines = g_strsplit(data, "\n", -1);
  Node *root = node_new(name, "");
  Node *open[MAX_DEPTH] = { root };
  gsize indents[MAX_DEPTH] = { 0 };
  guint depth = 0; /* open[depth] is the line that the next deeper one belongs to */
  for (guint i = 0; lines[i] != NULL; i++) {
    char *text = g_strchomp(lines[i]);
    gsize indent = strspn(text, " ");
    if (text[indent] == '\0' || text[indent] == '#')
      continue;
    g_autofree char *place = g_strdup_printf("%s:%u", name, i + 1);
    Node *line = node_new(place, text + indent);
    while (depth > 0 && indent <= indents[depth])
      depth--;
    if (depth + 1 == MAX_DEPTH)
      node_wrong(line, "too deep");
    g_ptr_array_add(open[depth]->children, line);
    open[++depth] = line;
    indents[depth] = indent;
  }
  keep_own(root, words, reader);
  expand_children(root);
  split_words(root);
  return root;
}

/* ── asking ── */

guint
node_count(const Node *node) {
  return node->children->len;
}

const Node *
node_child(const Node *node, guint index) {
  return g_ptr_array_index(node->children, index);
}

bool
node_has_word(const Node *node, guint index) {
  return node->words != NULL && index < g_strv_length(node->words);
}

const char *
node_word(const Node *node, guint index) {
  if (!node_has_word(node, index))
    node_wrong(node, "a word is missing");
  return node->words[index];
}

const char *
node_rest(const Node *node, guint count) {
  const char *at = node->text;
  for (guint i = 0; i < count; i++) {
    at += strcspn(at, " ");
    at += strspn(at, " ");
  }
  return at;
}

const char *
node_value(const Node *node, guint from, const char *key, const char *missing) {
  gsize length = strlen(key);
  for (guint i = from; node_has_word(node, i); i++)
    if (strncmp(node->words[i], key, length) == 0 && node->words[i][length] == '=')
      return node->words[i] + length + 1;
  return missing;
}

void
node_overlay(const Node *node, guint from, json_t *object) {
  for (guint i = from; node_has_word(node, i); i++) {
    const char *word = node->words[i], *equals = strchr(word, '=');
    if (equals == NULL || equals == word)
      node_wrong(node, "\"%s\" is not key=value", word);
    bool raw = equals[-1] == ':';
    g_autofree char *key = g_strndup(word, (gsize)(equals - word) - raw);
    json_t *value = raw ? json_loads(equals + 1, JSON_DECODE_ANY, NULL) : json_string(equals + 1);
    if (value == NULL)
      node_wrong(node, "the value of %s is not JSON", key);
    if (!raw && strcmp(equals + 1, "-") == 0) {
      json_object_del(object, key);
      json_decref(value);
    } else {
      json_object_set_new(object, key, value);
    }
  }
}
