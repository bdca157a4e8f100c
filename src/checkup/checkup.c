/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checkup/checkup.h"

#include <unistd.h>

#include "base/text.h"
#include "checkup/checkup_private.h"
#include "config/certificate.h"
#include "config/pair.h"
#include "service/open.h"
#include "store/sqlite.h"

const char *
checkup_area_word(CheckupArea area) {
  static const char *const words[] = {
    [CHECKUP_CONFIGURATION] = "configuration",
    [CHECKUP_CERTIFICATES] = "certificates",
    [CHECKUP_STORE] = "store",
    [CHECKUP_MOODLE] = "moodle",
    [CHECKUP_ZMS] = "zms",
    [CHECKUP_NOTIFY] = "notify",
  };
  return words[area];
}

const char *
checkup_level_word(CheckupLevel level) {
  static const char *const words[] = {
    [CHECKUP_OK] = "ok",
    [CHECKUP_WARNING] = "warning",
    [CHECKUP_ERROR] = "error",
  };
  return words[level];
}

/* ── findings ── */

static void
finding_free(gpointer data) {
  CheckupFinding *finding = data;
  g_strfreev(finding->tenants);
  g_free(finding->course);
  g_free(finding->message);
  g_free(finding->remedy);
  g_free(finding);
}

static void
tenant_clear(gpointer data) {
  CheckupTenant *tenant = data;
  g_free(tenant->first_malformed);
  g_free(tenant->error);
  g_clear_pointer(&tenant->reasons, g_hash_table_unref);
}

CheckupFinding *
checkup_add(Checkup *checkup, CheckupArea area, CheckupLevel level, const char *tenant,
            const char *message, const char *remedy) {
  CheckupFinding *finding = g_new0(CheckupFinding, 1);
  finding->area = area;
  finding->level = level;
  if (tenant != NULL)
    finding->tenants = g_strsplit(tenant, "\n", 1);
  finding->message = text_redact(message);
  finding->remedy = g_strdup(remedy);
  g_ptr_array_add(checkup->findings, finding);
  return finding;
}

void
checkup_add_lines(Checkup *checkup, CheckupArea area, CheckupLevel level, const char *message) {
  g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0')
      checkup_add(checkup, area, level, NULL, *line, "");
}

void
checkup_set_text(Checkup *checkup, CheckupArea area, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_free(checkup->texts[area]);
  checkup->texts[area] = g_strdup_vprintf(format, arguments);
  va_end(arguments);
}

CheckupTenant *
checkup_tenant_at(const Checkup *checkup, guint index) {
  return &g_array_index(checkup->tenants, CheckupTenant, index);
}

/* ── configuration ── */

static void
look_at_configuration(Checkup *checkup) {
  const Config *config = checkup->config;
  guint unconfigured = 0;
  for (guint i = 0; i < checkup->tenants->len; i++)
    unconfigured += !checkup_tenant_at(checkup, i)->configured;
  guint count = checkup->tenants->len;
  if (unconfigured == 0)
    checkup_set_text(checkup, CHECKUP_CONFIGURATION, "%s, %u %s", config->file, count,
                     count == 1 ? "tenant" : "tenants");
  else
    checkup_set_text(checkup, CHECKUP_CONFIGURATION, "%s, %u %s, %u without apikey", config->file,
                     count, count == 1 ? "tenant" : "tenants", unconfigured);
  for (guint i = 0; i < config->warnings->len; i++)
    checkup_add(checkup, CHECKUP_CONFIGURATION, CHECKUP_WARNING, NULL,
                g_ptr_array_index(config->warnings, i), "");
  if (unconfigured == count)
    checkup_add(checkup, CHECKUP_CONFIGURATION, CHECKUP_ERROR, NULL,
                "no tenant has an apikey, so a run has nothing to do",
                "Put at least one tenant's apikey into a file of [tenants] keys-dir, or give its "
                "group [tenant …] an apikey-file.");
}

/* ── certificates ── */

/* Warns of those that end soon. False when none could be read; *first is the fewest days left. */
static bool
look_at_days(Checkup *checkup, const GPtrArray *paths, gint64 now, gint *first) {
  bool found = false;
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    gint days = 0;
    if (!certificate_days_left(path, now, &days, NULL))
      continue;
    *first = found ? MIN(*first, days) : days;
    found = true;
    if (days < 0 || days >= PAIR_WARN_DAYS)
      continue;
    autochar left = pair_days_text(days);
    autochar message = g_strdup_printf("%s: the certificate is valid for only %s more", path, left);
    checkup_add(checkup, CHECKUP_CERTIFICATES, CHECKUP_WARNING, NULL, message,
                "Ask for a new one now and replace the file.");
  }
  return found;
}

