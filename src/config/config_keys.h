/* The table of all keys (SPEC 7). The loader, its messages and the check of docs/CONFIGURATION.md
 * know keys from here only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
  CONFIG_KEY_TEXT,   /* char *: any text */
  CONFIG_KEY_WORD,   /* char *: letters a-z, digits and '_' */
  CONFIG_KEY_INT,    /* gint: min … max */
  CONFIG_KEY_CHOICE, /* char *: one of choices */
  CONFIG_KEY_SWITCH, /* bool: false for the first of choices, true for the second */
  CONFIG_KEY_PATH,   /* char *: absolute; NULL when empty */
  CONFIG_KEY_PEM, /* char *: absolute, looked up under certificationpath, a file that can be read;
                     NULL when empty */
  CONFIG_KEY_SECRET,    /* char *: "" when empty; also as NAME-file */
  CONFIG_KEY_URL,       /* char *: https, or http to a loopback address; "" when empty */
  CONFIG_KEY_DATABASE,  /* char *: postgresql://…, a secret when it holds a password; also as
                           NAME-file */
  CONFIG_KEY_SMTP,      /* char *: smtp://host[:port] or smtps://…; "" when empty */
  CONFIG_KEY_EMAIL,     /* char *: an e-mail address; "" when empty */
  CONFIG_KEY_LISTEN,    /* char *: a numeric address and a port, 127.0.0.1:9464 or [::1]:9464;
                           NULL for off */
  CONFIG_KEY_HOSTS,     /* char *: names of hosts, with or without port; "" when empty */
  CONFIG_KEY_NETWORKS,  /* char *: addresses and networks; "" when empty */
  CONFIG_KEY_TIMEZONE,  /* char *: name of a time zone the system knows */
  CONFIG_KEY_SCHEDULE,  /* char *: five fields of cron, or @word */
  CONFIG_KEY_PASSWORDS, /* char *: none, mail, or a template with {username} */
} ConfigKeyType;

typedef struct {
  const char *group; /* "tenant" stands for every [tenant ABBR] */
  const char *name;
  ConfigKeyType type;
  const char *
      fallback; /* the default as one would write it; "": not given. Other keys must not be empty */
  gint min, max;              /* CONFIG_KEY_INT */
  const char *const *choices; /* CONFIG_KEY_CHOICE and _SWITCH, ends with NULL */
  const char *help;           /* what it is, to be read after "write" */
  const char *german;         /* the same in German, for pages */
  gsize offset;               /* of its field in Config; of group "tenant", in ConfigTenant */
} ConfigKey;

/* All keys, group by group; `count` gets their number. */
const ConfigKey *config_keys_all(guint *count);

/* The table's name of a group as written in a file: "tenant" for "tenant FD", itself for others;
 * NULL when unknown. */
const char *config_keys_group(const char *written);

/* Whether the keys of a group of the table are free: [courses], [status]. */
bool config_keys_free_form(const char *group);

/* The key `name` of a group of the table, or NULL. A name that ends in -file finds the secret it
 * belongs to. */
const ConfigKey *config_keys_find(const char *group, const char *name);

/* Whether the key can also be given as NAME-file. */
bool config_keys_has_file(const ConfigKey *key);

/* What to do about an unknown key or group, to be put after the complaint: the nearest known one
 * when there is one. Free with g_free(). */
char *config_keys_suggest_key(const char *group, const char *name);
char *config_keys_suggest_group(const char *written);

/* What values a key may have, for the documentation: "1 … 600". Free with g_free(). */
char *config_keys_allowed(const ConfigKey *key);

/* [courses] when it is left out (SPEC 3.1), pairs of kurzbezeichnung and course name; ends with
 * NULL. */
extern const char *const config_keys_default_courses[];
