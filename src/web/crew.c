/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/crew.h"

#include "base/log.h"
#include "web/dispatch.h"

/* Everything in here is under the crew's lock, but for what a thread at work holds alone. */
typedef enum { WAITS, AT_WORK, ANSWERED, GIVEN_UP } JobState;

struct CrewJob {
  Crew *crew;
  guint holders; /* who submitted it; the crew */
  Intake *intake;
  bool storeless;
  JobState state;
  gint64 since; /* it waits, or is worked at */
  WebAnswer answer;
  void (*ready)(gpointer data);
  gpointer data;
};

struct Crew {
  guint holders; /* the server, each thread, each job that the server has */
  SharedSite *site;
  WebContext context;
  const WebLimits *limits;
  GMutex lock;
  GCond changed;
  GQueue waiting[2]; /* of CrewJob: [0] what needs the store, [1] what does not */
  GQueue at_work;    /* of CrewJob */
  guint threads, idle;
  guint with_store; /* jobs at work that need the store */
  bool store_away;  /* said already */
  bool ended;
};

Crew *
crew_new(SharedSite *site, const WebContext *context, const WebLimits *limits) {
  Crew *crew = g_new0(Crew, 1);
  *crew = (Crew){ .holders = 1, .site = shared_site_ref(site), .context = *context };
  crew->limits = limits;
  g_mutex_init(&crew->lock);
  g_cond_init(&crew->changed);
  return crew;
}

/* Unlocks. */
static void
let_go(Crew *crew) {
  bool last = --crew->holders == 0;
  g_mutex_unlock(&crew->lock);
  if (!last)
    return;
  shared_site_unref(crew->site);
  g_mutex_clear(&crew->lock);
  g_cond_clear(&crew->changed);
  g_free(crew);
}

static void
job_unref(CrewJob *job) {
  if (--job->holders > 0)
    return;
  web_answer_clear(&job->answer);
  intake_free(job->intake);
  g_free(job);
}

/* ── the threads ── */

/* All but one may be at what needs the store. */
static guint
store_room(const Crew *crew) {
  guint most = MAX(crew->limits->threads, 2) - 1;
  return most > crew->with_store ? most - crew->with_store : 0;
}

static CrewJob *
next(Crew *crew) {
  CrewJob *job = g_queue_pop_head(&crew->waiting[1]);
  if (job == NULL && store_room(crew) > 0)
    job = g_queue_pop_head(&crew->waiting[0]);
  if (job == NULL)
    return NULL;
  job->state = AT_WORK;
  job->since = g_get_monotonic_time();
  crew->with_store += job->storeless ? 0 : 1;
  g_queue_push_tail(&crew->at_work, job);
  return job;
}

/* Called without the lock. An outage is one line. */
static void
open_if_needed(Crew *crew, Store **store) {
  g_autoptr(GError) error = NULL;
  if (*store == NULL)
    *store = crew->context.open_store(crew->context.user_data, &error);
  g_mutex_lock(&crew->lock);
  bool news = *store == NULL && !crew->store_away;
  crew->store_away = *store == NULL;
  g_mutex_unlock(&crew->lock);
  if (news)
    log_error("web", "the pages cannot use the store: %s",
              error != NULL ? error->message : "it cannot be opened");
}

static void
answer_job(Crew *crew, const CrewJob *job, Store **store, WebAnswer *answer) {
  web_answer_init(answer);
  if (!job->storeless)
    open_if_needed(crew, store);
  web_dispatch(shared_site_get(crew->site), intake_request(job->intake),
               job->storeless ? NULL : *store, answer);
  /* Something failed; the next one begins with a new connection. */
  if (answer->status >= 500)
    g_clear_pointer(store, store_free);
}

static void
finish(Crew *crew, CrewJob *job, WebAnswer *answer) {
  g_queue_remove(&crew->at_work, job);
  crew->with_store -= job->storeless ? 0 : 1;
  if (job->state == AT_WORK) {
    job->state = ANSWERED;
    job->answer = *answer;
    *answer = (WebAnswer){ 0 };
    job->ready(job->data);
  }
  job_unref(job);
  g_cond_broadcast(&crew->changed);
}

/* False: nothing came for so long that the thread may go. */
static bool
await_job(Crew *crew, CrewJob **job) {
  gint64 until = g_get_monotonic_time() + crew->limits->rest;
  bool in_time = true;
  while ((*job = next(crew)) == NULL && in_time && !crew->ended) {
    crew->idle++;
    in_time = g_cond_wait_until(&crew->changed, &crew->lock, until);
    crew->idle--;
  }
  return *job != NULL;
}

static gpointer
work(gpointer data) {
  Crew *crew = data;
  Store *store = NULL;
  CrewJob *job;
  g_mutex_lock(&crew->lock);
  while (await_job(crew, &job)) {
    WebAnswer answer;
    g_mutex_unlock(&crew->lock);
    answer_job(crew, job, &store, &answer);
    g_mutex_lock(&crew->lock);
    finish(crew, job, &answer);
    g_mutex_unlock(&crew->lock);
    web_answer_clear(&answer);
    g_mutex_lock(&crew->lock);
  }
  crew->threads--;
  g_mutex_unlock(&crew->lock);
  store_free(store);
  g_mutex_lock(&crew->lock);
  g_cond_broadcast(&crew->changed);
  let_go(crew);
  return NULL;
}

