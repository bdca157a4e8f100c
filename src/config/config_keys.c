/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config_keys.h"

#include <string.h>

#include "base/text.h"
#include "config/config.h"

/* Longer names get no suggestion. */
#define SUGGEST_MAX 48

static const char *const backends[] = { "embedded", "webservice", NULL };
static const char *const removals[] = { "unenrol", "suspend", NULL };
static const char *const switches[] = { "no", "yes", NULL };
static const char *const languages[] = { "de", "en", NULL };
static const char *const starttls[] = { "required", "if-offered", "no", NULL };

#define IN(field) G_STRUCT_OFFSET(Config, field)
#define IN_TENANT(field) G_STRUCT_OFFSET(ConfigTenant, field)

/* clang-format off */
static const ConfigKey keys[] = {
  { "zms", "baseurl", CONFIG_KEY_URL, "", .offset = IN(zms.baseurl),
    .help = "the address of the ZMS interface",
    .german = "die Adresse der ZMS-Schnittstelle" },
  { "zms", "timeout", CONFIG_KEY_INT, "30", 1, 600, .offset = IN(zms.timeout),
    .help = "the seconds a request may take",
    .german = "wie viele Sekunden eine Anfrage dauern darf" },
  { "zms", "requestdelayms", CONFIG_KEY_INT, "0", 0, 60000, .offset = IN(zms.requestdelayms),
    .help = "the milliseconds from one participant request to the next at least",
    .german = "Millisekunden mindestens von einer Teilnehmeranfrage zur nächsten" },
  { "zms", "connections", CONFIG_KEY_INT, "8", 1, 64, .offset = IN(zms.connections),
    .help = "how many requests may be under way at once",
    .german = "wie viele Anfragen zugleich unterwegs sein dürfen" },
  { "zms", "attempts", CONFIG_KEY_INT, "4", 1, 10, .offset = IN(zms.attempts),
    .help = "how often a request is tried in all",
    .german = "wie oft eine Anfrage insgesamt versucht wird" },
  { "zms", "max-retry-after", CONFIG_KEY_INT, "120", 1, 3600, .offset = IN(zms.max_retry_after),
    .help = "the seconds ZMS may make us wait at most",
    .german = "wie viele Sekunden ZMS höchstens warten lassen darf" },
  { "zms", "max-body-mib", CONFIG_KEY_INT, "64", 1, 1024, .offset = IN(zms.max_body_mib),
    .help = "the MiB one answer may hold at most",
    .german = "wie viele MiB eine Antwort höchstens haben darf" },
  { "zms", "certificationpath", CONFIG_KEY_PATH, "", .offset = IN(zms.certificationpath),
    .help = "the folder of the certificates",
    .german = "der Ordner der Zertifikate" },
  { "zms", "certificate", CONFIG_KEY_PEM, "", .offset = IN(zms.certificate),
    .help = "the general client certificate (PEM)",
    .german = "das allgemeine Client-Zertifikat (PEM)" },
  { "zms", "key", CONFIG_KEY_PEM, "", .offset = IN(zms.key),
    .help = "the private key of the general client certificate (PEM)",
    .german = "der private Schlüssel des allgemeinen Client-Zertifikats (PEM)" },
  { "zms", "ca-file", CONFIG_KEY_PEM, "", .offset = IN(zms.ca_file),
    .help = "the certificates of the authorities that may vouch for ZMS (PEM)",
    .german = "die Zertifikate der Stellen, die für ZMS bürgen dürfen (PEM)" },

  { "moodle", "backend", CONFIG_KEY_CHOICE, "embedded", .choices = backends, .offset = IN(moodle.backend),
    .help = "which Moodle is written to",
    .german = "in welches Moodle geschrieben wird" },
  { "moodle", "path", CONFIG_KEY_PATH, "moodle.db", .offset = IN(moodle.path),
    .help = "the file of the embedded Moodle",
    .german = "die Datei des eingebauten Moodle" },
  { "moodle", "url", CONFIG_KEY_URL, "", .offset = IN(moodle.url),
    .help = "the address of the Moodle site",
    .german = "die Adresse der Moodle-Site" },
  { "moodle", "ca-file", CONFIG_KEY_PEM, "", .offset = IN(moodle.ca_file),
    .help = "the certificates of the authorities that may vouch for Moodle (PEM)",
    .german = "die Zertifikate der Stellen, die für Moodle bürgen dürfen (PEM)" },
  { "moodle", "token", CONFIG_KEY_SECRET, "", .offset = IN(moodle.token),
    .help = "the token of Moodle's web service",
    .german = "das Token des Moodle-Webservice" },
  { "moodle", "student-role", CONFIG_KEY_INT, "5", 1, 1000000, .offset = IN(moodle.student_role),
    .help = "the id of the role participants get",
    .german = "die Nummer der Rolle, die Teilnehmer bekommen" },
  { "moodle", "shared-emails", CONFIG_KEY_SWITCH, "no", .choices = switches, .offset = IN(moodle.shared_emails),
    .help = "whether several accounts may have the same address",
    .german = "ob mehrere Konten dieselbe Adresse haben dürfen" },
  { "moodle", "connections", CONFIG_KEY_INT, "4", 1, 64, .offset = IN(moodle.connections),
    .help = "how many requests to Moodle may be under way at once",
    .german = "wie viele Anfragen an Moodle zugleich unterwegs sein dürfen" },
  { "moodle", "timeout", CONFIG_KEY_INT, "120", 1, 3600, .offset = IN(moodle.timeout),
    .help = "the seconds a request may take",
    .german = "wie viele Sekunden eine Anfrage dauern darf" },
  { "moodle", "copy-timeout", CONFIG_KEY_INT, "900", 1, 86400, .offset = IN(moodle.copy_timeout),
    .help = "the seconds the copy of one course's content may take",
    .german = "wie viele Sekunden die Inhaltskopie eines Kurses dauern darf" },
  { "moodle", "attempts", CONFIG_KEY_INT, "4", 1, 10, .offset = IN(moodle.attempts),
    .help = "how often a request is tried in all",
    .german = "wie oft eine Anfrage insgesamt versucht wird" },
  { "moodle", "max-body-mib", CONFIG_KEY_INT, "64", 1, 1024, .offset = IN(moodle.max_body_mib),
    .help = "the MiB one answer may hold at most",
    .german = "wie viele MiB eine Antwort höchstens haben darf" },
  { "moodle", "timezone", CONFIG_KEY_TIMEZONE, "Europe/Berlin", .offset = IN(moodle.timezone_name),
    .help = "the time zone in which days begin and end",
    .german = "die Zeitzone, in der Tage beginnen und enden" },

  { "central", "name", CONFIG_KEY_TEXT, "Hessische Landesfeuerwehrschule", .offset = IN(central.name),
    .help = "the name of the central company in Moodle",
    .german = "der Name der zentralen Firma in Moodle" },
  { "central", "code", CONFIG_KEY_TEXT, "HLFS", .offset = IN(central.code),
    .help = "the code of the central company in Moodle",
    .german = "der Code der zentralen Firma in Moodle" },
  { "central", "ort-prefix", CONFIG_KEY_TEXT, "HLFS", .offset = IN(central.ort_prefix),
    .help = "how the place of a central Lehrgang begins",
    .german = "womit der Ort eines zentralen Lehrgangs beginnt" },

  { "naming", "alt-suffix", CONFIG_KEY_TEXT, "Abschluss", .offset = IN(naming.alt_suffix),
    .help = "the word added to the full name of a course for a past year",
    .german = "das Wort, das der Name eines Kurses für ein vergangenes Jahr zusätzlich bekommt" },

  { "users", "auth", CONFIG_KEY_WORD, "manual", .offset = IN(users.auth),
    .help = "the sign-in method of new accounts",
    .german = "die Anmeldeart neuer Konten" },
  { "users", "password", CONFIG_KEY_PASSWORDS, "none", .offset = IN(users.password),
    .help = "how new accounts get their password",
    .german = "wie neue Konten zu ihrem Kennwort kommen" },

  { "sync", "removal", CONFIG_KEY_SWITCH, "unenrol", .choices = removals, .offset = IN(sync.suspend),
    .help = "what happens to the enrolment of someone who was called off",
    .german = "was mit der Einschreibung geschieht, wenn jemand abgemeldet wurde" },

  { "guard", "max-removals-percent", CONFIG_KEY_INT, "20", 0, 100, .offset = IN(guard.percent),
    .help = "the percent of a company's enrolled people one run may remove",
    .german = "wie viel Prozent der Eingeschriebenen einer Firma ein Lauf austragen darf" },
  { "guard", "max-removals-floor", CONFIG_KEY_INT, "10", 0, 1000000, .offset = IN(guard.floor),
    .help = "how many removals are always allowed",
    .german = "wie viele Austragungen immer erlaubt sind" },

  { "store", "path", CONFIG_KEY_PATH, "lehrgaenge.db", .offset = IN(store.path),
    .help = "the file in which the service remembers its runs",
    .german = "die Datei, in der sich der Dienst seine Läufe merkt" },
  { "store", "url", CONFIG_KEY_DATABASE, "", .offset = IN(store.url),
    .help = "the address of a PostgreSQL database",
    .german = "die Adresse einer PostgreSQL-Datenbank" },

  { "schedule", "sync", CONFIG_KEY_SCHEDULE, "0 3 * * 0", .offset = IN(schedule.sync),
    .help = "when runs start: minute, hour, day, month, weekday",
    .german = "wann Läufe beginnen: Minute, Stunde, Tag, Monat, Wochentag" },
  { "schedule", "faildelay", CONFIG_KEY_INT, "60", 1, 86400, .offset = IN(schedule.faildelay),
    .help = "the seconds until a run that could not start is tried again",
    .german = "nach wie vielen Sekunden ein Lauf, der nicht beginnen konnte, wieder versucht wird" },

  { "tasks", "workers", CONFIG_KEY_INT, "2", 1, 16, .offset = IN(tasks.workers),
    .help = "how many content copies may be under way at once",
    .german = "wie viele Inhaltskopien zugleich laufen dürfen" },
  { "tasks", "max-attempts", CONFIG_KEY_INT, "10", 1, 100, .offset = IN(tasks.max_attempts),
    .help = "how often a background task is tried before it rests as failed",
    .german = "wie oft eine Aufgabe im Hintergrund versucht wird, bevor sie als fehlgeschlagen ruht" },

  { "notify", "smtp", CONFIG_KEY_SMTP, "", .offset = IN(notify.smtp),
    .help = "the address of the mail server",
    .german = "die Adresse des Mailservers" },
  { "notify", "starttls", CONFIG_KEY_CHOICE, "required", .choices = starttls, .offset = IN(notify.starttls),
    .help = "whether a connection to smtp:// must become encrypted",
    .german = "ob eine Verbindung zu smtp:// verschlüsselt werden muss" },
  { "notify", "user", CONFIG_KEY_TEXT, "", .offset = IN(notify.user),
    .help = "the name by which to sign in to the mail server",
    .german = "der Name zur Anmeldung am Mailserver" },
  { "notify", "password", CONFIG_KEY_SECRET, "", .offset = IN(notify.password),
    .help = "the password of that name",
    .german = "das Kennwort zu diesem Namen" },
  { "notify", "ca-file", CONFIG_KEY_PEM, "", .offset = IN(notify.ca_file),
    .help = "the certificates of the authorities that may vouch for the mail server (PEM)",
    .german = "die Zertifikate der Stellen, die für den Mailserver bürgen dürfen (PEM)" },
  { "notify", "from", CONFIG_KEY_EMAIL, "", .offset = IN(notify.from),
    .help = "the address that messages are sent from",
    .german = "die Absenderadresse der Nachrichten" },
  { "notify", "operator", CONFIG_KEY_EMAIL, "", .offset = IN(notify.operator_address),
    .help = "the address that is told of failed runs and certificates about to expire",
    .german = "die Adresse, die von fehlgeschlagenen Läufen und ablaufenden Zertifikaten erfährt" },
  { "notify", "language", CONFIG_KEY_CHOICE, "de", .choices = languages, .offset = IN(notify.language),
    .help = "the language of messages",
    .german = "die Sprache der Nachrichten" },
  { "notify", "moodle-message", CONFIG_KEY_SWITCH, "no", .choices = switches, .offset = IN(notify.moodle_message),
    .help = "whether the starter of an import is told in Moodle too",
    .german = "ob auch in Moodle Nachricht bekommt, wer einen Import gestartet hat" },

  { "monitor", "listen", CONFIG_KEY_LISTEN, "127.0.0.1:9464", .offset = IN(monitor.listen),
    .help = "where state and figures can be asked for",
    .german = "wo Zustand und Messwerte abgefragt werden können" },

  { "web", "listen", CONFIG_KEY_LISTEN, "127.0.0.1:8480", .offset = IN(web.listen),
    .help = "where the web pages are",
    .german = "wo die Webseiten zu finden sind" },
  { "web", "certificate", CONFIG_KEY_PEM, "", .offset = IN(web.certificate),
    .help = "the server's certificate, with those between it and its authority (PEM)",
    .german = "das Zertifikat des Servers mit denen zwischen ihm und seiner Stelle (PEM)" },
  { "web", "key", CONFIG_KEY_PEM, "", .offset = IN(web.key),
    .help = "the private key of the server's certificate (PEM)",
    .german = "der private Schlüssel des Serverzertifikats (PEM)" },
  { "web", "hosts", CONFIG_KEY_HOSTS, "", .offset = IN(web.hosts),
    .help = "the names by which browsers reach the pages",
    .german = "unter welchen Namen Browser die Seiten erreichen" },
  { "web", "trusted-proxies", CONFIG_KEY_NETWORKS, "", .offset = IN(web.trusted_proxies),
    .help = "the addresses of proxies in front of the pages",
    .german = "die Adressen von Proxys vor den Seiten" },
  { "web", "session-idle", CONFIG_KEY_INT, "30", 1, 1440, .offset = IN(web.session_idle),
    .help = "the minutes after which somebody who does nothing has to sign in again",
    .german = "nach wie vielen Minuten ohne Tätigkeit man sich neu anmelden muss" },
  { "web", "session-hours", CONFIG_KEY_INT, "12", 1, 168, .offset = IN(web.session_hours),
    .help = "the hours after which everybody has to sign in again",
    .german = "nach wie vielen Stunden sich jeder neu anmelden muss" },

  { "tenants", "file", CONFIG_KEY_PATH, "", .offset = IN(tenant_list.file),
    .help = "the file that lists the tenants",
    .german = "die Datei, in der die Mandanten stehen" },
  { "tenants", "keys-dir", CONFIG_KEY_PATH, "", .offset = IN(tenant_list.keys_dir),
    .help = "the folder with a file for each tenant's apikey",
    .german = "der Ordner mit einer Datei für den Apikey jedes Mandanten" },

  { "tenant", "name", CONFIG_KEY_TEXT, "", .offset = IN_TENANT(name),
    .help = "the tenant's name, as its company in Moodle has it",
    .german = "der Name des Mandanten, wie ihn seine Firma in Moodle hat" },
  { "tenant", "apikey", CONFIG_KEY_SECRET, "", .offset = IN_TENANT(apikey),
    .help = "the tenant's key for ZMS",
    .german = "der Schlüssel des Mandanten für ZMS" },
  { "tenant", "certificate", CONFIG_KEY_PEM, "", .offset = IN_TENANT(certificate),
    .help = "the tenant's own client certificate (PEM)",
    .german = "das eigene Client-Zertifikat des Mandanten (PEM)" },
  { "tenant", "key", CONFIG_KEY_PEM, "", .offset = IN_TENANT(key),
    .help = "the private key of the tenant's own client certificate (PEM)",
    .german = "der private Schlüssel des eigenen Client-Zertifikats (PEM)" },
  { "tenant", "category", CONFIG_KEY_INT, "0", 0, G_MAXINT, .offset = IN_TENANT(category),
    .help = "the id of its company's course category, or 0 to have it found by name",
    .german = "die Nummer des Kursbereichs seiner Firma, oder 0, damit er am Namen gefunden wird" },
};
/* clang-format on */

