/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/mail.h"

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#include "base/email.h"
#include "base/text.h"
#include "http/phrase.h"
#include "notify/mime.h"

/* Of what the server says so much is kept, and so much gets into a message. */
#define MAX_ANSWER ((gsize)4096)
#define MAX_SHOWN 300

/* Once the mail is taken, the server is not waited for longer than this to say good-bye. */
#define FAREWELL_US ((gint64)2 * G_USEC_PER_SEC)

G_DEFINE_QUARK(mail_error_quark, mail_error)

/* How far it came: what an answer refuses. */
typedef enum { STEP_CONNECT, STEP_TLS, STEP_SIGN_IN, STEP_SENDER, STEP_RECIPIENT, STEP_TEXT } Step;

typedef struct {
  const MailServer *server;
  const char *from;
  const Mail *mail; /* NULL: nothing is sent */
  char *message;
  gsize sent; /* bytes of it */
  Step step;
  guint code;      /* of the last answer, when it was a refusal; 0 else */
  GString *answer; /* its lines */
  bool answer_ended, text_wanted, accepted;
  gint64 deadline; /* monotonic */
  char problem[CURL_ERROR_SIZE];
} Try;

static void
try_clear(Try *try) {
  g_free(try->message);
  g_string_free(try->answer, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Try, try_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* ── the conversation ── */

static size_t
on_read(char *buffer, size_t size, size_t count, void *data) {
  Try *try = data;
  gsize length = MIN(size * count, strlen(try->message + try->sent));
  memcpy(buffer, try->message + try->sent, length);
  try->sent += length;
  return length;
}

/* Takes note of the command that goes out, of its first word only: others hold the password. */
static int
on_debug(CURL *easy, curl_infotype kind, char *text, size_t length, void *data) {
  static const struct {
    const char *word;
    Step step;
  } words[] = {
    { "EHLO ", STEP_CONNECT }, { "HELO ", STEP_CONNECT }, { "STARTTLS", STEP_TLS },
    { "AUTH ", STEP_SIGN_IN }, { "MAIL ", STEP_SENDER },  { "RCPT ", STEP_RECIPIENT },
    { "DATA", STEP_TEXT },     { "NOOP", STEP_CONNECT },
  };
  (void)easy;
  Try *try = data;
  for (guint i = 0; kind == CURLINFO_HEADER_OUT && i < G_N_ELEMENTS(words); i++)
    if (length >= strlen(words[i].word) && strncmp(text, words[i].word, strlen(words[i].word)) == 0)
      try->step = words[i].step;
  return 0;
}

static void
note_progress(Try *try, guint code) {
  try->text_wanted |= try->step == STEP_TEXT && code == 354;
  if (try->text_wanted && code == 250 && !try->accepted) {
    try->accepted = true;
    try->deadline = MIN(try->deadline, g_get_monotonic_time() + FAREWELL_US);
  }
}

/* A line of the server's answers: keeps the last one that refuses. 221 is its good-bye after that.
 */
static size_t
on_answer(char *line, size_t size, size_t count, void *data) {
  Try *try = data;
  gsize length = size * count;
  bool numbered = length >= 3 && g_ascii_isdigit(line[0]) && g_ascii_isdigit(line[1]) &&
                  g_ascii_isdigit(line[2]);
  if (!numbered)
    return length;
  gsize shown = length;
  while (line[shown - 1] == '\n' || line[shown - 1] == '\r')
    shown--;
  guint code = (guint)(line[0] - '0') * 100 + (guint)(line[1] - '0') * 10 + (guint)(line[2] - '0');
  if (code == 221)
    return length;
  if (try->answer_ended || code < 400)
    g_string_truncate(try->answer, 0);
  try->code = code < 400 ? 0 : code;
  try->answer_ended = length < 4 || line[3] != '-';
  if (code >= 400 && try->answer->len < MAX_ANSWER)
    g_string_append_printf(try->answer, "%.*s\n", (int)MIN(shown, MAX_ANSWER), line);
  if (try->answer_ended)
    note_progress(try, code);
  return length;
}

/* libcurl's own limit does not hold for the good-bye. */
static int
on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  const Try *try = data;
  return g_get_monotonic_time() > try->deadline || stop_overdue(try->server->stop);
}

/* ── setting up ── */

static bool
signs_in(const MailServer *server) {
  return !text_empty(server->user);
}

static long
encryption(const MailServer *server) {
  if (strcmp(server->starttls, "no") == 0)
    return CURLUSESSL_NONE;
  return strcmp(server->starttls, "if-offered") == 0 && !signs_in(server) ? CURLUSESSL_TRY
                                                                          : CURLUSESSL_ALL;
}

/* How this machine introduces itself. Servers like a whole name, which many machines do not know of
 * themselves. */
static char *
own_name(const char *from) {
  char host[256];
  if (gethostname(host, sizeof host) != 0)
    return g_strdup("localhost");
  host[sizeof host - 1] = '\0';
  for (const char *c = host; *c != '\0'; c++)
    if (!g_ascii_isalnum(*c) && *c != '-' && *c != '.')
      return g_strdup("localhost");
  return strchr(host, '.') != NULL ? g_strdup(host)
                                   : g_strconcat(host, ".", strchr(from, '@') + 1, NULL);
}

static bool
set_server(CURL *easy, const MailServer *server, const char *url) {
  bool ok = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_USE_SSL, encryption(server)) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
  if (ok && server->ca_file != NULL)
    ok = curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca_file) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
  if (ok && signs_in(server))
    ok = curl_easy_setopt(easy, CURLOPT_USERNAME, server->user) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PASSWORD,
                          server->password != NULL ? server->password : "") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN") == CURLE_OK;
  return ok;
}

