/* Mischief asked for and not yet done: what a later call of a function is to suffer, once.
 * Thread-safe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
  MSIM_TRICK_NONE,
  MSIM_TRICK_LOSE,    /* carry it out, then send nothing */
  MSIM_TRICK_FAIL,    /* throw instead */
  MSIM_TRICK_INVALID, /* carry it out, then throw invalidresponse */
} MsimTrickKind;

typedef struct {
  MsimTrickKind kind;
  char *code; /* MSIM_TRICK_FAIL: the errorcode; g_free() it */
} MsimTrick;

typedef struct MsimTricks MsimTricks;

/* Keeps at most `limit`. */
MsimTricks *msim_tricks_new(guint limit);
void msim_tricks_free(MsimTricks *tricks); /* NULL is fine */

/* The nth call (1: the next) of `function` suffers `kind`. False: too many, or nth is 0. */
bool msim_tricks_add(MsimTricks *tricks, const char *function, guint nth, MsimTrickKind kind,
                     const char *code);

/* `function` is called: what it suffers. */
MsimTrick msim_tricks_next(MsimTricks *tricks, const char *function);

/* Forgets all. */
void msim_tricks_reset(MsimTricks *tricks);
