/* Which Moodle user each person is (SPEC 4): found, to be created, or impossible.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "moodle/gateway.h"
#include "store/store.h"
#include "sync/people.h"

typedef enum { USER_EXISTING, USER_NEW, USER_SKIPPED } UserState;

/* Why a person can have no account, as reports word it. */
#define USERS_NO_USERNAME "no_username"
#define USERS_LONG_USERNAME "username_too_long"

/* What is known of one node; only that of a person's standing node (people_root) counts. */
typedef struct {
  gint64 id;         /* Moodle's; 0 for a new one until it is created */
  gint64 mapped;     /* what usermap holds for this very node */
  guint32 fresh;     /* index in users->fresh, of a new one */
  guint8 state;      /* UserState */
  bool set_idnumber; /* found without one: it gets the person's id */
  bool set_username; /* found under another name than the initialId: it gets that */
  bool set_auth;     /* found, and made by a run that was cut short over it: it gets its `auth` */
} User;

typedef struct {
  const char *username, *email;
} FreshUser;

typedef struct {
  People *people;
  User *users;       /* by node */
  GArray *fresh;     /* FreshUser */
  GHashTable *found; /* Moodle user id (gint64 *, in the value) → details of a user that exists */
  GHashTable *open; /* Teilnehmer ids (char *) for whom an earlier run began to make an account, and
                       nobody knows what became of it; NULL when there are none */
  GStringChunk *texts;
  GPtrArray *warnings; /* char *: what the run should say */
} Users;

/* Starts with what usermap and the journal's open intents hold for everyone in `people`, which must
 * outlive it. Free with users_free(). */
Users *users_new(People *people, Store *store, GError **error);
void users_free(Users *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Users, users_free)

/* A user that was seen in Moodle: whom usermap leads to it is verified without another question.
 * Fits CurrentUserFunc. */
void users_seen(const GatewayEnrolment *enrolment, gpointer users);

/* Verifies the rest of the map, looks for everyone else (by idnumber, user name), joins people who
 * turn out to be one user, settles `people`, and works out names and addresses of those to be
 * created. */
bool users_find(Users *users, Gateway *gateway, GError **error);

/* The user of a Teilnehmer who is not in this run's people: by usermap, then as users_find() looks.
 * 0: none. For proofs (SPEC 5). */
bool users_look_up(const char *id, const char *login, Gateway *gateway, Store *store,
                   gint64 *userid, GError **error);

/* Gives a new person another address, and the user name that comes of it when the person has no
 * initialId. */
void users_set_email(Users *users, guint person, const char *email);

static inline User *
users_at(const Users *users, guint person) {
  return &users->users[person];
}

/* What reports say of a person that is USER_SKIPPED. */
const char *users_skip_reason(const Users *users, guint person);
