/* The journal: intents, outcomes, reading.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static const StoreJournalEntry enrol = { .kind = "enrol",
                                         .courseid = 7,
                                         .shortname = "FD-F-ATR-26",
                                         .userid = 21,
                                         .person = "T1",
                                         .lehrgang = "L1",
                                         .reason = "S033_EINBERUFEN_KREIS → EINBERUFEN" };
static const StoreJournalEntry create = { .kind = "create_user", .person = "T2" };

static gint64
intend(Store *store, gint64 run, const StoreJournalEntry *entry, gint64 now) {
  gint64 first = 0;
  WORKS(store, journal_intend, run, entry, 1, now, &first);
  g_assert_cmpint(first, >, 0);
  return first;
}

/* ── rows read, kept ── */

typedef struct {
  gint64 id, run, time, courseid, userid;
  StoreJournalState state;
  char *kind, *shortname, *person, *lehrgang, *reason, *error;
} Kept;

static void
kept_free(gpointer data) {
  Kept *kept = data;
  g_free(kept->kind);
  g_free(kept->shortname);
  g_free(kept->person);
  g_free(kept->lehrgang);
  g_free(kept->reason);
  g_free(kept->error);
  g_free(kept);
}

static void
keep(const StoreJournalRow *row, gpointer user_data) {
  Kept *kept = g_new0(Kept, 1);
  kept->id = row->id;
  kept->run = row->run;
  kept->time = row->time;
  kept->state = row->state;
  kept->courseid = row->entry.courseid;
  kept->userid = row->entry.userid;
  kept->kind = g_strdup(row->entry.kind);
  kept->shortname = g_strdup(row->entry.shortname);
  kept->person = g_strdup(row->entry.person);
  kept->lehrgang = g_strdup(row->entry.lehrgang);
  kept->reason = g_strdup(row->entry.reason);
  kept->error = g_strdup(row->error);
  g_ptr_array_add(user_data, kept);
}

static GPtrArray *
read_rows(Store *store, StoreJournalFilter filter) {
  GPtrArray *rows = g_ptr_array_new_with_free_func(kept_free);
  WORKS(store, journal_read, &filter, keep, rows);
  return rows;
}

static GPtrArray *
read_all(Store *store) {
  return read_rows(store, (StoreJournalFilter){ .state = -1 });
}

static const Kept *
kept_at(GPtrArray *rows, guint i) {
  g_assert_cmpuint(i, <, rows->len);
  return rows->pdata[i];
}

static void
assert_row(const Kept *row, gint64 id, StoreJournalState state, gint64 courseid, gint64 userid,
           const char *error) {
  g_assert_cmpint(row->id, ==, id);
  g_assert_cmpint(row->state, ==, state);
  g_assert_cmpint(row->courseid, ==, courseid);
  g_assert_cmpint(row->userid, ==, userid);
  g_assert_cmpstr(row->error, ==, error);
}

/* ── intents ── */

static void
test_intend(Case *test) {
  StoreJournalEntry entries[] = { enrol, create };
  gint64 first = 0;
  WORKS(test->store, journal_intend, 5, entries, 2, 1000, &first);
  case_reopen(test);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  g_assert_cmpuint(rows->len, ==, 2);
  const Kept *row = kept_at(rows, 0);
  assert_row(row, first, JOURNAL_INTENT, 7, 21, NULL);
  g_assert_cmpint(row->run, ==, 5);
  g_assert_cmpint(row->time, ==, 1000);
  g_assert_cmpstr(row->kind, ==, "enrol");
  g_assert_cmpstr(row->shortname, ==, "FD-F-ATR-26");
  g_assert_cmpstr(row->person, ==, "T1");
  g_assert_cmpstr(row->lehrgang, ==, "L1");
  g_assert_cmpstr(row->reason, ==, enrol.reason);
  row = kept_at(rows, 1);
  assert_row(row, first + 1, JOURNAL_INTENT, 0, 0, NULL);
  g_assert_cmpstr(row->kind, ==, "create_user");
  g_assert_cmpstr(row->shortname, ==, "");
  g_assert_cmpstr(row->person, ==, "T2");
  g_assert_cmpstr(row->lehrgang, ==, "");
  g_assert_cmpstr(row->reason, ==, "");
}

