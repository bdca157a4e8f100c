/* Order: companies → each Lehrgang's names → the map → short names → new courses → their templates
 * → what an earlier run left unfinished.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/courses.h"

#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "sync/naming.h"

static void
course_free(gpointer data) {
  Course *course = data;
  g_free(course->shortname);
  g_free(course->found_idnumber);
  g_free(course->name);
  g_free(course->fullname);
  g_array_unref(course->lehrgaenge);
  gateway_course_settings_clear(&course->settings);
  g_free(course);
}

Courses *
courses_new(const Config *config, Gateway *gateway, GError **error) {
  g_autoptr(Courses) courses = g_new0(Courses, 1);
  courses->config = config;
  courses->central = config->tenants->len;
  courses->company_count = courses->central + 1;
  courses->companies = g_new0(GatewayCompany, courses->company_count);
  courses->courses = g_ptr_array_new_with_free_func(course_free);
  for (guint i = 0; i < courses->central; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    courses->companies[i] = (GatewayCompany){ .name = tenant->name,
                                              .code = tenant->abbr,
                                              .category = tenant->category };
  }
  courses->companies[courses->central] =
      (GatewayCompany){ .name = config->central.name, .code = config->central.code };
  if (!gateway->class->find_companies(gateway, courses->companies, courses->company_count, error))
    return NULL;
  /* The HLFS is a tenant as well as the central company: one company, counted once. */
  for (guint i = 0; i < courses->central; i++)
    if (courses->companies[i].id != 0 &&
        courses->companies[i].id == courses->companies[courses->central].id)
      courses->central = i;
  return g_steal_pointer(&courses);
}

void
courses_free(Courses *courses) {
  if (courses == NULL)
    return;
  g_clear_pointer(&courses->courses, g_ptr_array_unref);
  g_free(courses->companies);
  g_free(courses->course_of);
  g_free(courses->skip);
  g_free(courses);
}

guint
courses_company(const Courses *courses, const InputLehrgang *lehrgang) {
  if (courses->companies[lehrgang->tenant].id == 0)
    return COURSES_NONE;
  autochar ort = text_trim(lehrgang->lehrgang.ort);
  const char *prefix = courses->config->central.ort_prefix;
  if (!text_empty(prefix) && g_str_has_prefix(ort, prefix) &&
      courses->companies[courses->central].id != 0)
    return courses->central;
  return lehrgang->tenant;
}

/* What a Lehrgang's course is called, before anybody asked whether it exists. */
typedef struct {
  guint company;
  gint year;
  bool past;
  char *name, *shortname, *alt; /* alt: NULL unless past */
  guint same_as; /* an earlier Lehrgang of the same id (another tenant lists it too), or itself */
} Wanted;

static void
wanted_clear(gpointer data) {
  Wanted *wanted = data;
  g_free(wanted->name);
  g_free(wanted->shortname);
  g_free(wanted->alt);
}

/* NULL, or why the Lehrgang can have no course. */
static const char *
want(const Courses *courses, const InputLehrgang *item, gint current_year, Wanted *wanted) {
  const Lehrgang *lehrgang = &item->lehrgang;
  wanted->company = courses_company(courses, item);
  if (wanted->company == COURSES_NONE)
    return COURSES_NO_COMPANY;
  wanted->name = naming_course_name(courses->config->courses, lehrgang);
  if (*wanted->name == '\0')
    return COURSES_NO_NAME;
  Date end;
  if (!date_parse(lehrgang->end_tag, &end))
    return COURSES_BAD_END;
  const char *code = courses->companies[wanted->company].code;
  wanted->year = end.year;
  wanted->past = end.year < current_year;
  wanted->shortname = naming_shortname(code, wanted->name, end.year, false);
  if (wanted->past)
    wanted->alt = naming_shortname(code, wanted->name, current_year, true);
  if (g_utf8_strlen(wanted->shortname, -1) + (glong)strlen(NAMING_ALT) > NAMING_MAX_SHORTNAME)
    return COURSES_LONG_NAME;
  return NULL;
}

static void
place(Courses *courses, guint lehrgang, guint course) {
  courses->course_of[lehrgang] = course;
  g_array_append_val(courses_at(courses, course)->lehrgaenge, lehrgang);
}

