/* `lehrgaenge token`: what scripts have in place of an account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "cli/grant.h"
#include "cli/table.h"
#include "service/open.h"
#include "web/access.h"

#define MAX_DAYS 3650
#define DAY_S ((gint64)24 * 60 * 60)

typedef struct {
  char *role;
  char **tenants;
  char *days;
  gboolean json;
} Options;

static void
options_clear(Options *options) {
  g_free(options->role);
  g_strfreev(options->tenants);
  g_free(options->days);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* ── add ── */

static bool
parse_days(CommandContext *context, const char *text, gint64 now, gint64 *expires, int *code) {
  gint64 days = 0;
  *expires = 0;
  if (text == NULL)
    return true;
  if (!command_parse_id(text, &days) || days > MAX_DAYS) {
    *code = command_usage_error(context, "--days %s is not a number from 1 to %d", text, MAX_DAYS);
    return false;
  }
  *expires = now + days * DAY_S;
  return true;
}

static int
add_to(CommandContext *context, StoreToken *token, gint64 now, const char *secret) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(context->config, &error);
  if (store == NULL)
    return command_failed(error);
  if (!store->class->access->token_add(store, token, now, &error)) {
    if (!g_error_matches(error, STORE_ERROR, STORE_ERROR_STATE))
      return command_failed(error);
    command_error("there is a token %s already; take another name, or remove it first (lehrgaenge "
                  "token remove %s)",
                  token->name, token->name);
    return EXIT_FAILED;
  }
  autochar what = grant_text(token->role, token->tenants);
  autochar subject = g_strdup_printf("%s: %s", token->name, what);
  int code = EXIT_OK;
  grant_audit(context, store, "token-add", subject, &code);
  command_print("%s", secret);
  return code;
}

static int
add(CommandContext *context, const char *name, const Options *options) {
  g_autoptr(GError) error = NULL;
  autochar kept = access_name(name, &error);
  autochar tenants = NULL;
  StoreToken token = { 0 };
  gint64 now = clock_now(context->clock);
  int code;
  if (kept == NULL)
    return command_usage_error(context, "%s", error->message);
  if (!grant_role(context, options->role, &token.role, &code) ||
      !parse_days(context, options->days, now, &token.timeexpires, &code) ||
      !grant_tenants(context, options->tenants, &tenants, &code) ||
      !grant_fits(context, token.role, tenants, &code))
    return code;
  if (!access_init(&error))
    return command_failed(error);
  autochar secret = access_new_token();
  autochar hash = access_hash_secret(secret);
  token.name = kept;
  token.hash = hash;
  token.tenants = tenants;
  return add_to(context, &token, now, secret);
}

/* ── list ── */

static json_t *
token_json(const StoreToken *token) {
  return json_pack(
      "{s:s, s:s, s:o, s:I, s:o, s:o}", "name", token->name, "role", store_role_word(token->role),
      "tenants", grant_tenants_json(token->tenants), "timecreated", (json_int_t)token->timecreated,
      "timeused", token->timeused == 0 ? json_null() : json_integer(token->timeused), "timeexpires",
      token->timeexpires == 0 ? json_null() : json_integer(token->timeexpires));
}

static void
print_json(const GPtrArray *tokens) {
  json_t *list = json_array();
  for (guint i = 0; i < tokens->len; i++)
    json_array_append_new(list, token_json(g_ptr_array_index(tokens, i)));
  command_print_json(json_pack("{s:o}", "tokens", list));
}

static void
time_cell(Table *table, gint64 time, const char *none, GTimeZone *zone) {
  autochar text = time == 0 ? g_strdup(none) : date_format(time, zone);
  table_cell(table, text);
}

static void
print_table(const GPtrArray *tokens, GTimeZone *zone) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Name", TABLE_LEFT);
  table_column(table, "Role", TABLE_LEFT);
  table_column(table, "Tenants", TABLE_LEFT);
  table_column(table, "Made", TABLE_LEFT);
  table_column(table, "Last used", TABLE_LEFT);
  table_column(table, "Expires", TABLE_LEFT);
  for (guint i = 0; i < tokens->len; i++) {
    const StoreToken *token = g_ptr_array_index(tokens, i);
    table_cell(table, token->name);
    table_cell(table, store_role_word(token->role));
    table_cell(table, text_empty(token->tenants) ? "all" : token->tenants);
    time_cell(table, token->timecreated, "–", zone);
    time_cell(table, token->timeused, "never", zone);
    time_cell(table, token->timeexpires, "never", zone);
  }
  table_print(table, stdout);
}

