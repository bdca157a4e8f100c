/* Names of hosts as [web] hosts has them and browsers send them: "lehrgaenge.example.org",
 * "example.org:8443", "192.0.2.1", "[2001:db8::1]:8480".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
  char *name; /* lower case, without brackets and the dot at its end */
  guint port; /* 0: none given */
} Host;
void host_clear(Host *host);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_clear)

/* False, and nothing to clear, when `text` is no such name. */
bool host_parse(const char *text, Host *host);

/* Whether somebody who asks for `asked` means `allowed`: the same name; the port counts only when
 * `allowed` has one. */
bool host_means(const Host *asked, const Host *allowed);

/* The hosts of a list with blanks or commas between them; NULL when one is none: *wrong then is it,
 * g_free(). Free with g_array_unref(). */
GArray *host_list(const char *text, char **wrong);
