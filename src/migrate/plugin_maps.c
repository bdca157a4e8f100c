/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "migrate/plugin_maps.h"

#include <string.h>

#include "base/text.h"
#include "migrate/table_file.h"

/* So many rows are brought into the store together. */
#define BATCH 1000

/* How the store takes one of the maps. */
typedef struct {
  const char *const *columns; /* id, number, NULL */
  bool (*get)(Store *store, const char *const *ids, guint count, gint64 *numbers, GError **error);
  bool (*put)(Store *store, const char *const *ids, const gint64 *numbers, guint count, gint64 now,
              GError **error);
} Map;

typedef struct {
  const char *path;
  const Map *map;
  Store *store;
  gint64 now;
  PluginMapResult *result;
  GPtrArray *ids;  /* char * */
  GArray *numbers; /* gint64 */
} Taking;

void
plugin_map_result_clear(PluginMapResult *result) {
  g_free(result->first_wrong);
  *result = (PluginMapResult){ 0 };
}

static bool
get_courses(Store *store, const char *const *ids, guint count, gint64 *numbers, GError **error) {
  return store->class->coursemap_get(store, ids, count, numbers, error);
}

static bool
get_users(Store *store, const char *const *ids, guint count, gint64 *numbers, GError **error) {
  return store->class->usermap_get(store, ids, count, numbers, error);
}

/* The plugin does not tell which tenant listed a Lehrgang; the next run that reads it does. */
static bool
put_courses(Store *store, const char *const *ids, const gint64 *numbers, guint count, gint64 now,
            GError **error) {
  g_autofree StoreCourseMap *rows = g_new0(StoreCourseMap, count + 1);
  for (guint i = 0; i < count; i++)
    rows[i] = (StoreCourseMap){ ids[i], "", numbers[i] };
  return store->class->coursemap_put(store, rows, count, now, error);
}

static bool
put_users(Store *store, const char *const *ids, const gint64 *numbers, guint count, gint64 now,
          GError **error) {
  g_autofree StoreUserMap *rows = g_new0(StoreUserMap, count + 1);
  for (guint i = 0; i < count; i++)
    rows[i] = (StoreUserMap){ ids[i], numbers[i] };
  return store->class->usermap_put(store, rows, count, now, error);
}

static const char *const course_columns[] = { "externalid", "courseid", NULL };
static const char *const user_columns[] = { "externalinitialid", "userid", NULL };
static const Map courses = { course_columns, get_courses, put_courses };
static const Map users = { user_columns, get_users, put_users };

/* Moves the rows gathered into the store: those it does not know. */
static bool
bring(Taking *taking, GError **error) {
  guint count = taking->ids->len, fresh = 0;
  const char **ids = (const char **)taking->ids->pdata;
  gint64 *numbers = (gint64 *)(gpointer)taking->numbers->data;
  g_autofree gint64 *known = g_new0(gint64, count + 1);
  g_autofree const char **new_ids = g_new0(const char *, count + 1);
  g_autofree gint64 *new_numbers = g_new0(gint64, count + 1);
  if (!taking->map->get(taking->store, ids, count, known, error))
    return false;
  for (guint i = 0; i < count; i++) {
    taking->result->known += known[i] == numbers[i];
    taking->result->other += known[i] != 0 && known[i] != numbers[i];
    if (known[i] != 0)
      continue;
    new_ids[fresh] = ids[i];
    new_numbers[fresh++] = numbers[i];
  }
  taking->result->taken += fresh;
  bool ok = taking->map->put(taking->store, new_ids, new_numbers, fresh, taking->now, error);
  g_ptr_array_set_size(taking->ids, 0);
  g_array_set_size(taking->numbers, 0);
  return ok;
}

static void
wrong(Taking *taking, guint line, const char *what) {
  if (taking->result->wrong++ == 0)
    taking->result->first_wrong = g_strdup_printf("%s:%u: %s", taking->path, line, what);
}

static bool
on_row(guint line, const char *const *values, gpointer data, GError **error) {
  Taking *taking = data;
  gint64 number = 0;
  taking->result->read++;
  if (text_empty(values[0]) || strlen(values[0]) > STORE_MAX_KEY) {
    wrong(taking, line, "the row has no id");
    return true;
  }
  if (values[1] == NULL || strcmp(values[1], "0") == 0) {
    taking->result->unlinked++;
    return true;
  }
  if (!g_ascii_string_to_signed(values[1], 10, 1, G_MAXINT64, &number, NULL)) {
    wrong(taking, line, "the number of the course or user is none");
    return true;
  }
  g_ptr_array_add(taking->ids, g_strdup(values[0]));
  g_array_append_val(taking->numbers, number);
  return taking->ids->len < BATCH || bring(taking, error);
}

static bool
take(Taking *taking, GError **error) {
  Store *store = taking->store;
  if (!store->class->begin(store, true, error))
    return false;
  if (table_file_read(taking->path, taking->map->columns, on_row, taking, error) &&
      bring(taking, error) && store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

static bool
take_map(const char *path, const Map *map, Store *store, gint64 now, PluginMapResult *result,
         GError **error) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(gint64));
  Taking taking = { path, map, store, now, result, ids, numbers };
  return take(&taking, error);
}

bool
plugin_maps_courses(const char *path, Store *store, gint64 now, PluginMapResult *result,
                    GError **error) {
  return take_map(path, &courses, store, now, result, error);
}

bool
plugin_maps_users(const char *path, Store *store, gint64 now, PluginMapResult *result,
                  GError **error) {
  return take_map(path, &users, store, now, result, error);
}
