/* A lock of the store held by this process: taken, renewed by a thread of its own, given back. And
 * the name by which a process is known there, so that others can tell whether it is dead.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "store/store.h"

/* The text that names this process as an owner in the store (of a lock, a run, a task): pid and
 * host in front for people, then what makes it unmistakable: start time, boot, pid namespace and a
 * hash of the machine's id. Free with g_free(). */
char *lease_owner(void);

/* Whether the process that `owner` (as lease_owner() or a lease wrote it) names is known to be
 * dead: of this boot and pid namespace and gone, or its pid has another start time; or of this
 * machine before it was booted again. False when it lives or cannot be judged from here: another
 * machine, another container, a text of another kind. `user_data` is not used. Fits
 * StoreOwnerDeadFunc; safe from every thread. */
bool lease_owner_dead(const char *owner, gpointer user_data);

/* Who holds a lock and since when, for messages: "process 4711 on host web1, since 2026-03-10
 * 14:05:09", in `zone` (NULL: UTC). Free with g_free(). */
char *lease_holder_text(const StoreLock *lock, GTimeZone *zone);

typedef struct Lease Lease;

/* Opens a store for the thread that renews. Called from lease_take() and, when renewing failed,
 * again from that thread; so it and its `user_data` must be safe there until lease_drop(). */
typedef Store *(*LeaseOpenFunc)(gpointer user_data, GError **error);

/* Takes the lock `name` for `ttl` seconds, at least 1, and renews it every third of that until
 * lease_drop(). The lock is also taken over from an owner that is dead (lease_owner_dead()) or has
 * let it expire. *lease is NULL when another one has it, and then *holder (may be NULL; free with
 * store_lock_free()) says who; two leases of one process on one name also exclude each other.
 * False: the store failed. `clock` tells the time that others compare; it must outlive the lease.
 * The waiting between two renewals is real time and costs nothing. */
bool lease_take(LeaseOpenFunc open, gpointer user_data, const char *name, gint64 ttl, Clock *clock,
                Lease **lease, StoreLock **holder, GError **error);

/* Whether the lock is no longer ours: another one has it, or it could not be renewed and has
 * expired. Then nothing may be written any more. Once true it stays true. Cheap, to be asked
 * between any two steps; only when the time is over without a renewal (the machine slept, the clock
 * was put forward) does it renew first, which may take as long as the store waits. Safe from every
 * thread. */
bool lease_lost(Lease *lease);

/* Renews now and waits for the answer, for those about to do what cannot be done twice. False:
 * lost, or the store could not be asked; the error tells (STORE_ERROR). Safe from every thread. */
bool lease_confirm(Lease *lease, GError **error);

/* Gives the lock back and frees the lease. When the store cannot be reached the lock expires by
 * itself. NULL is fine. */
void lease_drop(Lease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lease, lease_drop)
