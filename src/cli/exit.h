/* What the program's exit code tells scripts and service managers (DESIGN, Command line).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

typedef enum {
  EXIT_OK = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2, /* wrong usage or configuration: nothing was tried */
  EXIT_PARTIAL = 3,
  EXIT_HELD = 4,
  EXIT_BUSY = 75, /* EX_TEMPFAIL of sysexits: another run holds the lock */
} ExitCode;
