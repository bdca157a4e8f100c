/* `lehrgaenge user`, `token` and `audit` as a user calls them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "program.h"
#include "store/sqlite.h"
#include "web/access.h"

#define PASSWORD "drei alte Feuerwehrautos"

/* As program_call() with `input` on standard input. */
static Said
call_with(const Place *place, const char *input, const char *line) {
  g_autofree char *path = g_build_filename(place->folder, "input", NULL);
  g_autofree char *command = g_strdup_printf("sh -c '\"$0\" -c my.conf %s <input >out 2>err' '%s'",
                                             line, g_getenv("LEHRGAENGE"));
  g_auto(GStrv) argv = NULL;
  Said said = { 0 };
  int status = 0;
  g_assert_true(g_file_set_contents(path, input, -1, NULL));
  g_assert_true(g_shell_parse_argv(command, NULL, &argv, NULL));
  g_assert_true(g_spawn_sync(place->folder, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                             &status, NULL));
  g_assert_true(WIFEXITED(status));
  said.code = WEXITSTATUS(status);
  g_autofree char *out = g_build_filename(place->folder, "out", NULL);
  g_autofree char *err = g_build_filename(place->folder, "err", NULL);
  g_assert_true(g_file_get_contents(out, &said.out, NULL, NULL));
  g_assert_true(g_file_get_contents(err, &said.err, NULL, NULL));
  return said;
}

static void
does(const Place *place, const char *line, const char *out) {
  g_auto(Said) said = call_with(place, PASSWORD "\n", line);
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  if (out != NULL)
    g_assert_cmpstr(said.out, ==, out);
}

static void
refuses(const Place *place, const char *line, int code, const char *words) {
  g_auto(Said) said = call_with(place, PASSWORD "\n", line);
  if (said.code != code || strstr(said.err, words) == NULL)
    g_error("%s: exit code %d, %s", line, said.code, said.err);
  g_assert_cmpstr(said.out, ==, "");
}

static Store *
store_of(const Place *place) {
  g_autofree char *path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

/* NULL: there is none. */
static StoreAccount *
account_of(const Place *place, const char *name) {
  g_autoptr(Store) store = store_of(place);
  StoreAccount *account = NULL;
  g_assert_true(store->class->access->account_find(store, name, &account, NULL));
  return account;
}

static bool
has_password(const Place *place, const char *name, const char *password) {
  g_autoptr(StoreAccount) account = account_of(place, name);
  bool right = false;
  g_assert_true(access_check_password(account, password, &right, NULL));
  return right;
}

static json_t *
json_of(const Place *place, const char *line, const char *list) {
  g_auto(Said) said = call_with(place, "", line);
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  json_auto_t *document = json_loads(said.out, 0, NULL);
  json_t *array = json_object_get(document, list);
  g_assert_true(json_is_array(array));
  return json_incref(array);
}

static const char *
text_in(const json_t *list, guint index, const char *key) {
  return json_string_value(json_object_get(json_array_get(list, index), key));
}

/* ── accounts ── */

static void
test_add(Place *place, gconstpointer data) {
  (void)data;
  does(place, "user list",
       "No accounts yet; lehrgaenge user add NAME --role admin makes the first one.\n");
  does(place, "user add Anna --role admin", "Account anna (admin) is made.\n");
  does(place,
       "user add bert --role operator --tenant FD --tenant RÜD --tenant FD --email b@example.org "
       "--language de",
       "Account bert (operator of RÜD,FD) is made.\n");
  g_assert_true(has_password(place, "anna", PASSWORD));
  g_autoptr(StoreAccount) bert = account_of(place, "bert");
  g_assert_cmpint(bert->role, ==, ROLE_OPERATOR);
  g_assert_cmpstr(bert->tenants, ==, "RÜD,FD");
  g_assert_cmpstr(bert->email, ==, "b@example.org");
  g_assert_cmpstr(bert->language, ==, "de");
  refuses(place, "user add anna --role viewer", 1, "there is an account anna already");
  json_auto_t *list = json_of(place, "user list --json", "accounts");
  g_assert_cmpuint(json_array_size(list), ==, 2);
  g_assert_cmpstr(text_in(list, 0, "name"), ==, "anna");
  g_assert_cmpstr(text_in(list, 1, "role"), ==, "operator");
  g_assert_true(json_is_null(json_object_get(json_array_get(list, 0), "tenants")));
  g_assert_null(json_object_get(json_array_get(list, 0), "password"));
  g_auto(Said) table = call_with(place, "", "user list");
  assert_has(table.out, "bert  operator  RÜD,FD   b@example.org  ");
}

static void
test_generate(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) one = call_with(place, "", "user add anna --role admin --generate");
  g_auto(Said) other = call_with(place, "", "user passwd anna --generate");
  g_assert_cmpint(one.code, ==, 0);
  g_assert_cmpint(other.code, ==, 0);
  g_assert_true(g_regex_match_simple("^([a-z2-9]{5}-){4}[a-z2-9]{5}\n$", one.out, 0, 0));
  g_assert_cmpstr(one.out, !=, other.out);
  g_strchomp(other.out);
  g_strchomp(one.out);
  g_assert_true(has_password(place, "anna", other.out));
  g_assert_false(has_password(place, "anna", one.out));
}

