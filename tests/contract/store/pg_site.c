/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pg_site.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER "postgres"
#define START_SECONDS 60
#define START_TRIES 5 /* another program may take the port that was free just now */
#define LONGEST_SOCKET_FOLDER 80

struct PgSite {
  char *binaries, *folder, *data, *log;
  guint port;
  pid_t server;     /* 0: stopped */
  guint databases;  /* made so far */
  GPtrArray *empty; /* char *: the names of those free to be used */
};

/* ── the newest server ── */

static bool
has_server(const char *binaries) {
  g_autofree char *server = g_build_filename(binaries, "postgres", NULL);
  g_autofree char *initdb = g_build_filename(binaries, "initdb", NULL);
  return access(server, X_OK) == 0 && access(initdb, X_OK) == 0;
}

/* Debian keeps each version in a folder of its own. */
static char *
find_by_version(void) {
  static const char all[] = "/usr/lib/postgresql";
  g_autoptr(GDir) folder = g_dir_open(all, 0, NULL);
  char *found = NULL;
  guint64 newest = 0;
  const char *name;
  while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
    guint64 version = g_ascii_strtoull(name, NULL, 10);
    g_autofree char *binaries = g_build_filename(all, name, "bin", NULL);
    if (version <= newest || !has_server(binaries))
      continue;
    newest = version;
    g_free(found);
    found = g_steal_pointer(&binaries);
  }
  return found;
}

static char *
find_by_config(void) {
  const char *const command[] = { "pg_config", "--bindir", NULL };
  g_autofree char *output = NULL;
  if (!g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                    NULL, NULL, &output, NULL, NULL, NULL))
    return NULL;
  g_strchomp(output);
  return has_server(output) ? g_steal_pointer(&output) : NULL;
}

static char *
find_by_path(void) {
  g_autofree char *server = g_find_program_in_path("postgres");
  g_autofree char *binaries = server == NULL ? NULL : g_path_get_dirname(server);
  return binaries != NULL && has_server(binaries) ? g_steal_pointer(&binaries) : NULL;
}

static char *
find_binaries(void) {
  char *found = find_by_version();
  if (found == NULL)
    found = find_by_config();
  return found == NULL ? find_by_path() : found;
}

/* ── processes of the unprivileged user ── */

/* NULL when this is not root. */
static const struct passwd *
unprivileged(void) {
  if (geteuid() != 0)
    return NULL;
  const struct passwd *user = getpwnam("postgres");
  if (user == NULL)
    user = getpwnam("nobody");
  g_assert_nonnull(user);
  return user;
}

/* In the child. Its end is the parent's end; asked for last, for a change of user forgets it. */
static void
become(const struct passwd *user, const PgSite *site, pid_t parent) {
  if (user != NULL && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
                       setuid(user->pw_uid) != 0))
    _exit(126);
  if (chdir(site->folder) != 0 || freopen("/dev/null", "r", stdin) == NULL ||
      freopen(site->log, "a", stdout) == NULL || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
    _exit(126);
  if (prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0 || getppid() != parent)
    _exit(126);
}

static pid_t
start_process(const PgSite *site, const char *const *command) {
  const struct passwd *user = unprivileged();
  pid_t parent = getpid(), child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child > 0)
    return child;
  become(user, site, parent);
  g_unsetenv("PGDATA");
  g_setenv("LC_ALL", "C", TRUE);
  g_setenv("HOME", site->folder, TRUE);
  execv(command[0], (char **)command);
  _exit(127);
}

static void
assert_well(const PgSite *site, bool well, const char *what) {
  if (well)
    return;
  g_autofree char *log = NULL;
  g_file_get_contents(site->log, &log, NULL, NULL);
  g_error("%s failed: %s", what,
          log == NULL ? "no log; may its user enter the temporary folder?" : log);
}

static void
own(const char *path) {
  const struct passwd *user = unprivileged();
  if (user != NULL)
    g_assert_cmpint(chown(path, user->pw_uid, user->pw_gid), ==, 0);
}

/* ── the cluster ── */

static void
write_file(const PgSite *site, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(site->data, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  own(path);
}

static void
make_cluster(const PgSite *site) {
  g_autofree char *program = g_build_filename(site->binaries, "initdb", NULL);
  const char *const command[] = { program, "-D",         site->data,  "-U",
                                  USER,    "-A",         "trust",     "-E",
                                  "UTF8",  "--locale=C", "--no-sync", "--no-instructions",
                                  NULL };
  int status = 0;
  pid_t child = start_process(site, command);
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  assert_well(site, WIFEXITED(status) && WEXITSTATUS(status) == 0, "initdb");
  write_file(site, "pg_hba.conf",
             "local all all trust\n"
             "host all secret 127.0.0.1/32 scram-sha-256\n"
             "host all all 127.0.0.1/32 trust\n");
}

static guint
free_port(void) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
  close(fd);
  return ntohs(address.sin_port);
}

