/* Linking courses to companies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_write.h"

#define LINK_COURSES 50

typedef struct {
  Webservice *moodle;
  const gint64 *courseids, *companyids;
  GatewayOutcome *outcomes;
  GArray *companies;  /* gint64: each once */
  GHashTable *linked; /* set of ws_ask_pair(company, course) */
} Linking;

static json_t *
ask_linked(guint index, const char **function, gpointer data) {
  const Linking *linking = data;
  *function = "block_iomad_company_admin_get_company_courses";
  return json_pack("{s:[{s:I, s:i}]}", "criteria", "companyid",
                   (json_int_t)g_array_index(linking->companies, gint64, index), "shared", 0);
}

static bool
take_linked(guint index, const json_t *result, gpointer data) {
  Linking *linking = data;
  const json_t *companies = json_object_get(result, "companies"), *company, *course;
  size_t i, k;
  if (!json_is_array(companies))
    return false;
  json_array_foreach(companies, i, company) {
    json_array_foreach(json_object_get(company, "courses"), k, course) {
      ws_ask_set_add(linking->linked, ws_ask_pair(g_array_index(linking->companies, gint64, index),
                                                  ws_ask_number(course, "id")));
    }
  }
  return true;
}

/* Linking twice is harmless; knowing better is only for the report. */
static bool
not_told(guint index, const WsFailure *failure, gpointer data) {
  (void)index;
  (void)failure;
  (void)data;
  return true;
}

static bool
read_links(Linking *linking, guint count, GError **error) {
  if (!ws_site_has(linking->moodle, "block_iomad_company_admin_get_company_courses"))
    return true;
  g_autoptr(GHashTable) seen = ws_ask_set();
  for (guint i = 0; i < count; i++)
    if (!ws_ask_set_has(seen, linking->companyids[i])) {
      ws_ask_set_add(seen, linking->companyids[i]);
      g_array_append_val(linking->companies, linking->companyids[i]);
    }
  WsQuestions questions = { .count = linking->companies->len,
                            .arguments = ask_linked,
                            .result = take_linked,
                            .refusal = not_told };
  return ws_ask(linking->moodle, &questions, linking, error);
}

static bool
is_linked(const Linking *linking, guint item) {
  return ws_ask_set_has(linking->linked,
                        ws_ask_pair(linking->companyids[item], linking->courseids[item]));
}

static json_t *
link_row(guint item, gpointer data) {
  const Linking *linking = data;
  return json_pack("{s:I, s:I, s:i, s:i, s:i}", "courseid", (json_int_t)linking->courseids[item],
                   "companyid", (json_int_t)linking->companyids[item], "departmentid", 0, "owned",
                   0, "licensed", 0);
}

static json_t *
link_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "block_iomad_company_admin_assign_courses";
  return ws_write_rows("courses", link_row, items, count, data);
}

/* False for the whole call says that one of the courses is not there; which one is found by asking
 * for each alone. */
static bool
link_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  Linking *linking = data;
  if (json_is_true(result))
    for (guint i = 0; i < count; i++)
      ws_write_settle(&linking->outcomes[items[i]], GATEWAY_DONE, 0);
  else if (json_is_false(result) && count == 1)
    ws_write_refuse(&linking->outcomes[items[0]], GATEWAY_MISSING, "the course is not there");
  else
    return false;
  return true;
}

/* Linked is linked, whoever did it: what is missing is linked again, which is harmless. */
static bool
link_look(const guint *items, guint count, gpointer data, GError **error) {
  Linking *linking = data;
  g_hash_table_remove_all(linking->linked);
  g_array_set_size(linking->companies, 0);
  g_autofree gint64 *companyids = g_new(gint64, count);
  for (guint i = 0; i < count; i++)
    companyids[i] = linking->companyids[items[i]];
  const gint64 *all = linking->companyids;
  linking->companyids = companyids;
  bool ok = read_links(linking, count, error);
  linking->companyids = all;
  for (guint i = 0; ok && i < count; i++)
    if (is_linked(linking, items[i]))
      ws_write_settle(&linking->outcomes[items[i]], GATEWAY_DONE, 0);
  return ok;
}

static bool
link_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Linking *linking = data;
  (void)error;
  bool missing = ws_failure_missing(failure->errorcode);
  ws_write_refuse(&linking->outcomes[item], missing ? GATEWAY_MISSING : GATEWAY_INVALID, "%s",
                  missing ? "the company is not there" : failure->message);
  return true;
}

bool
ws_course_link(Gateway *gateway, const gint64 *courseids, const gint64 *companyids, guint count,
               GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = LINK_COURSES,
                                 .arguments = link_arguments,
                                 .accept = link_accept,
                                 .look = link_look,
                                 .explain = link_explain };
  g_autoptr(GArray) companies = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GHashTable) linked = ws_ask_set();
  Linking linking = { (Webservice *)gateway, courseids, companyids, outcomes, companies, linked };
  if (!read_links(&linking, count, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (courseids[i] <= WS_SITE_COURSE)
      ws_write_refuse(&outcomes[i], GATEWAY_MISSING, "the front page is no course");
    else if (is_linked(&linking, i))
      ws_write_settle(&outcomes[i], GATEWAY_ALREADY, 0);
  return ws_write(linking.moodle, &write, count, outcomes, &linking, error);
}
