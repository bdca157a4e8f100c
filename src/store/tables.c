/* The tables that hold what is to be remembered, column by column, as every backend has them. Locks
 * are not among them: whoever holds one holds it in the store where it was taken. Nor are sessions
 * and failed sign-ins: one signs in again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#define INTEGER(column)                                                                            \
  { column, STORE_COLUMN_INTEGER, false }
#define TEXT(column)                                                                               \
  { column, STORE_COLUMN_TEXT, false }
#define TEXT_OR_NULL(column)                                                                       \
  { column, STORE_COLUMN_TEXT, true }

static const StoreColumn coursemap[] = {
  INTEGER("id"),          INTEGER("courseid"),     TEXT("externalid"),
  INTEGER("timecreated"), INTEGER("timemodified"), TEXT("tenant"),
};

static const StoreColumn usermap[] = {
  INTEGER("id"),          INTEGER("userid"),       TEXT("externalinitialid"),
  INTEGER("timecreated"), INTEGER("timemodified"),
};

static const StoreColumn import_run[] = {
  INTEGER("id"),          INTEGER("year"),      TEXT("status"),   TEXT("triggeredby"),
  INTEGER("timestarted"), INTEGER("timeended"), TEXT("owner"),    TEXT("tenants"),
  INTEGER("task"),        TEXT("totals"),       TEXT("progress"), TEXT("summary"),
};

static const StoreColumn tenant[] = {
  TEXT("tenant"),        INTEGER("run"),         INTEGER("timesuccess"),
  INTEGER("failurerun"), INTEGER("timefailure"), TEXT("failure"),
};

static const StoreColumn journal[] = {
  INTEGER("id"),       INTEGER("state"),  INTEGER("run"), INTEGER("time"),
  INTEGER("courseid"), INTEGER("userid"), TEXT("kind"),   TEXT("shortname"),
  TEXT("person"),      TEXT("lehrgang"),  TEXT("reason"), TEXT_OR_NULL("error"),
};

static const StoreColumn task[] = {
  INTEGER("id"),       TEXT("kind"),        TEXT("subject"),        INTEGER("state"),
  INTEGER("attempts"), INTEGER("forgiven"), INTEGER("due"),         INTEGER("begun"),
  TEXT("owner"),       TEXT("error"),       INTEGER("timecreated"), INTEGER("timemodified"),
  TEXT("payload"),
};

static const StoreColumn schedule[] = {
  TEXT("name"), TEXT("expression"), INTEGER("met"), INTEGER("failures"), INTEGER("retry"),
};

static const StoreColumn account[] = {
  INTEGER("id"),    TEXT("name"),           TEXT("password"),
  TEXT("role"),     TEXT("tenants"),        TEXT("email"),
  TEXT("language"), INTEGER("timecreated"), INTEGER("timemodified"),
};

static const StoreColumn token[] = {
  INTEGER("id"),   TEXT("name"),           TEXT("hash"),        TEXT("role"),
  TEXT("tenants"), INTEGER("timecreated"), INTEGER("timeused"), INTEGER("timeexpires"),
};

static const StoreColumn audit[] = {
  INTEGER("id"),  INTEGER("time"), TEXT("actor"),   TEXT("address"),
  TEXT("action"), TEXT("subject"), TEXT("outcome"),
};

static const StoreColumn lock[] = {
  [STORE_LOCK_NAME] = TEXT("name"),
  [STORE_LOCK_OWNER] = TEXT("owner"),
  [STORE_LOCK_ACQUIRED] = INTEGER("acquired"),
  [STORE_LOCK_EXPIRES] = INTEGER("expires"),
};

#define NUMBERED(name)                                                                             \
  { "local_lehrgaengeapi_" #name, name, G_N_ELEMENTS(name), "id" }
#define NAMED(name)                                                                                \
  { "local_lehrgaengeapi_" #name, name, G_N_ELEMENTS(name), NULL }

static const StoreTable tables[] = {
  NUMBERED(coursemap), NUMBERED(usermap), NUMBERED(import_run), NAMED(tenant),   NUMBERED(journal),
  NUMBERED(task),      NAMED(schedule),   NUMBERED(account),    NUMBERED(token), NUMBERED(audit),
};

const StoreTable *
store_tables(guint *count) {
  *count = G_N_ELEMENTS(tables);
  return tables;
}

const StoreTable *
store_lock_table(void) {
  static const StoreTable locks = NAMED(lock);
  return &locks;
}
