/* Looks into the SQLite files a run leaves behind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Every row of every table, in the order of tables' names and row ids; `prefix` ("mdl_", or "" for
 * all) chooses the tables. Free with g_free(). */
char *rows_all(const char *path, const char *prefix);

/* What two runs that did the same have in common: the Moodle's rows joined by names, sorted,
 * without ids and without the times of doing. With what the store `store_path` remembers of them
 * (maps, content copies). Free with g_free(). */
char *rows_meaning(const char *moodle_path, const char *store_path);

/* Fails the test, with the first lines that only one of them has, unless they are equal. */
void rows_assert_same(const char *is, const char *wanted);

/* The first column of the first row, as a number or as a text (free with g_free()). Fails the test
 * when there is none. */
gint64 rows_number(const char *path, const char *sql);
char *rows_text(const char *path, const char *sql);

/* Changes a file; waits for whoever writes into it. */
void rows_change(const char *path, const char *sql);

/* The phase that the newest run recorded, if it is still called running. NULL when there is none,
 * or no file yet: this one may be asked at any time. Free with g_free(). */
char *rows_running_phase(const char *store_path);
