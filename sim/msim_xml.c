/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_xml.h"

#define PROLOGUE "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"

/* htmlspecialchars(…, ENT_COMPAT). */
static void
append_escaped(GString *out, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '&')
      g_string_append(out, "&amp;");
    else if (*text == '<')
      g_string_append(out, "&lt;");
    else if (*text == '>')
      g_string_append(out, "&gt;");
    else if (*text == '"')
      g_string_append(out, "&quot;");
    else
      g_string_append_c(out, *text);
  }
}

static void append(GString *out, const json_t *value);

static void
append_list(GString *out, const json_t *list) {
  gsize index;
  const json_t *value;
  g_string_append(out, "<MULTIPLE>\n");
  json_array_foreach(list, index, value) append(out, value);
  g_string_append(out, "</MULTIPLE>\n");
}

static void
append_structure(GString *out, const json_t *structure) {
  const char *key;
  json_t *value;
  g_string_append(out, "<SINGLE>\n");
  json_object_foreach((json_t *)structure, key, value) {
    g_string_append_printf(out, "<KEY name=\"%s\">", key);
    append(out, value);
    g_string_append(out, "</KEY>\n");
  }
  g_string_append(out, "</SINGLE>\n");
}

static void
append(GString *out, const json_t *value) {
  if (json_is_array(value)) {
    append_list(out, value);
  } else if (json_is_object(value)) {
    append_structure(out, value);
  } else if (json_is_null(value)) {
    g_string_append(out, "<VALUE null=\"null\"/>\n");
  } else {
    g_string_append(out, "<VALUE>");
    if (json_is_string(value))
      append_escaped(out, json_string_value(value));
    else if (json_is_integer(value))
      g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
      g_string_append_c(out, json_is_true(value) ? '1' : '0');
    g_string_append(out, "</VALUE>\n");
  }
}

void
msim_xml_answer(GString *out, const json_t *answer) {
  g_string_append(out, PROLOGUE "<RESPONSE>\n");
  if (!json_is_null(answer))
    append(out, answer);
  g_string_append(out, "</RESPONSE>\n");
}

void
msim_xml_exception(GString *out, const MsimException *exception) {
  g_string_append_printf(out, PROLOGUE "<EXCEPTION class=\"%s\">\n", exception->exception);
  if (exception->code != NULL) {
    g_string_append(out, "<ERRORCODE>");
    append_escaped(out, exception->code);
    g_string_append(out, "</ERRORCODE>\n");
  }
  g_string_append(out, "<MESSAGE>");
  append_escaped(out, exception->message);
  g_string_append(out, "</MESSAGE>\n</EXCEPTION>\n");
}
