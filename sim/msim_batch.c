/* tool_mobile_call_external_functions: several calls in one request, up to the first that throws.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "msim_function.h"

static const MsimParam request[] = {
  { "function", MSIM_ALPHANUMEXT },
  { "arguments", MSIM_RAW, MSIM_DEFAULT, "{}" },
  { "settingraw", MSIM_BOOL, MSIM_DEFAULT, "0" },
  { "settingfilter", MSIM_BOOL, MSIM_DEFAULT, "0" },
  { "settingfileurl", MSIM_BOOL, MSIM_DEFAULT, "1" },
  { "settinglang", MSIM_LANG, MSIM_DEFAULT, "" },
  MSIM_END,
};
static const MsimParam params[] = { { "requests", MSIM_LIST, .inner = request }, MSIM_END };

/* json_encode() of what comes out, as text. */
static json_t *
encode(const json_t *value) {
  char *text =
      json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
  json_t *encoded = json_string(text);
  free(text);
  return encoded;
}

static json_t *
describe(const MsimCall *call, const MsimException *thrown) {
  const char *code = thrown->code != NULL ? thrown->code : "generalexceptionmessage";
  g_autofree char *link = g_strconcat(call->site->url, "/", NULL);
  g_autofree char *more = g_strconcat("https://docs.moodle.org/402/en/error/moodle/", code, NULL);
  json_auto_t *document = json_pack("{s:s, s:s, s:s, s:s}", "message", thrown->message, "errorcode",
                                    code, "link", link, "moreinfourl", more);
  return encode(document);
}

static json_t *
refuse(void) {
  json_auto_t *document =
      json_pack("{s:s, s:s}", "errorcode", "accessexception", "module", "webservice");
  return encode(document);
}

/* What cannot be decoded, or is no array, is none. */
static json_t *
read_arguments(const char *text) {
  json_t *arguments = text != NULL ? json_loads(text, 0, NULL) : NULL;
  if (json_is_object(arguments) || json_is_array(arguments))
    return arguments;
  json_decref(arguments);
  return json_object();
}

static json_t *
answer_one(MsimCall *call, const json_t *one) {
  const MsimFunction *function =
      g_hash_table_lookup(call->site->functions, msim_text(one, "function"));
  json_t *response = json_object();
  if (function == NULL) {
    json_object_set_new(response, "error", json_true());
    json_object_set_new(response, "exception", refuse());
    return response;
  }
  json_auto_t *arguments = read_arguments(msim_text(one, "arguments"));
  MsimException thrown = { 0 };
  json_auto_t *answer =
      call->inner(call, function, arguments, msim_int(one, "settingraw", 0) != 0, &thrown);
  json_object_set_new(response, "error", json_boolean(answer == NULL));
  if (answer == NULL)
    json_object_set_new(response, "exception", describe(call, &thrown));
  else
    json_object_set_new(response, "data", json_is_null(answer) ? json_null() : encode(answer));
  msim_exception_clear(&thrown);
  return response;
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_t *responses = json_array();
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "requests"), index, one) {
    json_t *response = answer_one(call, one);
    json_array_append_new(responses, response);
    if (json_is_true(json_object_get(response, "error")))
      break;
  }
  return json_pack("{s:o}", "responses", responses);
}

const MsimFunction msim_batch = {
  .name = "tool_mobile_call_external_functions",
  .params = params,
  .run = run,
};
