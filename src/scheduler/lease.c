/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/lease.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"

#define RENEWALS_PER_TTL 3    /* two may fail before the lock expires */
#define RETRIES_PER_RENEWAL 4 /* how much sooner a failed one is tried again */
#define MAX_HOST 64           /* bytes of the host's name kept; Linux allows no more */
#define UNKNOWN "-"           /* stands for what the system did not tell; equals nothing */

/* ── owners ── */

typedef struct {
  gint64 pid;
  char *host, *start, *boot, *pidns, *machine;
} Process;

static void
process_clear(Process *process) {
  g_free(process->host);
  g_free(process->start);
  g_free(process->boot);
  g_free(process->pidns);
  g_free(process->machine);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Process, process_clear)

/* `text` as one word of an owner text. */
static char *
word(const char *text) {
  g_autofree char *copy = g_strndup(text == NULL ? "" : text, MAX_HOST);
  g_strdelimit(g_strstrip(copy), " @=\t\r\n", '_');
  return *copy == '\0' ? g_strdup(UNKNOWN) : g_steal_pointer(&copy);
}

static char *
word_of_file(const char *path) {
  g_autofree char *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) ? word(text) : g_strdup(UNKNOWN);
}

/* The machine's id is not to be shown around (machine-id(5)); its hash serves as well. */
static char *
machine_word(void) {
  g_autofree char *id = word_of_file("/etc/machine-id");
  if (strcmp(id, UNKNOWN) == 0)
    return g_steal_pointer(&id);
  static const guchar key[] = "lehrgaenge-sync";
  g_autofree char *hash = g_compute_hmac_for_string(G_CHECKSUM_SHA256, key, sizeof key - 1, id, -1);
  return g_strndup(hash, 16);
}

/* State, number of threads and start time of a process out of /proc. The command's name in the
 * second field may hold anything, blanks and parentheses too, so the fields count from the last
 * parenthesis. False when it cannot be read. */
static bool
read_stat(gint64 pid, char *state, gint64 *threads, char **start) {
  g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return false;
  const char *rest = strrchr(text, ')');
  if (rest == NULL || rest[1] != ' ')
    return false;
  g_auto(GStrv) fields = g_strsplit(rest + 2, " ", -1);
  if (g_strv_length(fields) <= 22 - 3)
    return false;
  *state = fields[3 - 3][0];
  *threads = g_ascii_strtoll(fields[20 - 3], NULL, 10);
  *start = g_strdup(fields[22 - 3]);
  return true;
}

static void
read_self(Process *self) {
  char state = 0;
  gint64 threads = 0;
  self->pid = getpid();
  self->host = word(g_get_host_name());
  if (!read_stat(self->pid, &state, &threads, &self->start))
    self->start = g_strdup(UNKNOWN);
  self->boot = word_of_file("/proc/sys/kernel/random/boot_id");
  g_autofree char *link = g_file_read_link("/proc/self/ns/pid", NULL); /* "pid:[4026531836]" */
  self->pidns = word(link);
  self->machine = machine_word();
}

char *
lease_owner(void) {
  g_auto(Process) self = { 0 };
  read_self(&self);
  return g_strdup_printf("%" G_GINT64_FORMAT "@%s start=%s boot=%s pidns=%s machine=%s", self.pid,
                         self.host, self.start, self.boot, self.pidns, self.machine);
}

static char *
value_of(char **words, const char *key) {
  for (; *words != NULL; words++) {
    gsize length = strlen(key);
    if (strncmp(*words, key, length) == 0 && (*words)[length] == '=' && (*words)[length + 1] != 0)
      return g_strdup(*words + length + 1);
  }
  return g_strdup(UNKNOWN);
}

static bool
parse_owner(const char *owner, Process *process) {
  if (owner == NULL)
    return false;
  g_auto(GStrv) words = g_strsplit(owner, " ", -1);
  char *at = words[0] == NULL ? NULL : strchr(words[0], '@');
  if (at == NULL || at[1] == '\0')
    return false;
  *at = '\0';
  if (!g_ascii_string_to_signed(words[0], 10, 1, G_MAXINT32, &process->pid, NULL))
    return false;
  process->host = g_strdup(at + 1);
  process->start = value_of(words + 1, "start");
  process->boot = value_of(words + 1, "boot");
  process->pidns = value_of(words + 1, "pidns");
  process->machine = value_of(words + 1, "machine");
  return true;
}

static bool
known(const char *value) {
  return strcmp(value, UNKNOWN) != 0;
}

static bool
same(const char *one, const char *other) {
  return known(one) && strcmp(one, other) == 0;
}

