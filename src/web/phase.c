/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/phase.h"

#include <string.h>

#include "base/text.h"

const char *
phase_word(WebLanguage language, const char *phase) {
  static const struct {
    const char *phase, *english, *german;
  } words[] = {
    { "companies", "looks up the companies in Moodle", "sieht die Firmen in Moodle nach" },
    { "fetch", "reads Lehrgänge and Teilnehmer from ZMS",
      "liest Lehrgänge und Teilnehmer aus dem ZMS" },
    { "read", "reads courses and people from Moodle", "liest Kurse und Personen aus Moodle" },
    { "plan", "works out what is to be done", "stellt fest, was zu tun ist" },
    { "apply", "writes to Moodle", "schreibt nach Moodle" },
    { "content", "copies course contents", "kopiert Kursinhalte" },
    { "ask Moodle", "asks Moodle", "fragt Moodle" },
    { "ask ZMS", "asks ZMS for each tenant", "fragt das ZMS für jeden Mandanten" },
    { "ask the mail server", "asks the mail server", "fragt den Mailserver" },
    { "look for courses", "looks for the courses of the Lehrgänge",
      "sucht die Kurse der Lehrgänge" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].phase, phase) == 0)
      return web_say(language, words[i].english, words[i].german);
  return web_say(language, "begins", "beginnt");
}

void
phase_show(Html *html, const char *phase, gint64 done, gint64 total) {
  WebLanguage language = html_language(html);
  autochar amount = g_strdup_printf("%" G_GINT64_FORMAT, MIN(done, total));
  autochar whole = g_strdup_printf("%" G_GINT64_FORMAT, total);
  html_open(html, "p", NULL);
  html_text(html, phase_word(language, phase));
  if (total > 0) {
    autochar left = web_number(language, done);
    autochar right = web_number(language, total);
    html_say_format(html, ": %s of %s", ": %s von %s", left, right);
  }
  html_close(html, "p");
  html_open(html, "progress", "max", total > 0 ? whole : NULL, "value", total > 0 ? amount : NULL,
            "aria-label", phase_word(language, phase), NULL);
  html_close(html, "progress");
}
