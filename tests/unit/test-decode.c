/* Bodies as ZMS sends them, and worse ones, through the decoder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/decode.h"

#include <string.h>

#include "api/slim.h"
#include "base/jsonget.h"

static void
see_lehrgang(const Lehrgang *l, gpointer seen) {
  g_string_append_printf(seen, "%s|%s|%s|%s|%s|%s;", l->id, l->kurzbezeichnung, l->bezeichnung,
                         l->ort, l->start_tag, l->end_tag);
}

static void
see_teilnehmer(guint index, const Teilnehmer *t, gpointer seen) {
  g_string_append_printf(seen, "%u|%s|%s|%s|%s|%s|%s|%s;", index, t->id, t->initial_id, t->vorname,
                         t->nachname, t->email, t->ort, t->status);
}

static void
see_skipped(guint index, const char *where, const char *id, const char *why, gpointer seen) {
  g_string_append_printf(seen, "skip %u %s '%s' %s;", index, where, id, why);
}

static void
assert_lehrgaenge(const char *body, const char *expected) {
  g_autoptr(GString) seen = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  g_assert_true(decode_lehrgaenge(body, strlen(body), see_lehrgang, see_skipped, seen, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(seen->str, ==, expected);
}

static void
assert_teilnehmer(const char *body, const char *expected) {
  g_autoptr(GString) seen = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  g_assert_true(
      decode_teilnehmer(body, strlen(body), 5, see_teilnehmer, see_skipped, seen, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(seen->str, ==, expected);
}

static void
test_lehrgaenge(void) {
  assert_lehrgaenge(
      "[{\"id\":\"FD-LG-2026-000174\",\"typ\":\"KREIS\",\"bezeichnung\":\"Atemschutzgeräteträger\","
      "\"kurzbezeichnung\":"
      "\"F-Atr\",\"startZeit\":\"08:30\",\"ort\":\"FTZ "
      "Fulda\",\"startTag\":\"2026-03-10\",\"endTag\":\"2026-03-14\","
      "\"maxAnzahlTeilnehmer\":12,\"lehrgangstage\":[{\"datum\":\"2026-03-10\",\"active\":true}]},"
      "{\"id\":\"FD-LG/2024 "
      "0009\",\"kurzbezeichnung\":\"F-Ma\",\"ort\":null,\"endTag\":\"2024-09-06\"},"
      "{\"id\":4711},{\"id\":-9223372036854775808}]",
      "FD-LG-2026-000174|F-Atr|Atemschutzgeräteträger|FTZ Fulda|2026-03-10|2026-03-14;"
      "FD-LG/2024 0009|F-Ma||||2024-09-06;4711|||||;-9223372036854775808|||||;");
  assert_lehrgaenge("[]", "");
  assert_lehrgaenge(" [ {\"id\":\" A \"} ] \n", " A |||||;");
}

static void
test_malformed_lehrgaenge_are_skipped(void) {
  assert_lehrgaenge("[{\"kurzbezeichnung\":\"F-I\"},{\"id\":null},{\"id\":\"\"},{\"id\":\"A\"}]",
                    "skip 0 [0].id '' missing or empty;skip 0 [1].id '' missing or empty;"
                    "skip 0 [2].id '' missing or empty;A|||||;");
  assert_lehrgaenge("[{\"id\":[1]},{\"id\":1.5},{\"id\":true},{\"id\":\"A\",\"endTag\":20260314}]",
                    "skip 0 [0].id '' expected a string or an integer, found an array;"
                    "skip 0 [1].id '' expected a string or an integer, found a fractional number;"
                    "skip 0 [2].id '' expected a string or an integer, found a truth value;"
                    "skip 0 [3].endTag 'A' expected a string, found an integer;");
  assert_lehrgaenge("[null,1,\"x\",[],{\"id\":\"A\"}]",
                    "skip 0 [0] '' expected an object, found null;skip 0 [1] '' expected an "
                    "object, found an integer;"
                    "skip 0 [2] '' expected an object, found a string;skip 0 [3] '' expected an "
                    "object, found an array;"
                    "A|||||;");
}

static void
test_teilnehmer(void) {
  assert_teilnehmer("[{\"id\":\"TN-1\",\"initialId\":\"P-1\",\"organisation\":{\"id\":\"ORG\"},"
                    "\"nachname\":\"Müller\",\"vorname\":\"Max\","
                    "\"emailPrivat\":\"p@x\",\"emailBusiness\":\"b@x\",\"ort\":\"Bröckehausen\","
                    "\"status\":\"S033_EINBERUFEN_KREIS\","
                    "\"ausbildungen\":[{\"status\":\"BESTANDEN\"}]},{\"id\":9,\"initialId\":112,"
                    "\"emails\":null},{\"id\":\"\"}]",
                    "5|TN-1|P-1|Max|Müller|b@x|Bröckehausen|S033_EINBERUFEN_KREIS;5|9|112|||||;"
                    "skip 5 [2].id '' missing or empty;");
}

static void
test_which_email(void) {
  static const struct {
    const char *fields, *email;
  } cases[] = {
    { "\"emails\":{\"emailBusiness\":\"nb\",\"emailPrivat\":\"np\"},\"emailBusiness\":\"fb\","
      "\"emailPrivat\":\"fp\"",
      "nb" },
    { "\"emails\":{\"emailBusiness\":\"\",\"emailPrivat\":\"np\"},\"emailBusiness\":\"fb\","
      "\"emailPrivat\":\"fp\"",
      "fb" },
    { "\"emails\":{\"emailPrivat\":\"np\"},\"emailPrivat\":\"fp\"", "np" },
    { "\"emails\":{\"emailPrivat\":null},\"emailPrivat\":\"fp\"", "fp" },
    { "\"emails\":{},\"emailBusiness\":null", "" },
    { "\"emailBusiness\":\"b@x\",\"emailPrivat\":\"p@x.de\"", "p@x.de" },
    { "\"emailBusiness\":\"b@x\",\"emailPrivat\":\"p@x\"", "b@x" },
    { "\"emailBusiness\":\"b@x.de \",\"emailPrivat\":\"p@x.de\"", "b@x.de " },
    { "\"emailBusiness\":\" \",\"emailPrivat\":\"p@x\"", "p@x" },
    { "\"emails\":{\"emailBusiness\":\"keine\"},\"emailBusiness\":\"b@x.de\"", "b@x.de" },
    { "\"emails\":{\"emailBusiness\":\"keine\",\"emailPrivat\":\"p@x.de\"}", "p@x.de" },
    { "\"emails\":null,\"emailPrivat\":\"fp\"", "fp" },
    { "\"emailBusiness\":\"fb\",\"emailPrivat\":[]", "fb" }, /* not looked at */
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *body = g_strdup_printf("[{\"id\":\"A\",%s}]", cases[i].fields);
    g_autofree char *expected = g_strdup_printf("5|A||||%s||;", cases[i].email);
    assert_teilnehmer(body, expected);
  }
  assert_teilnehmer(
      "[{\"id\":\"A\",\"emails\":[]},{\"id\":\"B\",\"emails\":{\"emailBusiness\":1}},{\"id\":\"C\","
      "\"emailPrivat\":{}}]",
      "skip 5 [0].emails 'A' expected an object, found an array;"
      "skip 5 [1].emails.emailBusiness 'B' expected a string, found an integer;"
      "skip 5 [2].emailPrivat 'C' expected a string, found an object;");
}

