/* The short page (under /api/: the JSON) for what is refused before anybody looked at it, or that
 * nobody had time for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/answer.h"

/* `status` 400, 405, 413, 415, 421 or 503; `target` as the request has it; `accept` is its
 * Accept-Language (NULL is fine). `answer` is one that was just initialised. */
void refusal_answer(WebAnswer *answer, guint status, const char *target, const char *accept);
