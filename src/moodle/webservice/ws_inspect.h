/* The parts of the look at a Moodle (slot `inspect`): what it said of itself when it was opened,
 * and what reading here and there shows of the rights of the service's user. Rights to write cannot
 * be asked for without writing; the right to see a course's editing menu stands for some of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

typedef struct {
  Webservice *moodle;
  GatewayNoteFunc note;
  gpointer user_data;
} WsInspect;

/* Hands out a note. */
void ws_inspect_say(const WsInspect *inspect, GatewayNoteLevel level, const char *remedy,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Reads companies, and in some courses what a run reads in all: rights and the student role. */
bool ws_inspect_rights(const WsInspect *inspect, GError **error);