static const char *const free_form[] = { "courses", "status" };

const char *const config_keys_default_courses[] = {
  "F-I",
  "F-I",
  "F-II",
  "F-II",
  "F-Atr",
  "F-ATR",
  "F-Ma",
  "F-MA",
  "F/K-Sprechfunk",
  "F/K-SPF",
  "F-TH-VU",
  "F-TH-VU",
  "F/B-mobBSA-Hessen",
  "F-BSA",
  "F/B-BSA-Sem.",
  "F/B-BSA-Sem.",
  NULL,
};

const ConfigKey *
config_keys_all(guint *count) {
  *count = G_N_ELEMENTS(keys);
  return keys;
}

bool
config_keys_free_form(const char *group) {
  for (guint i = 0; i < G_N_ELEMENTS(free_form); i++)
    if (g_str_equal(free_form[i], group))
      return true;
  return false;
}

const char *
config_keys_group(const char *written) {
  if (g_str_has_prefix(written, "tenant "))
    return "tenant";
  if (g_str_equal(written, "tenant"))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS(free_form); i++)
    if (g_str_equal(free_form[i], written))
      return free_form[i];
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (g_str_equal(keys[i].group, written))
      return keys[i].group;
  return NULL;
}

bool
config_keys_has_file(const ConfigKey *key) {
  return key->type == CONFIG_KEY_SECRET || key->type == CONFIG_KEY_DATABASE;
}

