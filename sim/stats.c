/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats.h"

#include "json_out.h"

struct Stats {
  GMutex lock;
  const char *const *kinds;
  guint64 *by_kind;
  guint64 by_status[600];
  guint64 by_fault[FAULT_COUNT];
  guint64 requests, connections, resumed;
  guint in_flight, peak;
  GPtrArray *subjects; /* of char *, in the order seen */
};

Stats *
stats_new(const char *const *kinds) {
  Stats *stats = g_new0(Stats, 1);
  g_mutex_init(&stats->lock);
  stats->kinds = kinds;
  stats->by_kind = g_new0(guint64, g_strv_length((char **)kinds));
  stats->subjects = g_ptr_array_new_with_free_func(g_free);
  return stats;
}

void
stats_free(Stats *stats) {
  if (stats == NULL)
    return;
  g_ptr_array_unref(stats->subjects);
  g_free(stats->by_kind);
  g_mutex_clear(&stats->lock);
  g_free(stats);
}

void
stats_begin(Stats *stats, guint kind) {
  g_mutex_lock(&stats->lock);
  stats->requests++;
  stats->by_kind[kind]++;
  stats->in_flight++;
  stats->peak = MAX(stats->peak, stats->in_flight);
  g_mutex_unlock(&stats->lock);
}

void
stats_end(Stats *stats) {
  g_mutex_lock(&stats->lock);
  stats->in_flight--;
  g_mutex_unlock(&stats->lock);
}

void
stats_status(Stats *stats, guint status) {
  g_mutex_lock(&stats->lock);
  stats->by_status[MIN(status, G_N_ELEMENTS(stats->by_status) - 1)]++;
  g_mutex_unlock(&stats->lock);
}

void
stats_fault(Stats *stats, Fault fault) {
  g_mutex_lock(&stats->lock);
  stats->by_fault[fault]++;
  g_mutex_unlock(&stats->lock);
}

void
stats_connection(Stats *stats, bool resumed, const char *subject) {
  g_mutex_lock(&stats->lock);
  stats->connections++;
  stats->resumed += resumed;
  if (subject != NULL && stats->subjects->len < STATS_MAX_SUBJECTS &&
      !g_ptr_array_find_with_equal_func(stats->subjects, subject, g_str_equal, NULL))
    g_ptr_array_add(stats->subjects, g_strdup(subject));
  g_mutex_unlock(&stats->lock);
}

/* "name":value, with a comma in front unless it is the first of its object. */
static void
append_member(GString *body, const char *name, guint64 value) {
  if (body->str[body->len - 1] != '{')
    g_string_append_c(body, ',');
  json_out_text(body, name);
  g_string_append_c(body, ':');
  json_out_number(body, value, 1);
}

static void
append_locked(const Stats *stats, GString *body) {
  g_string_append_c(body, '{');
  append_member(body, "requests", stats->requests);
  json_out_raw(body, ",\"kinds\":{");
  for (guint i = 0; stats->kinds[i] != NULL; i++)
    append_member(body, stats->kinds[i], stats->by_kind[i]);
  json_out_raw(body, "},\"statuses\":{");
  for (guint i = 0; i < G_N_ELEMENTS(stats->by_status); i++) {
    char name[8];
    g_snprintf(name, sizeof name, "%u", i);
    if (stats->by_status[i] > 0)
      append_member(body, name, stats->by_status[i]);
  }
  json_out_raw(body, "},\"faults\":{");
  for (Fault fault = FAULT_DROP; fault < FAULT_COUNT; fault++)
    append_member(body, faults_word(fault), stats->by_fault[fault]);
  g_string_append_c(body, '}');
  append_member(body, "in_flight", stats->in_flight);
  append_member(body, "peak_in_flight", stats->peak);
  append_member(body, "connections", stats->connections);
  append_member(body, "tls_resumed", stats->resumed);
  json_out_raw(body, ",\"client_certificates\":[");
  for (guint i = 0; i < stats->subjects->len; i++) {
    g_string_append(body, i > 0 ? "," : "");
    json_out_text(body, g_ptr_array_index(stats->subjects, i));
  }
  json_out_raw(body, "]}\n");
}

void
stats_append(Stats *stats, GString *body) {
  g_mutex_lock(&stats->lock);
  append_locked(stats, body);
  g_mutex_unlock(&stats->lock);
}
