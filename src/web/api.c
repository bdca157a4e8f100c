/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/api.h"

#include "base/text.h"
#include "service/documents.h"

bool
api_number(WebCall *call, const char *name, gint64 least, gint64 most, gint64 fallback,
           gint64 *number) {
  const char *text = web_fields_get(call->request->query, name);
  *number = fallback;
  if (text == NULL || g_ascii_string_to_signed(text, 10, least, most, number, NULL))
    return true;
  autochar detail = web_say_format(
      call->language,
      "%s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".",
      "%s muss eine ganze Zahl von %" G_GINT64_FORMAT " bis %" G_GINT64_FORMAT " sein.", name,
      least, most);
  web_refuse(call, WEB_REFUSED_BAD, detail);
  return false;
}

bool
api_id(WebCall *call, gint64 *id) {
  if (web_parse_id(call->args[0], id))
    return true;
  web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  return false;
}

json_t *
api_number_or_null(gint64 number) {
  return number == 0 ? json_null() : json_integer(number);
}

json_t *
api_text_or_null(const char *text) {
  return text_empty(text) ? json_null() : json_string(text);
}

json_t *
api_run(const WebCall *call, const StoreRun *run) {
  json_t *document = documents_run(run), *seen = json_array(), *tenant;
  gsize i;
  json_array_foreach(json_object_get(document, "tenants"), i, tenant) {
    if (web_principal_sees(call->who, json_string_value(tenant)))
      json_array_append(seen, tenant);
  }
  json_object_set_new(document, "tenants", seen);
  return document;
}
