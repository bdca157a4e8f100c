/* Who is told what: the starter of a manual import when it ends, the operator of scheduled runs
 * that failed or were partial and of certificates about to expire. What is to be told becomes a
 * task in the store, so that a mail server that is down delays it and stops nothing; a task's
 * subject names cause and day, so that each is told once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "config/config.h"
#include "notify/mail.h"
#include "scheduler/import.h"
#include "scheduler/tasks.h"
#include "store/store.h"

#define NOTIFY_MAIL_KIND "mail"       /* needs no gateway */
#define NOTIFY_MESSAGE_KIND "message" /* in Moodle */

/* Certificates are spoken of so long before they expire. */
#define NOTIFY_CERTIFICATE_DAYS 30

/* A manual import has ended, or failed and will be tried again (not `final`). `report` is the
 * run's (NULL when there is none), `why` what to say when it did not run. Queues the mail to the
 * starter (to the operator when the starter gave no address) and, when configured, the message in
 * Moodle. Nothing configured: nothing is queued. */
bool notify_import(Store *store, const Config *config, const ImportRequest *request,
                   RunStatus status, const json_t *report, const char *why, bool final, gint64 now,
                   GError **error);

/* A scheduled run has ended with `report`: the operator is told of `error`, `partial` and `held`,
 * once per cause and day of the configured time zone. What makes a cause: status and the reasons,
 * without numbers that differ from run to run. */
bool notify_scheduled(Store *store, const Config *config, const json_t *report, gint64 now,
                      GError **error);

/* Looks at every configured client certificate: the operator is told of those that expire within
 * NOTIFY_CERTIFICATE_DAYS or have expired, once per certificate and day. */
bool notify_certificates(Store *store, const Config *config, gint64 now, GError **error);

/* The mail server of [notify]; `config` and `stop` (may be NULL) are borrowed. */
MailServer notify_mail_server(const Config *config, const Stop *stop);

/* The tasks. TaskAttempt.more is the `const Config *` in force. */
TaskOutcome notify_mail_run(TaskAttempt *attempt, GError **error);
TaskOutcome notify_message_run(TaskAttempt *attempt, GError **error);
