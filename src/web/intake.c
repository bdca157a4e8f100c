/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/intake.h"

#include <string.h>

#include "base/text.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

struct Intake {
  char *target, *method, *path, *address, *host;
  WebFields *query, *form, *cookies, *headers;
  GString *body;
  gsize announced, taken; /* of the body */
  bool is_head, is_form;
  bool endless; /* where its body ends cannot be known */
  bool unclear; /* too many headers, or some that can be read in two ways */
  guint status;
  WebRequest request;
};

Intake *
intake_new(const char *target) {
  Intake *intake = g_new0(Intake, 1);
  intake->target = g_strdup(target);
  intake->method = g_strdup("?"); /* until the head is there */
  intake->path = g_strdup("/");
  intake->address = g_strdup("");
  intake->host = g_strdup("");
  intake->query = web_fields_new();
  intake->form = web_fields_new();
  intake->cookies = web_fields_new();
  intake->headers = web_fields_new();
  intake->body = g_string_new(NULL);
  return intake;
}

void
intake_free(Intake *intake) {
  if (intake == NULL)
    return;
  g_free(intake->target);
  g_free(intake->method);
  g_free(intake->path);
  g_free(intake->address);
  g_free(intake->host);
  web_fields_free(intake->query);
  web_fields_free(intake->form);
  web_fields_free(intake->cookies);
  web_fields_free(intake->headers);
  g_string_free(intake->body, TRUE);
  g_free(intake);
}

static void
refuse(Intake *intake, guint status) {
  if (intake->status == 0)
    intake->status = status;
}

/* Of these, none may be left out: whoever could have a proxy's word dropped would be counted under
 * the proxy's address. */
static bool
matters(const char *name) {
  static const char *const names[] = { "Host",
                                       "Content-Length",
                                       "Transfer-Encoding",
                                       "X-Forwarded-For",
                                       "X-Forwarded-Host",
                                       "X-Forwarded-Proto" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_ascii_strcasecmp(names[i], name) == 0)
      return true;
  return false;
}

static bool
is_token(const char *name) {
  gsize length = 0;
  while (g_ascii_isalnum(name[length]) ||
         (name[length] != '\0' && strchr("!#$%&'*+-.^_`|~", name[length]) != NULL))
    length++;
  return length > 0 && name[length] == '\0';
}

void
intake_header(Intake *intake, const char *name, const char *value) {
  if (!is_token(name) || web_fields_count(intake->headers) >= WEB_MAX_FIELDS ||
      (!web_fields_add(intake->headers, name, value) && matters(name)))
    intake->unclear = true;
}

void
intake_too_large(Intake *intake) {
  refuse(intake, 431);
}

/* ── the head ── */

static bool
take_method(Intake *intake, const char *method) {
  g_free(intake->method);
  intake->method = g_strdup(method);
  intake->is_head = strcmp(method, "HEAD") == 0;
  intake->request.method = strcmp(method, "POST") == 0 ? WEB_POST : WEB_GET;
  return intake->is_head || intake->request.method == WEB_POST || strcmp(method, "GET") == 0;
}

/* Nothing that could mean another path to somebody else. */
static bool
is_straight(const char *path) {
  if (*path != '/' || strstr(path, "//") != NULL || !g_utf8_validate(path, -1, NULL))
    return false;
  for (const char *c = path; *c != '\0'; c++) {
    gsize dots = *c == '/' ? strspn(c + 1, ".") : 0;
    bool ends = c[1 + dots] == '/' || c[1 + dots] == '\0';
    if ((guchar)*c < 0x20 || *c == 0x7f || *c == '\\' || (dots > 0 && dots <= 2 && ends))
      return false;
  }
  return true;
}

static bool
take_target(Intake *intake) {
  const char *target = intake->target;
  const char *mark = strchr(target, '?');
  gsize length = mark != NULL ? (gsize)(mark - target) : strlen(target);
  /* NULL also for %00. */
  g_autofree char *path = g_uri_unescape_segment(target, target + length, NULL);
  if (path == NULL || strchr(target, '#') != NULL || !is_straight(path))
    return false;
  g_free(intake->path);
  intake->path = g_steal_pointer(&path);
  return mark == NULL || web_fields_parse(intake->query, mark + 1, strlen(mark + 1));
}

/* How often a header is there, and its last value. */
static guint
count_of(const Intake *intake, const char *name, const char **value) {
  g_autofree const char **values = web_fields_all(intake->headers, name);
  guint count = g_strv_length((char **)values);
  *value = count > 0 ? values[count - 1] : NULL;
  return count;
}

/* What two programs in a row could read in two ways is for none of them. */
static bool
take_framing(Intake *intake) {
  const char *length, *coding;
  guint lengths = count_of(intake, "Content-Length", &length);
  guint codings = count_of(intake, "Transfer-Encoding", &coding);
  guint64 announced = 0;
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0) ||
      (codings > 0 && g_ascii_strcasecmp(coding, "chunked") != 0) ||
      (lengths > 0 && (length[strspn(length, "0123456789")] != '\0' ||
                       !g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &announced, NULL))))
    return false;
  intake->announced = (gsize)announced;
  /* HEAD and GET have no body; one that came along would be somebody else's next request. */
  return intake->request.method == WEB_POST || (codings == 0 && announced == 0);
}

