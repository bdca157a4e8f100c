/* The journal: intents in slices, their outcomes, reading by course, person or run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "store/sqlite_private.h"

/* ── intents ── */

static bool
check_entry(const StoreJournalEntry *entry, GError **error) {
  return store_check_text("a step's kind", entry->kind, STORE_MAX_KEY, error) &&
         store_check_text("a course's short name", entry->shortname, STORE_MAX_KEY, error) &&
         store_check_text("a participant's id", entry->person, STORE_MAX_KEY, error) &&
         store_check_text("a Lehrgang's id", entry->lehrgang, STORE_MAX_KEY, error);
}

static bool
insert(SqliteStore *self, gint64 id, gint64 run, const StoreJournalEntry *entry, gint64 now,
       GError **error) {
  g_autofree char *cut = NULL;
  return check_entry(entry, error) &&
         db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_journal (id, state, run, time, courseid, userid,"
                " kind, shortname, person, lehrgang, reason) VALUES (?, 0, ?, ?, ?, ?,"
                " ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ?)",
                "iiiiisssss", id, run, now, entry->courseid, entry->userid, entry->kind,
                entry->shortname, entry->person, entry->lehrgang,
                store_cut_reason(entry->reason, &cut));
}

static bool
insert_all(SqliteStore *self, gint64 run, const StoreJournalEntry *entries, guint count, gint64 now,
           gint64 *first, GError **error) {
  gint64 last = 0;
  if (!db_get_int(self->db, &last, 0, error, "SELECT max(id) FROM local_lehrgaengeapi_journal", ""))
    return false;
  for (guint i = 0; i < count; i++) {
    if (!insert(self, last + 1 + i, run, &entries[i], now, error))
      return false;
  }
  *first = last + 1;
  return true;
}

bool
sqlite_journal_intend(Store *store, gint64 run, const StoreJournalEntry *entries, guint count,
                      gint64 now, gint64 *first, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  gint64 id = 0;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "writing the journal");
  bool ok = insert_all(self, run, entries, count, now, &id, &cause);
  if (!sqlite_finish(self, ok, cause, "writing the journal", error))
    return false;
  *first = id;
  return true;
}

/* ── outcomes ──
 * Most slices end alike: every item done, the numbers known before. So equal neighbours are written
 * as one range; an item is written by itself only when it failed or its course or user became
 * known. */

/* Marks in `alone` the items whose numbers differ from what is stored. */
static bool
find_changed(SqliteStore *self, gint64 first, const StoreJournalOutcome *outcomes, guint count,
             bool *alone, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT id, courseid, userid FROM local_lehrgaengeapi_journal"
                                 " WHERE id BETWEEN ? AND ?",
                                 error);
  if (row == NULL)
    return false;
  db_bind(row, "ii", first, first + count - 1);
  guint seen = 0;
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    guint i = (guint)(sqlite3_column_int64(row, 0) - first);
    const StoreJournalOutcome *outcome = &outcomes[i];
    alone[i] = outcome->state == JOURNAL_FAILED ||
               (outcome->courseid != 0 && outcome->courseid != sqlite3_column_int64(row, 1)) ||
               (outcome->userid != 0 && outcome->userid != sqlite3_column_int64(row, 2));
    seen++;
  }
  if (step == 0 && seen < count)
    g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                "%s: of the entries %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                " only %u were ever intended",
                db_path(self->db), first, first + count - 1, seen);
  return step == 0 && seen == count;
}

static bool
settle_alone(SqliteStore *self, gint64 id, const StoreJournalOutcome *outcome, GError **error) {
  g_autofree char *cut = NULL;
  const char *message =
      outcome->state == JOURNAL_FAILED ? store_cut_reason(outcome->error, &cut) : NULL;
  /* Setting a column to itself would touch its index all the same. */
  if (outcome->courseid == 0)
    return db_run(self->db, error,
                  "UPDATE local_lehrgaengeapi_journal SET state = ?1, error = ?2,"
                  " userid = CASE ?3 WHEN 0 THEN userid ELSE ?3 END WHERE id = ?4",
                  "isii", (gint64)outcome->state, message, outcome->userid, id);
  return db_run(self->db, error,
                "UPDATE local_lehrgaengeapi_journal SET state = ?1, error = ?2,"
                " userid = CASE ?3 WHEN 0 THEN userid ELSE ?3 END, courseid = ?4 WHERE id = ?5",
                "isiii", (gint64)outcome->state, message, outcome->userid, outcome->courseid, id);
}

static bool
settle_range(SqliteStore *self, gint64 first, gint64 last, StoreJournalState state,
             GError **error) {
  return db_run(self->db, error,
                "UPDATE local_lehrgaengeapi_journal SET state = ?, error = NULL"
                " WHERE id BETWEEN ? AND ?",
                "iii", (gint64)state, first, last);
}

static bool
settle_all(SqliteStore *self, gint64 first, const StoreJournalOutcome *outcomes, guint count,
           GError **error) {
  g_autofree bool *alone = g_new0(bool, count);
  if (!find_changed(self, first, outcomes, count, alone, error))
    return false;
  for (guint i = 0, next; i < count; i = next) {
    next = i + 1;
    if (outcomes[i].state == JOURNAL_INTENT)
      continue;
    if (alone[i]) {
      if (!settle_alone(self, first + i, &outcomes[i], error))
        return false;
      continue;
    }
    while (next < count && !alone[next] && outcomes[next].state == outcomes[i].state)
      next++;
    if (!settle_range(self, first + i, first + next - 1, outcomes[i].state, error))
      return false;
  }
  return true;
}

