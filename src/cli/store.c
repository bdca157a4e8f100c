/* `lehrgaenge store copy`: moves what the service remembers from one store into another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/table.h"
#include "config/secret.h"
#include "scheduler/lease.h"
#include "service/open.h"
#include "store/copy.h"
#include "sync/run.h"

#define CONFIGURED "config"

/* ── where ── */

/* Whether a password stands in an address: postgresql://user:password@host/…, …?password=… */
static bool
has_password(const char *where) {
  const char *rest = strstr(where, "://");
  if (rest == NULL)
    return false;
  rest += strlen("://");
  gsize length = strcspn(rest, "/?");
  const char *at = memchr(rest, '@', length), *colon = memchr(rest, ':', length);
  return (at != NULL && colon != NULL && colon < at) || strstr(rest, "password=") != NULL;
}

/* One side of the copy, as --from and --from-file, or --to and --to-file give it. False: *code. */
static bool
read_where(CommandContext *context, const char *side, const char *given, const char *file,
           char **where, int *code) {
  *code = EXIT_USAGE;
  g_autoptr(GError) error = NULL;
  if ((given == NULL) == (file == NULL)) {
    command_usage_error(context, "give one of --%s and --%s-file", side, side);
    return false;
  }
  if (file != NULL) {
    *where = secret_read(file, &error);
    if (*where == NULL)
      *code = command_failed(error);
    else if (text_empty(*where))
      command_error("%s is empty; write the address of a database into it", file);
    return *where != NULL && !text_empty(*where);
  }
  if (has_password(given)) {
    command_usage_error(context,
                        "others on this machine can read a password on the command line; write the "
                        "address into a file that only you can read and give --%s-file FILE",
                        side);
    return false;
  }
  if (*given == '\0') {
    command_usage_error(context, "--%s is empty", side);
    return false;
  }
  if (strcmp(given, CONFIGURED) != 0) {
    if (strstr(given, "://") != NULL && !g_str_has_prefix(given, "postgresql://") &&
        !g_str_has_prefix(given, "postgres://")) {
      command_usage_error(
          context,
          "--%s takes the path of an SQLite file, postgresql://HOST/DATABASE, or " CONFIGURED,
          side);
      return false;
    }
    *where = g_strdup(given);
    return true;
  }
  const Config *config = command_config(context);
  if (config == NULL)
    return false;
  *where = g_strdup(text_empty(config->store.url) ? config->store.path : config->store.url);
  return true;
}

/* ── copying ── */

typedef struct {
  CommandContext *context;
  const char *where_from, *where_to;
  Store *from, *to;
  char *own; /* this process as an owner */
  Lease *lease;
  Table *table;
} Copying;

static int
say_busy(const Copying *copying, Store *store, const StoreLock *holder) {
  const Config *config = copying->context->config;
  g_autoptr(GTimeZone) zone =
      config != NULL ? g_time_zone_ref(config->moodle.timezone) : g_time_zone_new_local();
  autochar who = lease_holder_text(holder, zone);
  command_error("%s is in use by %s; stop it (and every other node that works with this store), "
                "then copy again",
                store->class->describe(store), who);
  return EXIT_BUSY;
}

/* EXIT_OK when nobody else works with the store. */
static int
check_unused(const Copying *copying, Store *store) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreLock) holder = NULL;
  if (!store_copy_holder(store, copying->own, clock_now(copying->context->clock), lease_owner_dead,
                         &holder, &error))
    return command_failed(error);
  return holder == NULL ? EXIT_OK : say_busy(copying, store, holder);
}

static Store *
open_source(gpointer user_data, GError **error) {
  return open_store_at(((const Copying *)user_data)->where_from, error);
}

/* So that no run begins while we copy. */
static int
lock_source(Copying *copying) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreLock) holder = NULL;
  if (!lease_take(open_source, copying, RUN_LOCK, RUN_LOCK_TTL_S, copying->context->clock,
                  &copying->lease, &holder, &error))
    return command_failed(error);
  return copying->lease != NULL ? EXIT_OK : say_busy(copying, copying->from, holder);
}

static int
open_both(Copying *copying) {
  g_autoptr(GError) error = NULL;
  if (!open_store_existing_at(copying->where_from, &copying->from, &error))
    return command_failed(error);
  if (copying->from == NULL) {
    command_error("there is no store to copy from at %s", copying->where_from);
    return EXIT_FAILED;
  }
  int code = lock_source(copying);
  if (code == EXIT_OK)
    code = check_unused(copying, copying->from);
  if (code != EXIT_OK)
    return code;
  copying->to = open_store_at(copying->where_to, &error);
  return copying->to == NULL ? command_failed(error) : check_unused(copying, copying->to);
}

