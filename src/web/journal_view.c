/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/journal_view.h"

#include <string.h>

#include "base/text.h"

/* Rows read at once; no store is asked for anything else while it hands out rows. */
#define SLICE 1000

void
journal_view_free(JournalPage *page) {
  if (page == NULL)
    return;
  g_ptr_array_unref(page->rows);
  g_string_chunk_free(page->texts);
  g_free(page);
}

/* ── reading ── */

typedef struct {
  Store *store;
  const WebPrincipal *who;
  JournalPage *page;
  GPtrArray *slice;       /* StoreJournalRow *, those just read */
  GHashTable *lehrgaenge; /* id → whether it is theirs */
  GHashTable *courses;    /* id → whether a tenant of theirs feeds it */
} Reading;

static const char *
keep(Reading *reading, const char *text) {
  return text == NULL ? NULL : g_string_chunk_insert_const(reading->page->texts, text);
}

static void
on_row(const StoreJournalRow *row, gpointer data) {
  Reading *reading = data;
  StoreJournalRow *copy = g_memdup2(row, sizeof *row);
  copy->entry.kind = keep(reading, row->entry.kind);
  copy->entry.shortname = keep(reading, row->entry.shortname);
  copy->entry.person = keep(reading, row->entry.person);
  copy->entry.lehrgang = keep(reading, row->entry.lehrgang);
  copy->entry.reason = keep(reading, row->entry.reason);
  copy->error = keep(reading, row->error);
  g_ptr_array_add(reading->slice, copy);
}

/* ── whose it is ── */

typedef struct {
  Reading *reading;
  bool theirs;
} Feeding;

static void
on_map(const StoreCourseMap *row, gpointer data) {
  Feeding *feeding = data;
  bool theirs = web_principal_sees(feeding->reading->who, row->tenant);
  feeding->theirs = feeding->theirs || theirs;
  g_hash_table_replace(feeding->reading->lehrgaenge, g_strdup(row->externalid),
                       GINT_TO_POINTER(theirs));
}

static bool
look_at_course(Reading *reading, gint64 course, GError **error) {
  Feeding feeding = { .reading = reading };
  if (course == 0 || g_hash_table_contains(reading->courses, &course))
    return true;
  if (!reading->store->class->coursemap_of_course(reading->store, course, on_map, &feeding, error))
    return false;
  g_hash_table_insert(reading->courses, g_memdup2(&course, sizeof course),
                      GINT_TO_POINTER(feeding.theirs));
  return true;
}

/* The Lehrgänge of the slice of which nothing is known yet. */
static GPtrArray *
unknown_lehrgaenge(const Reading *reading) {
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  GPtrArray *unknown = g_ptr_array_new();
  for (guint i = 0; i < reading->slice->len; i++) {
    const StoreJournalRow *row = g_ptr_array_index(reading->slice, i);
    const char *id = row->entry.lehrgang;
    if (!text_empty(id) && !g_hash_table_contains(reading->lehrgaenge, id) &&
        g_hash_table_add(seen, (gpointer)id))
      g_ptr_array_add(unknown, (gpointer)id);
  }
  return unknown;
}

/* A step may have no course of its own (an account is made once for all of them), so whose a
 * Lehrgang is comes from the map and not from the row. */
static bool
look_at_lehrgaenge(Reading *reading, GError **error) {
  g_autoptr(GPtrArray) ids = unknown_lehrgaenge(reading);
  g_autofree gint64 *courses = g_new0(gint64, ids->len + 1);
  if (ids->len > 0 &&
      !reading->store->class->coursemap_get(reading->store, (const char *const *)ids->pdata,
                                            ids->len, courses, error))
    return false;
  for (guint i = 0; i < ids->len; i++) {
    if (!look_at_course(reading, courses[i], error))
      return false;
    const char *id = g_ptr_array_index(ids, i);
    if (!g_hash_table_contains(reading->lehrgaenge, id))
      g_hash_table_insert(reading->lehrgaenge, g_strdup(id), GINT_TO_POINTER(false));
  }
  return true;
}

static bool
may_see(Reading *reading, const StoreJournalRow *row, bool *theirs, GError **error) {
  gint64 course = row->entry.courseid;
  *theirs = true;
  if (web_principal_sees_all(reading->who))
    return true;
  if (!text_empty(row->entry.lehrgang)) {
    *theirs = g_hash_table_lookup(reading->lehrgaenge, row->entry.lehrgang) != NULL;
    return true;
  }
  *theirs = false;
  if (course == 0 || !text_empty(row->entry.person))
    return true;
  if (!look_at_course(reading, course, error))
    return false;
  *theirs = g_hash_table_lookup(reading->courses, &course) != NULL;
  return true;
}

