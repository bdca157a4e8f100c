/* Everything `sync`, `plan` and `import` open before they can run, and how they show progress.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/command.h"
#include "sync/run.h"

typedef struct Session Session;

/* What these commands take. Texts as GOption leaves them, freed by session_options_clear(). */
typedef struct {
  char *year;
  char **tenants;
  gboolean json;
} SessionOptions;
void session_options_clear(SessionOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SessionOptions, session_options_clear)

/* The GOption entries of `options`, without the empty one at the end. */
#define SESSION_ENTRIES(options)                                                                   \
  { "year",                                                                                        \
    'y',                                                                                           \
    0,                                                                                             \
    G_OPTION_ARG_FILENAME,                                                                         \
    &(options).year,                                                                               \
    "only Lehrgänge of this year (2012 … next year)",                                              \
    "YEAR" },                                                                                      \
      { "tenant",                                                                                  \
        't',                                                                                       \
        0,                                                                                         \
        G_OPTION_ARG_FILENAME_ARRAY,                                                               \
        &(options).tenants,                                                                        \
        "only this tenant; may be repeated",                                                       \
        "ABBR" },                                                                                  \
  {                                                                                                \
    "json", 0, 0, G_OPTION_ARG_NONE, &(options).json, "print one JSON document", NULL              \
  }

/* Reads the configuration and holds the options against it (SPEC 6: which years); *year is 0 when
 * none was given. False: the reason was printed, return *code. */
bool session_check(CommandContext *context, const SessionOptions *options, gint *year, int *code);

/* Who calls the program, for people; borrowed. */
const char *session_starter(void);

/* Opens configuration, store, Moodle and ZMS. `look_only`: makes no store where there is none.
 * NULL: the reason was printed, return *code. Free with session_free(). */
Session *session_open(CommandContext *context, const SessionOptions *options, bool look_only,
                      int *code);
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

const RunContext *session_run_context(const Session *session);

/* The request that the options make; texts borrowed from the session and its options. */
RunRequest session_request(const Session *session);

/* Ends the progress line, before anything else is written. */
void session_quiet(Session *session);
