/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "datadir.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "base/text.h"

/* Longest id written as text: a 64-bit number. */
#define NUMBER_SIZE 24

typedef struct {
  char *folder;
  const Tenants *tenants;
} Datadir;

static bool
exists(const char *path) {
  return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* The file for a tenant: its own, else everybody's, else NULL. */
static char *
find_file(const Datadir *data, guint tenant, const char *name) {
  autochar own =
      g_build_filename(data->folder, tenants_get(data->tenants, tenant)->slug, name, NULL);
  if (exists(own))
    return g_steal_pointer(&own);
  autochar common = g_build_filename(data->folder, name, NULL);
  return exists(common) ? g_steal_pointer(&common) : NULL;
}

static SourceResult
read_file(const char *path, GString *body) {
  GStatBuf status;
  autochar text = NULL;
  gsize length = 0;
  if (path == NULL) {
    g_string_append(body, "[]");
    return SOURCE_FOUND;
  }
  if (g_stat(path, &status) != 0 || status.st_size > DATADIR_MAX_FILE ||
      !g_file_get_contents(path, &text, &length, NULL))
    return SOURCE_BROKEN;
  g_string_append_len(body, text, (gssize)length);
  return SOURCE_FOUND;
}

/* The array in `body`, or NULL when it holds something else. */
static json_t *
parse_array(const GString *body) {
  json_t *array = json_loadb(body->str, body->len, 0, NULL);
  if (json_is_array(array))
    return array;
  json_decref(array);
  return NULL;
}

static void
replace(GString *body, const json_t *json) {
  g_string_truncate(body, 0);
  char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
  g_string_append(body, text != NULL ? text : "");
  free(text);
}

static bool
has_id(const json_t *item, const char *id) {
  const json_t *found = json_object_get(item, "id");
  if (json_is_string(found))
    return strcmp(json_string_value(found), id) == 0;
  char number[NUMBER_SIZE];
  g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(found));
  return json_is_integer(found) && strcmp(number, id) == 0;
}

static json_t *
find_item(const json_t *array, const char *id) {
  gsize i;
  json_t *item;
  json_array_foreach(array, i, item) {
    if (has_id(item, id))
      return item;
  }
  return NULL;
}

/* Both ways ZMS writes a day, as YYYY-MM-DD; false for anything else. */
static bool
read_day(const json_t *item, const char *key, char day[11]) {
  const char *text = json_string_value(json_object_get(item, key));
  if (text == NULL || strlen(text) != 10)
    return false;
  if (text[2] == '.' && text[5] == '.')
    g_snprintf(day, 11, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
  else
    g_strlcpy(day, text, 11);
  return true;
}

static bool
within(const json_t *item, const SourceRange *range) {
  static const char *const keys[] = { "startTag", "endTag" };
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    char day[11];
    if (read_day(item, keys[i], day) && strcmp(day, range->from) >= 0 &&
        strcmp(day, range->to) <= 0)
      return true;
  }
  return false;
}

static SourceResult
list(gpointer self, guint tenant, const SourceRange *range, GString *body) {
  autochar path = find_file(self, tenant, "lehrgaenge.json");
  SourceResult result = read_file(path, body);
  if (result != SOURCE_FOUND || range == NULL)
    return result;
  json_auto_t *all = parse_array(body);
  if (all == NULL)
    return SOURCE_FOUND;
  json_auto_t *some = json_array();
  gsize i;
  json_t *item;
  json_array_foreach(all, i, item) {
    if (within(item, range))
      json_array_append(some, item);
  }
  replace(body, some);
  return SOURCE_FOUND;
}

static SourceResult
lehrgang(gpointer self, guint tenant, const char *id, GString *body) {
  SourceResult result = list(self, tenant, NULL, body);
  if (result != SOURCE_FOUND)
    return result;
  json_auto_t *all = parse_array(body);
  if (all == NULL)
    return SOURCE_FOUND;
  json_t *item = find_item(all, id);
  if (item == NULL) {
    g_string_truncate(body, 0);
    return SOURCE_UNKNOWN;
  }
  replace(body, item);
  return SOURCE_FOUND;
}

static void
change_statuses(json_t *all, const ControlView *view, const char *lehrgang_id) {
  gsize i;
  json_t *item;
  json_array_foreach(all, i, item) {
    const json_t *id = json_object_get(item, "id");
    char number[NUMBER_SIZE];
    g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
    const char *text = json_is_string(id) ? json_string_value(id) : number;
    const char *status = control_status(view, lehrgang_id, text);
    if (status != NULL && json_is_object(item))
      json_object_set_new(item, "status", json_string(status));
  }
}

/* What the files say about a Lehrgang's Teilnehmer: a file of its own needs no entry in the list.
 */
static SourceResult
read_teilnehmer(const Datadir *data, guint tenant, const char *id, GString *body) {
  autochar escaped = g_uri_escape_string(id, NULL, FALSE);
  autochar name = g_strconcat("teilnehmer" G_DIR_SEPARATOR_S, escaped, ".json", NULL);
  autochar own = find_file(data, tenant, name);
  if (own != NULL)
    return read_file(own, body);
  SourceResult result = lehrgang((gpointer)data, tenant, id, body);
  g_string_truncate(body, 0);
  if (result != SOURCE_FOUND)
    return result;
  autochar common = find_file(data, tenant, "teilnehmer.json");
  return read_file(common, body);
}

static SourceResult
teilnehmer(gpointer self, const ControlView *view, const char *id, const char *wanted,
           GString *body) {
  SourceResult result = read_teilnehmer(self, view->tenant, id, body);
  if (result != SOURCE_FOUND || (!view->active && wanted == NULL))
    return result;
  json_auto_t *all = parse_array(body);
  if (all == NULL)
    return SOURCE_FOUND;
  if (view->active)
    change_statuses(all, view, id);
  json_t *item = wanted != NULL ? find_item(all, wanted) : all;
  g_string_truncate(body, 0);
  if (item == NULL)
    return SOURCE_UNKNOWN;
  replace(body, item);
  return SOURCE_FOUND;
}

static void
datadir_free(gpointer self) {
  Datadir *data = self;
  g_free(data->folder);
  g_free(data);
}

bool
datadir_new(Source *source, const char *folder, const Tenants *tenants, GError **error) {
  static const SourceOps ops = { list, lehrgang, teilnehmer, datadir_free };
  if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_FILE, "%s is no folder; --data needs one", folder);
    return false;
  }
  Datadir *data = g_new0(Datadir, 1);
  data->folder = g_strdup(folder);
  data->tenants = tenants;
  *source = (Source){ &ops, data };
  return true;
}