static void
test_ids_follow(Case *test) {
  StoreJournalEntry entries[500];
  for (guint i = 0; i < 500; i++)
    entries[i] = i % 2 ? enrol : create;
  gint64 first = 0, second = 0, none = 0;
  WORKS(test->store, journal_intend, 5, entries, 500, 1000, &first);
  WORKS(test->store, journal_intend, 5, entries, 0, 1000, &none);
  WORKS(test->store, journal_intend, 6, entries, 500, 1000, &second);
  g_assert_cmpint(second, >=, first + 500);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  g_assert_cmpuint(rows->len, ==, 1000);
  for (guint i = 0; i < 1000; i++) {
    const Kept *row = kept_at(rows, i);
    g_assert_cmpint(row->id, ==, i < 500 ? first + i : second + i - 500);
    g_assert_cmpint(row->run, ==, i < 500 ? 5 : 6);
    g_assert_cmpstr(row->kind, ==, i % 2 ? "enrol" : "create_user");
  }
}

static void
test_intend_bounds(Case *test) {
  g_autofree char *too_long = long_text(STORE_MAX_KEY + 1);
  const StoreJournalEntry bad[] = { { .kind = too_long },
                                    { .kind = "x", .shortname = too_long },
                                    { .kind = "x", .person = too_long },
                                    { .kind = "x", .lehrgang = too_long } };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    StoreJournalEntry entries[] = { enrol, bad[i] };
    gint64 first = 77;
    FAILS(STORE_ERROR_FAILED, test->store, journal_intend, 1, entries, 2, 1000, &first);
    g_assert_cmpint(first, ==, 77);
  }
  g_autoptr(GPtrArray) none = read_all(test->store);
  g_assert_cmpuint(none->len, ==, 0);

  char *key = too_long + 1;
  StoreJournalEntry longest = { .kind = key, .shortname = key, .person = key, .lehrgang = key };
  intend(test->store, 1, &longest, 1000);
}

/* A reason that is too long is cut before the character that would not fit whole. */
static void
test_reason_is_cut(Case *test) {
  for (gsize blanks = STORE_MAX_REASON - 4; blanks <= STORE_MAX_REASON + 1; blanks++) {
    g_autofree char *front = long_text(blanks);
    g_autofree char *reason = g_strconcat(front, "→→", NULL);
    StoreJournalEntry entry = { .kind = "enrol", .reason = reason };
    gint64 id = intend(test->store, 1, &entry, 1000);
    StoreJournalOutcome failed = { .state = JOURNAL_FAILED, .error = reason };
    WORKS(test->store, journal_settle, id, &failed, 1);
  }
  const gsize max = STORE_MAX_REASON, expected[] = { max - 1, max, max - 2, max - 1, max, max };
  g_autoptr(GPtrArray) rows = read_all(test->store);
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
    const Kept *row = kept_at(rows, i);
    g_assert_true(g_utf8_validate(row->reason, -1, NULL));
    g_assert_cmpuint(strlen(row->reason), ==, expected[i]);
    g_assert_cmpstr(row->error, ==, row->reason);
  }
}

/* ── outcomes ── */

static void
test_settle_alike(Case *test) {
  StoreJournalEntry entries[500];
  StoreJournalOutcome outcomes[500];
  for (guint i = 0; i < 500; i++) {
    entries[i] = enrol;
    entries[i].userid = 1 + i;
    outcomes[i] = (StoreJournalOutcome){ .state = JOURNAL_DONE, .userid = i % 2 ? 1 + i : 0 };
  }
  gint64 first = 0;
  gint64 before = intend(test->store, 4, &create, 900);
  WORKS(test->store, journal_intend, 5, entries, 500, 1000, &first);
  gint64 after = intend(test->store, 6, &create, 1100);
  WORKS(test->store, journal_settle, first, outcomes, 500);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  g_assert_cmpuint(rows->len, ==, 502);
  assert_row(kept_at(rows, 0), before, JOURNAL_INTENT, 0, 0, NULL);
  for (guint i = 0; i < 500; i++)
    assert_row(kept_at(rows, 1 + i), first + i, JOURNAL_DONE, 7, 1 + i, NULL);
  assert_row(kept_at(rows, 501), after, JOURNAL_INTENT, 0, 0, NULL);
  g_assert_cmpint(kept_at(rows, 1)->time, ==, 1000);
  g_assert_cmpstr(kept_at(rows, 1)->reason, ==, enrol.reason);
}

