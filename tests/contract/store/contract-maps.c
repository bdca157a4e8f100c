/* Course map and user map.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

static gint64
course_of(Store *store, const char *externalid) {
  gint64 courseid = -1;
  WORKS(store, coursemap_get, &externalid, 1, &courseid);
  return courseid;
}

static bool
knows_user(Store *store, gint64 userid) {
  bool known = false;
  WORKS(store, usermap_knows, &userid, 1, &known);
  return known;
}

static void
test_get(Case *test) {
  const char *ids[] = { "L1", "nowhere", "L2", "L1" };
  gint64 numbers[4] = { -1, -1, -1, -1 };
  StoreCourseMap courses[] = { { "L2", "FD", 12 }, { "L1", "FD", 11 } };
  WORKS(test->store, coursemap_put, courses, 2, 100);
  WORKS(test->store, coursemap_get, ids, 4, numbers);
  g_assert_cmpint(numbers[0], ==, 11);
  g_assert_cmpint(numbers[1], ==, 0);
  g_assert_cmpint(numbers[2], ==, 12);
  g_assert_cmpint(numbers[3], ==, 11);

  StoreUserMap users[] = { { "L1", 21 }, { "L2", 22 } };
  WORKS(test->store, usermap_put, users, 2, 100);
  case_reopen(test);
  WORKS(test->store, usermap_get, ids, 4, numbers);
  g_assert_cmpint(numbers[0], ==, 21);
  g_assert_cmpint(numbers[1], ==, 0);
  g_assert_cmpint(numbers[2], ==, 22);
  g_assert_cmpint(numbers[3], ==, 21);
  g_assert_cmpint(course_of(test->store, "L1"), ==, 11);
}

static void
test_none(Case *test) {
  WORKS(test->store, coursemap_put, NULL, 0, 100);
  WORKS(test->store, usermap_put, NULL, 0, 100);
  WORKS(test->store, coursemap_get, NULL, 0, NULL);
  WORKS(test->store, usermap_get, NULL, 0, NULL);
  WORKS(test->store, usermap_knows, NULL, 0, NULL);
}

/* Ids are taken byte by byte. */
static void
test_ids(Case *test) {
  static const char *const ids[] = {
    "a", "A", "a ", " a", "ä", "a%", "a_", "a'b", "1", "01", "1.0"
  };
  for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
    StoreCourseMap course = { ids[i], "FD", 100 + i };
    StoreUserMap user = { ids[i], 200 + i };
    WORKS(test->store, coursemap_put, &course, 1, 1);
    WORKS(test->store, usermap_put, &user, 1, 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
    g_assert_cmpint(course_of(test->store, ids[i]), ==, 100 + i);
    g_assert_cmpint(case_user(test->store, ids[i]), ==, 200 + i);
  }
}

static void
test_large_numbers(Case *test) {
  StoreCourseMap course = { "L", "FD", G_MAXINT64 };
  StoreUserMap user = { "T", G_MAXINT64 - 1 };
  WORKS(test->store, coursemap_put, &course, 1, 1);
  WORKS(test->store, usermap_put, &user, 1, 1);
  g_assert_cmpint(course_of(test->store, "L"), ==, G_MAXINT64);
  g_assert_cmpint(case_user(test->store, "T"), ==, G_MAXINT64 - 1);
}

static void
assert_times(Case *test, const char *sql, gint64 created, gint64 modified) {
  gint64 both = test->harness->sql(test->place, sql);
  g_assert_cmpint(both / 10000, ==, created);
  g_assert_cmpint(both % 10000, ==, modified);
}

#define COURSE_TIMES                                                                               \
  "SELECT timecreated * 10000 + timemodified FROM local_lehrgaengeapi_coursemap"                   \
  " WHERE externalid = 'L'"
#define USER_TIMES                                                                                 \
  "SELECT timecreated * 10000 + timemodified FROM local_lehrgaengeapi_usermap"                     \
  " WHERE externalinitialid = 'T'"