static guint
add_course(Courses *courses, gint64 id, const char *shortname, const char *idnumber,
           guint company) {
  Course *course = g_new0(Course, 1);
  course->id = id;
  course->shortname = g_strdup(shortname);
  course->found_idnumber = g_strdup(idnumber);
  course->company = company;
  course->alt = naming_is_alt(shortname);
  course->lehrgaenge = g_array_new(FALSE, FALSE, sizeof(guint));
  g_ptr_array_add(courses->courses, course);
  return courses->courses->len - 1;
}

/* A Lehrgang that two tenants list is one: the first decides where it belongs, as the map would say
 * from then on. */
static void
find_same(Courses *courses, const Input *input, GArray *wanted) {
  g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < input->lehrgaenge->len; i++) {
    const InputLehrgang *item = input_lehrgang(input, i);
    const char *id = item->lehrgang.id;
    bool usable = courses->skip[i] == NULL && item->error == NULL;
    gpointer earlier;
    bool seen = usable && g_hash_table_lookup_extended(first, id, NULL, &earlier);
    g_array_index(wanted, Wanted, i).same_as = seen ? GPOINTER_TO_UINT(earlier) : i;
    if (usable && !seen)
      g_hash_table_insert(first, (gpointer)id, GUINT_TO_POINTER(i));
  }
}

static void
place_same(Courses *courses, GArray *wanted) {
  for (guint i = 0; i < wanted->len; i++) {
    guint first = g_array_index(wanted, Wanted, i).same_as;
    if (courses->course_of[i] == COURSES_NONE && first != i &&
        courses->course_of[first] != COURSES_NONE)
      place(courses, i, courses->course_of[first]);
  }
}

/* Courses found in Moodle, by the value they were asked for by. */
typedef struct {
  gint64 id;
  char *shortname, *idnumber;
  GatewayCourseSettings settings;
} Found;

typedef struct {
  GPtrArray *values; /* asked: borrowed char *, each once */
  GHashTable *asked; /* the same values, as a set */
  GHashTable *hits;  /* value → Found */
  guint offset;      /* of the slice being asked */
} Search;

static void
found_free(gpointer data) {
  Found *found = data;
  g_free(found->shortname);
  g_free(found->idnumber);
  gateway_course_settings_clear(&found->settings);
  g_free(found);
}

static void
search_clear(Search *search) {
  g_ptr_array_unref(search->values);
  g_hash_table_unref(search->asked);
  g_hash_table_unref(search->hits);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static Search
search_new(void) {
  return (Search){ .values = g_ptr_array_new(),
                   .asked = g_hash_table_new(g_str_hash, g_str_equal),
                   .hits = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, found_free) };
}

/* The settings of a Course outlive the callback that showed them. */
static GatewayCourseSettings
settings_copy(const GatewayCourseSettings *from) {
  GatewayCourseSettings copy = *from;
  copy.summary = g_strdup(from->summary);
  copy.format = g_strdup(from->format);
  copy.lang = g_strdup(from->lang);
  return copy;
}

static void
on_course(guint index, const GatewayCourse *course, gpointer data) {
  Search *search = data;
  const char *value = g_ptr_array_index(search->values, search->offset + index);
  Found *found = g_new0(Found, 1);
  found->id = course->id;
  found->shortname = g_strdup(course->shortname);
  found->idnumber = g_strdup(course->idnumber);
  found->settings = settings_copy(&course->settings);
  g_hash_table_replace(search->hits, (gpointer)value, found);
}

static void
search_add(Search *search, const char *value) {
  if (g_hash_table_add(search->asked, (gpointer)value))
    g_ptr_array_add(search->values, (gpointer)value);
}

static bool
search_run(Search *search, Gateway *gateway, GatewayCourseField field, GError **error) {
  const char *const *values = (const char *const *)search->values->pdata;
  for (search->offset = 0; search->offset < search->values->len; search->offset += GATEWAY_SLICE) {
    guint count = MIN(GATEWAY_SLICE, search->values->len - search->offset);
    if (!gateway->class->find_courses(gateway, field, values + search->offset, count, on_course,
                                      search, error))
      return false;
  }
  return true;
}