static void
test_settle_mixed(Case *test) {
  StoreJournalEntry entries[] = { enrol, create, enrol, create, enrol, enrol, create };
  const StoreJournalOutcome outcomes[] = {
    { .state = JOURNAL_DONE },
    { .state = JOURNAL_DONE, .userid = 99 },
    { .state = JOURNAL_INTENT, .courseid = 8, .userid = 8, .error = "not to be written" },
    { .state = JOURNAL_FAILED, .error = "Moodle: \"name\" is taken" },
    { .state = JOURNAL_FAILED, .courseid = 8 },
    { .state = JOURNAL_DONE, .courseid = 9, .error = "not to be written" },
    { .state = JOURNAL_DONE, .courseid = 10, .userid = 100 },
  };
  gint64 first = 0;
  WORKS(test->store, journal_intend, 5, entries, G_N_ELEMENTS(entries), 1000, &first);
  WORKS(test->store, journal_settle, first, outcomes, G_N_ELEMENTS(entries));
  g_autoptr(GPtrArray) rows = read_all(test->store);
  assert_row(kept_at(rows, 0), first, JOURNAL_DONE, 7, 21, NULL);
  assert_row(kept_at(rows, 1), first + 1, JOURNAL_DONE, 0, 99, NULL);
  assert_row(kept_at(rows, 2), first + 2, JOURNAL_INTENT, 7, 21, NULL);
  assert_row(kept_at(rows, 3), first + 3, JOURNAL_FAILED, 0, 0, "Moodle: \"name\" is taken");
  assert_row(kept_at(rows, 4), first + 4, JOURNAL_FAILED, 8, 21, "");
  assert_row(kept_at(rows, 5), first + 5, JOURNAL_DONE, 9, 21, NULL);
  assert_row(kept_at(rows, 6), first + 6, JOURNAL_DONE, 10, 100, NULL);
}

/* An item that stays an intent parts those around it that are alike. */
static void
test_settle_gaps(Case *test) {
  StoreJournalEntry entries[9];
  StoreJournalOutcome outcomes[9];
  for (guint i = 0; i < 9; i++) {
    entries[i] = enrol;
    outcomes[i] = (StoreJournalOutcome){ .state = i / 2 % 2 ? JOURNAL_INTENT : JOURNAL_DONE };
  }
  gint64 first = 0;
  WORKS(test->store, journal_intend, 5, entries, 9, 1000, &first);
  WORKS(test->store, journal_settle, first, outcomes, 9);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  for (guint i = 0; i < 9; i++)
    assert_row(kept_at(rows, i), first + i, outcomes[i].state, 7, 21, NULL);
}

static void
test_settle_part(Case *test) {
  StoreJournalEntry entries[] = { enrol, enrol, enrol, enrol };
  gint64 first = 0;
  WORKS(test->store, journal_intend, 5, entries, 4, 1000, &first);
  StoreJournalOutcome done[] = { { .state = JOURNAL_DONE }, { .state = JOURNAL_DONE } };
  WORKS(test->store, journal_settle, first + 1, done, 2);
  WORKS(test->store, journal_settle, first, NULL, 0);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  assert_row(kept_at(rows, 0), first, JOURNAL_INTENT, 7, 21, NULL);
  assert_row(kept_at(rows, 1), first + 1, JOURNAL_DONE, 7, 21, NULL);
  assert_row(kept_at(rows, 2), first + 2, JOURNAL_DONE, 7, 21, NULL);
  assert_row(kept_at(rows, 3), first + 3, JOURNAL_INTENT, 7, 21, NULL);
}

