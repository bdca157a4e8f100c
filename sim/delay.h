/* Waiting without holding a thread: one thread calls back what is due.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef void (*DelayFunc)(gpointer data);

typedef struct Delay Delay;

Delay *delay_new(void);

/* Ends all waiting: calls everything back at once and refuses what comes later. */
void delay_close(Delay *delay);
void delay_free(Delay *delay); /* closes it; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Delay, delay_free)

/* Calls `func` once, in the delay's thread, after `milliseconds`; earlier (within a second) when
 * `socket` is not −1 and its other end has closed it. False: closed, nothing will be called. */
bool delay_add(Delay *delay, guint milliseconds, int socket, DelayFunc func, gpointer data);
