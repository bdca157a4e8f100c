/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/host.h"

#include <string.h>

#include "config/network.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-_."
/* As long as a name of the DNS can be. */
#define MAX_NAME 253

void
host_clear(Host *host) {
  g_free(host->name);
  *host = (Host){ 0 };
}

static void
clear_host(gpointer host) {
  host_clear(host);
}

/* Where the port begins (its colon), the end of `text` when there is none; NULL: neither. */
static const char *
name_end(const char *text) {
  const char *end = *text == '[' ? strchr(text, ']') : text + strcspn(text, ":");
  if (end != NULL && *end == ']')
    end++;
  return end != NULL && (*end == '\0' || *end == ':') ? end : NULL;
}

/* An address of IPv6 is brought into its one form, so that all ways to write it are the same. */
static char *
address_name(const char *text, gsize length) {
  g_autofree char *bare = g_strndup(text + 1, length - 2);
  Network address;
  return strchr(bare, ':') != NULL && network_parse_address(bare, &address) ? network_text(&address)
                                                                            : NULL;
}

static char *
plain_name(const char *text, gsize length) {
  g_autofree char *name = g_ascii_strdown(text, (gssize)length);
  if (length > 1 && name[length - 1] == '.')
    name[--length] = '\0';
  bool good = length > 0 && length <= MAX_NAME && strspn(name, LETTERS) == length &&
              name[0] != '.' && strstr(name, "..") == NULL;
  return good ? g_steal_pointer(&name) : NULL;
}

bool
host_parse(const char *text, Host *host) {
  const char *end = name_end(text);
  guint64 port = 0;
  *host = (Host){ 0 };
  if (end == NULL || end - text < 1 ||
      (*end == ':' && !g_ascii_string_to_unsigned(end + 1, 10, 1, 65535, &port, NULL)))
    return false;
  gsize length = (gsize)(end - text);
  host->name = *text == '[' ? address_name(text, length) : plain_name(text, length);
  host->port = (guint)port;
  return host->name != NULL;
}

bool
host_means(const Host *asked, const Host *allowed) {
  return strcmp(asked->name, allowed->name) == 0 &&
         (allowed->port == 0 || allowed->port == asked->port);
}

GArray *
host_list(const char *text, char **wrong) {
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Host));
  g_array_set_clear_func(all, clear_host);
  g_auto(GStrv) words = g_strsplit_set(text, " \t,", -1);
  for (char **word = words; *word != NULL; word++) {
    Host host;
    if (**word == '\0')
      continue;
    if (!host_parse(*word, &host)) {
      *wrong = g_strdup(*word);
      return NULL;
    }
    g_array_append_val(all, host);
  }
  return g_steal_pointer(&all);
}