/* Whether process `pid` of this pid namespace, begun at `start`, is gone. */
static bool
process_gone(gint64 pid, const char *start) {
  if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
    return true;
  g_autofree char *found = NULL;
  char state = 0;
  gint64 threads = 0;
  if (!read_stat(pid, &state, &threads, &found))
    return false;
  /* One that nobody has waited for keeps its pid, but runs no more. */
  bool zombie = (state == 'Z' || state == 'X') && threads <= 1;
  return zombie || (known(start) && strcmp(found, start) != 0);
}

bool
lease_owner_dead(const char *owner, gpointer user_data) {
  (void)user_data;
  g_auto(Process) them = { 0 };
  g_auto(Process) self = { 0 };
  if (!parse_owner(owner, &them))
    return false;
  read_self(&self);
  if (!same(self.host, them.host) || !known(self.boot) || !known(them.boot))
    return false;
  /* Host names may be given twice, so only the machine's id shows that this machine was booted
   * again. */
  if (strcmp(self.boot, them.boot) != 0)
    return same(self.machine, them.machine);
  return same(self.pidns, them.pidns) && process_gone(them.pid, them.start);
}

char *
lease_holder_text(const StoreLock *lock, GTimeZone *zone) {
  g_auto(Process) process = { 0 };
  g_autofree char *since = date_format(lock->acquired, zone);
  if (!parse_owner(lock->owner, &process))
    return g_strdup_printf("%s, since %s", lock->owner, since);
  return g_strdup_printf("process %" G_GINT64_FORMAT " on host %s, since %s", process.pid,
                         process.host, since);
}

/* ── leases ── */

struct Lease {
  LeaseOpenFunc open;
  gpointer user_data;
  char *name, *owner;
  gint64 ttl; /* seconds */
  Clock *clock;
  GThread *thread;
  Store *store; /* the thread's, once it runs; NULL after a failure */

  GMutex lock; /* over everything below */
  GCond changed;
  bool stopping, lost;
  guint64 asked, answered; /* lease_confirm()s that came, and those a renewal has answered */
  gint64 expires;          /* by the clock, as the store was told */
  gint64 expires_monotonic;
  GError *failure; /* of the last renewal; NULL when it went well */
};

typedef enum { BEAT_HELD, BEAT_LOST, BEAT_FAILED } Beat;

static Beat
renew(Lease *lease, gint64 now, GError **error) {
  if (lease->store == NULL)
    lease->store = lease->open(lease->user_data, error);
  if (lease->store == NULL)
    return BEAT_FAILED;
  bool held = false;
  if (lease->store->class->lock_renew(lease->store, lease->name, lease->owner, now, lease->ttl,
                                      &held, error))
    return held ? BEAT_HELD : BEAT_LOST;
  /* The connection may be what failed; the next try makes a new one. */
  g_clear_pointer(&lease->store, store_free);
  return BEAT_FAILED;
}

static bool
time_is_over(Lease *lease) {
  return clock_now(lease->clock) >= lease->expires ||
         clock_monotonic(lease->clock) >= lease->expires_monotonic;
}

/* Renews, with the mutex let go meanwhile, and takes note of what came of it. */
static Beat
beat(Lease *lease) {
  guint64 answering = lease->asked;
  g_mutex_unlock(&lease->lock);
  GError *failure = NULL;
  gint64 now = clock_now(lease->clock), monotonic = clock_monotonic(lease->clock);
  Beat result = renew(lease, now, &failure);
  g_mutex_lock(&lease->lock);

  if (result == BEAT_HELD) {
    lease->expires = now + lease->ttl;
    lease->expires_monotonic = monotonic + lease->ttl * G_USEC_PER_SEC;
  } else if (result == BEAT_LOST || time_is_over(lease)) {
    lease->lost = true;
  }
  g_clear_error(&lease->failure);
  lease->failure = failure;
  lease->answered = answering;
  g_cond_broadcast(&lease->changed);
  return result;
}

/* Waits until the next renewal is due, asked for, or not needed any more. */
static void
wait_for_turn(Lease *lease, gint64 due) {
  while (!lease->stopping && lease->asked == lease->answered) {
    if (lease->lost)
      g_cond_wait(&lease->changed, &lease->lock);
    else if (!g_cond_wait_until(&lease->changed, &lease->lock, due))
      return;
  }
}