static void
test_settle_again(Case *test) {
  gint64 id = intend(test->store, 5, &enrol, 1000);
  StoreJournalOutcome failed = { .state = JOURNAL_FAILED, .error = "timed out" },
                      done = { .state = JOURNAL_DONE }, intent = { .state = JOURNAL_INTENT };
  WORKS(test->store, journal_settle, id, &failed, 1);
  WORKS(test->store, journal_settle, id, &intent, 1);
  g_autoptr(GPtrArray) first = read_all(test->store);
  assert_row(kept_at(first, 0), id, JOURNAL_FAILED, 7, 21, "timed out");
  WORKS(test->store, journal_settle, id, &done, 1);
  g_autoptr(GPtrArray) second = read_all(test->store);
  assert_row(kept_at(second, 0), id, JOURNAL_DONE, 7, 21, NULL);
}

static void
test_settle_missing(Case *test) {
  gint64 id = intend(test->store, 5, &enrol, 1000);
  StoreJournalOutcome done[] = { { .state = JOURNAL_DONE }, { .state = JOURNAL_DONE } };
  FAILS(STORE_ERROR_NOT_FOUND, test->store, journal_settle, id, done, 2);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, journal_settle, id + 1, done, 1);
  g_autoptr(GPtrArray) rows = read_all(test->store);
  assert_row(kept_at(rows, 0), id, JOURNAL_INTENT, 7, 21, NULL);
}

/* ── reading ── */

#define ROWS 120

static const char *const kinds[] = { NULL, "enrol", "unenrol" };
static const char *const shortnames[] = { NULL, "FD-1", "fd-1" };
static const char *const persons[] = { NULL, "T1", "T2", "" };

static void
fill(Store *store) {
  for (guint i = 0; i < ROWS; i++) {
    StoreJournalEntry entry = { .kind = kinds[1 + i % 2],
                                .shortname = shortnames[1 + i / 2 % 2],
                                .person = persons[1 + i % 3],
                                .courseid = i / 4 % 3,
                                .reason = "r" };
    gint64 id = intend(store, 1 + i % 5 / 3, &entry, 1000 + i);
    StoreJournalOutcome outcome = { .state = (StoreJournalState)(i / 7 % 3), .error = "e" };
    WORKS(store, journal_settle, id, &outcome, 1);
  }
}

static bool
text_fits(const char *wanted, const char *text) {
  return wanted == NULL || strcmp(wanted, text) == 0;
}

static bool
fits(const StoreJournalFilter *filter, const Kept *row) {
  return (filter->run == 0 || row->run == filter->run) && text_fits(filter->kind, row->kind) &&
         text_fits(filter->shortname, row->shortname) && text_fits(filter->person, row->person) &&
         (filter->courseid == 0 || row->courseid == filter->courseid) &&
         (filter->state < 0 || (gint)row->state == filter->state);
}

/* Reads with `filter` and compares with sifting all rows here. Returns how many there were. */
static guint
compare(Store *store, GPtrArray *all, const StoreJournalFilter *filter) {
  g_autoptr(GPtrArray) found = read_rows(store, *filter);
  guint next = 0;
  for (guint i = 0; i < all->len && (filter->limit == 0 || next < filter->limit); i++) {
    const Kept *row = all->pdata[i];
    if (fits(filter, row))
      g_assert_cmpint(kept_at(found, next++)->id, ==, row->id);
  }
  g_assert_cmpuint(found->len, ==, next);
  return next;
}

static void
test_filters(Case *test) {
  fill(test->store);
  g_autoptr(GPtrArray) all = read_all(test->store);
  g_assert_cmpuint(all->len, ==, ROWS);
  guint found = 0;
  /* Each digit of `n` chooses one field's value. */
  for (guint n = 0; n < 3 * 3 * 3 * 4 * 3 * 4 * 2; n++) {
    guint rest = n;
    StoreJournalFilter filter = { 0 };
    filter.run = rest % 3, rest /= 3;
    filter.kind = kinds[rest % 3], rest /= 3;
    filter.shortname = shortnames[rest % 3], rest /= 3;
    filter.person = persons[rest % 4], rest /= 4;
    filter.courseid = rest % 3, rest /= 3;
    filter.state = (gint)(rest % 4) - 1, rest /= 4;
    filter.limit = rest == 0 ? 0 : 2;
    found += compare(test->store, all, &filter);
  }
  g_assert_cmpuint(found, >, ROWS * 3 * 3);
}

