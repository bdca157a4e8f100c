/* Who is in which course, and which groups there are: what several slots ask before they write.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

/* Groups whose members one call reads. */
#define WS_ROSTER_GROUPS 100

/* People in courses. */
typedef struct {
  GHashTable *pairs; /* set of ws_ask_pair(course, user) */
  GHashTable *gone;  /* set: courses that are not there */
} WsPlaces;

/* Who is meant. Without the companion plugin Moodle does not tell by which method somebody is
 * enrolled; then every enrolment counts as a manual one. */
typedef enum {
  WS_PLACES_ENROLLED,    /* at all */
  WS_PLACES_ACTIVE,      /* actively enrolled, by whatever method */
  WS_PLACES_REMOVABLE,   /* holding a manual enrolment */
  WS_PLACES_SUSPENDABLE, /* holding one that is not suspended; without the plugin: active */
} WsPlacesKind;

/* Those people in the courses (which may repeat). NULL and `error` when Moodle does not tell. */
WsPlaces *ws_roster_places(Webservice *moodle, const gint64 *courseids, guint count,
                           WsPlacesKind kind, GError **error);
void ws_places_free(WsPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WsPlaces, ws_places_free)
bool ws_places_has(const WsPlaces *places, gint64 courseid, gint64 userid);
bool ws_places_gone(const WsPlaces *places, gint64 courseid);

/* Called for each group of the courses, by course and ascending id. */
typedef void (*WsGroupFunc)(gint64 courseid, gint64 groupid, const char *name, gpointer user_data);

/* The groups of the courses (which may repeat). `gone` gets the courses that are not there. */
bool ws_roster_groups(Webservice *moodle, const gint64 *courseids, guint count, WsGroupFunc each,
                      gpointer user_data, GHashTable *gone, GError **error);

/* The members of existing groups as a set of ws_ask_pair(group, user). NULL and `error` when Moodle
 * does not tell. */
GHashTable *ws_roster_members(Webservice *moodle, const gint64 *groupids, guint count,
                              GError **error);

/* {courseid, options: [{name, value} …]} of core_enrol_get_enrolled_users. `only`: "onlyactive",
 * "onlysuspended", or NULL. */
json_t *ws_roster_question(gint64 courseid, const char *userfields, const char *only);

/* A copy of `ids` with each once, in the order of their first. */
GArray *ws_roster_distinct(const gint64 *ids, guint count);

/* Whether a refusal to tell who is enrolled says that the course is not there. One that is there
 * and must not be read says otherwise, and is no course without people. */
bool ws_roster_is_gone(const WsFailure *failure);

/* Whether a refusal to tell the groups may say so: there Moodle has one word for both. */
bool ws_roster_no_groups(const WsFailure *failure);
