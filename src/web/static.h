/* The files that are part of the program: stylesheet, script, icon, the description of the JSON
 * interface.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  const char *name; /* "style.css" */
  const char *type; /* its content type */
  const guint8 *data;
  gsize length;
} WebStatic;

/* The file of that name, or NULL. */
const WebStatic *web_static_find(const char *name);

/* Its address, with a hash of what it holds in it, so that browsers may keep it for good:
 * "/static/style.css?v=1a2b3c4d". Free with g_free(). */
char *web_static_path(const char *name);
