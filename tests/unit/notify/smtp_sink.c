/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp_sink.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Looks so often whether the test is over. */
#define LOOK_MS 20

struct SmtpSink {
  SSL_CTX *context;
  int listener;
  bool smtps;
  char *url, *user, *password, *mechanisms;
  GThread *thread;
  gint closing; /* atomic */
  GMutex lock;  /* over what follows */
  SmtpSinkFault fault;
  guint faults_done;
  GPtrArray *mails;
  GString *log;
};

/* One client. */
typedef struct {
  SmtpSink *sink;
  int fd;
  SSL *ssl;
  GString *input; /* not used up yet */
  GString *text;  /* of the mail under way */
  char *from, *to, *user;
} Client;

static void
mail_free(gpointer data) {
  SmtpSinkMail *mail = data;
  g_free(mail->from);
  g_free(mail->to);
  g_free(mail->user);
  g_free(mail->text);
  g_free(mail);
}

static void
note(SmtpSink *sink, const char *line) {
  g_mutex_lock(&sink->lock);
  g_string_append_printf(sink->log, "%s\n", line);
  g_mutex_unlock(&sink->lock);
}

/* ── bytes ── */

static bool
say(Client *client, const char *answer) {
  g_autofree char *line = g_strconcat(answer, "\r\n", NULL);
  int length = (int)strlen(line);
  return client->ssl != NULL ? SSL_write(client->ssl, line, length) == length
                             : write(client->fd, line, (size_t)length) == length;
}

/* Waits for more; false when the other side has gone or the test is over. */
static bool
receive(Client *client) {
  char buffer[4096];
  while (client->ssl == NULL || SSL_pending(client->ssl) == 0) {
    struct pollfd wait = { .fd = client->fd, .events = POLLIN };
    if (g_atomic_int_get(&client->sink->closing) != 0)
      return false;
    if (poll(&wait, 1, LOOK_MS) == 1)
      break;
  }
  ssize_t n = client->ssl != NULL ? SSL_read(client->ssl, buffer, sizeof buffer)
                                  : read(client->fd, buffer, sizeof buffer);
  if (n <= 0)
    return false;
  g_string_append_len(client->input, buffer, n);
  g_assert_cmpuint(client->input->len, <=, SMTP_SINK_MAX_MAIL);
  return true;
}

/* The next line without its end; it must end in CRLF. NULL when none comes any more. */
static char *
next_line(Client *client) {
  const char *end;
  while ((end = memchr(client->input->str, '\n', client->input->len)) == NULL)
    if (!receive(client))
      return NULL;
  gsize length = (gsize)(end - client->input->str);
  g_assert_true(length > 0 && client->input->str[length - 1] == '\r');
  char *line = g_strndup(client->input->str, length - 1);
  g_string_erase(client->input, 0, (gssize)length + 1);
  return line;
}

/* ── the script ── */

typedef enum { GO_ON, ANSWERED, HANG_UP } Turn;

static Turn
play_fault(Client *client, const char *at) {
  SmtpSink *sink = client->sink;
  g_mutex_lock(&sink->lock);
  SmtpSinkFault fault = sink->fault;
  bool now = fault.at != NULL && strcmp(fault.at, at) == 0 &&
             (fault.times == 0 || sink->faults_done < fault.times);
  sink->faults_done += now;
  g_autofree char *answer = g_strdup(fault.answer);
  g_mutex_unlock(&sink->lock);
  if (!now)
    return GO_ON;
  if (fault.how == SMTP_SINK_ANSWER)
    return say(client, answer) ? ANSWERED : HANG_UP;
  while (fault.how == SMTP_SINK_SILENT && receive(client))
    continue;
  return HANG_UP;
}

/* ── commands ── */

static Turn
answer(Client *client, const char *text) {
  return say(client, text) ? ANSWERED : HANG_UP;
}

static Turn
greet(Client *client) {
  const SmtpSink *sink = client->sink;
  g_autoptr(GString) text = g_string_new("250-sink\r\n");
  if (sink->context != NULL && client->ssl == NULL)
    g_string_append(text, "250-STARTTLS\r\n");
  if (sink->user != NULL)
    g_string_append_printf(text, "250-AUTH %s\r\n", sink->mechanisms);
  g_string_append(text, "250 8BITMIME");
  return answer(client, text->str);
}

static Turn
start_tls(Client *client) {
  note(client->sink, "(tls)");
  client->ssl = SSL_new(client->sink->context);
  SSL_set_fd(client->ssl, client->fd);
  g_string_truncate(client->input, 0);
  return SSL_accept(client->ssl) == 1 ? ANSWERED : HANG_UP;
}

/* What is after a blank of `line`, or the answer to `question`; decoded. */
static char *
ask(Client *client, const char *given, const char *question, gsize *length) {
  g_autofree char *line = g_strdup(given);
  if (line == NULL && say(client, question))
    line = next_line(client);
  if (line == NULL)
    return NULL;
  if (given == NULL)
    note(client->sink, line);
  guchar *bytes = g_base64_decode(line, length);
  char *text = g_strndup((const char *)bytes, *length);
  /* PLAIN holds NULs: they become blanks. */
  for (gsize i = 0; i < *length; i++)
    text[i] = bytes[i] == '\0' ? ' ' : (char)bytes[i];
  g_free(bytes);
  return text;
}

