/* What goes wrong on purpose: every n-th request fails in one of several ways, and whoever asks too
 * fast is told to wait. Thread-safe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"

/* Requesters whose rate is watched at most; further ones share one allowance. */
#define FAULTS_MAX_KEYS 1000

/* 0 turns each off. */
typedef struct {
  gint latency_ms; /* how long each answer takes */
  gint rate;       /* requests per second of one requester */
  gint fail_every; /* 500 */
  gint stall_every;
  gint truncate_every;
  gint garbage_every;
  gint drop_every;
  gint lose_reply_every;
} FaultsOptions;

typedef enum {
  FAULT_NONE,
  FAULT_DROP,     /* close the connection without an answer */
  FAULT_STALL,    /* no answer for long */
  FAULT_TRUNCATE, /* announce more bytes than are sent, then close */
  FAULT_GARBAGE,  /* 200, but no JSON */
  FAULT_FAIL,     /* 500 */
  FAULT_LOSE,     /* carry it out, then close the connection without an answer */
  FAULT_COUNT
} Fault;

typedef struct Faults Faults;

/* `clock` must outlive it. */
Faults *faults_new(const FaultsOptions *options, Clock *clock);
void faults_free(Faults *faults); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Faults, faults_free)

gint faults_latency_ms(const Faults *faults);

/* The fault of the next request. Each kind counts the requests that the kinds before it left alone.
 */
Fault faults_next(Faults *faults);

/* Short word for statistics: "drop", "stall". */
const char *faults_word(Fault fault);

/* Whether the requester `key` may ask now. A second's worth may come at once. False: `*retry_after`
 * is the value of a Retry-After header (free with g_free()), in turns seconds and an HTTP date,
 * both late enough. */
bool faults_admit(Faults *faults, const char *key, char **retry_after);