static bool
set_callbacks(CURL *easy, Try *try) {
  return curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_READDATA, try) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_answer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERDATA, try) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_DEBUGDATA, try) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_XFERINFODATA, try) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, try->problem) == CURLE_OK;
}

static bool
set_mail(CURL *easy, const Mail *mail, struct curl_slist *to) {
  return to != NULL && curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to) == CURLE_OK;
}

/* What comes before a mail, and then a command that does nothing. */
static bool
set_no_mail(CURL *easy) {
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "NOOP") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
}

/* The connection is closed with the transfer, where our callbacks can still bound the good-bye. */
static CURLcode
perform(Try *try, guint limit_ms) {
  g_autoptr(CURL) easy = curl_easy_init();
  autochar own = own_name(try->from);
  autochar url = g_strconcat(try->server->url, "/", own, NULL);
  struct curl_slist *to = try->mail != NULL ? curl_slist_append(NULL, try->mail->to) : NULL;
  bool ready = easy != NULL && set_server(easy, try->server, url) && set_callbacks(easy, try) &&
               (try->mail != NULL ? set_mail(easy, try->mail, to) : set_no_mail(easy)) &&
               curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limit_ms) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
  CURLcode code = ready ? curl_easy_perform(easy) : CURLE_FAILED_INIT;
  curl_slist_free_all(to);
  return code;
}

/* ── what went wrong ── */

static bool
fail(const Try *try, MailError class, const char *what, const char *remedy, GError **error) {
  autochar subject = g_strdup_printf("mail server %s", try->server->url);
  autochar sentence = phrase_sentence(subject, what, 1, remedy);
  g_set_error_literal(error, MAIL_ERROR, class, sentence);
  return false;
}

/* Some servers repeat the command that they do not like. */
static char *
answer_text(const Try *try) {
  g_autoptr(GString) text = g_string_new(try->answer->str);
  const char *user = try->server->user, *password = try->server->password;
  if (signs_in(try->server) && !text_empty(password)) {
    g_autoptr(GString) both = g_string_new(NULL);
    g_string_append_c(both, '\0');
    g_string_append(both, user);
    g_string_append_c(both, '\0');
    g_string_append(both, password);
    autochar plain = g_base64_encode((const guchar *)both->str, both->len);
    autochar login = g_base64_encode((const guchar *)password, strlen(password));
    g_string_replace(text, plain, "***", 0);
    g_string_replace(text, login, "***", 0);
    g_string_replace(text, password, "***", 0);
  }
  return phrase_line(text->str, text->len, MAX_SHOWN);
}

/* The server answered, and its answer was no. */
static bool
refused(const Try *try, GError **error) {
  const Mail *mail = try->mail;
  autochar answer = answer_text(try);
  autochar what = NULL;
  const char *remedy = "";
  switch (try->step) {
  case STEP_CONNECT:
    what = g_strdup_printf("it does not talk to this machine (%s)", answer);
    remedy = "Check smtp in [notify], or ask whoever runs that server.";
    break;
  case STEP_TLS:
    what = g_strdup_printf("it does not encrypt the connection (%s)", answer);
    remedy = "Ask whoever runs that server.";
    break;
  case STEP_SIGN_IN:
    what = g_strdup_printf("it refused to sign in %s (%s)", try->server->user, answer);
    remedy = "Check user and password in [notify].";
    break;
  case STEP_SENDER:
    what = g_strdup_printf("it refused the sender %s (%s)", try->from, answer);
    remedy = "Check from in [notify]; perhaps user and password are wanted too.";
    break;
  case STEP_RECIPIENT:
    what = g_strdup_printf("it refused the recipient %s (%s)", mail->to, answer);
    remedy = "Check that address; perhaps user and password are wanted in [notify].";
    break;
  case STEP_TEXT:
    what = g_strdup_printf("it refused the mail to %s (%s)", mail->to, answer);
    remedy = "Ask whoever runs that server.";
    break;
  }
  if (try->code < 500)
    return fail(try, MAIL_ERROR_LATER, what, "It asks to come again later.", error);
  return fail(try, MAIL_ERROR_REFUSED, what, remedy, error);
}

