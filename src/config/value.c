/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/email.h"
#include "base/listen.h"
#include "base/text.h"
#include "config/address.h"
#include "config/host.h"
#include "config/network.h"
#include "config/secret.h"
#include "scheduler/cron.h"

/* Stands for the entry of a value that comes from the key table and not from the file. */
static const KeyfileEntry built_in = { .group = "", .key = (char *)"", .value = (char *)"" };

/* Most bytes of a value that a message repeats. */
#define SHOWN_MAX 80

void
value_complain(ValueContext *context, ConfigError code, const KeyfileEntry *entry,
               const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  issues_add(context->issues, code, keyfile_path(context->file), entry->line, "[%s] %s%s",
             entry->group, entry->key, message);
}

void
value_warn(ValueContext *context, guint line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  const char *path = keyfile_path(context->file);
  g_ptr_array_add(context->config->warnings, line > 0
                                                 ? g_strdup_printf("%s:%u: %s", path, line, message)
                                                 : g_strdup_printf("%s: %s", path, message));
}

/* "=value " as a message may repeat it. */
static char *
shown(const KeyfileEntry *entry) {
  g_autofree char *text = text_display(entry->value, -1, SHOWN_MAX);
  return g_strdup_printf("=%s", text);
}

/* A field's text; what was there is freed. */
static void
set_text(gpointer field, char *text) {
  char **place = field;
  g_free(*place);
  *place = text;
}

static bool
set_int(ValueContext *context, const ConfigKey *key, const KeyfileEntry *entry, const char *text,
        gint *field) {
  gint64 number;
  if (g_ascii_string_to_signed(text, 10, key->min, key->max, &number, NULL)) {
    *field = (gint)number;
    return true;
  }
  g_autofree char *value = shown(entry);
  value_complain(context, CONFIG_ERROR_VALUE, entry,
                 "%s is not a whole number from %d to %d; write %s, for example %s", value,
                 key->min, key->max, key->help, key->fallback);
  return false;
}

/* The index of `text` among the key's choices, −1 when it is none of them. */
static gint
choice(ValueContext *context, const ConfigKey *key, const KeyfileEntry *entry, const char *text) {
  for (gint i = 0; key->choices[i] != NULL; i++)
    if (g_str_equal(key->choices[i], text))
      return i;
  g_autofree char *value = shown(entry);
  g_autofree char *list = g_strjoinv(" or ", (char **)key->choices);
  value_complain(context, CONFIG_ERROR_VALUE, entry, "%s is not known; write %s", value, list);
  return -1;
}

static bool
set_word(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0') {
    set_text(field, g_strdup(text));
    return true;
  }
  g_autofree char *value = shown(entry);
  value_complain(context, CONFIG_ERROR_VALUE, entry,
                 "%s holds more than a–z, 0–9 and '_'; write a name as Moodle has it, for example "
                 "manual",
                 value);
  return false;
}

/* Why `path` is no file we can read, NULL when it is. */
static char *
why_unreadable(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return g_strdup(g_strerror(errno));
  struct stat status;
  bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  close(fd);
  return regular ? NULL : g_strdup("not a regular file");
}

static bool
set_pem(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  if (*text == '\0') {
    set_text(field, NULL);
    return true;
  }
  g_autofree char *path =
      secret_path(text, context->config->zms.certificationpath, context->folder);
  g_autofree char *why = why_unreadable(path);
  if (why != NULL) {
    value_complain(context, CONFIG_ERROR_CERTIFICATE, entry,
                   ": %s cannot be read (%s); put the PEM file there and let this user read it, or "
                   "correct the name (relative names begin in %s)",
                   path, why, context->config->zms.certificationpath);
    /* Remembered all the same, so that a pair does not also count as half a pair. */
  }
  set_text(field, g_steal_pointer(&path));
  return true;
}

