/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/notify.h"

#include <string.h>

#include "base/date.h"
#include "base/email.h"
#include "base/text.h"
#include "config/certificate.h"
#include "notify/cause.h"
#include "notify/mail.h"
#include "notify/notice.h"

/* After Moodle was not there for a message. */
#define UNSENT_DELAY_S 60

/* ── queueing ── */

static bool
mails(const Config *config) {
  return !text_empty(config->notify.smtp) && !text_empty(config->notify.from);
}

/* At most `max` bytes of `text`, without secrets, saying so when something is missing. */
static char *
fitting(const Config *config, const char *text, gsize max) {
  static const char de[] = "\n[… gekürzt]\n", en[] = "\n[… shortened]\n";
  const char *note = strcmp(config->notify.language, "de") == 0 ? de : en;
  autochar clean = text_redact(text);
  if (strlen(clean) <= max)
    return g_steal_pointer(&clean);
  autochar beginning = text_display(clean, -1, max - strlen(note));
  return g_strconcat(beginning, note, NULL);
}

static bool
add_task(Store *store, const char *kind, const char *subject, char *payload, gint64 now,
         GError **error) {
  StoreTask task = {
    .kind = (char *)kind, .subject = (char *)subject, .payload = payload, .due = now
  };
  gint64 id;
  return store->class->task_add(store, &task, now, &id, error);
}

/* The payload as the store takes it: of `text`, which `payload` gets as `key`, as much as there is
 * room for. How much room a text takes is known when it is written down: an end of line takes two
 * bytes, a control character six. */
static char *
payload_with(const Config *config, json_t *payload, const char *key, const char *text, gsize max) {
  for (;;) {
    autochar some = fitting(config, text, max);
    json_object_set_new(payload, key, json_string(some));
    char *json = json_dumps(payload, JSON_COMPACT);
    gsize length = strlen(json);
    if (length <= STORE_MAX_PROGRESS)
      return json;
    free(json);
    max = strlen(some) - MIN(strlen(some) / 2, length - STORE_MAX_PROGRESS);
  }
}

static bool
queue_mail(Store *store, const Config *config, const char *to, const char *subject,
           const Notice *notice, gint64 now, GError **error) {
  if (!mails(config) || text_empty(to))
    return true;
  autochar title = text_redact(notice->subject);
  json_auto_t *payload = json_pack("{s:s, s:s, s:s, s:I}", "to", to, "subject", title, "id",
                                   subject, "time", (json_int_t)now);
  char *json = payload_with(config, payload, "body", notice->body, MAIL_MAX_BODY);
  bool ok = add_task(store, NOTIFY_MAIL_KIND, subject, json, now, error);
  free(json);
  return ok;
}

static bool
queue_message(Store *store, const Config *config, const char *email, const char *subject,
              const Notice *notice, gint64 now, GError **error) {
  if (!config->notify.moodle_message)
    return true;
  autochar title = text_redact(notice->subject);
  json_auto_t *payload = json_pack("{s:s, s:s}", "email", email, "subject", title);
  char *json = payload_with(config, payload, "text", notice->body, GATEWAY_MAX_MESSAGE);
  bool ok = add_task(store, NOTIFY_MESSAGE_KIND, subject, json, now, error);
  free(json);
  return ok;
}

/* ── what is told once ── */

/* The day it is in the configured time zone. Free with g_free(). */
static char *
day_of(const Config *config, gint64 now) {
  autochar time = date_format(now, config->moodle.timezone);
  return g_strndup(time, strlen("YYYY-MM-DD"));
}

static char *
hash_of(const char *text) {
  autochar hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  return g_strndup(hash, 32);
}

/* By its run. Without one, by what was asked for and why it did not happen, once a day. */
static char *
import_key(const Config *config, const ImportRequest *request, const json_t *report,
           const char *why, bool final, gint64 now) {
  const char *when = final ? "ended" : "failed";
  json_int_t run = json_integer_value(json_object_get(report, "run"));
  if (run > 0)
    return g_strdup_printf("import run %" JSON_INTEGER_FORMAT " %s", run, when);
  autochar tenants = request->tenants != NULL ? g_strjoinv(",", request->tenants) : g_strdup("");
  autochar what = g_strdup_printf("%s\n%s\n%s\n%d\n%s", tenants, request->starter, request->email,
                                  request->allow_removals, why != NULL ? why : "");
  autochar hash = hash_of(what);
  autochar day = day_of(config, now);
  return g_strdup_printf("import %d %s %s %s", request->year, hash, day, when);
}

