/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include "base/text.h"

static char *
option_column(const GOptionEntry *entry) {
  GString *text = g_string_new("  ");
  if (entry->short_name != '\0')
    g_string_append_printf(text, "-%c, ", entry->short_name);
  else
    g_string_append(text, "    ");
  g_string_append_printf(text, "--%s", entry->long_name);
  if (entry->arg_description != NULL)
    g_string_append_printf(text, " %s", entry->arg_description);
  return g_string_free(text, FALSE);
}

static void
print_options(FILE *out, const GOptionEntry *entries) {
  for (const GOptionEntry *entry = entries; entry != NULL && entry->long_name != NULL; entry++) {
    autochar column = option_column(entry);
    autochar fitted = text_fit(column, MAX(text_columns(column), 22), false);
    fprintf(out, "%s  %s\n", fitted, entry->description);
  }
}

void
help_overview(FILE *out, const Command *const *commands, const GOptionEntry *entries) {
  fputs("Usage: " HELP_PROGRAM " [--config FILE] COMMAND [OPTION]…\n\n"
        "Copies Lehrgänge and their Teilnehmer from ZMS into Moodle.\n\nCommands:\n",
        out);
  for (; *commands != NULL; commands++)
    fprintf(out, "  %-12s%s\n", (*commands)->name, (*commands)->summary);
  fprintf(out, "  %-12s%s\n\nOptions:\n", "help", "show what a command does and takes");
  print_options(out, entries);
  fputs("\nThe configuration is the file named by --config, else by LEHRGAENGE_CONFIG, else\n"
        "./lehrgaenge.conf, else /etc/lehrgaenge/lehrgaenge.conf.\n\n" HELP_PROGRAM
        " COMMAND --help tells more about one command.\n",
        out);
}

void
help_command(FILE *out, const Command *command, const GOptionEntry *own,
             const GOptionEntry *global) {
  g_auto(GStrv) forms = g_strsplit(command->arguments, "\n", -1);
  const char *lead = "Usage:";
  if (*forms == NULL) /* g_strsplit() makes nothing of an empty text */
    fprintf(out, "%s " HELP_PROGRAM " %s\n", lead, command->name);
  for (char **form = forms; *form != NULL; form++, lead = "      ")
    fprintf(out, "%s " HELP_PROGRAM " %s%s%s\n", lead, command->name, **form == '\0' ? "" : " ",
            *form);
  fprintf(out, "\n%s\n\nOptions:\n", command->description);
  print_options(out, own);
  print_options(out, global);
  fprintf(out, "\n%s\n", command->notes);
}