static void
test_put_course_again(Case *test) {
  StoreCourseMap first = { "L", "FD", 11 }, other_course = { "L", "FD", 12 },
                 other_tenant = { "L", "HLFS", 12 };
  WORKS(test->store, coursemap_put, &first, 1, 1000);
  assert_times(test, COURSE_TIMES, 1000, 1000);
  WORKS(test->store, coursemap_put, &first, 1, 2000);
  assert_times(test, COURSE_TIMES, 1000, 1000);
  WORKS(test->store, coursemap_put, &other_course, 1, 3000);
  assert_times(test, COURSE_TIMES, 1000, 3000);
  g_assert_cmpint(course_of(test->store, "L"), ==, 12);
  WORKS(test->store, coursemap_put, &other_tenant, 1, 4000);
  assert_times(test, COURSE_TIMES, 1000, 4000);
  g_assert_cmpint(test->harness->sql(test->place,
                                     "SELECT count(*) FROM local_lehrgaengeapi_coursemap"
                                     " WHERE externalid = 'L' AND tenant = 'HLFS' AND id > 0"),
                  ==, 1);
}

static void
test_put_user_again(Case *test) {
  StoreUserMap first = { "T", 21 }, other = { "T", 22 };
  WORKS(test->store, usermap_put, &first, 1, 1000);
  WORKS(test->store, usermap_put, &first, 1, 2000);
  assert_times(test, USER_TIMES, 1000, 1000);
  WORKS(test->store, usermap_put, &other, 1, 3000);
  assert_times(test, USER_TIMES, 1000, 3000);
  g_assert_cmpint(case_user(test->store, "T"), ==, 22);
  g_assert_cmpint(test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_usermap"
                                                  " WHERE externalinitialid = 'T' AND id > 0"),
                  ==, 1);
}

/* The last of one id in a call counts. */
static void
test_put_twice_in_one(Case *test) {
  StoreUserMap users[] = { { "T", 21 }, { "T", 22 } };
  StoreCourseMap courses[] = { { "L", "FD", 11 }, { "L", "FD", 12 } };
  WORKS(test->store, usermap_put, users, 2, 100);
  WORKS(test->store, coursemap_put, courses, 2, 100);
  g_assert_cmpint(case_user(test->store, "T"), ==, 22);
  g_assert_cmpint(course_of(test->store, "L"), ==, 12);
}

static void
note_row(const StoreCourseMap *row, gpointer user_data) {
  g_string_append_printf(user_data, "%s/%s/%" G_GINT64_FORMAT " ", row->externalid, row->tenant,
                         row->courseid);
}

static char *
rows_of_course(Store *store, gint64 courseid) {
  GString *found = g_string_new(NULL);
  WORKS(store, coursemap_of_course, courseid, note_row, found);
  return g_string_free(found, FALSE);
}

static void
test_of_course(Case *test) {
  StoreCourseMap rows[] = { { "b", "FD", 7 }, { "Ä", "HLFS", 7 }, { "a", "KS", 7 },
                            { "B", NULL, 7 }, { "c", "FD", 8 },   { "d", "FD", 77 } };
  WORKS(test->store, coursemap_put, rows, G_N_ELEMENTS(rows), 100);
  g_autofree char *seven = rows_of_course(test->store, 7);
  g_assert_cmpstr(seven, ==, "B//7 a/KS/7 b/FD/7 Ä/HLFS/7 ");
  g_autofree char *nine = rows_of_course(test->store, 9);
  g_assert_cmpstr(nine, ==, "");

  StoreCourseMap moved = { "a", "KS", 8 };
  WORKS(test->store, coursemap_put, &moved, 1, 200);
  g_autofree char *fewer = rows_of_course(test->store, 7);
  g_assert_cmpstr(fewer, ==, "B//7 b/FD/7 Ä/HLFS/7 ");
  g_autofree char *eight = rows_of_course(test->store, 8);
  g_assert_cmpstr(eight, ==, "a/KS/8 c/FD/8 ");
}

