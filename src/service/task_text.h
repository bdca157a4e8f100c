/* What a task is about, for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

/* "course 21 FD-F-ATR-26", "2026 FD,HP by anna", "to anna@example.org: Import 2026"; the task's own
 * subject where its payload tells no more. Free with g_free(). */
char *task_text(const StoreTask *task);
