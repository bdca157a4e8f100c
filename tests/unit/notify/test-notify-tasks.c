/* What becomes of what was queued: mails and messages, sent, refused, tried again, or not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/notify.h"

#include <string.h>

#include "notify-case.h"
#include "smtp_decode.h"

#define DAY ((gint64)24 * 60 * 60)
#define OWNER "me"

/* A Moodle that knows people by address and keeps messages. */
typedef struct {
  Gateway base;
  gint64 users[2];    /* who has the address; 0: nobody */
  const char *cannot; /* why it sends no messages; NULL: it does */
  bool away;          /* when people are looked for */
  bool stopped;       /* likewise */
  GatewayCode answer;
  GatewayError trouble; /* with GATEWAY_UNKNOWN */
  guint messages;
  GatewayMessage last;
  char *text; /* of the last one */
} Moodle;

static bool
find_users(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
           GatewayUserFunc each, gpointer user_data, GError **error) {
  const Moodle *self = (const Moodle *)gateway;
  g_assert_cmpuint(field, ==, GATEWAY_USER_EMAIL);
  g_assert_cmpuint(count, ==, 1);
  g_assert_cmpstr(values[0], ==, "erika@example.org");
  if (self->away || self->stopped) {
    g_set_error(error, GATEWAY_ERROR,
                self->stopped ? GATEWAY_ERROR_STOPPED : GATEWAY_ERROR_UNAVAILABLE, "maintenance");
    return false;
  }
  for (guint i = 0; i < G_N_ELEMENTS(self->users); i++) {
    const GatewayUser user = { .id = self->users[i], .email = values[0] };
    if (user.id != 0)
      each(0, &user, user_data);
  }
  return true;
}

static bool
can_message(Gateway *gateway, char **why) {
  const Moodle *self = (const Moodle *)gateway;
  if (self->cannot != NULL)
    *why = g_strdup(self->cannot);
  return self->cannot == NULL;
}

static bool
message(Gateway *gateway, const GatewayMessage *messages, guint count, GatewayOutcome *outcomes,
        GError **error) {
  Moodle *self = (Moodle *)gateway;
  g_assert_cmpuint(count, ==, 1);
  g_assert_cmpuint(strlen(messages->text), <=, GATEWAY_MAX_MESSAGE);
  g_assert_null(strchr(messages->subject, '\n'));
  self->messages++;
  self->last = messages[0];
  g_free(self->text);
  self->text = g_strdup(messages->text);
  outcomes[0].code = self->answer;
  if (self->answer == GATEWAY_UNKNOWN)
    g_set_error(error, GATEWAY_ERROR, (int)self->trouble, "the answer was lost");
  else if (self->answer != GATEWAY_DONE)
    outcomes[0].message = g_strdup("nobody of that id");
  return self->answer != GATEWAY_UNKNOWN;
}

static const GatewayClass moodle_class = {
  .find_users = find_users,
  .can_message = can_message,
  .message = message,
};

/* The Moodle of the test under way. */
static Moodle moodle;

static Case
place(void) {
  g_free(moodle.text);
  moodle = (Moodle){ .base.class = &moodle_class, .users = { 7 }, .answer = GATEWAY_DONE };
  return case_new();
}

/* Takes the next task of a kind, as a worker does. */
static StoreTask *
take(Case *c, const char *kind, bool *orphaned) {
  g_autoptr(GError) error = NULL;
  const char *kinds[] = { kind, NULL };
  const StoreTaker taker = { .owner = OWNER, .kinds = kinds };
  StoreTask *task = NULL;
  c->store->class->task_take(c->store, &taker, clock_now(c->clock), &task, orphaned, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  return task;
}

/* One attempt; `words` are in its error, "" means that there is none. */
static void
attempt(Case *c, const char *kind, const char *owner, TaskOutcome expected, const char *words) {
  g_autoptr(GError) error = NULL;
  bool orphaned;
  g_autoptr(StoreTask) task = take(c, kind, &orphaned);
  TaskAttempt attempt = { .task = task,
                          .orphaned = orphaned,
                          .owner = owner,
                          .gateway = &moodle.base,
                          .store = c->store,
                          .clock = c->clock,
                          .more = c->config };
  bool mail = strcmp(kind, NOTIFY_MAIL_KIND) == 0;
  TaskOutcome outcome =
      mail ? notify_mail_run(&attempt, &error) : notify_message_run(&attempt, &error);
  const char *said = error != NULL ? error->message : "";
  if (strstr(said, words) == NULL || (*words == '\0' && *said != '\0'))
    g_error("the error is \"%s\", not \"%s\"", said, words);
  g_assert_cmpstr(tasks_outcome_word(outcome), ==, tasks_outcome_word(expected));
}

/* Ends the running task, and for another try makes it due. */
static void
end(Case *c, const char *kind, StoreTaskState state) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tasks = case_tasks(c, kind);
  const StoreTask *task = g_ptr_array_index(tasks, 0);
  c->store->class->task_end(c->store, task->id, OWNER, state, clock_now(c->clock), "x",
                            clock_now(c->clock), &error);
  g_assert_no_error(error);
}

