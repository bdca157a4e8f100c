/* The tenants a simulator serves, and the token each of them shows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SIM_ERROR (g_quark_from_static_string("sim-error"))
enum { SIM_ERROR_USAGE, SIM_ERROR_FILE, SIM_ERROR_NETWORK, SIM_ERROR_TLS };

#define TENANTS_MAX 99      /* so that generated person numbers have eight digits */
#define TENANTS_MAX_ABBR 24 /* bytes; ids hold it */

typedef struct {
  char *name;
  char *abbr;
  char *slug; /* text_slug_bytes(abbr): the name of its files */
  char *token;
} Tenant;

typedef struct Tenants Tenants;

/* `count` tenants (1 … TENANTS_MAX), or with 0 as many as are listed: from the TSV `file` (name,
 * tab, abbreviation; empty lines and lines with # are skipped), or with NULL those of Hesse, and
 * made-up ones after them. Each token is derived from seed and abbreviation and the same on every
 * machine. NULL and `error` when the file is not such a list or too short, or two tenants share a
 * file name. Free with tenants_free(). */
Tenants *tenants_new(const char *file, guint count, guint64 seed, GError **error);
void tenants_free(Tenants *tenants); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tenants, tenants_free)

guint tenants_count(const Tenants *tenants);
const Tenant *tenants_get(const Tenants *tenants, guint index);

/* Which tenant has this token (abbreviation); −1 for none, NULL too. */
gint tenants_by_token(const Tenants *tenants, const char *token);
gint tenants_by_abbr(const Tenants *tenants, const char *abbr);

/* Writes each tenant's token into `folder`/slug, mode 0600; makes the folder (mode 0700) when
 * missing. */
bool tenants_write_keys(const Tenants *tenants, const char *folder, GError **error);
