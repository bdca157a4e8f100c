/* The thread of the jobs holds everything it touches by a reference of its own, so that it can be
 * left behind: the shared part is freed by whoever lets go of it last.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/job.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "web/job_private.h"
#include "web/job_work.h"

G_DEFINE_QUARK(lehrgaenge - web - job - error - quark, web_job_error)

/* So often it is looked whether the time to wait for a job is over. */
#define LOOK_AGAIN (G_USEC_PER_SEC / 20)

typedef struct {
  WebJob job;
  Config *config; /* in force when it was asked for */
  gint64 ended;   /* of the monotonic clock */
} Entry;

struct WebJobs {
  gatomicrefcount holders; /* the site, and the thread */
  Clock *clock;
  Stop stop; /* the jobs' own, and joined with the service's */
  gint64 kept;

  GMutex lock;   /* over everything below */
  GCond idle;    /* the thread is about to end */
  GCond changed; /* a job waits, or the site is gone */
  WebContext context;
  bool closed;           /* the site is gone: `context` must not be used any more */
  bool working, resting; /* the thread: is there; only until what is kept goes */
  GThread *thread;       /* NULL: none was started, or the last one was joined */
  GPtrArray *entries;    /* Entry, oldest first */
};

/* ── one job ── */

static void
job_clear(WebJob *job) {
  g_free(job->id);
  g_free(job->owner);
  g_strfreev(job->tenants);
  g_free(job->phase);
  g_free(job->error);
  json_decref(job->document);
}

void
web_job_free(WebJob *job) {
  if (job == NULL)
    return;
  job_clear(job);
  g_free(job);
}

static void
entry_free(gpointer data) {
  Entry *entry = data;
  job_clear(&entry->job);
  config_free(entry->config);
  g_free(entry);
}

static WebJob *
job_copy(const WebJob *job) {
  WebJob *copy = g_new0(WebJob, 1);
  *copy = *job;
  copy->id = g_strdup(job->id);
  copy->owner = g_strdup(job->owner);
  copy->tenants = g_strdupv(job->tenants);
  copy->phase = g_strdup(job->phase);
  copy->error = g_strdup(job->error);
  copy->document = json_incref(job->document);
  return copy;
}

static bool
is_over(const Entry *entry) {
  return entry->job.state == WEB_JOB_DONE || entry->job.state == WEB_JOB_FAILED;
}

static guint
steps_of(const Entry *entry) {
  return (guint)json_array_size(json_object_get(entry->job.document, "steps"));
}

/* ── all of them ── */

static Entry *
entry_at(const WebJobs *jobs, guint index) {
  return g_ptr_array_index(jobs->entries, index);
}

static const Entry *
last_check(const WebJobs *jobs) {
  const Entry *last = NULL;
  for (guint i = 0; i < jobs->entries->len; i++) {
    const Entry *entry = entry_at(jobs, i);
    if (entry->job.kind == WEB_JOB_CHECK && is_over(entry))
      last = entry;
  }
  return last;
}

/* What was kept long enough; the newest check stays. How long until there is more; 0: there is
 * nothing that would go. */
static gint64
drop_old(WebJobs *jobs) {
  gint64 now = clock_monotonic(jobs->clock), next = 0;
  const Entry *check = last_check(jobs);
  for (guint i = jobs->entries->len; i-- > 0;) {
    const Entry *entry = entry_at(jobs, i);
    if (entry == check || !is_over(entry))
      continue;
    gint64 left = entry->ended + jobs->kept - now;
    if (left <= 0)
      g_ptr_array_remove_index(jobs->entries, i);
    else
      next = next == 0 ? left : MIN(next, left);
  }
  return next;
}

/* Older plans make room for the steps of `newest`; a plan is large, and its memory goes back to the
 * system. */
