/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/plan_steps.h"

#include <string.h>

#include "base/text.h"
#include "web/page.h"

bool
plan_steps_has(const WebCall *call, const PlanView *view, const char *course) {
  size_t i, j;
  const json_t *tenant, *line;
  json_array_foreach(json_object_get(view->document, "tenants"), i, tenant) {
    if (!plan_view_sees(call, view, plan_view_text(tenant, "abbr")))
      continue;
    json_array_foreach(json_object_get(tenant, "courses"), j, line) {
      if (strcmp(plan_view_text(line, "shortname"), course) == 0)
        return true;
    }
  }
  return false;
}

static const char *
kind_word(WebLanguage language, const char *kind) {
  static const struct {
    const char *kind, *english, *german;
  } words[] = {
    { "create_course", "create the course", "Kurs anlegen" },
    { "link_course", "link it to its company, copy the content",
      "der Firma zuordnen, Inhalt kopieren" },
    { "create_user", "create an account", "Konto anlegen" },
    { "update_user", "complete the account", "Konto ergänzen" },
    { "enrol", "enrol", "einschreiben" },
    { "create_group", "create a group", "Gruppe anlegen" },
    { "add_member", "put into the group", "in die Gruppe aufnehmen" },
    { "complete", "complete", "abschließen" },
    { "unenrol", "unenrol", "austragen" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].kind, kind) == 0)
      return web_say(language, words[i].english, words[i].german);
  return kind;
}

static const char *
state_word(WebLanguage language, const char *state) {
  static const struct {
    const char *state, *english, *german;
  } words[] = {
    { "planned", "would be done", "würde ausgeführt" },
    { "held", "held by the guard", "durch die Schutzgrenze angehalten" },
    { "unproven", "not done: no proof", "unterbleibt: nicht belegt" },
    { "kept", "not done: called up elsewhere", "unterbleibt: anderswo einberufen" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].state, state) == 0)
      return web_say(language, words[i].english, words[i].german);
  return state;
}

static void
show_person(Html *html, const json_t *step) {
  const char *name = plan_view_text(step, "name"), *id = plan_view_text(step, "person");
  html_open(html, "td", NULL);
  html_text(html, *name != '\0' ? name : id);
  if (*name != '\0' && *id != '\0') {
    html_text(html, " ");
    html_element(html, "small", id, NULL);
  }
  html_close(html, "td");
}

static void
show_step(Html *html, const json_t *step) {
  WebLanguage language = html_language(html);
  const char *group = plan_view_text(step, "group");
  html_open(html, "tr", NULL);
  show_person(html, step);
  html_open(html, "td", NULL);
  html_text(html, kind_word(language, plan_view_text(step, "kind")));
  if (*group != '\0')
    html_format(html, ": %s", group);
  html_close(html, "td");
  page_td(html, plan_view_text(step, "reason"));
  page_td(html, plan_view_text(step, "lehrgang"));
  page_td(html, state_word(language, plan_view_text(step, "state")));
  html_close(html, "tr");
}

static guint
show_steps(const WebCall *call, Html *html, const PlanView *view, const char *course) {
  size_t i;
  guint count = 0;
  const json_t *step;
  page_table_open(html, html_word(html, "Steps of the course", "Schritte des Kurses"), NULL);
  page_th(call, html, html_word(html, "Person", "Person"), NULL, false);
  page_th(call, html, html_word(html, "Step", "Schritt"), NULL, false);
  page_th(call, html, html_word(html, "Status → rule → action", "Status → Regel → Aktion"), NULL,
          false);
  page_th(call, html, "Lehrgang", NULL, false);
  page_th(call, html, html_word(html, "What becomes of it", "Was daraus wird"), NULL, false);
  page_rows(html);
  json_array_foreach(json_object_get(view->document, "steps"), i, step) {
    if (strcmp(plan_view_text(step, "course"), course) == 0 && count++ < PLAN_STEPS_MAX)
      show_step(html, step);
  }
  page_table_close(html);
  return count;
}

/* A plan lists as many steps as a document may hold; of a large one the last kinds are missing. */
static void
show_left_off(Html *html, const PlanView *view, guint count) {
  gint64 off = plan_view_number(view->document, "steps_left_off");
  if (count > PLAN_STEPS_MAX) {
    html_open(html, "p", NULL);
    html_say_format(html, "%u more steps of this course are not shown.",
                    "%u weitere Schritte dieses Kurses werden nicht gezeigt.",
                    count - PLAN_STEPS_MAX);
    html_close(html, "p");
  }
  if (off > 0) {
    html_open(html, "p", NULL);
    html_say_format(html,
                    "The plan is so large that %" G_GINT64_FORMAT
                    " steps of all courses are not listed; the figures count them.",
                    "Der Plan ist so groß, dass %" G_GINT64_FORMAT
                    " Schritte aller Kurse nicht aufgeführt sind; die Zahlen zählen sie mit.",
                    off);
    html_close(html, "p");
  }
}

void
plan_steps_show(const WebCall *call, Html *html, const PlanView *view, const char *course) {
  autochar all = page_link(call, "course", NULL);
  html_element(html, "h2", course, "id", "steps", NULL);
  guint count = show_steps(call, html, view, course);
  if (count == 0)
    html_element(html, "p",
                 html_word(html, "Nothing would change in this course.",
                           "In diesem Kurs würde sich nichts ändern."),
                 NULL);
  show_left_off(html, view, count);
  html_open(html, "p", NULL);
  html_element(html, "a", html_word(html, "All courses", "Alle Kurse"), "href", all, NULL);
  html_close(html, "p");
}
