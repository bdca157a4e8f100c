/* What the client tests share: a scripted server, a manual clock, one tenant, and callbacks that
 * write down what they are told.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "api/endpoint.h"
#include "base/text.h"
#include "server.h"

#define NOW 1773147909 /* Tue, 10 Mar 2026 13:05:09 GMT */
#define S G_TIME_SPAN_SECOND
#define TOKEN "geheim-4711-token"

typedef struct {
  Server *server;
  Clock *clock;
  Stop stop;
  ZmsOptions options; /* may be changed until fixture_connect() */
  Zms *zms;
  ZmsTenant *tenant;
  GString *seen; /* what the callbacks were told, in order */
} Fixture;

typedef struct {
  const char *path;
  void (*run)(Fixture *, gconstpointer);
} FixtureTest;

/* Adds the tests, each with a fixture of its own. */
void fixture_add(const FixtureTest *tests, gsize count);

void fixture_connect(Fixture *fixture); /* with TOKEN */
void fixture_connect_as(Fixture *fixture, const char *token);

bool fixture_list(Fixture *fixture, GError **error);
bool fixture_teilnehmer(Fixture *fixture, const char *const *ids, GError **error);

/* The list's callback, for others that hand out Lehrgänge; `user_data` is fixture->seen. */
void fixture_see_lehrgang(const Lehrgang *lehrgang, gpointer user_data);

/* That the server was asked for just these paths. */
void fixture_assert_log(Fixture *fixture, const char *expected);

/* That the message holds `text`. */
void fixture_assert_says(const GError *error, const char *text);
