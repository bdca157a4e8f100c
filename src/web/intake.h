/* From what came over the wire to a WebRequest: target, headers and body are checked and taken
 * apart. Knows nothing of sockets.
 *
 * In this order: intake_new(), intake_header() for each, intake_head(), intake_body() for each
 * part, intake_end(). What is wrong is noted (intake_status()), and the rest still read, so that
 * the connection can go on after the refusal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/origin.h"
#include "web/request.h"

/* Of a body that is too large so much is read and forgotten; who sends more is cut off. */
#define INTAKE_MAX_SWALLOWED (16 * (gsize)WEB_MAX_BODY)

typedef struct Intake Intake;

/* `target` as the request's first line has it. */
Intake *intake_new(const char *target);
void intake_free(Intake *intake); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

/* Names without a value have "". What is no clean text is left out. */
void intake_header(Intake *intake, const char *name, const char *value);

/* The head leaves no room for an answer: 431. Before intake_head(). */
void intake_too_large(Intake *intake);

/* All headers are there. `version` is "HTTP/1.1"; `tls`: it came over TLS to us; `local` is the
 * address that the connection came to. */
void intake_head(Intake *intake, const Origin *origin, const char *method, const char *version,
                 bool tls, const Network *peer, const Network *local);

/* Whether more is announced than would be swallowed, or nobody knows where it ends: then it is not
 * waited for, and what follows on the connection is not read. */
bool intake_is_hopeless(const Intake *intake);

/* False: cut it off. */
bool intake_body(Intake *intake, const char *data, gsize length);

/* All is there. */
void intake_end(Intake *intake);

/* The status with which it is refused: 400, 405, 413, 415, 421, 431; 0: it is fine. */
guint intake_status(const Intake *intake);

/* For who answers: valid after intake_head(), in full after intake_end() with status 0. */
const WebRequest *intake_request(const Intake *intake);
const char *intake_method(const Intake *intake);
const char *intake_target(const Intake *intake);
bool intake_is_head(const Intake *intake); /* HEAD */
