/* What the engine needs of Moodle: bulk reads, bulk writes. A backend is a const struct of
 * functions behind a Gateway; nobody asks for its name after it was made. Wrappers (trace, faults)
 * are gateways around a gateway.
 *
 * Calls are made by one thread at a time. A call takes up to GATEWAY_SLICE items, spread over any
 * number of courses; how many requests that becomes, and how many of them run at once, is the
 * backend's business.
 *
 * Every write answers per item in `outcomes` (as many as items, zeroed by the caller, cleared by
 * the caller with gateway_outcomes_clear()). A function returns false and `error` only when Moodle
 * as a whole did not do its part (gone, token refused, database locked): outcomes filled in so far
 * are valid, items still GATEWAY_UNKNOWN may or may not have happened. Writes are asked for by
 * state ("be enrolled"): what holds already is GATEWAY_ALREADY, never an error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define GATEWAY_SLICE 500

#define GATEWAY_ERROR (gateway_error_quark())
GQuark gateway_error_quark(void);
typedef enum {
  GATEWAY_ERROR_FAILED,      /* Moodle answered something that is not an answer */
  GATEWAY_ERROR_UNAVAILABLE, /* not reachable, maintenance, locked; later it may work */
  GATEWAY_ERROR_REFUSED,     /* token, right or function missing: someone has to act */
  GATEWAY_ERROR_CONFIG,      /* wrong path, not initialised */
  GATEWAY_ERROR_STOPPED,     /* interrupted by a fault-injecting wrapper or by request */
} GatewayError;

typedef enum {
  GATEWAY_UNKNOWN, /* not tried, or tried and unanswered */
  GATEWAY_DONE,
  GATEWAY_ALREADY,        /* it was so before */
  GATEWAY_TAKEN_USERNAME, /* refusals of the one item, with `message` for the operator */
  GATEWAY_TAKEN_EMAIL,
  GATEWAY_TAKEN_SHORTNAME,
  GATEWAY_TAKEN_IDNUMBER,
  GATEWAY_INVALID, /* Moodle does not accept a value */
  GATEWAY_MISSING, /* the user, course or group is not there */
} GatewayCode;

typedef struct {
  GatewayCode code;
  gint64 id;     /* of what was created or found; 0 else */
  char *message; /* for refusals: what and why, without the item's name; owned */
} GatewayOutcome;

void gateway_outcomes_clear(GatewayOutcome *outcomes, guint count); /* frees messages, zeroes */
static inline bool
gateway_code_ok(GatewayCode code) {
  return code == GATEWAY_DONE || code == GATEWAY_ALREADY;
}

/* A company asked for by its name and code, both exact (SPEC 2). */
typedef struct {
  const char *name, *code; /* in */
  gint64 id;               /* out: 0 when Moodle has none */
  gint64 category;         /* in: 0, or the course category configured for it, which then stays;
                              out: its course category */
} GatewayCompany;

/* What a new course takes from its template (SPEC 3.7). Texts owned by whoever holds the struct. */
typedef struct {
  char *summary, *format, *lang;
  gint summaryformat, numsections, newsitems, showgrades, groupmode, groupmodeforce,
      enablecompletion, completionnotify, showreports;
  gint64 maxbytes;
} GatewayCourseSettings;
void gateway_course_settings_clear(GatewayCourseSettings *settings);

typedef enum { GATEWAY_COURSE_ID, GATEWAY_COURSE_SHORTNAME } GatewayCourseField;

/* A course found. Texts live until the callback returns. */
typedef struct {
  gint64 id;
  const char *shortname, *fullname, *idnumber;
  gint64 category;
  GatewayCourseSettings settings;
} GatewayCourse;
typedef void (*GatewayCourseFunc)(guint index, const GatewayCourse *course, gpointer user_data);

typedef struct {
  const char *shortname, *fullname, *idnumber; /* idnumber "" : none */
  gint64 category, startdate, enddate;         /* Unix seconds */
  const GatewayCourseSettings *settings;
} GatewayNewCourse;

typedef enum {
  GATEWAY_ENROL_ACTIVE = 1 << 0,    /* actively enrolled, by whatever method */
  GATEWAY_ENROL_MANUAL = 1 << 1,    /* holds a manual enrolment, active or suspended */
  GATEWAY_ENROL_COMPLETED = 1 << 2, /* course completion has a time */
  GATEWAY_ENROL_SUSPENDED = 1 << 3, /* the manual enrolment is suspended, as far as can be told */
  GATEWAY_ENROL_UNSURE = 1 << 4,    /* MANUAL is assumed: Moodle does not tell by which method */
} GatewayEnrolFlags;

/* Handed out by read_courses: one person enrolled in courses[index]. Texts live until the callback
 * returns. */
typedef struct {
  gint64 userid;
  guint flags; /* GatewayEnrolFlags */
  const char *username, *idnumber;
} GatewayEnrolment;

