/* Raw fetching: what reading all answers costs when nobody looks at them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Reads, as a run does, the list and the Teilnehmer of every tenant configured in the file
 * `config`, as many tenants at once as there are connections, and throws the answers away. Prints
 * the number of requests. False and `error` when anything could not be read. */
bool raw_fetch(const char *config, GError **error);
