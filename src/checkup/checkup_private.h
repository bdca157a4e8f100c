/* What the parts of a checkup share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "checkup/checkup.h"
#include "moodle/gateway.h"
#include "store/store.h"
#include "sync/courses.h"

/* A look under way: what one part opened and read for the next. */
typedef struct {
  Checkup *checkup;
  Clock *clock;
  const Stop *stop;
  CheckupProgressFunc progress; /* NULL: nobody is told */
  gpointer user_data;
  Store *store;     /* NULL: cannot be opened */
  Gateway *gateway; /* NULL: Moodle cannot be opened, or does not answer */
  Courses *courses; /* with the companies; NULL when they could not be read */
  Input *input;     /* the Lehrgänge ZMS lists, tenants in configured order */
} Looking;

/* Tells how far the look is. */
static inline void
checkup_tell(const Looking *looking, const char *phase, guint done, guint total) {
  if (looking->progress != NULL)
    looking->progress(phase, done, total, looking->user_data);
}

/* Notes a finding; `tenant` may be NULL. Secrets in `message` are blotted out. What is returned is
 * the checkup's. */
CheckupFinding *checkup_add(Checkup *checkup, CheckupArea area, CheckupLevel level,
                            const char *tenant, const char *message, const char *remedy);

/* One finding for each line of `message`. */
void checkup_add_lines(Checkup *checkup, CheckupArea area, CheckupLevel level, const char *message);

/* Says what was found in an area, in place of what was said before. */
void checkup_set_text(Checkup *checkup, CheckupArea area, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

CheckupTenant *checkup_tenant_at(const Checkup *checkup, guint index);

/* Opens Moodle, has it inspected and looks for the companies. */
void checkup_moodle_look(Looking *looking);

/* Asks ZMS for the list of each tenant that has an apikey, several at once, unless the certificates
 * have errors. */
void checkup_zms_look(Looking *looking);

/* Looks which courses the listed Lehrgänge belong to, as a run would. */
void checkup_courses_look(Looking *looking);

/* Asks the mail server of [notify] to let us in. */
void checkup_notify_look(Looking *looking);
