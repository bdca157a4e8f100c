/* Comparing what a scenario expects with what there is, line by line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "node.h"

/* Whether `is` (char *; a line that belongs to another begins with blanks) and the lines below
 * `expected` are the same, in any order. In expected lines '*' stands for any text. When not, the
 * test fails, and both sides' lines without a partner, and all of `is`, are told under `title`. */
bool lines_compare(const Node *expected, const GPtrArray *is, const char *title);
