/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report_text.h"

#include <string.h>

#include "base/text.h"
#include "cli/table.h"

/* How many failures, left-out items and steps are shown unless more is asked for. */
#define SHORT_LIST 10

static guint
number(const json_t *object, const char *key) {
  return (guint)json_integer_value(json_object_get(object, key));
}

static const char *
string(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

static void
cell_number(Table *table, guint value) {
  if (value == 0)
    table_cell(table, "·");
  else
    table_cell_format(table, "%u", value);
}

/* The columns of the tenants' and of the courses' tables alike: what a line's users and assignments
 * say. */
static const struct {
  const char *title, *group, *key;
} columns[] = {
  { "New users", "users", "created" },
  { "Enrolled", "assignments", "enrolled" },
  { "Already", "assignments", "alreadyenrolled" },
  { "Completed", "assignments", "completed" },
  { "Unenrolled", "assignments", "unenrolled" },
  { "Nothing", "assignments", "noop" },
  { "Skipped", "assignments", "skipped" },
  { "Unlisted", "assignments", "unlisted" },
};

static void
add_columns(Table *table) {
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
    table_column(table, columns[i].title, TABLE_RIGHT);
}

static void
add_cells(Table *table, const json_t *lines) {
  size_t at;
  json_t *line;
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
    guint sum = 0;
    json_array_foreach(lines, at, line) sum +=
        number(json_object_get(line, columns[i].group), columns[i].key);
    cell_number(table, sum);
  }
}

/* The states of tenants that the run was not for: no line for them. */
#define NOT_ASKED "not asked"
#define NOT_CONFIGURED "not configured"

static const char *
tenant_state(const json_t *tenant) {
  if (!json_is_true(json_object_get(tenant, "configured")))
    return NOT_CONFIGURED;
  if (json_is_string(json_object_get(tenant, "error")))
    return "FAILED";
  if (!json_is_true(json_object_get(tenant, "listed")))
    return NOT_ASKED;
  return json_array_size(json_object_get(tenant, "failed")) > 0 ? "partly" : "ok";
}

static void
print_tenants(FILE *out, const json_t *tenants) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Tenant", TABLE_LEFT);
  table_column(table, "State", TABLE_LEFT);
  table_column(table, "Lehrgänge", TABLE_RIGHT);
  table_column(table, "New courses", TABLE_RIGHT);
  add_columns(table);
  g_autoptr(GString) left_out = g_string_new(NULL);
  size_t at;
  json_t *tenant;
  json_array_foreach(tenants, at, tenant) {
    const char *state = tenant_state(tenant);
    if (strcmp(state, NOT_CONFIGURED) == 0)
      g_string_append_printf(left_out, "%s%s", left_out->len > 0 ? ", " : "",
                             string(tenant, "abbr"));
    if (strcmp(state, NOT_CONFIGURED) == 0 || strcmp(state, NOT_ASKED) == 0)
      continue;
    table_cell(table, string(tenant, "abbr"));
    table_cell(table, state);
    cell_number(table, number(tenant, "total"));
    cell_number(table, number(tenant, "created"));
    add_cells(table, json_object_get(tenant, "courses"));
  }
  table_print(table, out);
  if (left_out->len > 0)
    fprintf(out, "\nNot configured (no apikey): %s\n", left_out->str);
}

static void
print_courses(FILE *out, const json_t *tenants) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Tenant", TABLE_LEFT);
  table_column(table, "Course", TABLE_LEFT);
  table_column(table, "Lehrgänge", TABLE_RIGHT);
  add_columns(table);
  size_t at, line_at;
  json_t *tenant, *line;
  json_array_foreach(tenants, at, tenant) {
    json_array_foreach(json_object_get(tenant, "courses"), line_at, line) {
      json_auto_t *one = json_pack("[O]", line);
      table_cell(table, string(tenant, "abbr"));
      table_cell_format(table, "%s%s", string(line, "shortname"),
                        json_is_true(json_object_get(line, "created")) ? " (new)" : "");
      table_cell_format(table, "%zu", json_array_size(json_object_get(line, "lehrgaenge")));
      add_cells(table, one);
    }
  }
  if (table_rows(table) > 0) {
    fputs("\n", out);
    table_print(table, out);
  }
}

/* Prints a heading before the first of a list's items. */
static void
heading(FILE *out, bool *printed, const char *text) {
  if (!*printed)
    fprintf(out, "\n%s\n", text);
  *printed = true;
}

static void
print_failures(FILE *out, const json_t *tenants, bool verbose) {
  bool printed = false;
  guint shown = 0, rest = 0;
  size_t at, failure_at;
  json_t *tenant, *failure;
  json_array_foreach(tenants, at, tenant) {
    if (json_is_string(json_object_get(tenant, "error"))) {
      heading(out, &printed, "Failed:");
      fprintf(out, "  %s: %s\n", string(tenant, "abbr"), string(tenant, "error"));
      /* Its Lehrgänge failed with it, for the same reason. */
      continue;
    }
    json_array_foreach(json_object_get(tenant, "failed"), failure_at, failure) {
      heading(out, &printed, "Failed:");
      if (shown >= SHORT_LIST && !verbose) {
        rest++;
        continue;
      }
      shown++;
      fprintf(out, "  %s: %s: %s\n", string(tenant, "abbr"), string(failure, "id"),
              string(failure, "error"));
    }
  }
  if (rest > 0)
    fprintf(out, "  … and %u more (--verbose shows all)\n", rest);
}

