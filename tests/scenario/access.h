/* How a run reaches the Moodle of its site: by opening the file, or over HTTP with a simulator in
 * front of it. Opened in the run's own process and closed in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "moodle/gateway.h"
#include "site.h"

/* An opened one; each kind has a struct of its own that begins with this. */
typedef struct {
  Gateway *gateway; /* owned by whoever takes it, and freed before access is closed */
} Access;

/* What goes wrong on Moodle's side. */
typedef enum {
  ACCESS_LOSE,        /* a call is carried out, its answer never comes */
  ACCESS_INVALIDATE,  /* a call is carried out and answers `invalidresponse` */
  ACCESS_MAINTENANCE, /* from now on: switched on in the pages */
  ACCESS_CLOSED,      /* from now on: switched on by CLI, 503 */
  ACCESS_BAD_GATEWAY, /* from now on: 502 */
} AccessTrouble;

struct AccessClass {
  /* In scenarios, {word|text} is for this kind alone. */
  const char *word;

  /* Seconds after which a copy of content that failed, or whose answer was lost, has been tried or
   * looked at again. 0: at once. */
  guint patience_s;

  /* The same Moodle without its companion plugin; NULL when it can do without. */
  const AccessClass *bare;

  /* The test ends when that fails. */
  Access *(*open)(const Site *site);
  void (*close)(Access *access);

  /* The two below are NULL where Moodle is no program of its own. */

  /* Causes trouble; with `function`: in its call of that number from now on. From any thread. */
  void (*trouble)(Access *access, AccessTrouble trouble, const char *function, guint nth);

  /* {function that writes: how often it was called}, those that were. */
  json_t *(*calls)(Access *access);
};

extern const AccessClass access_embedded;

/* With the batch wrapper; without, on a database that tells upper from lower case. */
extern const AccessClass access_webservice, access_webservice_plain;
