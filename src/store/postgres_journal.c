/* The journal: intents in slices, their outcomes, reading by course, person or run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

/* ── intents ── */

static bool
check_entry(const StoreJournalEntry *entry, GError **error) {
  return store_check_text("a step's kind", entry->kind, STORE_MAX_KEY, error) &&
         store_check_text("a course's short name", entry->shortname, STORE_MAX_KEY, error) &&
         store_check_text("a participant's id", entry->person, STORE_MAX_KEY, error) &&
         store_check_text("a Lehrgang's id", entry->lehrgang, STORE_MAX_KEY, error);
}

/* Takes `count` numbers that follow one another. Others draw from the sequence too, so it is theirs
 * only when this transaction ends. */
static bool
take_numbers(PostgresStore *self, guint count, gint64 *first, GError **error) {
  gint64 last = 0;
  if (!postgres_conn_run(self->conn, NULL, error,
                         "SELECT pg_advisory_xact_lock(" POSTGRES_LOCKS ", 2)", "") ||
      !postgres_conn_get(self->conn, &last, 0, error,
                         "SELECT setval(name, nextval(name) + $1::bigint - 1) FROM"
                         " (SELECT pg_get_serial_sequence('local_lehrgaengeapi_journal', 'id')"
                         "  ::regclass AS name) AS numbers",
                         "i", (gint64)count))
    return false;
  *first = last - count + 1;
  return true;
}

static const char insert[] =
    "INSERT INTO local_lehrgaengeapi_journal (id, state, run, time, courseid, userid, kind,"
    " shortname, person, lehrgang, reason)"
    " SELECT $1::bigint + place - 1, 0, $2::bigint, $3::bigint, courseid, userid,"
    "  coalesce(kind, ''), coalesce(shortname, ''), coalesce(person, ''), coalesce(lehrgang, ''),"
    "  reason"
    " FROM unnest($4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],"
    "  $10::text[]) WITH ORDINALITY AS given"
    "  (courseid, userid, kind, shortname, person, lehrgang, reason, place)";

enum { COURSE, USER, KIND, SHORTNAME, PERSON, LEHRGANG, REASON, COLUMNS };

static void
add_entry(GString *const *columns, const StoreJournalEntry *entry) {
  g_autofree char *cut = NULL;
  postgres_array_add_int(columns[COURSE], entry->courseid);
  postgres_array_add_int(columns[USER], entry->userid);
  postgres_array_add_text(columns[KIND], entry->kind);
  postgres_array_add_text(columns[SHORTNAME], entry->shortname);
  postgres_array_add_text(columns[PERSON], entry->person);
  postgres_array_add_text(columns[LEHRGANG], entry->lehrgang);
  postgres_array_add_text(columns[REASON], store_cut_reason(entry->reason, &cut));
}

static bool
insert_part(PostgresStore *self, gint64 first, gint64 run, const StoreJournalEntry *entries,
            guint count, gint64 now, GError **error) {
  GString *columns[COLUMNS];
  const char *arrays[COLUMNS];
  for (guint i = 0; i < COLUMNS; i++)
    columns[i] = postgres_array_new();
  for (guint i = 0; i < count; i++)
    add_entry(columns, &entries[i]);
  for (guint i = 0; i < COLUMNS; i++)
    arrays[i] = postgres_array_end(columns[i]);
  bool ok = postgres_conn_run(self->conn, NULL, error, insert, "iiisssssss", first, run, now,
                              arrays[COURSE], arrays[USER], arrays[KIND], arrays[SHORTNAME],
                              arrays[PERSON], arrays[LEHRGANG], arrays[REASON]);
  for (guint i = 0; i < COLUMNS; i++)
    g_string_free(columns[i], TRUE);
  return ok;
}

static bool
insert_all(PostgresStore *self, gint64 run, const StoreJournalEntry *entries, guint count,
           gint64 now, gint64 *first, GError **error) {
  for (guint i = 0; i < count; i++) {
    if (!check_entry(&entries[i], error))
      return false;
  }
  if (!take_numbers(self, count, first, error))
    return false;
  for (guint i = 0; i < count; i += POSTGRES_ROWS) {
    if (!insert_part(self, *first + i, run, entries + i, MIN(count - i, POSTGRES_ROWS), now, error))
      return false;
  }
  return true;
}

bool
postgres_journal_intend(Store *store, gint64 run, const StoreJournalEntry *entries, guint count,
                        gint64 now, gint64 *first, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 id = 0;
  if (count == 0)
    return true;
  if (!postgres_enter(self, POSTGRES_WRITE, "writing the journal", error))
    return false;
  bool ok = insert_all(self, run, entries, count, now, &id, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  *first = id;
  return true;
}

/* ── outcomes ── */

static bool
check_intended(PostgresStore *self, gint64 first, guint count, GError **error) {
  gint64 seen = 0;
  if (!postgres_conn_get(self->conn, &seen, 0, error,
                         "SELECT count(*) FROM local_lehrgaengeapi_journal"
                         " WHERE id BETWEEN $1 AND $2",
                         "ii", first, first + count - 1))
    return false;
  if (seen == count)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s: of the entries %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
              " only %" G_GINT64_FORMAT " were ever intended",
              postgres_conn_name(self->conn), first, first + count - 1, seen);
  return false;
}

