/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "checkup/checkup_private.h"
#include "service/open.h"

static void
on_note(GatewayNoteLevel level, const char *message, const char *remedy, gpointer data) {
  Checkup *checkup = data;
  if (level == GATEWAY_NOTE_OK)
    g_ptr_array_add(checkup->moodle_notes, text_redact(message));
  else
    checkup_add(checkup, CHECKUP_MOODLE,
                level == GATEWAY_NOTE_ERROR ? CHECKUP_ERROR : CHECKUP_WARNING, NULL, message,
                remedy);
}

static void
note_company(Checkup *checkup, CheckupTenant *tenant, const GatewayCompany *company) {
  const char *abbr = tenant->tenant->abbr, *name = tenant->tenant->name;
  tenant->company_read = true;
  tenant->company = company->id != 0;
  tenant->category = company->category;
  if (!tenant->configured || company->category != 0)
    return;
  if (!tenant->company) {
    autochar message = g_strdup_printf(
        "Moodle has no company of name “%s” and code “%s”, so all its Lehrgänge would be skipped",
        name, abbr);
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, abbr, message,
                "Make the company in Moodle, or correct name and code there or here.");
    return;
  }
  autochar message = g_strdup_printf(
      "Moodle has no top-level course category “%s”, or more than one, so no course can be made "
      "for its company",
      name);
  autochar remedy = g_strdup_printf(
      "Set category in [tenant %s] to the id of the company's course category.", abbr);
  checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, abbr, message, remedy);
}

/* The central company when it is not a tenant's as well. */
static void
note_central(Checkup *checkup, const GatewayCompany *company) {
  const Config *config = checkup->config;
  if (company->id == 0) {
    autochar message = g_strdup_printf(
        "Moodle has no central company of name “%s” and code “%s”, so Lehrgänge at its places go "
        "to the tenants' companies",
        config->central.name, config->central.code);
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_WARNING, NULL, message,
                "Make the company in Moodle, or correct [central].");
  } else if (company->category == 0) {
    autochar message = g_strdup_printf(
        "Moodle has no top-level course category “%s”, or more than one, so no course can be made "
        "for the central company",
        company->name);
    autochar remedy = g_strdup_printf("Write a group [tenant %s] with name=%s and category=, the "
                                      "id of the company's course category.",
                                      company->code, company->name);
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, NULL, message, remedy);
  }
}

static void
note_companies(const Looking *looking) {
  Checkup *checkup = looking->checkup;
  const Courses *courses = looking->courses;
  for (guint i = 0; i < checkup->tenants->len; i++)
    note_company(checkup, checkup_tenant_at(checkup, i), &courses->companies[i]);
  if (courses->central == checkup->tenants->len)
    note_central(checkup, &courses->companies[courses->central]);
}

/* Why nobody can be told anything; NULL when all is well. Rights cannot be read, but a message to
 * nobody, which sends none, is refused where one lacks. */
static char *
find_why_not(Gateway *gateway) {
  const GatewayMessage nobody = { 0, "lehrgaenge check", "lehrgaenge check" };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  char *why = NULL;
  if (!gateway->class->can_message(gateway, &why))
    return why;
  if (!gateway->class->message(gateway, &nobody, 1, &outcome, &error))
    why = g_strdup(error->message);
  gateway_outcomes_clear(&outcome, 1);
  return why;
}

static void
look_at_notifications(const Looking *looking) {
  if (!looking->checkup->config->notify.moodle_message)
    return;
  autochar why = find_why_not(looking->gateway);
  if (why == NULL) {
    g_ptr_array_add(looking->checkup->moodle_notes, g_strdup("notifications can be sent"));
    return;
  }
  autochar message = g_strdup_printf("who starts an import cannot be told in Moodle: %s", why);
  checkup_add(looking->checkup, CHECKUP_MOODLE, CHECKUP_WARNING, NULL, message,
              "Or set moodle-message=no in [notify].");
}

void
checkup_moodle_look(Looking *looking) {
  Checkup *checkup = looking->checkup;
  g_autoptr(GError) error = NULL;
  checkup_tell(looking, "ask Moodle", 0, 0);
  looking->gateway = open_gateway(checkup->config, looking->clock, looking->stop,
                                  OPEN_TRACE | OPEN_LENIENT, &error);
  if (looking->gateway == NULL) {
    bool site = strcmp(checkup->config->moodle.backend, "webservice") == 0;
    checkup_set_text(checkup, CHECKUP_MOODLE, "%s, cannot be opened",
                     site ? checkup->config->moodle.url : checkup->config->moodle.path);
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, NULL, error->message, "");
    return;
  }
  const GatewayClass *class = looking->gateway->class;
  checkup_set_text(checkup, CHECKUP_MOODLE, "%s", class->describe(looking->gateway));
  if (class->inspect(looking->gateway, on_note, checkup, &error)) {
    look_at_notifications(looking);
    looking->courses = courses_new(checkup->config, looking->gateway, &error);
    if (looking->courses == NULL)
      g_prefix_error(&error, "the companies cannot be looked up: ");
  }
  if (looking->courses != NULL)
    note_companies(looking);
  else
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, NULL, error->message, "");
}
