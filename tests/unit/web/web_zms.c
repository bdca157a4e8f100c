/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web_zms.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "datadir.h"
#include "moodle/embedded/embedded.h"
#include "zms_app.h"

struct WebZms {
  WebCase *test;
  char *data;
  Tenants *tenants;
  ZmsApp *app;
  Server *server;
  int silent; /* a socket that nobody answers; −1: none */
  sqlite3 *locking;
};

static const char tenants_tsv[] = "Landkreis Fulda\tFD\nLandkreis Bergstraße\tHP\n"
                                  "Landkreis Gießen\tGI\n";

static void
write_file(const char *folder, const char *tenant, const char *name, const char *text) {
  g_autofree char *slug = text_slug_bytes(tenant);
  g_autofree char *path = g_build_filename(folder, slug, name, NULL);
  g_autofree char *parent = g_path_get_dirname(path);
  g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

void
web_zms_teilnehmer(WebZms *zms, const char *tenant, const char *lehrgang, const char *json) {
  g_autofree char *name = g_strdup_printf("teilnehmer/%s.json", lehrgang);
  write_file(zms->data, tenant, name, json);
}

/* GI lists nothing. */
static void
write_data(WebZms *zms) {
  write_file(zms->data, "FD", "lehrgaenge.json",
             "[{\"id\":\"FD-1\",\"kurzbezeichnung\":\"F-I\",\"ort\":\"Fulda\","
             "\"startTag\":\"2026-05-20\",\"endTag\":\"2026-06-01\"},"
             "{\"id\":\"FD-HLFS\",\"kurzbezeichnung\":\"AGT\",\"ort\":\"HLFS Kassel\","
             "\"startTag\":\"2026-05-20\",\"endTag\":\"2026-06-01\"},"
             "{\"id\":\"FD-2\",\"kurzbezeichnung\":\"KEINE\",\"endTag\":\"2026-06-01\"}]");
  write_file(zms->data, "HP", "lehrgaenge.json",
             "[{\"id\":\"HP-1\",\"kurzbezeichnung\":\"F-I\",\"ort\":\"Heppenheim\","
             "\"startTag\":\"2026-05-20\",\"endTag\":\"2026-06-01\"},"
             "{\"id\":\"HP-HLFS\",\"kurzbezeichnung\":\"AGT\",\"ort\":\"HLFS Kassel\","
             "\"startTag\":\"2026-05-20\",\"endTag\":\"2026-06-01\"}]");
  web_zms_teilnehmer(zms, "FD", "FD-1",
                     "[{\"id\":\"T1\",\"initialId\":\"p-1\",\"vorname\":\"Anna\","
                     "\"nachname\":\"<b>Alt</b>\",\"status\":\"S033_EINBERUFEN_KREIS\"},"
                     "{\"id\":\"T2\",\"initialId\":\"p-2\",\"vorname\":\"Bernd\","
                     "\"nachname\":\"Bald\",\"status\":\"S010_ANGEMELDET_KREIS\"}]");
  web_zms_teilnehmer(zms, "FD", "FD-HLFS",
                     "[{\"id\":\"T3\",\"initialId\":\"p-3\",\"vorname\":\"Carla\","
                     "\"nachname\":\"Carstens\",\"status\":\"S033_EINBERUFEN_LAND\"}]");
  web_zms_teilnehmer(zms, "HP", "HP-1",
                     "[{\"id\":\"T4\",\"initialId\":\"p-4\",\"vorname\":\"Dora\","
                     "\"nachname\":\"Dach\",\"status\":\"S033_EINBERUFEN_KREIS\"}]");
  web_zms_teilnehmer(zms, "HP", "HP-HLFS",
                     "[{\"id\":\"T5\",\"initialId\":\"p-5\",\"vorname\":\"Zacharias\","
                     "\"nachname\":\"Geheim\",\"status\":\"S033_EINBERUFEN_LAND\"}]");
}

static void
make_moodle(const WebCase *test) {
  static const EmbeddedCompany companies[] = {
    { "Landkreis Fulda", "FD" },
    { "Landkreis Bergstraße", "HP" },
    { "Landkreis Gießen", "GI" },
    { "Hessische Landesfeuerwehrschule", "HLFS" },
  };
  static const char *const masters[] = { "F-I", "AGT" };
  g_autoptr(GError) error = NULL;
  g_assert_true(embedded_init(test->config->moodle.path, companies, G_N_ELEMENTS(companies),
                              masters, G_N_ELEMENTS(masters), test->clock, NULL, &error));
  g_assert_no_error(error);
}

static void
configure(WebZms *zms, const char *url, const char *more) {
  WebCase *test = zms->test;
  g_autoptr(GError) error = NULL;
  GString *text = g_string_new(NULL);
  g_string_append_printf(text,
                         "[zms]\nbaseurl=%s\nattempts=1\n[moodle]\npath=moodle.db\n"
                         "[store]\npath=store.db\n",
                         url);
  for (guint i = 0; i < tenants_count(zms->tenants); i++) {
    const Tenant *tenant = tenants_get(zms->tenants, i);
    g_string_append_printf(text, "[tenant %s]\nname=%s\napikey=%s\n", tenant->abbr, tenant->name,
                           tenant->token);
  }
  g_string_append_printf(text, "[tenant OF]\nname=Landkreis Offenbach\n%s",
                         more != NULL ? more : "");
  g_assert_true(g_file_set_contents_full(test->conf, text->str, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
  g_string_free(text, TRUE);
  Config *config = config_load(test->conf, &error);
  g_assert_no_error(error);
  config_free(test->config);
  test->config = config;
}

static WebZms *
new_one(WebCase *test) {
  WebZms *zms = g_new0(WebZms, 1);
  g_autoptr(GError) error = NULL;
  zms->test = test;
  zms->silent = -1;
  zms->data = g_dir_make_tmp("web-zms-XXXXXX", NULL);
  g_autofree char *list = g_build_filename(zms->data, "tenants.tsv", NULL);
  g_assert_true(g_file_set_contents(list, tenants_tsv, -1, NULL));
  zms->tenants = tenants_new(list, 0, 1, &error);
  g_assert_no_error(error);
  return zms;
}

WebZms *
web_zms_new(WebCase *test, const char *more) {
  const ServerOptions options = { .address = "127.0.0.1" };
  g_autoptr(GError) error = NULL;
  WebZms *zms = new_one(test);
  Source source;
  write_data(zms);
  g_assert_true(datadir_new(&source, zms->data, zms->tenants, &error));
  g_assert_no_error(error);
  zms->app = zms_app_new(source, zms->tenants, 1);
  zms->server = server_new(&options, zms_app_interface(zms->app), clock_system(), &error);
  g_assert_no_error(error);
  configure(zms, server_url(zms->server), more);
  make_moodle(test);
  return zms;
}

WebZms *
web_zms_new_silent(WebCase *test) {
  WebZms *zms = new_one(test);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  zms->silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(zms->silent, >=, 0);
  g_assert_cmpint(bind(zms->silent, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(listen(zms->silent, 16), ==, 0);
  g_assert_cmpint(getsockname(zms->silent, (struct sockaddr *)&address, &length), ==, 0);
  g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u", ntohs(address.sin_port));
  configure(zms, url, NULL);
  make_moodle(test);
  return zms;
}

static void
remove_all(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    remove_all(inner);
  }
  g_remove(path);
}

void
web_zms_free(WebZms *zms) {
  if (zms == NULL)
    return;
  web_zms_unlock_moodle(zms);
  server_free(zms->server);
  zms_app_free(zms->app);
  tenants_free(zms->tenants);
  /* Whoever still waits for an answer ends before they are cut off. */
  if (zms->silent >= 0) {
    g_clear_pointer(&zms->test->site, web_site_free);
    close(zms->silent);
  }
  remove_all(zms->data);
  g_free(zms->data);
  g_free(zms);
}

void
web_zms_lock_moodle(WebZms *zms) {
  g_assert_cmpint(sqlite3_open(zms->test->config->moodle.path, &zms->locking), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(zms->locking,
                               "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE;"
                               "BEGIN EXCLUSIVE",
                               NULL, NULL, NULL),
                  ==, SQLITE_OK);
}

void
web_zms_unlock_moodle(WebZms *zms) {
  if (zms->locking != NULL)
    sqlite3_close(zms->locking);
  zms->locking = NULL;
}