/* False: there is no thread and none can be had. */
static bool
have_thread(Crew *crew) {
  guint could = crew->waiting[1].length + MIN(crew->waiting[0].length, store_room(crew));
  if (crew->idle >= could || crew->threads >= crew->limits->threads)
    return true;
  GThread *thread = g_thread_try_new("web", work, crew, NULL);
  if (thread == NULL)
    return crew->threads > 0;
  g_thread_unref(thread);
  crew->threads++;
  crew->holders++;
  return true;
}

/* ── jobs ── */

/* Whether all threads that may use the store have been at it for so long that it must hang. */
static bool
store_hangs(const Crew *crew) {
  gint64 since = g_get_monotonic_time() - crew->limits->queued;
  for (const GList *at = crew->at_work.head; at != NULL; at = at->next)
    if (!((CrewJob *)at->data)->storeless && ((CrewJob *)at->data)->since > since)
      return false;
  return store_room(crew) == 0;
}

static bool
enqueue(Crew *crew, CrewJob *job) {
  if (crew->ended || crew->waiting[0].length + crew->waiting[1].length >= crew->limits->waiting ||
      (!job->storeless && store_hangs(crew)))
    return false;
  GQueue *queue = &crew->waiting[job->storeless ? 1 : 0];
  g_queue_push_tail(queue, job);
  if (have_thread(crew)) {
    g_cond_signal(&crew->changed);
    return true;
  }
  g_queue_remove(queue, job);
  return false;
}

CrewJob *
crew_submit(Crew *crew, Intake *intake, void (*ready)(gpointer data), gpointer data) {
  CrewJob *job = g_new0(CrewJob, 1);
  *job = (CrewJob){ .crew = crew, .holders = 2, .intake = intake, .ready = ready, .data = data };
  job->storeless = web_dispatch_storeless(intake_request(intake));
  job->since = g_get_monotonic_time();
  g_mutex_lock(&crew->lock);
  bool taken = enqueue(crew, job);
  crew->holders += taken ? 1 : 0;
  g_mutex_unlock(&crew->lock);
  if (taken)
    return job;
  g_free(job);
  return NULL;
}

bool
crew_job_take(CrewJob *job, WebAnswer *answer) {
  g_mutex_lock(&job->crew->lock);
  bool answered = job->state == ANSWERED;
  if (answered) {
    *answer = job->answer;
    job->answer = (WebAnswer){ 0 };
  }
  g_mutex_unlock(&job->crew->lock);
  return answered;
}

void
crew_job_free(CrewJob *job) {
  if (job == NULL)
    return;
  Crew *crew = job->crew;
  g_mutex_lock(&crew->lock);
  job_unref(job);
  let_go(crew);
}

/* ── giving up ── */

static void
give_up(CrewJob *job) {
  bool with_thread = job->state == AT_WORK;
  job->state = GIVEN_UP;
  job->ready(job->data);
  if (!with_thread)
    job_unref(job);
}

static void
give_up_waiting(GQueue *queue, gint64 since) {
  CrewJob *job;
  while ((job = g_queue_peek_head(queue)) != NULL && job->since <= since)
    give_up(g_queue_pop_head(queue));
}

static void
give_up_working(Crew *crew, gint64 since) {
  for (const GList *at = crew->at_work.head; at != NULL; at = at->next) {
    CrewJob *job = at->data;
    if (job->state == AT_WORK && job->since <= since)
      give_up(job);
  }
}

void
crew_expire(Crew *crew) {
  gint64 now = g_get_monotonic_time();
  g_mutex_lock(&crew->lock);
  give_up_waiting(&crew->waiting[0], now - crew->limits->queued);
  give_up_waiting(&crew->waiting[1], now - crew->limits->queued);
  give_up_working(crew, now - crew->limits->answer);
  g_mutex_unlock(&crew->lock);
}

static bool
busy(const Crew *crew) {
  bool all_stale = true;
  for (const GList *at = crew->at_work.head; at != NULL; at = at->next)
    all_stale = all_stale && ((CrewJob *)at->data)->state == GIVEN_UP;
  return crew->waiting[0].length + crew->waiting[1].length > 0 || !all_stale;
}

void
crew_end(Crew *crew, gint64 until) {
  g_mutex_lock(&crew->lock);
  crew->ended = true;
  g_cond_broadcast(&crew->changed);
  while (busy(crew) && g_cond_wait_until(&crew->changed, &crew->lock, until))
    continue;
  give_up_waiting(&crew->waiting[0], G_MAXINT64);
  give_up_waiting(&crew->waiting[1], G_MAXINT64);
  give_up_working(crew, G_MAXINT64);
  g_mutex_unlock(&crew->lock);
}

bool
crew_free(Crew *crew, gint64 until) {
  if (crew == NULL)
    return true;
  crew_end(crew, 0);
  g_mutex_lock(&crew->lock);
  while (crew->holders > 1 && g_cond_wait_until(&crew->changed, &crew->lock, until))
    continue;
  bool all = crew->holders == 1;
  let_go(crew);
  return all;
}