bool
notify_import(Store *store, const Config *config, const ImportRequest *request, RunStatus status,
              const json_t *report, const char *why, bool final, gint64 now, GError **error) {
  g_auto(Notice) notice = notice_import(config, request, status, report, why, final);
  autochar key = import_key(config, request, report, why, final, now);
  bool reachable = email_is_possible(request->email);
  const char *to = config->notify.operator_address;
  if (reachable)
    to = request->email;
  return queue_mail(store, config, to, key, &notice, now, error) &&
         (!reachable || queue_message(store, config, to, key, &notice, now, error));
}

bool
notify_scheduled(Store *store, const Config *config, const json_t *report, gint64 now,
                 GError **error) {
  RunStatus status;
  const char *word = json_string_value(json_object_get(report, "status"));
  if (word == NULL || !run_status_parse(word, &status) ||
      (status != RUN_ERROR && status != RUN_PARTIAL && status != RUN_HELD))
    return true;
  g_auto(Notice) notice = notice_scheduled(config, report);
  autochar cause = cause_of(report);
  autochar hash = hash_of(cause);
  autochar day = day_of(config, now);
  autochar key = g_strdup_printf("scheduled %s %s %s", day, hash, config->notify.operator_address);
  return queue_mail(store, config, config->notify.operator_address, key, &notice, now, error);
}

bool
notify_certificates(Store *store, const Config *config, gint64 now, GError **error) {
  g_autoptr(GPtrArray) paths = config_certificate_paths(config);
  autochar day = day_of(config, now);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    gint days;
    /* One that cannot be read makes runs fail, and the operator is told of those. */
    if (!certificate_days_left(path, now, &days, NULL) || days > NOTIFY_CERTIFICATE_DAYS)
      continue;
    g_auto(Notice) notice = notice_certificate(config, path, days);
    autochar hash = hash_of(path);
    autochar key =
        g_strdup_printf("certificate %s %s %s", day, hash, config->notify.operator_address);
    if (!queue_mail(store, config, config->notify.operator_address, key, &notice, now, error))
      return false;
  }
  return true;
}

/* ── the tasks ── */

static TaskOutcome fail(TaskOutcome outcome, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static TaskOutcome
fail(TaskOutcome outcome, GError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error_literal(error, TASK_ERROR, TASK_ERROR_FAILED, message);
  return outcome;
}

MailServer
notify_mail_server(const Config *config, const Stop *stop) {
  return (MailServer){ .url = config->notify.smtp,
                       .starttls = config->notify.starttls,
                       .user = config->notify.user,
                       .password = config->notify.password,
                       .ca_file = config->notify.ca_file,
                       .stop = stop };
}

/* A mail that was perhaps sent before is sent again: it is the same one, by its Message-ID, which
 * most mail programs show once. */
TaskOutcome
notify_mail_run(TaskAttempt *attempt, GError **error) {
  const Config *config = attempt->more;
  json_auto_t *payload = json_loads(attempt->task->payload, 0, NULL);
  Mail mail = { 0 };
  json_int_t time;
  if (config == NULL)
    return fail(TASK_OUTCOME_RETRY, error, "mails are sent by the running service");
  if (json_unpack(payload, "{s:s, s:s, s:s, s:s, s:I}", "to", &mail.to, "subject", &mail.subject,
                  "body", &mail.body, "id", &mail.id, "time", &time) != 0)
    return fail(TASK_OUTCOME_FAILED, error, "the mail's payload is damaged");
  if (!mails(config))
    return fail(TASK_OUTCOME_FAILED, error,
                "no mail server is configured any more; set smtp and from in [notify], then: "
                "lehrgaenge tasks retry %" G_GINT64_FORMAT,
                attempt->task->id);
  mail.from = config->notify.from;
  mail.time = time;
  const MailServer server = notify_mail_server(config, attempt->stop);
  g_autoptr(GError) cause = NULL;
  if (mail_send(&server, &mail, &cause))
    return TASK_OUTCOME_DONE;
  bool later = g_error_matches(cause, MAIL_ERROR, MAIL_ERROR_LATER);
  if (later && stop_overdue(attempt->stop)) {
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, cause->message);
    return TASK_OUTCOME_RETRY;
  }
  g_propagate_error(error, g_steal_pointer(&cause));
  return later ? TASK_OUTCOME_RETRY : TASK_OUTCOME_FAILED;
}

typedef struct {
  gint64 id;
  guint count;
} Found;

static void
on_user(guint index, const GatewayUser *user, gpointer data) {
  (void)index;
  Found *found = data;
  found->count += found->id != user->id;
  found->id = user->id;
}

