/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tenants.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "names.h"

/* Characters of a token: 160 bits of the hash. */
#define TOKEN_LENGTH 40

struct Tenants {
  GPtrArray *list;      /* of Tenant */
  GHashTable *by_token; /* char * → index */
  GHashTable *by_abbr;
  GHashTable *by_slug;
};

static void
tenant_free(gpointer data) {
  Tenant *tenant = data;
  g_free(tenant->name);
  g_free(tenant->abbr);
  g_free(tenant->slug);
  g_free(tenant->token);
  g_free(tenant);
}

static char *
make_token(guint64 seed, const char *abbr) {
  autochar text = g_strdup_printf("zms-sim token %" G_GUINT64_FORMAT " %s", seed, abbr);
  char *token = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  token[TOKEN_LENGTH] = '\0';
  return token;
}

static bool
add(Tenants *tenants, const char *name, const char *abbr, guint64 seed, GError **error) {
  if (tenants->list->len == TENANTS_MAX) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE, "more than %d tenants", TENANTS_MAX);
    return false;
  }
  autochar slug = text_slug_bytes(abbr);
  if (g_hash_table_contains(tenants->by_slug, slug)) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE,
                "two tenants' files would be named %s: give them different abbreviations", slug);
    return false;
  }
  Tenant *tenant = g_new0(Tenant, 1);
  tenant->name = g_strdup(name);
  tenant->abbr = g_strdup(abbr);
  tenant->slug = g_steal_pointer(&slug);
  tenant->token = make_token(seed, abbr);
  gpointer index = GUINT_TO_POINTER(tenants->list->len);
  g_ptr_array_add(tenants->list, tenant);
  g_hash_table_insert(tenants->by_token, tenant->token, index);
  g_hash_table_insert(tenants->by_abbr, tenant->abbr, index);
  g_hash_table_insert(tenants->by_slug, tenant->slug, index);
  return true;
}

static bool
add_line(Tenants *tenants, const char *text, guint64 seed, GError **error) {
  autochar line = text_trim(text);
  if (line[0] == '\0' || line[0] == '#')
    return true;
  char *tab = strchr(line, '\t');
  if (tab == NULL || !g_utf8_validate(line, -1, NULL)) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE, "not a name, a tab and an abbreviation");
    return false;
  }
  *tab = '\0';
  autochar name = text_trim(line);
  autochar abbr = text_trim(tab + 1);
  if (text_empty(name) || text_empty(abbr) || strlen(abbr) > TENANTS_MAX_ABBR) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE,
                "name or abbreviation is empty, or the abbreviation is longer than %d bytes",
                TENANTS_MAX_ABBR);
    return false;
  }
  return add(tenants, name, abbr, seed, error);
}

static bool
add_file(Tenants *tenants, const char *file, guint count, guint64 seed, GError **error) {
  autochar text = NULL;
  if (!g_file_get_contents(file, &text, NULL, error)) {
    g_prefix_error(error, "the list of tenants cannot be read: ");
    return false;
  }
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && (count == 0 || tenants->list->len < count); i++) {
    if (!add_line(tenants, lines[i], seed, error)) {
      g_prefix_error(error, "%s:%u: ", file, i + 1);
      return false;
    }
  }
  if (tenants->list->len == 0 || tenants->list->len < count) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE, "%s lists %u tenants, %u are needed", file,
                tenants->list->len, MAX(count, 1));
    return false;
  }
  return true;
}

static bool
add_known(Tenants *tenants, guint count, guint64 seed, GError **error) {
  for (guint i = 0; count == 0 ? names_tenant(i) != NULL : i < count; i++) {
    const NamesTenant *known = names_tenant(i);
    autochar name = g_strdup_printf("Landkreis Musterstadt %u", i + 1);
    autochar abbr = g_strdup_printf("T%u", i + 1);
    if (!add(tenants, known ? known->name : name, known ? known->abbr : abbr, seed, error))
      return false;
  }
  return true;
}

Tenants *
tenants_new(const char *file, guint count, guint64 seed, GError **error) {
  g_autoptr(Tenants) tenants = g_new0(Tenants, 1);
  tenants->list = g_ptr_array_new_with_free_func(tenant_free);
  tenants->by_token = g_hash_table_new(g_str_hash, g_str_equal);
  tenants->by_abbr = g_hash_table_new(g_str_hash, g_str_equal);
  tenants->by_slug = g_hash_table_new(g_str_hash, g_str_equal);
  bool fine = file != NULL ? add_file(tenants, file, count, seed, error)
                           : add_known(tenants, count, seed, error);
  return fine ? g_steal_pointer(&tenants) : NULL;
}

void
tenants_free(Tenants *tenants) {
  if (tenants == NULL)
    return;
  g_hash_table_unref(tenants->by_token);
  g_hash_table_unref(tenants->by_abbr);
  g_hash_table_unref(tenants->by_slug);
  g_ptr_array_unref(tenants->list);
  g_free(tenants);
}

guint
tenants_count(const Tenants *tenants) {
  return tenants->list->len;
}

const Tenant *
tenants_get(const Tenants *tenants, guint index) {
  return g_ptr_array_index(tenants->list, index);
}

static gint
find(GHashTable *table, const char *key) {
  gpointer index;
  if (key == NULL || !g_hash_table_lookup_extended(table, key, NULL, &index))
    return -1;
  return (gint)GPOINTER_TO_UINT(index);
}

gint
tenants_by_token(const Tenants *tenants, const char *token) {
  return find(tenants->by_token, token);
}

gint
tenants_by_abbr(const Tenants *tenants, const char *abbr) {
  return find(tenants->by_abbr, abbr);
}

static bool
write_key(const char *path, const char *token, GError **error) {
  /* The file is made anew, so that its mode holds even if somebody left a readable one there. */
  g_unlink(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gsize length = strlen(token);
  bool fine = fd >= 0 && write(fd, token, length) == (gssize)length;
  int why = errno;
  if (fd >= 0 && close(fd) != 0 && fine) {
    fine = false;
    why = errno;
  }
  if (!fine)
    g_set_error(error, SIM_ERROR, SIM_ERROR_FILE, "cannot write the key file %s: %s", path,
                g_strerror(why));
  return fine;
}

bool
tenants_write_keys(const Tenants *tenants, const char *folder, GError **error) {
  if (g_mkdir_with_parents(folder, 0700) != 0) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_FILE, "cannot make the folder %s: %s", folder,
                g_strerror(errno));
    return false;
  }
  for (guint i = 0; i < tenants->list->len; i++) {
    const Tenant *tenant = tenants_get(tenants, i);
    autochar path = g_build_filename(folder, tenant->slug, NULL);
    if (!write_key(path, tenant->token, error))
      return false;
  }
  return true;
}
