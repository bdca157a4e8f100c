/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "migrate/table_file.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(table_file_error_quark, table_file_error)

#define READ_BYTES (64 * 1024)
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

typedef struct {
  const char *path;
  const char *const *columns;
  guint wanted;
  TableFileFunc each;
  gpointer user_data;
  GPtrArray *fields; /* char *, NULL entries too: of the row being read */
  gint *place;       /* of each column wanted: its number in the file; before the head line, NULL */
  guint width;       /* columns of the file */
  guint line;        /* number of the row being read, 0 before the first */
  GError *error;     /* the first; then all else is passed over */
} Reading;

static void fail(Reading *reading, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
fail(Reading *reading, const char *format, ...) {
  if (reading->error != NULL)
    return;
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *what = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  if (reading->line == 0)
    g_set_error(&reading->error, TABLE_FILE_ERROR, TABLE_FILE_ERROR_FAILED, "%s: %s", reading->path,
                what);
  else
    g_set_error(&reading->error, TABLE_FILE_ERROR, TABLE_FILE_ERROR_FAILED, "%s:%u: %s",
                reading->path, reading->line, what);
}

static void
on_field(void *text, size_t length, void *data) {
  Reading *reading = data;
  if (reading->error != NULL)
    return;
  if (reading->fields->len == 0)
    reading->line++;
  if (length > TABLE_FILE_MAX_FIELD || reading->fields->len >= TABLE_FILE_MAX_COLUMNS)
    fail(reading, "a field is too long, or there are more than %d columns; export the table again",
         TABLE_FILE_MAX_COLUMNS);
  else if (text != NULL && !g_utf8_validate_len(text, length, NULL))
    fail(reading, "this is not UTF-8; export the table with that character set");
  else
    g_ptr_array_add(reading->fields, text == NULL ? NULL : g_strndup(text, length));
}

static gint
find_column(const Reading *reading, const char *name) {
  for (guint i = 0; i < reading->fields->len; i++) {
    const char *head = g_ptr_array_index(reading->fields, i);
    if (head != NULL && g_ascii_strcasecmp(head, name) == 0)
      return (gint)i;
  }
  return -1;
}

static void
take_head(Reading *reading) {
  reading->width = reading->fields->len;
  reading->place = g_new0(gint, reading->wanted);
  for (guint i = 0; i < reading->wanted; i++) {
    reading->place[i] = find_column(reading, reading->columns[i]);
    if (reading->place[i] < 0)
      fail(reading,
           "the first line names no column %s; export the whole table with a line of column names",
           reading->columns[i]);
  }
}

static const char *
value_of(const char *field) {
  bool null = field == NULL || strcmp(field, "NULL") == 0 || strcmp(field, "\\N") == 0;
  return null ? NULL : field;
}

static void
take_row(Reading *reading) {
  if (reading->fields->len != reading->width) {
    fail(reading,
         "this line has %u columns, the first one %u (is a quotation mark left open?); export the "
         "table again",
         reading->fields->len, reading->width);
    return;
  }
  const char *values[TABLE_FILE_MAX_COLUMNS];
  for (guint i = 0; i < reading->wanted; i++)
    values[i] = value_of(g_ptr_array_index(reading->fields, reading->place[i]));
  reading->each(reading->line, values, reading->user_data, &reading->error);
}

static void
on_row(int end, void *data) {
  (void)end;
  Reading *reading = data;
  if (reading->error == NULL && reading->place == NULL)
    take_head(reading);
  else if (reading->error == NULL)
    take_row(reading);
  g_ptr_array_set_size(reading->fields, 0);
}

/* The delimiter that the head line has most of. */
static unsigned char
delimiter_of(const char *text, gsize length) {
  static const char candidates[] = "\t,;";
  const char *end = memchr(text, '\n', length);
  gsize first = end != NULL ? (gsize)(end - text) : length;
  unsigned char best = ',';
  guint most = 0;
  for (const char *candidate = candidates; *candidate != '\0'; candidate++) {
    guint count = 0;
    for (gsize i = 0; i < first; i++)
      count += text[i] == *candidate;
    if (count > most) {
      most = count;
      best = (unsigned char)*candidate;
    }
  }
  return best;
}

static bool
parse(Reading *reading, FILE *file, struct csv_parser *parser) {
  g_autofree char *buffer = g_malloc(READ_BYTES);
  gsize length, total = 0;
  while ((length = fread(buffer, 1, READ_BYTES, file)) > 0 && reading->error == NULL) {
    gsize skip = 0;
    if (total == 0) {
      skip = length >= 3 && memcmp(buffer, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
      csv_set_delim(parser, delimiter_of(buffer + skip, length - skip));
    }
    total += length;
    if (total > TABLE_FILE_MAX_BYTES)
      fail(reading, "the file is larger than %" G_GSIZE_FORMAT " bytes", TABLE_FILE_MAX_BYTES);
    else if (csv_parse(parser, buffer + skip, length - skip, on_field, on_row, reading) !=
             length - skip)
      fail(reading, "%s", csv_strerror(csv_error(parser)));
  }
  if (ferror(file))
    fail(reading, "reading stopped: %s", g_strerror(errno));
  if (reading->error == NULL && csv_fini(parser, on_field, on_row, reading) != 0)
    fail(reading, "%s", csv_strerror(csv_error(parser)));
  if (reading->error == NULL && reading->place == NULL)
    fail(reading, "the file is empty; export the table with a line of column names");
  return reading->error == NULL;
}

static bool
read_file(Reading *reading, FILE *file, GError **error) {
  struct csv_parser parser;
  if (csv_init(&parser, CSV_EMPTY_IS_NULL) != 0) {
    g_set_error(error, TABLE_FILE_ERROR, TABLE_FILE_ERROR_FAILED, "libcsv does not start");
    return false;
  }
  bool ok = parse(reading, file, &parser);
  csv_free(&parser);
  if (!ok)
    g_propagate_error(error, reading->error);
  return ok;
}

bool
table_file_read(const char *path, const char *const *columns, TableFileFunc each,
                gpointer user_data, GError **error) {
  FILE *file = fopen(path, "rbe");
  if (file == NULL) {
    g_set_error(error, TABLE_FILE_ERROR, TABLE_FILE_ERROR_FAILED, "%s cannot be read: %s", path,
                g_strerror(errno));
    return false;
  }
  guint wanted = g_strv_length((char **)columns);
  g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
  Reading reading = { .path = path,
                      .columns = columns,
                      .wanted = wanted,
                      .each = each,
                      .user_data = user_data,
                      .fields = fields };
  g_assert(wanted > 0 && wanted <= TABLE_FILE_MAX_COLUMNS);
  bool ok = read_file(&reading, file, error);
  fclose(file);
  g_free(reading.place);
  return ok;
}