/* Whether `name` means `key`: its own name, or NAME-file of a secret. */
static bool
means(const ConfigKey *key, const char *name) {
  gsize length = strlen(key->name);
  if (strncmp(key->name, name, length) != 0)
    return false;
  return name[length] == '\0' || (config_keys_has_file(key) && g_str_equal(name + length, "-file"));
}

const ConfigKey *
config_keys_find(const char *group, const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (g_str_equal(keys[i].group, group) && means(&keys[i], name))
      return &keys[i];
  return NULL;
}

/* Levenshtein's distance in bytes, upper and lower case alike; SUGGEST_MAX when one is too long. */
static guint
distance(const char *left, const char *right) {
  gsize n = strlen(left), m = strlen(right);
  if (n >= SUGGEST_MAX || m >= SUGGEST_MAX)
    return SUGGEST_MAX;
  guint row[SUGGEST_MAX + 1];
  for (guint j = 0; j <= m; j++)
    row[j] = j;
  for (guint i = 1; i <= n; i++) {
    guint diagonal = row[0];
    row[0] = i;
    for (guint j = 1; j <= m; j++) {
      bool same = g_ascii_tolower(left[i - 1]) == g_ascii_tolower(right[j - 1]);
      guint replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
    }
  }
  return row[m];
}

