/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/gateway.h"

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
