/* Where a simulated ZMS has its data from: made up (generate.h) or files (datadir.h). Every
 * function appends the JSON of its answer to `body`, from any thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "control.h"

/* Days as YYYY-MM-DD, both within. */
typedef struct {
  const char *from;
  const char *to;
} SourceRange;

typedef enum {
  SOURCE_FOUND,
  SOURCE_UNKNOWN, /* no such Lehrgang or Teilnehmer; nothing was appended */
  SOURCE_BROKEN,  /* the data cannot be read; nothing was appended */
} SourceResult;

typedef struct {
  /* All Lehrgänge of a tenant, or those whose startTag or endTag lies in `range` when it is not
   * NULL. */
  SourceResult (*list)(gpointer self, guint tenant, const SourceRange *range, GString *body);

  /* One Lehrgang. */
  SourceResult (*lehrgang)(gpointer self, guint tenant, const char *id, GString *body);

  /* All Teilnehmer of one Lehrgang, or only the one with the id `teilnehmer` when it is not NULL;
   * with the statuses that `view` changes. */
  SourceResult (*teilnehmer)(gpointer self, const ControlView *view, const char *id,
                             const char *teilnehmer, GString *body);

  void (*free)(gpointer self);
} SourceOps;

typedef struct {
  const SourceOps *ops;
  gpointer self;
} Source;
