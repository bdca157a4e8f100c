/* The configuration (SPEC 7): one key file, read whole, checked whole, then never changed. Every
 * key stands in the table of config_keys.h with type, default, range and help;
 * docs/CONFIGURATION.md is held against it by a test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "status/resolver.h"

#define CONFIG_ERROR (config_error_quark())
GQuark config_error_quark(void);
typedef enum {
  CONFIG_ERROR_FILE,   /* cannot be read, not a key file */
  CONFIG_ERROR_KEY,    /* unknown group or key, or one given twice */
  CONFIG_ERROR_VALUE,  /* of the wrong type or out of range */
  CONFIG_ERROR_SECRET, /* readable by others, or not readable by us */
  CONFIG_ERROR_TENANT, /* a tenant without name, twice the same */
  CONFIG_ERROR_CERTIFICATE,
} ConfigError;

/* Where a tenant's requests get their identity from. Paths are absolute. */
typedef struct {
  char *abbr;        /* "FD", as written */
  char *name;        /* "Landkreis Fulda" */
  char *apikey;      /* "" when not configured: the tenant is left out of runs (SPEC 1) */
  char *certificate; /* its own, else the general one; NULL when neither is configured */
  char *key;
  gint category; /* of its company's courses in Moodle; 0: found by name */
} ConfigTenant;

typedef struct {
  gatomicrefcount holders;
  char *file; /* the configuration file, absolute */

  struct {
    char *baseurl;
    gint timeout, requestdelayms, connections;
    gint attempts;           /* tries per request in all */
    gint max_retry_after;    /* seconds */
    gint max_body_mib;       /* of one answer */
    char *certificationpath; /* absolute: where relative names of certificates are looked up */
    char *certificate, *key; /* the general pair, absolute; NULL when none */
    char *ca_file;           /* absolute; NULL: the system's */
  } zms;
  struct {
    char *backend; /* "embedded" or "webservice" */
    char *path;    /* embedded: absolute */
    /* webservice: */
    char *url, *token;          /* "" when none */
    char *ca_file;              /* absolute; NULL: the system's */
    bool shared_emails;         /* Moodle lets several accounts have one address */
    gint connections, attempts; /* at once; tries per request in all */
    gint timeout, copy_timeout; /* seconds: of a request, of the copy of one course's content */
    gint max_body_mib;          /* of one answer */
    /* both: */
    gint student_role;
    GTimeZone *timezone;
    char *timezone_name;
  } moodle;
  struct {
    char *name, *code, *ort_prefix;
  } central;
  GHashTable *courses; /* kurzbezeichnung → course name; char * → char * */
  struct {
    char *alt_suffix;
  } naming;
  StatusTable *status;
  struct {
    char *auth, *password; /* password: "none", "mail" or a template */
  } users;
  struct {
    bool suspend; /* removal=suspend */
  } sync;
  struct {
    gint percent, floor;
  } guard;
  struct {
    char *path; /* SQLite: absolute */
    char *url;  /* "" when not given */
  } store;
  struct {
    char *sync;
    gint faildelay; /* seconds */
  } schedule;
  struct {
    gint workers, max_attempts;
  } tasks;
  struct {
    char *smtp;                    /* "" when no mail is sent */
    char *starttls;                /* "required", "if-offered" or "no" */
    char *user, *password;         /* "" when none */
    char *ca_file;                 /* absolute; NULL: the system's */
    char *from, *operator_address; /* "" when none */
    char *language;                /* "de" or "en" */
    bool moodle_message;
  } notify;
  struct {
    char *listen; /* NULL: nowhere */
  } monitor;
  struct {
    char *listen;            /* NULL: no pages */
    char *certificate, *key; /* absolute; NULL: without TLS */
    char *hosts;             /* names by which browsers reach it, blanks between; "" when none */
    char *trusted_proxies;   /* addresses and networks, blanks between; "" when none */
    gint session_idle;       /* minutes */
    gint session_hours;
  } web;

  struct {
    char *file;     /* absolute; NULL when tenants stand in this file only */
    char *keys_dir; /* absolute; NULL when none */
  } tenant_list;

  GPtrArray
      *tenants; /* of ConfigTenant, in configured order: those of tenant_list.file, then the rest */
  GPtrArray *warnings; /* of char *: what is allowed but unwise (password template, http) */
} Config;

/* Reads and checks `path`. Every error names file, line and remedy: "lehrgaenge.conf:12: [zms]
 * timeout=abc is not a whole number from 1 to 600; write the seconds to wait, for example 30". All
 * errors found are reported at once, one per line of the message. Adds every secret to
 * text_secret_add(). Certificates are checked for being there, fitting and not expired at `now`
 * only by config_check_certificates(). Free with config_free(). */
Config *config_load(const char *path, GError **error);

/* One more holder, for a service whose threads keep theirs while another is read. Each holder calls
 * config_free(); the last one frees it. Safe from every thread. */
Config *config_ref(Config *config);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* Whether every configured pair of certificate and key (general and tenants') can be read, fits
 * together and is valid at `now` (Unix seconds) (SPEC 1). The error lists all that are not, one per
 * line. */
bool config_check_certificates(const Config *config, gint64 now, GError **error);

/* The same for the general pair of [zms] alone: while that cannot be used, no run starts. */
bool config_check_general_certificate(const Config *config, gint64 now, GError **error);

/* The same for the pair one tenant uses: while that cannot be used, the tenant fails, and the
 * others go on. */
bool config_check_tenant_certificate(const ConfigTenant *tenant, gint64 now, GError **error);

/* The files of all configured certificates, the general client certificate first, that of the pages
 * last, each once: char * borrowed from `config`. Free with g_ptr_array_unref(). */
GPtrArray *config_certificate_paths(const Config *config);

/* The same as config_check_certificates() for the pages' own pair: while that cannot be used, there
 * are no pages. */
bool config_check_web_certificate(const Config *config, gint64 now, GError **error);

/* The tenant of that abbreviation (exact), or NULL. */
const ConfigTenant *config_tenant(const Config *config, const char *abbr);

/* The configuration file to use when none was named: $LEHRGAENGE_CONFIG, else ./lehrgaenge.conf
 * when there, else /etc/lehrgaenge/lehrgaenge.conf. Free with g_free(). */
char *config_default_path(void);
