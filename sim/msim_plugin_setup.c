/* The companion plugin's look at the caller's rights and the site's settings. Which capabilities
 * somebody has is nothing an embedded Moodle knows: what is missing is as the options say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

/* Moodle keeps the last one with the settings of plugins, of which an embedded Moodle has no table.
 */
static const char settings[] =
    "SELECT max(CASE WHEN name = 'allowaccountssameemail' THEN value <> '0' END) shared,"
    " coalesce(max(CASE WHEN name = 'timezone' THEN value END), 'Europe/Berlin') timezone,"
    " max(CASE WHEN name = 'siteadmins'"
    "     THEN instr(',' || value || ',', ',' || ? || ',') > 0 END) admin,"
    " max(CASE WHEN name = 'sendcoursewelcomemessage' THEN value <> '0' END) welcome"
    " FROM mdl_config";

static const MsimParam params[] = { MSIM_END };

static json_t *
list_words(char *const *words) {
  json_t *list = json_array();
  for (; words != NULL && *words != NULL; words++)
    json_array_append_new(list, json_string(*words));
  return list;
}

static bool
may_assign(const MsimSite *site, const json_t *role) {
  if (site->assignable != NULL)
    return g_strv_contains((const char *const *)site->assignable, msim_text(role, "shortname"));
  return msim_int(role, "id", 0) == site->student_role;
}

static json_t *
list_roles(MsimCall *call, bool admin) {
  json_auto_t *all = msim_rows(call,
                               "SELECT id, shortname FROM mdl_role"
                               " WHERE archetype NOT IN ('coursecreator', 'guest', 'user',"
                               " 'frontpage') ORDER BY id",
                               "");
  if (all == NULL)
    return NULL;
  json_t *roles = json_array(), *role;
  gsize index;
  json_array_foreach(all, index, role) {
    if (admin || may_assign(call->site, role))
      json_array_append(roles, role);
  }
  return roles;
}

static json_t *
run(MsimCall *call, const json_t *given) {
  (void)given;
  const MsimSite *site = call->site;
  json_auto_t *row = msim_row(call, settings, "i", site->service_user);
  if (row == NULL)
    return NULL;
  bool admin = msim_int(row, "admin", 0) != 0;
  json_t *roles = list_roles(call, admin);
  if (roles == NULL)
    return NULL;
  return json_pack("{s:o, s:o, s:o, s:b, s:s, s:b, s:b}", "missing",
                   list_words(admin ? NULL : site->lacks), "unknown", list_words(site->unknown),
                   "roles", roles, "sharedemails", msim_int(row, "shared", 0) != 0, "timezone",
                   msim_text(row, "timezone"), "passwordpolicy", site->password_policy,
                   "welcomemessages", msim_int(row, "welcome", 0) != 0);
}

const MsimFunction msim_plugin_setup = {
  .name = "local_lehrgaenge_get_setup",
  .params = params,
  .run = run,
};