/* SPEC 3.4, first: the course that the map holds, if Moodle still has it. */
static bool
place_mapped(Courses *courses, const Input *input, GArray *wanted, Gateway *gateway, Store *store,
             GHashTable *by_id, GError **error) {
  guint count = input->lehrgaenge->len;
  g_autofree const char **ids = g_new(const char *, count + 1);
  g_autofree gint64 *mapped = g_new0(gint64, count + 1);
  for (guint i = 0; i < count; i++)
    ids[i] = input_lehrgang(input, i)->lehrgang.id;
  if (!store->class->coursemap_get(store, ids, count, mapped, error))
    return false;

  g_auto(Search) search = search_new();
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < count; i++) {
    if (mapped[i] == 0 || courses->skip[i] != NULL)
      continue;
    char *text = g_strdup_printf("%" G_GINT64_FORMAT, mapped[i]);
    g_ptr_array_add(texts, text);
    search_add(&search, text);
  }
  if (!search_run(&search, gateway, GATEWAY_COURSE_ID, error))
    return false;

  for (guint i = 0; i < count; i++) {
    if (mapped[i] == 0 || courses->skip[i] != NULL)
      continue;
    autochar text = g_strdup_printf("%" G_GINT64_FORMAT, mapped[i]);
    const Found *found = g_hash_table_lookup(search.hits, text);
    if (found == NULL)
      continue;
    gpointer index;
    if (!g_hash_table_lookup_extended(by_id, found->shortname, NULL, &index)) {
      guint fresh = add_course(courses, found->id, found->shortname, found->idnumber,
                               g_array_index(wanted, Wanted, i).company);
      index = GUINT_TO_POINTER(fresh);
      g_hash_table_insert(by_id, courses_at(courses, fresh)->shortname, index);
    }
    place(courses, i, GPOINTER_TO_UINT(index));
  }
  return true;
}

/* SPEC 3.4, second and third: the course of that short name; for a past year, the one for past
 * years. */
static bool
place_named(Courses *courses, const Input *input, GArray *wanted, Gateway *gateway,
            GHashTable *by_name, GError **error) {
  g_auto(Search) search = search_new();
  for (guint i = 0; i < input->lehrgaenge->len; i++) {
    const Wanted *w = &g_array_index(wanted, Wanted, i);
    if (courses->course_of[i] != COURSES_NONE || courses->skip[i] != NULL || w->same_as != i)
      continue;
    search_add(&search, w->shortname);
    if (w->alt != NULL)
      search_add(&search, w->alt);
  }
  if (!search_run(&search, gateway, GATEWAY_COURSE_SHORTNAME, error))
    return false;

  for (guint i = 0; i < input->lehrgaenge->len; i++) {
    const Wanted *w = &g_array_index(wanted, Wanted, i);
    if (courses->course_of[i] != COURSES_NONE || courses->skip[i] != NULL || w->same_as != i)
      continue;
    const Found *found = g_hash_table_lookup(search.hits, w->shortname);
    if (found == NULL && w->alt != NULL)
      found = g_hash_table_lookup(search.hits, w->alt);
    if (found == NULL)
      continue;
    gpointer index;
    if (!g_hash_table_lookup_extended(by_name, found->shortname, NULL, &index)) {
      guint fresh = add_course(courses, found->id, found->shortname, found->idnumber, w->company);
      index = GUINT_TO_POINTER(fresh);
      g_hash_table_insert(by_name, courses_at(courses, fresh)->shortname, index);
    }
    place(courses, i, GPOINTER_TO_UINT(index));
  }
  return true;
}

/* SPEC 3.5 and 3.7: what a course that does not exist yet will be. */
static void
describe_new(Courses *courses, Course *course, const Wanted *wanted, const char *idnumber,
             gint current_year) {
  course->name = g_strdup(wanted->name);
  course->fullname = naming_fullname(wanted->name, course->alt, courses->config->naming.alt_suffix);
  course->idnumber = idnumber;
  course->year = course->alt ? current_year : wanted->year;
  course->template_year = wanted->year - 1;
}