static void
test_no_match(Case *test) {
  intend(test->store, 5, &enrol, 1000);
  const StoreJournalFilter filters[] = { { .run = 6, .state = -1 },
                                         { .kind = "unenrol", .state = -1 },
                                         { .shortname = "FD-F-ATR-2_", .state = -1 },
                                         { .person = "T%", .state = -1 },
                                         { .courseid = 70, .state = -1 },
                                         { .state = JOURNAL_DONE } };
  for (guint i = 0; i < G_N_ELEMENTS(filters); i++) {
    g_autoptr(GPtrArray) rows = read_rows(test->store, filters[i]);
    g_assert_cmpuint(rows->len, ==, 0);
  }
}

/* The kinds that every run asks for while they are open. */
static void
test_open(Case *test) {
  static const char *const words[] = { "create_course", "link_course", "create_user" };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    StoreJournalEntry entry = { .kind = words[i], .shortname = "FD-F-I-26", .person = "T1" };
    gint64 settled = intend(test->store, 5, &entry, 1000),
           open = intend(test->store, 6, &entry, 1000);
    StoreJournalOutcome done = { .state = JOURNAL_DONE };
    WORKS(test->store, journal_settle, settled, &done, 1);
    g_autoptr(GPtrArray) rows =
        read_rows(test->store, (StoreJournalFilter){ .kind = words[i], .state = JOURNAL_INTENT });
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpint(kept_at(rows, 0)->id, ==, open);
  }
}

/* What settle learns is found by it. */
static void
test_read_by_learnt_course(Case *test) {
  StoreJournalEntry course = { .kind = "create_course", .shortname = "FD-F-I-26" };
  gint64 id = intend(test->store, 5, &course, 1000);
  StoreJournalOutcome done = { .state = JOURNAL_DONE, .courseid = 312 };
  WORKS(test->store, journal_settle, id, &done, 1);
  g_autoptr(GPtrArray) rows =
      read_rows(test->store, (StoreJournalFilter){ .courseid = 312, .state = -1 });
  g_assert_cmpuint(rows->len, ==, 1);
  g_assert_cmpint(kept_at(rows, 0)->id, ==, id);
}

/* "4 2": the ids found, as offsets from `base`. */
static void
assert_ids(Store *store, StoreJournalFilter filter, gint64 base, const char *expected) {
  g_autoptr(GPtrArray) rows = read_rows(store, filter);
  g_autoptr(GString) ids = g_string_new(NULL);
  for (guint i = 0; i < rows->len; i++)
    g_string_append_printf(ids, "%s%d", i == 0 ? "" : " ", (int)(kept_at(rows, i)->id - base));
  g_assert_cmpstr(ids->str, ==, expected);
}

/* From the newest back, page by page, whatever else is asked for. */
static void
test_pages(Case *test) {
  StoreJournalEntry entries[] = { enrol, create, enrol, create, enrol };
  gint64 base = 0;
  WORKS(test->store, journal_intend, 5, entries, 5, 1000, &base);
  const StoreJournalFilter every_second[] = { { .state = -1, .person = "T1" },
                                              { .state = -1, .shortname = "FD-F-ATR-26" },
                                              { .state = -1, .courseid = 7 },
                                              { .state = -1, .kind = "enrol" },
                                              { .state = -1, .run = 5, .person = "T1" } };
  for (guint i = 0; i < G_N_ELEMENTS(every_second); i++) {
    StoreJournalFilter filter = every_second[i];
    assert_ids(test->store, filter, base, "0 2 4");
    filter.newest = true;
    assert_ids(test->store, filter, base, "4 2 0");
    filter.limit = 2;
    assert_ids(test->store, filter, base, "4 2");
    filter.before = base + 2;
    assert_ids(test->store, filter, base, "0");
    filter.before = base;
    assert_ids(test->store, filter, base, "");
    filter.newest = false;
    filter.before = base + 4;
    assert_ids(test->store, filter, base, "0 2");
    filter.limit = 1;
    assert_ids(test->store, filter, base, "0");
  }
  assert_ids(test->store, (StoreJournalFilter){ .state = -1, .newest = true, .limit = 3 }, base,
             "4 3 2");
  assert_ids(test->store, (StoreJournalFilter){ .state = -1, .run = 5, .before = base + 2 }, base,
             "0 1");
  assert_ids(test->store, (StoreJournalFilter){ .kind = "create_user", .newest = true }, base,
             "3 1");
  assert_ids(test->store, (StoreJournalFilter){ .state = -1, .shortname = "" }, base, "1 3");
}

