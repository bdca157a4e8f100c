/* What Moodle has now: enrolments, groups and members of the courses of a run, and which of the
 * enrolled people are ours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "moodle/gateway.h"
#include "store/store.h"
#include "sync/courses.h"

/* Beside the GatewayEnrolFlags: usermap leads some Teilnehmer to this user. */
#define CURRENT_OURS (1 << 7)

typedef struct {
  gint64 userid;
  guint8 flags;
} CurrentEnrolment;

typedef struct {
  gint64 id;
  const char *name;
} CurrentGroup;

typedef struct {
  gint64 userid;
  guint group; /* index in current->groups */
} CurrentMember;

/* A course's parts of the arrays below. */
typedef struct {
  guint first_enrolment, enrolments; /* ascending userid */
  guint first_group, groups;         /* ascending id */
  guint first_member, members;       /* ascending group, then userid */
} CurrentCourse;

typedef struct {
  CurrentCourse *courses; /* by index in Courses; empty for new ones */
  guint course_count;
  bool no_completions; /* Moodle neither tells nor takes who has completed a course */
  GArray *enrolments, *groups, *members;
  GStringChunk *texts;
} Current;

/* Told of every enrolled user as it is read; texts live until it returns. */
typedef void (*CurrentUserFunc)(const GatewayEnrolment *enrolment, gpointer user_data);

/* Reads all courses that exist, and asks the store who is ours. Free with current_free(). */
Current *current_read(const Courses *courses, Gateway *gateway, Store *store, CurrentUserFunc seen,
                      gpointer user_data, GError **error);
void current_free(Current *current);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Current, current_free)

/* A user's enrolment in a course (index), or NULL. */
const CurrentEnrolment *current_enrolment(const Current *current, guint course, gint64 userid);

/* Whether a user is in a group (index in current->groups) of a course. */
bool current_is_member(const Current *current, guint course, guint group, gint64 userid);
