/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "checkup/checkup.h"
#include "config/pair.h"

static json_t *
text_or_null(const char *text) {
  return text_empty(text) ? json_null() : json_string(text);
}

static json_t *
reasons_json(GHashTable *reasons) {
  json_t *object = json_object();
  GHashTableIter all;
  gpointer reason, count;
  g_hash_table_iter_init(&all, reasons);
  while (g_hash_table_iter_next(&all, &reason, &count))
    json_object_set_new(object, reason, json_integer(GPOINTER_TO_UINT(count)));
  return object;
}

static json_t *
tenant_json(const Config *config, const CheckupTenant *tenant) {
  json_t *object = json_object();
  json_object_set_new(object, "abbr", json_string(tenant->tenant->abbr));
  json_object_set_new(object, "name", json_string(tenant->tenant->name));
  json_object_set_new(object, "configured", json_boolean(tenant->configured));
  json_object_set_new(object, "certificate",
                      json_string(pair_source_word(pair_source(config, tenant->tenant))));
  json_object_set_new(object, "company",
                      tenant->company_read ? json_boolean(tenant->company) : json_null());
  json_object_set_new(object, "category",
                      tenant->category != 0 ? json_integer(tenant->category) : json_null());
  json_object_set_new(object, "answered",
                      tenant->asked ? json_boolean(tenant->answered) : json_null());
  json_object_set_new(object, "lehrgaenge",
                      tenant->answered ? json_integer(tenant->lehrgaenge) : json_null());
  json_object_set_new(object, "malformed",
                      tenant->answered ? json_integer(tenant->malformed) : json_null());
  json_object_set_new(object, "skipped",
                      tenant->placed ? json_integer(tenant->skipped) : json_null());
  json_object_set_new(object, "skip_reasons",
                      tenant->placed ? reasons_json(tenant->reasons) : json_null());
  json_object_set_new(object, "error", text_or_null(tenant->error));
  return object;
}

static json_t *
finding_json(const CheckupFinding *finding) {
  json_t *object = json_object();
  json_object_set_new(object, "level", json_string(checkup_level_word(finding->level)));
  json_object_set_new(object, "area", json_string(checkup_area_word(finding->area)));
  json_t *tenants = json_array();
  const char *last = NULL;
  for (char **tenant = finding->tenants; tenant != NULL && *tenant != NULL; tenant++) {
    json_array_append_new(tenants, json_string(*tenant));
    last = *tenant;
  }
  json_object_set_new(object, "tenant",
                      json_array_size(tenants) == 1 ? json_string(last) : json_null());
  json_object_set_new(object, "tenants", tenants);
  json_object_set_new(object, "course", text_or_null(finding->course));
  json_object_set_new(object, "message", json_string(finding->message));
  json_object_set_new(object, "remedy", text_or_null(finding->remedy));
  return object;
}

static json_t *
notes_json(const GPtrArray *notes) {
  json_t *array = json_array();
  for (guint i = 0; i < notes->len; i++)
    json_array_append_new(array, json_string(g_ptr_array_index(notes, i)));
  return array;
}

json_t *
checkup_json(const Checkup *checkup) {
  json_t *areas = json_object(), *tenants = json_array(), *findings = json_array();
  for (guint area = 0; area < CHECKUP_AREAS; area++) {
    if (*checkup->texts[area] == '\0')
      continue;
    json_t *object = json_object();
    json_object_set_new(object, "level",
                        json_string(checkup_level_word(checkup_level(checkup, area))));
    json_object_set_new(object, "text", json_string(checkup->texts[area]));
    if (area == CHECKUP_MOODLE)
      json_object_set_new(object, "notes", notes_json(checkup->moodle_notes));
    json_object_set_new(areas, checkup_area_word(area), object);
  }
  for (guint i = 0; i < checkup->tenants->len; i++)
    json_array_append_new(
        tenants, tenant_json(checkup->config, &g_array_index(checkup->tenants, CheckupTenant, i)));
  for (guint i = 0; i < checkup->findings->len; i++)
    json_array_append_new(findings, finding_json(g_ptr_array_index(checkup->findings, i)));
  json_t *document = json_object();
  json_object_set_new(document, "ok", json_boolean(checkup_count(checkup, CHECKUP_ERROR) == 0));
  json_object_set_new(document, "areas", areas);
  json_object_set_new(document, "tenants", tenants);
  json_object_set_new(document, "findings", findings);
  return document;
}