/* ── a page ── */

/* The row after the last one that fits shows that there is more. */
static bool
take_slice(Reading *reading, guint count, bool *full, GError **error) {
  JournalPage *page = reading->page;
  if (!web_principal_sees_all(reading->who) && !look_at_lehrgaenge(reading, error))
    return false;
  for (guint i = 0; i < reading->slice->len && !*full; i++) {
    StoreJournalRow *row = g_ptr_array_index(reading->slice, i);
    bool theirs;
    if (!may_see(reading, row, &theirs, error))
      return false;
    if (!theirs)
      continue;
    *full = page->rows->len == count;
    if (*full)
      page->older = ((const StoreJournalRow *)g_ptr_array_index(page->rows, count - 1))->id;
    else
      g_ptr_array_add(page->rows, g_memdup2(row, sizeof *row));
  }
  return true;
}

static bool
read_page(Reading *reading, const StoreJournalFilter *wanted, guint count, guint max_read,
          GError **error) {
  StoreJournalFilter filter = *wanted;
  guint done = 0;
  bool full = false;
  filter.newest = true;
  for (;;) {
    filter.limit = MIN(SLICE, count + 1);
    if (!web_principal_sees_all(reading->who))
      filter.limit = SLICE;
    filter.limit = MIN(filter.limit, max_read - done);
    g_ptr_array_set_size(reading->slice, 0);
    if (!reading->store->class->journal_read(reading->store, &filter, on_row, reading, error) ||
        !take_slice(reading, count, &full, error))
      return false;
    done += reading->slice->len;
    if (full || reading->slice->len < filter.limit)
      return true;
    filter.before =
        ((const StoreJournalRow *)g_ptr_array_index(reading->slice, reading->slice->len - 1))->id;
    if (done >= max_read) {
      reading->page->older = filter.before;
      reading->page->cut = true;
      return true;
    }
  }
}

JournalPage *
journal_view_read(Store *store, const WebPrincipal *who, const StoreJournalFilter *filter,
                  guint count, guint max_read, GError **error) {
  g_autoptr(JournalPage) page = g_new0(JournalPage, 1);
  page->rows = g_ptr_array_new_with_free_func(g_free);
  page->texts = g_string_chunk_new(4096);
  g_autoptr(GPtrArray) slice = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GHashTable) lehrgaenge = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) courses = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  Reading reading = { store, who, page, slice, lehrgaenge, courses };
  return read_page(&reading, filter, count, max_read, error) ? g_steal_pointer(&page) : NULL;
}

/* ── words ── */

const char *
journal_view_step(WebLanguage language, const char *kind) {
  static const struct {
    const char *kind, *english, *german;
  } steps[] = {
    { "create_course", "create course", "Kurs anlegen" },
    { "link_course", "link course to its company", "Kurs der Firma zuordnen" },
    { "create_user", "create account", "Konto anlegen" },
    { "update_user", "adjust account", "Konto anpassen" },
    { "enrol", "enrol", "einschreiben" },
    { "create_group", "create group", "Gruppe anlegen" },
    { "add_member", "put in group", "in Gruppe aufnehmen" },
    { "complete", "complete", "abschließen" },
    { "unenrol", "unenrol", "austragen" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
    if (strcmp(steps[i].kind, kind) == 0)
      return web_say(language, steps[i].english, steps[i].german);
  return kind;
}

const char *
journal_view_state(WebLanguage language, StoreJournalState state) {
  switch (state) {
  case JOURNAL_DONE:
    return web_say(language, "done", "erledigt");
  case JOURNAL_FAILED:
    return web_say(language, "failed", "fehlgeschlagen");
  case JOURNAL_INTENT:
    break;
  }
  return web_say(language, "not known", "nicht bekannt");
}

char **
journal_view_reason(const char *reason) {
  char **parts = g_strsplit(reason, " → ", 4);
  if (g_strv_length(parts) == 3)
    return parts;
  g_strfreev(parts);
  return NULL;
}

const char *
journal_view_action(WebLanguage language, const char *handler) {
  static const struct {
    const char *handler, *english, *german;
  } actions[] = {
    { "angemeldet", "enrol", "einschreiben" },
    { "bestanden", "enrol and complete", "einschreiben und abschließen" },
    { "abgemeldet", "unenrol", "austragen" },
    { "noop", "nothing", "nichts" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
    if (strcmp(actions[i].handler, handler) == 0)
      return web_say(language, actions[i].english, actions[i].german);
  return NULL;
}