static void
look_at_certificates(Checkup *checkup, gint64 now) {
  g_autoptr(GPtrArray) paths = config_certificate_paths(checkup->config);
  g_autoptr(GError) error = NULL;
  if (!config_check_certificates(checkup->config, now, &error))
    checkup_add_lines(checkup, CHECKUP_CERTIFICATES, CHECKUP_ERROR, error->message);
  g_clear_error(&error);
  if (!config_check_web_certificate(checkup->config, now, &error))
    checkup_add_lines(checkup, CHECKUP_CERTIFICATES, CHECKUP_ERROR, error->message);
  gint first = 0;
  if (paths->len == 0) {
    checkup_set_text(checkup, CHECKUP_CERTIFICATES, "none configured");
  } else if (!look_at_days(checkup, paths, now, &first)) {
    checkup_set_text(checkup, CHECKUP_CERTIFICATES, "%u configured", paths->len);
  } else if (first < 0) {
    checkup_set_text(checkup, CHECKUP_CERTIFICATES, "%u configured, expired ones among them",
                     paths->len);
  } else {
    autochar left = pair_days_text(first);
    checkup_set_text(checkup, CHECKUP_CERTIFICATES, "%u configured, the next expires in %s",
                     paths->len, left);
  }
}

/* ── store ── */

static void
look_at_store(Looking *looking) {
  Checkup *checkup = looking->checkup;
  const Config *config = checkup->config;
  g_autoptr(GError) error = NULL;
  if (!open_store_existing(config, &looking->store, &error)) {
    checkup_set_text(checkup, CHECKUP_STORE, "cannot be opened");
    checkup_add(checkup, CHECKUP_STORE, CHECKUP_ERROR, NULL, error->message, "");
    return;
  }
  if (looking->store != NULL) {
    checkup_set_text(checkup, CHECKUP_STORE, "%s", looking->store->class->describe(looking->store));
    return;
  }
  /* One that remembers nothing does for the rest of the look. */
  looking->store = store_sqlite_open(":memory:", NULL);
  checkup_set_text(checkup, CHECKUP_STORE, "%s, made by the first run", config->store.path);
  autochar folder = g_path_get_dirname(config->store.path);
  if (access(folder, W_OK | X_OK) == 0)
    return;
  autochar message = g_strdup_printf("%s: the store cannot be made in this folder", folder);
  checkup_add(checkup, CHECKUP_STORE, CHECKUP_ERROR, NULL, message,
              "Make the folder and let the service's user write to it.");
}

/* ── the whole ── */

static Checkup *
checkup_alloc(const Config *config) {
  Checkup *checkup = g_new0(Checkup, 1);
  checkup->config = config;
  checkup->findings = g_ptr_array_new_with_free_func(finding_free);
  checkup->tenants = g_array_new(FALSE, TRUE, sizeof(CheckupTenant));
  g_array_set_clear_func(checkup->tenants, tenant_clear);
  checkup->moodle_notes = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < CHECKUP_AREAS; i++)
    checkup->texts[i] = g_strdup("");
  return checkup;
}

Checkup *
checkup_new(const Config *config, Clock *clock, const Stop *stop, CheckupProgressFunc progress,
            gpointer user_data) {
  Checkup *checkup = checkup_alloc(config);
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    CheckupTenant row = { .tenant = tenant,
                          .configured = !text_empty(tenant->apikey),
                          .reasons = g_hash_table_new(g_str_hash, g_str_equal) };
    g_array_append_val(checkup->tenants, row);
  }
  Looking looking = {
    .checkup = checkup,
    .clock = clock,
    .stop = stop,
    .progress = progress,
    .user_data = user_data,
    .input = input_new(),
  };
  look_at_configuration(checkup);
  look_at_certificates(checkup, clock_now(clock));
  look_at_store(&looking);
  checkup_moodle_look(&looking);
  checkup_zms_look(&looking);
  checkup_courses_look(&looking);
  checkup_notify_look(&looking);
  input_free(looking.input);
  courses_free(looking.courses);
  gateway_free(looking.gateway);
  store_free(looking.store);
  return checkup;
}

Checkup *
checkup_new_unreadable(const GError *error) {
  Checkup *checkup = checkup_alloc(NULL);
  checkup_set_text(checkup, CHECKUP_CONFIGURATION, "cannot be used");
  checkup_add_lines(checkup, CHECKUP_CONFIGURATION, CHECKUP_ERROR, error->message);
  return checkup;
}

void
checkup_free(Checkup *checkup) {
  if (checkup == NULL)
    return;
  g_ptr_array_unref(checkup->findings);
  g_array_unref(checkup->tenants);
  g_ptr_array_unref(checkup->moodle_notes);
  for (guint i = 0; i < CHECKUP_AREAS; i++)
    g_free(checkup->texts[i]);
  g_free(checkup);
}

CheckupLevel
checkup_level(const Checkup *checkup, CheckupArea area) {
  CheckupLevel worst = CHECKUP_OK;
  for (guint i = 0; i < checkup->findings->len; i++) {
    const CheckupFinding *finding = g_ptr_array_index(checkup->findings, i);
    if (finding->area == area)
      worst = MAX(worst, finding->level);
  }
  return worst;
}

guint
checkup_count(const Checkup *checkup, CheckupLevel level) {
  guint count = 0;
  for (guint i = 0; i < checkup->findings->len; i++)
    count += ((const CheckupFinding *)g_ptr_array_index(checkup->findings, i))->level == level;
  return count;
}