static void
drop_steps(WebJobs *jobs, const Entry *newest) {
  guint sum = steps_of(newest);
  for (guint i = jobs->entries->len; i-- > 0;) {
    const Entry *entry = entry_at(jobs, i);
    if (entry == newest)
      continue;
    sum += steps_of(entry);
    if (sum > WEB_JOB_MAX_STEPS && steps_of(entry) > 0) {
      sum -= steps_of(entry);
      g_ptr_array_remove_index(jobs->entries, i);
      malloc_trim(0);
    }
  }
}

/* True when one more may come: the oldest that is over goes. */
static bool
make_room(WebJobs *jobs) {
  drop_old(jobs);
  const Entry *check = last_check(jobs);
  for (guint i = 0; jobs->entries->len >= WEB_MAX_JOBS && i < jobs->entries->len; i++)
    if (is_over(entry_at(jobs, i)) && entry_at(jobs, i) != check)
      g_ptr_array_remove_index(jobs->entries, i--);
  return jobs->entries->len < WEB_MAX_JOBS;
}

static void
jobs_unref(WebJobs *jobs) {
  if (!g_atomic_ref_count_dec(&jobs->holders))
    return;
  g_ptr_array_unref(jobs->entries);
  g_mutex_clear(&jobs->lock);
  g_cond_clear(&jobs->idle);
  g_cond_clear(&jobs->changed);
  g_free(jobs);
}

/* ── the thread ── */

typedef struct {
  WebJobs *jobs;
  Entry *entry; /* stays where it is until it is over */
} Working;

static void
on_tell(const char *phase, guint done, guint total, gpointer data) {
  const Working *working = data;
  WebJobs *jobs = working->jobs;
  WebJob *job = &working->entry->job;
  g_mutex_lock(&jobs->lock);
  if (g_strcmp0(job->phase, phase) != 0) {
    g_free(job->phase);
    job->phase = g_strdup(phase);
  }
  job->done = done;
  job->total = total;
  g_mutex_unlock(&jobs->lock);
}

static json_t *
do_job(WebJobs *jobs, Entry *entry, GError **error) {
  Working working = { jobs, entry };
  const JobWork work = {
    .config = entry->config,
    .clock = jobs->clock,
    .stop = &jobs->stop,
    .tell = on_tell,
    .user_data = &working,
  };
  if (entry->job.kind == WEB_JOB_CHECK)
    return job_work_check(&work, error);
  return job_work_plan(&work, entry->job.owner, entry->job.year, entry->job.tenants, error);
}

static void
settle(WebJobs *jobs, Entry *entry, json_t *document, const GError *error) {
  entry->job.document = document;
  entry->job.error = document == NULL ? text_redact(error->message) : NULL;
  entry->job.state = document == NULL ? WEB_JOB_FAILED : WEB_JOB_DONE;
  entry->job.timeended = clock_now(jobs->clock);
  entry->ended = clock_monotonic(jobs->clock);
  g_clear_pointer(&entry->config, config_free);
  if (document == NULL)
    log_warning("web", "a %s for %s failed: %s",
                entry->job.kind == WEB_JOB_PLAN ? "preview" : "check", entry->job.owner,
                entry->job.error);
  drop_steps(jobs, entry);
}

static Entry *
next_waiting(const WebJobs *jobs) {
  for (guint i = 0; !jobs->closed && i < jobs->entries->len; i++)
    if (entry_at(jobs, i)->job.state == WEB_JOB_WAITING)
      return entry_at(jobs, i);
  return NULL;
}

/* Nobody may come any more who would find that something was kept long enough. NULL: there is
 * nothing to do and nothing that would go. */
static Entry *
await_waiting(WebJobs *jobs) {
  Entry *entry;
  gint64 left;
  while ((entry = next_waiting(jobs)) == NULL && !jobs->closed && (left = drop_old(jobs)) > 0) {
    jobs->resting = true;
    g_cond_wait_until(&jobs->changed, &jobs->lock, g_get_monotonic_time() + left);
    jobs->resting = false;
  }
  if (entry == NULL && !jobs->closed)
    malloc_trim(0);
  return entry;
}

