/* What a run has read from ZMS: the tenants with their Lehrgänge and Teilnehmer, packed, in the
 * order that decides (SPEC 4: tenants as configured, Lehrgänge and Teilnehmer as listed), however
 * the answers arrived.
 *
 * Life: input_new() → each tenant is filled by one thread (input_add_…) → input_seal() → read only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/lehrgang.h"
#include "status/resolver.h"

/* How many left-out items a tenant remembers with their reason; beyond, they are only counted. */
#define INPUT_MAX_LEFT_OUT 200

/* How many different unknown statuses a tenant remembers; beyond, they count under "(other)". */
#define INPUT_MAX_UNKNOWN 100

/* The fields of a Teilnehmer that are kept. LOGIN is the initialId, cleaned to a user name
 * (login_clean). */
typedef enum {
  INPUT_ID,
  INPUT_LOGIN,
  INPUT_VORNAME,
  INPUT_NACHNAME,
  INPUT_EMAIL,
  INPUT_ORT,
  INPUT_FIELDS,
} InputField;

typedef struct {
  const char *text;   /* the fields in a row, each ended by NUL: read with input_field() */
  const char *status; /* raw */
  guint32 person;     /* set by people.c */
  guint8 action;      /* Action */
  bool bad_login;     /* has an initialId of which cleaning leaves nothing */
} InputTeilnehmer;

typedef struct {
  Lehrgang lehrgang;
  guint tenant;       /* index */
  guint first, count; /* its Teilnehmer: in input->teilnehmer once sealed */
  guint left_out; /* malformed Teilnehmer: while there are any, its list counts as not completely
                     read */
  bool finished;  /* an answer came, good or bad */
  char *error;    /* why its Teilnehmer could not be read; NULL when they were */
} InputLehrgang;

/* An item that was left out: a Lehrgang when `lehrgang` is "", else one of its Teilnehmer. */
typedef struct {
  char *lehrgang, *where, *id, *why;
} InputLeftOut;

typedef struct {
  char *abbr, *name;
  bool configured;    /* has an apikey */
  bool selected;      /* this run asks for it */
  bool listed;        /* its list was read */
  char *error;        /* why the tenant failed; NULL when it did not */
  GArray *lehrgaenge; /* InputLehrgang, while filling */
  GArray *teilnehmer; /* InputTeilnehmer, while filling */
  GStringChunk *texts;
  GHashTable *ids;     /* Lehrgang ids listed so far */
  GPtrArray *left_out; /* InputLeftOut */
  guint left_out_count;
  GHashTable *unknown;                  /* unknown status text → GUINT_TO_POINTER(count) */
  guint first_lehrgang, lehrgang_count; /* in input->lehrgaenge, once sealed */
} InputTenant;

typedef struct {
  GPtrArray *tenants; /* InputTenant, in configured order */
  GArray *lehrgaenge; /* InputLehrgang, in deciding order; once sealed */
  GArray *teilnehmer; /* InputTeilnehmer, in deciding order; once sealed */
} Input;

Input *input_new(void);
void input_free(Input *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Input, input_free)

/* Adds the next tenant. Owned by the Input. */
InputTenant *input_add_tenant(Input *input, const char *abbr, const char *name, bool configured,
                              bool selected);

/* Adds the next listed Lehrgang; its texts are copied. One listed a second time is left out.
 * Returns its index in the tenant, or G_MAXUINT. */
guint input_add_lehrgang(InputTenant *tenant, const Lehrgang *lehrgang);

/* Adds the next Teilnehmer of `lehrgang` (index in the tenant). All of one Lehrgang's are added in
 * a row. */
void input_add_teilnehmer(InputTenant *tenant, guint lehrgang, const Teilnehmer *teilnehmer,
                          const StatusTable *status);

/* Notes an item that was left out: `lehrgang` is the index of the one it belongs to, or G_MAXUINT
 * for an item of the list itself. */
void input_leave_out(InputTenant *tenant, guint lehrgang, const char *where, const char *id,
                     const char *why);

/* The Lehrgang has been answered; `error` is NULL when all its Teilnehmer were handed out. */
void input_finish_lehrgang(InputTenant *tenant, guint lehrgang, const char *error);

/* The tenant failed as a whole; Lehrgänge not finished fail with it. */
void input_fail_tenant(InputTenant *tenant, const char *error);

/* Brings everything into the deciding order. */
void input_seal(Input *input);

/* A field's text, "" when empty. Borrowed. */
const char *input_field(const InputTeilnehmer *teilnehmer, InputField field);

static inline InputTenant *
input_tenant(const Input *input, guint index) {
  return g_ptr_array_index(input->tenants, index);
}
static inline InputLehrgang *
input_lehrgang(const Input *input, guint index) {
  return &g_array_index(input->lehrgaenge, InputLehrgang, index);
}
static inline InputTeilnehmer *
input_teilnehmer(const Input *input, guint index) {
  return &g_array_index(input->teilnehmer, InputTeilnehmer, index);
}

/* Index of the Lehrgang that lists the Teilnehmer of that index. */
guint input_lehrgang_of(const Input *input, guint teilnehmer);

/* Whether a Lehrgang's list was read completely: the proof that removals need (SPEC 5). */
static inline bool
input_complete(const InputLehrgang *lehrgang) {
  return lehrgang->finished && lehrgang->error == NULL && lehrgang->left_out == 0;
}