static const struct {
  const char *reason, *means;
} reasons[] = {
  { "course_exists", "their course was there already" },
  { "no_company", "Moodle has no company of the tenant's name and code" },
  { "no_category", "Moodle has no course category that is surely the company's; see the warnings" },
  { "no_kurzbezeichnung", "no kurzbezeichnung, so no course name" },
  { "bad_end_tag", "endTag missing or no date, so no year" },
  { "name_too_long", "the course name is too long for Moodle" },
  { "no_template", "neither a course of last year nor a master course of that name" },
  { "course_failed", "their course could not be created" },
};

static void
print_skipped(FILE *out, const json_t *tenants) {
  bool printed = false;
  for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
    guint sum = 0;
    GString *who = g_string_new(NULL);
    size_t at;
    json_t *tenant;
    json_array_foreach(tenants, at, tenant) {
      guint count = number(json_object_get(tenant, "skip_reasons"), reasons[i].reason);
      sum += count;
      if (count > 0)
        g_string_append_printf(who, " %s %u", string(tenant, "abbr"), count);
    }
    bool ordinary = strcmp(reasons[i].reason, "course_exists") == 0;
    if (sum > 0 && !ordinary) {
      heading(out, &printed, "Lehrgänge without a course:");
      fprintf(out, "  %u %s: %s (%s)\n", sum, reasons[i].reason, reasons[i].means, who->str + 1);
    }
    g_string_free(who, TRUE);
  }
}

static void
print_left_out(FILE *out, const json_t *tenants, bool verbose) {
  bool printed = false;
  guint shown = 0, all = 0;
  size_t at, item_at;
  json_t *tenant, *item;
  json_array_foreach(tenants, at, tenant) {
    all += number(tenant, "left_out_count");
    json_array_foreach(json_object_get(tenant, "left_out"), item_at, item) {
      heading(out, &printed, "Left out, because ZMS sent them malformed:");
      if (shown >= SHORT_LIST && !verbose)
        continue;
      shown++;
      const char *lehrgang = string(item, "lehrgang");
      const char *id = string(item, "id");
      fprintf(out, "  %s: %s%s: %s%s%s: %s\n", string(tenant, "abbr"),
              *lehrgang != '\0' ? "Teilnehmer of Lehrgang " : "list of Lehrgänge", lehrgang,
              string(item, "where"), *id != '\0' ? " " : "", id, string(item, "why"));
    }
  }
  if (all > shown)
    fprintf(out, "  … and %u more (--verbose shows more)\n", all - shown);
}

/* The options by which the same year and tenants are taken again; free with g_free(). */
static char *
selection(const json_t *report) {
  g_autoptr(GString) tenants = g_string_new(NULL);
  bool all = true;
  size_t at;
  const json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    const char *state = tenant_state(tenant);
    if (strcmp(state, NOT_ASKED) == 0)
      all = false;
    else if (strcmp(state, NOT_CONFIGURED) != 0)
      g_string_append_printf(tenants, " --tenant %s", string(tenant, "abbr"));
  }
  guint year = number(report, "year");
  autochar years = year > 0 ? g_strdup_printf(" --year %u", year) : g_strdup("");
  return g_strconcat(years, all ? "" : tenants->str, NULL);
}

static void
print_held(FILE *out, const json_t *report) {
  bool printed = false;
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(report, "held"), at, item) {
    heading(out, &printed, "Held by the guard (everything else was applied):");
    fprintf(
        out,
        "  %s: %u removals, but only %u people are enrolled and at most %u removals pass unseen\n",
        string(item, "company"), number(item, "removals"), number(item, "enrolled"),
        number(item, "allowed"));
  }
  if (!printed)
    return;
  autochar which = selection(report);
  fprintf(out,
          "  Look at them with: lehrgaenge plan%s --verbose\n"
          "  If they are right: lehrgaenge sync%s --allow-removals\n",
          which, which);
}

static void
print_texts(FILE *out, const json_t *report, bool verbose) {
  bool printed = false;
  size_t at;
  json_t *item;
  const char *key;
  json_array_foreach(json_object_get(report, "unproven"), at, item) {
    heading(
        out, &printed,
        "Nobody was removed from these courses, because not all that feeds them could be read:");
    fprintf(out, "  %s: %s\n", string(item, "shortname"), string(item, "why"));
  }
  printed = false;
  json_array_foreach(json_object_get(report, "warnings"), at, item) {
    heading(out, &printed, "Warnings:");
    if (at < SHORT_LIST || verbose)
      fprintf(out, "  %s\n", json_string_value(item));
  }
  printed = false;
  json_object_foreach(json_object_get(report, "unknown_statuses"), key, item) {
    heading(out, &printed,
            "Unknown statuses (they ask for nothing; add their first word to [status]):");
    fprintf(out, "  %s: %u participant%s\n", key, (guint)json_integer_value(item),
            json_integer_value(item) == 1 ? "" : "s");
  }
}

