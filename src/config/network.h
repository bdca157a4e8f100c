/* Addresses and networks of the Internet protocol, as [web] trusted-proxies names them and requests
 * come from them. An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef struct {
  gint family; /* AF_INET, AF_INET6; 0: none */
  guint8 bytes[16];
  guint bits; /* so many of them count */
} Network;

/* "192.0.2.1" or "2001:db8::1", nothing else. */
bool network_parse_address(const char *text, Network *network);

/* An address, or a network: "192.0.2.0/24". False also when bits are set beyond its length, or when
 * it is everybody (/0). */
bool network_parse(const char *text, Network *network);

/* The address of a socket; false for other families. */
bool network_of(const struct sockaddr *from, Network *network);

/* Whether `address` is one of the network. */
bool network_contains(const Network *network, const Network *address);
bool network_is_loopback(const Network *address);
bool network_is_wildcard(const Network *address); /* 0.0.0.0, :: */

/* An address as text; "" for none. Free with g_free(). */
char *network_text(const Network *address);

/* The networks of a list with blanks or commas between them; NULL when one is none: *wrong then is
 * it, g_free(). Free with g_array_unref(). */
GArray *network_list(const char *text, char **wrong);
