/* A scenario's text: lines that belong to each other by indentation.
 *
 * Blank lines and lines that begin with '#' are left out. A line with {1..30} in it, and all below
 * it, stands for thirty lines with 1, 2 … 30 in its place ({01..30}: with two digits). Of
 * {word|text} the text stays for readers of that word only; a line of which nothing is left goes
 * with all below it.
 *
 * Whoever writes a scenario is told file and line of a mistake, and the test ends there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct {
  char *place;         /* "courses/first.txt:12" */
  char *text;          /* without indentation; "" at the top */
  char **words;        /* of the text, as a shell splits it */
  GPtrArray *children; /* Node */
} Node;

/* Reads a file; `name` is what messages call it. Of text that is for one of `words` (ended by NULL)
 * that for `reader` stays. Free with node_free(). */
Node *node_read(const char *path, const char *name, const char *const *words, const char *reader);
void node_free(Node *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Node, node_free)

guint node_count(const Node *node);
const Node *node_child(const Node *node, guint index);

/* The word of that index; the scenario is wrong when there is none. */
const char *node_word(const Node *node, guint index);
bool node_has_word(const Node *node, guint index);

/* The text after its first `count` words (which must not be quoted); borrowed. */
const char *node_rest(const Node *node, guint count);

/* The value of the word "key=value" from index `from` on, or `missing`. */
const char *node_value(const Node *node, guint from, const char *key, const char *missing);

/* Lays the words from index `from` on over a JSON object: "key=text", "key:=JSON"; "key=-" takes it
 * away. */
void node_overlay(const Node *node, guint from, json_t *object);

/* Ends the test: the scenario itself is wrong. */
void node_wrong(const Node *node, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;