static gpointer
heartbeat(gpointer data) {
  Lease *lease = data;
  const gint64 interval = lease->ttl * G_USEC_PER_SEC / RENEWALS_PER_TTL;
  gint64 due = g_get_monotonic_time() + interval;
  g_mutex_lock(&lease->lock);
  while (wait_for_turn(lease, due), !lease->stopping) {
    bool failed = beat(lease) == BEAT_FAILED;
    due = g_get_monotonic_time() + (failed ? interval / RETRIES_PER_RENEWAL : interval);
  }
  g_mutex_unlock(&lease->lock);

  if (lease->store == NULL)
    lease->store = lease->open(lease->user_data, NULL);
  if (lease->store != NULL)
    lease->store->class->lock_drop(lease->store, lease->name, lease->owner, NULL);
  g_clear_pointer(&lease->store, store_free);
  return NULL;
}

static void
lease_free(Lease *lease) {
  store_free(lease->store);
  g_clear_error(&lease->failure);
  g_cond_clear(&lease->changed);
  g_mutex_clear(&lease->lock);
  g_free(lease->name);
  g_free(lease->owner);
  g_free(lease);
}

/* Signals are for the main thread, whose waiting calls they are to end. */
static GThread *
start_without_signals(Lease *lease, GError **error) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  GThread *thread = g_thread_try_new("lease", heartbeat, lease, error);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return thread;
}

static bool
start(Lease *lease, GError **error) {
  GError *cause = NULL;
  lease->thread = start_without_signals(lease, &cause);
  if (lease->thread != NULL)
    return true;
  lease->store->class->lock_drop(lease->store, lease->name, lease->owner, NULL);
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "keeping the lock \"%s\": %s",
              lease->name, cause->message);
  g_error_free(cause);
  return false;
}

static Lease *
lease_new(LeaseOpenFunc open, gpointer user_data, const char *name, gint64 ttl, Clock *clock) {
  Lease *lease = g_new0(Lease, 1);
  g_autofree char *process = lease_owner();
  lease->open = open;
  lease->user_data = user_data;
  lease->name = g_strdup(name);
  /* Random, because a store takes two equal owners for one, and two leases of one process are two.
   */
  lease->owner = g_strdup_printf("%s lease=%08x", process, g_random_int());
  lease->ttl = ttl;
  lease->clock = clock;
  lease->expires = clock_now(clock) + ttl;
  lease->expires_monotonic = clock_monotonic(clock) + ttl * G_USEC_PER_SEC;
  g_mutex_init(&lease->lock);
  g_cond_init(&lease->changed);
  return lease;
}

bool
lease_take(LeaseOpenFunc open, gpointer user_data, const char *name, gint64 ttl, Clock *clock,
           Lease **lease, StoreLock **holder, GError **error) {
  g_return_val_if_fail(ttl >= 1, false);
  *lease = NULL;
  g_autoptr(Store) store = open(user_data, error);
  if (store == NULL)
    return false;
  Lease *mine = lease_new(open, user_data, name, ttl, clock);
  bool taken = false;
  bool ok = store->class->lock_take(store, name, mine->owner, clock_now(clock), ttl,
                                    lease_owner_dead, NULL, holder, &taken, error);
  if (ok && taken) {
    mine->store = g_steal_pointer(&store);
    ok = start(mine, error);
  }
  if (!ok || !taken)
    g_clear_pointer(&mine, lease_free);
  *lease = mine;
  return ok;
}

/* With the mutex held: asks the thread for a renewal and waits for it. */
static void
renew_now(Lease *lease) {
  guint64 ticket = ++lease->asked;
  g_cond_broadcast(&lease->changed);
  while (lease->answered < ticket)
    g_cond_wait(&lease->changed, &lease->lock);
}

bool
lease_lost(Lease *lease) {
  g_mutex_lock(&lease->lock);
  if (!lease->lost && time_is_over(lease))
    renew_now(lease);
  bool lost = lease->lost;
  g_mutex_unlock(&lease->lock);
  return lost;
}

bool
lease_confirm(Lease *lease, GError **error) {
  g_mutex_lock(&lease->lock);
  if (!lease->lost)
    renew_now(lease);
  bool ok = !lease->lost && lease->failure == NULL;
  if (lease->failure != NULL)
    g_propagate_error(error, g_error_copy(lease->failure));
  else if (lease->lost)
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "the lock \"%s\" was lost: another process has taken it", lease->name);
  g_mutex_unlock(&lease->lock);
  return ok;
}

void
lease_drop(Lease *lease) {
  if (lease == NULL)
    return;
  g_mutex_lock(&lease->lock);
  lease->stopping = true;
  g_cond_broadcast(&lease->changed);
  g_mutex_unlock(&lease->lock);
  g_thread_join(lease->thread);
  lease_free(lease);
}