static void
test_unused_fields_are_not_looked_at(void) {
  assert_teilnehmer(
      "[{\"id\":\"A\",\"geburtsdatum\":[[]],\"plz\":{},\"isExtern\":\"?\",\"neu\":1e5}]",
      "5|A||||||;");
}

static void
test_long_texts_are_skipped(void) {
  g_autofree char *text = g_strnfill(JSONGET_MAX_STRING + 1, 'x');
  g_autofree char *body = g_strdup_printf(
      "[{\"id\":\"A\",\"ort\":\"%s\"},{\"id\":\"B\",\"ort\":\"%s\"}]", text, text + 1);
  g_autofree char *expected = g_strdup_printf(
      "skip 5 [0].ort 'A' a string of 4097 bytes is longer than 4096;5|B|||||%s|;", text + 1);
  assert_teilnehmer(body, expected);
}

static void
test_whole_answer_is_wrong(void) {
  static const struct {
    const char *body;
    gint code;
    const char *says;
  } cases[] = {
    { "{}", JSONGET_ERROR_TYPE, "expected an array at the top, found an object" },
    { "\"x\"", JSONGET_ERROR_SYNTAX,
      "line 1" }, /* jansson: only arrays and objects stand at the top */
    { "", JSONGET_ERROR_SYNTAX, "line 1" },
    { "[{\"id\":\"A\"}", JSONGET_ERROR_SYNTAX, "line 1, column" },
    { "[\n\n{\"id\":\"A\",\"id\":\"B\"}]", JSONGET_ERROR_SYNTAX, "line 3, column" },
    { "[{\"id\":\"\xc3\x28\"}]", JSONGET_ERROR_SYNTAX, "line 1, column" },
    { "[{\"id\":\"A\\u0000B\"}]", JSONGET_ERROR_SYNTAX, "line 1, column" },
    { "[{\"id\":\"A\"}] x", JSONGET_ERROR_SYNTAX, "line 1, column" },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", JSONGET_ERROR_TOO_BIG, "nested deeper" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) seen = g_string_new(NULL);
    for (guint kind = 0; kind < 2; kind++) {
      g_autoptr(GError) error = NULL;
      gsize length = strlen(cases[i].body);
      bool ok = kind == 0 ? decode_lehrgaenge(cases[i].body, length, see_lehrgang, see_skipped,
                                              seen, &error)
                          : decode_teilnehmer(cases[i].body, length, 0, see_teilnehmer, see_skipped,
                                              seen, &error);
      g_assert_false(ok);
      g_assert_error(error, JSONGET_ERROR, cases[i].code);
      g_assert_nonnull(strstr(error->message, cases[i].says));
    }
    g_assert_cmpstr(seen->str, ==, "");
  }
}

