/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/gateway.h"

#include <string.h>

G_DEFINE_QUARK(gateway_error_quark, gateway_error)

void
gateway_outcomes_clear(GatewayOutcome *outcomes, guint count) {
  for (guint i = 0; i < count; i++) {
    g_free(outcomes[i].message);
    outcomes[i] = (GatewayOutcome){ GATEWAY_UNKNOWN, 0, NULL };
  }
}

void
gateway_course_settings_clear(GatewayCourseSettings *settings) {
  g_free(settings->summary);
  g_free(settings->format);
  g_free(settings->lang);
  *settings = (GatewayCourseSettings){ 0 };
}

void
gateway_free(Gateway *gateway) {
  if (gateway != NULL)
    gateway->class->free(gateway);
}

static bool
is_one_line(const char *text) {
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl(*text))
      return false;
  return true;
}

static bool
is_blank(const char *text) {
  return text[strspn(text, " \t\r\n")] == '\0';
}

const char *
gateway_message_fault(const GatewayMessage *message) {
  const char *subject = message->subject, *text = message->text;
  if (!g_utf8_validate(subject, -1, NULL) || !g_utf8_validate(text, -1, NULL))
    return "subject or text is not UTF-8";
  if (is_blank(subject) || is_blank(text))
    return "subject or text is empty";
  if (!is_one_line(subject) || strlen(subject) > GATEWAY_MAX_SUBJECT)
    return "the subject is not one line of at most " G_STRINGIFY(GATEWAY_MAX_SUBJECT) " bytes";
  if (strlen(text) > GATEWAY_MAX_MESSAGE)
    return "the text is longer than " G_STRINGIFY(GATEWAY_MAX_MESSAGE) " bytes";
  return NULL;
}

const char *
gateway_code_word(GatewayCode code) {
  switch (code) {
  case GATEWAY_DONE:
    return "done";
  case GATEWAY_ALREADY:
    return "already so";
  case GATEWAY_TAKEN_USERNAME:
    return "username taken";
  case GATEWAY_TAKEN_EMAIL:
    return "e-mail taken";
  case GATEWAY_TAKEN_SHORTNAME:
    return "short name taken";
  case GATEWAY_TAKEN_IDNUMBER:
    return "idnumber taken";
  case GATEWAY_INVALID:
    return "refused";
  case GATEWAY_MISSING:
    return "missing";
  case GATEWAY_UNKNOWN:
    break;
  }
  return "unknown";
}
