/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "webservice-only.h"

#include <string.h>

MoodleApp *
only_app(Contract *contract) {
  return webservice_site_app(contract->site);
}

const char *
only_text(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return g_intern_string(text);
}

GatewayNewUser *
only_users(void) {
  GatewayNewUser *users = g_new0(GatewayNewUser, ONLY_USERS);
  for (guint i = 0; i < ONLY_USERS; i++) {
    users[i] = contract_user_like(only_text("m%u", i));
    users[i].email = only_text("m%u@x.example", i);
    users[i].idnumber = users[i].username;
  }
  return users;
}

void
only_create(Contract *contract, const GatewayNewUser *users, guint count,
            GatewayOutcome *outcomes) {
  g_autoptr(GError) error = NULL;
  bool ok = contract->call->create_users(contract->gateway, users, count, outcomes, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

void
only_says(const GatewayOutcome *outcome, GatewayCode code, const char *words) {
  contract_check(outcome, code);
  if (strstr(outcome->message, words) == NULL)
    g_error("“%s” does not say “%s”", outcome->message, words);
}

void
only_add(const char *path, gpointer (*open)(void), ContractCase run) {
  static GatewayHarness harnesses[32];
  static guint count;
  g_assert_cmpuint(count, <, G_N_ELEMENTS(harnesses));
  GatewayHarness *harness = &harnesses[count++];
  *harness = (GatewayHarness){ .name = "webservice-only",
                               .open = open,
                               .close = webservice_site_close,
                               .gateway = webservice_site_gateway,
                               .exec = webservice_site_exec,
                               .look = webservice_site_look };
  contract_add(harness, path, run);
}

const char *only_strange;

void
only_answers_strangely(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                       Faults *faults, Answer *answer) {
  (void)site, (void)nth, (void)moodle, (void)request, (void)faults;
  g_string_assign(answer->body, only_strange);
}

gint only_most;
guint only_waits_at;

void
only_counts_at_once(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                    Faults *faults, Answer *answer) {
  static gint in_flight; /* atomic */
  (void)site;
  gint now = g_atomic_int_add(&in_flight, 1) + 1;
  if (now > g_atomic_int_get(&only_most))
    g_atomic_int_set(&only_most, now);
  for (guint i = 0; nth == only_waits_at && i < 50 && g_atomic_int_get(&only_most) < 2; i++)
    g_usleep(1000);
  moodle->handle(moodle->data, request, faults, answer);
  g_atomic_int_add(&in_flight, -1);
}
