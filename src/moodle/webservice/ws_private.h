/* What the files of the web-service gateway share: its state, the frame of bulk writes, and the
 * functions behind the slots of GatewayClass (their contracts stand there).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/webservice.h"
#include "moodle/webservice/ws_client.h"
#include "moodle/webservice/ws_read.h"

#define WS_SITE_COURSE 1 /* Moodle's front page */

typedef struct {
  Gateway base;
  WsClient *client;
  Clock *clock;
  char *url; /* without a slash at the end */
  char *description;
  gint64 student_role;
  guint copy_timeout_s;
  bool shared_emails;
  char *timezone; /* or NULL */
  GHashTable
      *policy;       /* ws_policy.c: kinds of password Moodle was shown, and what its policy says */
  GHashTable *auths; /* ws_auth.c: set of those that the site has */

  /* what Moodle said of itself when it was opened */
  char *release;  /* "4.2.3+ (Build: 20231020)" */
  char *username; /* of the service's user */
  gint64 userid;
  bool site_admin;
  GHashTable *functions; /* char * → char *: function of the service → its version */
  bool packed;           /* it has the batch function */
  bool completes;        /* it has the companion plugin's functions for completions */
  bool rosters;          /* and that for reading whole rosters */
  bool users;            /* and that for finding people */
} Webservice;

/* ── ws_site.c ── */

/* A function this gateway calls. Those that are optional have another way or a feature without
 * which a run can do. */
typedef struct {
  const char *name;
  bool optional;
  const char *purpose; /* "to find companies" */
} WsFunction;
extern const WsFunction ws_site_functions[]; /* ends with a NULL name */

bool ws_site_has(const Webservice *moodle, const char *function);

/* "4.2.3+ (Build: 20231020)" as 402; 0 when it is no release. */
gint ws_site_release(const Webservice *moodle);

/* ── the slots ── */

bool ws_inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error);
bool ws_company_find(Gateway *gateway, GatewayCompany *companies, guint count, GError **error);
bool ws_course_find(Gateway *gateway, GatewayCourseField field, const char *const *values,
                    guint count, GatewayCourseFunc each, gpointer user_data, GError **error);
bool ws_course_create(Gateway *gateway, const GatewayNewCourse *courses, guint count,
                      GatewayOutcome *outcomes, GError **error);
bool ws_course_link(Gateway *gateway, const gint64 *courseids, const gint64 *companyids,
                    guint count, GatewayOutcome *outcomes, GError **error);
bool ws_content_look(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error);
bool ws_content_copy(Gateway *gateway, gint64 from, gint64 to, GError **error);
bool ws_content_finish(Gateway *gateway, gint64 from, gint64 to, GError **error);
bool ws_roster_read(Gateway *gateway, const gint64 *courseids, guint count,
                    const GatewayCourseVisitor *visitor, gpointer user_data, GError **error);
bool ws_user_find(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
                  GatewayUserFunc each, gpointer user_data, GError **error);
bool ws_user_create(Gateway *gateway, const GatewayNewUser *users, guint count,
                    GatewayOutcome *outcomes, GError **error);
bool ws_user_update(Gateway *gateway, const GatewayUserUpdate *updates, guint count,
                    GatewayOutcome *outcomes, GError **error);
bool ws_enrol_enrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                    GatewayOutcome *outcomes, GError **error);
bool ws_enrol_unenrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                      GatewayOutcome *outcomes, GError **error);
bool ws_enrol_suspend(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                      GatewayOutcome *outcomes, GError **error);
bool ws_group_create(Gateway *gateway, const GatewayNewGroup *groups, guint count,
                     GatewayOutcome *outcomes, GError **error);
bool ws_group_add(Gateway *gateway, const GatewayMember *members, guint count,
                  GatewayOutcome *outcomes, GError **error);
bool ws_message_can(Gateway *gateway, char **why);
bool ws_message_send(Gateway *gateway, const GatewayMessage *messages, guint count,
                     GatewayOutcome *outcomes, GError **error);
bool ws_complete(Gateway *gateway, const GatewayCompletion *completions, guint count,
                 GatewayOutcome *outcomes, GError **error);