static void
test_one_lehrgang(void) {
  static const struct {
    const char *body, *says;
  } bad[] = {
    { "[]", "expected an object, found an array" },
    { "{}", "id: missing or empty" },
    { "{\"id\":\"A\",\"ort\":1}", "ort: expected a string, found an integer" },
    { "{", "line 1, column" },
  };
  g_autoptr(GString) seen = g_string_new(NULL);
  static const char good[] = "{\"id\":7,\"kurzbezeichnung\":\"F-I\"}";
  g_assert_true(decode_lehrgang(good, strlen(good), see_lehrgang, seen, NULL));
  g_assert_cmpstr(seen->str, ==, "7|F-I||||;");
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(decode_lehrgang(bad[i].body, strlen(bad[i].body), see_lehrgang, seen, &error));
    g_assert_cmpstr(error->message, !=, "");
    g_assert_nonnull(strstr(error->message, bad[i].says));
  }
  g_assert_cmpstr(seen->str, ==, "7|F-I||||;");
}

static void
test_slim(void) {
  static const char *const keys[] = { "id", "emails", NULL };
  static const struct {
    const char *body, *slim; /* NULL: left to the parser */
  } cases[] = {
    { "[]", "[]" },
    { " [ ] ", "[]" },
    { "[{}]", "[{}]" },
    { "[{\"id\" : \"A\" , \"x\":[1,{\"y\":[]}]},{\"x\":null,\"id\":-1.5}]",
      "[{\"id\" : \"A\"},{\"id\":-1.5}]" },
    { "[{\"x\":1,\"emails\":{\"x\":\"\\\"}\"}, \"id\":0}]",
      "[{\"emails\":{\"x\":\"\\\"}\"},\"id\":0}]" },
    { "[1,\"a\",[ 2 ],null,true,false,{\"x\":1}]", "[1,\"a\",[ 2 ],null,true,false,{}]" },
    { "[{\"ids\":1,\"i\":2,\"ID\":3}]", "[{}]" },
    { "[{\"x\":\"\\u00e4\\n\"}]", "[{}]" },
    { "{}", NULL },
    { "", NULL },
    { "[", NULL },
    { "[]]", NULL },
    { "[1 2]", NULL },
    { "[1,]", NULL },
    { "[{\"x\":1,}]", NULL },
    { "[{\"x\" 1}]", NULL },
    { "[{x:1}]", NULL },
    { "[{\"x\":01}]", NULL },
    { "[{\"x\":1e5}]", NULL },
    { "[{\"x\":.5}]", NULL },
    { "[{\"x\":1.}]", NULL },
    { "[{\"x\":-}]", NULL },
    { "[{\"x\":1234567890123456}]", NULL },
    { "[{\"x\":tru}]", NULL },
    { "[{\"x\":\"\t\"}]", NULL },
    { "[{\"x\":\"\\q\"}]", NULL },
    { "[{\"x\":\"\\u0000\"}]", NULL },
    { "[{\"x\":\"\\ud800\"}]", NULL },
    { "[{\"x\":\"\\u12g4\"}]", NULL },
    { "[{\"x\":\"\\", NULL },
    { "[{\"\\u0069d\":1}]", NULL }, /* "id" in disguise */
    { "[{\"x\":\"\xff\"}]", NULL },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    gsize length = 0;
    g_autofree char *slim = slim_array(cases[i].body, strlen(cases[i].body), keys, &length);
    g_autofree char *text = slim == NULL ? NULL : g_strndup(slim, length);
    g_assert_cmpstr(text, ==, cases[i].slim);
  }
}