static void
test_knows(Case *test) {
  StoreUserMap rows[] = { { "T1", 21 }, { "T2", 21 }, { "T3", 22 } };
  WORKS(test->store, usermap_put, rows, 3, 100);
  gint64 userids[] = { 22, 5, 21, 22 };
  bool known[] = { false, true, false, false };
  WORKS(test->store, usermap_knows, userids, 4, known);
  g_assert_true(known[0]);
  g_assert_false(known[1]);
  g_assert_true(known[2]);
  g_assert_true(known[3]);

  StoreUserMap moved = { "T3", 23 };
  WORKS(test->store, usermap_put, &moved, 1, 200);
  g_assert_false(knows_user(test->store, 22));
  g_assert_true(knows_user(test->store, 23));
}

/* A bad row at the end of a call leaves nothing of it. */
static void
test_bad_rows(Case *test) {
  g_autofree char *too_long = long_text(STORE_MAX_KEY + 1);
  const StoreCourseMap bad_courses[] = {
    { "", "FD", 5 },   { NULL, "FD", 5 },     { "L", "FD", 0 },
    { "L", "FD", -1 }, { too_long, "FD", 5 }, { "L", too_long, 5 },
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad_courses); i++) {
    StoreCourseMap rows[] = { { "good", "FD", 11 }, bad_courses[i] };
    FAILS(STORE_ERROR_FAILED, test->store, coursemap_put, rows, 2, 100);
    g_assert_cmpint(course_of(test->store, "good"), ==, 0);
  }
  const StoreUserMap bad_users[] = {
    { "", 5 }, { NULL, 5 }, { "T", 0 }, { "T", -1 }, { too_long, 5 }
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad_users); i++) {
    StoreUserMap rows[] = { { "good", 21 }, bad_users[i] };
    FAILS(STORE_ERROR_FAILED, test->store, usermap_put, rows, 2, 100);
    g_assert_cmpint(case_user(test->store, "good"), ==, 0);
  }
  StoreUserMap longest = { too_long + 1, 5 };
  StoreCourseMap longest_too = { too_long + 1, too_long + 1, 6 };
  WORKS(test->store, usermap_put, &longest, 1, 100);
  WORKS(test->store, coursemap_put, &longest_too, 1, 100);
  g_assert_cmpint(case_user(test->store, too_long + 1), ==, 5);
  g_assert_cmpint(course_of(test->store, too_long + 1), ==, 6);
}

/* Rows that a site brings along from the plugin know nothing of the columns added since. */
static void
test_plugin_rows(Case *test) {
  test->harness->sql(test->place, "INSERT INTO local_lehrgaengeapi_coursemap"
                                  " (id, externalid, courseid, timecreated, timemodified)"
                                  " VALUES (41, 'L', 11, 1000, 1001)");
  test->harness->sql(test->place, "INSERT INTO local_lehrgaengeapi_usermap"
                                  " (id, externalinitialid, userid, timecreated, timemodified)"
                                  " VALUES (42, 'T', 21, 1002, 1003)");
  g_assert_cmpint(course_of(test->store, "L"), ==, 11);
  g_assert_cmpint(case_user(test->store, "T"), ==, 21);
  g_autofree char *rows = rows_of_course(test->store, 11);
  g_assert_cmpstr(rows, ==, "L//11 ");

  StoreCourseMap course = { "L", "FD", 11 };
  WORKS(test->store, coursemap_put, &course, 1, 5000);
  assert_times(test, COURSE_TIMES, 1000, 5000);
}

void
contract_maps_add(const StoreHarness *harness) {
  case_add(harness, "map/get", test_get);
  case_add(harness, "map/none", test_none);
  case_add(harness, "map/ids", test_ids);
  case_add(harness, "map/large-numbers", test_large_numbers);
  case_add(harness, "map/put-course-again", test_put_course_again);
  case_add(harness, "map/put-user-again", test_put_user_again);
  case_add(harness, "map/put-twice-in-one", test_put_twice_in_one);
  case_add(harness, "map/of-course", test_of_course);
  case_add(harness, "map/knows", test_knows);
  case_add(harness, "map/bad-rows", test_bad_rows);
  case_add(harness, "map/plugin-rows", test_plugin_rows);
}
