/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/pair.h"

PairSource
pair_source(const Config *config, const ConfigTenant *tenant) {
  if (tenant->certificate == NULL)
    return PAIR_NONE;
  return g_strcmp0(tenant->certificate, config->zms.certificate) == 0 ? PAIR_GENERAL : PAIR_OWN;
}

const char *
pair_source_word(PairSource source) {
  static const char *const words[] = {
    [PAIR_NONE] = "none", [PAIR_GENERAL] = "general", [PAIR_OWN] = "own"
  };
  return words[source];
}

char *
pair_days_text(gint days) {
  if (days < 0)
    return g_strdup("expired");
  return g_strdup_printf("%d %s", days, days == 1 ? "day" : "days");
}
