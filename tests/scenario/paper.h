/* ZMS on paper: what a scenario says ZMS would answer, read by the engine as a Source. Answers are
 * made into the JSON that ZMS sends and go through the real decoding.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "config/config.h"
#include "node.h"
#include "sync/source.h"

typedef struct Paper Paper;

/* Empty: every tenant lists nothing. `config` must outlive it. Free with paper_free(). */
Paper *paper_new(const Config *config);
void paper_free(Paper *paper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Paper, paper_free)

/* Does what a "person …" or "zms …" block says. */
void paper_person(Paper *paper, const Node *node);
void paper_change(Paper *paper, const Node *node);

/* Owned by the Paper. */
Source *paper_source(Paper *paper);
