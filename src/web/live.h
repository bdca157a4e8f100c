/* A run under way as it is watched: the box that the overview and the run's page have, and the
 * stream of events that keeps both up to date.
 *
 * The stream sends `event: progress` whenever something changed, and `event: end` when the run is
 * over (also at once). The data of both is an object of flat keys, ready to show in the reader's
 * language:
 *
 *   "status"          "running"; at the end how it ended ("success" …)
 *   "summary"         one sentence, which changes with the phase only
 *   "phase", "done", "total"  the phase under way; "–" where a number is not known
 *   "tenants_done", "tenants_total", "left"
 *   "phase-NAME"      each phase (sync/progress.h): "12 of 35", "done after 3 s", "to come"
 *   "bar-NAME"        the same from 0 to 1; null: under way, nobody can tell how far
 *   "phase_name", "left_seconds"  for programs: "fetch"; null: nobody can tell
 *
 * Elements with data-live="KEY" show the value of that key: as their text, <progress> as its value
 * (none for null). data-events="/runs/ID/events" on the box is the stream; at its end the page is
 * loaded again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "web/call.h"
#include "web/html.h"

/* Without anything to say a stream says that it is still there. */
#define LIVE_SILENCE_S 15

/* So often the page is loaded again where there is no JavaScript: `refresh` of page_begin(). */
#define LIVE_REFRESH_S 5

/* "about 5 minutes"; "not known yet" when nobody can tell. `seconds` −1: nobody can. Free with
 * g_free(). */
char *live_left_text(WebLanguage language, gint64 seconds);

/* The data of an event. Not `whole`: for somebody bound to tenants, who is told how far the run is
 * but not how much there is of all tenants: percent, and "–" for the numbers. Free with
 * json_decref(). */
json_t *live_event(const StoreRun *run, bool whole, WebLanguage language, gint64 now);

/* The box of a run that is under way. */
void live_box(const WebCall *call, Html *html, const StoreRun *run);

/* Answers GET …/runs/{id}/events with the stream; a run that there is not, or that is none of
 * theirs, is not found. */
bool live_stream(WebCall *call, GError **error);