/* The one account with that address. */
static TaskOutcome
find_person(const TaskAttempt *attempt, const char *email, gint64 *userid, GError **error) {
  Gateway *gateway = attempt->gateway;
  Found found = { 0 };
  if (!gateway->class->find_users(gateway, GATEWAY_USER_EMAIL, &email, 1, on_user, &found, error))
    return TASK_OUTCOME_RETRY;
  if (found.count == 0)
    return fail(TASK_OUTCOME_FAILED, error, "no account in Moodle has the address %s", email);
  if (found.count > 1)
    return fail(TASK_OUTCOME_FAILED, error,
                "several accounts in Moodle have the address %s, so that nobody can tell whose it "
                "is",
                email);
  *userid = found.id;
  return TASK_OUTCOME_DONE;
}

/* Written down before the call, so that whoever finds this attempt unfinished knows of it. */
static TaskOutcome
begin(const TaskAttempt *attempt, GError **error) {
  g_autoptr(GError) why = NULL;
  if (attempt->store->class->task_begin(attempt->store, attempt->task->id, attempt->owner,
                                        clock_now(attempt->clock), &why))
    return TASK_OUTCOME_DONE;
  if (g_error_matches(why, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return fail(TASK_OUTCOME_LOST, error, "another process has taken it over");
  g_propagate_error(error, g_steal_pointer(&why));
  return TASK_OUTCOME_RETRY;
}

static TaskOutcome
unclear(const TaskAttempt *attempt, const char *why, GError **error) {
  return fail(TASK_OUTCOME_FAILED, error,
              "%s; nobody knows whether Moodle sent the message, so it is not sent again unless "
              "you ask for that: lehrgaenge tasks retry %" G_GINT64_FORMAT,
              why, attempt->task->id);
}

/* Moodle did nothing (gateway.h): either it was not there, and the try does not count, so that the
 * next one is not taken for a second; or it refused, and somebody has to act. */
static TaskOutcome
unsent(TaskAttempt *attempt, const GError *cause, GError **error) {
  if (g_error_matches(cause, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE)) {
    attempt->due = clock_now(attempt->clock) + UNSENT_DELAY_S;
    return fail(TASK_OUTCOME_LATER, error, "%s", cause->message);
  }
  return fail(TASK_OUTCOME_FAILED, error,
              "Moodle did not send the message: %s; when that is mended: lehrgaenge tasks retry "
              "%" G_GINT64_FORMAT,
              cause->message, attempt->task->id);
}

static TaskOutcome
send_message(TaskAttempt *attempt, const GatewayMessage *message, GError **error) {
  Gateway *gateway = attempt->gateway;
  g_autoptr(GError) cause = NULL;
  GatewayOutcome outcome = { 0 };
  gateway->class->message(gateway, message, 1, &outcome, &cause);
  TaskOutcome result = TASK_OUTCOME_DONE;
  if (outcome.code == GATEWAY_UNKNOWN &&
      (g_error_matches(cause, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED) ||
       g_error_matches(cause, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE)))
    result = unsent(attempt, cause, error);
  else if (outcome.code == GATEWAY_UNKNOWN)
    result = unclear(attempt, cause != NULL ? cause->message : "Moodle gave no answer", error);
  else if (!gateway_code_ok(outcome.code))
    result = fail(TASK_OUTCOME_FAILED, error, "Moodle does not send the message: %s",
                  outcome.message != NULL ? outcome.message : gateway_code_word(outcome.code));
  gateway_outcomes_clear(&outcome, 1);
  return result;
}

/* Unlike a mail's, a message's second copy is a second message: rather none than two. */
TaskOutcome
notify_message_run(TaskAttempt *attempt, GError **error) {
  const Config *config = attempt->more;
  const StoreTask *task = attempt->task;
  Gateway *gateway = attempt->gateway;
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  GatewayMessage message = { 0 };
  const char *email;
  if (config == NULL)
    return fail(TASK_OUTCOME_RETRY, error, "messages are sent by the running service");
  if (json_unpack(payload, "{s:s, s:s, s:s}", "email", &email, "subject", &message.subject, "text",
                  &message.text) != 0)
    return fail(TASK_OUTCOME_FAILED, error, "the message's payload is damaged");
  if (!config->notify.moodle_message)
    return fail(TASK_OUTCOME_FAILED, error, "moodle-message in [notify] is no by now");
  if (task->begun != 0 && tasks_tries(task) > 1)
    return unclear(attempt, "the last try was cut short", error);
  autochar why = NULL;
  if (!gateway->class->can_message(gateway, &why))
    return fail(TASK_OUTCOME_FAILED, error, "Moodle sends no messages for us: %s",
                why != NULL ? why : "it does not say why");
  TaskOutcome ready = find_person(attempt, email, &message.userid, error);
  if (ready == TASK_OUTCOME_DONE)
    ready = begin(attempt, error);
  return ready == TASK_OUTCOME_DONE ? send_message(attempt, &message, error) : ready;
}