static void
test_input(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *input, *words;
    int code;
  } bad[] = {
    { "", "no password on standard input", 1 },
    { "\n", "too short", 2 },
    { "elf zeichen\n", "too short", 2 },
    { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\n", "not valid UTF-8", 2 },
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_auto(Said) said = call_with(place, bad[i].input, "user add anna --role admin");
    g_assert_cmpint(said.code, ==, bad[i].code);
    assert_has(said.err, bad[i].words);
  }
  g_autofree char *longest = g_strnfill(ACCESS_MAX_PASSWORD, 'a');
  g_autofree char *longer = g_strconcat(longest, "a\n", NULL);
  g_auto(Said) refused = call_with(place, longer, "user add anna --role admin");
  g_assert_cmpint(refused.code, ==, 2);
  assert_has(refused.err, "too long");
  g_assert_null(account_of(place, "anna"));
  g_auto(Said) said =
      call_with(place, " mit Leerzeichen \r\nzweite Zeile\n", "user add anna --role admin");
  g_assert_cmpint(said.code, ==, 0);
  g_assert_true(has_password(place, "anna", " mit Leerzeichen "));
}

static void
add_session(const Place *place, const char *hash) {
  g_autoptr(StoreAccount) account = account_of(place, "anna");
  g_autoptr(Store) store = store_of(place);
  const StoreSession session = { .hash = (char *)hash,
                                 .account = account->id,
                                 .address = (char *)"x" };
  g_assert_true(store->class->access->session_add(store, &session, NULL));
}

static guint
sessions_of(const Place *place) {
  g_autoptr(StoreAccount) account = account_of(place, "anna");
  g_autoptr(Store) store = store_of(place);
  g_autoptr(GPtrArray) all = store->class->access->session_list(store, account->id, NULL);
  return all->len;
}

static void
test_sessions(Place *place, gconstpointer data) {
  (void)data;
  does(place, "user add anna --role admin", NULL);
  add_session(place, "one");
  add_session(place, "two");
  does(place, "user sign-out anna", "anna is signed out (2 sessions).\n");
  g_assert_cmpuint(sessions_of(place), ==, 0);
  add_session(place, "three");
  g_autoptr(Store) store = store_of(place);
  StoreAttempts attempts;
  g_assert_true(store->class->access->attempts_add(store, "account anna", 1, 60, &attempts, NULL));
  does(place, "user passwd anna", "The new password of anna holds; its sessions are ended.\n");
  g_assert_cmpuint(sessions_of(place), ==, 0);
  g_assert_true(store->class->access->attempts_get(store, "account anna", &attempts, NULL));
  g_assert_cmpuint(attempts.failures, ==, 0);
  refuses(place, "user sign-out nobody", 1, "there is no account nobody");
  refuses(place, "user passwd nobody", 1, "there is no account nobody");
}

static void
test_change(Place *place, gconstpointer data) {
  (void)data;
  does(place, "user add anna --role admin", NULL);
  does(place, "user add bert --role operator --tenant FD", NULL);
  does(place, "user change bert --role viewer", "Account bert is viewer of FD now.\n");
  does(place, "user change bert --email b@example.org --language en", NULL);
  g_autoptr(StoreAccount) bert = account_of(place, "bert");
  g_assert_cmpint(bert->role, ==, ROLE_VIEWER);
  g_assert_cmpstr(bert->tenants, ==, "FD");
  g_assert_cmpstr(bert->email, ==, "b@example.org");
  g_assert_cmpstr(bert->language, ==, "en");
  g_assert_true(has_password(place, "bert", PASSWORD));
  refuses(place, "user change bert --role admin", 2, "an administrator sees all tenants");
  refuses(place, "user change anna --tenant FD", 2, "an administrator sees all tenants");
  does(place, "user change bert --all-tenants --email \"\"", "Account bert is viewer now.\n");
  g_autoptr(StoreAccount) after = account_of(place, "bert");
  g_assert_cmpstr(after->email, ==, "");
  refuses(place, "user change nobody --role viewer", 1, "there is no account nobody");
}