/* Close enough to be a slip of the hand: at most a third of the name wrong. */
static bool
closer(const char *name, const char *candidate, guint *best) {
  guint away = distance(name, candidate);
  if (away >= *best || away > MAX(strlen(candidate) / 3, 1))
    return false;
  *best = away;
  return true;
}

static char *
nearest_key(const char *group, const char *name) {
  guint best = SUGGEST_MAX;
  g_autofree char *found = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (!g_str_equal(keys[i].group, group))
      continue;
    if (closer(name, keys[i].name, &best)) {
      g_free(found);
      found = g_strdup(keys[i].name);
    }
    g_autofree char *file = g_strconcat(keys[i].name, "-file", NULL);
    if (config_keys_has_file(&keys[i]) && closer(name, file, &best)) {
      g_free(found);
      found = g_steal_pointer(&file);
    }
  }
  return g_steal_pointer(&found);
}

char *
config_keys_suggest_key(const char *group, const char *name) {
  g_autofree char *near = nearest_key(group, name);
  if (near != NULL)
    return g_strdup_printf("did you mean %s?", near);
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (means(&keys[i], name))
      return g_strdup_printf("it belongs into [%s%s]", keys[i].group,
                             g_str_equal(keys[i].group, "tenant") ? " …" : "");
  return g_strdup("remove it, or look its name up in docs/CONFIGURATION.md");
}