static gpointer
work(gpointer data) {
  WebJobs *jobs = data;
  Entry *entry;
  g_mutex_lock(&jobs->lock);
  while ((entry = await_waiting(jobs)) != NULL) {
    g_autoptr(GError) error = NULL;
    entry->job.state = WEB_JOB_RUNNING;
    g_mutex_unlock(&jobs->lock);
    json_t *document = do_job(jobs, entry, &error);
    g_mutex_lock(&jobs->lock);
    settle(jobs, entry, document, error);
  }
  jobs->working = false;
  g_cond_broadcast(&jobs->idle);
  g_mutex_unlock(&jobs->lock);
  jobs_unref(jobs);
  return NULL;
}

/* One that has nothing more to do ends without waiting for anybody, so joining takes no time. */
static bool
start_thread(WebJobs *jobs, GError **error) {
  if (jobs->working) {
    g_cond_signal(&jobs->changed);
    return true;
  }
  if (jobs->thread != NULL)
    g_thread_join(g_steal_pointer(&jobs->thread));
  g_atomic_ref_count_inc(&jobs->holders);
  jobs->thread = g_thread_try_new("web-jobs", work, jobs, error);
  jobs->working = jobs->thread != NULL;
  if (!jobs->working)
    g_atomic_ref_count_dec(&jobs->holders);
  return jobs->working;
}

/* ── from outside ── */

WebJobs *
web_jobs_new_keeping(const WebContext *context, gint64 kept) {
  WebJobs *jobs = g_new0(WebJobs, 1);
  jobs->kept = kept;
  g_atomic_ref_count_init(&jobs->holders);
  jobs->context = *context;
  jobs->clock = context->clock;
  jobs->stop.grace_ms = context->stop != NULL ? context->stop->grace_ms : 0;
  stop_join(&jobs->stop, context->stop);
  g_mutex_init(&jobs->lock);
  g_cond_init(&jobs->idle);
  g_cond_init(&jobs->changed);
  jobs->entries = g_ptr_array_new_with_free_func(entry_free);
  return jobs;
}

WebJobs *
web_jobs_new(const WebContext *context) {
  return web_jobs_new_keeping(context, (gint64)WEB_JOB_KEPT_S * G_USEC_PER_SEC);
}

/* Until the thread is about to end, or the time for that is over; one that rests ends at once. */
static void
wait_for_thread(WebJobs *jobs) {
  g_cond_signal(&jobs->changed);
  while (jobs->working && (jobs->resting || !stop_overdue(&jobs->stop)))
    g_cond_wait_until(&jobs->idle, &jobs->lock, g_get_monotonic_time() + LOOK_AGAIN);
}

void
web_jobs_free(WebJobs *jobs) {
  if (jobs == NULL)
    return;
  stop_request(&jobs->stop);
  g_mutex_lock(&jobs->lock);
  jobs->closed = true;
  wait_for_thread(jobs);
  GThread *thread = g_steal_pointer(&jobs->thread);
  bool left = jobs->working;
  stop_join(&jobs->stop, NULL);
  g_mutex_unlock(&jobs->lock);
  if (left) {
    log_warning("web", "a preview or check does not end; it is left behind");
    g_thread_unref(thread);
  } else if (thread != NULL) {
    g_thread_join(thread);
  }
  jobs_unref(jobs);
}

static char *
new_id(void) {
  guint8 bytes[16];
  g_assert(getentropy(bytes, sizeof bytes) == 0);
  GString *id = g_string_new(NULL);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf(id, "%02x", bytes[i]);
  return g_string_free(id, FALSE);
}

static bool
same_tenants(char *const *left, const char *const *right) {
  if (left == NULL || right == NULL)
    return left == NULL && right == NULL;
  return g_strv_equal((const char *const *)left, right);
}