static void
on_copied(const StoreTable *table, guint64 rows, gpointer user_data) {
  const Copying *copying = user_data;
  table_cell(copying->table, table->name);
  table_cell_format(copying->table, "%" G_GUINT64_FORMAT, rows);
}

/* A service that was started while we copied has perhaps written what we no longer read. */
static bool
on_commit(gpointer user_data, GError **error) {
  const Copying *copying = user_data;
  g_autoptr(StoreLock) holder = NULL;
  if (lease_lost(copying->lease)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
                "the lock on %s was lost meanwhile; nothing was copied",
                copying->from->class->describe(copying->from));
    return false;
  }
  if (!store_copy_holder(copying->from, copying->own, clock_now(copying->context->clock),
                         lease_owner_dead, &holder, error))
    return false;
  if (holder == NULL)
    return true;
  autochar who = lease_holder_text(holder, NULL);
  g_set_error(
      error, STORE_ERROR, STORE_ERROR_STATE,
      "%s (UTC) began to work with %s meanwhile; nothing was copied: stop it and copy again", who,
      copying->from->class->describe(copying->from));
  return false;
}

static int
copy(Copying *copying) {
  int code = open_both(copying);
  if (code != EXIT_OK)
    return code;
  g_autoptr(GError) error = NULL;
  StoreCopyHooks hooks = { .copied = on_copied, .may_commit = on_commit, .user_data = copying };
  copying->table = table_new();
  table_column(copying->table, "Table", TABLE_LEFT);
  table_column(copying->table, "Rows", TABLE_RIGHT);
  if (!store_copy(copying->from, copying->to, &hooks, &error))
    return command_failed(error);
  table_print(copying->table, stdout);
  command_print("Copied from %s to %s and compared; what was copied from is unchanged.",
                copying->from->class->describe(copying->from),
                copying->to->class->describe(copying->to));
  return EXIT_OK;
}

static void
copying_clear(Copying *copying) {
  lease_drop(copying->lease);
  table_free(copying->table);
  store_free(copying->to);
  store_free(copying->from);
  g_free(copying->own);
}

/* ── the command ── */

typedef struct {
  char *from, *from_file, *to, *to_file;
} Options;

static void
options_clear(Options *options) {
  g_free(options->from);
  g_free(options->from_file);
  g_free(options->to);
  g_free(options->to_file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(Options) options = { 0 };
  GOptionEntry entries[] = {
    { "from", 0, 0, G_OPTION_ARG_FILENAME, &options.from, "the store to copy", "WHERE" },
    { "from-file", 0, 0, G_OPTION_ARG_FILENAME, &options.from_file,
      "its address stands in this file", "FILE" },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &options.to, "the new, empty store", "WHERE" },
    { "to-file", 0, 0, G_OPTION_ARG_FILENAME, &options.to_file, "its address stands in this file",
      "FILE" },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 1, &argc, &argv, &code))
    return code;
  if (argc < 2)
    return command_usage_error(context, "say what to do: copy");
  if (strcmp(argv[1], "copy") != 0)
    return command_usage_error(context, "unexpected argument “%s”", argv[1]);
  autochar from = NULL;
  autochar to = NULL;
  if (!read_where(context, "from", options.from, options.from_file, &from, &code) ||
      !read_where(context, "to", options.to, options.to_file, &to, &code))
    return code;
  if (strcmp(from, to) == 0)
    return command_usage_error(context, "both stores are the same");
  Copying copying = {
    .context = context, .where_from = from, .where_to = to, .own = lease_owner()
  };
  code = copy(&copying);
  copying_clear(&copying);
  return code;
}

const Command store_command = {
  .name = "store",
  .arguments = "copy --from WHERE --to WHERE",
  .summary = "copy: move what the service remembers into another store",
  .description =
      "Copies runs, maps, journal, tasks, schedules, accounts, tokens and the audit log with\n"
      "their numbers into a new, empty store, reads them back and compares. WHERE is the path\n"
      "of an SQLite file, postgresql://HOST/DATABASE, or config for the store of the\n"
      "configuration. An address with a password belongs in a file that only you can read\n"
      "(--from-file, --to-file). Nobody may work with either store meanwhile. All or nothing is\n"
      "copied, and the store copied from stays as it is.",
  .notes = "Examples:\n"
           "  lehrgaenge store copy --from config --to-file /etc/lehrgaenge/credentials/database\n"
           "  lehrgaenge store copy --from old/lehrgaenge.db --to new/lehrgaenge.db\n"
           "\n"
           "Exit codes:\n"
           "  0   copied\n"
           "  1   not copied: the reason was printed\n"
           "  2   wrong usage or configuration\n"
           "  75  a process works with one of the stores",
  .run = run,
};