static void
place_new(Courses *courses, const Input *input, GArray *wanted, gint current_year,
          GHashTable *by_name) {
  for (guint i = 0; i < input->lehrgaenge->len; i++) {
    const InputLehrgang *item = input_lehrgang(input, i);
    const Wanted *w = &g_array_index(wanted, Wanted, i);
    if (courses->course_of[i] != COURSES_NONE || courses->skip[i] != NULL || item->error != NULL ||
        w->same_as != i)
      continue;
    const char *shortname = w->past ? w->alt : w->shortname;
    gpointer index;
    if (!g_hash_table_lookup_extended(by_name, shortname, NULL, &index)) {
      guint fresh = add_course(courses, 0, shortname, NULL, w->company);
      Course *course = courses_at(courses, fresh);
      describe_new(courses, course, w, item->lehrgang.id, current_year);
      index = GUINT_TO_POINTER(fresh);
      g_hash_table_insert(by_name, course->shortname, index);
    }
    place(courses, i, GPOINTER_TO_UINT(index));
  }
}

/* A Lehrgang that could not be read causes no course, but belongs to the one that another causes.
 */
static void
place_unread(Courses *courses, const Input *input, GArray *wanted, GHashTable *by_name) {
  for (guint i = 0; i < input->lehrgaenge->len; i++) {
    const Wanted *w = &g_array_index(wanted, Wanted, i);
    gpointer index;
    if (courses->course_of[i] == COURSES_NONE && courses->skip[i] == NULL &&
        input_lehrgang(input, i)->error != NULL &&
        g_hash_table_lookup_extended(by_name, w->past ? w->alt : w->shortname, NULL, &index))
      place(courses, i, GPOINTER_TO_UINT(index));
  }
}

/* Courses whose making an earlier run began and nobody finished: made but not linked, or not even
 * known to be made. */
typedef struct {
  Courses *courses;
  const Input *input;
  GArray *wanted;
  GHashTable *by_name;
  gint current_year;
} Unfinished;

/* The Lehrgang of a course whose names are those that the course was made by: any that asks for it,
 * else the one it was made for, which may be called otherwise by now. NULL: neither is listed. */
static const Wanted *
made_by(const Unfinished *u, const Course *course, const StoreJournalEntry *made) {
  const Wanted *found = NULL;
  for (guint i = 0; i < course->lehrgaenge->len; i++) {
    guint lehrgang = g_array_index(course->lehrgaenge, guint, i);
    const Wanted *w = &g_array_index(u->wanted, Wanted, lehrgang);
    if (strcmp(w->shortname, made->shortname) == 0 || g_strcmp0(w->alt, made->shortname) == 0)
      return w;
    if (strcmp(input_lehrgang(u->input, lehrgang)->lehrgang.id, made->lehrgang) == 0)
      found = w;
  }
  return found;
}

static void
on_open_intent(const StoreJournalRow *row, gpointer data) {
  Unfinished *u = data;
  gpointer index;
  if (!g_hash_table_lookup_extended(u->by_name, row->entry.shortname, NULL, &index))
    return;
  Course *course = courses_at(u->courses, GPOINTER_TO_UINT(index));
  /* One that somebody else made under the name meanwhile does not carry our key. */
  if (course->id == 0 || course->unfinished ||
      g_strcmp0(course->found_idnumber, row->entry.lehrgang) != 0)
    return;
  const Wanted *wanted = made_by(u, course, &row->entry);
  if (wanted == NULL)
    return;
  course->unfinished = true;
  describe_new(u->courses, course, wanted, course->found_idnumber, u->current_year);
}

static bool
find_unfinished(Courses *courses, const Input *input, GArray *wanted, gint current_year,
                GHashTable *by_name, Store *store, GError **error) {
  Unfinished unfinished = { courses, input, wanted, by_name, current_year };
  StoreJournalFilter filter = { .kind = "create_course", .state = JOURNAL_INTENT };
  if (!store->class->journal_read(store, &filter, on_open_intent, &unfinished, error))
    return false;
  filter.kind = "link_course";
  return store->class->journal_read(store, &filter, on_open_intent, &unfinished, error);
}

/* SPEC 3.6. Only templates that were there before this run count, so that the order of creation
 * decides nothing. */
