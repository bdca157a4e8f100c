/* `lehrgaenge user`: accounts of those who use the pages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/email.h"
#include "base/text.h"
#include "cli/grant.h"
#include "cli/user_private.h"
#include "service/open.h"
#include "web/access.h"

static void
options_clear(UserOptions *options) {
  g_free(options->role);
  g_strfreev(options->tenants);
  g_free(options->email);
  g_free(options->language);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UserOptions, options_clear)

static void
call_clear(UserCall *call) {
  store_free(call->store);
  g_free(call->name);
  g_free(call->tenants);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UserCall, call_clear)

/* ── what is given ── */

static bool
check_given(const UserCall *call, int *code) {
  const UserOptions *options = call->options;
  if (!text_empty(options->email) && !email_is_possible(options->email))
    *code =
        command_usage_error(call->context, "--email %s is not an e-mail address", options->email);
  else if (options->language != NULL && strcmp(options->language, "de") != 0 &&
           strcmp(options->language, "en") != 0)
    *code =
        command_usage_error(call->context, "--language %s is neither de nor en", options->language);
  else if (options->tenants != NULL && options->all_tenants)
    *code = command_usage_error(call->context, "give --tenant or --all-tenants");
  else
    return true;
  return false;
}

/* ── the command ── */

enum {
  TAKES_ROLE = 1 << 0,
  TAKES_TENANT = 1 << 1,
  TAKES_ALL_TENANTS = 1 << 2,
  TAKES_EMAIL = 1 << 3,
  TAKES_LANGUAGE = 1 << 4,
  TAKES_GENERATE = 1 << 5,
  TAKES_FORCE = 1 << 6,
  TAKES_JSON = 1 << 7,
};

typedef struct {
  const char *word;
  guint takes;
  bool named, makes_store, needs_store;
  int (*run)(UserCall *call);
} Form;

static const Form forms[] = {
  { "add", TAKES_ROLE | TAKES_TENANT | TAKES_EMAIL | TAKES_LANGUAGE | TAKES_GENERATE, true, true,
    true, user_add },
  { "list", TAKES_JSON, false, false, false, user_list },
  { "passwd", TAKES_GENERATE, true, false, true, user_passwd },
  { "change",
    TAKES_ROLE | TAKES_TENANT | TAKES_ALL_TENANTS | TAKES_EMAIL | TAKES_LANGUAGE | TAKES_FORCE,
    true, false, true, user_change },
  { "sign-out", 0, true, false, true, user_sign_out },
  { "remove", TAKES_FORCE, true, false, true, user_remove },
};

static const Form *
find_form(const char *word) {
  for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
    if (strcmp(forms[i].word, word) == 0)
      return &forms[i];
  return NULL;
}

