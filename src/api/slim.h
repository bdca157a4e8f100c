/* Makes large answers cheap: most of what ZMS sends is fields that nobody here reads, and building
 * a tree of them costs several times what reading them off the wire does. This copies a JSON array
 * of objects without those fields, so that the parser sees only the rest.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* `data` without the members of each item whose key is not among `keys` (NULL-terminated), its
 * length in `*slim_length`; free with g_free(). Items that are no objects stay as they are, and so
 * the items' numbers do.
 *
 * NULL unless `data` is beyond doubt an array of valid JSON, nested no deeper than jsonget.h
 * allows, with plain keys and numbers: then the parser must judge the original. Only one fault
 * escapes: a key given twice among those left out. */
char *slim_array(const char *data, gsize length, const char *const *keys, gsize *slim_length);