static bool
settle_part(PostgresStore *self, gint64 first, const StoreJournalOutcome *outcomes, guint count,
            GError **error) {
  g_autoptr(GString) ids = postgres_array_new();
  g_autoptr(GString) states = postgres_array_new();
  g_autoptr(GString) courses = postgres_array_new();
  g_autoptr(GString) users = postgres_array_new();
  g_autoptr(GString) errors = postgres_array_new();
  for (guint i = 0; i < count; i++) {
    g_autofree char *cut = NULL;
    if (outcomes[i].state == JOURNAL_INTENT)
      continue;
    postgres_array_add_int(ids, first + i);
    postgres_array_add_int(states, (gint64)outcomes[i].state);
    postgres_array_add_int(courses, outcomes[i].courseid);
    postgres_array_add_int(users, outcomes[i].userid);
    postgres_array_add_text(errors, outcomes[i].state == JOURNAL_FAILED
                                        ? store_cut_reason(outcomes[i].error, &cut)
                                        : NULL);
  }
  return postgres_conn_run(
      self->conn, NULL, error,
      "UPDATE local_lehrgaengeapi_journal AS entry SET state = given.state, error = given.error,"
      " courseid = CASE given.courseid WHEN 0 THEN entry.courseid ELSE given.courseid END,"
      " userid = CASE given.userid WHEN 0 THEN entry.userid ELSE given.userid END"
      " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])"
      "  AS given (id, state, courseid, userid, error) WHERE entry.id = given.id",
      "sssss", postgres_array_end(ids), postgres_array_end(states), postgres_array_end(courses),
      postgres_array_end(users), postgres_array_end(errors));
}

bool
postgres_journal_settle(Store *store, gint64 first, const StoreJournalOutcome *outcomes,
                        guint count, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (count == 0)
    return true;
  if (!postgres_enter(self, POSTGRES_WRITE, "writing outcomes to the journal", error))
    return false;
  bool ok = check_intended(self, first, count, &cause);
  for (guint i = 0; ok && i < count; i += POSTGRES_ROWS)
    ok = settle_part(self, first + i, outcomes + i, MIN(count - i, POSTGRES_ROWS), &cause);
  return postgres_leave(self, ok, cause, error);
}

/* ── reading ── */

typedef struct {
  StoreJournalFunc each;
  gpointer user_data;
} Reading;

static bool
give_row(const PGresult *row, gpointer user_data) {
  const Reading *reading = user_data;
  StoreJournalRow found = { .id = postgres_conn_int(row, 0, 0),
                            .run = postgres_conn_int(row, 0, 1),
                            .time = postgres_conn_int(row, 0, 2),
                            .state = (StoreJournalState)postgres_conn_int(row, 0, 3),
                            .entry = { .courseid = postgres_conn_int(row, 0, 4),
                                       .userid = postgres_conn_int(row, 0, 5),
                                       .kind = postgres_conn_text(row, 0, 6),
                                       .shortname = postgres_conn_text(row, 0, 7),
                                       .person = postgres_conn_text(row, 0, 8),
                                       .lehrgang = postgres_conn_text(row, 0, 9),
                                       .reason = postgres_conn_text(row, 0, 10) },
                            .error = postgres_conn_text(row, 0, 11) };
  reading->each(&found, reading->user_data);
  return true;
}

/* The server knows the parameters when it plans, so the conditions that do not limit vanish and the
 * indexes serve the others. */
#define READ(order)                                                                                \
  "SELECT id, run, time, state, courseid, userid, kind, shortname, person, lehrgang, reason,"      \
  " error FROM local_lehrgaengeapi_journal WHERE ($1::bigint = 0 OR run = $1)"                     \
  " AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR shortname = $3)"                  \
  " AND ($4::text IS NULL OR person = $4)"                                                         \
  " AND ($5::bigint = 0 OR (courseid = $5 AND courseid <> 0))"                                     \
  " AND ($6::bigint < 0 OR state = $6) AND ($7::bigint = 0 OR id < $7)"                            \
  " ORDER BY id " order " LIMIT nullif($8::bigint, 0)"

bool
postgres_journal_read(Store *store, const StoreJournalFilter *filter, StoreJournalFunc each,
                      gpointer user_data, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  Reading reading = { each, user_data };
  if (!postgres_enter(self, POSTGRES_VIEW, "reading the journal", error))
    return false;
  bool ok = postgres_conn_each(self->conn, give_row, &reading, &cause,
                               filter->newest ? READ("DESC") : READ("ASC"), "isssiiii", filter->run,
                               filter->kind, filter->shortname, filter->person, filter->courseid,
                               (gint64)filter->state, filter->before, (gint64)filter->limit);
  return postgres_leave(self, ok, cause, error);
}
