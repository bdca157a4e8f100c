/* The threads that answer requests, each with a store of its own. They come when there is something
 * to do and go when there was nothing for a while: a server that nobody asks holds nothing.
 *
 * One of them is kept for what needs no store, so that a store that hangs leaves the rest alive. A
 * request that gets no answer in time is given up: whoever asked is told so, and what comes of it
 * later is dropped.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/answer.h"
#include "web/intake.h"
#include "web/server_private.h"
#include "web/shared_site.h"

typedef struct Crew Crew;
typedef struct CrewJob CrewJob;

/* Holds the site too. `limits` must outlive it. */
Crew *crew_new(SharedSite *site, const WebContext *context, const WebLimits *limits);

/* Waits until `until` (of g_get_monotonic_time()) for the threads. False: some hang and are left
 * behind; they free what they hold when they come to their end. NULL is fine. */
bool crew_free(Crew *crew, gint64 until);

/* `intake` is a whole request; it goes over to the job, which may outlive whoever submitted it.
 * `ready` is called once, from some thread, when crew_job_take() has an outcome; it must not call
 * back. NULL: too many wait, or the store hangs; then `intake` stays the caller's. Free with
 * crew_job_free(), after `ready`; until then `intake` can be read. */
CrewJob *crew_submit(Crew *crew, Intake *intake, void (*ready)(gpointer data), gpointer data);

/* Moves the answer to `answer`, which is not initialised. False: it was given up. */
bool crew_job_take(CrewJob *job, WebAnswer *answer);
void crew_job_free(CrewJob *job); /* NULL is fine */

/* Gives up what has waited too long. */
void crew_expire(Crew *crew);

/* Waits until nothing is under way, at most until `until`; then gives up the rest, and takes no
 * more. */
void crew_end(Crew *crew, gint64 until);