static pid_t
start_server(const PgSite *site) {
  g_autofree char *program = g_build_filename(site->binaries, "postgres", NULL);
  g_autofree char *port = g_strdup_printf("port=%u", site->port);
  bool short_enough = strlen(site->folder) <= LONGEST_SOCKET_FOLDER;
  g_autofree char *sockets =
      g_strconcat("unix_socket_directories=", short_enough ? site->folder : "", NULL);
  /* Nothing here outlives the machine, so nothing needs to be on its disk. */
  const char *const command[] = {
    program,
    "-D",
    site->data,
    "-c",
    port,
    "-c",
    sockets,
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "shared_buffers=16MB",
    "-c",
    "max_connections=60",
    "-c",
    "autovacuum=off",
    "-c",
    "max_wal_size=256MB",
    "-c",
    "wal_level=minimal",
    "-c",
    "max_wal_senders=0",
    NULL,
  };
  return start_process(site, command);
}

/* Whether it answers; false when it ended instead. */
static bool
wait_ready(PgSite *site) {
  g_autofree char *url = pg_site_url(site, "postgres");
  gint64 deadline = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
  while (PQping(url) != PQPING_OK) {
    if (waitpid(site->server, NULL, WNOHANG) == site->server)
      return false;
    assert_well(site, g_get_monotonic_time() < deadline, "starting PostgreSQL in time");
    g_usleep(10 * 1000);
  }
  return true;
}

static bool
try_start(PgSite *site) {
  site->server = start_server(site);
  if (wait_ready(site))
    return true;
  site->server = 0;
  return false;
}

void
pg_site_start(PgSite *site) {
  g_assert_cmpint(site->server, ==, 0);
  for (guint i = 0; i < START_TRIES; i++) {
    if (try_start(site))
      return;
    g_usleep(200 * 1000);
  }
  assert_well(site, false, "starting PostgreSQL again");
}

void
pg_site_stop(PgSite *site) {
  g_assert_cmpint(site->server, >, 0);
  g_assert_cmpint(kill(site->server, SIGQUIT), ==, 0);
  g_assert_cmpint(waitpid(site->server, NULL, 0), ==, site->server);
  site->server = 0;
}

static void
start_first(PgSite *site) {
  for (guint i = 0; i < START_TRIES; i++) {
    site->port = free_port();
    if (try_start(site))
      return;
  }
  assert_well(site, false, "starting PostgreSQL");
}

PgSite *
pg_site_new(const char **why) {
  GError *error = NULL;
  char *binaries = find_binaries();
  if (binaries == NULL) {
    *why = "no PostgreSQL server on this machine (Debian: postgresql-15)";
    return NULL;
  }
  PgSite *site = g_new0(PgSite, 1);
  site->binaries = binaries;
  site->empty = g_ptr_array_new_with_free_func(g_free);
  site->folder = g_dir_make_tmp("pg-XXXXXX", &error);
  g_assert_no_error(error);
  own(site->folder);
  site->data = g_build_filename(site->folder, "data", NULL);
  site->log = g_build_filename(site->folder, "log", NULL);
  make_cluster(site);
  start_first(site);
  return site;
}

static void
remove_all(const char *path) {
  if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK) && g_file_test(path, G_FILE_TEST_IS_DIR)) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
      g_autofree char *below = g_build_filename(path, name, NULL);
      remove_all(below);
    }
  }
  g_assert_cmpint(g_remove(path), ==, 0);
}

void
pg_site_free(PgSite *site) {
  if (site == NULL)
    return;
  if (site->server != 0)
    pg_site_stop(site);
  remove_all(site->folder);
  g_ptr_array_unref(site->empty);
  g_free(site->binaries);
  g_free(site->folder);
  g_free(site->data);
  g_free(site->log);
  g_free(site);
}

/* ── databases ── */

guint
pg_site_port(const PgSite *site) {
  return site->port;
}

char *
pg_site_url(const PgSite *site, const char *database) {
  return g_strdup_printf("postgresql://" USER "@127.0.0.1:%u/%s", site->port, database);
}

char *
pg_site_log(const PgSite *site) {
  char *log = NULL;
  g_assert_true(g_file_get_contents(site->log, &log, NULL, NULL));
  return log;
}

static void
ignore_notice(void *user_data, const char *message) {
  (void)user_data;
  (void)message;
}

gint64
pg_site_sql(const PgSite *site, const char *database, const char *sql) {
  g_autofree char *url = pg_site_url(site, database);
  PGconn *pg = PQconnectdb(url);
  PQsetNoticeProcessor(pg, ignore_notice, NULL);
  PGresult *result = PQexec(pg, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    g_error("%s: %s", sql, PQerrorMessage(pg));
  gint64 number = 0;
  if (PQntuples(result) > 0 && PQnfields(result) > 0)
    number = g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  PQfinish(pg);
  return number;
}

/* Making a database and removing one take a quarter of a second each, emptying one a tenth of
 * that; so those no longer needed are emptied and given out again. */
char *
pg_site_database_new(PgSite *site) {
  if (site->empty->len > 0)
    return g_ptr_array_steal_index(site->empty, site->empty->len - 1);
  char *name = g_strdup_printf("place%u", ++site->databases);
  g_autofree char *sql =
      g_strdup_printf("CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'", name);
  pg_site_sql(site, "postgres", sql);
  return name;
}

void
pg_site_database_drop(PgSite *site, const char *database) {
  pg_site_sql(site, database,
              "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
              " WHERE datname = current_database() AND pid <> pg_backend_pid();"
              "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  g_ptr_array_add(site->empty, g_strdup(database));
}