bool
sqlite_journal_settle(Store *store, gint64 first, const StoreJournalOutcome *outcomes, guint count,
                      GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (count == 0)
    return true;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "writing outcomes to the journal");
  bool ok = settle_all(self, first, outcomes, count, &cause);
  return sqlite_finish(self, ok, cause, "writing outcomes to the journal", error);
}

/* ── reading ── */

/* `condition` is one an index serves; the others only sift. */
#define READ_FROM(tables, condition, order)                                                        \
  "SELECT id, run, time, state, courseid, userid, kind, shortname, person, lehrgang, reason,"      \
  " error FROM " tables " WHERE " condition " AND (?1 = 0 OR run = ?1)"                            \
  " AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR shortname = ?3)"                              \
  " AND (?4 IS NULL OR person = ?4) AND (?5 = 0 OR courseid = ?5) AND (?6 < 0 OR state = ?6)"      \
  " AND id < ?7 ORDER BY id " order " LIMIT ?8"
#define READ_BY(condition, order) READ_FROM("local_lehrgaengeapi_journal", condition, order)

/* The index of persons has blocks of entries (migration 15). `block` gives the numbers of those
 * there are, from the newest wanted down. */
#define READ_BY_PERSON(order)                                                                      \
  "WITH RECURSIVE block (number) AS"                                                               \
  " (SELECT max(id) >> 12 FROM local_lehrgaengeapi_journal WHERE id < ?7"                          \
  "  UNION ALL SELECT (SELECT max(id) >> 12 FROM local_lehrgaengeapi_journal"                      \
  "                     WHERE id < number << 12) FROM block WHERE number IS NOT NULL) " READ_FROM( \
      "block CROSS JOIN local_lehrgaengeapi_journal"                                               \
      " INDEXED BY local_lehrgaengeapi_journal_person",                                            \
      "id >> 12 = number AND person = ?4 AND person <> ''", order)

typedef enum { BY_PERSON, BY_COURSE, BY_SHORTNAME, BY_OPEN, BY_RUN, BY_FAILED, BY_NOTHING } By;

/* By what is looked for, oldest or newest first. The second half of a condition tells SQLite that
 * the index, which leaves out 0 or "", has all such rows. */
#define BOTH_WAYS(condition)                                                                       \
  { READ_BY(condition, "ASC"), READ_BY(condition, "DESC") }
static const char *const statements[][2] = {
  [BY_PERSON] = { READ_BY_PERSON("ASC"), READ_BY_PERSON("DESC") },
  [BY_COURSE] = BOTH_WAYS("courseid = ?5 AND courseid <> 0"),
  [BY_SHORTNAME] = BOTH_WAYS("shortname = ?3 AND shortname <> ''"),
  [BY_OPEN] = BOTH_WAYS("state = 0"
                        " AND (kind = 'create_course' OR kind = 'link_course'"
                        " OR kind = 'create_user')"),
  [BY_RUN] = BOTH_WAYS("run = ?1"),
  [BY_FAILED] = BOTH_WAYS("state = 2"),
  [BY_NOTHING] = BOTH_WAYS("true"),
};

/* The kinds of intent that are looked for while they are open (sync/courses.h, sync/users.h). */
static bool
asks_for_open(const StoreJournalFilter *filter) {
  return filter->state == JOURNAL_INTENT && filter->kind != NULL &&
         (strcmp(filter->kind, "create_course") == 0 || strcmp(filter->kind, "link_course") == 0 ||
          strcmp(filter->kind, "create_user") == 0);
}

static bool
is_given(const char *text) {
  return text != NULL && *text != '\0';
}

/* What leaves the fewest rows. */
static By
best_for(const StoreJournalFilter *filter) {
  if (is_given(filter->person))
    return BY_PERSON;
  if (filter->courseid != 0)
    return BY_COURSE;
  if (is_given(filter->shortname))
    return BY_SHORTNAME;
  if (asks_for_open(filter))
    return BY_OPEN;
  if (filter->run != 0)
    return BY_RUN;
  return filter->state == JOURNAL_FAILED ? BY_FAILED : BY_NOTHING;
}

static const char *
text(sqlite3_stmt *row, int column) {
  return (const char *)sqlite3_column_text(row, column);
}

static bool
read_rows(SqliteStore *self, const StoreJournalFilter *filter, StoreJournalFunc each,
          gpointer user_data, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db, statements[best_for(filter)][filter->newest], error);
  if (row == NULL)
    return false;
  db_bind(row, "isssiiii", filter->run, filter->kind, filter->shortname, filter->person,
          filter->courseid, (gint64)filter->state,
          filter->before == 0 ? G_MAXINT64 : filter->before,
          filter->limit == 0 ? (gint64)-1 : (gint64)filter->limit);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreJournalRow found = { .id = sqlite3_column_int64(row, 0),
                              .run = sqlite3_column_int64(row, 1),
                              .time = sqlite3_column_int64(row, 2),
                              .state = (StoreJournalState)sqlite3_column_int(row, 3),
                              .entry = { .courseid = sqlite3_column_int64(row, 4),
                                         .userid = sqlite3_column_int64(row, 5),
                                         .kind = text(row, 6),
                                         .shortname = text(row, 7),
                                         .person = text(row, 8),
                                         .lehrgang = text(row, 9),
                                         .reason = text(row, 10) },
                              .error = text(row, 11) };
    each(&found, user_data);
  }
  return step == 0;
}

bool
sqlite_journal_read(Store *store, const StoreJournalFilter *filter, StoreJournalFunc each,
                    gpointer user_data, GError **error) {
  GError *cause = NULL;
  return read_rows(sqlite_store(store), filter, each, user_data, &cause) ||
         sqlite_failed(error, cause, "reading the journal");
}
