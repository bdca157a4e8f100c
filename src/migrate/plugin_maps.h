/* The two maps of the Moodle plugin local_lehrgaengeapi, as its tables export them, into the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

/* What became of the rows of one map. */
typedef struct {
  guint read;
  guint taken;       /* new in the store */
  guint known;       /* were there with the same number */
  guint other;       /* are there with another number, which stays: it is the newer one */
  guint unlinked;    /* the plugin had no course or user for them yet */
  guint wrong;       /* no id, or a number that is none */
  char *first_wrong; /* where and what the first wrong one is; NULL */
} PluginMapResult;
void plugin_map_result_clear(PluginMapResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PluginMapResult, plugin_map_result_clear)

/* `path`: columns externalid, courseid of …_coursemap; externalinitialid, userid of …_usermap.
 * All or nothing, and only what the store does not know yet; `now` is their time. */
bool plugin_maps_courses(const char *path, Store *store, gint64 now, PluginMapResult *result,
                         GError **error);
bool plugin_maps_users(const char *path, Store *store, gint64 now, PluginMapResult *result,
                       GError **error);
