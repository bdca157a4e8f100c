/* What read_courses gathers before it hands it out, by Moodle's own functions (ws_roster.c) or the
 * companion plugin's (ws_roster_plugin.c).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

typedef struct {
  gint64 userid;
  guint flags;                     /* GatewayEnrolFlags */
  const char *username, *idnumber; /* in the roster's texts */
} WsPerson;

typedef struct {
  gint64 id;
  const char *name; /* in the roster's texts */
  guint course;     /* index */
} WsGroup;

typedef struct {
  Webservice *moodle;
  const gint64 *courseids;
  guint count;
  GArray **people;     /* by course: WsPerson */
  GArray *groups;      /* WsGroup */
  GHashTable *members; /* set of ws_ask_pair(group, user) */
  GStringChunk *texts;
} WsRoster;

/* An empty one. `courseids` must outlive it, each stand once. */
WsRoster *ws_roster_new(Webservice *moodle, const gint64 *courseids, guint count);
void ws_roster_free(WsRoster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WsRoster, ws_roster_free)

/* Fills an empty roster from local_lehrgaenge_get_rosters. `gone` (may be NULL) gets the courses
 * that are not there. */
bool ws_roster_from_plugin(WsRoster *roster, GHashTable *gone, GError **error);
