/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/dispatch.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/access.h"
#include "web/call.h"
#include "web/cookie.h"
#include "web/refused_log.h"
#include "web/routes.h"

/* Bytes of an address that the sign-in page leads back to; escaped they must fit in a header. */
#define MAX_WANTED 1024

static void
clear_args(char **args) {
  for (guint i = 0; i < WEB_MAX_ARGS; i++)
    g_free(args[i]);
}

static WebLanguage
language_of(const WebRequest *request) {
  WebLanguage language;
  if (web_language_parse(web_fields_get(request->cookies, COOKIE_LANGUAGE), &language))
    return language;
  return web_language_accept(web_fields_get(request->headers, "Accept-Language"));
}

static void
log_refused(const WebCall *call) {
  refused_log(call->request->method == WEB_POST ? "POST" : "GET", call->request->path,
              call->request->address, call->who != NULL ? call->who->name : NULL,
              call->answer->status);
}

static bool
fail(WebCall *call, GError *error) {
  log_error("web", "%s: %s", call->request->path, error->message);
  web_refuse(call, error->domain == STORE_ERROR ? WEB_REFUSED_STORE : WEB_REFUSED_BROKEN, NULL);
  g_error_free(error);
  return true;
}

/* People are sent to sign in and come back; what they had filled in is lost, so that is only for
 * reading. */
static bool
ask_to_sign_in(WebCall *call) {
  if (g_str_has_prefix(call->request->path, "/api/")) {
    web_answer_header(call->answer, "WWW-Authenticate", "Bearer");
    return web_refuse(call, WEB_REFUSED_SIGN_IN, NULL);
  }
  if (call->request->method != WEB_GET || strcmp(call->request->path, "/") == 0)
    return web_redirect(call, "/login");
  autochar query = web_fields_query(call->request->query, NULL, NULL, NULL);
  autochar location = g_uri_escape_string(call->request->path, "/", FALSE);
  autochar wanted = g_strconcat(location, *query != '\0' ? "?" : "", query, NULL);
  if (strlen(wanted) > MAX_WANTED)
    return web_redirect(call, "/login");
  autochar escaped = g_uri_escape_string(wanted, NULL, FALSE);
  autochar path = g_strconcat("/login?to=", escaped, NULL);
  return web_redirect(call, path);
}

static bool
csrf_holds(const WebCall *call) {
  if (call->request->method != WEB_POST || (call->route->flags & WEB_ANONYMOUS_FORM) != 0)
    return true;
  if (call->who == NULL || call->who->csrf == NULL)
    return true;
  const char *given = web_fields_get(call->request->form, "csrf");
  if (given == NULL)
    given = web_fields_get(call->request->headers, "X-CSRF-Token");
  return access_equal(given, call->who->csrf);
}

static bool
handle(WebCall *call) {
  GError *error = NULL;
  return call->route->handle(call, &error) || fail(call, error);
}

/* `who` is what was found out; it stays with the caller. */
static bool
admit(WebCall *call, WebPrincipal **who) {
  bool open = (call->route->flags & WEB_OPEN) != 0;
  bool storeless = (call->route->flags & WEB_STORELESS) != 0;
  GError *error = NULL;
  if (call->store == NULL && !storeless)
    return web_refuse(call, WEB_REFUSED_STORE, NULL);
  if (!storeless && !access_identify(call, who, &error))
    return fail(call, error);
  call->who = *who;
  if (!open && call->who == NULL)
    return ask_to_sign_in(call);
  if (!open && call->who->role < call->route->role)
    return web_refuse(call, WEB_REFUSED_ROLE, NULL);
  if (!csrf_holds(call))
    return web_refuse(call, WEB_REFUSED_CSRF, NULL);
  return handle(call);
}

void
web_dispatch(const WebSite *site, const WebRequest *request, Store *store, WebAnswer *answer) {
  g_autoptr(Config) config = site->context.config(site->context.user_data);
  g_autoptr(WebPrincipal) who = NULL;
  WebCall call = {
    .site = site,
    .request = request,
    .config = config,
    .store = store,
    .language = language_of(request),
    .now = clock_now(site->context.clock),
    .answer = answer,
  };
  bool other;
  call.route = web_route_find(request->method, request->path, call.args, &other);
  if (call.route != NULL)
    admit(&call, &who);
  else
    web_refuse(&call, other ? WEB_REFUSED_METHOD : WEB_REFUSED_NOT_FOUND, NULL);
  if (answer->status >= 400)
    log_refused(&call);
  clear_args(call.args);
}

bool
web_dispatch_storeless(const WebRequest *request) {
  char *args[WEB_MAX_ARGS] = { 0 };
  bool other;
  const WebRoute *route = web_route_find(request->method, request->path, args, &other);
  clear_args(args);
  return route == NULL || (route->flags & WEB_STORELESS) != 0;
}
