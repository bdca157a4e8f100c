/* A real Moodle with IOMAD, through its REST web services (Moodle 4.1 to 5.1).
 *
 * Every request is a POST with the token in its body. Reads go many at a time through Moodle's
 * batch function where the service has it; writes go in bulk and are split until the rows that
 * Moodle refuses stand alone. A write whose answer is lost is never repeated before it was looked
 * whether it happened.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "moodle/gateway.h"

typedef struct {
  const char *url;      /* the site's wwwroot, "https://lernen.example.org"; may end in "/" */
  const char *token;    /* of the service's user */
  const char *ca_file;  /* NULL: the system's authorities */
  gint64 student_role;  /* the id of the role that enrolments give; normally 5 */
  guint connections;    /* requests in flight at most */
  guint timeout_s;      /* for one request */
  guint copy_timeout_s; /* for the import of one course's content */
  guint attempts;       /* tries per request in all, where trying again is safe */
  gsize max_body;       /* bytes of one answer */
  bool shared_emails;   /* Moodle's allowaccountssameemail, which no function of Moodle tells */
  const char *timezone; /* that Moodle is to have, for inspect; NULL: it is not looked at */
  bool lenient;         /* open although functions are missing in the service: for inspect */
} WebserviceOptions;

/* Asks Moodle who it is and what the service may do. GATEWAY_ERROR_REFUSED names every function
 * that is missing in the service, unless `lenient`. `clock` and `stop` (NULL: never) must outlive
 * it. Free with gateway_free(). */
Gateway *webservice_open(const WebserviceOptions *options, Clock *clock, const Stop *stop,
                         GError **error);