/* What was asked for already and is not over: by the same one, or, for a check, by anybody. */
static const Entry *
find_same(const WebJobs *jobs, const WebJob *wish) {
  for (guint i = 0; i < jobs->entries->len; i++) {
    const Entry *entry = entry_at(jobs, i);
    if (is_over(entry) || entry->job.kind != wish->kind)
      continue;
    if (wish->kind == WEB_JOB_CHECK ||
        (strcmp(entry->job.owner, wish->owner) == 0 && entry->job.year == wish->year &&
         same_tenants(entry->job.tenants, (const char *const *)wish->tenants)))
      return entry;
  }
  return NULL;
}

static bool
refuse_new(WebJobs *jobs, GError **error) {
  if (stop_requested(&jobs->stop)) {
    g_set_error_literal(error, WEB_JOB_ERROR, WEB_JOB_ERROR_FAILED,
                        "the service is about to end; try again when it is back");
    return true;
  }
  if (make_room(jobs))
    return false;
  g_set_error(error, WEB_JOB_ERROR, WEB_JOB_ERROR_FULL,
              "%d previews and checks wait already; try again in some minutes", WEB_MAX_JOBS);
  return true;
}

static bool
start_new(WebJobs *jobs, const WebJob *wish, char **id, GError **error) {
  if (refuse_new(jobs, error))
    return false;
  Entry *entry = g_new0(Entry, 1);
  entry->job = *wish;
  entry->job.id = new_id();
  entry->job.owner = g_strdup(wish->owner);
  entry->job.tenants = g_strdupv(wish->tenants);
  entry->job.phase = g_strdup("");
  entry->job.timecreated = clock_now(jobs->clock);
  entry->config = jobs->context.config(jobs->context.user_data);
  g_ptr_array_add(jobs->entries, entry);
  if (!start_thread(jobs, error)) {
    g_ptr_array_remove_index(jobs->entries, jobs->entries->len - 1);
    return false;
  }
  *id = g_strdup(entry->job.id);
  return true;
}

static bool
begin(WebJobs *jobs, const WebJob *wish, char **id, GError **error) {
  g_mutex_lock(&jobs->lock);
  const Entry *same = find_same(jobs, wish);
  bool ok = same != NULL || start_new(jobs, wish, id, error);
  if (same != NULL)
    *id = g_strdup(same->job.id);
  g_mutex_unlock(&jobs->lock);
  return ok;
}

bool
web_job_plan(WebJobs *jobs, const WebPrincipal *who, gint year, const char *const *tenants,
             char **id, GError **error) {
  const WebJob wish = {
    .kind = WEB_JOB_PLAN, .owner = who->name, .year = year, .tenants = (char **)tenants
  };
  return begin(jobs, &wish, id, error);
}

bool
web_job_check(WebJobs *jobs, const WebPrincipal *who, char **id, GError **error) {
  const WebJob wish = { .kind = WEB_JOB_CHECK, .owner = who->name };
  return begin(jobs, &wish, id, error);
}

static bool
may_see(const WebPrincipal *who, const WebJob *job) {
  return who->role == ROLE_ADMIN || strcmp(who->name, job->owner) == 0;
}

WebJob *
web_job_get(WebJobs *jobs, const WebPrincipal *who, const char *id) {
  WebJob *found = NULL;
  g_mutex_lock(&jobs->lock);
  drop_old(jobs);
  for (guint i = 0; found == NULL && i < jobs->entries->len; i++) {
    const WebJob *job = &entry_at(jobs, i)->job;
    if (strcmp(job->id, id) == 0 && may_see(who, job))
      found = job_copy(job);
  }
  g_mutex_unlock(&jobs->lock);
  return found;
}

WebJob *
web_job_last_check(WebJobs *jobs) {
  g_mutex_lock(&jobs->lock);
  drop_old(jobs);
  const Entry *entry = last_check(jobs);
  WebJob *found = entry != NULL ? job_copy(&entry->job) : NULL;
  g_mutex_unlock(&jobs->lock);
  return found;
}
