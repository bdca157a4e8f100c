/* What people are told, as one line and a plain text, in German or English. No more than counts,
 * ids and error messages: nobody's name but the starter's, and no secret.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "config/config.h"
#include "scheduler/import.h"
#include "store/store.h"

typedef struct {
  char *subject, *body;
} Notice;
void notice_clear(Notice *notice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Notice, notice_clear)

/* Of a manual import; parameters as of notify_import(). */
Notice notice_import(const Config *config, const ImportRequest *request, RunStatus status,
                     const json_t *report, const char *why, bool final);

/* Of a scheduled run. */
Notice notice_scheduled(const Config *config, const json_t *report);

/* Of a certificate that expires in `days` (negative: has expired), as certificate_days_left()
 * counts them. */
Notice notice_certificate(const Config *config, const char *path, gint days);
