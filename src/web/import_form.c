/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/import_form.h"

#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/text.h"
#include "scheduler/import.h"
#include "web/page.h"

#define ONCE_BYTES 16

void
import_form_clear(ImportForm *form) {
  g_strfreev(form->tenants);
  g_free(form->once);
  g_free(form->year_error);
  g_free(form->tenants_error);
  *form = (ImportForm){ 0 };
}

static char *
new_once(void) {
  guint8 bytes[ONCE_BYTES];
  g_assert(getentropy(bytes, sizeof bytes) == 0);
  GString *once = g_string_new(NULL);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf(once, "%02x", bytes[i]);
  return g_string_free(once, FALSE);
}

static bool
is_once(const char *text) {
  return strlen(text) == 2 * ONCE_BYTES && strspn(text, "0123456789abcdef") == 2 * ONCE_BYTES;
}

static gint
this_year(const WebCall *call) {
  return date_year_at(call->now, call->config->moodle.timezone);
}

GPtrArray *
import_form_choices(const WebCall *call) {
  GPtrArray *choices = g_ptr_array_new();
  for (guint i = 0; i < call->config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(call->config->tenants, i);
    if (!text_empty(tenant->apikey) && web_principal_sees(call->who, tenant->abbr))
      g_ptr_array_add(choices, (gpointer)tenant);
  }
  return choices;
}

/* Those of `wanted` among the choices, in configured order; NULL `wanted`: all of them. */
static char **
chosen(const WebCall *call, const char *const *wanted) {
  g_autoptr(GPtrArray) choices = import_form_choices(call);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  for (guint i = 0; i < choices->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(choices, i);
    if (wanted == NULL || g_strv_contains(wanted, tenant->abbr))
      g_strv_builder_add(builder, tenant->abbr);
  }
  return g_strv_builder_end(builder);
}

/* Those that a link names, so that it leads to a form already filled in; NULL: none of them. */
static char **
chosen_by_link(const WebCall *call) {
  g_autofree const char **wanted = web_fields_all(call->request->query, "tenant");
  char **tenants = chosen(call, wanted);
  if (*tenants == NULL)
    g_clear_pointer(&tenants, g_strfreev);
  return tenants;
}

void
import_form_init(ImportForm *form, const WebCall *call) {
  gint64 year;
  *form = (ImportForm){ .year = this_year(call), .once = new_once() };
  if (web_parse_id(web_query(call, "year"), &year) && year >= IMPORT_FIRST_YEAR &&
      year <= form->year + 1)
    form->year = (gint)year;
  form->tenants = chosen_by_link(call);
  if (form->tenants == NULL && !web_principal_sees_all(call->who))
    form->tenants = chosen(call, NULL);
}

/* ── reading ── */

static void
read_year(ImportForm *form, const WebCall *call) {
  gint64 year = 0;
  gint last = this_year(call) + 1;
  if (web_parse_id(web_form(call, "year"), &year) && year >= IMPORT_FIRST_YEAR && year <= last)
    form->year = (gint)year;
  else
    form->year_error =
        web_say_format(call->language, "Choose a year from %d to %d.",
                       "Wählen Sie ein Jahr von %d bis %d.", IMPORT_FIRST_YEAR, last);
}

/* The same for one that does not exist and one that is somebody else's. */
static char *
unknown_tenant(const WebCall *call, const char *const *wanted) {
  for (; *wanted != NULL; wanted++) {
    const ConfigTenant *tenant = config_tenant(call->config, *wanted);
    if (tenant == NULL || text_empty(tenant->apikey) || !web_principal_sees(call->who, *wanted))
      return web_say_format(call->language, "“%s” is no tenant that you can import.",
                            "„%s“ ist kein Mandant, den Sie importieren können.", *wanted);
  }
  return NULL;
}

static void
read_tenants(ImportForm *form, const WebCall *call) {
  g_autofree const char **wanted = web_fields_all(call->request->form, "tenant");
  bool all = web_principal_sees_all(call->who) && strcmp(web_form(call, "scope"), "some") != 0;
  form->tenants_error = unknown_tenant(call, wanted);
  if (!all || wanted[0] != NULL)
    form->tenants = chosen(call, wanted);
  if (form->tenants_error != NULL)
    return;
  if (all && wanted[0] != NULL)
    form->tenants_error =
        g_strdup(web_say(call->language, "Choose all tenants or single ones, not both.",
                         "Wählen Sie alle Mandanten oder einzelne, nicht beides."));
  else if (!all && wanted[0] == NULL)
    form->tenants_error = g_strdup(web_say(call->language, "Choose at least one tenant.",
                                           "Wählen Sie mindestens einen Mandanten."));
}

bool
import_form_read(ImportForm *form, const WebCall *call, bool *role) {
  *form = (ImportForm){ .year = this_year(call) };
  *role = false;
  form->once = is_once(web_form(call, "once")) ? g_strdup(web_form(call, "once")) : new_once();
  form->allow_removals = strcmp(web_form(call, "allow_removals"), "1") == 0;
  *role = form->allow_removals && call->who->role < ROLE_ADMIN;
  read_year(form, call);
  read_tenants(form, call);
  return !*role && form->year_error == NULL && form->tenants_error == NULL;
}

/* ── showing ── */

static void
show_error(Html *html, const char *id, const char *error) {
  if (error != NULL)
    html_element(html, "small", error, "id", id, "class", "error", "role", "alert", NULL);
}