char *
config_keys_suggest_group(const char *written) {
  guint best = SUGGEST_MAX;
  const char *found = NULL;
  const char *space = strchr(written, ' ');
  g_autofree char *word =
      g_strndup(written, space == NULL ? strlen(written) : (gsize)(space - written));
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (closer(word, keys[i].group, &best))
      found = keys[i].group;
  for (guint i = 0; i < G_N_ELEMENTS(free_form); i++)
    if (closer(word, free_form[i], &best))
      found = free_form[i];
  if (g_strcmp0(found, "tenant") == 0)
    return g_strdup("write [tenant ABBREVIATION], for example [tenant FD]");
  if (found != NULL)
    return g_strdup_printf("did you mean [%s]?", found);
  return g_strdup("remove it, or look its name up in docs/CONFIGURATION.md");
}

char *
config_keys_allowed(const ConfigKey *key) {
  switch (key->type) {
  case CONFIG_KEY_TEXT:
    return g_strdup("text");
  case CONFIG_KEY_WORD:
    return g_strdup("letters a–z, digits, `_`");
  case CONFIG_KEY_INT:
    return g_strdup_printf("%d … %d", key->min, key->max);
  case CONFIG_KEY_CHOICE:
  case CONFIG_KEY_SWITCH: {
    g_autofree char *list = g_strjoinv("`, `", (char **)key->choices);
    return g_strdup_printf("`%s`", list);
  }
  case CONFIG_KEY_PATH:
    return g_strdup("path");
  case CONFIG_KEY_PEM:
    return g_strdup("PEM file");
  case CONFIG_KEY_SECRET:
    return g_strdup_printf("secret, or `%s-file`", key->name);
  case CONFIG_KEY_URL:
    return g_strdup("`https://…`");
  case CONFIG_KEY_DATABASE:
    return g_strdup_printf("`postgresql://…`, or `%s-file`", key->name);
  case CONFIG_KEY_SMTP:
    return g_strdup("`smtp://HOST` or `smtps://HOST`, with `:PORT`");
  case CONFIG_KEY_EMAIL:
    return g_strdup("e-mail address");
  case CONFIG_KEY_LISTEN:
    return g_strdup("`ADDRESS:PORT`, or `off`");
  case CONFIG_KEY_HOSTS:
    return g_strdup("names of hosts, with `:PORT` or without");
  case CONFIG_KEY_NETWORKS:
    return g_strdup("addresses, and networks as `192.0.2.0/24`");
  case CONFIG_KEY_TIMEZONE:
    return g_strdup("name of a time zone");
  case CONFIG_KEY_SCHEDULE:
    return g_strdup("cron expression");
  case CONFIG_KEY_PASSWORDS:
    return g_strdup("`none`, `mail`, a template with `{username}`");
  }
  g_assert_not_reached();
}
