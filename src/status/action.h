/* What a status asks for, weakest first: the net of several is the greatest (SPEC 5).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

typedef enum {
  ACTION_NONE,     /* noop */
  ACTION_UNENROL,  /* abgemeldet */
  ACTION_ENROL,    /* angemeldet */
  ACTION_COMPLETE, /* bestanden: enrol and complete */
} Action;