static void
show_years(const WebCall *call, Html *html, const ImportForm *form) {
  html_open(html, "p", "class", "field", NULL);
  html_element(html, "label", html_word(html, "Year", "Jahr"), "for", "year", NULL);
  html_open(html, "select", "id", "year", "name", "year", "aria-invalid",
            form->year_error != NULL ? "true" : NULL, "aria-describedby",
            form->year_error != NULL ? "year-error" : NULL, NULL);
  for (gint year = this_year(call) + 1; year >= IMPORT_FIRST_YEAR; year--) {
    autochar text = g_strdup_printf("%d", year);
    html_element(html, "option", text, "value", text, "selected",
                 year == form->year ? html_yes : NULL, NULL);
  }
  html_close(html, "select");
  show_error(html, "year-error", form->year_error);
  html_close(html, "p");
}

static void
show_box(Html *html, const char *type, const char *name, const char *value, bool on,
         const char *text) {
  html_open(html, "label", NULL);
  html_open(html, "input", "type", type, "name", name, "value", value, "checked",
            on ? html_yes : NULL, NULL);
  html_text(html, text);
  html_close(html, "label");
}

static void
show_choices(const WebCall *call, Html *html, const ImportForm *form) {
  g_autoptr(GPtrArray) choices = import_form_choices(call);
  html_open(html, "ul", "class", "choices", NULL);
  for (guint i = 0; i < choices->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(choices, i);
    autochar text = g_strdup_printf("%s – %s", tenant->abbr, tenant->name);
    bool on =
        form->tenants != NULL && g_strv_contains((const char *const *)form->tenants, tenant->abbr);
    html_open(html, "li", NULL);
    show_box(html, "checkbox", "tenant", tenant->abbr, on, text);
    html_close(html, "li");
  }
  html_close(html, "ul");
}

static void
show_tenants(const WebCall *call, Html *html, const ImportForm *form) {
  bool wrong = form->tenants_error != NULL, all = form->tenants == NULL;
  html_open(html, "fieldset", "aria-describedby", wrong ? "tenants-error" : NULL, NULL);
  html_element(html, "legend", html_word(html, "Tenants", "Mandanten"), NULL);
  if (web_principal_sees_all(call->who)) {
    show_box(html, "radio", "scope", "all", all, html_word(html, "all", "alle"));
    html_text(html, " ");
    show_box(html, "radio", "scope", "some", !all, html_word(html, "only these:", "nur diese:"));
  }
  show_choices(call, html, form);
  show_error(html, "tenants-error", form->tenants_error);
  html_close(html, "fieldset");
}

static void
show_removals(const WebCall *call, Html *html, const ImportForm *form) {
  if (call->who->role < ROLE_ADMIN)
    return;
  html_open(html, "p", "class", "field", NULL);
  show_box(html, "checkbox", "allow_removals", "1", form->allow_removals,
           html_word(html, "allow removals beyond the guard",
                     "Austragungen über die Schutzgrenze hinaus zulassen"));
  html_open(html, "small", NULL);
  html_say_format(
      html,
      "Normally, when more than %d people and more than %d %% of a company's enrolled people would "
      "be unenrolled at once, those removals are held. Look at the preview before you overrule "
      "that.",
      "Sonst werden Austragungen angehalten, wenn auf einmal mehr als %d Personen und mehr als "
      "%d %% der Eingeschriebenen einer Firma ausgetragen würden. Sehen Sie sich die Vorschau an, "
      "bevor Sie das aufheben.",
      call->config->guard.floor, call->config->guard.percent);
  html_close(html, "small");
  html_close(html, "p");
}

static void
show_hidden(Html *html, const char *name, const char *value) {
  html_open(html, "input", "type", "hidden", "name", name, "value", value, NULL);
}

void
import_form_show(WebCall *call, Html *html, const ImportForm *form, bool queue) {
  page_form_open(call, html, "/import", NULL);
  show_hidden(html, "once", form->once);
  show_years(call, html, form);
  show_tenants(call, html, form);
  show_removals(call, html, form);
  html_open(html, "p", "class", "actions", NULL);
  page_button(html, html_word(html, "Preview", "Vorschau"), "action", "preview", "primary");
  page_button(html,
              queue ? html_word(html, "Queue", "Einreihen") : html_word(html, "Start", "Starten"),
              "action", "start", NULL);
  html_close(html, "p");
  html_close(html, "form");
}

void
import_form_show_start(WebCall *call, Html *html, const ImportForm *form) {
  autochar year = g_strdup_printf("%d", form->year);
  page_form_open(call, html, "/import", NULL);
  show_hidden(html, "once", form->once);
  show_hidden(html, "year", year);
  show_hidden(html, "scope", form->tenants == NULL ? "all" : "some");
  for (char **tenant = form->tenants; tenant != NULL && *tenant != NULL; tenant++)
    show_hidden(html, "tenant", *tenant);
  show_removals(call, html, form);
  html_open(html, "p", "class", "actions", NULL);
  page_button(html, html_word(html, "Start this import", "Diesen Import starten"), "action",
              "start", "primary");
  html_close(html, "p");
  html_close(html, "form");
}

char *
import_form_subject(const ImportForm *form) {
  autochar tenants = form->tenants != NULL ? g_strjoinv(",", form->tenants) : g_strdup("all");
  return g_strdup_printf("%d %s", form->year, tenants);
}

char *
import_form_tenants_text(const WebCall *call, char *const *tenants) {
  if (tenants == NULL || *tenants == NULL)
    return g_strdup(web_say(call->language, "all", "alle"));
  GString *text = g_string_new(NULL);
  for (; *tenants != NULL; tenants++)
    if (web_principal_sees(call->who, *tenants))
      g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", *tenants);
  return g_string_free(text, FALSE);
}
