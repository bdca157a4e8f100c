/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "site.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/db.h"
#include "moodle/embedded/embedded.h"
#include "store/sqlite.h"

/* A file system in memory, where there is one: the files are copied a thousand times, and what the
 * disk's cache does is not what is tested. */
#define FAST_DIR "/dev/shm"

static const char *const ENDINGS[] = { "", "-wal", "-shm" };

Gateway *
site_gateway(const Site *site) {
  const EmbeddedOptions options = { .student_role = site->config->moodle.student_role };
  g_autoptr(GError) error = NULL;
  Gateway *gateway = embedded_open(site->moodle, &options, site->clock, &error);
  if (gateway == NULL)
    g_error("%s", error->message);
  return gateway;
}

Store *
site_open_store(const Site *site) {
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(site->store, &error);
  if (store == NULL)
    g_error("%s", error->message);
  return store;
}

static void
make_moodle(const Site *site, const EmbeddedCompany *companies, guint company_count,
            const char *const *masters, guint master_count) {
  g_autoptr(GError) error = NULL;
  if (!embedded_init(site->moodle, companies, company_count, masters, master_count, site->clock,
                     NULL, &error))
    g_error("%s", error->message);
}

Site *
site_new(const Config *config, const AccessClass *access) {
  Site *site = g_new0(Site, 1);
  site->config = config;
  site->access = access;
  site->clock = clock_manual_new(SITE_NOW);
  const char *parent = g_access(FAST_DIR, W_OK) == 0 ? FAST_DIR : g_get_tmp_dir();
  site->dir = g_build_filename(parent, "scenario-XXXXXX", NULL);
  if (g_mkdtemp(site->dir) == NULL)
    g_error("no folder could be made in %s", parent);
  site->moodle = g_build_filename(site->dir, SITE_MOODLE, NULL);
  site->store = g_build_filename(site->dir, "store.db", NULL);

  guint count = config->tenants->len;
  g_autofree EmbeddedCompany *companies = g_new(EmbeddedCompany, count + 1);
  for (guint i = 0; i < count; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    companies[i] = (EmbeddedCompany){ tenant->name, tenant->abbr };
  }
  companies[count] = (EmbeddedCompany){ config->central.name, config->central.code };
  make_moodle(site, companies, count + 1, NULL, 0);
  store_free(site_open_store(site));
  return site;
}

void
site_free(Site *site) {
  if (site == NULL)
    return;
  g_autoptr(GDir) dir = g_dir_open(site->dir, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *path = g_build_filename(site->dir, name, NULL);
    g_unlink(path);
  }
  g_rmdir(site->dir);
  g_free(site->dir);
  g_free(site->moodle);
  g_free(site->store);
  clock_free(site->clock);
  g_free(site);
}

void
site_set_time(Site *site, gint64 now) {
  clock_free(site->clock);
  site->clock = clock_manual_new(now);
}

/* ── keeping files ── */

static void
copy_file(const char *from, const char *to) {
  g_autofree char *data = NULL;
  gsize length;
  g_autoptr(GError) error = NULL;
  if (!g_file_get_contents(from, &data, &length, &error))
    g_error("%s", error->message);
  int file = g_open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || write(file, data, length) != (gssize)length)
    g_error("%s could not be written", to);
  close(file);
}

static char *
kept(const char *path, const char *name) {
  return g_strdup_printf("%s.%s", path, name);
}

void
site_save(const Site *site, const char *name) {
  const char *const paths[] = { site->moodle, site->store };
  for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
    /* Opened and closed, what a killed process left in the write-ahead log comes into the file. */
    g_autoptr(Db) db = db_open(paths[i], 0, NULL);
    if (db == NULL || !db_exec(db, "PRAGMA schema_version", NULL))
      g_error("%s could not be opened", paths[i]);
    g_clear_pointer(&db, db_close);
    g_autofree char *to = kept(paths[i], name);
    copy_file(paths[i], to);
  }
}

void
site_restore(const Site *site, const char *name) {
  const char *const paths[] = { site->moodle, site->store };
  for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
    for (guint e = 0; e < G_N_ELEMENTS(ENDINGS); e++) {
      g_autofree char *old = g_strconcat(paths[i], ENDINGS[e], NULL);
      g_unlink(old);
    }
    g_autofree char *from = kept(paths[i], name);
    copy_file(from, paths[i]);
  }
}

/* ── changing Moodle ── */

