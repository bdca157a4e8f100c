/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/zms_source.h"

typedef struct {
  Source base;
  Zms *zms;
  const Config *config;
  Clock *clock;
  ZmsSourceProgressFunc progress;
  gpointer user_data;
} ZmsSource;

/* One tenant being read. */
typedef struct {
  const ZmsSource *source;
  InputTenant *tenant;
  GArray *indices; /* guint: the Lehrgang in the tenant, per id asked for */
} Reading;

static void
on_lehrgang(const Lehrgang *lehrgang, gpointer data) {
  Reading *reading = data;
  guint index = input_add_lehrgang(reading->tenant, lehrgang);
  if (index != G_MAXUINT)
    g_array_append_val(reading->indices, index);
}

static void
on_list_skipped(guint index, const char *where, const char *id, const char *why, gpointer data) {
  (void)index;
  input_leave_out(((Reading *)data)->tenant, G_MAXUINT, where, id, why);
}

static void
on_teilnehmer(guint index, const Teilnehmer *teilnehmer, gpointer data) {
  Reading *reading = data;
  input_add_teilnehmer(reading->tenant, g_array_index(reading->indices, guint, index), teilnehmer,
                       reading->source->config->status);
}

static void
on_teilnehmer_skipped(guint index, const char *where, const char *id, const char *why,
                      gpointer data) {
  Reading *reading = data;
  input_leave_out(reading->tenant, g_array_index(reading->indices, guint, index), where, id, why);
}

static void
on_finished(guint index, const GError *error, gpointer data) {
  Reading *reading = data;
  input_finish_lehrgang(reading->tenant, g_array_index(reading->indices, guint, index),
                        error != NULL ? error->message : NULL);
  if (reading->source->progress != NULL)
    reading->source->progress(0, 1, reading->source->user_data);
}

static bool
read_teilnehmer(Reading *reading, ZmsTenant *connection, GError **error) {
  guint count = reading->indices->len;
  g_autofree const char **ids = g_new(const char *, count + 1);
  for (guint i = 0; i < count; i++) {
    guint index = g_array_index(reading->indices, guint, i);
    ids[i] = g_array_index(reading->tenant->lehrgaenge, InputLehrgang, index).lehrgang.id;
  }
  if (reading->source->progress != NULL)
    reading->source->progress(count, 0, reading->source->user_data);
  return zms_teilnehmer(connection, ids, count, on_teilnehmer, on_teilnehmer_skipped, on_finished,
                        reading, error);
}

static ZmsTenant *
connect_tenant(const ZmsSource *source, guint index, GError **error) {
  const ConfigTenant *tenant = g_ptr_array_index(source->config->tenants, index);
  if (!config_check_tenant_certificate(tenant, clock_now(source->clock), error))
    return NULL;
  ZmsCredentials credentials = { tenant->apikey, tenant->certificate, tenant->key };
  return zms_tenant_new(source->zms, &credentials, error);
}

static void
read_tenant(Source *base, guint index, gint year, InputTenant *tenant) {
  ZmsSource *source = (ZmsSource *)base;
  g_autoptr(GError) error = NULL;
  g_autoptr(ZmsTenant) connection = connect_tenant(source, index, &error);
  g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(guint));
  Reading reading = { source, tenant, indices };
  if (connection != NULL &&
      zms_list(connection, year, on_lehrgang, on_list_skipped, &reading, &error)) {
    tenant->listed = true;
    read_teilnehmer(&reading, connection, &error);
  }
  if (error != NULL)
    input_fail_tenant(tenant, error->message);
}

static bool
read_lehrgaenge(Source *base, guint index, const char *const *ids, guint count, InputTenant *tenant,
                GError **error) {
  ZmsSource *source = (ZmsSource *)base;
  g_autoptr(ZmsTenant) connection = connect_tenant(source, index, error);
  if (connection == NULL)
    return false;
  g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(guint));
  Reading reading = { source, tenant, indices };
  for (guint i = 0; i < count; i++) {
    g_autoptr(GError) local = NULL;
    if (zms_lehrgang(connection, ids[i], on_lehrgang, &reading, &local) ||
        g_error_matches(local, API_ERROR, API_ERROR_NOT_FOUND))
      continue;
    if (g_error_matches(local, API_ERROR, API_ERROR_UNAUTHORIZED) ||
        g_error_matches(local, API_ERROR, API_ERROR_STOPPED)) {
      g_propagate_error(error, g_steal_pointer(&local));
      return false;
    }
    const Lehrgang unreadable = { ids[i], "", "", "", "", "" };
    guint added = input_add_lehrgang(tenant, &unreadable);
    if (added != G_MAXUINT)
      input_finish_lehrgang(tenant, added, local->message);
  }
  return read_teilnehmer(&reading, connection, error);
}

Source *
zms_source_new(Zms *zms, const Config *config, Clock *clock, ZmsSourceProgressFunc progress,
               gpointer user_data) {
  static const SourceClass class = { read_tenant, read_lehrgaenge };
  ZmsSource *source = g_new0(ZmsSource, 1);
  source->base.class = &class;
  source->zms = zms;
  source->config = config;
  source->clock = clock;
  source->progress = progress;
  source->user_data = user_data;
  return &source->base;
}

void
zms_source_free(Source *source) {
  g_free(source);
}
