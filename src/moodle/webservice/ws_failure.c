/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_failure.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"
#include "http/phrase.h"
#include "moodle/webservice/ws_words.h"

#define URL_REMEDY "Set url to the address that Moodle's config.php calls wwwroot, to the letter."
#define PAGE_REMEDY URL_REMEDY " If it is that, look into Moodle's and PHP's error logs."

void
ws_failure_free(WsFailure *failure) {
  if (failure == NULL)
    return;
  g_free(failure->errorcode);
  g_free(failure->text);
  g_free(failure->message);
  g_free(failure);
}

WsFailure *
ws_failure_copy(const WsFailure *failure) {
  WsFailure *copy = g_memdup2(failure, sizeof *failure);
  copy->errorcode = g_strdup(failure->errorcode);
  copy->text = g_strdup(failure->text);
  copy->message = g_strdup(failure->message);
  return copy;
}

bool
ws_failure_may_have_happened(const WsFailure *failure) {
  return failure->kind == WS_LOST || failure->kind == WS_UNSHOWN;
}

bool
ws_failure_may_pass(const WsFailure *failure) {
  return failure->may_pass;
}

/* ── making one ── */

typedef struct {
  WsFailureKind kind;
  bool may_pass;
  const char *remedy;
} Sort;

/* `errorcode` "" and `text` as WsFailure has them. */
static WsFailure *
make(const char *function, Sort sort, const char *errorcode, const char *text, guint tries) {
  WsFailure *failure = g_new0(WsFailure, 1);
  failure->kind = sort.kind;
  failure->may_pass = sort.may_pass;
  failure->errorcode = g_strdup(errorcode);
  failure->text = text_redact(text);
  bool named = *errorcode != '\0' && strstr(text, errorcode) == NULL;
  autochar what = named ? g_strdup_printf("%s (%s)", text, errorcode) : g_strdup(text);
  failure->message = phrase_sentence(function, what, tries, sort.remedy);
  return failure;
}

