/* A browser, or a script, in front of web_dispatch(): it keeps the cookies that it is given.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/access.h"
#include "web_case.h"

typedef struct {
  WebCase *site;
  GHashTable *cookies; /* name → value */
  const char *address;
  const char *authorization; /* NULL: no such header */
  const char *csrf_header;   /* NULL: no such header */
  bool secure;
  bool by_itself; /* nobody is there: the page is loaded again by its script */
} Browser;

Browser *browser_new(WebCase *site);
void browser_free(Browser *browser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Browser, browser_free)

/* The status; the answer is in browser->site->answer. `form` NULL: a GET. */
guint browser_ask(Browser *browser, const char *target, const char *form);

/* As browser_ask() with a store and an answer of the caller's: for several threads. */
guint browser_ask_at(Browser *browser, Store *store, WebAnswer *answer, const char *target,
                     const char *form);

/* POST of `form` with the CSRF token of the browser's session. */
guint browser_post(Browser *browser, const char *target, const char *form);

/* Opens the page to sign in and fills it in; the status. */
guint browser_sign_in(Browser *browser, const char *name, const char *password, const char *to);

/* The value of the cookie that holds the session; NULL: none. */
const char *browser_session(const Browser *browser);

#define PASSWORD "drei alte Feuerwehrautos"

/* An account with PASSWORD. `tenants` NULL: all. */
void add_account(WebCase *site, const char *name, StoreRole role, const char *tenants);
/* Its token. g_free(). */
char *add_token(WebCase *site, const char *name, StoreRole role, const char *tenants,
                gint64 expires);

/* Fails the test unless the newest line of the audit log is that one. */
void assert_audited(WebCase *site, const char *actor, const char *action, const char *subject,
                    const char *outcome);

#define MINUTE ((gint64)60)
#define HOUR (60 * MINUTE)

/* The site's clock goes on. */
void advance(WebCase *site, gint64 seconds);
/* Signs in with a password that is not the account's; the status. */
guint try_wrong(Browser *browser, const char *name);
/* Whether it is let in. */
bool is_in(Browser *browser);
