/* What every fuzzer has. With clang -fsanitize=fuzzer a file with this entry point is a fuzzer by
 * itself; linked with fuzz.c it is a program that runs the files (or folders) given to it, so that
 * the corpus is also an ordinary test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
