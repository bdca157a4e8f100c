/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_password.h"

#define MIN_LENGTH 8

bool
msim_password_internal(const char *auth) {
  static const char *const internal[] = { "email", "lti", "manual", "nologin", "none" };
  for (gsize i = 0; i < G_N_ELEMENTS(internal); i++) {
    if (g_str_equal(auth, internal[i]))
      return true;
  }
  return false;
}

static char *
complaints(const char *password) {
  guint digits = 0, lower = 0, upper = 0, other = 0;
  for (const char *c = password; *c != '\0'; c = g_utf8_next_char(c)) {
    gunichar letter = g_utf8_get_char(c);
    if (g_unichar_isdigit(letter))
      digits++;
    else if (g_unichar_islower(letter))
      lower++;
    else if (g_unichar_isupper(letter))
      upper++;
    else
      other++;
  }
  return g_strconcat(
      g_utf8_strlen(password, -1) < MIN_LENGTH
          ? "<div>Passwords must be at least 8 characters long.</div>"
          : "",
      digits == 0 ? "<div>Passwords must have at least 1 digit(s).</div>" : "",
      lower == 0 ? "<div>Passwords must have at least 1 lower case letter(s).</div>" : "",
      upper == 0 ? "<div>Passwords must have at least 1 upper case letter(s).</div>" : "",
      other == 0 ? "<div>The password must have at least 1 special character(s) such as *, -, or #."
                   "</div>"
                 : "",
      NULL);
}

bool
msim_password_check(MsimCall *call, const char *password) {
  if (!call->site->password_policy)
    return true;
  g_autofree char *text = complaints(password);
  return text[0] == '\0' || msim_throw(call, "moodle_exception", text, "error/%s", text);
}

char *
msim_password_hash(MsimCall *call, const char *password) {
  GError *error = NULL;
  char *hash = embedded_user_hash_password(password, &error);
  if (hash == NULL)
    msim_throw_error(call, error);
  return hash;
}

char *
msim_password_made_up(MsimCall *call) {
  g_autofree char *password = g_uuid_string_random();
  return msim_password_hash(call, password);
}
