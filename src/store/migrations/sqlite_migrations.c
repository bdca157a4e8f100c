/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/migrations/sqlite_migrations.h"

/* The maps and the runs keep the plugin's names and columns, so that a site can bring its rows
 * along. */
static const char maps[] = "CREATE TABLE local_lehrgaengeapi_coursemap ("
                           "  id INTEGER PRIMARY KEY,"
                           "  externalid TEXT NOT NULL UNIQUE,"
                           "  courseid INTEGER NOT NULL,"
                           "  timecreated INTEGER NOT NULL DEFAULT 0,"
                           "  timemodified INTEGER NOT NULL DEFAULT 0,"
                           "  tenant TEXT NOT NULL DEFAULT '');"
                           "CREATE INDEX local_lehrgaengeapi_coursemap_course"
                           "  ON local_lehrgaengeapi_coursemap (courseid);"
                           "CREATE TABLE local_lehrgaengeapi_usermap ("
                           "  id INTEGER PRIMARY KEY,"
                           "  externalinitialid TEXT NOT NULL UNIQUE,"
                           "  userid INTEGER NOT NULL,"
                           "  timecreated INTEGER NOT NULL DEFAULT 0,"
                           "  timemodified INTEGER NOT NULL DEFAULT 0);"
                           "CREATE INDEX local_lehrgaengeapi_usermap_user"
                           "  ON local_lehrgaengeapi_usermap (userid);";

/* AUTOINCREMENT: people quote the ids of runs and tasks, so one is never given twice. The long
 * summary stands last: a list of runs then reads nothing of it. */
static const char runs[] = "CREATE TABLE local_lehrgaengeapi_import_run ("
                           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                           "  year INTEGER NOT NULL DEFAULT 0,"
                           "  status TEXT NOT NULL,"
                           "  triggeredby TEXT NOT NULL DEFAULT '',"
                           "  timestarted INTEGER NOT NULL DEFAULT 0,"
                           "  timeended INTEGER NOT NULL DEFAULT 0,"
                           "  owner TEXT NOT NULL DEFAULT '',"
                           "  tenants TEXT NOT NULL DEFAULT '',"
                           "  progress TEXT NOT NULL DEFAULT '',"
                           "  summary TEXT NOT NULL DEFAULT '');"
                           "CREATE INDEX local_lehrgaengeapi_import_run_running"
                           "  ON local_lehrgaengeapi_import_run (id) WHERE status = 'running';"
                           "CREATE TABLE local_lehrgaengeapi_tenant ("
                           "  tenant TEXT PRIMARY KEY,"
                           "  run INTEGER NOT NULL,"
                           "  timesuccess INTEGER NOT NULL"
                           ") WITHOUT ROWID;";

/* state: the numbers of StoreJournalState. Only courses have an index: it adds a tenth to the cost
 * of writing 100,000 entries. One of persons, whose ids come in no order, makes it four times as
 * much, and without it a person's entries among 100,000 are found in 10 ms. */
static const char journal[] =
    "CREATE TABLE local_lehrgaengeapi_journal ("
    "  id INTEGER PRIMARY KEY,"
    "  state INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  courseid INTEGER NOT NULL,"
    "  userid INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  shortname TEXT NOT NULL,"
    "  person TEXT NOT NULL,"
    "  lehrgang TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  error TEXT);"
    "CREATE INDEX local_lehrgaengeapi_journal_course"
    "  ON local_lehrgaengeapi_journal (courseid)"
    "  WHERE courseid <> 0;"
    /* Every run asks for these, which are few, among all that ever was. */
    "CREATE INDEX local_lehrgaengeapi_journal_open"
    "  ON local_lehrgaengeapi_journal (id)"
    "  WHERE state = 0 AND kind IN ('create_course', 'link_course');";

/* state: the numbers of StoreTaskState. Those that are done leave the index. */
static const char tasks[] = "CREATE TABLE local_lehrgaengeapi_task ("
                            "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                            "  kind TEXT NOT NULL,"
                            "  subject TEXT NOT NULL,"
                            "  state INTEGER NOT NULL DEFAULT 0,"
                            "  attempts INTEGER NOT NULL DEFAULT 0,"
                            "  due INTEGER NOT NULL DEFAULT 0,"
                            "  owner TEXT NOT NULL DEFAULT '',"
                            "  error TEXT NOT NULL DEFAULT '',"
                            "  timecreated INTEGER NOT NULL,"
                            "  timemodified INTEGER NOT NULL,"
                            "  payload TEXT NOT NULL DEFAULT '',"
                            "  UNIQUE (kind, subject));"
                            "CREATE INDEX local_lehrgaengeapi_task_open"
                            "  ON local_lehrgaengeapi_task (id) WHERE state < 2;";

static const char locks[] = "CREATE TABLE local_lehrgaengeapi_lock ("
                            "  name TEXT PRIMARY KEY,"
                            "  owner TEXT NOT NULL,"
                            "  acquired INTEGER NOT NULL,"
                            "  expires INTEGER NOT NULL"
                            ") WITHOUT ROWID;";

/* When the last attempt began that may still go on in Moodle though its answer was lost. */
static const char begun[] =
    "ALTER TABLE local_lehrgaengeapi_task ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;";

/* Accounts whose making was cut short are asked for by every run, too. */
static const char open_accounts[] =
    "DROP INDEX local_lehrgaengeapi_journal_open;"
    "CREATE INDEX local_lehrgaengeapi_journal_open"
    "  ON local_lehrgaengeapi_journal (id)"
    "  WHERE state = 0 AND kind IN ('create_course', 'link_course', 'create_user');";

/* Counted again and again by those who look from outside; a run's row is long. */
static const char counts[] = "CREATE INDEX local_lehrgaengeapi_import_run_status"
                             "  ON local_lehrgaengeapi_import_run (status);"
                             "CREATE INDEX local_lehrgaengeapi_task_kind"
                             "  ON local_lehrgaengeapi_task (kind, state);";

static const char forgiven[] =
    "ALTER TABLE local_lehrgaengeapi_task ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;";

static const char schedules[] = "CREATE TABLE local_lehrgaengeapi_schedule ("
                                "  name TEXT PRIMARY KEY,"
                                "  expression TEXT NOT NULL,"
                                "  met INTEGER NOT NULL,"
                                "  failures INTEGER NOT NULL,"
                                "  retry INTEGER NOT NULL"
                                ") WITHOUT ROWID;";

const SqliteMigration sqlite_migrations[] = {
  { 1, "maps", maps },
  { 2, "runs", runs },
  { 3, "journal", journal },
  { 4, "tasks", tasks },
  { 5, "locks", locks },
  { 6, "attempts", begun },
  { 7, "accounts", open_accounts },
  { 8, "counts", counts },
  { 9, "forgiven attempts", forgiven },
  { 10, "schedules", schedules },
};
const guint sqlite_migrations_count = G_N_ELEMENTS(sqlite_migrations);
