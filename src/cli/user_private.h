/* What the forms of `lehrgaenge user` share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/command.h"
#include "store/store.h"

typedef struct {
  char *role;
  char **tenants;
  gboolean all_tenants;
  char *email, *language;
  gboolean generate, force, json;
} UserOptions;

/* What one call of the command is about. */
typedef struct {
  CommandContext *context;
  const UserOptions *options;
  Store *store;
  char *name;    /* as accounts have it; NULL: none was given */
  char *tenants; /* "FD,HP", of --tenant */
  StoreRole role;
} UserCall;

/* The forms; each gives the exit code. */
int user_add(UserCall *call);
int user_list(UserCall *call);
int user_passwd(UserCall *call);
int user_change(UserCall *call);
int user_sign_out(UserCall *call);
int user_remove(UserCall *call);

/* Says that there is none of that name; EXIT_FAILED. */
int user_missing(const char *name);
