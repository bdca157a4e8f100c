/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS "\xE2\x80\xA6"    /* U+2026, one column */
#define BLOT "***"
#define SECRET_MIN_BYTES 4

/* The character at `text` and how many bytes it takes. False for a byte that begins no whole
 * character: it stands for itself, 1 byte long. */
static bool
next_char(const char *text, gsize left, gunichar *c, gsize *bytes) {
  *bytes = 1;
  *c = (guchar)*text;
  if (*c < 0x80)
    return true;
  *c = g_utf8_get_char_validated(text, (gssize)MIN(left, 6));
  if (*c == (gunichar)-1 || *c == (gunichar)-2)
    return false;
  *bytes = (gsize)g_utf8_skip[(guchar)*text];
  return true;
}

bool
text_empty(const char *text) {
  return text == NULL || *text == '\0';
}

char *
text_trim(const char *text) {
  if (text == NULL)
    return g_strdup("");
  gsize length = strlen(text), begin = 0, end = 0;
  bool inside = false;
  for (gsize at = 0, bytes; at < length; at += bytes) {
    gunichar c;
    bool valid = next_char(text + at, length - at, &c, &bytes);
    if (valid && g_unichar_isspace(c))
      continue;
    if (!inside)
      begin = at;
    inside = true;
    end = at + bytes;
  }
  return g_strndup(text + begin, end - begin);
}

char *
text_slug_bytes(const char *text) {
  char *slug = g_ascii_strdown(text, -1);
  for (char *c = slug; *c != '\0'; c++)
    if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c))
      *c = '_';
  return slug;
}

/* ── columns ── */

static gsize
char_columns(gunichar c, bool valid) {
  if (!valid)
    return 1;
  if (g_unichar_iscntrl(c) || g_unichar_iszerowidth(c))
    return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

gsize
text_columns(const char *text) {
  gsize columns = 0;
  gsize length = strlen(text);
  for (gsize at = 0, bytes; at < length; at += bytes) {
    gunichar c;
    bool valid = next_char(text + at, length - at, &c, &bytes);
    columns += char_columns(c, valid);
  }
  return columns;
}

/* Appends as much of `text` as fits into `columns`, without control characters: in a table they
 * would only tear it. Returns the columns used. */
static gsize
append_columns(GString *out, const char *text, gsize columns) {
  gsize used = 0;
  gsize length = strlen(text);
  for (gsize at = 0, bytes; at < length; at += bytes) {
    gunichar c;
    bool valid = next_char(text + at, length - at, &c, &bytes);
    gsize width = char_columns(c, valid);
    if (used + width > columns)
      break;
    used += width;
    if (!valid || !g_unichar_iscntrl(c))
      g_string_append_len(out, text + at, (gssize)bytes);
  }
  return used;
}

char *
text_fit(const char *text, gsize columns, bool right) {
  GString *out = g_string_new(NULL);
  gsize used = 0;
  if (text_columns(text) <= columns) {
    used = append_columns(out, text, columns);
  } else if (columns > 0) {
    used = append_columns(out, text, columns - 1) + 1;
    g_string_append(out, ELLIPSIS);
  }
  for (gsize i = used; i < columns; i++)
    g_string_insert_c(out, right ? 0 : -1, ' ');
  return g_string_free(out, FALSE);
}

/* Marks that change the direction in which what follows is shown: a name could read as another. */
static bool
turns_text(gunichar c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
         c == 0x200F || c == 0x061C;
}

char *
text_display(const char *text, gssize length, gsize max_bytes) {
  if (text == NULL)
    return g_strdup("");
  gsize total = length < 0 ? strlen(text) : (gsize)length;
  GString *out = g_string_sized_new(MIN(total, max_bytes));
  for (gsize at = 0, bytes; at < total; at += bytes) {
    gunichar c;
    bool valid = next_char(text + at, total - at, &c, &bytes);
    bool plain = valid && !turns_text(c) && (!g_unichar_iscntrl(c) || c == '\n' || c == '\t');
    gsize taken = plain ? bytes : strlen(REPLACEMENT);
    if (out->len + taken > max_bytes)
      break;
    g_string_append_len(out, plain ? text + at : REPLACEMENT, (gssize)taken);
  }
  return g_string_free(out, FALSE);
}

/* ── secrets ── */

typedef struct {
  gsize length;
  char text[];
} Secret;

static struct {
  GRWLock lock;
  GPtrArray *list;  /* of Secret; never shrinks */
  bool begins[256]; /* whether any secret begins with this byte: most of a text is passed over by
                       one look */
} secrets;

static bool
secret_known(const char *secret) {
  for (guint i = 0; i < secrets.list->len; i++)
    if (strcmp(((const Secret *)secrets.list->pdata[i])->text, secret) == 0)
      return true;
  return false;
}

void
text_secret_add(const char *secret) {
  gsize length = secret == NULL ? 0 : strlen(secret);
  if (length < SECRET_MIN_BYTES)
    return;
  g_rw_lock_writer_lock(&secrets.lock);
  if (secrets.list == NULL)
    secrets.list = g_ptr_array_new();
  if (!secret_known(secret)) {
    Secret *entry = g_malloc(sizeof *entry + length + 1);
    entry->length = length;
    memcpy(entry->text, secret, length + 1);
    g_ptr_array_add(secrets.list, entry);
    secrets.begins[(guchar)*secret] = true;
  }
  g_rw_lock_writer_unlock(&secrets.lock);
}

/* The length of the longest secret that begins at `text`, 0 when none does. */
static gsize
longest_secret_at(const char *text) {
  gsize longest = 0;
  if (!secrets.begins[(guchar)*text])
    return 0;
  for (guint i = 0; i < secrets.list->len; i++) {
    const Secret *secret = secrets.list->pdata[i];
    if (secret->length > longest && strncmp(text, secret->text, secret->length) == 0)
      longest = secret->length;
  }
  return longest;
}

/* Secrets may overlap ("abcd" and "cdef" in "abcdef"): a run of them is blotted out as one, so that
 * no tail is left. */
char *
text_redact(const char *text) {
  GString *out = g_string_new(NULL);
  g_rw_lock_reader_lock(&secrets.lock);
  gsize copied = 0, blotted = 0;
  for (gsize at = 0; text[at] != '\0'; at++) {
    gsize length = longest_secret_at(text + at);
    if (length == 0)
      continue;
    if (at >= blotted) {
      g_string_append_len(out, text + copied, (gssize)(at - copied));
      g_string_append(out, BLOT);
    }
    blotted = MAX(blotted, at + length);
    copied = blotted;
  }
  g_rw_lock_reader_unlock(&secrets.lock);
  g_string_append(out, text + copied);
  return g_string_free(out, FALSE);
}