typedef struct {
  void (*enrolment)(guint index, const GatewayEnrolment *enrolment, gpointer user_data);
  void (*group)(guint index, gint64 groupid, const char *name,
                gpointer user_data); /* before its members */
  void (*member)(guint index, gint64 groupid, gint64 userid, gpointer user_data);
} GatewayCourseVisitor;

typedef enum {
  GATEWAY_USER_ID,
  GATEWAY_USER_IDNUMBER,
  GATEWAY_USER_USERNAME,
  GATEWAY_USER_EMAIL
} GatewayUserField;

/* A user found; deleted ones never are. Texts live until the callback returns. */
typedef struct {
  gint64 id;
  const char *username, *idnumber, *email;
} GatewayUser;
typedef void (*GatewayUserFunc)(guint index, const GatewayUser *user, gpointer user_data);

typedef struct {
  const char *username, *firstname, *lastname, *email, *city, *country, *idnumber, *auth;
  const char *password; /* NULL: the account has none; "": Moodle makes one up and mails it; else
                           this one */
} GatewayNewUser;

/* NULL: leave as it is. */
typedef struct {
  gint64 userid;
  const char *username, *idnumber;
  const char *auth; /* what an account gets whose creation was cut short (GatewayNewUser.auth) */
} GatewayUserUpdate;

typedef struct {
  gint64 courseid, userid;
} GatewayEnrol;

typedef struct {
  gint64 courseid;
  const char *name;
} GatewayNewGroup;

typedef struct {
  gint64 courseid, groupid, userid;
} GatewayMember;

typedef struct {
  gint64 courseid, userid, timecompleted;
} GatewayCompletion;

/* What a course holds. Forums for announcements count on their own, and alike whether somebody has
 * posted in them: a copy brings the forum and no posts, and Moodle makes one by itself. A new
 * course holds no sections and modules: the blank sections that Moodle gives it do not count. */
typedef struct {
  guint sections; /* with number 1 and up that have a name, a summary or one of these modules: */
  guint modules;  /* all but the forums for announcements */
  guint announcements; /* those forums */
} GatewayContents;

/* What `inspect` has to say: one finding with its remedy ("" when all is well). */
typedef enum { GATEWAY_NOTE_OK, GATEWAY_NOTE_WARNING, GATEWAY_NOTE_ERROR } GatewayNoteLevel;
typedef void (*GatewayNoteFunc)(GatewayNoteLevel level, const char *message, const char *remedy,
                                gpointer user_data);

typedef struct Gateway Gateway;

typedef struct {
  gint64 userid;
  const char *subject, *text; /* plain text, UTF-8, not empty; the subject is one line */
} GatewayMessage;
/* Bytes; the caller cuts longer ones. */
#define GATEWAY_MAX_SUBJECT 255
#define GATEWAY_MAX_MESSAGE 4000

/* Why no Moodle is to get that message, or NULL when nothing is wrong with its texts. */
const char *gateway_message_fault(const GatewayMessage *message);

