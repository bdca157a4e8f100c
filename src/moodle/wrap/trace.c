/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/wrap/trace.h"

#include "base/log.h"

#define CONTEXT "moodle"

typedef struct {
  Gateway base;
  Gateway *inner;
} Trace;

/* ── the line ── */

/* "3 done, 1 e-mail taken", in the order of GatewayCode; "" without outcomes. */
static char *
count_outcomes(const GatewayOutcome *outcomes, guint count) {
  guint counts[GATEWAY_MISSING + 1] = { 0 };
  for (guint i = 0; i < count; i++)
    counts[outcomes[i].code]++;
  GString *text = g_string_new(NULL);
  for (guint code = 0; code < G_N_ELEMENTS(counts); code++)
    if (counts[code] > 0)
      g_string_append_printf(text, ", %u %s", counts[code], gateway_code_word((GatewayCode)code));
  return g_string_free(text, FALSE);
}

/* Logs a call that began at `start` and gives `ok` back. `error` is the call's own. */
static bool
report(const char *slot, guint items, const GatewayOutcome *outcomes, gint64 start, bool ok,
       GError **error) {
  double ms = (double)(g_get_monotonic_time() - start) / 1000.0;
  g_autofree char *counts = count_outcomes(outcomes, outcomes != NULL ? items : 0);
  if (ok)
    log_debug(CONTEXT, "%s: %u items%s, %.1f ms", slot, items, counts, ms);
  else
    log_debug(CONTEXT, "%s: %u items%s, %.1f ms, failed: %s", slot, items, counts, ms,
              error != NULL && *error != NULL ? (*error)->message : "no reason given");
  return ok;
}

/* ── what is no call ── */

static void
trace_free(Gateway *gateway) {
  gateway_free(((Trace *)gateway)->inner);
  g_free(gateway);
}

static const char *
trace_describe(Gateway *gateway) {
  Gateway *inner = ((Trace *)gateway)->inner;
  return inner->class->describe(inner);
}

static bool
trace_shared_emails(Gateway *gateway) {
  Gateway *inner = ((Trace *)gateway)->inner;
  return inner->class->shared_emails(inner);
}

static bool
trace_can_complete(Gateway *gateway) {
  Gateway *inner = ((Trace *)gateway)->inner;
  return inner->class->can_complete(inner);
}

static bool
trace_can_message(Gateway *gateway, char **why) {
  Gateway *inner = ((Trace *)gateway)->inner;
  return inner->class->can_message(inner, why);
}

static guint
trace_copy_grace(Gateway *gateway) {
  Gateway *inner = ((Trace *)gateway)->inner;
  return inner->class->copy_grace(inner);
}

/* ── reads ── */

typedef struct {
  GatewayNoteFunc note;
  gpointer user_data;
  guint count;
} Notes;

static void
on_note(GatewayNoteLevel level, const char *message, const char *remedy, gpointer data) {
  Notes *notes = data;
  notes->count++;
  notes->note(level, message, remedy, notes->user_data);
}

static bool
trace_inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  Notes notes = { note, user_data, 0 };
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->inspect(inner, on_note, &notes, error);
  return report("inspect", notes.count, NULL, start, ok, error);
}

static bool
trace_find_companies(Gateway *gateway, GatewayCompany *companies, guint count, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->find_companies(inner, companies, count, error);
  return report("find_companies", count, NULL, start, ok, error);
}

static bool
trace_find_courses(Gateway *gateway, GatewayCourseField field, const char *const *values,
                   guint count, GatewayCourseFunc each, gpointer user_data, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->find_courses(inner, field, values, count, each, user_data, error);
  return report("find_courses", count, NULL, start, ok, error);
}

static bool
trace_read_courses(Gateway *gateway, const gint64 *courseids, guint count,
                   const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->read_courses(inner, courseids, count, visitor, user_data, error);
  return report("read_courses", count, NULL, start, ok, error);
}

static bool
trace_find_users(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
                 GatewayUserFunc each, gpointer user_data, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->find_users(inner, field, values, count, each, user_data, error);
  return report("find_users", count, NULL, start, ok, error);
}

static bool
trace_contents(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->contents(inner, courseid, contents, error);
  return report("contents", 1, NULL, start, ok, error);
}

/* ── writes ── */

/* All slots that take items and answer in outcomes differ only in the items' type. */
#define WRITE(slot, Item)                                                                          \
  static bool trace_##slot(Gateway *gateway, const Item *items, guint count,                       \
                           GatewayOutcome *outcomes, GError **error) {                             \
    Gateway *inner = ((Trace *)gateway)->inner;                                                    \
    gint64 start = g_get_monotonic_time();                                                         \
    bool ok = inner->class->slot(inner, items, count, outcomes, error);                            \
    return report(#slot, count, outcomes, start, ok, error);                                       \
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
trace_link_courses(Gateway *gateway, const gint64 *courseids, const gint64 *companyids, guint count,
                   GatewayOutcome *outcomes, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->link_courses(inner, courseids, companyids, count, outcomes, error);
  return report("link_courses", count, outcomes, start, ok, error);
}

static bool
trace_copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->copy_content(inner, from, to, error);
  return report("copy_content", 1, NULL, start, ok, error);
}

static bool
trace_finish_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  bool ok = inner->class->finish_content(inner, from, to, error);
  return report("finish_content", 1, NULL, start, ok, error);
}

static bool
trace_flush(Gateway *gateway, GError **error) {
  Gateway *inner = ((Trace *)gateway)->inner;
  gint64 start = g_get_monotonic_time();
  return report("flush", 1, NULL, start, inner->class->flush(inner, error), error);
}

static const GatewayClass trace_class = {
  .free = trace_free,
  .describe = trace_describe,
  .shared_emails = trace_shared_emails,
  .can_complete = trace_can_complete,
  .inspect = trace_inspect,
  .find_companies = trace_find_companies,
  .find_courses = trace_find_courses,
  .read_courses = trace_read_courses,
  .find_users = trace_find_users,
  .create_courses = trace_create_courses,
  .link_courses = trace_link_courses,
  .create_users = trace_create_users,
  .update_users = trace_update_users,
  .enrol = trace_enrol,
  .unenrol = trace_unenrol,
  .suspend = trace_suspend,
  .create_groups = trace_create_groups,
  .add_members = trace_add_members,
  .complete = trace_complete,
  .contents = trace_contents,
  .copy_content = trace_copy_content,
  .copy_grace = trace_copy_grace,
  .finish_content = trace_finish_content,
  .can_message = trace_can_message,
  .message = trace_message,
  .flush = trace_flush,
};

Gateway *
trace_gateway_new(Gateway *inner) {
  Trace *trace = g_new0(Trace, 1);
  trace->base.class = &trace_class;
  trace->inner = inner;
  return &trace->base;
}