static void
test_last_administrator(Place *place, gconstpointer data) {
  (void)data;
  does(place, "user add anna --role admin", NULL);
  does(place, "user add bert --role operator", NULL);
  refuses(place, "user remove anna", 1, "anna is the last administrator");
  refuses(place, "user change anna --role viewer", 1, "lehrgaenge user add NAME --role admin");
  does(place, "user change anna --email a@example.org", NULL);
  does(place, "user change bert --role admin", NULL);
  does(place, "user remove anna", "Account anna is removed and signed out.\n");
  g_assert_null(account_of(place, "anna"));
  refuses(place, "user remove bert", 1, "last administrator");
  does(place, "user change bert --role viewer --force", NULL);
  does(place, "user remove bert", NULL);
  does(place, "user add carl --role admin", NULL);
  does(place, "user remove carl --force", NULL);
  refuses(place, "user remove carl", 1, "there is no account carl");
}

static void
test_usage(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *words;
  } wrong[] = {
    { "user", "say what to do" },
    { "user nonsense", "nonsense" },
    { "user add", "NAME" },
    { "user add anna", "--role" },
    { "user add anna --role chief", "chief" },
    { "user add anna bert --role admin", "bert" },
    { "user add \"a b\" --role admin", "a b" },
    { "user add anna --role viewer --tenant XX", "no tenant “XX”" },
    { "user add anna --role admin --tenant FD", "administrator" },
    { "user add anna --role viewer --email nonsense", "nonsense" },
    { "user add anna --role viewer --language fr", "fr" },
    { "user add anna --role viewer --force", "--force" },
    { "user add anna --role viewer --json", "--json" },
    { "user list anna", "anna" },
    { "user list --role admin", "--role" },
    { "user passwd anna --role admin", "--role" },
    { "user sign-out anna --generate", "--generate" },
    { "user change anna", "say what to change" },
    { "user change anna --force", "say what to change" },
    { "user change anna --tenant FD --all-tenants", "--all-tenants" },
    { "user remove", "NAME" },
    { "token", "say what to do" },
    { "token nonsense", "nonsense" },
    { "token add", "NAME" },
    { "token add nightly", "--role" },
    { "token add nightly --role viewer --tenant XX", "no tenant “XX”" },
    { "token add nightly --role admin --tenant FD", "administrator" },
    { "token add nightly --role viewer --days 0", "--days" },
    { "token add nightly --role viewer --days 3651", "3650" },
    { "token add nightly --role viewer --json", "--json" },
    { "token list nightly", "nightly" },
    { "token remove nightly --role viewer", "--role" },
    { "audit now", "now" },
    { "audit --limit 0", "--limit" },
    { "audit --limit 10001", "10000" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    refuses(place, wrong[i].line, 2, wrong[i].words);
    refuses(place, wrong[i].line, 2, " --help\n");
  }
}

/* Only looking makes no store. */
static void
test_looking(Place *place, gconstpointer data) {
  (void)data;
  does(place, "user list --json", NULL);
  does(place, "token list", "No tokens yet; lehrgaenge token add makes one.\n");
  does(place, "audit", "The audit log is empty.\n");
  refuses(place, "user remove anna", 1, "there is no account anna");
  refuses(place, "token remove nightly", 1, "there is no token nightly");
  g_autofree char *store = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_assert_false(g_file_test(store, G_FILE_TEST_EXISTS));
}

/* ── tokens, the audit log ── */

static void
test_tokens(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) said =
      call_with(place, "", "token add Nightly --role operator --tenant FD --days 2");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_true(g_regex_match_simple("^lgs_[0-9a-f]{64}\n$", said.out, 0, 0));
  g_strchomp(said.out);
  g_autofree char *hash = access_hash_secret(said.out);
  g_autoptr(Store) store = store_of(place);
  g_autoptr(StoreToken) token = NULL;
  g_assert_true(store->class->access->token_find(store, hash, &token, NULL));
  g_assert_nonnull(token);
  g_assert_cmpstr(token->name, ==, "nightly");
  g_assert_cmpstr(token->tenants, ==, "FD");
  g_assert_cmpint(token->role, ==, ROLE_OPERATOR);
  g_assert_cmpint(token->timeexpires, ==, token->timecreated + 2 * 24 * 60 * 60);
  refuses(place, "token add nightly --role viewer", 1, "there is a token nightly already");
  json_auto_t *list = json_of(place, "token list --json", "tokens");
  g_assert_cmpuint(json_array_size(list), ==, 1);
  g_assert_true(json_is_null(json_object_get(json_array_get(list, 0), "timeused")));
  g_assert_null(json_object_get(json_array_get(list, 0), "hash"));
  g_auto(Said) table = call_with(place, "", "token list");
  assert_has(table.out, "nightly  operator  FD       ");
  g_assert_null(strstr(table.out, "lgs_"));
  does(place, "token remove NIGHTLY", "Token nightly is removed and does not hold any more.\n");
  does(place, "token list --json", "{\n  \"tokens\": []\n}\n");
}