static WsFailure *
ended(const char *function, WsFailureKind kind, const char *remedy, const GError *cause) {
  WsFailure *failure = make(function, (Sort){ kind, false, remedy }, "", cause->message, 0);
  failure->stopped = g_error_matches(cause, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  return failure;
}

WsFailure *
ws_failure_unsent(const char *function, const GError *cause) {
  return ended(function, WS_UNSENT, "", cause);
}

WsFailure *
ws_failure_dropped(const char *function, const GError *cause) {
  return ended(function, WS_LOST, "It was sent, and may be carried out.", cause);
}

WsFailure *
ws_failure_unexpected(const char *function, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar detail = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  autochar line = phrase_line(detail, strlen(detail), WS_FAILURE_MAX_TEXT);
  autochar text = g_strconcat("unexpected answer: ", line, NULL);
  return make(
      function,
      (Sort){ WS_UNSHOWN, false,
              "Check that Moodle is a release from 4.1 to 5.1 and that its plugins fit it." },
      "", text, 0);
}

/* ── no answer, or one that is not Moodle's ── */

/* The remedy when it is a TLS failure, else NULL. Free with g_free(). */
static char *
tls_remedy(const TransferResult *answer) {
  PhraseTls fault = phrase_tls(answer);
  if (fault == PHRASE_TLS_HANDSHAKE)
    return g_strdup("TLS could not be agreed on: check that url leads to an https server with TLS "
                    "1.2 or newer.");
  if (fault == PHRASE_TLS_REFUSED || fault == PHRASE_TLS_OURS || fault == PHRASE_TLS_WANTED)
    return g_strdup("The web server before Moodle wants a client certificate, and we have none for "
                    "it: switch that off for /webservice/rest/server.php.");
  return phrase_tls_trust(fault, "Moodle", "url");
}

static WsFailure *
no_answer(const char *function, const TransferResult *answer, guint tries) {
  autochar problem = phrase_problem(answer);
  autochar remedy = tls_remedy(answer);
  if (remedy != NULL)
    return make(function, (Sort){ WS_UNSENT, false, remedy }, "", problem, tries);
  if (!answer->sent)
    return make(function,
                (Sort){ WS_UNSENT, true, "Check url and the network, and whether Moodle is up." },
                "", problem, tries);
  autochar text = g_strconcat("the answer is lost: ", problem, NULL);
  return make(function,
              (Sort){ WS_LOST, true, "Check the network, and Moodle's and the web server's logs." },
              "", text, tries);
}

static Sort
sort_of_status(long status, bool empty) {
  if (status >= 300 && status <= 399)
    return (
        Sort){ WS_UNSENT, false,
               "Redirects are not followed, so that the token reaches no other host. " URL_REMEDY };
  switch (status) {
  case 401:
    return (Sort){ WS_REFUSED, false,
                   "The web server before Moodle wants a password: switch that off for "
                   "/webservice/rest/server.php." };
  case 403:
    if (empty)
      return (Sort){ WS_REFUSED, false,
                     "In Moodle, enable web services (Advanced features) and the REST protocol "
                     "(Server, Web services, Manage protocols)." };
    return (Sort){ WS_REFUSED, false,
                   "The web server before Moodle does not let us in: allow this machine to reach "
                   "/webservice/rest/server.php." };
  case 404:
  case 410:
    return (Sort){ WS_UNSENT, false, "There is no Moodle at url. " URL_REMEDY };
  case 413:
    return (Sort){ WS_REFUSED, false,
                   "The web server before Moodle takes only smaller requests: raise its limit "
                   "(nginx: client_max_body_size) to 8 MiB." };
  case 429:
    return (Sort){ WS_UNAVAILABLE, true, "Lower connections in [moodle], or raise the limit." };
  case 503:
    return (Sort){ WS_UNAVAILABLE, true,
                   "Moodle is under maintenance or overloaded; try again later." };
  default:
    break;
  }
  if (status >= 400 && status <= 499 && status != 408)
    return (Sort){ WS_REFUSED, false, URL_REMEDY };
  return (Sort){ WS_LOST, true, "Look into Moodle's and the web server's error logs." };
}

static WsFailure *
bad_status(const char *function, const TransferResult *answer, guint tries) {
  autochar status = phrase_status(answer);
  autochar words = ws_words_of_page(answer->body, answer->length, WS_FAILURE_MAX_TEXT);
  bool tell = *words != '\0' && answer->status >= 400 && strstr(words, status) == NULL;
  autochar text = tell ? g_strdup_printf("%s: %s", status, words) : g_strdup(status);
  return make(function, sort_of_status(answer->status, *words == '\0'), "", text, tries);
}

static WsFailure *
too_big(const char *function, const TransferResult *answer, guint tries) {
  autochar what = phrase_too_big(answer);
  return make(function, (Sort){ WS_LOST, false, "Check that url leads to Moodle." }, "", what,
              tries);
}

/* ── Moodle's exceptions ── */

typedef struct {
  const char *errorcode;
  Sort sort;
} Known;

#define TOKEN_REMEDY                                                                               \
  "Check the token in token-file against Moodle's Manage tokens, and that it is of the service "   \
  "for lehrgaenge."
#define ACCOUNT_REMEDY "Correct the account of the service's user in Moodle."
#define PASSWORD_REMEDY "Take the forced password change off the service's user."

static const Known known[] = {
  { "invalidtoken", { WS_REFUSED, false, TOKEN_REMEDY } },
  { "accessexception",
    { WS_REFUSED, false,
      "Moodle does not say why. Look under External services whether the token's service is "
      "enabled, holds this function and has its user among the Authorised users; under Manage "
      "tokens whether the token has expired (Valid until) or is for another address (IP "
      "restriction); and whether the role holds webservice/rest:use." } },
  { "servicenotavailable",
    { WS_REFUSED, false, "Enable the service of the token in Moodle's External services." } },
  { "servicerequireslogin", { WS_REFUSED, false, TOKEN_REMEDY } },
  { "sitepolicynotagreed",
    { WS_REFUSED, false,
      "Let the service's user agree to the site's policies, or give it the auth method "
      "webservice." } },
  { "forcepasswordchangenotice", { WS_REFUSED, false, PASSWORD_REMEDY } },
  { "nopasswordchangeforced", { WS_REFUSED, false, PASSWORD_REMEDY } },
  { "usernotfullysetup",
    { WS_REFUSED, false,
      "Complete the profile of the service's user: names, e-mail address, required fields." } },
  { "wsaccessuserdeleted", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "wsaccessuserunconfirmed", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "wsaccessusersuspended", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "wsaccessuserexpired", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "wsaccessusernologin", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "passwordisexpired", { WS_REFUSED, false, ACCOUNT_REMEDY } },
  { "requirecorrectaccess", { WS_REFUSED, false, URL_REMEDY } },
  { "sitemaintenance",
    { WS_UNAVAILABLE, true, "Moodle is under maintenance; try again when that is over." } },
  { "upgraderunning",
    { WS_UNAVAILABLE, true, "Moodle is being upgraded; try again when that is over." } },
  { "dbconnectionfailed",
    { WS_UNAVAILABLE, true, "Moodle does not reach its database; see to that first." } },
  { "invalidresponse",
    { WS_UNSHOWN, false,
      "It was carried out, but Moodle could not show the result; see its error log." } },
};

bool
ws_failure_missing(const char *errorcode) {
  return strcmp(errorcode, "invalidrecord") == 0 || strcmp(errorcode, "invalidrecordunknown") == 0;
}

static Sort
sort_of_exception(const char *errorcode, const char *text) {
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
    if (strcmp(known[i].errorcode, errorcode) == 0)
      return known[i].sort;
  /* The function's own record; any other missing one is a missing course, user … */
  if (strcmp(errorcode, "invalidrecord") == 0 && strstr(text, "external_functions") != NULL)
    return (
        Sort){ WS_REFUSED, false,
               "Moodle does not know this function: install the plugin it belongs to, or update "
               "Moodle." };
  return (Sort){ WS_EXCEPTION, false, "" };
}

static const char *
field(const json_t *exception, const char *key) {
  const char *text = json_string_value(json_object_get(exception, key));
  return text != NULL ? text : "";
}

/* A code for which Moodle has no words comes as "error/code". */
static const char *
without_prefix(const char *said) {
  static const char prefix[] = "error/";
  const char *rest = g_str_has_prefix(said, prefix) ? said + strlen(prefix) : said;
  return *rest == ' ' ? rest + 1 : rest;
}

static WsFailure *
moodle_exception(const char *function, const json_t *exception, guint tries) {
  autochar errorcode = ws_words_line(field(exception, "errorcode"), WS_FAILURE_MAX_TEXT);
  autochar message = ws_words_line(field(exception, "message"), WS_FAILURE_MAX_TEXT);
  autochar more = ws_words_debug(field(exception, "debuginfo"), WS_FAILURE_MAX_TEXT);
  const char *said = without_prefix(message);
  g_autoptr(GString) text = g_string_new(*said != '\0' ? said : "Moodle refuses it");
  if (*more != '\0' && strstr(said, more) == NULL)
    g_string_append_printf(text, ": %s", more);
  return make(function, sort_of_exception(errorcode, text->str), errorcode, text->str, tries);
}

/* In XML, although we ask for JSON: Moodle has not seen that either. */
static WsFailure *
xml_exception(const char *function, const TransferResult *answer, guint tries) {
  autochar errorcode =
      ws_words_element(answer->body, answer->length, "ERRORCODE", WS_FAILURE_MAX_TEXT);
  autochar message = ws_words_element(answer->body, answer->length, "MESSAGE", WS_FAILURE_MAX_TEXT);
  if (errorcode == NULL && message == NULL)
    return NULL;
  return make(function,
              (Sort){ WS_REFUSED, false,
                      "Moodle saw nothing of the request, which was perhaps too big for PHP: raise "
                      "post_max_size to 8M, and let no proxy or firewall take the body away." },
              errorcode != NULL ? errorcode : "", message != NULL ? message : "it failed", tries);
}

/* ── answers ── */

/* Moodle's answers may also be null, true or a number, which jsonget_parse() does not take, and
 * some plugin's file may have put blanks or a byte order mark in front. */
static json_t *
parse(const char *body, gsize length, GError **error) {
  gsize front = ws_words_skip_blank(body, length);
  body += front;
  length -= front;
  json_t *scalar = NULL;
  if (length > 0 && *body != '{' && *body != '[')
    scalar = json_loadb(body, length, JSON_DECODE_ANY, NULL);
  return scalar != NULL ? scalar : jsonget_parse(body, length, error);
}

static WsFailure *
not_json(const char *function, const TransferResult *answer, const GError *cause, guint tries) {
  WsFailure *exception = xml_exception(function, answer, tries);
  if (exception != NULL)
    return exception;
  Sort lost = { WS_LOST, true, "Look into Moodle's and PHP's error logs." };
  Sort page = { WS_LOST, true, PAGE_REMEDY };
  autochar words = ws_words_of_page(answer->body, answer->length, WS_FAILURE_MAX_TEXT);
  if (*words == '\0')
    return make(function, lost, "", "the answer is empty", tries);
  bool is_page = ws_words_is_page(answer->body, answer->length);
  autochar text = is_page
                      ? g_strdup_printf("a page instead of an answer: %s", words)
                      : g_strdup_printf("the answer is not JSON: %s: %s", cause->message, words);
  return make(function, is_page ? page : lost, "", text, tries);
}

WsFailure *
ws_failure_read(const char *function, const TransferResult *answer, guint tries, json_t **result) {
  g_autoptr(GError) error = NULL;
  *result = NULL;
  if (answer->status >= 300) /* which says more than a body that broke off after it */
    return bad_status(function, answer, tries);
  if (answer->too_big)
    return too_big(function, answer, tries);
  if (answer->code != CURLE_OK)
    return no_answer(function, answer, tries);
  if (answer->status != 200)
    return bad_status(function, answer, tries);
  json_t *root = parse(answer->body, answer->length, &error);
  if (root == NULL)
    return not_json(function, answer, error, tries);
  if (json_object_get(root, "exception") == NULL) {
    *result = root;
    return NULL;
  }
  WsFailure *failure = moodle_exception(function, root, tries);
  json_decref(root);
  return failure;
}

WsFailure *
ws_failure_read_entry(const char *function, const json_t *entry, json_t **result) {
  const char *data = json_string_value(json_object_get(entry, "data"));
  const char *exception = json_string_value(json_object_get(entry, "exception"));
  const json_t *failed = json_object_get(entry, "error");
  g_autoptr(GError) error = NULL;
  *result = NULL;
  if (!json_is_boolean(failed))
    return ws_failure_unexpected(function, "an entry that does not tell whether it is an error");
  if (json_is_true(failed)) {
    json_t *root = jsonget_parse(exception != NULL ? exception : "",
                                 exception != NULL ? strlen(exception) : 0, NULL);
    WsFailure *failure = moodle_exception(function, root, 0);
    json_decref(root);
    return failure;
  }
  if (data == NULL) { /* functions that give nothing */
    *result = json_null();
    return NULL;
  }
  *result = parse(data, strlen(data), &error);
  return *result != NULL ? NULL : ws_failure_unexpected(function, "%s", error->message);
}

void
ws_failure_propagate(const WsFailure *failure, GError **error) {
  GatewayError code = GATEWAY_ERROR_FAILED;
  switch (failure->kind) {
  case WS_UNSENT:
    code = failure->may_pass ? GATEWAY_ERROR_UNAVAILABLE : GATEWAY_ERROR_REFUSED;
    break;
  case WS_UNAVAILABLE:
  case WS_LOST:
    code = GATEWAY_ERROR_UNAVAILABLE;
    break;
  case WS_REFUSED:
    code = GATEWAY_ERROR_REFUSED;
    break;
  case WS_EXCEPTION:
  case WS_UNSHOWN:
    break;
  }
  if (failure->stopped)
    code = GATEWAY_ERROR_STOPPED;
  g_set_error_literal(error, GATEWAY_ERROR, (gint)code, failure->message);
}
