/* Who is who: several Teilnehmer can be one person (SPEC 4). A node is one Teilnehmer id; nodes are
 * joined when they turn out to be the same person, and the earliest node of a person stands for it.
 * Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sync/input.h"

typedef struct People People;

#define PEOPLE_NOBODY G_MAXUINT

/* Joins the Teilnehmer of a sealed input by id and by cleaned initialId: those of each Lehrgang l
 * with included[l] (SPEC 4: that has a course); the others' `person` becomes PEOPLE_NOBODY. `input`
 * must outlive it. Free with people_free(). */
People *people_new(Input *input, const bool *included);
void people_free(People *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(People, people_free)

/* How many different Teilnehmer ids there are; nodes are 0 … count − 1 in order of first
 * appearance. */
guint people_count(const People *people);

/* A node's Teilnehmer id; borrowed from the input. */
const char *people_id(const People *people, guint node);

/* The first non-empty cleaned initialId among the node's Teilnehmer, "" when there is none;
 * borrowed. */
const char *people_login(const People *people, guint node);

/* The node of a Teilnehmer id or of a cleaned initialId; PEOPLE_NOBODY when nobody has it. */
guint people_by_id(const People *people, const char *id);
guint people_by_login(const People *people, const char *login);

/* The node that stands for the person a node belongs to: the earliest. */
guint people_root(People *people, guint node);

/* The two are one person. */
void people_join(People *people, guint a, guint b);

/* After all joining: every Teilnehmer's `person` becomes the node that stands for its person, and
 * people_field() and people_next() work. */
void people_settle(People *people);

/* The first non-empty text of that field among the person's Teilnehmer, "" when all are empty. */
const char *people_field(const People *people, guint person, InputField field);

/* The first of the person's e-mail addresses that can be one (email_is_possible), else the first
 * non-empty, else "". */
const char *people_email(const People *people, guint person);

/* Whether the person has initialIds and none of them leaves anything when cleaned. */
bool people_bad_login(const People *people, guint person);

/* Walks the nodes of a person in order: start with `node` = the person; PEOPLE_NOBODY after the
 * last. */
guint people_next(const People *people, guint node);