static void
test_audit(Place *place, gconstpointer data) {
  (void)data;
  static const char *const lines[] = {
    "user add anna --role admin",
    "user add bert --role viewer --tenant FD",
    "user change bert --all-tenants",
    "user passwd bert",
    "user sign-out bert",
    "user remove bert",
    "token add nightly --role viewer",
    "token remove nightly",
  };
  static const char *const entries[][2] = {
    { "token-remove", "nightly" },
    { "token-add", "nightly: viewer" },
    { "account-remove", "bert" },
    { "account-sign-out", "bert" },
    { "account-password", "bert" },
    { "account-change", "bert: viewer" },
    { "account-add", "bert: viewer of FD" },
    { "account-add", "anna: admin" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
    does(place, lines[i], NULL);
  refuses(place, "user remove anna", 1, "last administrator");
  json_auto_t *all = json_of(place, "audit --json", "entries");
  g_assert_cmpuint(json_array_size(all), ==, G_N_ELEMENTS(entries));
  g_autofree char *actor = g_strdup_printf("cli %s", g_get_user_name());
  for (guint i = 0; i < G_N_ELEMENTS(entries); i++) {
    g_assert_cmpstr(text_in(all, i, "action"), ==, entries[i][0]);
    g_assert_cmpstr(text_in(all, i, "subject"), ==, entries[i][1]);
    g_assert_cmpstr(text_in(all, i, "actor"), ==, actor);
    g_assert_cmpstr(text_in(all, i, "outcome"), ==, "ok");
  }
  json_auto_t *some = json_of(place, "audit --json --limit 2", "entries");
  g_assert_cmpuint(json_array_size(some), ==, 2);
  g_auto(Said) table = call_with(place, "", "audit -n 1");
  g_assert_cmpuint(program_lines(table.out), ==, 2);
  assert_has(table.out, "token-remove");
}

/* ── on a terminal ── */

/* What the terminal shows until it shows `words`, or the program is over. */
static void
read_until(int terminal, GString *shown, const char *words) {
  char byte;
  while (strstr(shown->str, words) == NULL && read(terminal, &byte, 1) == 1)
    g_string_append_c(shown, byte);
}

/* Types each of `lines` when it is asked for; the exit code. */
static int
type(const Place *place, const char *const *lines, GString *shown) {
  int terminal = -1, status = 0;
  pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
  g_assert_cmpint(pid, >=, 0);
  if (pid == 0) {
    if (chdir(place->folder) == 0)
      execl(g_getenv("LEHRGAENGE"), "lehrgaenge", "-c", "my.conf", "user", "add", "anna", "--role",
            "admin", (char *)NULL);
    _exit(99);
  }
  static const char *const prompts[] = { "New password of anna: ", "Once more: " };
  for (guint i = 0; lines[i] != NULL; i++) {
    read_until(terminal, shown, prompts[i]);
    /* The prompt comes before the echo is off; what is typed earlier would be thrown away. */
    struct termios now = { .c_lflag = ECHO };
    while ((now.c_lflag & ECHO) != 0 && tcgetattr(terminal, &now) == 0)
      g_usleep(1000);
    g_assert_cmpint(write(terminal, lines[i], strlen(lines[i])), >, 0);
  }
  read_until(terminal, shown, "\1");
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  close(terminal);
  g_assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void
test_terminal(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *lines[3];
    int code;
    const char *words;
  } all[] = {
    { { PASSWORD "\n", "etwas anderes hier\n", NULL }, 1, "not the same both times" },
    { { "\x03", NULL }, 1, "no password was given" },
    { { PASSWORD "\n", "\x03", NULL }, 1, "no password was given" },
    { { PASSWORD "\n", PASSWORD "\n", NULL }, 0, "Account anna (admin) is made." },
  };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    g_autoptr(GString) shown = g_string_new(NULL);
    g_assert_cmpint(type(place, all[i].lines, shown), ==, all[i].code);
    assert_has(shown->str, all[i].words);
    g_assert_null(strstr(shown->str, PASSWORD));
  }
  g_assert_true(has_password(place, "anna", PASSWORD));
}

#define ADD(name)                                                                                  \
  g_test_add("/cli/user/" #name, Place, NULL, program_set_up, test_##name, program_tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_true(access_init(NULL));
  ADD(add);
  ADD(generate);
  ADD(input);
  ADD(sessions);
  ADD(change);
  ADD(last_administrator);
  ADD(usage);
  ADD(looking);
  ADD(tokens);
  ADD(audit);
  ADD(terminal);
  return g_test_run();
}
