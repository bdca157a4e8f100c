/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/static.h"

#include <string.h>

#include "web/routes.h"
#include "web/static_files.h"

/* Hexadecimal digits of a file's hash in its address. */
#define HASH_DIGITS 16

static const WebStatic files[] = {
  { "style.css", "text/css; charset=utf-8", web_file_style_css, sizeof web_file_style_css },
  { "script.js", "text/javascript; charset=utf-8", web_file_script_js, sizeof web_file_script_js },
  { "icon.svg", "image/svg+xml", web_file_icon_svg, sizeof web_file_icon_svg },
  { "openapi.json", "application/json; charset=utf-8", web_file_openapi_json,
    sizeof web_file_openapi_json },
};

const WebStatic *
web_static_find(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(files); i++)
    if (strcmp(files[i].name, name) == 0)
      return &files[i];
  return NULL;
}

static char *
hash_of(const WebStatic *file) {
  char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, file->data, file->length);
  hash[HASH_DIGITS] = '\0';
  return hash;
}

char *
web_static_path(const char *name) {
  const WebStatic *file = web_static_find(name);
  g_assert(file != NULL);
  g_autofree char *hash = hash_of(file);
  return g_strdup_printf("/static/%s?v=%s", name, hash);
}

static bool
send_file(WebCall *call, GError **error) {
  (void)error;
  const WebStatic *file = web_static_find(call->args[0]);
  if (file == NULL)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  g_autofree char *hash = hash_of(file);
  web_answer_set(call->answer, 200, file->type);
  call->answer->fixed = strcmp(web_query(call, "v"), hash) == 0;
  g_string_append_len(call->answer->body, (const char *)file->data, (gssize)file->length);
  return true;
}

const WebRoute web_static_routes[] = {
  { WEB_GET, "/static/{file}", ROLE_VIEWER, WEB_OPEN | WEB_STORELESS, send_file },
  { 0 },
};
