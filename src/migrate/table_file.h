/* A table out of a text file, as databases export them: CSV (comma or semicolon) or TSV with a head
 * line that names the columns. Quoted or not, LF or CR LF, with or without byte order mark.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define TABLE_FILE_ERROR (table_file_error_quark())
GQuark table_file_error_quark(void);
typedef enum { TABLE_FILE_ERROR_FAILED } TableFileError;

#define TABLE_FILE_MAX_COLUMNS 64
#define TABLE_FILE_MAX_FIELD (64 * 1024) /* bytes of one field */
#define TABLE_FILE_MAX_BYTES ((gsize)1024 * 1024 * 1024)

/* One row: the values of the columns asked for, in that order, UTF-8, NULL where the database had
 * NULL (NULL, \N or nothing at all between two delimiters). They live until it returns. False with
 * `error` ends the reading. */
typedef bool (*TableFileFunc)(guint line, const char *const *values, gpointer user_data,
                              GError **error);

/* Reads `path`; `columns` (ends with NULL) are those wanted, found by name without regard to case.
 * What is wrong (a column missing, no head line, a row of another length) is
 * said with file and line. */
bool table_file_read(const char *path, const char *const *columns, TableFileFunc each,
                     gpointer user_data, GError **error);
