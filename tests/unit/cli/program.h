/* The program itself, called as a user calls it, in a folder of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <string.h>

#define PROGRAM_APIKEY "hoechst-geheim-4711"

/* A folder with a working configuration my.conf: embedded Moodle, the tenants RÜD (no apikey) and
 * FD (PROGRAM_APIKEY). */
typedef struct {
  char *folder;
  char *config;
} Place;

/* For g_test_add(). */
void program_set_up(Place *place, gconstpointer data);
void program_tear_down(Place *place, gconstpointer data);

void program_write_config(const char *path, const char *backend);

typedef struct {
  int code;
  char *out, *err;
} Said;
void program_said_clear(Said *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Said, program_said_clear)

/* Runs the program of $LEHRGAENGE in `folder` with the arguments in `line`, split at blanks as a
 * shell does. Fails the test when it does not end by itself or says the apikey. */
Said program_call(const char *folder, const char *line);

/* How many lines `text` has. */
guint program_lines(const char *text);

#define assert_has(text, part) g_assert_nonnull(strstr(text, part))
