/* The form by which an import is asked for, or its preview: read, checked, shown again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"

typedef struct {
  gint year;
  char **tenants; /* in configured order; NULL: all */
  bool allow_removals;
  char *once; /* one for each form that was sent out, so that it is not queued twice */
  /* What is wrong, a sentence in the call's language; NULL: nothing. */
  char *year_error, *tenants_error;
} ImportForm;
void import_form_clear(ImportForm *form);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImportForm, import_form_clear)

/* An empty one: this year, all that may be chosen. */
void import_form_init(ImportForm *form, const WebCall *call);

/* What the call's form says. False: an error is set, or *role is true because a box was ticked that
 * only administrators have. */
bool import_form_read(ImportForm *form, const WebCall *call, bool *role);

/* The tenants that the principal may choose from: const ConfigTenant *, those with an apikey that
 * are theirs. Free with g_ptr_array_unref(). */
GPtrArray *import_form_choices(const WebCall *call);

/* The form; `queue`: starting it means that it waits for its turn. */
void import_form_show(WebCall *call, Html *html, const ImportForm *form, bool queue);

/* A button that starts the import of `form` at once, with all it says hidden in it. */
void import_form_show_start(WebCall *call, Html *html, const ImportForm *form);

/* "2026 FD,HP" for the audit log. Free with g_free(). */
char *import_form_subject(const ImportForm *form);

/* Names of tenants with a comma between, or the word for all. Of those of others nothing is said.
 * g_free(). */
char *import_form_tenants_text(const WebCall *call, char *const *tenants);
