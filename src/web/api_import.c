/* /api/v1/imports: an import is asked for as by the page's form, and looked at.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/email.h"
#include "base/jsonget.h"
#include "base/text.h"
#include "service/documents.h"
#include "web/api.h"
#include "web/import_state.h"

/* ── how one stands ── */

static const char *
state_word(const ImportState *state) {
  return store_task_state_word(state->task != NULL ? state->task->state : TASK_DONE);
}

/* Names of tenants that are somebody else's are left out. */
static json_t *
tenants_document(const WebCall *call, char *const *tenants) {
  json_t *list = json_array();
  for (; tenants != NULL && *tenants != NULL; tenants++)
    if (web_principal_sees(call->who, *tenants))
      json_array_append_new(list, json_string(*tenants));
  return list;
}

static json_t *
state_document(const WebCall *call, gint64 id, const ImportState *state) {
  const StoreRun *run = state->run;
  g_auto(GStrv) tenants = import_state_tenants(state);
  bool whole = web_principal_may_start(call->who, (const char *const *)tenants);
  json_t *document = json_object();
  json_object_set_new(document, "task", json_integer(id));
  json_object_set_new(document, "state", json_string(state_word(state)));
  json_object_set_new(document, "year",
                      json_integer(run != NULL ? run->year : state->request.year));
  json_object_set_new(document, "tenants", tenants_document(call, tenants));
  json_object_set_new(document, "starter",
                      json_string(run != NULL ? run->triggeredby : state->request.starter));
  json_object_set_new(document, "error",
                      state->task != NULL && whole ? api_text_or_null(state->task->error)
                                                   : json_null());
  json_object_set_new(document, "run", run == NULL ? json_null() : api_run(call, run));
  return document;
}

static bool
answer_state(WebCall *call, gint64 id, guint status, GError **error) {
  g_auto(ImportState) state = { 0 };
  bool seen;
  if (!import_state_read(call, id, &state, &seen, error))
    return false;
  if (!seen)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  web_answer_json(call->answer, status, state_document(call, id, &state));
  return true;
}

static bool
show_import(WebCall *call, GError **error) {
  gint64 id;
  return !api_id(call, &id) || answer_state(call, id, 200, error);
}

/* ── asking for one ── */

/* A JSON document as the form that the page would have sent. False: something in it is of the wrong
 * kind; *key is what. */
static bool
to_form(const json_t *wish, WebFields *form, const char **key) {
  json_t *value, *tenant;
  gsize i;
  json_object_foreach((json_t *)wish, *key, value) {
    if (strcmp(*key, "year") == 0 && json_is_integer(value)) {
      autochar year = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
      web_fields_add(form, "year", year);
    } else if (strcmp(*key, "tenants") == 0 && json_is_array(value)) {
      web_fields_add(form, "scope", "some");
      json_array_foreach(value, i, tenant) {
        if (!json_is_string(tenant) || !web_fields_add(form, "tenant", json_string_value(tenant)))
          return false;
      }
    } else if (strcmp(*key, "allow_removals") == 0 && json_is_boolean(value)) {
      web_fields_add(form, "allow_removals", json_is_true(value) ? "1" : "");
    } else if (strcmp(*key, "notify") != 0 || !json_is_string(value) ||
               !email_is_possible(json_string_value(value))) {
      return false;
    }
  }
  *key = NULL;
  return true;
}

static bool
refuse_key(WebCall *call, const char *key) {
  autochar shown = text_display(key, -1, 40);
  autochar detail = web_say_format(
      call->language, "“%s” is not known, or its value is not of the kind it must be.",
      "„%s“ ist nicht bekannt, oder der Wert ist nicht von der Art, die es sein muss.", shown);
  return web_refuse(call, WEB_REFUSED_BAD, detail);
}

/* Bound to tenants, all of them are meant where none are named only by who is bound to none. */
static bool
queue(WebCall *call, const json_t *wish, GError **error) {
  g_autoptr(WebFields) fields = web_fields_new();
  g_auto(ImportForm) form = { 0 };
  const char *key, *email = json_string_value(json_object_get(wish, "notify"));
  gint64 id;
  bool role;
  if (!to_form(wish, fields, &key))
    return refuse_key(call, key);
  WebRequest request = *call->request;
  request.form = fields;
  WebCall asked = *call;
  asked.request = &request;
  if (!import_form_read(&form, &asked, &role)) {
    if (role)
      return web_refuse(call, WEB_REFUSED_ROLE, NULL);
    return web_refuse(call, WEB_REFUSED_BAD,
                      form.year_error != NULL ? form.year_error : form.tenants_error);
  }
  if (!import_state_queue(call, &form, email != NULL ? email : "", &id, error))
    return false;
  autochar path = g_strdup_printf("/api/v1/imports/%" G_GINT64_FORMAT, id);
  web_answer_header(call->answer, "Location", path);
  return answer_state(call, id, 202, error);
}

static bool
start_import(WebCall *call, GError **error) {
  g_autoptr(GError) why = NULL;
  const WebRequest *request = call->request;
  json_auto_t *wish =
      request->body_length == 0 ? NULL : jsonget_parse(request->body, request->body_length, &why);
  if (json_is_object(wish))
    return queue(call, wish, error);
  autochar detail = web_say_format(call->language, "The body must be a JSON object%s%s.",
                                   "Der Inhalt muss ein JSON-Objekt sein%s%s.",
                                   why != NULL ? ": " : "", why != NULL ? why->message : "");
  return web_refuse(call, WEB_REFUSED_BAD, detail);
}

const WebRoute web_api_import_routes[] = {
  { WEB_POST, "/api/v1/imports", ROLE_OPERATOR, 0, start_import },
  { WEB_GET, "/api/v1/imports/{id}", ROLE_VIEWER, 0, show_import },
  { 0 },
};
