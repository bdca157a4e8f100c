/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/decide.h"

#include <stdlib.h>

#include "sync/people.h"

Decisions *
decisions_new(void) {
  Decisions *decisions = g_new(Decisions, 1);
  decisions->voices = g_array_new(FALSE, FALSE, sizeof(DecideVoice));
  decisions->decisions = g_array_new(FALSE, FALSE, sizeof(Decision));
  return decisions;
}

void
decisions_free(Decisions *decisions) {
  if (decisions == NULL)
    return;
  g_array_unref(decisions->voices);
  g_array_unref(decisions->decisions);
  g_free(decisions);
}

static gint
by_person(gconstpointer a, gconstpointer b) {
  const DecideVoice *x = a, *y = b;
  if (x->person != y->person)
    return x->person < y->person ? -1 : 1;
  return x->teilnehmer < y->teilnehmer ? -1 : x->teilnehmer > y->teilnehmer;
}

static void
gather(Decisions *decisions, const Input *input, const Course *course) {
  g_array_set_size(decisions->voices, 0);
  for (guint l = 0; l < course->lehrgaenge->len; l++) {
    guint index = g_array_index(course->lehrgaenge, guint, l);
    const InputLehrgang *lehrgang = input_lehrgang(input, index);
    for (guint i = lehrgang->first; i < lehrgang->first + lehrgang->count; i++) {
      const InputTeilnehmer *teilnehmer = input_teilnehmer(input, i);
      DecideVoice voice = { teilnehmer->person, i, index, teilnehmer->action };
      g_array_append_val(decisions->voices, voice);
    }
  }
  g_array_sort(decisions->voices, by_person);
}

void
decisions_make(Decisions *decisions, const Input *input, const Course *course) {
  gather(decisions, input, course);
  g_array_set_size(decisions->decisions, 0);
  Decision *last = NULL;
  for (guint i = 0; i < decisions->voices->len; i++) {
    const DecideVoice *voice = &g_array_index(decisions->voices, DecideVoice, i);
    if (last == NULL || last->person != voice->person) {
      Decision fresh = { voice->person, i, 0, voice->teilnehmer, voice->action };
      g_array_append_val(decisions->decisions, fresh);
      last = &g_array_index(decisions->decisions, Decision, decisions->decisions->len - 1);
    }
    last->count++;
    if (voice->action > last->action) {
      last->action = voice->action;
      last->why = voice->teilnehmer;
    }
  }
}