typedef struct {
  const Site *site;
  const Node *line;
  Gateway *gateway;
  Db *db;
} Change;

static void
check(const Change *change, bool ok, const GError *error, const GatewayOutcome *outcome) {
  if (!ok)
    node_wrong(change->line, "%s", error != NULL ? error->message : "was refused");
  if (outcome != NULL && outcome->code != GATEWAY_DONE)
    node_wrong(change->line, "%s",
               outcome->message != NULL ? outcome->message : gateway_code_word(outcome->code));
}

static void
sql(const Change *change, const char *statement) {
  g_autoptr(GError) error = NULL;
  check(change, db_exec(change->db, statement, &error), error, NULL);
}

static gint64
number(const Change *change, const char *query, const char *value) {
  sqlite3_stmt *row = NULL;
  gint64 result = 0;
  sqlite3_prepare_v2(db_handle(change->db), query, -1, &row, NULL);
  sqlite3_bind_text(row, 1, value, -1, SQLITE_STATIC);
  if (sqlite3_step(row) == SQLITE_ROW)
    result = sqlite3_column_int64(row, 0);
  sqlite3_finalize(row);
  if (result == 0)
    node_wrong(change->line, "there is no \"%s\"", value);
  return result;
}

static gint64
course_id(const Change *change, const char *shortname) {
  return number(change, "SELECT id FROM mdl_course WHERE shortname = ?", shortname);
}

static gint64
user_id(const Change *change, const char *username) {
  return number(change, "SELECT id FROM mdl_user WHERE username = ?", username);
}

static bool
has_flag(const Node *line, guint from, const char *flag) {
  for (guint i = from; node_has_word(line, i); i++)
    if (strcmp(node_word(line, i), flag) == 0)
      return true;
  return false;
}

/* "masters F-I AGT": as the program's own command makes them. */
static void
change_masters(const Change *change) {
  make_moodle(change->site, NULL, 0, (const char *const *)change->line->words + 1,
              g_strv_length(change->line->words) - 1);
}

/* "no-company FD" */
static void
change_no_company(const Change *change) {
  g_autofree char *statement = g_strdup_printf(
      "DELETE FROM mdl_company WHERE id = %" G_GINT64_FORMAT,
      number(change, "SELECT id FROM mdl_company WHERE code = ?", node_word(change->line, 1)));
  sql(change, statement);
}

static void
keep_settings(guint index, const GatewayCourse *course, gpointer data) {
  (void)index;
  GatewayCourseSettings *settings = data;
  *settings = course->settings;
  settings->summary = g_strdup(settings->summary);
  settings->format = g_strdup(settings->format);
  settings->lang = g_strdup(settings->lang);
}

/* "course SHORTNAME company=FD like=F-I fullname=… idnumber=… year=2025 category=FD": `like` gives
 * settings and content, `category` a company's category without the company. */
static void
change_course(const Change *change) {
  const Node *line = change->line;
  Gateway *gateway = change->gateway;
  g_autoptr(GError) error = NULL;
  const char *shortname = node_word(line, 1), *like = node_value(line, 2, "like", NULL);
  const char *code = node_value(line, 2, "company", NULL);
  const char *category = node_value(line, 2, "category", code);
  if (category == NULL)
    node_wrong(line, "a course needs company= or category=");
  GatewayCourseSettings settings = { .summary = NULL };
  if (like != NULL)
    check(change,
          gateway->class->find_courses(gateway, GATEWAY_COURSE_SHORTNAME, &like, 1, keep_settings,
                                       &settings, &error),
          error, NULL);
  if (settings.format == NULL)
    settings.format = g_strdup("topics");
  gint16 year = (gint16)g_ascii_strtoll(node_value(line, 2, "year", "2026"), NULL, 10);
  GTimeZone *zone = change->site->config->moodle.timezone;
  GatewayNewCourse course = {
    .shortname = shortname,
    .fullname = node_value(line, 2, "fullname", shortname),
    .idnumber = node_value(line, 2, "idnumber", ""),
    .category = number(change, "SELECT category FROM mdl_company WHERE code = ?", category),
    .startdate = date_start((Date){ year, 1, 1 }, zone),
    .enddate = date_end((Date){ year, 12, 31 }, zone),
    .settings = &settings,
  };
  GatewayOutcome outcome = { 0 };
  check(change, gateway->class->create_courses(gateway, &course, 1, &outcome, &error), error,
        &outcome);
  gateway_course_settings_clear(&settings);
  gint64 id = outcome.id;
  if (code != NULL) {
    gint64 company = number(change, "SELECT id FROM mdl_company WHERE code = ?", code);
    check(change, gateway->class->link_courses(gateway, &id, &company, 1, &outcome, &error), error,
          &outcome);
  }
  if (like != NULL)
    check(change, gateway->class->copy_content(gateway, course_id(change, like), id, &error), error,
          NULL);
}

