/* The contract of moodle/gateway.h as tests: whatever backend is given, the same cases must hold.
 *
 * A harness makes a fresh Moodle and lets the suite prepare and inspect it behind the gateway's
 * back, in SQL over Moodle's own tables (prefix mdl_).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/gateway.h"

/* What a fresh Moodle holds besides the front page: these two companies, each with a category of
 * its own, and the hidden master course with content and an announcements forum. Nobody is enrolled
 * anywhere. */
#define CONTRACT_COMPANY "Landkreis Fulda"
#define CONTRACT_COMPANY_CODE "FD"
#define CONTRACT_ODD_COMPANY "Kreis \"Süd\" & O'Hara 100%_"
#define CONTRACT_ODD_COMPANY_CODE "S_%"
#define CONTRACT_MASTER "F-I"

/* What its clock says. */
#define CONTRACT_NOW G_GINT64_CONSTANT(1773147909)

typedef struct {
  const char *name; /* "embedded" */

  /* What this Moodle does and another does not. */
  /* Tells by which method a person is enrolled. Else MANUAL may be assumed (UNSURE), SUSPENDED be
   * more than it is, and ending the enrolment of someone whom another method brought be DONE as
   * well as ALREADY. */
  bool tells_method;
  bool tells_auth;          /* an account's auth; else setting it again is DONE */
  bool counts_subsections;  /* the number of a course's sections is read as 0, unless its format
                               keeps it */
  bool announces_at_once;   /* a new course has its announcements before finish_content */
  bool copies_no_groups;    /* else the template's groups, empty, come with its content */
  bool exact_emails;        /* an address in other than small letters is found as written only */
  bool exact_case;          /* its database takes "a" and "A" for two names of groups */
  bool tells_shared_emails; /* as Moodle is set; else as the gateway is */

  /* A fresh Moodle whose student role is 5. Fails the test itself when it cannot. */
  gpointer (*open)(void);
  void (*close)(gpointer site);
  Gateway *(*gateway)(gpointer site); /* owned by the site */
  void (*refresh)(
      gpointer site); /* opens its gateway anew: one may read the site's settings only once */
  void (*exec)(gpointer site, const char *sql);
  char *(*look)(gpointer site,
                const char *sql); /* first row's first column as text, "" for none; g_free() it */
} GatewayHarness;

/* Adds all cases to GTest under /gateway/<name>/. */
void gateway_contract_add(const GatewayHarness *harness);
