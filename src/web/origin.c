/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/origin.h"

#include <string.h>

#include "base/listen.h"
#include "config/host.h"

/* More proxies in a row are not looked at. */
#define MAX_HOPS 16

struct Origin {
  Network listens; /* on that address */
  GArray *hosts;   /* of Host */
  GArray *proxies; /* of Network */
};

Origin *
origin_new(const Config *config) {
  Origin *origin = g_new0(Origin, 1);
  g_autofree char *wrong_host = NULL, *wrong_proxy = NULL; /* the configuration is checked */
  g_autofree char *address = listen_host(config->web.listen, NULL);
  if (address == NULL || !network_parse_address(address, &origin->listens))
    origin->listens = (Network){ 0 };
  origin->hosts = host_list(config->web.hosts, &wrong_host);
  origin->proxies = network_list(config->web.trusted_proxies, &wrong_proxy);
  return origin;
}

void
origin_free(Origin *origin) {
  if (origin == NULL)
    return;
  if (origin->hosts != NULL)
    g_array_unref(origin->hosts);
  if (origin->proxies != NULL)
    g_array_unref(origin->proxies);
  g_free(origin);
}

bool
origin_trusts(const Origin *origin, const Network *peer) {
  for (guint i = 0; origin->proxies != NULL && i < origin->proxies->len; i++)
    if (network_contains(&g_array_index(origin->proxies, Network, i), peer))
      return true;
  return false;
}

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1". */
static bool
parse_hop(const char *text, Network *hop) {
  g_auto(Host) host = { 0 };
  return network_parse_address(text, hop) ||
         (host_parse(text, &host) && network_parse_address(host.name, hop));
}

Network
origin_client(const Origin *origin, const Network *peer, const WebFields *headers) {
  Network client = *peer;
  g_autofree const char **values = web_fields_all(headers, "X-Forwarded-For");
  g_autofree char *chain = g_strjoinv(",", (char **)values);
  for (guint hops = 0; hops < MAX_HOPS && origin_trusts(origin, &client); hops++) {
    char *comma = strrchr(chain, ',');
    Network hop;
    if (!parse_hop(g_strstrip(comma != NULL ? comma + 1 : chain), &hop))
      break;
    client = hop;
    *(comma != NULL ? comma : chain) = '\0';
  }
  return client;
}

char *
origin_last(const WebFields *headers, const char *name) {
  g_autofree const char **values = web_fields_all(headers, name);
  guint count = g_strv_length((char **)values);
  if (count == 0)
    return NULL;
  const char *comma = strrchr(values[count - 1], ',');
  return g_strstrip(g_strdup(comma != NULL ? comma + 1 : values[count - 1]));
}

static bool
is_own_address(const Origin *origin, const Network *address, const Network *local) {
  if (network_is_loopback(address) && network_is_loopback(&origin->listens))
    return true;
  if (network_is_wildcard(&origin->listens))
    return network_contains(local, address);
  return network_contains(&origin->listens, address);
}

bool
origin_allows(const Origin *origin, const char *host, const Network *local) {
  g_auto(Host) asked = { 0 };
  Network address;
  if (!host_parse(host, &asked))
    return false;
  for (guint i = 0; origin->hosts != NULL && i < origin->hosts->len; i++)
    if (host_means(&asked, &g_array_index(origin->hosts, Host, i)))
      return true;
  if (strcmp(asked.name, "localhost") == 0)
    return network_is_loopback(&origin->listens);
  return network_parse_address(asked.name, &address) && is_own_address(origin, &address, local);
}