static void
take_type(Intake *intake) {
  const char *type = web_fields_get(intake->headers, "Content-Type");
  g_autofree char *word = g_strstrip(
      g_strndup(text_empty(type) ? "" : type, text_empty(type) ? 0 : strcspn(type, ";")));
  intake->is_form = g_ascii_strcasecmp(word, FORM) == 0;
  /* A POST without a body needs no type. */
  bool empty = *word == '\0' && intake->announced == 0 &&
               web_fields_get(intake->headers, "Transfer-Encoding") == NULL;
  if (intake->request.method == WEB_POST && !intake->is_form && !empty &&
      g_ascii_strcasecmp(word, JSON) != 0)
    refuse(intake, 415);
  if (intake->announced > WEB_MAX_BODY)
    refuse(intake, 413);
}

static void
take_cookies(Intake *intake) {
  g_autofree const char **values = web_fields_all(intake->headers, "Cookie");
  for (const char **value = values; *value != NULL; value++) {
    g_auto(GStrv) parts = g_strsplit(*value, ";", WEB_MAX_FIELDS);
    for (char **part = parts; *part != NULL; part++) {
      char *name = g_strstrip(*part), *equal = strchr(name, '=');
      if (equal == NULL)
        continue;
      *equal = '\0';
      (void)web_fields_add(intake->cookies, name, equal + 1); /* what is too much is left out */
    }
  }
}

static void
take_origin(Intake *intake, const Origin *origin, bool tls, const Network *peer) {
  Network client = origin_client(origin, peer, intake->headers);
  bool trusted = origin_trusts(origin, peer);
  g_autofree char *scheme = trusted ? origin_last(intake->headers, "X-Forwarded-Proto") : NULL;
  char *forwarded = trusted ? origin_last(intake->headers, "X-Forwarded-Host") : NULL;
  const char *host = web_fields_get(intake->headers, "Host");
  g_free(intake->address);
  g_free(intake->host);
  intake->address = network_text(&client);
  intake->host = forwarded != NULL ? forwarded : g_strdup(host != NULL ? host : "");
  intake->request.secure = scheme != NULL ? g_ascii_strcasecmp(scheme, "https") == 0 : tls;
}

static void
check_host(Intake *intake, const Origin *origin, const char *version, const Network *local) {
  const char *host;
  guint hosts = count_of(intake, "Host", &host);
  if (hosts > 1 || (hosts == 0 && strcmp(version, "HTTP/1.0") != 0))
    refuse(intake, 400);
  else if (*intake->host != '\0' ? !origin_allows(origin, intake->host, local) : hosts > 0)
    refuse(intake, 421);
}

void
intake_head(Intake *intake, const Origin *origin, const char *method, const char *version, bool tls,
            const Network *peer, const Network *local) {
  take_origin(intake, origin, tls, peer);
  if (!take_method(intake, method))
    refuse(intake, 405);
  intake->endless = intake->unclear || !take_framing(intake);
  if (intake->endless || !take_target(intake))
    refuse(intake, 400);
  check_host(intake, origin, version, local);
  take_type(intake);
  take_cookies(intake);
  WebMethod asked = intake->request.method;
  bool secure = intake->request.secure;
  intake->request = (WebRequest){
    .method = asked,
    .path = intake->path,
    .query = intake->query,
    .form = intake->form,
    .cookies = intake->cookies,
    .headers = intake->headers,
    .body = "",
    .host = intake->host,
    .address = intake->address,
    .secure = secure,
  };
}

/* ── the body ── */

bool
intake_is_hopeless(const Intake *intake) {
  return intake->endless || intake->announced > INTAKE_MAX_SWALLOWED;
}

bool
intake_body(Intake *intake, const char *data, gsize length) {
  intake->taken += length;
  if (intake->taken > INTAKE_MAX_SWALLOWED)
    return false;
  if (intake->taken > WEB_MAX_BODY)
    refuse(intake, 413);
  if (intake->status == 0)
    g_string_append_len(intake->body, data, (gssize)length);
  return true;
}

void
intake_end(Intake *intake) {
  if (intake->status != 0)
    return;
  if (intake->is_form) {
    if (!web_fields_parse(intake->form, intake->body->str, intake->body->len))
      refuse(intake, 400);
    return;
  }
  intake->request.body = intake->body->str;
  intake->request.body_length = intake->body->len;
}

guint
intake_status(const Intake *intake) {
  return intake->status;
}

const WebRequest *
intake_request(const Intake *intake) {
  return &intake->request;
}

const char *
intake_method(const Intake *intake) {
  return intake->method;
}

const char *
intake_target(const Intake *intake) {
  return intake->target;
}

bool
intake_is_head(const Intake *intake) {
  return intake->is_head;
}
