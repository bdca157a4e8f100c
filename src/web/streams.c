/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/streams.h"

#include <poll.h>
#include <string.h>

/* Who does not read what was said until then is let go. */
#define MAX_PENDING (256 * 1024)
/* What libmicrohttpd asks for at once. */
#define BLOCK 4096
/* Keeps proxies and browsers from taking silence for the end. */
#define BEAT ":\n\n"

typedef struct {
  Streams *streams;
  guint holders; /* the response; the thread while it is at it */
  struct MHD_Connection *connection;
  int fd;
  GString *pending;
  bool suspended; /* the connection is; then its socket cannot be closed */
  bool over;      /* ends when what is pending was sent */
  gint64 until, due, beat;
  WebStreamFunc func; /* these: the thread's alone */
  gpointer data;
  GDestroyNotify free;
} Stream;

struct Streams {
  guint holders; /* the server, the thread, each stream */
  SharedSite *site;
  WebContext context;
  const WebLimits *limits;
  GMutex lock; /* over all below, and all streams */
  GCond changed;
  GPtrArray *all; /* of Stream, not held: each takes itself out */
  bool running;   /* the thread */
  bool ended;
};

Streams *
streams_new(SharedSite *site, const WebContext *context, const WebLimits *limits) {
  Streams *streams = g_new0(Streams, 1);
  *streams = (Streams){ .holders = 1, .site = shared_site_ref(site), .context = *context };
  streams->limits = limits;
  streams->all = g_ptr_array_new();
  g_mutex_init(&streams->lock);
  g_cond_init(&streams->changed);
  return streams;
}

/* Unlocks. */
static void
let_go(Streams *streams) {
  bool last = --streams->holders == 0;
  g_mutex_unlock(&streams->lock);
  if (!last)
    return;
  shared_site_unref(streams->site);
  g_ptr_array_unref(streams->all);
  g_mutex_clear(&streams->lock);
  g_cond_clear(&streams->changed);
  g_free(streams);
}

/* Unlocks: what the stream's own free does is not ours to know. */
static void
stream_unref(Stream *stream) {
  Streams *streams = stream->streams;
  if (--stream->holders > 0) {
    g_mutex_unlock(&streams->lock);
    return;
  }
  g_mutex_unlock(&streams->lock);
  if (stream->free != NULL)
    stream->free(stream->data);
  g_string_free(stream->pending, TRUE);
  g_free(stream);
  g_mutex_lock(&streams->lock);
  let_go(streams);
}

/* ── what the connection does ── */

static void
wake(Stream *stream) {
  if (!stream->suspended || (stream->pending->len == 0 && !stream->over))
    return;
  stream->suspended = false;
  MHD_resume_connection(stream->connection);
}

static ssize_t
on_read(void *data, uint64_t position, char *buffer, size_t size) {
  Stream *stream = data;
  (void)position;
  g_mutex_lock(&stream->streams->lock);
  gsize length = MIN(size, stream->pending->len);
  bool over = stream->over;
  memcpy(buffer, stream->pending->str, length);
  g_string_erase(stream->pending, 0, (gssize)length);
  if (length == 0 && !over) {
    stream->suspended = true;
    MHD_suspend_connection(stream->connection);
  }
  g_mutex_unlock(&stream->streams->lock);
  return length == 0 && over ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)length;
}

static void
on_gone(void *data) {
  Stream *stream = data;
  Streams *streams = stream->streams;
  g_mutex_lock(&streams->lock);
  stream->over = true;
  g_ptr_array_remove_fast(streams->all, stream);
  g_cond_broadcast(&streams->changed);
  stream_unref(stream);
}

/* ── the thread ── */

/* Whether the client has hung up: nobody else would notice while nothing is said. */
static bool
has_left(const Stream *stream) {
  struct pollfd at = { .fd = stream->fd, .events = POLLRDHUP };
  return stream->suspended && poll(&at, 1, 0) > 0;
}

static Stream *
next_due(Streams *streams, gint64 now, gint64 *wait) {
  for (guint i = 0; i < streams->all->len; i++) {
    Stream *stream = g_ptr_array_index(streams->all, i);
    if (stream->over)
      continue;
    if (stream->due <= now)
      return stream;
    *wait = MIN(*wait, stream->due);
  }
  return NULL;
}

/* Unlocked. Without a store nothing is said until there is one. */
static bool
ask(Streams *streams, Stream *stream, Store **store, GString *out) {
  if (*store == NULL)
    *store = streams->context.open_store(streams->context.user_data, NULL);
  if (*store == NULL)
    return true;
  bool more = stream->func(stream->data, *store, out);
  if (!more) /* perhaps it is the store that failed */
    g_clear_pointer(store, store_free);
  return more;
}