static Turn
sign_in(Client *client, const char *line) {
  const SmtpSink *sink = client->sink;
  g_auto(GStrv) words = g_strsplit(line, " ", 3);
  const char *given = g_strv_length(words) > 2 ? words[2] : NULL;
  g_autofree char *both = NULL, *expected = NULL;
  gsize length;
  if (g_ascii_strcasecmp(words[1], "PLAIN") == 0) {
    both = ask(client, given, "334 ", &length);
    expected = g_strdup_printf(" %s %s", sink->user, sink->password);
  } else {
    g_autofree char *user = ask(client, given, "334 VXNlcm5hbWU6", &length);
    g_autofree char *password = ask(client, NULL, "334 UGFzc3dvcmQ6", &length);
    both = g_strdup_printf("%s %s", user, password);
    expected = g_strdup_printf("%s %s", sink->user, sink->password);
  }
  if (g_strcmp0(both, expected) != 0)
    return answer(client, "535 5.7.8 authentication failed");
  g_free(client->user);
  client->user = g_strdup(sink->user);
  return answer(client, "235 2.7.0 ok");
}

/* What stands between < and >. */
static char *
address_of(const char *line) {
  const char *start = strchr(line, '<'), *end = strchr(line, '>');
  g_assert_true(start != NULL && end != NULL && start < end);
  return g_strndup(start + 1, (gsize)(end - start - 1));
}

static void
keep(Client *client) {
  SmtpSink *sink = client->sink;
  SmtpSinkMail *mail = g_new0(SmtpSinkMail, 1);
  mail->from = g_strdup(client->from);
  mail->to = g_strdup(client->to);
  mail->user = g_strdup(client->user);
  mail->encrypted = client->ssl != NULL;
  mail->text = g_strdup(client->text->str);
  g_mutex_lock(&sink->lock);
  g_ptr_array_add(sink->mails, mail);
  g_mutex_unlock(&sink->lock);
}

static Turn
take_mail(Client *client) {
  if (!say(client, "354 go on"))
    return HANG_UP;
  g_string_truncate(client->text, 0);
  for (;;) {
    g_autofree char *line = next_line(client);
    if (line == NULL)
      return HANG_UP;
    if (strcmp(line, ".") == 0)
      break;
    g_assert_cmpuint(client->text->len, <=, SMTP_SINK_MAX_MAIL);
    g_string_append_printf(client->text, "%s\r\n", line[0] == '.' ? line + 1 : line);
  }
  Turn turn = play_fault(client, ".");
  if (turn != GO_ON)
    return turn;
  keep(client);
  return answer(client, "250 2.0.0 taken");
}

static Turn
do_mail(Client *client, const char *word, const char *line) {
  if (strcmp(word, "MAIL") == 0) {
    if (client->sink->user != NULL && *client->user == '\0')
      return answer(client, "530 5.7.0 authentication required");
    g_free(client->from);
    client->from = address_of(line);
    g_free(client->to);
    client->to = g_strdup("");
    return answer(client, "250 ok");
  }
  if (strcmp(word, "RCPT") == 0 && client->from != NULL) {
    g_autofree char *address = address_of(line), *before = client->to;
    client->to = g_strconcat(before, *before != '\0' ? " " : "", address, NULL);
    return answer(client, "250 ok");
  }
  if (strcmp(word, "DATA") == 0 && client->to != NULL && *client->to != '\0')
    return take_mail(client);
  return answer(client, "503 5.5.1 not now");
}

static Turn
do_command(Client *client, const char *line) {
  g_autofree char *word = g_strndup(line, strcspn(line, " "));
  Turn turn = play_fault(client, word);
  if (turn != GO_ON)
    return turn;
  if (strcmp(word, "EHLO") == 0)
    return greet(client);
  if (strcmp(word, "HELO") == 0)
    return answer(client, "250 sink");
  if (strcmp(word, "NOOP") == 0)
    return answer(client, "250 ok");
  if (strcmp(word, "STARTTLS") == 0 && client->sink->context != NULL && client->ssl == NULL)
    return say(client, "220 go on") ? start_tls(client) : HANG_UP;
  if (strcmp(word, "AUTH") == 0 && client->sink->user != NULL)
    return sign_in(client, line);
  if (strcmp(word, "QUIT") == 0) {
    say(client, "221 bye");
    return HANG_UP;
  }
  return do_mail(client, word, line);
}

static void
serve(Client *client) {
  note(client->sink, "(connect)");
  if (client->sink->smtps && start_tls(client) == HANG_UP)
    return;
  Turn turn = play_fault(client, "");
  if (turn == GO_ON)
    turn = answer(client, "220 sink ready");
  for (guint i = 0; turn != HANG_UP; i++) {
    g_assert_cmpuint(i, <, SMTP_SINK_MAX_COMMANDS);
    g_autofree char *line = next_line(client);
    if (line == NULL)
      return;
    note(client->sink, line);
    turn = do_command(client, line);
  }
}

