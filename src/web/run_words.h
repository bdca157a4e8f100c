/* What came of a run, in words: for lists, and as the one sentence with which its page begins.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "store/store.h"
#include "sync/totals.h"
#include "web/language.h"

/* "12 enrolled, 3 completed"; "" when nothing was changed. Free with g_free(). */
char *run_words_changes(WebLanguage language, const RunTotals *totals);

/* "7 failures, 1 tenant not read"; "" when nothing failed. Free with g_free(). */
char *run_words_failures(WebLanguage language, const RunTotals *totals);

/* What the run did, and what happens next with what it did not do; "" while it is under way.
 * `totals` are of those tenants that the reader may see; NULL: not known. `bound`: these are not
 * all, so that what failed may be somebody else's. Free with g_free(). */
char *run_words_verdict(WebLanguage language, RunStatus status, const RunTotals *totals,
                        bool bound);

/* What an error of ZMS comes down to and what to do, in the reader's language: errors as they are
 * kept are English and technical. NULL: nothing better is known than the error itself. */
const char *run_words_cause(WebLanguage language, const char *error);
