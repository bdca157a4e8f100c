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

/* state: the numbers of StoreJournalState. */
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

/* SQLite adds columns at the end, where reading them would walk through the summary before them. So
 * the table is made anew; the highest id ever given goes along. */
static const char history[] =
    "CREATE TABLE local_lehrgaengeapi_import_run_new ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  year INTEGER NOT NULL DEFAULT 0,"
    "  status TEXT NOT NULL,"
    "  triggeredby TEXT NOT NULL DEFAULT '',"
    "  timestarted INTEGER NOT NULL DEFAULT 0,"
    "  timeended INTEGER NOT NULL DEFAULT 0,"
    "  owner TEXT NOT NULL DEFAULT '',"
    "  tenants TEXT NOT NULL DEFAULT '',"
    "  task INTEGER NOT NULL DEFAULT 0,"
    "  totals TEXT NOT NULL DEFAULT '',"
    "  progress TEXT NOT NULL DEFAULT '',"
    "  summary TEXT NOT NULL DEFAULT '');"
    "INSERT INTO local_lehrgaengeapi_import_run_new (id, year, status, triggeredby, timestarted,"
    "  timeended, owner, tenants, progress, summary)"
    "  SELECT id, year, status, triggeredby, timestarted, timeended, owner, tenants, progress,"
    "  summary FROM local_lehrgaengeapi_import_run;"
    "DELETE FROM sqlite_sequence WHERE name = 'local_lehrgaengeapi_import_run_new';"
    "INSERT INTO sqlite_sequence (name, seq)"
    "  SELECT 'local_lehrgaengeapi_import_run_new', seq FROM sqlite_sequence"
    "  WHERE name = 'local_lehrgaengeapi_import_run';"
    "DROP TABLE local_lehrgaengeapi_import_run;"
    "ALTER TABLE local_lehrgaengeapi_import_run_new RENAME TO local_lehrgaengeapi_import_run;"
    "CREATE INDEX local_lehrgaengeapi_import_run_running"
    "  ON local_lehrgaengeapi_import_run (id) WHERE status = 'running';"
    "CREATE INDEX local_lehrgaengeapi_import_run_status"
    "  ON local_lehrgaengeapi_import_run (status);"
    /* Whatever runs are looked for by, in one place that is small enough to be read through. */
    "CREATE INDEX local_lehrgaengeapi_import_run_find"
    "  ON local_lehrgaengeapi_import_run (id, year, status, task, tenants);"
    "CREATE INDEX local_lehrgaengeapi_import_run_task"
    "  ON local_lehrgaengeapi_import_run (task) WHERE task <> 0;"
    "ALTER TABLE local_lehrgaengeapi_tenant ADD COLUMN failurerun INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE local_lehrgaengeapi_tenant ADD COLUMN timefailure INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE local_lehrgaengeapi_tenant ADD COLUMN failure TEXT NOT NULL DEFAULT '';";

/* What people look for in the journal, which grows for years. */
static const char inquiries[] = "CREATE INDEX local_lehrgaengeapi_journal_run"
                                "  ON local_lehrgaengeapi_journal (run);"
                                "CREATE INDEX local_lehrgaengeapi_journal_shortname"
                                "  ON local_lehrgaengeapi_journal (shortname)"
                                "  WHERE shortname <> '';"
                                "CREATE INDEX local_lehrgaengeapi_journal_person"
                                "  ON local_lehrgaengeapi_journal (person) WHERE person <> '';"
                                "CREATE INDEX local_lehrgaengeapi_journal_failed"
                                "  ON local_lehrgaengeapi_journal (id) WHERE state = 2;";

/* AUTOINCREMENT: the audit log and the pages quote ids, so one is never given twice. Roles are
 * written as words. */
static const char accounts[] = "CREATE TABLE local_lehrgaengeapi_account ("
                               "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                               "  name TEXT NOT NULL UNIQUE,"
                               "  password TEXT NOT NULL,"
                               "  role TEXT NOT NULL,"
                               "  tenants TEXT NOT NULL,"
                               "  email TEXT NOT NULL,"
                               "  language TEXT NOT NULL,"
                               "  timecreated INTEGER NOT NULL,"
                               "  timemodified INTEGER NOT NULL);"
                               "CREATE TABLE local_lehrgaengeapi_session ("
                               "  hash TEXT PRIMARY KEY,"
                               "  account INTEGER NOT NULL"
                               "    REFERENCES local_lehrgaengeapi_account (id) ON DELETE CASCADE,"
                               "  address TEXT NOT NULL,"
                               "  timecreated INTEGER NOT NULL,"
                               "  timeused INTEGER NOT NULL"
                               ") WITHOUT ROWID;"
                               "CREATE INDEX local_lehrgaengeapi_session_account"
                               "  ON local_lehrgaengeapi_session (account);"
                               "CREATE TABLE local_lehrgaengeapi_token ("
                               "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                               "  name TEXT NOT NULL UNIQUE,"
                               "  hash TEXT NOT NULL UNIQUE,"
                               "  role TEXT NOT NULL,"
                               "  tenants TEXT NOT NULL,"
                               "  timecreated INTEGER NOT NULL,"
                               "  timeused INTEGER NOT NULL DEFAULT 0,"
                               "  timeexpires INTEGER NOT NULL);"
                               "CREATE TABLE local_lehrgaengeapi_attempt ("
                               "  key TEXT PRIMARY KEY,"
                               "  failures INTEGER NOT NULL,"
                               "  last INTEGER NOT NULL"
                               ") WITHOUT ROWID;"
                               "CREATE TABLE local_lehrgaengeapi_audit ("
                               "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                               "  time INTEGER NOT NULL,"
                               "  actor TEXT NOT NULL,"
                               "  address TEXT NOT NULL,"
                               "  action TEXT NOT NULL,"
                               "  subject TEXT NOT NULL,"
                               "  outcome TEXT NOT NULL);";

/* The same rows as before, told without IN: of a list SQLite makes a table in memory for every row
 * that is written, which took as long as writing the row. */
static const char open_intents[] =
    "DROP INDEX local_lehrgaengeapi_journal_open;"
    "CREATE INDEX local_lehrgaengeapi_journal_open"
    "  ON local_lehrgaengeapi_journal (id)"
    "  WHERE state = 0"
    "  AND (kind = 'create_course' OR kind = 'link_course' OR kind = 'create_user');";

/* Entries come in no order of persons: in one index over all of them, every few that are written
 * touch as many of its pages, and each page goes to disk twice. In blocks of 4,096 entries
 * (sqlite_journal.c) new ones only meet those written just before; whoever reads looks into each
 * block. */
static const char persons[] = "DROP INDEX local_lehrgaengeapi_journal_person;"
                              "CREATE INDEX local_lehrgaengeapi_journal_person"
                              "  ON local_lehrgaengeapi_journal (id >> 12, person)"
                              "  WHERE person <> '';";

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
  { 11, "history", history },
  { 12, "inquiries", inquiries },
  { 13, "access", accounts },
  { 14, "open intents", open_intents },
  { 15, "persons", persons },
};
const guint sqlite_migrations_count = G_N_ELEMENTS(sqlite_migrations);
