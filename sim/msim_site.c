/* core_webservice_get_site_info
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

#define PICTURE_KEY "0123456789abcdef0123456789abcdef"

static const MsimParam params[] = { MSIM_END };

static json_t *
list_functions(const MsimSite *site) {
  json_t *list = json_array();
  for (const MsimFunction *const *function = msim_functions; *function != NULL; function++) {
    const char *name = (*function)->name;
    if (g_hash_table_contains(site->functions, name))
      json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "version", "2023042403"));
  }
  return list;
}

static json_t *
list_features(void) {
  static const struct {
    const char *name;
    int value;
  } features[] = { { "usecomments", 1 },         { "usetags", 1 },
                   { "enablenotes", 1 },         { "messaging", 1 },
                   { "enableblogs", 1 },         { "enablecompletion", 1 },
                   { "enablebadges", 1 },        { "messagingallusers", 0 },
                   { "enablecustomreports", 1 }, { "mnet_dispatcher_mode", 0 } };
  json_t *list = json_array();
  for (gsize i = 0; i < G_N_ELEMENTS(features); i++)
    json_array_append_new(
        list, json_pack("{s:s, s:i}", "name", features[i].name, "value", features[i].value));
  return list;
}

static json_t *
describe_user(MsimCall *call) {
  gint64 user = call->site->service_user;
  return msim_row(call,
                  "SELECT u.username, u.firstname, u.lastname, u.lang,"
                  " (SELECT value FROM mdl_config WHERE name = 'release') release,"
                  " (SELECT value FROM mdl_config WHERE name = 'version') version,"
                  " (SELECT fullname FROM mdl_course WHERE id = 1) sitename,"
                  " instr(',' || (SELECT value FROM mdl_config WHERE name = 'siteadmins') || ',',"
                  "       ',' || u.id || ',') > 0 admin"
                  " FROM mdl_user u WHERE u.id = ?",
                  "i", user);
}

static json_t *
run(MsimCall *call, const json_t *given) {
  (void)given;
  json_auto_t *row = describe_user(call);
  if (row == NULL)
    return NULL;
  if (json_is_null(row)) {
    msim_throw_missing(call, "user");
    return NULL;
  }
  const char *first = msim_text(row, "firstname"), *last = msim_text(row, "lastname");
  g_autofree char *release = g_strdup_printf(
      "%s (Build: 20231009)", call->site->recent ? "5.1.3" : msim_text(row, "release"));
  g_autofree char *picture =
      g_strconcat(call->site->url, "/theme/image.php/boost/core/1/u/f1", NULL);
  g_autofree char *full = g_strdup_printf("%s %s", first, last);
  return json_pack(
      "{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:i, s:i, s:o, s:s, s:s, s:s, s:o, s:b, s:i,"
      " s:i, s:i, s:s, s:i, s:s, s:s, s:b, s:s, s:i}",
      "sitename", msim_string(call, msim_text(row, "sitename")), "username",
      msim_text(row, "username"), "firstname", first, "lastname", last, "fullname", full, "lang",
      msim_text(row, "lang"), "userid", (json_int_t)call->site->service_user, "siteurl",
      call->site->url, "userpictureurl", picture, "downloadfiles", 0, "uploadfiles", 0, "functions",
      list_functions(call->site), "release", release, "version", msim_text(row, "version"),
      "mobilecssurl", "", "advancedfeatures", list_features(), "usercanmanageownfiles", 1,
      "userquota", 104857600, "usermaxuploadfilesize", 2097152, "userhomepage", 1,
      "userprivateaccesskey", PICTURE_KEY, "siteid", 1, "sitecalendartype", "gregorian",
      "usercalendartype", "gregorian", "userissiteadmin", (int)msim_int(row, "admin", 0), "theme",
      "boost", "limitconcurrentlogins", 0);
}

const MsimFunction msim_site_info = {
  .name = "core_webservice_get_site_info",
  .params = params,
  .run = run,
};
