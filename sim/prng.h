/* A small generator of pseudo-random numbers (splitmix64), so that generated data is the same on
 * every machine and for every version of the libraries. Any place of the data has its own stream:
 * nothing depends on the order of requests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  guint64 state;
} Prng;

static inline guint64
prng_mix(guint64 value) {
  value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
  return value ^ (value >> 31);
}

/* The stream of one place: what kind of thing (`tag`), and which. */
static inline Prng
prng_at(guint64 seed, guint tag, guint a, guint b, guint c) {
  const guint64 golden = G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
  guint64 state = prng_mix(seed + golden * tag);
  state = prng_mix(state + golden * (a + 1));
  state = prng_mix(state + golden * (b + 1));
  return (Prng){ prng_mix(state + golden * (c + 1)) };
}

static inline guint64
prng_next(Prng *prng) {
  prng->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
  return prng_mix(prng->state);
}

/* 0 … limit − 1. The high half times `limit`: no division, and the bias is far below anything seen
 * here. */
static inline guint
prng_below(Prng *prng, guint limit) {
  return (guint)(((prng_next(prng) >> 32) * limit) >> 32);
}