/* An option that was given though the form does not take it; NULL: none. */
static const char *
stray_option(const Form *form, const UserOptions *options) {
  const struct {
    guint takes;
    bool given;
    const char *name;
  } all[] = {
    { TAKES_ROLE, options->role != NULL, "--role" },
    { TAKES_TENANT, options->tenants != NULL, "--tenant" },
    { TAKES_ALL_TENANTS, options->all_tenants, "--all-tenants" },
    { TAKES_EMAIL, options->email != NULL, "--email" },
    { TAKES_LANGUAGE, options->language != NULL, "--language" },
    { TAKES_GENERATE, options->generate, "--generate" },
    { TAKES_FORCE, options->force, "--force" },
    { TAKES_JSON, options->json, "--json" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    if (all[i].given && (form->takes & all[i].takes) == 0)
      return all[i].name;
  return NULL;
}

static bool
changes_anything(const UserOptions *options) {
  return options->role != NULL || options->tenants != NULL || options->all_tenants ||
         options->email != NULL || options->language != NULL;
}

static bool
parse_name(UserCall *call, const Form *form, const char *name, int *code) {
  g_autoptr(GError) error = NULL;
  if (!form->named && name == NULL)
    return true;
  if (!form->named)
    *code = command_usage_error(call->context, "unexpected argument “%s”", name);
  else if (name == NULL)
    *code = command_usage_error(call->context, "%s needs the account's NAME", form->word);
  else if ((call->name = access_name(name, &error)) == NULL)
    *code = command_usage_error(call->context, "%s", error->message);
  else
    return true;
  return false;
}

/* What --role and --tenant say, where they belong. Reads the configuration. */
static bool
parse_grant(UserCall *call, const Form *form, int *code) {
  const UserOptions *options = call->options;
  bool role_asked = (form->takes & TAKES_ROLE) != 0 &&
                    (options->role != NULL || (form->takes & TAKES_GENERATE) != 0);
  if (role_asked && !grant_role(call->context, options->role, &call->role, code))
    return false;
  if (!check_given(call, code) ||
      !grant_tenants(call->context, options->tenants, &call->tenants, code))
    return false;
  return !role_asked || grant_fits(call->context, call->role, call->tenants, code);
}

static bool
parse(UserCall *call, int argc, char **argv, const Form **form, int *code) {
  if (argc < 2) {
    *code = command_usage_error(call->context, "say what to do: add, list, passwd, change, "
                                               "sign-out or remove");
    return false;
  }
  *form = find_form(argv[1]);
  const char *stray = *form == NULL ? NULL : stray_option(*form, call->options);
  if (*form == NULL)
    *code = command_usage_error(call->context, "unexpected argument “%s”", argv[1]);
  else if (stray != NULL)
    *code = command_usage_error(call->context, "%s does not take %s", argv[1], stray);
  else if ((*form)->run == user_change && !changes_anything(call->options))
    *code = command_usage_error(call->context, "say what to change: --role, --tenant, "
                                               "--all-tenants, --email or --language");
  else
    return parse_name(call, *form, argc > 2 ? argv[2] : NULL, code) &&
           parse_grant(call, *form, code);
  return false;
}

static int
open_and_run(UserCall *call, const Form *form) {
  g_autoptr(GError) error = NULL;
  const Config *config = call->context->config;
  if (!access_init(&error))
    return command_failed(error);
  if (form->makes_store)
    call->store = open_store(config, &error);
  else if (!open_store_existing(config, &call->store, &error))
    return command_failed(error);
  if (error != NULL)
    return command_failed(error);
  if (call->store == NULL && form->needs_store)
    return user_missing(call->name);
  return form->run(call);
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(UserOptions) options = { 0 };
  GOptionEntry entries[] = {
    { "role", 'r', 0, G_OPTION_ARG_FILENAME, &options.role,
      "what it may do: admin, operator or viewer", "ROLE" },
    { "tenant", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.tenants,
      "bind it to this tenant; may be repeated", "ABBR" },
    { "all-tenants", 0, 0, G_OPTION_ARG_NONE, &options.all_tenants, "bind it to none any more",
      NULL },
    { "email", 0, 0, G_OPTION_ARG_FILENAME, &options.email, "where to tell how its imports ended",
      "ADDRESS" },
    { "language", 0, 0, G_OPTION_ARG_FILENAME, &options.language, "language of its pages: de or en",
      "LANG" },
    { "generate", 0, 0, G_OPTION_ARG_NONE, &options.generate,
      "make up the password and print it, this once", NULL },
    { "force", 0, 0, G_OPTION_ARG_NONE, &options.force, "even the last administrator", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 2, &argc, &argv, &code))
    return code;
  g_auto(UserCall) call = { .context = context, .options = &options };
  const Form *form = NULL;
  return parse(&call, argc, argv, &form, &code) ? open_and_run(&call, form) : code;
}

const Command user_command = {
  .name = "user",
  .arguments =
      "add NAME --role ROLE [--tenant ABBR]… [--email ADDRESS] [--language LANG] [--generate]\n"
      "list [--json]\n"
      "passwd NAME [--generate]\n"
      "change NAME [--role ROLE] [--tenant ABBR]… [--all-tenants] [--email ADDRESS] [--language "
      "LANG] [--force]\n"
      "sign-out NAME\n"
      "remove NAME [--force]",
  .summary = "accounts of those who use the web pages",
  .description =
      "A viewer looks, an operator starts imports and retries tasks, an administrator also sees "
      "the\n"
      "configuration and the audit log and overrules the guard. Viewers and operators can be bound "
      "to\n"
      "tenants; they see and start only those. The password is asked for twice, or is the first "
      "line of\n"
      "standard input when that is no terminal. Changes hold from the next request on; passwd, "
      "sign-out\n"
      "and remove end the account's sessions. The last administrator stays unless --force is "
      "given.",
  .notes = "Examples:\n"
           "  lehrgaenge user add anna --role admin\n"
           "  lehrgaenge user add bert --role operator --tenant FD --email bert@example.org\n"
           "  lehrgaenge user change bert --tenant FD --tenant HP\n"
           "\n"
           "Exit codes:\n"
           "  0  done, or printed\n"
           "  1  no such account, the name is taken, the last administrator, or the store failed\n"
           "  2  wrong usage or configuration, or a password that is too short",
  .run = run,
};
