/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/decode.h"

#include <string.h>

#include "api/slim.h"
#include "base/email.h"
#include "base/jsonget.h"
#include "base/text.h"

#define ID_BYTES 24   /* what jsonget_id() writes a number into */
#define PATH_BYTES 48 /* "[4294967295]" or that with ".emails" */

typedef struct {
  const char *key;
  gsize offset; /* of a const char * in the struct */
} Field;

static const Field lehrgang_fields[] = {
  { "kurzbezeichnung", G_STRUCT_OFFSET(Lehrgang, kurzbezeichnung) },
  { "bezeichnung", G_STRUCT_OFFSET(Lehrgang, bezeichnung) },
  { "ort", G_STRUCT_OFFSET(Lehrgang, ort) },
  { "startTag", G_STRUCT_OFFSET(Lehrgang, start_tag) },
  { "endTag", G_STRUCT_OFFSET(Lehrgang, end_tag) },
};

static const Field teilnehmer_fields[] = {
  { "vorname", G_STRUCT_OFFSET(Teilnehmer, vorname) },
  { "nachname", G_STRUCT_OFFSET(Teilnehmer, nachname) },
  { "ort", G_STRUCT_OFFSET(Teilnehmer, ort) },
  { "status", G_STRUCT_OFFSET(Teilnehmer, status) },
};

static bool
get_fields(const json_t *object, const char *path, const Field *fields, gsize count, gpointer item,
           GError **error) {
  for (gsize i = 0; i < count; i++)
    if (!jsonget_string(object, path, fields[i].key,
                        &G_STRUCT_MEMBER(const char *, item, fields[i].offset), error))
      return false;
  return true;
}

/* The id, which an item must have; `*id` is "" on failure. */
static bool
get_id(const json_t *object, const char *path, char *buffer, const char **id, GError **error) {
  *id = "";
  if (!jsonget_id(object, path, "id", buffer, id, error))
    return false;
  if (**id != '\0')
    return true;
  g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_MISSING, "%s%sid: missing or empty", path,
              *path == '\0' ? "" : ".");
  return false;
}

static bool
get_lehrgang(const json_t *object, const char *path, char *buffer, Lehrgang *lehrgang,
             GError **error) {
  return get_id(object, path, buffer, &lehrgang->id, error) &&
         get_fields(object, path, lehrgang_fields, G_N_ELEMENTS(lehrgang_fields), lehrgang, error);
}

/* `*email` becomes the address under `key` unless what it holds is as good. Once there is one, the
 * others need not even be text. */
static bool
prefer_email(const json_t *object, const char *path, const char *key, const char **email,
             GError **error) {
  const char *text = "";
  bool have = **email != '\0';
  if (!jsonget_string(object, path, key, &text, have ? NULL : error))
    return have;
  autochar before = text_trim(*email);
  autochar trimmed = text_trim(text);
  if (*before == '\0' || (!email_is_possible(before) && email_is_possible(trimmed)))
    *email = text;
  return true;
}

/* Business, else private (SPEC 4). One that cannot be an address does not stand in the way of one
 * that can, and is handed on when there is no other. */
static bool
get_email(const json_t *object, const char *path, const char **email, GError **error) {
  static const char *const keys[] = { "emailBusiness", "emailPrivat" };
  const json_t *nested = json_object_get(object, "emails");
  if (json_is_null(nested))
    nested = NULL;
  char nested_path[PATH_BYTES] = "";
  if (nested != NULL)
    g_snprintf(nested_path, sizeof nested_path, "%s.emails", path);
  *email = "";
  for (gsize i = 0; i < G_N_ELEMENTS(keys) && !email_is_possible(*email); i++) {
    if (nested != NULL && !prefer_email(nested, nested_path, keys[i], email, error))
      return false;
    if (!prefer_email(object, path, keys[i], email, error))
      return false;
  }
  return true;
}