typedef struct {
  /* Frees the backend's own data and the Gateway. */
  void (*free)(Gateway *gateway);

  /* "embedded Moodle moodle.db", "Moodle 4.2.3 at https://…"; borrowed. */
  const char *(*describe)(Gateway *gateway);

  /* Whether several users may share one e-mail address (allowaccountssameemail). */
  bool (*shared_emails)(Gateway *gateway);

  /* Whether `complete` can do its work and COMPLETED is told. A real Moodle needs the companion
   * plugin for both; without it `complete` is not to be called. */
  bool (*can_complete)(Gateway *gateway);

  /* Looks, without writing, at what a run needs of this Moodle and no other slot tells: release,
   * rights, functions, role, clock. False only when Moodle could not be asked at all. */
  bool (*inspect)(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error);

  /* Fills in id and category of each. An id with category 0 means the company has no category of
   * its own, or more than one could be meant and none is configured. */
  bool (*find_companies)(Gateway *gateway, GatewayCompany *companies, guint count, GError **error);

  /* Looks for the courses whose `field` equals values[index] exactly (ids in decimal). At most one
   * hit per value, in any order; values without a hit are not called. The site's front page is
   * never handed out. */
  bool (*find_courses)(Gateway *gateway, GatewayCourseField field, const char *const *values,
                       guint count, GatewayCourseFunc each, gpointer user_data, GError **error);

  /* For each course: all enrolments (each user once, ascending userid), then its groups by
   * ascending id, each followed by its members. A course that is gone has none. Courses may come in
   * any order, one after the other. */
  bool (*read_courses)(Gateway *gateway, const gint64 *courseids, guint count,
                       const GatewayCourseVisitor *visitor, gpointer user_data, GError **error);

  /* Users whose `field` equals values[index]: usernames and idnumbers exactly, e-mail addresses
   * case-insensitively, as far as Moodle's database does (one in yet another spelling makes
   * create_users say TAKEN_EMAIL). One hit per value: the lowest id. A value no user can have (an
   * upper-case username) has no hit and is no error. */
  bool (*find_users)(Gateway *gateway, GatewayUserField field, const char *const *values,
                     guint count, GatewayUserFunc each, gpointer user_data, GError **error);

  /* Creates visible courses, in order. TAKEN_SHORTNAME, TAKEN_IDNUMBER, INVALID. Not linked to a
   * company yet. */
  bool (*create_courses)(Gateway *gateway, const GatewayNewCourse *courses, guint count,
                         GatewayOutcome *outcomes, GError **error);

  /* Links courses to companies; ALREADY when linked to that one. MISSING. */
  bool (*link_courses)(Gateway *gateway, const gint64 *courseids, const gint64 *companyids,
                       guint count, GatewayOutcome *outcomes, GError **error);

  /* In order; one that fails does not keep the others. TAKEN_USERNAME (also when the address is
   * taken too), TAKEN_EMAIL (also by someone find_users does not show), INVALID. A user left
   * UNKNOWN may exist without its `auth`: whoever finds one later gives it that by update_users. */
  bool (*create_users)(Gateway *gateway, const GatewayNewUser *users, guint count,
                       GatewayOutcome *outcomes, GError **error);

  /* TAKEN_USERNAME (nothing of that item is changed then), MISSING. */
  bool (*update_users)(Gateway *gateway, const GatewayUserUpdate *updates, guint count,
                       GatewayOutcome *outcomes, GError **error);

  /* Be actively enrolled: manual enrolment with the student role. An already active one, by
   * whatever method, is left alone, a suspended or expired manual one is made active. MISSING;
   * INVALID when manual enrolment is switched off in the course. */
  bool (*enrol)(Gateway *gateway, const GatewayEnrol *enrols, guint count, GatewayOutcome *outcomes,
                GError **error);

  /* Have no manual enrolment: with it go role and, when it was the last enrolment, the course's
   * group memberships. Course completion stays. A person or course that is not there has none:
   * ALREADY. */
  bool (*unenrol)(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                  GatewayOutcome *outcomes, GError **error);

  /* Have the manual enrolment suspended; role and groups stay. ALREADY also when there is none. */
  bool (*suspend)(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                  GatewayOutcome *outcomes, GError **error);

  /* Creates groups, in order; one of that name in the course is ALREADY with its id. MISSING. */
  bool (*create_groups)(Gateway *gateway, const GatewayNewGroup *groups, guint count,
                        GatewayOutcome *outcomes, GError **error);

  /* Be a member. INVALID when the person is not enrolled (Moodle's rule; suspended is enrolled),
   * MISSING (also a group of another course). */
  bool (*add_members)(Gateway *gateway, const GatewayMember *members, guint count,
                      GatewayOutcome *outcomes, GError **error);

  /* Have the course completed; a time already there stays (ALREADY). INVALID when not enrolled
   * (suspended is enrolled), MISSING. */
  bool (*complete)(Gateway *gateway, const GatewayCompletion *completions, guint count,
                   GatewayOutcome *outcomes, GError **error);

  /* What is in a course now. A course that is not there is an error. */
  bool (*contents)(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error);

  /* Copies sections, activities, blocks and filters, no user data, from one course into another.
   * Not repeatable: the caller looks at contents() before another try (SPEC 3.9). When the course
   * is the last one looked at and somebody filled it since, a gateway that can tell copies nothing
   * and fails. GATEWAY_ERROR_REFUSED: it was turned away before anything was copied. */
  bool (*copy_content)(Gateway *gateway, gint64 from, gint64 to, GError **error);

  /* Seconds for which a copy may still go on in Moodle after its answer was lost. Until they are
   * over, a course that is empty may only be empty so far. 0: an unanswered copy is over. */
  guint (*copy_grace)(Gateway *gateway);

  /* What is left to do once the content is there, whoever put it there: the course gets the
   * template's number of announcements, and thereby the forum for them (SPEC 3.9). Repeatable. */
  bool (*finish_content)(Gateway *gateway, gint64 from, gint64 to, GError **error);

  /* Whether message() can be used. When not, *why (`why` may be NULL; free with g_free()) says what
   * is missing and what to do. */
  bool (*can_message)(Gateway *gateway, char **why);

  /* Sends each person a notification by Moodle's own means (SPEC 6), one for every item: a person
   * may come twice. Not repeatable: a second call is a second notification. When it fails as a
   * whole with UNAVAILABLE or REFUSED, no item that is still UNKNOWN was sent; with any other error
   * each of them may have been. DONE also when the person has switched such notifications off.
   * MISSING: no such user; INVALID: a suspended account, gateway_message_fault(), or Moodle refuses
   * it. */
  bool (*message)(Gateway *gateway, const GatewayMessage *messages, guint count,
                  GatewayOutcome *outcomes, GError **error);

  /* Returns once all that was answered before cannot be lost any more, not even with the power.
   * Asked for before it is noted for good that something is done which nobody would look at again.
   */
  bool (*flush)(Gateway *gateway, GError **error);
} GatewayClass;

struct Gateway {
  const GatewayClass *class; /* backends embed a Gateway as their first member */
};

/* Frees through the class; NULL is fine. */
void gateway_free(Gateway *gateway);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)

const char *gateway_code_word(GatewayCode code); /* "done", "username taken" */
