/* Moodle's search for companies finds parts of texts, so all are listed once and compared here.
 * IOMAD names a company's course category after it, at the top level, and does not tell its id.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"

typedef struct {
  GatewayCompany *companies;
  guint count;
  guint *asked; /* which company question i is about */
} Looking;

static json_t *
ask_companies(guint index, const char **function, gpointer data) {
  (void)index;
  (void)data;
  *function = "block_iomad_company_admin_get_companies";
  return json_pack("{s:[{s:s, s:s}]}", "criteria", "key", "name", "value", "");
}

static bool
take_companies(guint index, const json_t *result, gpointer data) {
  (void)index;
  Looking *looking = data;
  const json_t *all = json_object_get(result, "companies"), *is;
  size_t i;
  if (!json_is_array(all))
    return false;
  json_array_foreach(all, i, is) {
    for (guint c = 0; c < looking->count; c++) {
      GatewayCompany *company = &looking->companies[c];
      if (company->id == 0 && strcmp(company->code, ws_ask_text(is, "code")) == 0 &&
          strcmp(company->name, ws_ask_text(is, "name")) == 0)
        company->id = ws_ask_number(is, "id");
    }
  }
  return true;
}

static json_t *
ask_category(guint index, const char **function, gpointer data) {
  const Looking *looking = data;
  *function = "core_course_get_categories";
  return json_pack("{s:[{s:s, s:s}], s:i}", "criteria", "key", "name", "value",
                   looking->companies[looking->asked[index]].name, "addsubcategories", 0);
}

static bool
take_category(guint index, const json_t *result, gpointer data) {
  Looking *looking = data;
  GatewayCompany *company = &looking->companies[looking->asked[index]];
  const json_t *is;
  size_t i;
  guint hits = 0;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, is) {
    if (ws_ask_number(is, "parent") != 0 || strcmp(ws_ask_text(is, "name"), company->name) != 0)
      continue;
    company->category = ws_ask_number(is, "id");
    hits++;
  }
  /* Two of one name: which is the company's is not ours to guess. */
  if (hits != 1)
    company->category = 0;
  return true;
}

bool
ws_company_find(Gateway *gateway, GatewayCompany *companies, guint count, GError **error) {
  Webservice *moodle = (Webservice *)gateway;
  g_autofree guint *asked = g_new(guint, count + 1);
  Looking looking = { .companies = companies, .count = count, .asked = asked };
  WsQuestions all = { .count = 1, .arguments = ask_companies, .result = take_companies };
  WsQuestions categories = { .arguments = ask_category, .result = take_category };
  for (guint i = 0; i < count; i++)
    companies[i].id = 0;
  if (count == 0 || !ws_ask(moodle, &all, &looking, error))
    return count == 0;
  for (guint i = 0; i < count; i++) {
    if (companies[i].id == 0)
      companies[i].category = 0;
    else if (companies[i].category == 0)
      asked[categories.count++] = i;
  }
  return ws_ask(moodle, &categories, &looking, error);
}
