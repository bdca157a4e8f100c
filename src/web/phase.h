/* What a run, a plan or a check is at, in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/html.h"

/* For a phase of run_progress_phases or of checkup.h; "" and unknown ones as "begins". */
const char *phase_word(WebLanguage language, const char *phase);

/* A sentence of it and a bar: `done` of `total` (0: not known). */
void phase_show(Html *html, const char *phase, gint64 done, gint64 total);