/* Puts it back as the queue does what ended as TASK_OUTCOME_LATER: the try does not count. */
static void
put_back(Case *c, const char *kind) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tasks = case_tasks(c, kind);
  const StoreTask *task = g_ptr_array_index(tasks, 0);
  gint64 now = clock_now(c->clock);
  c->store->class->task_wait(c->store, task->id, OWNER, now, "x", now, &error);
  g_assert_no_error(error);
}

static void
retry_by_hand(Case *c, const char *kind) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tasks = case_tasks(c, kind);
  const StoreTask *task = g_ptr_array_index(tasks, 0);
  c->store->class->task_retry(c->store, task->id, clock_now(c->clock), &error);
  g_assert_no_error(error);
}

static void
queue(Case *c) {
  const ImportRequest request = case_request();
  json_auto_t *report = case_report("success");
  case_tell_import(c, &request, RUN_SUCCESS, report, NULL, true);
}

static void
test_mail(void) {
  g_auto(Case) c = place();
  g_autoptr(SmtpSink) sink = smtp_sink_new(&(SmtpSinkOptions){ 0 });
  c.config->notify.smtp = (char *)smtp_sink_url(sink);
  queue(&c);
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_DONE, "");
  g_assert_cmpuint(smtp_sink_count(sink), ==, 1);
  const SmtpSinkMail *mail = smtp_sink_mail(sink, 0);
  g_assert_cmpstr(mail->from, ==, "lehrgaenge@example.org");
  g_assert_cmpstr(mail->to, ==, "erika@example.org");
  g_autofree char *subject = smtp_decode_header(mail, "Subject");
  g_autofree char *date = smtp_decode_header(mail, "Date");
  g_autofree char *body = smtp_decode_body(mail);
  g_assert_cmpstr(subject, ==, "Import 2025 (FD, HP): erfolgreich");
  g_assert_cmpstr(date, ==, "Tue, 10 Mar 2026 12:05:09 +0000");
  json_auto_t *payload = case_payload(&c, NOTIFY_MAIL_KIND);
  case_assert_text(payload, "body", body);
}

/* A server that is down delays; the mail of the second try is the same as the first's. */
static void
test_mail_later(void) {
  g_auto(Case) c = place();
  g_autoptr(SmtpSink) sink = smtp_sink_new(&(SmtpSinkOptions){ 0 });
  const SmtpSinkFault busy = { "RCPT", SMTP_SINK_ANSWER, "451 later", 1 };
  queue(&c);
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_RETRY, "127.0.0.1:1");
  end(&c, NOTIFY_MAIL_KIND, TASK_QUEUED);
  c.config->notify.smtp = (char *)smtp_sink_url(sink);
  smtp_sink_set_fault(sink, &busy);
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_RETRY, "451 later");
  end(&c, NOTIFY_MAIL_KIND, TASK_QUEUED);
  /* Taken, but before that was noted the process died. */
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_DONE, "");
  clock_advance(c.clock, DAY * G_USEC_PER_SEC);
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_DONE, "");
  g_assert_cmpuint(smtp_sink_count(sink), ==, 2);
  g_assert_cmpstr(smtp_sink_mail(sink, 0)->text, ==, smtp_sink_mail(sink, 1)->text);
}

static void
test_mail_refused(void) {
  g_auto(Case) c = place();
  SmtpSinkOptions options = { .fault = { "RCPT", SMTP_SINK_ANSWER, "550 no such user", 0 } };
  g_autoptr(SmtpSink) sink = smtp_sink_new(&options);
  c.config->notify.smtp = (char *)smtp_sink_url(sink);
  queue(&c);
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_FAILED, "550 no such user");
}

static void
test_mail_unconfigured(void) {
  g_auto(Case) c = place();
  queue(&c);
  c.config->notify.smtp = (char *)"";
  attempt(&c, NOTIFY_MAIL_KIND, OWNER, TASK_OUTCOME_FAILED, "set smtp and from in [notify]");
}

static void
test_damaged(void) {
  g_auto(Case) c = place();
  static const char *const kinds[] = { NOTIFY_MAIL_KIND, NOTIFY_MESSAGE_KIND };
  static const char *const payloads[] = { "", "{}", "[]", "{\"to\":1}" };
  for (guint i = 0; i < G_N_ELEMENTS(kinds) * G_N_ELEMENTS(payloads); i++) {
    const StoreTask task = { .kind = (char *)kinds[i % 2], .payload = (char *)payloads[i / 2] };
    TaskAttempt damaged = { .task = &task, .clock = c.clock, .store = c.store, .more = c.config };
    TaskOutcome (*run)(TaskAttempt *, GError **) =
        i % 2 == 0 ? notify_mail_run : notify_message_run;
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(run(&damaged, &error), ==, TASK_OUTCOME_FAILED);
    g_assert_nonnull(strstr(error->message, "damaged"));
    g_clear_error(&error);
    damaged.more = NULL;
    g_assert_cmpint(run(&damaged, &error), ==, TASK_OUTCOME_RETRY);
    g_assert_nonnull(error);
  }
}

