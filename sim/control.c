/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include "prng.h"

#define CANCELLED "S100_STORNIERT_KREIS"

struct Control {
  GRWLock lock;
  GHashTable *statuses; /* key of tenant, Lehrgang, Teilnehmer → status */
  GHashTable *cancel;   /* tenant → percent */
  GHashTable *faults;   /* key of tenant, Lehrgang or "" → fault */
};

/* Line feeds separate: no id of either kind holds one that matters here. */
static char *
make_key(guint tenant, const char *lehrgang, const char *teilnehmer) {
  return g_strdup_printf("%u\n%s\n%s", tenant, lehrgang, teilnehmer);
}

Control *
control_new(void) {
  Control *control = g_new0(Control, 1);
  g_rw_lock_init(&control->lock);
  control->statuses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  control->cancel = g_hash_table_new(NULL, NULL);
  control->faults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return control;
}

void
control_free(Control *control) {
  if (control == NULL)
    return;
  g_hash_table_unref(control->statuses);
  g_hash_table_unref(control->cancel);
  g_hash_table_unref(control->faults);
  g_rw_lock_clear(&control->lock);
  g_free(control);
}

bool
control_parse_fault(const char *text, guint *fault) {
  guint64 status;
  if (g_strcmp0(text, "none") == 0)
    *fault = CONTROL_FAULT_NONE;
  else if (g_strcmp0(text, "garbage") == 0)
    *fault = CONTROL_FAULT_GARBAGE;
  else if (text != NULL && g_ascii_string_to_unsigned(text, 10, 400, 599, &status, NULL))
    *fault = (guint)status;
  else
    return false;
  return true;
}

bool
control_set_status(Control *control, guint tenant, const char *lehrgang, const char *teilnehmer,
                   const char *status) {
  g_rw_lock_writer_lock(&control->lock);
  bool room = g_hash_table_size(control->statuses) < CONTROL_MAX_CHANGES;
  if (room)
    g_hash_table_replace(control->statuses, make_key(tenant, lehrgang, teilnehmer),
                         g_strdup(status));
  g_rw_lock_writer_unlock(&control->lock);
  return room;
}

void
control_set_cancel(Control *control, guint tenant, guint percent) {
  g_rw_lock_writer_lock(&control->lock);
  if (percent == 0)
    g_hash_table_remove(control->cancel, GUINT_TO_POINTER(tenant));
  else
    g_hash_table_insert(control->cancel, GUINT_TO_POINTER(tenant), GUINT_TO_POINTER(percent));
  g_rw_lock_writer_unlock(&control->lock);
}

bool
control_set_fault(Control *control, guint tenant, const char *lehrgang, guint fault) {
  g_autofree char *key = make_key(tenant, lehrgang ? lehrgang : "", "");
  bool room = true;
  g_rw_lock_writer_lock(&control->lock);
  if (fault == CONTROL_FAULT_NONE)
    g_hash_table_remove(control->faults, key);
  else if (g_hash_table_size(control->faults) < CONTROL_MAX_CHANGES)
    g_hash_table_replace(control->faults, g_steal_pointer(&key), GUINT_TO_POINTER(fault));
  else
    room = false;
  g_rw_lock_writer_unlock(&control->lock);
  return room;
}

void
control_reset(Control *control) {
  g_rw_lock_writer_lock(&control->lock);
  g_hash_table_remove_all(control->statuses);
  g_hash_table_remove_all(control->cancel);
  g_hash_table_remove_all(control->faults);
  g_rw_lock_writer_unlock(&control->lock);
}

static guint
find_fault(Control *control, guint tenant, const char *lehrgang) {
  g_autofree char *key = make_key(tenant, lehrgang, "");
  return GPOINTER_TO_UINT(g_hash_table_lookup(control->faults, key));
}

guint
control_fault(Control *control, guint tenant, const char *lehrgang) {
  guint fault = CONTROL_FAULT_NONE;
  g_rw_lock_reader_lock(&control->lock);
  if (g_hash_table_size(control->faults) > 0) {
    fault = find_fault(control, tenant, "");
    if (fault == CONTROL_FAULT_NONE && lehrgang != NULL)
      fault = find_fault(control, tenant, lehrgang);
  }
  g_rw_lock_reader_unlock(&control->lock);
  return fault;
}

ControlView
control_begin(Control *control, guint tenant) {
  g_rw_lock_reader_lock(&control->lock);
  bool active = g_hash_table_size(control->statuses) > 0 ||
                g_hash_table_contains(control->cancel, GUINT_TO_POINTER(tenant));
  return (ControlView){ control, tenant, active };
}

void
control_end(ControlView *view) {
  g_rw_lock_reader_unlock(&view->control->lock);
}

const char *
control_status(const ControlView *view, const char *lehrgang, const char *teilnehmer) {
  if (!view->active)
    return NULL;
  g_autofree char *key = make_key(view->tenant, lehrgang, teilnehmer);
  const char *status = g_hash_table_lookup(view->control->statuses, key);
  if (status != NULL)
    return status;
  guint percent =
      GPOINTER_TO_UINT(g_hash_table_lookup(view->control->cancel, GUINT_TO_POINTER(view->tenant)));
  return prng_mix(g_str_hash(key)) % 100 < percent ? CANCELLED : NULL;
}