/* "user NAME id=… first=… last=… email=… city=… suspended deleted" */
static void
change_user(const Change *change) {
  const Node *line = change->line;
  Gateway *gateway = change->gateway;
  const char *name = node_word(line, 1);
  g_autofree char *email = g_strdup_printf("%s@example.org", name);
  g_autofree char *first = g_strdup(name);
  first[0] = g_ascii_toupper(first[0]);
  GatewayNewUser user = {
    .username = name,
    .idnumber = node_value(line, 2, "id", ""),
    .firstname = node_value(line, 2, "first", first),
    .lastname = node_value(line, 2, "last", "Muster"),
    .email = node_value(line, 2, "email", email),
    .city = node_value(line, 2, "city", "Fulda"),
    .country = "DE",
    .auth = "manual",
  };
  g_autoptr(GError) error = NULL;
  GatewayOutcome outcome = { 0 };
  check(change, gateway->class->create_users(gateway, &user, 1, &outcome, &error), error, &outcome);
  g_autofree char *statement = g_strdup_printf(
      "UPDATE mdl_user SET suspended = %d, deleted = %d WHERE id = %" G_GINT64_FORMAT,
      has_flag(line, 2, "suspended"), has_flag(line, 2, "deleted"), outcome.id);
  sql(change, statement);
}

/* "delete-user NAME", as Moodle does: the name is free again, the rest stays. */
static void
change_delete_user(const Change *change) {
  gint64 id = user_id(change, node_word(change->line, 1));
  g_autofree char *statement = g_strdup_printf(
      "DELETE FROM mdl_user_enrolments WHERE userid = %" G_GINT64_FORMAT ";"
      "UPDATE mdl_user SET deleted = 1, username = 'deleted.' || username, idnumber = '',"
      " email = 'deleted.' || email WHERE id = %" G_GINT64_FORMAT,
      id, id);
  sql(change, statement);
}

/* "delete-course SHORTNAME" */
static void
change_delete_course(const Change *change) {
  gint64 id = course_id(change, node_word(change->line, 1));
  g_autofree char *statement =
      g_strdup_printf("DELETE FROM mdl_enrol WHERE courseid = %" G_GINT64_FORMAT ";"
                      "DELETE FROM mdl_course WHERE id = %" G_GINT64_FORMAT,
                      id, id);
  sql(change, statement);
}

static void
enrol_otherwise(const Change *change, const char *method, gint64 courseid, gint64 userid,
                bool suspended) {
  g_autofree char *statement =
      g_strdup_printf("INSERT INTO mdl_enrol (enrol, courseid) SELECT '%s', %" G_GINT64_FORMAT
                      " WHERE NOT EXISTS (SELECT 1 FROM mdl_enrol WHERE enrol = '%s' AND courseid "
                      "= %" G_GINT64_FORMAT ");"
                      "INSERT INTO mdl_user_enrolments (enrolid, userid, status)"
                      " SELECT id, %" G_GINT64_FORMAT ", %d FROM mdl_enrol WHERE enrol = '%s'"
                      " AND courseid = %" G_GINT64_FORMAT,
                      method, courseid, method, courseid, userid, suspended, method, courseid);
  sql(change, statement);
}

/* "enrol SHORTNAME NAME method=self suspended" */
static void
change_enrol(const Change *change) {
  const Node *line = change->line;
  GatewayEnrol enrol = { course_id(change, node_word(line, 1)),
                         user_id(change, node_word(line, 2)) };
  const char *method = node_value(line, 3, "method", "manual");
  bool suspended = has_flag(line, 3, "suspended");
  if (strcmp(method, "manual") != 0) {
    enrol_otherwise(change, method, enrol.courseid, enrol.userid, suspended);
    return;
  }
  g_autoptr(GError) error = NULL;
  GatewayOutcome outcome = { 0 };
  const GatewayClass *class = change->gateway->class;
  check(change, class->enrol(change->gateway, &enrol, 1, &outcome, &error), error, &outcome);
  if (suspended)
    check(change, class->suspend(change->gateway, &enrol, 1, &outcome, &error), error, &outcome);
}

