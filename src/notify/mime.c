/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/mime.h"

#include <string.h>

#include "base/text.h"
#include "http/phrase.h"

/* Bytes of text in one encoded word, so that it fits into a line after "Subject: ". */
#define WORD_BYTES 39

/* The longest subject that stays as it is, when it is ASCII. */
#define PLAIN_SUBJECT (MIME_MAX_LINE - (gsize)9)

#define CUT "\n[… gekürzt / shortened]\n"

/* ── headers ── */

/* Words of RFC 2047, each of whole characters, one per line. */
static void
append_words(GString *to, const char *text) {
  for (const char *start = text; *start != '\0';) {
    const char *end = start;
    while (*end != '\0' && g_utf8_next_char(end) - start <= WORD_BYTES)
      end = g_utf8_next_char(end);
    autochar encoded = g_base64_encode((const guchar *)start, (gsize)(end - start));
    g_string_append_printf(to, "%s=?UTF-8?B?%s?=", start == text ? "" : "\r\n ", encoded);
    start = end;
  }
}

static void
append_subject(GString *to, const char *subject) {
  /* On one line: what followed a line's end would be a header of its own. */
  autochar line = phrase_line(subject, strlen(subject), MIME_MAX_SUBJECT);
  g_string_append(to, "Subject: ");
  if (strlen(line) <= PLAIN_SUBJECT && g_str_is_ascii(line) && strstr(line, "=?") == NULL)
    g_string_append(to, line);
  else
    append_words(to, line);
  g_string_append(to, "\r\n");
}

/* By hand, because the names of days and months must not follow the locale. */
static void
append_date(GString *to, gint64 time) {
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time);
  if (date == NULL)
    date = g_date_time_new_from_unix_utc(0);
  g_string_append_printf(
      to, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
      days[g_date_time_get_day_of_week(date) - 1], g_date_time_get_day_of_month(date),
      months[g_date_time_get_month(date) - 1], g_date_time_get_year(date),
      g_date_time_get_hour(date), g_date_time_get_minute(date), g_date_time_get_second(date));
}

/* The same for every try of one mail. Recipient and time keep installations apart that share a
 * domain, a test's beside the real one's. */
static void
append_message_id(GString *to, const Mail *mail) {
  autochar what = g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT, mail->id, mail->to, mail->time);
  autochar hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, what, -1);
  const char *at = strchr(mail->from, '@');
  g_string_append_printf(to, "Message-ID: <lehrgaenge.%.32s@%s>\r\n", hash,
                         at != NULL ? at + 1 : "localhost");
}

/* ── the text ── */

/* Appends what stands for one byte, in a new line when this one is full. Room is kept for the `=`
 * of a line that goes on. */
static void
append_piece(GString *to, gsize *column, const char *piece) {
  gsize length = strlen(piece);
  if (*column + length > MIME_MAX_LINE - 1) {
    g_string_append(to, "=\r\n");
    *column = 0;
  }
  g_string_append(to, piece);
  *column += length;
}

/* Quoted-printable. White space at a line's end is encoded, because servers strip it. */
static void
append_body(GString *to, const char *body) {
  gsize column = 0;
  for (const char *c = body; *c != '\0'; c++) {
    if (*c == '\n') {
      g_string_append(to, "\r\n");
      column = 0;
      continue;
    }
    bool blank = *c == ' ' || *c == '\t';
    bool last = c[1] == '\n' || c[1] == '\0';
    bool plain = blank ? !last : g_ascii_isgraph(*c) && *c != '=';
    char piece[] = { *c, '\0', '\0', '\0' };
    if (!plain)
      g_snprintf(piece, sizeof piece, "=%02X", (guint)(guchar)*c);
    append_piece(to, &column, piece);
  }
  if (column > 0)
    g_string_append(to, "\r\n");
}

/* At most MAIL_MAX_BODY bytes, lines ended by \n alone. */
static char *
fitting(const char *text) {
  g_autoptr(GString) lines = g_string_new(text);
  g_string_replace(lines, "\r\n", "\n", 0);
  g_strdelimit(lines->str, "\r", '\n');
  if (lines->len <= MAIL_MAX_BODY)
    return text_display(lines->str, -1, MAIL_MAX_BODY);
  autochar beginning = text_display(lines->str, -1, MAIL_MAX_BODY - strlen(CUT));
  return g_strconcat(beginning, CUT, NULL);
}

char *
mime_message(const Mail *mail) {
  GString *message = g_string_new(NULL);
  append_date(message, mail->time);
  g_string_append_printf(message, "From: <%s>\r\nTo: <%s>\r\n", mail->from, mail->to);
  append_subject(message, mail->subject);
  append_message_id(message, mail);
  g_string_append(message, "Auto-Submitted: auto-generated\r\n"
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: text/plain; charset=UTF-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n"
                           "\r\n");
  autochar body = fitting(mail->body);
  append_body(message, body);
  return g_string_free(message, FALSE);
}