static bool
find_templates(Courses *courses, Gateway *gateway, GError **error) {
  g_auto(Search) search = search_new();
  g_autoptr(GPtrArray) last_year = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < courses->courses->len; i++) {
    Course *course = courses_at(courses, i);
    char *before = NULL;
    if (course->name != NULL) {
      before = naming_shortname(courses->companies[course->company].code, course->name,
                                course->template_year, false);
      search_add(&search, before);
      search_add(&search, course->name);
    }
    g_ptr_array_add(last_year, before);
  }
  if (!search_run(&search, gateway, GATEWAY_COURSE_SHORTNAME, error))
    return false;

  for (guint i = 0; i < courses->courses->len; i++) {
    Course *course = courses_at(courses, i);
    if (course->name == NULL)
      continue;
    const Found *found = g_hash_table_lookup(search.hits, g_ptr_array_index(last_year, i));
    if (found == NULL || found->id == course->id)
      found = g_hash_table_lookup(search.hits, course->name);
    if (found == NULL || found->id == course->id)
      continue;
    course->template = found->id;
    course->settings = settings_copy(&found->settings);
  }
  return true;
}

/* A new course without a template, or whose company has no place for it, is none. */
static void
drop_impossible(Courses *courses) {
  for (guint i = 0; i < courses->courses->len; i++) {
    Course *course = courses_at(courses, i);
    if (course->id != 0)
      continue;
    const char *why = courses->companies[course->company].category == 0 ? COURSES_NO_CATEGORY
                      : course->template == 0                           ? COURSES_NO_TEMPLATE
                                                                        : NULL;
    for (guint l = 0; why != NULL && l < course->lehrgaenge->len; l++) {
      guint lehrgang = g_array_index(course->lehrgaenge, guint, l);
      courses->course_of[lehrgang] = COURSES_NONE;
      courses->skip[lehrgang] = why;
    }
    if (why != NULL)
      g_array_set_size(course->lehrgaenge, 0);
  }
}

static gint
by_index(gconstpointer a, gconstpointer b) {
  guint x = *(const guint *)a, y = *(const guint *)b;
  return x < y ? -1 : x > y;
}

bool
courses_place(Courses *courses, const Input *input, Gateway *gateway, Store *store, gint64 now,
              GError **error) {
  guint count = input->lehrgaenge->len;
  gint current_year = date_year_at(now, courses->config->moodle.timezone);
  courses->course_of = g_new0(guint, count + 1);
  courses->skip = g_new0(const char *, count + 1);
  g_autoptr(GArray) wanted = g_array_sized_new(FALSE, TRUE, sizeof(Wanted), count);
  g_array_set_clear_func(wanted, wanted_clear);
  g_array_set_size(wanted, count);
  for (guint i = 0; i < count; i++) {
    courses->course_of[i] = COURSES_NONE;
    courses->skip[i] =
        want(courses, input_lehrgang(input, i), current_year, &g_array_index(wanted, Wanted, i));
  }

  find_same(courses, input, wanted);

  g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
  if (!place_mapped(courses, input, wanted, gateway, store, by_name, error) ||
      !place_named(courses, input, wanted, gateway, by_name, error))
    return false;
  place_new(courses, input, wanted, current_year, by_name);
  place_same(courses, wanted);
  place_unread(courses, input, wanted, by_name);
  if (!find_unfinished(courses, input, wanted, current_year, by_name, store, error) ||
      !find_templates(courses, gateway, error))
    return false;
  drop_impossible(courses);
  for (guint i = 0; i < courses->courses->len; i++)
    g_array_sort(courses_at(courses, i)->lehrgaenge, by_index);
  return true;
}

typedef struct {
  GHashTable *read; /* ids of the Lehrgänge this run has read */
  Course *course;
} Noting;

static void
on_feeding(const StoreCourseMap *row, gpointer data) {
  Noting *noting = data;
  if (!g_hash_table_contains(noting->read, row->externalid))
    noting->course->partial = true;
}

bool
courses_note_partial(Courses *courses, const Input *input, Store *store, GError **error) {
  g_autoptr(GHashTable) read = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < input->lehrgaenge->len; i++)
    g_hash_table_add(read, (gpointer)input_lehrgang(input, i)->lehrgang.id);
  for (guint i = 0; i < courses->courses->len; i++) {
    Noting noting = { read, courses_at(courses, i) };
    if (noting.course->id != 0 &&
        !store->class->coursemap_of_course(store, noting.course->id, on_feeding, &noting, error))
      return false;
  }
  return true;
}