static bool
tls_failed(const Try *try, PhraseTls fault, const char *problem, GError **error) {
  autochar trust = phrase_tls_trust(fault, "The mail server", "smtp in [notify]");
  autochar what = g_strdup_printf("no encrypted connection (%s)", problem);
  return fail(try, MAIL_ERROR_REFUSED, what,
              trust != NULL ? trust : "Check smtp and starttls in [notify].", error);
}

/* Nothing but libcurl's word for it. */
static bool
broke_off(const Try *try, CURLcode code, GError **error) {
  const TransferResult result = { .code = code, .problem = try->problem };
  PhraseTls fault = phrase_tls(&result);
  autochar problem = phrase_problem(&result);
  if (code == CURLE_USE_SSL_FAILED)
    return fail(try, MAIL_ERROR_REFUSED, "it does not offer to encrypt the connection (STARTTLS)",
                signs_in(try->server)
                    ? "Nothing was sent, and no password. Use smtps:// if it speaks that, or ask "
                      "whoever runs that server."
                    : "Nothing was sent. Use smtps:// if it speaks that, or set starttls=no in "
                      "[notify] if the way to it is safe.",
                error);
  if (fault != PHRASE_TLS_NONE)
    return tls_failed(try, fault, problem, error);
  switch ((int)code) {
  case CURLE_LOGIN_DENIED:
    return fail(try, MAIL_ERROR_REFUSED, "it offers no way to sign in that we know (PLAIN, LOGIN)",
                "Ask whoever runs that server.", error);
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_FAILED_INIT:
  case CURLE_NOT_BUILT_IN:
    return fail(try, MAIL_ERROR_REFUSED, problem, "Check smtp in [notify].", error);
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_ABORTED_BY_CALLBACK:
    return fail(try, MAIL_ERROR_LATER, "it took too long",
                "If that goes on, check smtp in [notify], and whether this machine may reach it.",
                error);
  default:
    return fail(try, MAIL_ERROR_LATER, problem,
                "If that goes on, check smtp in [notify], and whether that server runs.", error);
  }
}

/* An address that is none could carry commands or headers of its own. */
static bool
check_address(const Try *try, const char *address, const char *what, GError **error) {
  if (email_is_possible(address))
    return true;
  autochar shown =
      phrase_line(address != NULL ? address : "", address != NULL ? strlen(address) : 0, MAX_SHOWN);
  autochar message = g_strdup_printf("the %s \"%s\" is no e-mail address", what, shown);
  return fail(try, MAIL_ERROR_REFUSED, message, "Nothing was sent.", error);
}

bool
mail_send_within(const MailServer *server, const Mail *mail, guint limit_ms, GError **error) {
  g_auto(Try) try = { .server = server,
                      .from = mail->from,
                      .mail = mail,
                      .answer = g_string_new(NULL),
                      .deadline = g_get_monotonic_time() + (gint64)limit_ms * 1000 + FAREWELL_US };
  if (!check_address(&try, mail->from, "sender", error) ||
      !check_address(&try, mail->to, "recipient", error))
    return false;
  try.message = mime_message(mail);
  CURLcode code = perform(&try, limit_ms);
  if (code == CURLE_OK || try.accepted)
    return true;
  return try.code != 0 ? refused(&try, error) : broke_off(&try, code, error);
}

bool
mail_send(const MailServer *server, const Mail *mail, GError **error) {
  return mail_send_within(server, mail, MAIL_TIMEOUT_S * 1000, error);
}

bool
mail_try(const MailServer *server, const char *from, guint limit_ms, GError **error) {
  g_auto(Try) try = { .server = server,
                      .from = from,
                      .answer = g_string_new(NULL),
                      .deadline = g_get_monotonic_time() + (gint64)limit_ms * 1000 };
  if (!check_address(&try, from, "sender", error))
    return false;
  CURLcode code = perform(&try, limit_ms);
  if (code == CURLE_OK)
    return true;
  return try.code != 0 ? refused(&try, error) : broke_off(&try, code, error);
}
