/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_trick.h"

typedef struct {
  char *function;
  guint left; /* calls until it is played */
  MsimTrick trick;
} Planned;

struct MsimTricks {
  GMutex lock;
  guint limit;
  GArray *planned; /* of Planned */
};

static void
planned_clear(gpointer data) {
  Planned *planned = data;
  g_free(planned->function);
  g_free(planned->trick.code);
}

MsimTricks *
msim_tricks_new(guint limit) {
  MsimTricks *tricks = g_new0(MsimTricks, 1);
  g_mutex_init(&tricks->lock);
  tricks->limit = limit;
  tricks->planned = g_array_new(FALSE, FALSE, sizeof(Planned));
  g_array_set_clear_func(tricks->planned, planned_clear);
  return tricks;
}

void
msim_tricks_free(MsimTricks *tricks) {
  if (tricks == NULL)
    return;
  g_array_unref(tricks->planned);
  g_mutex_clear(&tricks->lock);
  g_free(tricks);
}

bool
msim_tricks_add(MsimTricks *tricks, const char *function, guint nth, MsimTrickKind kind,
                const char *code) {
  g_mutex_lock(&tricks->lock);
  bool room = nth > 0 && tricks->planned->len < tricks->limit;
  if (room) {
    Planned planned = { g_strdup(function), nth, { kind, g_strdup(code) } };
    g_array_append_val(tricks->planned, planned);
  }
  g_mutex_unlock(&tricks->lock);
  return room;
}

/* Of several that are due at once the first asked for is played, the others are over too. */
MsimTrick
msim_tricks_next(MsimTricks *tricks, const char *function) {
  MsimTrick found = { MSIM_TRICK_NONE, NULL };
  g_mutex_lock(&tricks->lock);
  for (guint i = 0; i < tricks->planned->len;) {
    Planned *planned = &g_array_index(tricks->planned, Planned, i);
    if (!g_str_equal(planned->function, function) || --planned->left > 0) {
      i++;
      continue;
    }
    if (found.kind == MSIM_TRICK_NONE)
      found = (MsimTrick){ planned->trick.kind, g_steal_pointer(&planned->trick.code) };
    g_array_remove_index(tricks->planned, i);
  }
  g_mutex_unlock(&tricks->lock);
  return found;
}

void
msim_tricks_reset(MsimTricks *tricks) {
  g_mutex_lock(&tricks->lock);
  g_array_set_size(tricks->planned, 0);
  g_mutex_unlock(&tricks->lock);
}
