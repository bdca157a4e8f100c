/* The figures and targets as a table for people and as a JSON document.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "figures.h"
#include "target.h"

typedef struct {
  const Series *usual, *large, *late;
  const GArray *targets; /* Target */
  bool quick;            /* on less data than the targets are meant for */
  gdouble load;          /* processes that ran or waited in the minute before */
} BenchReport;

/* Onto standard output. */
void bench_report_print(const BenchReport *report);

/* Free with json_decref(). */
json_t *bench_report_json(const BenchReport *report);
