/* Answers in Moodle's XML form, the one a client gets that asks for none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "msim_call.h"

void msim_xml_answer(GString *out, const json_t *answer);
void msim_xml_exception(GString *out, const MsimException *exception);
