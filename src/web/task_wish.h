/* What an operator may ask to be done with a background task: that it is tried again, that it is
 * taken out. The buttons, and what happens when they are pressed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"

/* Forms with the buttons that make sense; nothing for viewers. They lead back to `back`, an address
 * under /tasks without anything but lower-case words and numbers in it. */
void task_wish_buttons(WebCall *call, Html *html, const StoreTask *task, const char *back);

/* What was done, as the page's address says it (?done=retry-21). */
void task_wish_done(const WebCall *call, Html *html);

/* POST /tasks/{id}/retry and /cancel, and the same under /api/v1. */
bool task_wish_retry(WebCall *call, GError **error);
bool task_wish_cancel(WebCall *call, GError **error);