static int
list(CommandContext *context, bool json) {
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  g_autoptr(GPtrArray) tokens = NULL;
  if (open_store_existing(config, &store, &error))
    tokens = store == NULL ? g_ptr_array_new() : store->class->access->token_list(store, &error);
  if (tokens == NULL)
    return command_failed(error);
  if (json)
    print_json(tokens);
  else if (tokens->len == 0)
    command_print("No tokens yet; lehrgaenge token add makes one.");
  else
    print_table(tokens, config->moodle.timezone);
  return EXIT_OK;
}

/* ── remove ── */

/* False: the store failed; *id is 0 when there is none of that name. */
static bool
find_token(Store *store, const char *name, gint64 *id, GError **error) {
  g_autoptr(GPtrArray) tokens = store->class->access->token_list(store, error);
  *id = 0;
  for (guint i = 0; tokens != NULL && i < tokens->len; i++) {
    const StoreToken *token = g_ptr_array_index(tokens, i);
    if (strcmp(token->name, name) == 0)
      *id = token->id;
  }
  return tokens != NULL;
}

static int
remove_token(CommandContext *context, const char *name) {
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  autochar kept = g_ascii_strdown(name, -1);
  gint64 id = 0;
  int code = EXIT_OK;
  if (!open_store_existing(config, &store, &error) ||
      (store != NULL && !find_token(store, kept, &id, &error)))
    return command_failed(error);
  if (id == 0) {
    command_error("there is no token %s; lehrgaenge token list lists them", kept);
    return EXIT_FAILED;
  }
  if (!store->class->access->token_remove(store, id, &error))
    return command_failed(error);
  grant_audit(context, store, "token-remove", kept, &code);
  command_print("Token %s is removed and does not hold any more.", kept);
  return code;
}

/* ── the command ── */

static int
dispatch(CommandContext *context, int argc, char **argv, const Options *options) {
  const char *what = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : NULL;
  bool grants = options->role != NULL || options->tenants != NULL || options->days != NULL;
  bool is_add = strcmp(what, "add") == 0, is_list = strcmp(what, "list") == 0;
  if (argc < 2)
    return command_usage_error(context, "say what to do: add, list or remove");
  if (!is_add && !is_list && strcmp(what, "remove") != 0)
    return command_usage_error(context, "unexpected argument “%s”", what);
  if (is_list && name != NULL)
    return command_usage_error(context, "unexpected argument “%s”", name);
  if (!is_list && name == NULL)
    return command_usage_error(context, "%s needs the token's NAME", what);
  if (!is_add && grants)
    return command_usage_error(context, "--role, --tenant and --days go with add only");
  if (!is_list && options->json)
    return command_usage_error(context, "--json goes with list only");
  if (is_list)
    return list(context, options->json);
  return is_add ? add(context, name, options) : remove_token(context, name);
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(Options) options = { 0 };
  GOptionEntry entries[] = {
    { "role", 'r', 0, G_OPTION_ARG_FILENAME, &options.role,
      "what it may do: admin, operator or viewer", "ROLE" },
    { "tenant", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.tenants,
      "bind it to this tenant; may be repeated", "ABBR" },
    { "days", 0, 0, G_OPTION_ARG_FILENAME, &options.days,
      "let it expire after N days (default: never)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 2, &argc, &argv, &code))
    return code;
  return dispatch(context, argc, argv, &options);
}

const Command token_command = {
  .name = "token",
  .arguments = "add NAME --role ROLE [--tenant ABBR]… [--days N]\nlist [--json]\nremove NAME",
  .summary = "tokens by which scripts use the JSON interface",
  .description =
      "add makes a token and prints it, this once: the store keeps only its hash. A script sends "
      "it\n"
      "as \"Authorization: Bearer TOKEN\" to the addresses under /api/; pages it opens none. Bound "
      "to\n"
      "tenants, it sees and starts only those. remove takes effect at once.",
  .notes = "Examples:\n"
           "  lehrgaenge token add nightly --role operator --tenant FD --days 365\n"
           "  lehrgaenge token list\n"
           "  lehrgaenge token remove nightly\n"
           "\n"
           "Exit codes:\n"
           "  0  done, or printed\n"
           "  1  no such token, the name is taken, or the store failed\n"
           "  2  wrong usage or configuration",
  .run = run,
};
