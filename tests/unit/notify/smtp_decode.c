/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp_decode.h"

#include <string.h>

/* Words of RFC 2047 (UTF-8, base64 only), blanks between them left out. */
static char *
decode_words(const char *text) {
  static const char start[] = "=?UTF-8?B?";
  g_autoptr(GString) out = g_string_new(NULL);
  for (const char *c = text; *c != '\0';) {
    if (strncmp(c, start, strlen(start)) != 0) {
      g_string_append_c(out, *c++);
      continue;
    }
    const char *word = c + strlen(start), *end = strstr(word, "?=");
    g_assert_nonnull(end);
    g_assert_cmpuint((guint)(end + 2 - c), <=, 75);
    g_autofree char *encoded = g_strndup(word, (gsize)(end - word));
    gsize length;
    g_autofree guchar *bytes = g_base64_decode(encoded, &length);
    /* Each word must be whole characters. */
    g_assert_true(g_utf8_validate((const char *)bytes, (gssize)length, NULL));
    g_string_append_len(out, (const char *)bytes, (gssize)length);
    c = end + 2;
    if (c[0] == ' ' && strncmp(c + 1, start, strlen(start)) == 0)
      c++;
  }
  return g_strdup(out->str);
}

char *
smtp_decode_header(const SmtpSinkMail *mail, const char *name) {
  const char *end = strstr(mail->text, "\r\n\r\n");
  g_assert_nonnull(end);
  g_autoptr(GString) head = g_string_new_len(mail->text, end - mail->text);
  g_string_replace(head, "\r\n ", " ", 0);
  g_auto(GStrv) lines = g_strsplit(head->str, "\r\n", -1);
  g_autofree char *before = g_strconcat(name, ": ", NULL);
  char *value = NULL;
  for (char **line = lines; *line != NULL; line++) {
    if (!g_str_has_prefix(*line, before))
      continue;
    g_assert_null(value);
    value = decode_words(*line + strlen(before));
  }
  return value;
}

char *
smtp_decode_body(const SmtpSinkMail *mail) {
  g_autofree char *encoding = smtp_decode_header(mail, "Content-Transfer-Encoding");
  g_assert_cmpstr(encoding, ==, "quoted-printable");
  const char *c = strstr(mail->text, "\r\n\r\n") + 4;
  g_autoptr(GString) out = g_string_new(NULL);
  for (; *c != '\0'; c++) {
    if (*c == '\r')
      continue;
    if (*c != '=') {
      g_string_append_c(out, *c);
      continue;
    }
    if (c[1] != '\r') {
      g_assert_true(g_ascii_isxdigit(c[1]) && g_ascii_isxdigit(c[2]));
      g_string_append_c(out, (char)(g_ascii_xdigit_value(c[1]) * 16 + g_ascii_xdigit_value(c[2])));
    }
    c += 2;
  }
  g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
  return g_strdup(out->str);
}
