/* What a rehearsal changes while the simulator runs: single statuses, a tenant whose people are
 * suddenly cancelled, tenants and Lehrgänge that answer with an error. Thread-safe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Control Control;

/* Changes kept at most; further ones are refused. */
#define CONTROL_MAX_CHANGES 10000

#define CONTROL_FAULT_NONE 0
#define CONTROL_FAULT_GARBAGE                                                                      \
  1 /* an answer 200 that is no JSON; every other fault is an HTTP status */

Control *control_new(void);
void control_free(Control *control); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Control, control_free)

/* Reads "none", "garbage" or a status 400 … 599. */
bool control_parse_fault(const char *text, guint *fault);

/* From now on this Teilnehmer of this Lehrgang has that raw status. False: too many changes. */
bool control_set_status(Control *control, guint tenant, const char *lehrgang,
                        const char *teilnehmer, const char *status);

/* `percent` of the tenant's participations, always the same ones, read S100_STORNIERT_KREIS; 0 ends
 * it. */
void control_set_cancel(Control *control, guint tenant, guint percent);

/* What the tenant answers to everything, or with `lehrgang` to requests for that one's Teilnehmer.
 * False: too many changes. */
bool control_set_fault(Control *control, guint tenant, const char *lehrgang, guint fault);

/* Forgets all changes. */
void control_reset(Control *control);

/* The fault for a request; `lehrgang` is NULL when it is not for Teilnehmer. */
guint control_fault(Control *control, guint tenant, const char *lehrgang);

/* Statuses of one tenant as they stand; hold it only while one answer is made, and end it with
 * control_end(). */
typedef struct {
  Control *control;
  guint tenant;
  bool active; /* false: nothing is changed, no need to ask for every Teilnehmer */
} ControlView;

ControlView control_begin(Control *control, guint tenant);
void control_end(ControlView *view);

/* The changed status of a Teilnehmer, or NULL when it is as it was. Valid until control_end(). */
const char *control_status(const ControlView *view, const char *lehrgang, const char *teilnehmer);