/* One person's few, far apart in a long journal. */
static void
test_pages_of_a_person(Case *test) {
  enum { SLICE = 3000, SLICES = 4 };
  g_autofree StoreJournalEntry *entries = g_new0(StoreJournalEntry, SLICE);
  gint64 base = 0, next = 0;
  for (guint i = 0; i < SLICE; i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .person = i == 7 ? "T1" : "T2" };
  WORKS(test->store, journal_intend, 1, entries, SLICE, 1000, &base);
  for (guint slice = 1; slice < SLICES; slice++)
    WORKS(test->store, journal_intend, 1 + slice, entries, SLICE, 1000, &next);
  g_assert_cmpint(next, ==, base + (SLICES - 1) * SLICE);

  StoreJournalFilter filter = { .state = -1, .person = "T1" };
  assert_ids(test->store, filter, base, "7 3007 6007 9007");
  filter.limit = 3;
  assert_ids(test->store, filter, base, "7 3007 6007");
  filter.newest = true;
  assert_ids(test->store, filter, base, "9007 6007 3007");
  filter.before = base + 3007;
  assert_ids(test->store, filter, base, "7");
  filter.before = base + 9007;
  filter.limit = 1;
  assert_ids(test->store, filter, base, "6007");
  filter.before = 0;
  filter.run = 2;
  assert_ids(test->store, filter, base, "3007");
  assert_ids(test->store, (StoreJournalFilter){ .state = -1, .person = "T3" }, base, "");
}

/* Those that failed, among all that did not. */
static void
test_failed(Case *test) {
  StoreJournalEntry entries[] = { enrol, create, enrol, create };
  StoreJournalOutcome outcomes[] = { { .state = JOURNAL_FAILED, .error = "no" },
                                     { .state = JOURNAL_DONE },
                                     { .state = JOURNAL_FAILED, .error = "no" } };
  gint64 base = 0;
  WORKS(test->store, journal_intend, 5, entries, 4, 1000, &base);
  WORKS(test->store, journal_settle, base, outcomes, 3);
  StoreJournalFilter filter = { .state = JOURNAL_FAILED };
  assert_ids(test->store, filter, base, "0 2");
  filter.newest = true;
  assert_ids(test->store, filter, base, "2 0");
  filter.before = base + 2;
  assert_ids(test->store, filter, base, "0");
  WORKS(test->store, journal_settle, base, outcomes + 1, 1); /* done after all */
  assert_ids(test->store, filter, base, "");
}

void
contract_journal_add(const StoreHarness *harness) {
  case_add(harness, "journal/intend", test_intend);
  case_add(harness, "journal/ids-follow", test_ids_follow);
  case_add(harness, "journal/intend-bounds", test_intend_bounds);
  case_add(harness, "journal/reason-is-cut", test_reason_is_cut);
  case_add(harness, "journal/settle-alike", test_settle_alike);
  case_add(harness, "journal/settle-mixed", test_settle_mixed);
  case_add(harness, "journal/settle-gaps", test_settle_gaps);
  case_add(harness, "journal/settle-part", test_settle_part);
  case_add(harness, "journal/settle-again", test_settle_again);
  case_add(harness, "journal/settle-missing", test_settle_missing);
  case_add(harness, "journal/filters", test_filters);
  case_add(harness, "journal/no-match", test_no_match);
  case_add(harness, "journal/open", test_open);
  case_add(harness, "journal/read-by-learnt-course", test_read_by_learnt_course);
  case_add(harness, "journal/pages", test_pages);
  case_add(harness, "journal/pages-of-a-person", test_pages_of_a_person);
  case_add(harness, "journal/failed", test_failed);
}
