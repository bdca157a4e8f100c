/* Journal rows as whoever asks may see them, and the words for them: of the page and of the table
 * for spreadsheets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"
#include "web/language.h"
#include "web/principal.h"

/* Whoever is bound to tenants has rows of others between theirs; so many are read for one page. */
#define JOURNAL_VIEW_MAX_READ 20000

typedef struct {
  GPtrArray *rows;     /* const StoreJournalRow *, newest first; live as long as the page */
  gint64 older;        /* go on with rows before this id; 0: there are none */
  bool cut;            /* so many rows of others were read that the page is not full */
  GStringChunk *texts; /* private */
} JournalPage;

/* The newest `count` rows that `filter` lets through (its limit and newest are not looked at) and
 * `who` may see: who is bound to tenants sees what was done for a Lehrgang of theirs, and, of steps
 * that no Lehrgang asked for, those that concern a course of theirs and no person. At most
 * `max_read` rows are read. */
JournalPage *journal_view_read(Store *store, const WebPrincipal *who,
                               const StoreJournalFilter *filter, guint count, guint max_read,
                               GError **error);
void journal_view_free(JournalPage *page); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalPage, journal_view_free)

/* "enrol" as "enrol", "einschreiben"; a kind that is not known as it stands. */
const char *journal_view_step(WebLanguage language, const char *kind);

/* "done", "failed", "not known". */
const char *journal_view_state(WebLanguage language, StoreJournalState state);

/* The three parts of "S033_EINBERUFEN_KREIS → EINBERUFEN → angemeldet"; NULL: the reason is words
 * of another kind. Free with g_strfreev(). */
char **journal_view_reason(const char *reason);

/* What a handler ("angemeldet") asks for, as "enrol", "einschreiben"; NULL: it is none. */
const char *journal_view_action(WebLanguage language, const char *handler);
