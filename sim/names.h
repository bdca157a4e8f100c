/* The words generated data is made of: names of people, places, courses, statuses, tenants.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A word and how it is written in an e-mail address. */
typedef struct {
  const char *text;
  const char *ascii;
} NamesWord;

typedef struct {
  const char *text;
  const char *ascii;
  const char *plz;
} NamesOrt;

typedef struct {
  const char *kurzbezeichnung;
  const char *bezeichnung;
  guint days; /* how long it takes at most */
} NamesKurs;

typedef struct {
  const char *name;
  const char *abbr;
} NamesTenant;

/* Each takes any number and gives one of its words. */
const NamesWord *names_vorname(bool female, guint number);
const NamesWord *names_nachname(guint number);
const NamesOrt *names_ort(guint number);
const NamesKurs *
names_kurs(guint number); /* one that ZMS knows and a master course is expected for */
const NamesKurs *names_kurs_unbekannt(guint number); /* one without a master course */

/* A raw status, NULL for none; `number` decides by the weights of real data (SPEC 5): of 1000
 * numbers in a row some 450 are called up, 350 have taken part, 120 have cancelled, the rest means
 * nothing. */
const char *names_status(guint number);

/* The tenants of Hesse in configured order; NULL from the 36th on. */
const NamesTenant *names_tenant(guint index);

/* What a Moodle needs as master courses for names_kurs(), separated by blanks. */
const char *names_masters(void);
