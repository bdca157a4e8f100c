/* A run's report (docs/INTERFACES.md) in a few lines, in German or English.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* Of each list (failures, courses, warnings) so many entries are shown, then how many more there
 * are; of one entry, so many bytes. */
#define DIGEST_MAX_LIST 20
#define DIGEST_MAX_ENTRY 400

/* One of two texts, both seen by the compiler when they are formats. */
#define DIGEST_WORDS(german, de, en) ((german) ? (de) : (en))

/* A report's number and text; 0 and "" when it has none. */
guint digest_number(const json_t *object, const char *key);
const char *digest_text(const json_t *object, const char *key);

/* Whether nothing the run itself wanted to do failed: what makes it partial is left to somebody. */
bool digest_nothing_failed(const json_t *report);

/* Whether there were Lehrgänge for which no course could be found or made. */
bool digest_without_course(const json_t *report);

/* The worst of what went wrong, for a subject: "3 von 120 Lehrgängen fehlgeschlagen"; "" when
 * nothing did. Free with g_free(). */
char *digest_worst(const json_t *report, bool german);

/* Appends what the run did, what failed at which tenant, and whatever else needs somebody.
 * `command` is how it would be done again from the command line ("lehrgaenge sync --year 2025").
 */
void digest_append(GString *to, const json_t *report, const char *command, bool german);