/* ── the server ── */

static void
accept_one(SmtpSink *sink) {
  Client client = { .sink = sink,
                    .fd = accept4(sink->listener, NULL, NULL, SOCK_CLOEXEC),
                    .input = g_string_new(NULL),
                    .text = g_string_new(NULL),
                    .user = g_strdup("") };
  g_assert_cmpint(client.fd, >=, 0);
  serve(&client);
  if (client.ssl != NULL)
    SSL_free(client.ssl);
  close(client.fd);
  g_string_free(client.input, TRUE);
  g_string_free(client.text, TRUE);
  g_free(client.from);
  g_free(client.to);
  g_free(client.user);
}

static gpointer
run(gpointer data) {
  SmtpSink *sink = data;
  while (g_atomic_int_get(&sink->closing) == 0) {
    struct pollfd wait = { .fd = sink->listener, .events = POLLIN };
    if (poll(&wait, 1, LOOK_MS) == 1)
      accept_one(sink);
  }
  return NULL;
}

static void
listen_on_any_port(SmtpSink *sink) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(sink->listener, (struct sockaddr *)&address, size), ==, 0);
  g_assert_cmpint(listen(sink->listener, 16), ==, 0);
  getsockname(sink->listener, (struct sockaddr *)&address, &size);
  sink->url =
      g_strdup_printf("%s://127.0.0.1:%u", sink->smtps ? "smtps" : "smtp", ntohs(address.sin_port));
}

static void
copy_fault(SmtpSink *sink, const SmtpSinkFault *fault) {
  g_free((char *)sink->fault.at);
  g_free((char *)sink->fault.answer);
  sink->fault = *fault;
  sink->fault.at = g_strdup(fault->at);
  sink->fault.answer = g_strdup(fault->answer);
  sink->faults_done = 0;
}

SmtpSink *
smtp_sink_new(const SmtpSinkOptions *options) {
  SmtpSink *sink = g_new0(SmtpSink, 1);
  g_mutex_init(&sink->lock);
  sink->smtps = options->smtps;
  sink->user = g_strdup(options->user);
  sink->password = g_strdup(options->password);
  sink->mechanisms = g_strdup(options->mechanisms != NULL ? options->mechanisms : "PLAIN LOGIN");
  sink->mails = g_ptr_array_new_with_free_func(mail_free);
  sink->log = g_string_new(NULL);
  copy_fault(sink, &options->fault);
  if (options->certificate != NULL) {
    sink->context = SSL_CTX_new(TLS_server_method());
    g_assert_cmpint(
        SSL_CTX_use_certificate_file(sink->context, options->certificate, SSL_FILETYPE_PEM), ==, 1);
    g_assert_cmpint(SSL_CTX_use_PrivateKey_file(sink->context, options->key, SSL_FILETYPE_PEM), ==,
                    1);
  }
  /* A client that hangs up early must not end the test. */
  signal(SIGPIPE, SIG_IGN);
  listen_on_any_port(sink);
  sink->thread = g_thread_new("smtp-sink", run, sink);
  return sink;
}

void
smtp_sink_free(SmtpSink *sink) {
  if (sink == NULL)
    return;
  g_atomic_int_set(&sink->closing, 1);
  g_thread_join(sink->thread);
  close(sink->listener);
  SSL_CTX_free(sink->context);
  g_free((char *)sink->fault.at);
  g_free((char *)sink->fault.answer);
  g_ptr_array_unref(sink->mails);
  g_string_free(sink->log, TRUE);
  g_mutex_clear(&sink->lock);
  g_free(sink->url);
  g_free(sink->user);
  g_free(sink->password);
  g_free(sink->mechanisms);
  g_free(sink);
}

const char *
smtp_sink_url(const SmtpSink *sink) {
  return sink->url;
}

void
smtp_sink_set_fault(SmtpSink *sink, const SmtpSinkFault *fault) {
  const SmtpSinkFault none = { 0 };
  g_mutex_lock(&sink->lock);
  copy_fault(sink, fault != NULL ? fault : &none);
  g_mutex_unlock(&sink->lock);
}

guint
smtp_sink_count(SmtpSink *sink) {
  g_mutex_lock(&sink->lock);
  guint count = sink->mails->len;
  g_mutex_unlock(&sink->lock);
  return count;
}

const SmtpSinkMail *
smtp_sink_mail(SmtpSink *sink, guint index) {
  g_mutex_lock(&sink->lock);
  g_assert_cmpuint(index, <, sink->mails->len);
  const SmtpSinkMail *mail = g_ptr_array_index(sink->mails, index);
  g_mutex_unlock(&sink->lock);
  return mail;
}

char *
smtp_sink_log(SmtpSink *sink) {
  g_mutex_lock(&sink->lock);
  char *log = g_strdup(sink->log->str);
  g_mutex_unlock(&sink->lock);
  return log;
}
