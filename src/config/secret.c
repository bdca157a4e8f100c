/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/secret.h"

#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/lines.h"

#define CREDENTIAL "credential:"

/* Where systemd puts what it hands over, with its '/' at the end; NULL when it does not. */
static char *
handed_over_folder(void) {
  const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
  return text_empty(folder) ? NULL : g_strconcat(folder, "/", NULL);
}

char *
secret_path(const char *text, const char *base, const char *folder) {
  if (!g_str_has_prefix(text, CREDENTIAL))
    return g_canonicalize_filename(text, base);
  const char *name = text + strlen(CREDENTIAL);
  g_autofree char *systemd = handed_over_folder();
  if (systemd == NULL)
    return g_build_filename(folder, "credentials", name, NULL);
  g_autofree char *flat = g_strdelimit(g_strdup(name), "/", '_');
  return g_strconcat(systemd, SECRET_CREDENTIALS "_", flat, NULL);
}

char *
secret_path_in(const char *directory, const char *name) {
  return g_strconcat(directory, secret_handed_over(directory) ? "_" : "/", name, NULL);
}

bool
secret_handed_over(const char *path) {
  g_autofree char *systemd = handed_over_folder();
  return systemd != NULL && g_str_has_prefix(path, systemd);
}

bool
secret_exposed(mode_t mode) {
  return (mode & 077) != 0;
}

bool
secret_valid(const char *text) {
  if (!g_utf8_validate(text, -1, NULL))
    return false;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
    if (g_unichar_iscntrl(g_utf8_get_char(p)))
      return false;
  return true;
}

char *
secret_read(const char *path, GError **error) {
  mode_t mode = 0;
  g_autoptr(GError) cause = NULL;
  g_auto(GStrv) lines = lines_read(path, SECRET_MAX_BYTES, &mode, NULL, &cause);
  if (lines == NULL && secret_handed_over(path)) {
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SECRET,
                "systemd hands over no such credential (%s %s); put the secret into the folder "
                "credentials beside the configuration and restart the service",
                path, cause->message);
    return NULL;
  }
  if (lines == NULL) {
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SECRET,
                "%s %s; it must be a text file this user can read, with the secret as its first "
                "line",
                path, cause->message);
    return NULL;
  }
  if (secret_exposed(mode) && !secret_handed_over(path)) {
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SECRET,
                "%s can be read by others (mode %04o); run chmod 600 %s", path, (guint)mode, path);
    return NULL;
  }
  g_autofree char *secret = text_trim(lines[0] == NULL ? "" : lines[0]);
  if (!secret_valid(secret)) {
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SECRET,
                "%s holds control characters in its first line; write the secret alone there",
                path);
    return NULL;
  }
  text_secret_add(secret);
  return g_steal_pointer(&secret);
}
