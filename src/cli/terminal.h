/* What the terminal behind a stream can do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal `out` writes to: 80 when it does not say; 0 when `out` is no terminal. */
guint terminal_columns(FILE *out);

/* Whether a line on it can be written over: a terminal that is not TERM=dumb. */
bool terminal_can_redraw(FILE *out);

/* Whether it takes colours: as above, and NO_COLOR is empty or not set. */
bool terminal_can_colour(FILE *out);
