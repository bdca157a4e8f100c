/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static guint
length_of(gint family) {
  return family == AF_INET ? 4 : 16;
}

static void
set(Network *network, gint family, const guint8 *bytes) {
  bool is_mapped = family == AF_INET6 && memcmp(bytes, mapped, sizeof mapped) == 0;
  *network = (Network){ .family = is_mapped ? AF_INET : family };
  memcpy(network->bytes, is_mapped ? bytes + sizeof mapped : bytes, length_of(network->family));
  network->bits = 8 * length_of(network->family);
}

bool
network_parse_address(const char *text, Network *network) {
  guint8 bytes[16];
  gint family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  if (inet_pton(family, text, bytes) != 1)
    return false;
  set(network, family, bytes);
  return true;
}

static bool
bit(const guint8 *bytes, guint index) {
  return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

bool
network_parse(const char *text, Network *network) {
  const char *slash = strchr(text, '/');
  guint64 bits;
  if (slash == NULL)
    return network_parse_address(text, network);
  g_autofree char *address = g_strndup(text, (gsize)(slash - text));
  if (!network_parse_address(address, network) ||
      !g_ascii_string_to_unsigned(slash + 1, 10, 1, network->bits, &bits, NULL))
    return false;
  for (guint i = (guint)bits; i < network->bits; i++)
    if (bit(network->bytes, i))
      return false;
  network->bits = (guint)bits;
  return true;
}

bool
network_of(const struct sockaddr *from, Network *network) {
  *network = (Network){ 0 };
  if (from == NULL)
    return false;
  if (from->sa_family == AF_INET) {
    struct sockaddr_in four;
    memcpy(&four, from, sizeof four);
    set(network, AF_INET, (const guint8 *)&four.sin_addr);
  } else if (from->sa_family == AF_INET6) {
    struct sockaddr_in6 six;
    memcpy(&six, from, sizeof six);
    set(network, AF_INET6, (const guint8 *)&six.sin6_addr);
  }
  return network->family != 0;
}

bool
network_contains(const Network *network, const Network *address) {
  if (network->family != address->family || network->family == 0)
    return false;
  for (guint i = 0; i < network->bits; i++)
    if (bit(network->bytes, i) != bit(address->bytes, i))
      return false;
  return true;
}

bool
network_is_loopback(const Network *address) {
  static const guint8 one[16] = { [15] = 1 };
  return address->family == AF_INET
             ? address->bytes[0] == 127
             : address->family == AF_INET6 && memcmp(address->bytes, one, sizeof one) == 0;
}

bool
network_is_wildcard(const Network *address) {
  static const guint8 none[16] = { 0 };
  return address->family != 0 && memcmp(address->bytes, none, sizeof none) == 0;
}

char *
network_text(const Network *address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->family != 0)
    inet_ntop(address->family, address->bytes, text, sizeof text);
  return g_strdup(text);
}

GArray *
network_list(const char *text, char **wrong) {
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Network));
  g_auto(GStrv) words = g_strsplit_set(text, " \t,", -1);
  for (char **word = words; *word != NULL; word++) {
    Network network;
    if (**word == '\0')
      continue;
    if (!network_parse(*word, &network)) {
      *wrong = g_strdup(*word);
      return NULL;
    }
    g_array_append_val(all, network);
  }
  return g_steal_pointer(&all);
}