static void
test_message(void) {
  g_auto(Case) c = place();
  queue(&c);
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_DONE, "");
  g_assert_cmpuint(moodle.messages, ==, 1);
  g_assert_cmpint(moodle.last.userid, ==, 7);
  g_assert_nonnull(strstr(moodle.text, "runs show 42"));
}

static void
test_message_never(void) {
  static const struct {
    gint64 users[2];
    const char *cannot;
    GatewayCode answer;
    const char *words;
    guint messages;
  } cases[] = {
    { { 0 }, NULL, GATEWAY_DONE, "no account in Moodle has the address erika@example.org", 0 },
    { { 7, 8 }, NULL, GATEWAY_DONE, "several accounts", 0 },
    { { 7 },
      "the companion plugin is too old",
      GATEWAY_DONE,
      "the companion plugin is too old",
      0 },
    { { 7 }, NULL, GATEWAY_MISSING, "nobody of that id", 1 },
    { { 7 }, NULL, GATEWAY_INVALID, "nobody of that id", 1 },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(Case) c = place();
    memcpy(moodle.users, cases[i].users, sizeof cases[i].users);
    moodle.cannot = cases[i].cannot;
    moodle.answer = cases[i].answer;
    queue(&c);
    attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_FAILED, cases[i].words);
    g_assert_cmpuint(moodle.messages, ==, cases[i].messages);
  }
  g_auto(Case) off = place();
  queue(&off);
  off.config->notify.moodle_message = false;
  attempt(&off, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_FAILED, "moodle-message");
  g_assert_cmpuint(moodle.messages, ==, 0);
}

/* Before it is sent, everything may be tried again. */
static void
test_message_later(void) {
  g_auto(Case) c = place();
  queue(&c);
  moodle.away = true;
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_RETRY, "maintenance");
  end(&c, NOTIFY_MESSAGE_KIND, TASK_QUEUED);
  moodle.stopped = true;
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_RETRY, "maintenance");
  end(&c, NOTIFY_MESSAGE_KIND, TASK_QUEUED);
  moodle.away = moodle.stopped = false;
  attempt(&c, NOTIFY_MESSAGE_KIND, "another", TASK_OUTCOME_LOST, "taken it over");
  g_assert_cmpuint(moodle.messages, ==, 0);
  /* That one died, too, but before it began. */
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_DONE, "");
  g_assert_cmpuint(moodle.messages, ==, 1);
}

/* What was perhaps sent is not sent again by itself, but when somebody asks for it. */
static void
test_message_unclear(void) {
  g_auto(Case) c = place();
  queue(&c);
  moodle.answer = GATEWAY_UNKNOWN;
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_FAILED, "the answer was lost; nobody knows");
  end(&c, NOTIFY_MESSAGE_KIND, TASK_FAILED);
  moodle.answer = GATEWAY_DONE;
  retry_by_hand(&c, NOTIFY_MESSAGE_KIND);
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_DONE, "");
  g_assert_cmpuint(moodle.messages, ==, 2);
}

/* What Moodle certainly did not do is no second try: it was away, or refused. */
static void
test_message_unsent(void) {
  g_auto(Case) c = place();
  queue(&c);
  moodle.answer = GATEWAY_UNKNOWN;
  moodle.trouble = GATEWAY_ERROR_UNAVAILABLE;
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_LATER, "the answer was lost");
  put_back(&c, NOTIFY_MESSAGE_KIND);
  moodle.trouble = GATEWAY_ERROR_REFUSED;
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_FAILED, "Moodle did not send the message");
}

/* The process died over it: found again, it is not sent again. */
static void
test_message_orphaned(void) {
  g_auto(Case) c = place();
  queue(&c);
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_DONE, "");
  attempt(&c, NOTIFY_MESSAGE_KIND, OWNER, TASK_OUTCOME_FAILED, "the last try was cut short");
  g_assert_cmpuint(moodle.messages, ==, 1);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/notify/mail", test_mail);
  g_test_add_func("/notify/mail/later", test_mail_later);
  g_test_add_func("/notify/mail/refused", test_mail_refused);
  g_test_add_func("/notify/mail/unconfigured", test_mail_unconfigured);
  g_test_add_func("/notify/damaged", test_damaged);
  g_test_add_func("/notify/message", test_message);
  g_test_add_func("/notify/message/never", test_message_never);
  g_test_add_func("/notify/message/later", test_message_later);
  g_test_add_func("/notify/message/unclear", test_message_unclear);
  g_test_add_func("/notify/message/unsent", test_message_unsent);
  g_test_add_func("/notify/message/orphaned", test_message_orphaned);
  int failed = g_test_run();
  g_free(moodle.text);
  return failed;
}
