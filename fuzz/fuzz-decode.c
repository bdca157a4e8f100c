/* The decoder on arbitrary bytes: whatever comes, no crash, no leak, and what is handed out keeps
 * its promises (ids that are not empty, texts that are UTF-8), and leaving out unread fields
 * changes nothing of the others. The first byte chooses the kind of answer: list, Teilnehmer, one
 * Lehrgang.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/decode.h"

#include <string.h>

#include "api/slim.h"
#include "base/jsonget.h"
#include "fuzz.h"

static void
check_text(const char *text) {
  g_assert_nonnull(text);
  g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void
check_lehrgang(const Lehrgang *lehrgang, gpointer user_data) {
  (void)user_data;
  g_assert_true(*lehrgang->id != '\0');
  check_text(lehrgang->id);
  check_text(lehrgang->kurzbezeichnung);
  check_text(lehrgang->bezeichnung);
  check_text(lehrgang->ort);
  check_text(lehrgang->start_tag);
  check_text(lehrgang->end_tag);
}

static void
check_teilnehmer(guint index, const Teilnehmer *teilnehmer, gpointer user_data) {
  (void)index, (void)user_data;
  g_assert_true(*teilnehmer->id != '\0');
  check_text(teilnehmer->id);
  check_text(teilnehmer->initial_id);
  check_text(teilnehmer->vorname);
  check_text(teilnehmer->nachname);
  check_text(teilnehmer->email);
  check_text(teilnehmer->ort);
  check_text(teilnehmer->status);
}

static void
check_skipped(guint index, const char *where, const char *id, const char *why, gpointer user_data) {
  (void)index, (void)user_data;
  g_assert_true(g_str_has_prefix(where, "["));
  g_assert_true(*why != '\0');
  check_text(id);
  check_text(why);
}

static const char *const keys[] = { "id", "ort", "emails", NULL };

static void
check_same_items(const json_t *whole, const json_t *slim) {
  g_assert_cmpuint(json_array_size(whole), ==, json_array_size(slim));
  for (size_t i = 0; i < json_array_size(whole); i++) {
    const json_t *left = json_array_get(whole, i), *right = json_array_get(slim, i);
    if (!json_is_object(left)) {
      g_assert_true(json_equal(left, right));
      continue;
    }
    for (guint k = 0; keys[k] != NULL; k++) {
      const json_t *a = json_object_get(left, keys[k]), *b = json_object_get(right, keys[k]);
      g_assert_true(a == NULL ? b == NULL : json_equal(a, b));
    }
  }
}

/* What the slim copy lets pass the parser lets pass too, but for keys given twice (slim.h). */
static void
check_slim(const char *body, gsize length) {
  g_autoptr(GError) error = NULL;
  gsize slim_length = 0;
  g_autofree char *text = slim_array(body, length, keys, &slim_length);
  if (text == NULL)
    return;
  g_assert_cmpuint(slim_length, <=, length);
  json_auto_t *whole = jsonget_parse(body, length, &error);
  json_auto_t *slim = jsonget_parse(text, slim_length, NULL);
  if (whole == NULL)
    g_assert_nonnull(strstr(error->message, "duplicate object key"));
  else
    check_same_items(whole, slim);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autoptr(GError) error = NULL;
  if (size == 0)
    return 0;
  /* A copy of its own size, so that reading past the end is seen. */
  g_autofree char *body = g_memdup2(data + 1, size - 1);
  check_slim(body, size - 1);
  bool ok;
  switch (data[0] % 3) {
  case 0:
    ok = decode_lehrgaenge(body, size - 1, check_lehrgang, check_skipped, NULL, &error);
    break;
  case 1:
    ok = decode_teilnehmer(body, size - 1, 0, check_teilnehmer, check_skipped, NULL, &error);
    break;
  default:
    ok = decode_lehrgang(body, size - 1, check_lehrgang, NULL, &error);
    break;
  }
  g_assert_true(ok == (error == NULL));
  if (error != NULL)
    check_text(error->message);
  return 0;
}
