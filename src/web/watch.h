/* Time limits that hold for as long as something takes, not just between two bytes: who sends or
 * reads a byte every few seconds is cut off all the same.
 *
 * A thread looks at them, and only while somebody is connected.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Watch Watch;
typedef struct WatchLink WatchLink;

/* Every `tick` µs all connections are looked at, then `each` is called with `data`, from the
 * watch's thread. It goes on until nobody is connected and `each` gave false (nothing waits). NULL
 * and `error`: no thread. */
Watch *watch_new(gint64 tick, bool (*each)(gpointer data), gpointer data, GError **error);

/* No connection may be left. NULL is fine. */
void watch_free(Watch *watch);

/* A connection with its socket, from now until watch_remove(), which must come before the socket is
 * closed. */
WatchLink *watch_add(Watch *watch, int fd);
void watch_remove(Watch *watch, WatchLink *link);

/* It is cut off `after` µs from now, in place of what was said before; 0: never. */
void watch_limit(Watch *watch, WatchLink *link, gint64 after);
