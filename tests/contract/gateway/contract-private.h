/* What the cases of the gateway's contract share: a fixture, short hands for single items, and
 * checks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gateway-contract.h"

typedef struct {
  const GatewayHarness *harness;
  gpointer site;
  Gateway *gateway;
  const GatewayClass *call;
  gint64 category; /* of CONTRACT_COMPANY */
  gint64 company;
} Contract;

typedef void (*ContractCase)(Contract *contract);

/* Adds one case; each gets a fresh Moodle. */
void contract_add(const GatewayHarness *harness, const char *path, ContractCase run);

/* One per file of cases. */
void contract_companies_add(const GatewayHarness *harness);
void contract_courses_add(const GatewayHarness *harness);
void contract_users_add(const GatewayHarness *harness);
void contract_enrol_add(const GatewayHarness *harness);
void contract_complete_add(const GatewayHarness *harness);
void contract_groups_add(const GatewayHarness *harness);
void contract_content_add(const GatewayHarness *harness);
void contract_message_add(const GatewayHarness *harness);

/* ── behind the gateway's back ── */

void contract_exec(Contract *contract, const char *format, ...) G_GNUC_PRINTF(2, 3);
gint64 contract_look(Contract *contract, const char *format, ...)
    G_GNUC_PRINTF(2, 3); /* 0 for none */
char *contract_look_text(Contract *contract, const char *format, ...)
    G_GNUC_PRINTF(2, 3); /* g_free() it */

/* Enrols by another method ("cohort"), which is added to the course when missing. */
void contract_enrol_by(Contract *contract, const char *method, gint64 courseid, gint64 userid);

/* ── single items; all give the item's code after checking that a refusal has a message and nothing
 * else has ── */

GatewayCode contract_enrol(Contract *contract, gint64 courseid, gint64 userid);
GatewayCode contract_unenrol(Contract *contract, gint64 courseid, gint64 userid);
GatewayCode contract_suspend(Contract *contract, gint64 courseid, gint64 userid);
GatewayCode contract_complete(Contract *contract, gint64 courseid, gint64 userid, gint64 time);
GatewayCode contract_join(Contract *contract, gint64 courseid, gint64 groupid, gint64 userid);
GatewayCode contract_new_user(Contract *contract, const GatewayNewUser *user, gint64 *id);
GatewayCode contract_new_course(Contract *contract, const GatewayNewCourse *course, gint64 *id);
GatewayCode contract_new_group(Contract *contract, gint64 courseid, const char *name, gint64 *id);

/* Ordinary ones, which must succeed. */
GatewayNewUser contract_user_like(const char *username); /* e-mail <username>@beispiel.de, which
                                                            lives until the next call but three */
GatewayNewCourse contract_course_like(const Contract *contract, const char *shortname);
gint64 contract_user(Contract *contract, const char *username);
gint64 contract_course(Contract *contract, const char *shortname);
gint64 contract_group(Contract *contract, gint64 courseid, const char *name);

/* ── checks ── */

/* One item's outcome: the code, a message just when it is a refusal, an id just when something was
 * created or found. */
void contract_check(const GatewayOutcome *outcome, GatewayCode code);

/* Whether it is that code, or as good as it for people who may be enrolled by another method
 * (GatewayHarness.tells_method). */
bool contract_ends(const Contract *contract, GatewayCode is, GatewayCode code);

/* What read_courses says of a course: "anna active manual\nberta manual completed\n[G01] anna
 * berta\n". Checks on the way that users and groups come in ascending order, each once, and only
 * for that course. g_free() it. */
char *contract_read(Contract *contract, gint64 courseid);

/* The same without the words that this Moodle does not tell (GatewayHarness.tells_method): what a
 * reading is compared by. g_free() it. */
char *contract_known(const Contract *contract, const char *read);

#define contract_assert_read(contract, courseid, expected)                                         \
  G_STMT_START {                                                                                   \
    g_autofree char *read_ = contract_read(contract, courseid);                                    \
    g_autofree char *known_ = contract_known(contract, read_);                                     \
    g_autofree char *expected_ = contract_known(contract, expected);                               \
    g_assert_cmpstr(known_, ==, expected_);                                                        \
  }                                                                                                \
  G_STMT_END

#define contract_assert_text(contract, expected, ...)                                              \
  G_STMT_START {                                                                                   \
    g_autofree char *text_ = contract_look_text(contract, __VA_ARGS__);                            \
    g_assert_cmpstr(text_, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END