static void
serve(Streams *streams, Stream *stream, Store **store) {
  g_autoptr(GString) out = g_string_new(NULL);
  stream->holders++;
  bool gone = has_left(stream);
  g_mutex_unlock(&streams->lock);
  bool more = !gone && ask(streams, stream, store, out);
  gint64 now = g_get_monotonic_time();
  g_mutex_lock(&streams->lock);
  if (out->len > 0 || now >= stream->beat) {
    g_string_append_len(stream->pending, out->len > 0 ? out->str : BEAT,
                        (gssize)(out->len > 0 ? out->len : strlen(BEAT)));
    stream->beat = now + streams->limits->beat;
  }
  stream->due = now + streams->limits->pace;
  if (!more || now >= stream->until || stream->pending->len > MAX_PENDING)
    stream->over = true;
  wake(stream);
  stream_unref(stream);
  g_mutex_lock(&streams->lock);
}

static gpointer
run(gpointer data) {
  Streams *streams = data;
  Store *store = NULL;
  g_mutex_lock(&streams->lock);
  while (!streams->ended && streams->all->len > 0) {
    gint64 now = g_get_monotonic_time(), until = now + streams->limits->pace;
    Stream *stream = next_due(streams, now, &until);
    if (stream != NULL)
      serve(streams, stream, &store);
    else
      g_cond_wait_until(&streams->changed, &streams->lock, until);
  }
  streams->running = false;
  g_mutex_unlock(&streams->lock);
  store_free(store);
  g_mutex_lock(&streams->lock);
  g_cond_broadcast(&streams->changed);
  let_go(streams);
  return NULL;
}

static bool
have_thread(Streams *streams) {
  if (streams->running)
    return true;
  GThread *thread = g_thread_try_new("web-streams", run, streams, NULL);
  if (thread == NULL)
    return false;
  g_thread_unref(thread);
  streams->running = true;
  streams->holders++;
  return true;
}

/* ── beginning and end ── */

static Stream *
stream_new(Streams *streams, struct MHD_Connection *connection, int fd, const WebAnswer *answer) {
  gint64 now = g_get_monotonic_time();
  Stream *stream = g_new0(Stream, 1);
  *stream = (Stream){ .streams = streams,
                      .holders = 1,
                      .connection = connection,
                      .fd = fd,
                      .pending = g_string_new_len(answer->body->str, (gssize)answer->body->len),
                      .until = now + streams->limits->stream,
                      .due = now,
                      .beat = now + streams->limits->beat,
                      .func = answer->stream,
                      .data = answer->stream_data,
                      .free = answer->stream_free };
  return stream;
}

static Stream *
add(Streams *streams, struct MHD_Connection *connection, int fd, const WebAnswer *answer) {
  Stream *stream = NULL;
  g_mutex_lock(&streams->lock);
  if (!streams->ended && streams->all->len < streams->limits->streams) {
    stream = stream_new(streams, connection, fd, answer);
    g_ptr_array_add(streams->all, stream);
    streams->holders++;
    if (!have_thread(streams)) {
      g_ptr_array_remove_fast(streams->all, stream);
      streams->holders--;
      g_string_free(stream->pending, TRUE);
      g_clear_pointer(&stream, g_free);
    }
    g_cond_broadcast(&streams->changed);
  }
  g_mutex_unlock(&streams->lock);
  return stream;
}

struct MHD_Response *
streams_respond(Streams *streams, struct MHD_Connection *connection, int fd, WebAnswer *answer) {
  Stream *stream = add(streams, connection, fd, answer);
  if (stream == NULL)
    return NULL;
  answer->stream = NULL; /* the stream has it now */
  answer->stream_data = NULL;
  answer->stream_free = NULL;
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, stream, on_gone);
  if (response == NULL)
    on_gone(stream);
  return response;
}

void
streams_end(Streams *streams) {
  g_mutex_lock(&streams->lock);
  streams->ended = true;
  for (guint i = 0; i < streams->all->len; i++) {
    Stream *stream = g_ptr_array_index(streams->all, i);
    stream->over = true;
    wake(stream);
  }
  g_cond_broadcast(&streams->changed);
  g_mutex_unlock(&streams->lock);
}

bool
streams_free(Streams *streams, gint64 until) {
  if (streams == NULL)
    return true;
  streams_end(streams);
  g_mutex_lock(&streams->lock);
  while (streams->holders > 1 && g_cond_wait_until(&streams->changed, &streams->lock, until))
    continue;
  bool all = streams->holders == 1;
  let_go(streams);
  return all;
}
