/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/wrap/fault.h"

typedef struct {
  Gateway base;
  Gateway *inner;
  guint at;
  FaultWhere where;
  guint calls;
} Fault;

static bool
cut_off(guint call, GError **error) {
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "interrupted at gateway call %u", call);
  return false;
}

/* Counts a call. False: it must not reach Moodle. */
static bool
enter(Fault *fault, GError **error) {
  fault->calls++;
  if (fault->at == 0 || fault->calls < fault->at)
    return true;
  if (fault->calls == fault->at && fault->where == FAULT_AFTER)
    return true;
  return cut_off(fault->calls, error);
}

/* After a call that reached Moodle: its answer, or its loss. */
static bool
leave(const Fault *fault, bool ok, GatewayOutcome *outcomes, guint count, GError **error) {
  if (fault->at == 0 || fault->calls < fault->at)
    return ok;
  gateway_outcomes_clear(outcomes, count);
  g_clear_error(error);
  return cut_off(fault->calls, error);
}

/* ── what cannot fail ── */

static void
fault_free(Gateway *gateway) {
  gateway_free(((Fault *)gateway)->inner);
  g_free(gateway);
}

static const char *
fault_describe(Gateway *gateway) {
  Gateway *inner = ((Fault *)gateway)->inner;
  return inner->class->describe(inner);
}

static bool
fault_shared_emails(Gateway *gateway) {
  Gateway *inner = ((Fault *)gateway)->inner;
  return inner->class->shared_emails(inner);
}

static bool
fault_can_complete(Gateway *gateway) {
  Gateway *inner = ((Fault *)gateway)->inner;
  return inner->class->can_complete(inner);
}

static bool
fault_can_message(Gateway *gateway, char **why) {
  Gateway *inner = ((Fault *)gateway)->inner;
  return inner->class->can_message(inner, why);
}

static guint
fault_copy_grace(Gateway *gateway) {
  Gateway *inner = ((Fault *)gateway)->inner;
  return inner->class->copy_grace(inner);
}

/* ── reads ── */

static bool
fault_inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->inspect(fault->inner, note, user_data, error), NULL, 0,
               error);
}

static bool
fault_find_companies(Gateway *gateway, GatewayCompany *companies, guint count, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->find_companies(fault->inner, companies, count, error),
               NULL, 0, error);
}

static bool
fault_find_courses(Gateway *gateway, GatewayCourseField field, const char *const *values,
                   guint count, GatewayCourseFunc each, gpointer user_data, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault,
               fault->inner->class->find_courses(fault->inner, field, values, count, each,
                                                 user_data, error),
               NULL, 0, error);
}

static bool
fault_read_courses(Gateway *gateway, const gint64 *courseids, guint count,
                   const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault,
               fault->inner->class->read_courses(fault->inner, courseids, count, visitor, user_data,
                                                 error),
               NULL, 0, error);
}

static bool
fault_find_users(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
                 GatewayUserFunc each, gpointer user_data, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault,
               fault->inner->class->find_users(fault->inner, field, values, count, each, user_data,
                                               error),
               NULL, 0, error);
}

static bool
fault_contents(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->contents(fault->inner, courseid, contents, error), NULL,
               0, error);
}

/* ── writes ── */

/* All slots that take items and answer in outcomes differ only in the items' type. */
#define WRITE(slot, Item)                                                                          \
  static bool fault_##slot(Gateway *gateway, const Item *items, guint count,                       \
                           GatewayOutcome *outcomes, GError **error) {                             \
    Fault *fault = (Fault *)gateway;                                                               \
    return enter(fault, error) &&                                                                  \
           leave(fault, fault->inner->class->slot(fault->inner, items, count, outcomes, error),    \
                 outcomes, count, error);                                                          \
  }

WRITE(create_courses, GatewayNewCourse)
WRITE(create_users, GatewayNewUser)
WRITE(update_users, GatewayUserUpdate)
WRITE(enrol, GatewayEnrol)
WRITE(unenrol, GatewayEnrol)
WRITE(suspend, GatewayEnrol)
WRITE(create_groups, GatewayNewGroup)
WRITE(add_members, GatewayMember)
WRITE(complete, GatewayCompletion)
WRITE(message, GatewayMessage)

static bool
fault_link_courses(Gateway *gateway, const gint64 *courseids, const gint64 *companyids, guint count,
                   GatewayOutcome *outcomes, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault,
               fault->inner->class->link_courses(fault->inner, courseids, companyids, count,
                                                 outcomes, error),
               outcomes, count, error);
}

static bool
fault_copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->copy_content(fault->inner, from, to, error), NULL, 0,
               error);
}

static bool
fault_finish_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->finish_content(fault->inner, from, to, error), NULL, 0,
               error);
}

static bool
fault_flush(Gateway *gateway, GError **error) {
  Fault *fault = (Fault *)gateway;
  return enter(fault, error) &&
         leave(fault, fault->inner->class->flush(fault->inner, error), NULL, 0, error);
}

static const GatewayClass fault_class = {
  .free = fault_free,
  .describe = fault_describe,
  .shared_emails = fault_shared_emails,
  .can_complete = fault_can_complete,
  .inspect = fault_inspect,
  .find_companies = fault_find_companies,
  .find_courses = fault_find_courses,
  .read_courses = fault_read_courses,
  .find_users = fault_find_users,
  .create_courses = fault_create_courses,
  .link_courses = fault_link_courses,
  .create_users = fault_create_users,
  .update_users = fault_update_users,
  .enrol = fault_enrol,
  .unenrol = fault_unenrol,
  .suspend = fault_suspend,
  .create_groups = fault_create_groups,
  .add_members = fault_add_members,
  .complete = fault_complete,
  .contents = fault_contents,
  .copy_content = fault_copy_content,
  .copy_grace = fault_copy_grace,
  .finish_content = fault_finish_content,
  .can_message = fault_can_message,
  .message = fault_message,
  .flush = fault_flush,
};

Gateway *
fault_gateway_new(Gateway *inner, guint at, FaultWhere where) {
  Fault *fault = g_new0(Fault, 1);
  fault->base.class = &fault_class;
  fault->inner = inner;
  fault->at = at;
  fault->where = where;
  return &fault->base;
}

guint
fault_gateway_calls(const Gateway *gateway) {
  return ((const Fault *)gateway)->calls;
}