static bool
set_url(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  bool plain = false;
  g_autoptr(GError) cause = NULL;
  if (*text != '\0' && !address_check(text, &plain, &cause)) {
    value_complain(context, CONFIG_ERROR_VALUE, entry, " %s", cause->message);
    return false;
  }
  if (plain)
    value_warn(context, entry->line,
               "[%s] %s is an http address: nothing is encrypted and no "
               "certificate is checked; use it for simulators on this machine only",
               entry->group, entry->key);
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_timezone(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(text);
  if (zone == NULL && entry == &built_in) {
    issues_add(context->issues, CONFIG_ERROR_VALUE, keyfile_path(context->file), 0,
               "the system does not know the default time zone %s; install the package tzdata",
               text);
    return true;
  }
  if (zone == NULL) {
    g_autofree char *value = shown(entry);
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   "%s is no time zone this system knows; write a name such as Europe/Berlin "
                   "(and see that the package tzdata is installed)",
                   value);
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_schedule(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  g_autoptr(GError) cause = NULL;
  g_autoptr(Cron) cron = cron_parse(text, &cause);
  if (cron == NULL) {
    g_autofree char *value = shown(entry);
    value_complain(context, CONFIG_ERROR_VALUE, entry, "%s %s", value, cause->message);
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_smtp(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  bool open = false;
  g_autoptr(GError) cause = NULL;
  if (*text != '\0' && !address_check_mail(text, &open, &cause)) {
    value_complain(context, CONFIG_ERROR_VALUE, entry, " %s", cause->message);
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_email(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  if (*text != '\0' && !email_is_possible(text)) {
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   " is not an e-mail address; write one, such as lehrgaenge@example.org");
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

/* An address of this machine, not a name: a name may come to mean more than one. */
static bool
is_listen(const char *text) {
  const char *port = NULL;
  guint64 number;
  Network address;
  g_autofree char *host = listen_host(text, &port);
  return host != NULL && g_ascii_string_to_unsigned(port, 10, 0, 65535, &number, NULL) &&
         (text[0] == '[') == (strchr(host, ':') != NULL) && network_parse_address(host, &address);
}

static bool
set_listen(ValueContext *context, const ConfigKey *key, const KeyfileEntry *entry, const char *text,
           gpointer field) {
  if (g_str_equal(text, "off")) {
    set_text(field, NULL);
    return true;
  }
  if (!is_listen(text)) {
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   " is not a numeric address with a port; write %s, [::1]%s, or off",
                   key->fallback, strrchr(key->fallback, ':'));
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_hosts(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  g_autofree char *wrong = NULL;
  g_autoptr(GArray) hosts = host_list(text, &wrong);
  if (hosts == NULL) {
    g_autofree char *word = text_display(wrong, -1, SHOWN_MAX);
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   ": \"%s\" is no name of a host; write names with blanks between them, without "
                   "https:// and path, for example lehrgaenge.example.org",
                   word);
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

static bool
set_networks(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  g_autofree char *wrong = NULL;
  g_autoptr(GArray) networks = network_list(text, &wrong);
  if (networks == NULL) {
    g_autofree char *word = text_display(wrong, -1, SHOWN_MAX);
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   ": \"%s\" is neither an address nor a network; write them with blanks between, "
                   "for example 127.0.0.1 192.0.2.0/24 2001:db8::/32",
                   word);
    return false;
  }
  set_text(field, g_strdup(text));
  return true;
}

/* The value itself is not repeated: it may be the password of thousands. */
static bool
set_passwords(ValueContext *context, const KeyfileEntry *entry, const char *text, gpointer field) {
  if (!g_str_equal(text, "none") && !g_str_equal(text, "mail")) {
    if (strstr(text, "{username}") == NULL) {
      value_complain(context, CONFIG_ERROR_VALUE, entry,
                     " is a template without {username}, so everyone would have the same password; "
                     "write none, mail, or a template that holds {username}");
      return false;
    }
    value_warn(
        context, entry->line,
        "[%s] %s is a template: whoever knows someone's user name knows the password; none or "
        "mail are safer",
        entry->group, entry->key);
  }
  set_text(field, g_strdup(text));
  return true;
}

/* A secret stands in the configuration file itself: then that file is a secret. */
static void
check_exposed(ValueContext *context, const KeyfileEntry *entry) {
  if (context->exposed || !secret_exposed(keyfile_mode(context->file)))
    return;
  context->exposed = true;
  const char *path = keyfile_path(context->file);
  value_complain(
      context, CONFIG_ERROR_SECRET, entry,
      " is a secret in a file that others can read (mode %04o); run chmod 600 %s, or give "
      "the secret as %s-file",
      (guint)keyfile_mode(context->file), path, entry->key);
}

/* The text of a secret: from its own entry or from NAME-file. False when something was wrong. */
static bool
secret_text(ValueContext *context, const ConfigKey *key, const KeyfileEntry *own,
            const KeyfileEntry *file, char **text) {
  bool has_own = own != NULL && *own->value != '\0';
  if (file == NULL || *file->value == '\0') {
    *text = g_strdup(has_own ? own->value : key->fallback);
    return true;
  }
  if (has_own) {
    value_complain(context, CONFIG_ERROR_VALUE, file, " and %s are both given; remove one of them",
                   own->key);
    return false;
  }
  g_autofree char *path = secret_path(file->value, context->folder, context->folder);
  g_autoptr(GError) cause = NULL;
  g_autofree char *secret = secret_read(path, &cause);
  if (secret == NULL) {
    value_complain(context, CONFIG_ERROR_SECRET, file, ": %s", cause->message);
    return false;
  }
  if (*secret == '\0') {
    value_complain(context, CONFIG_ERROR_SECRET, file,
                   ": the first line of %s is empty; write the secret there, or remove this line",
                   path);
    return false;
  }
  *text = g_steal_pointer(&secret);
  return true;
}

static bool
set_secret(ValueContext *context, const ConfigKey *key, const KeyfileEntry *own,
           const KeyfileEntry *file, gpointer field) {
  g_autofree char *text = NULL;
  if (!secret_text(context, key, own, file, &text))
    return false;
  const KeyfileEntry *from = file != NULL && *file->value != '\0' ? file : own;
  if (key->type == CONFIG_KEY_DATABASE && *text != '\0') {
    g_autofree char *password = address_password(text);
    if (password != NULL) {
      g_autofree char *decoded = g_uri_unescape_string(password, NULL);
      text_secret_add(password);
      text_secret_add(decoded);
    }
    if (password != NULL && own != NULL && from == own)
      check_exposed(context, own);
    if (!g_str_has_prefix(text, "postgresql://") && !g_str_has_prefix(text, "postgres://")) {
      value_complain(
          context, CONFIG_ERROR_VALUE, from,
          " is not the address of a PostgreSQL database; write postgresql://HOST/NAME, or "
          "leave it out to use a file");
      return false;
    }
  } else if (*text != '\0') {
    text_secret_add(text);
    if (own != NULL && from == own)
      check_exposed(context, own);
  }
  set_text(field, g_steal_pointer(&text));
  return true;
}

/* True when the field was set; false when `text` was refused and complained about. */
static bool
set_plain(ValueContext *context, const ConfigKey *key, const KeyfileEntry *entry, const char *text,
          gpointer field) {
  switch (key->type) {
  case CONFIG_KEY_INT:
    return set_int(context, key, entry, text, field);
  case CONFIG_KEY_CHOICE: {
    gint index = choice(context, key, entry, text);
    if (index >= 0)
      set_text(field, g_strdup(text));
    return index >= 0;
  }
  case CONFIG_KEY_SWITCH: {
    gint index = choice(context, key, entry, text);
    *(bool *)field = index == 1;
    return index >= 0;
  }
  case CONFIG_KEY_PATH:
    set_text(field, *text == '\0' ? NULL : secret_path(text, context->folder, context->folder));
    return true;
  case CONFIG_KEY_WORD:
    return set_word(context, entry, text, field);
  case CONFIG_KEY_PEM:
    return set_pem(context, entry, text, field);
  case CONFIG_KEY_URL:
    return set_url(context, entry, text, field);
  case CONFIG_KEY_SMTP:
    return set_smtp(context, entry, text, field);
  case CONFIG_KEY_EMAIL:
    return set_email(context, entry, text, field);
  case CONFIG_KEY_LISTEN:
    return set_listen(context, key, entry, text, field);
  case CONFIG_KEY_HOSTS:
    return set_hosts(context, entry, text, field);
  case CONFIG_KEY_NETWORKS:
    return set_networks(context, entry, text, field);
  case CONFIG_KEY_TIMEZONE:
    return set_timezone(context, entry, text, field);
  case CONFIG_KEY_SCHEDULE:
    return set_schedule(context, entry, text, field);
  case CONFIG_KEY_PASSWORDS:
    return set_passwords(context, entry, text, field);
  case CONFIG_KEY_TEXT:
    set_text(field, g_strdup(text));
    return true;
  case CONFIG_KEY_SECRET:
  case CONFIG_KEY_DATABASE:
    break; /* set_secret() */
  }
  g_assert_not_reached();
}

void
value_set(ValueContext *context, const ConfigKey *key, const char *group, gpointer base) {
  gpointer field = G_STRUCT_MEMBER_P(base, key->offset);
  const KeyfileEntry *entry = group == NULL ? NULL : keyfile_find(context->file, group, key->name);
  if (config_keys_has_file(key)) {
    g_autofree char *name = g_strconcat(key->name, "-file", NULL);
    const KeyfileEntry *file = group == NULL ? NULL : keyfile_find(context->file, group, name);
    if (!set_secret(context, key, entry, file, field))
      set_text(field, g_strdup(key->fallback));
    return;
  }
  if (entry != NULL && *entry->value == '\0' && *key->fallback != '\0') {
    value_complain(context, CONFIG_ERROR_VALUE, entry,
                   " is empty; write %s, or remove the line to get %s", key->help, key->fallback);
    entry = NULL;
  }
  if (entry == NULL || !set_plain(context, key, entry, entry->value, field))
    set_plain(context, key, &built_in, key->fallback, field);
}

bool
value_pair_whole(ValueContext *context, const char *group, const char *certificate,
                 const char *key) {
  if ((certificate == NULL) == (key == NULL))
    return true;
  bool key_missing = key == NULL;
  const KeyfileEntry *entry =
      keyfile_find(context->file, group, key_missing ? "certificate" : "key");
  value_complain(context, CONFIG_ERROR_CERTIFICATE, entry,
                 " is given without its %s; give both, or neither",
                 key_missing ? "key" : "certificate");
  return false;
}
