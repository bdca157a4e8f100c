/* From the bodies ZMS sends to Lehrgang and Teilnehmer. Only fields the service uses are looked at;
 * texts are borrowed from the parsed document, nothing is copied.
 *
 * An item is left out (`skipped`) when it is no object, has no id, or has a used field of another
 * type than text; every other item goes on. Errors of the answer as a whole are JSONGET_ERROR and
 * name line and column, or the path.
 *
 * E-mail address of a Teilnehmer: the first that is not empty of emails.emailBusiness,
 * emailBusiness, emails.emailPrivat, emailPrivat; those after it are not looked at.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "api/endpoint.h"

/* The answer to GET lehrgaenge: an array of Lehrgänge. Callbacks may be NULL. */
bool decode_lehrgaenge(const char *data, gsize length, ZmsLehrgangFunc each, ZmsSkippedFunc skipped,
                       gpointer user_data, GError **error);

/* The answer to GET lehrgaenge/{id}: one Lehrgang; what would be skipped in a list is an error
 * here. */
bool decode_lehrgang(const char *data, gsize length, ZmsLehrgangFunc each, gpointer user_data,
                     GError **error);

/* The answer to GET lehrgaenge/{id}/teilnehmer: an array; `index` is handed through to the
 * callbacks. */
bool decode_teilnehmer(const char *data, gsize length, guint index, ZmsTeilnehmerFunc each,
                       ZmsSkippedFunc skipped, gpointer user_data, GError **error);
