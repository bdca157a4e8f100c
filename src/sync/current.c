/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/current.h"

#include <stdlib.h>

#define TEXT_BLOCK (16 * 1024)

typedef struct {
  Current *current;
  guint indices[GATEWAY_SLICE]; /* of the courses asked for in this call, in Courses */
  CurrentCourse *open;          /* the course being handed out */
  CurrentUserFunc seen;
  gpointer user_data;
} Reading;

static gint
by_group_and_user(const void *a, const void *b) {
  const CurrentMember *x = a, *y = b;
  if (x->group != y->group)
    return x->group < y->group ? -1 : 1;
  return x->userid < y->userid ? -1 : x->userid > y->userid;
}

static void
close_course(Reading *reading) {
  Current *current = reading->current;
  CurrentCourse *course = reading->open;
  if (course == NULL)
    return;
  course->enrolments = current->enrolments->len - course->first_enrolment;
  course->groups = current->groups->len - course->first_group;
  course->members = current->members->len - course->first_member;
  if (course->members > 1)
    qsort(&g_array_index(current->members, CurrentMember, course->first_member), course->members,
          sizeof(CurrentMember), by_group_and_user);
  reading->open = NULL;
}

static void
open_course(Reading *reading, guint index) {
  Current *current = reading->current;
  CurrentCourse *course = &current->courses[reading->indices[index]];
  if (course == reading->open)
    return;
  close_course(reading);
  course->first_enrolment = current->enrolments->len;
  course->first_group = current->groups->len;
  course->first_member = current->members->len;
  reading->open = course;
}

static void
on_enrolment(guint index, const GatewayEnrolment *enrolment, gpointer data) {
  Reading *reading = data;
  open_course(reading, index);
  CurrentEnrolment item = { enrolment->userid, (guint8)enrolment->flags };
  g_array_append_val(reading->current->enrolments, item);
  reading->seen(enrolment, reading->user_data);
}

static void
on_group(guint index, gint64 groupid, const char *name, gpointer data) {
  Reading *reading = data;
  open_course(reading, index);
  CurrentGroup item = { groupid, g_string_chunk_insert(reading->current->texts, name) };
  g_array_append_val(reading->current->groups, item);
}

static void
on_member(guint index, gint64 groupid, gint64 userid, gpointer data) {
  Reading *reading = data;
  open_course(reading, index);
  GArray *groups = reading->current->groups;
  g_assert(groups->len > 0 && g_array_index(groups, CurrentGroup, groups->len - 1).id == groupid);
  CurrentMember item = { userid, groups->len - 1 };
  g_array_append_val(reading->current->members, item);
}

static bool
read_slices(const Courses *courses, Gateway *gateway, Reading *reading, GError **error) {
  static const GatewayCourseVisitor visitor = { on_enrolment, on_group, on_member };
  gint64 ids[GATEWAY_SLICE];
  guint count = 0;
  for (guint i = 0; i <= courses->courses->len; i++) {
    bool last = i == courses->courses->len;
    if (!last && courses_at(courses, i)->id != 0) {
      ids[count] = courses_at(courses, i)->id;
      reading->indices[count++] = i;
    }
    if (count == 0 || (count < GATEWAY_SLICE && !last))
      continue;
    bool ok = gateway->class->read_courses(gateway, ids, count, &visitor, reading, error);
    close_course(reading);
    if (!ok)
      return false;
    count = 0;
  }
  return true;
}

/* One question per user and slice; a user of several courses is asked for several times, which
 * costs less than remembering. */
static bool
mark_ours(Current *current, Store *store, GError **error) {
  gint64 users[GATEWAY_SLICE];
  bool known[GATEWAY_SLICE];
  for (guint at = 0; at < current->enrolments->len; at += GATEWAY_SLICE) {
    guint count = MIN(GATEWAY_SLICE, current->enrolments->len - at);
    for (guint i = 0; i < count; i++)
      users[i] = g_array_index(current->enrolments, CurrentEnrolment, at + i).userid;
    if (!store->class->usermap_knows(store, users, count, known, error))
      return false;
    for (guint i = 0; i < count; i++)
      if (known[i])
        g_array_index(current->enrolments, CurrentEnrolment, at + i).flags |= CURRENT_OURS;
  }
  return true;
}

Current *
current_read(const Courses *courses, Gateway *gateway, Store *store, CurrentUserFunc seen,
             gpointer user_data, GError **error) {
  g_autoptr(Current) current = g_new0(Current, 1);
  current->no_completions = !gateway->class->can_complete(gateway);
  current->course_count = courses->courses->len;
  current->courses = g_new0(CurrentCourse, current->course_count + 1);
  current->enrolments = g_array_new(FALSE, FALSE, sizeof(CurrentEnrolment));
  current->groups = g_array_new(FALSE, FALSE, sizeof(CurrentGroup));
  current->members = g_array_new(FALSE, FALSE, sizeof(CurrentMember));
  current->texts = g_string_chunk_new(TEXT_BLOCK);
  Reading reading = { .current = current, .seen = seen, .user_data = user_data };
  if (!read_slices(courses, gateway, &reading, error) || !mark_ours(current, store, error))
    return NULL;
  return g_steal_pointer(&current);
}

void
current_free(Current *current) {
  if (current == NULL)
    return;
  g_free(current->courses);
  g_array_unref(current->enrolments);
  g_array_unref(current->groups);
  g_array_unref(current->members);
  g_string_chunk_free(current->texts);
  g_free(current);
}

static gint
by_user(const void *key, const void *item) {
  gint64 userid = *(const gint64 *)key, other = ((const CurrentEnrolment *)item)->userid;
  return userid < other ? -1 : userid > other;
}

const CurrentEnrolment *
current_enrolment(const Current *current, guint course, gint64 userid) {
  const CurrentCourse *c = &current->courses[course];
  if (c->enrolments == 0)
    return NULL;
  return bsearch(&userid, &g_array_index(current->enrolments, CurrentEnrolment, c->first_enrolment),
                 c->enrolments, sizeof(CurrentEnrolment), by_user);
}

bool
current_is_member(const Current *current, guint course, guint group, gint64 userid) {
  const CurrentCourse *c = &current->courses[course];
  CurrentMember wanted = { userid, group };
  return c->members > 0 &&
         bsearch(&wanted, &g_array_index(current->members, CurrentMember, c->first_member),
                 c->members, sizeof(CurrentMember), by_group_and_user) != NULL;
}
