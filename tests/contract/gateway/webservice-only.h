/* What the cases of the web-service gateway alone share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "contract-private.h"
#include "webservice-site.h"

/* More than fit into one call. */
#define ONLY_USERS 60

/* Adds a case, whose Moodle `open` makes. */
void only_add(const char *path, gpointer (*open)(void), ContractCase run);

MoodleApp *only_app(Contract *contract); /* the simulated Moodle behind it */

/* A text that lives as long as the program. */
const char *only_text(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Ordinary people m0 … m59 with the same idnumbers. Free with g_free(). */
GatewayNewUser *only_users(void);

/* create_users, which must not fail as a whole. */
void only_create(Contract *contract, const GatewayNewUser *users, guint count,
                 GatewayOutcome *outcomes);

/* Fails the test unless the outcome is that refusal and its message has those words. */
void only_says(const GatewayOutcome *outcome, GatewayCode code, const char *words);

/* For webservice_site_between(): answers with that text, whatever is asked. */
extern const char *only_strange;
void only_answers_strangely(gpointer site, guint nth, const ServerApp *moodle,
                            const Request *request, Faults *faults, Answer *answer);

/* The same: notes how many calls are at work at once at most. The call of that number waits long
 * enough for another one to come, if one does. */
extern gint only_most; /* atomic */
extern guint only_waits_at;
void only_counts_at_once(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                         Faults *faults, Answer *answer);