/* "group SHORTNAME GROUP NAME…" */
static void
change_group(const Change *change) {
  const Node *line = change->line;
  g_autoptr(GError) error = NULL;
  GatewayNewGroup group = { course_id(change, node_word(line, 1)), node_word(line, 2) };
  GatewayOutcome outcome = { 0 };
  const GatewayClass *class = change->gateway->class;
  check(change, class->create_groups(change->gateway, &group, 1, &outcome, &error), error,
        &outcome);
  gint64 id = outcome.id;
  for (guint i = 3; node_has_word(line, i); i++) {
    GatewayMember member = { group.courseid, id, user_id(change, node_word(line, i)) };
    check(change, class->add_members(change->gateway, &member, 1, &outcome, &error), error,
          &outcome);
  }
}

/* "complete SHORTNAME NAME 2026-01-05" */
static void
change_complete(const Change *change) {
  const Node *line = change->line;
  Date day;
  if (!date_parse(node_word(line, 3), &day))
    node_wrong(line, "the last word is not a day");
  g_autoptr(GError) error = NULL;
  GatewayOutcome outcome = { 0 };
  GatewayCompletion completion = { course_id(change, node_word(line, 1)),
                                   user_id(change, node_word(line, 2)),
                                   date_end(day, change->site->config->moodle.timezone) };
  check(change, change->gateway->class->complete(change->gateway, &completion, 1, &outcome, &error),
        error, &outcome);
}

/* "map-lehrgang ID SHORTNAME TENANT" */
static void
change_map_lehrgang(const Change *change) {
  const Node *line = change->line;
  g_autoptr(Store) store = site_open_store(change->site);
  g_autoptr(GError) error = NULL;
  StoreCourseMap row = { node_word(line, 1), node_word(line, 3),
                         course_id(change, node_word(line, 2)) };
  check(change, store->class->coursemap_put(store, &row, 1, SITE_NOW, &error), error, NULL);
}

/* "map-teilnehmer ID NAME" */
static void
change_map_teilnehmer(const Change *change) {
  const Node *line = change->line;
  g_autoptr(Store) store = site_open_store(change->site);
  g_autoptr(GError) error = NULL;
  StoreUserMap row = { node_word(line, 1), user_id(change, node_word(line, 2)) };
  check(change, store->class->usermap_put(store, &row, 1, SITE_NOW, &error), error, NULL);
}

/* "sql STATEMENT", for what has no line of its own. */
static void
change_sql(const Change *change) {
  sql(change, node_rest(change->line, 1));
}

bool
site_has(const Site *site, const Node *node, const char *query) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Db) db = db_open(site->moodle, 0, &error);
  sqlite3_stmt *row = NULL;
  if (db == NULL || sqlite3_prepare_v2(db_handle(db), query, -1, &row, NULL) != SQLITE_OK)
    node_wrong(node, "%s", db == NULL ? error->message : sqlite3_errmsg(db_handle(db)));
  bool has = sqlite3_step(row) == SQLITE_ROW;
  sqlite3_finalize(row);
  return has;
}

static const struct {
  const char *word;
  void (*change)(const Change *change);
} lines[] = {
  { "masters", change_masters },
  { "no-company", change_no_company },
  { "course", change_course },
  { "delete-course", change_delete_course },
  { "user", change_user },
  { "delete-user", change_delete_user },
  { "enrol", change_enrol },
  { "group", change_group },
  { "complete", change_complete },
  { "map-lehrgang", change_map_lehrgang },
  { "map-teilnehmer", change_map_teilnehmer },
  { "sql", change_sql },
};

void
site_change(Site *site, const Node *node) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Gateway) gateway = site_gateway(site);
  g_autoptr(Db) db = db_open(site->moodle, 0, &error);
  if (db == NULL)
    g_error("%s", error->message);
  for (guint i = 0; i < node_count(node); i++) {
    Change change = { site, node_child(node, i), gateway, db };
    guint at = 0;
    while (at < G_N_ELEMENTS(lines) && strcmp(lines[at].word, node_word(change.line, 0)) != 0)
      at++;
    if (at == G_N_ELEMENTS(lines))
      node_wrong(change.line, "is not a line of a moodle block");
    lines[at].change(&change);
  }
}
