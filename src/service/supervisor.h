/* What the service tells the one that started it, systemd (sd_notify(3)). Without one, nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

void supervisor_ready(void);
void supervisor_reloading(void); /* until the next supervisor_ready() */
void supervisor_stopping(void);

/* One line for `systemctl status`. */
void supervisor_status(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Tells the watchdog from the default main context that the service lives, as often as systemd
 * asked for; does nothing when it did not. */
void supervisor_watch(void);
