/* What the parts of a checkup share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/checkup.h"

/* Notes a finding; `tenant` may be NULL. Secrets in `message` are blotted out. */
void checkup_add(Checkup *checkup, CheckupArea area, CheckupLevel level, const char *tenant,
                 const char *message, const char *remedy);

/* One finding for each line of `message`. */
void checkup_add_lines(Checkup *checkup, CheckupArea area, CheckupLevel level, const char *message);

/* Says what was found in an area, in place of what was said before. */
void checkup_set_text(Checkup *checkup, CheckupArea area, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

CheckupTenant *checkup_tenant_at(const Checkup *checkup, guint index);

/* Asks ZMS for the list of each tenant that has an apikey, several at once, unless the certificates
 * have errors. */
void checkup_zms_look(Checkup *checkup, Clock *clock, const Stop *stop, Progress *progress);