/* `buffers`: two of ID_BYTES. */
static bool
get_teilnehmer(const json_t *object, const char *path, char (*buffers)[ID_BYTES],
               Teilnehmer *teilnehmer, GError **error) {
  return get_id(object, path, buffers[0], &teilnehmer->id, error) &&
         jsonget_id(object, path, "initialId", buffers[1], &teilnehmer->initial_id, error) &&
         get_email(object, path, &teilnehmer->email, error) &&
         get_fields(object, path, teilnehmer_fields, G_N_ELEMENTS(teilnehmer_fields), teilnehmer,
                    error);
}

/* The getters' messages read "[3].id: why". */
static void
report(ZmsSkippedFunc skipped, guint index, const char *path, const char *id, const GError *cause,
       gpointer user_data) {
  if (skipped == NULL)
    return;
  const char *colon = strstr(cause->message, ": ");
  g_autofree char *where =
      colon != NULL ? g_strndup(cause->message, (gsize)(colon - cause->message)) : g_strdup(path);
  skipped(index, where, id, colon != NULL ? colon + 2 : cause->message, user_data);
}

/* The array, of whose items only `keys` are needed. Whatever is wrong is told of the original,
 * where line and column are right. The parser lets only arrays and objects stand at the top. */
static json_t *
parse_array(const char *data, gsize length, const char *const *keys, GError **error) {
  gsize slim_length = 0;
  g_autofree char *slim = slim_array(data, length, keys, &slim_length);
  json_t *root = slim != NULL ? jsonget_parse(slim, slim_length, NULL) : NULL;
  if (root == NULL)
    root = jsonget_parse(data, length, error);
  if (root == NULL || json_is_array(root))
    return root;
  g_set_error_literal(error, JSONGET_ERROR, JSONGET_ERROR_TYPE,
                      "expected an array at the top, found an object");
  json_decref(root);
  return NULL;
}

bool
decode_lehrgaenge(const char *data, gsize length, ZmsLehrgangFunc each, ZmsSkippedFunc skipped,
                  gpointer user_data, GError **error) {
  static const char *const keys[] = { "id",       "kurzbezeichnung", "bezeichnung", "ort",
                                      "startTag", "endTag",          NULL };
  json_auto_t *root = parse_array(data, length, keys, error);
  if (root == NULL)
    return false;
  for (gsize i = 0; i < json_array_size(root); i++) {
    char path[PATH_BYTES], buffer[ID_BYTES];
    Lehrgang lehrgang = { .id = "" };
    g_autoptr(GError) cause = NULL;
    g_snprintf(path, sizeof path, "[%" G_GSIZE_FORMAT "]", i);
    if (!get_lehrgang(json_array_get(root, i), path, buffer, &lehrgang, &cause))
      report(skipped, 0, path, lehrgang.id, cause, user_data);
    else if (each != NULL)
      each(&lehrgang, user_data);
  }
  return true;
}

bool
decode_lehrgang(const char *data, gsize length, ZmsLehrgangFunc each, gpointer user_data,
                GError **error) {
  json_auto_t *root = jsonget_parse(data, length, error);
  char buffer[ID_BYTES];
  Lehrgang lehrgang = { .id = "" };
  if (root == NULL || !get_lehrgang(root, "", buffer, &lehrgang, error))
    return false;
  if (each != NULL)
    each(&lehrgang, user_data);
  return true;
}

bool
decode_teilnehmer(const char *data, gsize length, guint index, ZmsTeilnehmerFunc each,
                  ZmsSkippedFunc skipped, gpointer user_data, GError **error) {
  static const char *const keys[] = { "id",     "initialId",     "vorname",     "nachname", "ort",
                                      "status", "emailBusiness", "emailPrivat", "emails",   NULL };
  json_auto_t *root = parse_array(data, length, keys, error);
  if (root == NULL)
    return false;
  for (gsize i = 0; i < json_array_size(root); i++) {
    char path[PATH_BYTES], buffers[2][ID_BYTES];
    Teilnehmer teilnehmer = { .id = "" };
    g_autoptr(GError) cause = NULL;
    g_snprintf(path, sizeof path, "[%" G_GSIZE_FORMAT "]", i);
    if (!get_teilnehmer(json_array_get(root, i), path, buffers, &teilnehmer, &cause))
      report(skipped, index, path, teilnehmer.id, cause, user_data);
    else if (each != NULL)
      each(index, &teilnehmer, user_data);
  }
  return true;
}