static void
print_copies(FILE *out, const json_t *copies) {
  guint done = number(copies, "done"), pending = number(copies, "pending"),
        waiting = number(copies, "waiting"), failed = number(copies, "failed");
  if (number(copies, "queued") + done + pending + waiting + failed == 0)
    return;
  fprintf(out, "Content copies: %u done, ", done);
  if (pending > 0)
    fprintf(out, "%u going on in the background, ", pending);
  fprintf(out, "%u waiting for another try, %u failed (see: lehrgaenge tasks)\n", waiting, failed);
}

static void
print_totals(FILE *out, const json_t *report) {
  const json_t *totals = json_object_get(report, "totals");
  const json_t *copies = json_object_get(report, "content_copies");
  if (totals == NULL)
    return;
  fprintf(out,
          "\nTotal: %u courses created, %u users created, %u enrolled (%u were), %u completed, %u "
          "unenrolled (%u were), "
          "%u with nothing to do, %u skipped, %u unlisted\n",
          number(totals, "courses_created"), number(totals, "users_created"),
          number(totals, "enrolled"), number(totals, "alreadyenrolled"),
          number(totals, "completed"), number(totals, "unenrolled"),
          number(totals, "alreadyunenrolled"), number(totals, "noop"), number(totals, "skipped"),
          number(totals, "unlisted"));
  if (json_is_true(json_object_get(report, "dry_run")))
    fprintf(out, "Content copies: %u to do\n", number(copies, "queued"));
  else
    print_copies(out, copies);
}

static void
print_head(FILE *out, const json_t *report) {
  const json_t *year = json_object_get(report, "year");
  autochar which = json_is_integer(year) ? g_strdup_printf("year %d", (int)json_integer_value(year))
                                         : g_strdup("all years");
  if (json_is_true(json_object_get(report, "dry_run")))
    fprintf(out, "Plan for %s (nothing was changed)\n", which);
  else
    fprintf(out, "Run %d for %s: %s\n", (int)number(report, "run"), which,
            string(report, "status"));
  if (json_is_string(json_object_get(report, "error")))
    fprintf(out, "%s\n", string(report, "error"));
  fputs("\n", out);
}

static void
print_requests(FILE *out, const json_t *report) {
  const json_t *requests = json_object_get(report, "requests"),
               *seconds = json_object_get(report, "seconds");
  if (requests == NULL)
    return;
  double all = 0;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)seconds, key, value) all += json_number_value(value);
  fprintf(out,
          "ZMS: %u requests (%u repeated, %u times asked to slow down); %.1f s in all, %.1f s of "
          "it reading from ZMS\n",
          number(requests, "sent"), number(requests, "retries"), number(requests, "throttled"), all,
          json_number_value(json_object_get(seconds, "fetch")));
}

void
report_text_print(FILE *out, const json_t *summary, bool verbose) {
  const json_t *tenants = json_object_get(summary, "tenants");
  print_head(out, summary);
  if (tenants != NULL) {
    print_tenants(out, tenants);
    if (verbose)
      print_courses(out, tenants);
    print_failures(out, tenants, verbose);
    print_skipped(out, tenants);
    print_left_out(out, tenants, verbose);
  }
  print_held(out, summary);
  print_texts(out, summary, verbose);
  print_totals(out, summary);
  print_requests(out, summary);
}

void
report_text_steps(FILE *out, const json_t *plan, bool verbose) {
  const json_t *steps = json_object_get(plan, "steps");
  size_t at, shown = verbose ? G_MAXUINT : 4 * SHORT_LIST;
  json_t *step;
  if (json_array_size(steps) == 0) {
    const char *status = json_string_value(json_object_get(plan, "status"));
    fputs(g_strcmp0(status, "success") == 0 ? "\nNothing to do: Moodle is as ZMS wants it.\n"
                                            : "\nNothing to do, as far as ZMS could be read.\n",
          out);
    return;
  }
  g_autoptr(Table) table = table_new();
  table_column(table, "Step", TABLE_LEFT);
  table_column(table, "Course", TABLE_LEFT);
  table_column(table, "Person", TABLE_LEFT);
  table_column(table, "Because", TABLE_LEFT);
  table_column(table, "State", TABLE_LEFT);
  json_array_foreach(steps, at, step) {
    if (at >= shown)
      break;
    const char *person = string(step, "person"), *group = string(step, "group");
    table_cell(table, string(step, "kind"));
    table_cell_format(table, "%s%s%s", string(step, "course"), *group != '\0' ? " " : "", group);
    table_cell_format(table, "%s%s%s", person, *person != '\0' ? " " : "", string(step, "name"));
    table_cell(table, string(step, "reason"));
    table_cell(table, string(step, "state"));
  }
  fputs("\n", out);
  table_print(table, out);
  size_t left = json_array_size(steps) > shown ? json_array_size(steps) - shown : 0;
  if (left > 0)
    fprintf(out, "… and %zu more steps (--verbose or --json shows all)\n", left);
}
