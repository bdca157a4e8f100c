/* Asks the store for what /metrics shows of it, under a time limit: in a thread that lives for one
 * asking, whose answer all share who want one meanwhile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "monitor/listener.h"

typedef struct Inquiry Inquiry;

/* `context` as listener_new() has it; it is copied. */
Inquiry *inquiry_new(const ListenerContext *context);

/* Appends what the store tells, having waited for it no longer than the context allows. False:
 * nothing was appended, the store failed or did not answer in time. Safe from every thread. */
bool inquiry_append(Inquiry *inquiry, GString *text);

/* Nobody waits any more: inquiry_append() gives false at once, also where it is waiting. */
void inquiry_end(Inquiry *inquiry);

/* inquiry_end(), and a short wait for a thread that is asking. One that hangs is left behind: it
 * frees what it holds when it comes to its end; then false. NULL is fine. */
bool inquiry_free(Inquiry *inquiry);
