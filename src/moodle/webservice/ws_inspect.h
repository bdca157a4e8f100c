/* The parts of the look at a Moodle (slot `inspect`): what it said of itself when it was opened,
 * what the companion plugin tells of the rights of the service's user and of the site's settings,
 * and what reading here and there shows of those rights. Moodle itself cannot be asked for rights
 * to write; without the plugin the right to see a course's editing menu stands for some of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

typedef struct {
  Webservice *moodle;
  GatewayNoteFunc note;
  gpointer user_data;
  bool told;     /* the companion plugin has told the rights and roles of the service's user */
  bool roleless; /* and it has next to none, so that a look at single ones says nothing more */
} WsInspect;

/* Hands out a note. */
void ws_inspect_say(const WsInspect *inspect, GatewayNoteLevel level, const char *remedy,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Asks the companion plugin what the service's user lacks and which roles it may assign, and for
 * the site's settings that the configuration must agree with. `told` becomes true when it answers;
 * a service without that function is nothing to complain about. */
bool ws_inspect_setup(WsInspect *inspect, GError **error);

/* Reads companies, and in some courses what a run reads in all: rights and, unless it was told,
 * the student role. */
bool ws_inspect_rights(const WsInspect *inspect, GError **error);

/* Warns that the configured role (its short name or NULL) is not the role student, which is there
 * with another id. */
void ws_inspect_say_other_role(const WsInspect *inspect, const char *name, gint64 student);
