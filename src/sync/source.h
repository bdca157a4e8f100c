/* Where a run reads Lehrgänge and Teilnehmer from: ZMS, or a document in a test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "status/resolver.h"
#include "sync/input.h"

typedef struct Source Source;

typedef struct {
  /* Fills a tenant (index in the configuration) with its Lehrgänge of `year` (0: all) and their
   * Teilnehmer; what fails is noted in the tenant. Called for several tenants at once, each in a
   * thread of its own. */
  void (*read_tenant)(Source *source, guint index, gint year, InputTenant *tenant);

  /* Reads single Lehrgänge by id into `tenant`, in any order: those that ZMS does not have any more
   * (404) are not added; those that cannot be read are added as failed. False when even that is
   * unknown (the tenant is not configured, not reachable): `error` says why. */
  bool (*read_lehrgaenge)(Source *source, guint index, const char *const *ids, guint count,
                          InputTenant *tenant, GError **error);
} SourceClass;

struct Source {
  const SourceClass *class; /* sources embed a Source as their first member */
};
