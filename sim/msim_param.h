/* What a web-service function takes, and Moodle's check of what it is given: nothing missing,
 * nothing unknown, and every value as Moodle's cleaning would leave it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef enum {
  MSIM_INT,         /* PARAM_INT: "7", "-7"; "07", "+7", "" are none */
  MSIM_BOOL,        /* PARAM_BOOL: 0 or 1 */
  MSIM_RAW,         /* PARAM_RAW: UTF-8 */
  MSIM_RAW_TRIMMED, /* PARAM_RAW_TRIMMED */
  MSIM_TEXT,        /* PARAM_TEXT; the multilang tags that Moodle would leave are refused too */
  MSIM_NOTAGS,      /* PARAM_NOTAGS */
  MSIM_USERNAME,    /* PARAM_USERNAME: lower case, -.@_a-z0-9 */
  MSIM_ALPHA,       /* PARAM_ALPHA: a-zA-Z */
  MSIM_ALPHANUM,    /* PARAM_ALPHANUM */
  MSIM_ALPHANUMEXT, /* PARAM_ALPHANUMEXT: and _- */
  MSIM_SEQUENCE,    /* PARAM_SEQUENCE: digits and commas */
  MSIM_PLUGIN,      /* PARAM_PLUGIN */
  MSIM_AUTH,        /* PARAM_AUTH: an authentication plugin of Moodle, of IOMAD, or oidc, saml2 */
  MSIM_LANG,        /* PARAM_LANG: an installed language; an empty one is none, but allowed */
  MSIM_SAFEDIR,     /* PARAM_SAFEDIR: a-zA-Z0-9_- */
  MSIM_LIST,        /* of values as `inner` says: one entry without a name, or a structure's */
  MSIM_STRUCT,      /* a structure with the fields of `inner` */
} MsimType;

typedef enum { MSIM_REQUIRED, MSIM_OPTIONAL, MSIM_DEFAULT } MsimNeed;

/* A parameter or field; lists of them end with one whose `end` is true. */
typedef struct MsimParam MsimParam;
struct MsimParam {
  const char *name; /* NULL: the one of a list of plain values */
  MsimType type;
  MsimNeed need;
  const char *initial; /* MSIM_DEFAULT: a plain value as text, NULL for null; lists are empty */
  const MsimParam *inner;
  bool end;
};

#define MSIM_END                                                                                   \
  { .end = true }

/* The checked parameters: an object whose lists are arrays, numbers integers, booleans booleans.
 * NULL: Moodle would answer `invalidparameter`. `given` is an object as msim_form.h makes them, or
 * JSON from a client. Free with json_decref(). */
json_t *msim_param_validate(const MsimParam *params, const json_t *given);

/* Whether cleaning as `type` would leave the text as it is. */
bool msim_param_is_clean(MsimType type, const char *text);

/* The number that (int) makes of a text: its digits up to the first other character, or 0. */
gint64 msim_param_to_int(const char *text);
