/* Answers from a folder of files, read again for every request, so that a rehearsal can change
 * them:
 *
 *   DIR/lehrgaenge.json            the list of every tenant
 *   DIR/teilnehmer/ID.json         Teilnehmer of one Lehrgang (ID percent-encoded, A-Z a-z 0-9 - .
 * _ ~ stay) DIR/teilnehmer.json            Teilnehmer of all others DIR/SLUG/… the same for one
 * tenant, and looked at first
 *
 * Files that are no JSON are served as they are. A missing file is an empty list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "source.h"
#include "tenants.h"

/* Largest file that is served, in bytes. */
#define DATADIR_MAX_FILE (256u << 20)

/* A source over that folder. `tenants` must outlive it. False and `error` when it is no folder. */
bool datadir_new(Source *source, const char *folder, const Tenants *tenants, GError **error);
