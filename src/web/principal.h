/* Who asks: an account that signed in, or a script with a token; and what they may see (issue:
 * bound to tenants, they see and start only those).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/access.h"

typedef struct {
  char *name;     /* "anna", "token nightly" */
  StoreRole role; /* what they may do */
  char **tenants; /* abbreviations they are bound to; NULL: all */
  char *email;    /* "" when none */
  gint64 account; /* 0: a token */
  char *session;  /* the session's hash; NULL: a token */
  char *csrf;     /* what each of its forms has to bring along; NULL: a token, which needs none */
} WebPrincipal;

void web_principal_free(WebPrincipal *principal); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebPrincipal, web_principal_free)

/* "FD,HP" as accounts and tokens have it; NULL for "". Free with g_strfreev(). */
char **web_tenants_split(const char *tenants);

bool web_principal_sees_all(const WebPrincipal *principal);
bool web_principal_sees(const WebPrincipal *principal, const char *tenant);

/* Whether a run of `tenants` ("FD,HP", "" for all) is to be seen: one of them is theirs. */
bool web_principal_sees_run(const WebPrincipal *principal, const char *tenants);

/* Whether all of `tenants` (NULL-terminated; NULL: all there are) are theirs to start. */
bool web_principal_may_start(const WebPrincipal *principal, const char *const *tenants);