/* Nesting in fields nobody reads is bounded too, at the same depth as everywhere. */
static void
test_depth_of_unused_fields(void) {
  for (guint extra = 0; extra < 2; extra++) {
    g_autofree char *open = g_strnfill(JSONGET_MAX_DEPTH - 2 + extra, '[');
    g_autofree char *close = g_strnfill(JSONGET_MAX_DEPTH - 2 + extra, ']');
    g_autofree char *body = g_strdup_printf("[{\"id\":\"A\",\"x\":%s%s}]", open, close);
    bool ok = decode_lehrgaenge(body, strlen(body), NULL, NULL, NULL, NULL);
    g_assert_true(ok == (extra == 0));
  }
}

static void
test_nobody_listens(void) {
  static const char body[] = "[{\"id\":\"A\"},{}]";
  g_assert_true(decode_lehrgaenge(body, strlen(body), NULL, NULL, NULL, NULL));
  g_assert_true(decode_teilnehmer(body, strlen(body), 0, NULL, NULL, NULL, NULL));
  g_assert_false(decode_teilnehmer("{", 1, 0, NULL, NULL, NULL, NULL));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/decode/lehrgaenge", test_lehrgaenge);
  g_test_add_func("/decode/malformed-lehrgaenge", test_malformed_lehrgaenge_are_skipped);
  g_test_add_func("/decode/teilnehmer", test_teilnehmer);
  g_test_add_func("/decode/which-email", test_which_email);
  g_test_add_func("/decode/unused-fields", test_unused_fields_are_not_looked_at);
  g_test_add_func("/decode/long-texts", test_long_texts_are_skipped);
  g_test_add_func("/decode/whole-answer", test_whole_answer_is_wrong);
  g_test_add_func("/decode/one-lehrgang", test_one_lehrgang);
  g_test_add_func("/decode/slim", test_slim);
  g_test_add_func("/decode/depth-of-unused-fields", test_depth_of_unused_fields);
  g_test_add_func("/decode/nobody-listens", test_nobody_listens);
  return g_test_run();
}
