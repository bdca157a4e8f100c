/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "status/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FAST_BYTES 64 /* statuses of this length are resolved without allocating */

/* word, upper case → Action + 1, so that a word that means ACTION_NONE differs from none */
struct StatusTable {
  GHashTable *words;
};

static const char *const handler_names[] = {
  [ACTION_NONE] = "noop",
  [ACTION_UNENROL] = "abgemeldet",
  [ACTION_ENROL] = "angemeldet",
  [ACTION_COMPLETE] = "bestanden",
};

/* SPEC 5. ANGEMELDET stands here although it asks for nothing: it is a word we know, not one to
 * report. */
static const struct {
  const char *word;
  Action action;
} default_words[] = {
  { "EINBERUFEN", ACTION_ENROL },       { "EINBERUFUNG", ACTION_ENROL },
  { "TEILGENOMMEN", ACTION_COMPLETE },  { "BESTANDEN", ACTION_COMPLETE },
  { "FEHLT", ACTION_UNENROL },          { "STORNIERT", ACTION_UNENROL },
  { "ABGEBROCHEN", ACTION_UNENROL },    { "ZURUECKGESTELLT", ACTION_UNENROL },
  { "ZURÜCKGESTELLT", ACTION_UNENROL }, { "ABGEMELDET", ACTION_UNENROL },
  { "ANGEMELDET", ACTION_NONE },
};

StatusTable *
status_table_new(void) {
  StatusTable *table = g_new0(StatusTable, 1);
  table->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return table;
}

StatusTable *
status_table_new_default(void) {
  StatusTable *table = status_table_new();
  for (gsize i = 0; i < G_N_ELEMENTS(default_words); i++)
    status_table_set(table, default_words[i].word, handler_names[default_words[i].action]);
  return table;
}

void
status_table_free(StatusTable *table) {
  if (table == NULL)
    return;
  g_hash_table_unref(table->words);
  g_free(table);
}

static gint
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
status_table_each(const StatusTable *table, StatusTableFunc each, gpointer user_data) {
  guint count;
  g_autofree gpointer *words = g_hash_table_get_keys_as_array(table->words, &count);
  qsort(words, count, sizeof *words, by_text);
  for (guint i = 0; i < count; i++) {
    guint stored = GPOINTER_TO_UINT(g_hash_table_lookup(table->words, words[i]));
    each(words[i], handler_names[stored - 1], user_data);
  }
}

/* Trimmed and in upper case. ASCII first by itself: g_utf8_strup() follows the locale, and a
 * Turkish one has another capital for "i". Composed, because an umlaut may also come as a letter
 * and two dots. */
static char *
fold(const char *raw) {
  g_autofree char *valid = g_utf8_make_valid(raw, -1);
  g_autofree char *trimmed = text_trim(valid);
  g_autofree char *composed = g_utf8_normalize(trimmed, -1, G_NORMALIZE_NFC);
  g_autofree char *ascii = g_ascii_strup(composed, -1);
  return g_utf8_strup(ascii, -1);
}

/* Whether `text`, in upper case, has the prefix S###_. */
static bool
has_prefix(const char *text) {
  return text[0] == 'S' && g_ascii_isdigit(text[1]) && g_ascii_isdigit(text[2]) &&
         g_ascii_isdigit(text[3]) && text[4] == '_';
}

/* Cuts the word that decides out of `folded`, in place. The level needs no cutting of its own: it
 * stands behind a '_', where the first word has ended. */
static char *
cut_word(char *folded) {
  char *word = has_prefix(folded) ? folded + strlen("S000_") : folded;
  word[strcspn(word, "_")] = '\0';
  return word;
}

/* fold() for a short ASCII text, into `buffer`. False when it is something else. */
static bool
fold_fast(const char *raw, char buffer[FAST_BYTES]) {
  while (g_ascii_isspace(*raw))
    raw++;
  gsize length = 0, end = 0;
  for (; raw[length] != '\0'; length++) {
    if (length == FAST_BYTES - 1 || (guchar)raw[length] >= 0x80)
      return false;
    buffer[length] = g_ascii_toupper(raw[length]);
    if (!g_ascii_isspace(raw[length]))
      end = length + 1;
  }
  buffer[end] = '\0';
  return true;
}

bool
status_table_set(StatusTable *table, const char *word, const char *handler) {
  g_autofree char *folded = fold(word);
  if (*folded == '\0' || strchr(folded, '_') != NULL)
    return false;
  for (gsize action = 0; action < G_N_ELEMENTS(handler_names); action++)
    if (strcmp(handler, handler_names[action]) == 0) {
      g_hash_table_replace(table->words, g_steal_pointer(&folded), GSIZE_TO_POINTER(action + 1));
      return true;
    }
  return false;
}

Action
status_resolve(const StatusTable *table, const char *raw, bool *known) {
  char buffer[FAST_BYTES] = { 0 };
  g_autofree char *slow = NULL;
  const char *word = NULL;
  if (fold_fast(raw, buffer)) {
    word = cut_word(buffer);
  } else {
    slow = status_word(raw);
    word = slow;
  }

  gsize found = GPOINTER_TO_SIZE(g_hash_table_lookup(table->words, word));
  if (known != NULL)
    *known = found != 0 || *word == '\0';
  return found == 0 ? ACTION_NONE : (Action)(found - 1);
}

char *
status_word(const char *raw) {
  g_autofree char *folded = fold(raw);
  return g_strdup(cut_word(folded));
}

const char *
status_handler_name(Action action) {
  return handler_names[action];
}
