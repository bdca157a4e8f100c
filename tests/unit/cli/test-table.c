/* Tables: alignment by columns, not bytes, and what gives way on a narrow terminal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "cli/table.h"

static Table *
tenants(void) {
  Table *table = table_new();
  table_column(table, "Tenant", TABLE_LEFT);
  table_column(table, "Name", TABLE_LEFT);
  table_column(table, "Lehrgänge", TABLE_RIGHT);
  table_cell(table, "RÜD");
  table_cell(table, "Rheingau-Taunus-Kreis");
  table_cell(table, "7");
  table_cell(table, "FD");
  table_cell(table, "Landkreis Fulda");
  table_cell_format(table, "%d", 1234);
  return table;
}

static void
test_alignment(void) {
  g_autoptr(Table) table = tenants();
  g_assert_cmpuint(table_rows(table), ==, 2);
  autochar text = table_format(table, 0);
  g_assert_cmpstr(text, ==,
                  "Tenant  Name                   Lehrgänge\n"
                  "RÜD     Rheingau-Taunus-Kreis          7\n"
                  "FD      Landkreis Fulda             1234\n");
}

static void
test_fits_exactly(void) {
  g_autoptr(Table) table = tenants();
  autochar full = table_format(table, 0);
  autochar exact = table_format(table, 40);
  g_assert_cmpstr(exact, ==, full);
}

static void
test_widest_text_gives_way(void) {
  g_autoptr(Table) table = tenants();
  autochar text = table_format(table, 36);
  g_assert_cmpstr(text, ==,
                  "Tenant  Name               Lehrgänge\n"
                  "RÜD     Rheingau-Taunus-…          7\n"
                  "FD      Landkreis Fulda         1234\n");
}

static void
test_two_columns_share(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "A", TABLE_LEFT);
  table_column(table, "B", TABLE_LEFT);
  table_cell(table, "aaaaaaaaaaaaaaaaaaaa");
  table_cell(table, "bbbbbbbbbbbbbbbb");
  autochar text = table_format(table, 26);
  g_assert_cmpstr(text, ==,
                  "A             B\n"
                  "aaaaaaaaaaa…  bbbbbbbbbbb…\n");
}

static void
test_numbers_and_titles_stay(void) {
  g_autoptr(Table) table = tenants();
  autochar text = table_format(table, 5);
  g_assert_cmpstr(text, ==,
                  "Tenant  Name      Lehrgänge\n"
                  "RÜD     Rheinga…          7\n"
                  "FD      Landkre…       1234\n");
}

static void
test_numbers_are_never_cut(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Id", TABLE_RIGHT);
  table_column(table, "Text", TABLE_LEFT);
  table_cell(table, "123456789012345678");
  table_cell(table, "twelve chars");
  autochar text = table_format(table, 10);
  g_assert_cmpstr(text, ==,
                  "                Id  Text\n"
                  "123456789012345678  twelve …\n");
}

static void
test_no_blanks_at_line_ends(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Kind", TABLE_LEFT);
  table_column(table, "Error", TABLE_LEFT);
  table_cell(table, "copy");
  table_cell(table, NULL);
  table_cell(table, "copy");
  table_cell(table, "gone");
  autochar text = table_format(table, 0);
  g_assert_cmpstr(text, ==, "Kind  Error\ncopy\ncopy  gone\n");
}

static void
test_foreign_text(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "E", TABLE_LEFT);
  table_column(table, "X", TABLE_LEFT);
  table_cell(table, "a\nb\tc\033[2J");
  table_cell(table, "x");
  autochar text = table_format(table, 0);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 3);
  g_assert_true(g_str_has_prefix(lines[1], "a b c"));
  g_assert_null(strchr(text, '\033'));
  g_assert_cmpuint(text_columns(lines[0]), ==, text_columns(lines[1]));
}

static void
test_unfinished_row(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "A", TABLE_LEFT);
  table_column(table, "B", TABLE_LEFT);
  table_cell(table, "only");
  g_assert_cmpuint(table_rows(table), ==, 1);
  autochar text = table_format(table, 0);
  g_assert_cmpstr(text, ==, "A     B\nonly\n");
}

static void
test_print_without_terminal(void) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Name", TABLE_LEFT);
  autochar wide = g_strnfill(500, 'w');
  table_cell(table, wide);
  char *data = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&data, &size);
  table_print(table, out);
  fclose(out);
  autochar expected = g_strconcat("Name\n", wide, "\n", NULL);
  g_assert_cmpstr(data, ==, expected);
  free(data);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/table/alignment", test_alignment);
  g_test_add_func("/table/fits-exactly", test_fits_exactly);
  g_test_add_func("/table/widest-text-gives-way", test_widest_text_gives_way);
  g_test_add_func("/table/two-columns-share", test_two_columns_share);
  g_test_add_func("/table/numbers-and-titles-stay", test_numbers_and_titles_stay);
  g_test_add_func("/table/numbers-are-never-cut", test_numbers_are_never_cut);
  g_test_add_func("/table/no-blanks-at-line-ends", test_no_blanks_at_line_ends);
  g_test_add_func("/table/foreign-text", test_foreign_text);
  g_test_add_func("/table/unfinished-row", test_unfinished_row);
  g_test_add_func("/table/print-without-terminal", test_print_without_terminal);
  return g_test_run();
}
