/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/slim.h"

#include <string.h>

#include "base/jsonget.h"

/* Numbers of so many characters fit both a double and a long; longer ones are the parser's to
 * judge. */
#define MAX_NUMBER 15

typedef struct {
  const char *at, *end;
} Scan;

static bool skip_value(Scan *scan, guint depth);

static void
skip_blanks(Scan *scan) {
  while (scan->at < scan->end &&
         (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
    scan->at++;
}

/* Takes `c` with the blanks around it, if it is next. */
static bool
take(Scan *scan, char c) {
  skip_blanks(scan);
  if (scan->at == scan->end || *scan->at != c)
    return false;
  scan->at++;
  skip_blanks(scan);
  return true;
}

/* After "\u": four digits of an ordinary character. NUL and halves of a pair are the parser's to
 * judge. */
static bool
skip_unicode(Scan *scan) {
  guint value = 0;
  for (guint i = 0; i < 4; i++) {
    if (scan->at == scan->end || !g_ascii_isxdigit(*scan->at))
      return false;
    value = value * 16 + (guint)g_ascii_xdigit_value(*scan->at++);
  }
  return value != 0 && (value < 0xD800 || value > 0xDFFF);
}

static bool
skip_escape(Scan *scan) {
  if (scan->at == scan->end)
    return false;
  char c = *scan->at++;
  return c == 'u' ? skip_unicode(scan) : c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
}

static bool
skip_string(Scan *scan) {
  if (scan->at == scan->end || *scan->at != '"')
    return false;
  scan->at++;
  while (scan->at < scan->end) {
    guchar c = (guchar)*scan->at++;
    if (c == '"')
      return true;
    if (c < 0x20 || (c == '\\' && !skip_escape(scan)))
      return false;
  }
  return false;
}

static bool
skip_digits(Scan *scan) {
  const char *begin = scan->at;
  while (scan->at < scan->end && g_ascii_isdigit(*scan->at))
    scan->at++;
  return scan->at > begin;
}

static bool
skip_number(Scan *scan) {
  const char *begin = scan->at;
  if (*scan->at == '-')
    scan->at++;
  const char *digits = scan->at;
  if (!skip_digits(scan) || (*digits == '0' && scan->at - digits > 1))
    return false;
  if (scan->at < scan->end && *scan->at == '.') {
    scan->at++;
    if (!skip_digits(scan))
      return false;
  }
  bool exponent = scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E');
  return !exponent && scan->at - begin <= MAX_NUMBER;
}

static bool
skip_word(Scan *scan, const char *word) {
  gsize length = strlen(word);
  if ((gsize)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
    return false;
  scan->at += length;
  return true;
}

static bool
skip_array(Scan *scan, guint depth) {
  if (!take(scan, '[') || depth > JSONGET_MAX_DEPTH)
    return false;
  if (take(scan, ']'))
    return true;
  do
    if (!skip_value(scan, depth))
      return false;
  while (take(scan, ','));
  return take(scan, ']');
}

static bool
skip_object(Scan *scan, guint depth) {
  if (!take(scan, '{') || depth > JSONGET_MAX_DEPTH)
    return false;
  if (take(scan, '}'))
    return true;
  do
    if (!skip_string(scan) || !take(scan, ':') || !skip_value(scan, depth))
      return false;
  while (take(scan, ','));
  return take(scan, '}');
}

/* A value inside `depth` levels. */
static bool
skip_value(Scan *scan, guint depth) {
  if (scan->at == scan->end)
    return false;
  switch (*scan->at) {
  case '"':
    return skip_string(scan);
  case '{':
    return skip_object(scan, depth + 1);
  case '[':
    return skip_array(scan, depth + 1);
  case 't':
    return skip_word(scan, "true");
  case 'f':
    return skip_word(scan, "false");
  case 'n':
    return skip_word(scan, "null");
  default:
    return skip_number(scan);
  }
}

/* ── copying ── */

typedef struct {
  char *begin, *at; /* as long as the original: it never gets longer */
} Copy;

static void
put(Copy *copy, const char *from, const char *to) {
  memcpy(copy->at, from, (gsize)(to - from));
  copy->at += to - from;
}

/* Whether the key in quotes is among `keys`. */
static bool
is_wanted(const char *quoted, gsize length, const char *const *keys) {
  for (; *keys != NULL; keys++)
    if (strlen(*keys) == length - 2 && memcmp(*keys, quoted + 1, length - 2) == 0)
      return true;
  return false;
}

static bool
copy_object(Scan *scan, Copy *copy, const char *const *keys) {
  take(scan, '{');
  *copy->at++ = '{';
  bool any = false, more = !take(scan, '}');
  while (more) {
    const char *member = scan->at;
    if (!skip_string(scan))
      return false;
    gsize key_length = (gsize)(scan->at - member);
    /* An escaped key may be a wanted one in disguise. */
    if (memchr(member, '\\', key_length) != NULL || !take(scan, ':') || !skip_value(scan, 2))
      return false;
    if (is_wanted(member, key_length, keys)) {
      if (any)
        *copy->at++ = ',';
      put(copy, member, scan->at);
      any = true;
    }
    more = take(scan, ',');
    if (!more && !take(scan, '}'))
      return false;
  }
  *copy->at++ = '}';
  return true;
}

static bool
copy_item(Scan *scan, Copy *copy, const char *const *keys) {
  const char *item = scan->at;
  if (item < scan->end && *item == '{')
    return copy_object(scan, copy, keys);
  if (!skip_value(scan, 1))
    return false;
  put(copy, item, scan->at);
  return true;
}

static bool
copy_array(Scan *scan, Copy *copy, const char *const *keys) {
  if (!take(scan, '['))
    return false;
  *copy->at++ = '[';
  bool more = !take(scan, ']');
  while (more) {
    if (!copy_item(scan, copy, keys))
      return false;
    more = take(scan, ',');
    if (!more && !take(scan, ']'))
      return false;
    *copy->at++ = more ? ',' : ']';
  }
  if (copy->at[-1] == '[')
    *copy->at++ = ']';
  return scan->at == scan->end;
}

char *
slim_array(const char *data, gsize length, const char *const *keys, gsize *slim_length) {
  if (length == 0 || !g_utf8_validate_len(data, length, NULL))
    return NULL;
  g_autofree char *buffer = g_malloc(length);
  Scan scan = { .at = data, .end = data + length };
  Copy copy = { .begin = buffer, .at = buffer };
  if (!copy_array(&scan, &copy, keys))
    return NULL;
  *slim_length = (gsize)(copy.at - copy.begin);
  return g_steal_pointer(&buffer);
}
