/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "checkup/checkup_private.h"
#include "notify/notify.h"

/* For the mail server to let us in. */
#define MAIL_LIMIT_MS 20000

static void
look_at_mail_server(const Looking *looking) {
  Checkup *checkup = looking->checkup;
  const Config *config = checkup->config;
  const MailServer server = notify_mail_server(config, looking->stop);
  g_autoptr(GError) error = NULL;
  checkup_tell(looking, "ask the mail server", 0, 0);
  if (mail_try(&server, config->notify.from, MAIL_LIMIT_MS, &error)) {
    checkup_set_text(checkup, CHECKUP_NOTIFY, "mail by %s", config->notify.smtp);
    return;
  }
  checkup_set_text(checkup, CHECKUP_NOTIFY, "%s does not take mail", config->notify.smtp);
  checkup_add(checkup, CHECKUP_NOTIFY, CHECKUP_WARNING, NULL, error->message, "");
}

void
checkup_notify_look(Looking *looking) {
  Checkup *checkup = looking->checkup;
  const Config *config = checkup->config;
  if (text_empty(config->notify.smtp)) {
    checkup_set_text(checkup, CHECKUP_NOTIFY, "no mail server, so nobody is told by mail");
    return;
  }
  look_at_mail_server(looking);
  if (text_empty(config->notify.operator_address))
    checkup_add(checkup, CHECKUP_NOTIFY, CHECKUP_WARNING, NULL,
                "nobody is told of scheduled runs that failed, nor of certificates about to expire",
                "Give somebody's address as operator in [notify].");
}
