/* From a raw status such as S034_EINBERUFUNG_VERSCHICKT_KREIS to what it asks for (SPEC 5). The
 * table of words is configuration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "status/action.h"

typedef struct StatusTable StatusTable;

/* An empty table: every status is a noop. Free with status_table_free(). */
StatusTable *status_table_new(void);

/* The table of SPEC 5. */
StatusTable *status_table_new_default(void);
void status_table_free(StatusTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StatusTable, status_table_free)

/* Lets `word` (any case) mean `handler`: "angemeldet", "bestanden", "abgemeldet" or "noop". False
 * when the handler is none of these or the word is empty or has a '_' in it. */
bool status_table_set(StatusTable *table, const char *word, const char *handler);

/* Each word of the table with its handler, by word; both live as long as the table. */
typedef void (*StatusTableFunc)(const char *word, const char *handler, gpointer user_data);
void status_table_each(const StatusTable *table, StatusTableFunc each, gpointer user_data);

/* What a raw status asks for. *known (may be NULL) tells whether its word is in the table; an empty
 * status is known, and asks for nothing. Thread-safe on a table that is no longer set. */
Action status_resolve(const StatusTable *table, const char *raw, bool *known);

/* The word that decides: trimmed, upper-cased, without prefix S### and level. "" when nothing is
 * left. Free with g_free(). */
char *status_word(const char *raw);

/* "angemeldet" … for reports. */
const char *status_handler_name(Action action);
