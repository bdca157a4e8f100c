/* E-mail addresses for new accounts (SPEC 4): each person's own, or, where Moodle does not allow
 * shared ones and it is taken, a numbered form of it, or a placeholder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "moodle/gateway.h"
#include "sync/login.h"

/* How many forms an address can have: itself and its numbers, then those of the placeholder. */
#define ADDRESSES_FORMS (2 * (LOGIN_MAX_EMAIL_NUMBER + 1))

typedef struct Addresses Addresses;

/* `gateway` must outlive it. Free with addresses_free(). */
Addresses *addresses_new(Gateway *gateway);
void addresses_free(Addresses *addresses);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Addresses, addresses_free)

/* The next person wants `email` (one that cannot be an address, as "": a placeholder made from
 * `id`). Both are borrowed until addresses_free(). */
void addresses_want(Addresses *addresses, const char *email, const char *id);

/* Gives everyone an address, in the order they were wanted. */
bool addresses_settle(Addresses *addresses, GError **error);

/* The address of the person that was the index-th to want one; borrowed. */
const char *addresses_get(const Addresses *addresses, guint index);

/* ── once Moodle has refused an address that nobody could see was taken ── */

/* Nobody is given this one any more, whether or not Moodle lets people share addresses. */
void addresses_taken(Addresses *addresses, const char *email);

/* Forgets who wanted one, and keeps what is known of addresses. */
void addresses_restart(Addresses *addresses);

/* Whether the index-th person's address is one that may be free: false when all forms are taken. */
bool addresses_may_be_free(const Addresses *addresses, guint index);
