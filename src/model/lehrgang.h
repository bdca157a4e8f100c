/* A Lehrgang and a Teilnehmer as ZMS lists them: plain values, texts as given. A field that was
 * missing, null or empty is "" (SPEC 1: any field but `id` may be). Texts are borrowed; who hands
 * one out says for how long.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  const char *id; /* never "" */
  const char *kurzbezeichnung;
  const char *bezeichnung;
  const char *ort;
  const char *start_tag; /* YYYY-MM-DD or DD.MM.YYYY, not checked here */
  const char *end_tag;   /* YYYY-MM-DD, not checked here */
} Lehrgang;

typedef struct {
  const char *id;         /* never "" */
  const char *initial_id; /* the stable login name */
  const char *vorname;
  const char *nachname;
  const char *email; /* business, else private (SPEC 4) */
  const char *ort;
  const char *status; /* raw: S034_EINBERUFUNG_VERSCHICKT_KREIS */
} Teilnehmer;
