/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_param.h"

#include <string.h>

/* ── plain values ── */

static bool
only(const char *text, const char *others) {
  for (; *text != '\0'; text++) {
    if (!g_ascii_isalpha(*text) && strchr(others, *text) == NULL)
      return false;
  }
  return true;
}

#define DIGITS "0123456789"

/* strip_tags() takes everything from a '<' on that no blank follows. */
static bool
has_tags(const char *text) {
  for (const char *open = strchr(text, '<'); open != NULL; open = strchr(open + 1, '<')) {
    if (!g_ascii_isspace(open[1]) && open[1] != '\v')
      return true;
  }
  return false;
}

static bool
is_trimmed(const char *text) {
  static const char blanks[] = " \t\n\r\v";
  gsize length = strlen(text);
  return length == 0 ||
         (strchr(blanks, text[0]) == NULL && strchr(blanks, text[length - 1]) == NULL);
}

static bool
is_username(const char *text) {
  for (; *text != '\0'; text++) {
    if (!g_ascii_islower(*text) && !g_ascii_isdigit(*text) && strchr("-._@", *text) == NULL)
      return false;
  }
  return true;
}

static bool
is_plugin(const char *text) {
  gsize length = strlen(text);
  return length >= 2 && g_ascii_islower(text[0]) && text[length - 1] != '_' &&
         strstr(text, "__") == NULL && strspn(text, "abcdefghijklmnopqrstuvwxyz_" DIGITS) == length;
}

static bool
is_one_of(const char *text, const char *const *words, gsize count) {
  for (gsize i = 0; i < count; i++) {
    if (g_str_equal(text, words[i]))
      return true;
  }
  return false;
}

static bool
is_auth(const char *text) {
  static const char *const plugins[] = { "cas",        "db",      "email",      "iomadoidc",
                                         "iomadsaml2", "ldap",    "lti",        "manual",
                                         "mnet",       "nologin", "none",       "oauth2",
                                         "oidc",       "saml2",   "shibboleth", "webservice" };
  return is_one_of(text, plugins, G_N_ELEMENTS(plugins));
}

static bool
is_lang(const char *text) {
  static const char *const installed[] = { "", "de", "en" };
  return is_one_of(text, installed, G_N_ELEMENTS(installed));
}

/* fix_utf8() also takes out the two code points that are no characters. */
static bool
is_utf8(const char *text, gsize length) {
  return strlen(text) == length && g_utf8_validate(text, (gssize)length, NULL) &&
         strstr(text, "\xef\xbf\xbe") == NULL && strstr(text, "\xef\xbf\xbf") == NULL;
}

gint64
msim_param_to_int(const char *text) {
  return g_ascii_strtoll(text, NULL, 10);
}

static bool
is_int(const char *text) {
  char number[24];
  g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, msim_param_to_int(text));
  return g_str_equal(number, text);
}

bool
msim_param_is_clean(MsimType type, const char *text) {
  switch (type) {
  case MSIM_INT:
    return is_int(text);
  case MSIM_BOOL:
    return g_str_equal(text, "0") || g_str_equal(text, "1");
  case MSIM_RAW:
    return true;
  case MSIM_RAW_TRIMMED:
    return is_trimmed(text);
  case MSIM_TEXT:
  case MSIM_NOTAGS:
    return !has_tags(text);
  case MSIM_USERNAME:
    return is_username(text);
  case MSIM_ALPHA:
    return only(text, "");
  case MSIM_ALPHANUM:
    return only(text, DIGITS);
  case MSIM_ALPHANUMEXT:
  case MSIM_SAFEDIR:
    return only(text, DIGITS "_-");
  case MSIM_SEQUENCE:
    return strspn(text, DIGITS ",") == strlen(text);
  case MSIM_PLUGIN:
    return text[0] == '\0' || is_plugin(text);
  case MSIM_AUTH:
    return text[0] == '\0' || is_auth(text);
  case MSIM_LANG:
    return is_lang(text);
  case MSIM_LIST:
  case MSIM_STRUCT:
    break;
  }
  return false;
}

static json_t *
typed(MsimType type, const char *text) {
  if (type == MSIM_INT)
    return json_integer(msim_param_to_int(text));
  if (type == MSIM_BOOL)
    return json_boolean(text[0] == '1');
  return json_string(text);
}

static json_t *
validate_scalar(MsimType type, const json_t *given) {
  char number[32];
  switch (json_typeof(given)) {
  case JSON_STRING:
    return is_utf8(json_string_value(given), json_string_length(given)) &&
                   msim_param_is_clean(type, json_string_value(given))
               ? typed(type, json_string_value(given))
               : NULL;
  case JSON_INTEGER:
    g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(given));
    return msim_param_is_clean(type, number) ? typed(type, number) : NULL;
  case JSON_TRUE:
    return msim_param_is_clean(type, "1") ? typed(type, "1") : NULL;
  case JSON_FALSE: /* as text it is "", which is no number */
    if (type == MSIM_BOOL)
      return json_false();
    return msim_param_is_clean(type, "") ? typed(type, "") : NULL;
  case JSON_NULL:
    return json_null();
  default:
    return NULL;
  }
}

/* ── lists and structures ── */

static json_t *validate(const MsimParam *param, const json_t *given);

static json_t *
validate_list(const MsimParam *inner, const json_t *given) {
  static const MsimParam nothing = { .type = MSIM_STRUCT };
  MsimParam structure = nothing;
  structure.inner = inner;
  const MsimParam *each = inner->name != NULL ? &structure : inner;
  json_auto_t *list = json_array();
  const char *key;
  json_t *value;
  gsize index;
  if (json_is_object(given)) {
    json_object_foreach((json_t *)given, key, value) {
      if (json_array_append_new(list, validate(each, value)) != 0)
        return NULL;
    }
  } else if (json_is_array(given)) {
    json_array_foreach(given, index, value) {
      if (json_array_append_new(list, validate(each, value)) != 0)
        return NULL;
    }
  } else {
    return NULL;
  }
  return g_steal_pointer(&list);
}

static json_t *
make_initial(const MsimParam *param) {
  if (param->type == MSIM_LIST)
    return json_array();
  if (param->type == MSIM_STRUCT)
    return json_object();
  return param->initial != NULL ? typed(param->type, param->initial) : json_null();
}

json_t *
msim_param_validate(const MsimParam *params, const json_t *given) {
  if (!json_is_object(given) && !(json_is_array(given) && json_array_size(given) == 0))
    return NULL;
  json_auto_t *checked = json_object();
  gsize known = 0;
  for (const MsimParam *param = params; !param->end; param++) {
    json_t *value = json_object_get(given, param->name);
    known += value != NULL;
    if (value == NULL && param->need == MSIM_REQUIRED)
      return NULL;
    if (value == NULL && param->need == MSIM_OPTIONAL)
      continue;
    json_t *clean = value != NULL ? validate(param, value) : make_initial(param);
    if (clean == NULL)
      return NULL;
    json_object_set_new(checked, param->name, clean);
  }
  return json_object_size(given) == known ? g_steal_pointer(&checked) : NULL;
}

static json_t *
validate(const MsimParam *param, const json_t *given) {
  if (param->type == MSIM_LIST)
    return validate_list(param->inner, given);
  if (param->type == MSIM_STRUCT)
    return msim_param_validate(param->inner, given);
  return validate_scalar(param->type, given);
}
