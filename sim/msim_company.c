/* IOMAD's companies and Moodle's course categories.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

static const MsimParam criterion[] = { { "key", MSIM_ALPHA }, { "value", MSIM_RAW }, MSIM_END };

/* ── block_iomad_company_admin_get_companies ── */

static const MsimParam find_params[] = { { "criteria", MSIM_LIST, .inner = criterion }, MSIM_END };

/* The keys IOMAD knows, in the order of the statement's parameters. Texts are looked for anywhere
 * in the column, with % and _ as they come. */
static const struct {
  const char *key;
  bool text;
} company_keys[] = {
  { "name", true },      { "shortname", true },  { "code", true },      { "city", true },
  { "country", true },   { "lang", false },      { "timezone", false }, { "id", false },
  { "parentid", false }, { "suspended", false }, { "address", true },   { "postcode", true },
  { "region", true },    { "custom1", true },    { "custom2", true },   { "custom3", true },
};
#define COMPANY_KEYS G_N_ELEMENTS(company_keys)

/* Columns that the embedded Moodle lacks hold nothing, so a search in them finds nothing. */
static json_t *
search_companies(MsimCall *call, char *const *v) {
  return msim_rows(
      call,
      "SELECT id, name, shortname, code, NULL address, city, NULL region, country, 2 maildisplay,"
      " 1 mailformat, 0 maildigest, 1 autosubscribe, 0 trackforums, 1 htmleditor, 0 screenreader,"
      " '99' timezone, 'en' lang, suspended, 0 ecommerce, parentid, NULL customcss, NULL validto,"
      " NULL suspendafter, 0 companyterminated, 'boost' theme, NULL hostname, 0 maxusers,"
      " '' maincolor, '' headingcolor, '' linkcolor, NULL custom1, NULL custom2, NULL custom3"
      " FROM mdl_company"
      " WHERE (?1 IS NULL OR name LIKE ?1 ESCAPE '\\')"
      " AND (?2 IS NULL OR shortname LIKE ?2 ESCAPE '\\')"
      " AND (?3 IS NULL OR code LIKE ?3 ESCAPE '\\')"
      " AND (?4 IS NULL OR city LIKE ?4 ESCAPE '\\')"
      " AND (?5 IS NULL OR country LIKE ?5 ESCAPE '\\')"
      " AND (?6 IS NULL OR ?6 = 'en')"
      " AND (?7 IS NULL OR CAST(?7 AS INTEGER) = 99)"
      " AND (?8 IS NULL OR id = CAST(?8 AS INTEGER))"
      " AND (?9 IS NULL OR parentid = CAST(?9 AS INTEGER))"
      " AND (?10 IS NULL OR suspended = CAST(?10 AS INTEGER))"
      " AND coalesce(?11, ?12, ?13, ?14, ?15, ?16) IS NULL ORDER BY id",
      "ssssssssssssssss", v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11],
      v[12], v[13], v[14], v[15]);
}

static json_t *
unsupported(const char *key) {
  g_autofree char *message = g_strdup_printf(
      "The search key '%s' is not supported, look at the web service documentation", key);
  return json_pack("{s:s, s:s, s:s}", "item", key, "warningcode", "invalidfieldparameter",
                   "message", message);
}

static gsize
company_key(const char *key) {
  gsize i = 0;
  while (i < COMPANY_KEYS && !g_str_equal(company_keys[i].key, key))
    i++;
  return i;
}

/* False: a key came twice. */
static bool
read_criteria(const json_t *criteria, char **values, json_t *warnings) {
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  gsize index;
  const json_t *one;
  json_array_foreach(criteria, index, one) {
    const char *key = msim_text(one, "key"), *value = msim_text(one, "value");
    if (!g_hash_table_add(seen, (gpointer)key))
      return false;
    gsize at = company_key(key);
    if (at == COMPANY_KEYS)
      json_array_append_new(warnings, unsupported(key));
    else
      values[at] = g_strdup_printf(company_keys[at].text ? "%%%s%%" : "%s", value);
  }
  return true;
}

/* PARAM_CLEAN of the answer's `code`: what HTML cleaning would change is an invalid response. */
static bool
check_codes(MsimCall *call, const json_t *companies) {
  gsize index;
  const json_t *company;
  json_array_foreach(companies, index, company) {
    const char *code = msim_text(company, "code");
    if (strpbrk(code, "<>&") != NULL || !msim_param_is_clean(MSIM_TEXT, msim_text(company, "name")))
      return msim_throw_response(call);
  }
  return true;
}

static json_t *
run_find(MsimCall *call, const json_t *given) {
  char *values[COMPANY_KEYS + 1] = { NULL };
  json_auto_t *warnings = json_array();
  json_auto_t *companies = NULL;
  if (read_criteria(json_object_get(given, "criteria"), values, warnings))
    companies = search_companies(call, values);
  else
    msim_throw_code(call, "keyalreadyset");
  for (gsize i = 0; i < COMPANY_KEYS; i++)
    g_free(values[i]);
  if (companies == NULL || !check_codes(call, companies))
    return NULL;
  return json_pack("{s:O, s:O}", "companies", companies, "warnings", warnings);
}

const MsimFunction msim_company_find = {
  .name = "block_iomad_company_admin_get_companies",
  .params = find_params,
  .capability = "Add company",
  .run = run_find,
};

/* ── block_iomad_company_admin_get_company_courses ── */

static const MsimParam courses_of[] = {
  { "companyid", MSIM_INT, MSIM_DEFAULT, "0" },
  { "shared", MSIM_INT, MSIM_DEFAULT, "0" },
  MSIM_END,
};
static const MsimParam courses_params[] = { { "criteria", MSIM_LIST, .inner = courses_of },
                                            MSIM_END };

static bool
add_courses(MsimCall *call, json_t *company) {
  json_t *courses = msim_rows(call,
                              "SELECT c.id, c.fullname FROM mdl_company_course cc"
                              " JOIN mdl_course c ON c.id = cc.courseid WHERE cc.companyid = ?"
                              " ORDER BY c.fullname, c.id",
                              "i", msim_int(company, "id", 0));
  if (courses == NULL)
    return false;
  gsize index;
  json_t *course;
  json_array_foreach(courses, index, course)
      json_object_set_new(course, "customfields", json_array());
  json_object_set_new(company, "courses", courses);
  return true;
}

static json_t *
run_courses(MsimCall *call, const json_t *given) {
  const json_t *criterion_ = json_array_get(json_object_get(given, "criteria"), 0);
  gint64 id = msim_int(criterion_, "companyid", 0);
  json_auto_t *companies =
      msim_rows(call,
                "SELECT id, name, shortname, code, NULL address, city, NULL region, NULL postcode,"
                " country, NULL custom1, NULL custom2, NULL custom3 FROM mdl_company"
                " WHERE (?1 <> 0 AND id = ?1) OR (?1 = 0 AND suspended = 0) ORDER BY id",
                "i", id);
  if (companies == NULL || !check_codes(call, companies))
    return NULL;
  gsize index;
  json_t *company;
  json_array_foreach(companies, index, company) {
    if (!add_courses(call, company))
      return NULL;
  }
  return json_pack("{s:O, s:[]}", "companies", companies, "warnings");
}

const MsimFunction msim_company_courses = {
  .name = "block_iomad_company_admin_get_company_courses",
  .params = courses_params,
  .capability = "View company courses",
  .run = run_courses,
};

/* ── block_iomad_company_admin_assign_courses ── */

static const MsimParam assignment[] = {
  { "courseid", MSIM_INT, MSIM_DEFAULT, "0" },     { "companyid", MSIM_INT, MSIM_DEFAULT, "0" },
  { "departmentid", MSIM_INT, MSIM_DEFAULT, "0" }, { "owned", MSIM_BOOL, MSIM_DEFAULT, "0" },
  { "licensed", MSIM_BOOL, MSIM_DEFAULT, "0" },    MSIM_END,
};
static const MsimParam assign_params[] = { { "courses", MSIM_LIST, .inner = assignment },
                                           MSIM_END };

/* *assigned is false when an id is missing or the course is not there. False: thrown. */
static bool
assign(MsimCall *call, const json_t *one, bool *assigned) {
  gint64 course = msim_int(one, "courseid", 0), company = msim_int(one, "companyid", 0), there = 0;
  *assigned = course != 0 && company != 0;
  if (!*assigned)
    return true;
  if (!msim_course_exists(call, course, assigned) || !*assigned)
    return call->thrown.exception == NULL;
  if (!msim_number(call, &there, "SELECT 1 FROM mdl_company WHERE id = ?", "i", company))
    return false;
  if (there == 0)
    return msim_throw_missing(call, "company");
  return msim_exec(call,
                   "INSERT INTO mdl_company_course (companyid, courseid, departmentid)"
                   " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                   "iii", company, course, msim_int(one, "departmentid", 0));
}

static json_t *
run_assign(MsimCall *call, const json_t *given) {
  bool succeeded = true;
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "courses"), index, one) {
    bool assigned = false;
    if (!assign(call, one, &assigned))
      return NULL;
    succeeded &= assigned;
  }
  return json_boolean(succeeded);
}

const MsimFunction msim_company_assign = {
  .name = "block_iomad_company_admin_assign_courses",
  .params = assign_params,
  .effect = MSIM_PARTIAL,
  .capability = "Manage company courses",
  .run = run_assign,
};

/* ── core_course_get_categories ── */

static const MsimParam categories_params[] = {
  { "criteria", MSIM_LIST, MSIM_DEFAULT, .inner = criterion },
  { "addsubcategories", MSIM_BOOL, MSIM_DEFAULT, "1" },
  MSIM_END,
};

static const char *const category_keys[] = { "id",     "ids",     "idnumber", "name",
                                             "parent", "visible", "theme" };
#define CATEGORY_KEYS G_N_ELEMENTS(category_keys)

static gsize
category_key(const char *key) {
  gsize i = 0;
  while (i < CATEGORY_KEYS && !g_str_equal(category_keys[i], key))
    i++;
  return i;
}

/* Numbers are compared as texts: that is how Moodle sorts them. */
static json_t *
search_categories(MsimCall *call, const char *const *v, bool below) {
  return msim_rows(
      call,
      "WITH hit AS (SELECT * FROM mdl_course_categories"
      " WHERE (?1 IS NULL OR id = CAST(?1 AS INTEGER))"
      " AND (?2 IS NULL OR instr(',' || ?2 || ',', ',' || id || ',') > 0)"
      " AND (?3 IS NULL OR idnumber = ?3 OR (?8 AND idnumber = ?3 COLLATE NOCASE))"
      " AND (?4 IS NULL OR name = ?4 OR (?8 AND name = ?4 COLLATE NOCASE))"
      " AND (?5 IS NULL OR parent = CAST(?5 AS INTEGER))"
      " AND (?6 IS NULL OR visible = CAST(?6 AS INTEGER))"
      " AND (?7 IS NULL OR ?7 = ''))"
      " SELECT id, name, idnumber, description, descriptionformat, parent, sortorder, coursecount,"
      " visible, visible visibleold, timemodified, depth, path, '' theme"
      " FROM mdl_course_categories c WHERE id IN (SELECT id FROM hit) OR (?9 AND EXISTS"
      " (SELECT 1 FROM hit WHERE c.path LIKE hit.path || '/%'))"
      " ORDER BY CAST(sortorder AS TEXT)",
      "sssssssii", v[0], v[1], v[2], v[3], v[4], v[5], v[6], (gint64)!call->site->exact_case,
      (gint64)below);
}

static json_t *
run_categories(MsimCall *call, const json_t *given) {
  const char *values[CATEGORY_KEYS] = { NULL };
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "criteria"), index, one) {
    gsize at = category_key(msim_text(one, "key"));
    if (at == CATEGORY_KEYS) {
      msim_throw(call, "moodle_exception", "criteriaerror",
                 "Missing permissions to search on a criterion.");
      return NULL;
    }
    if (values[at] == NULL)
      values[at] = msim_text(one, "value");
  }
  json_auto_t *categories =
      search_categories(call, values, msim_int(given, "addsubcategories", 1) != 0);
  json_t *category;
  json_array_foreach(categories, index, category) {
    g_autofree char *name = g_strdup(msim_text(category, "name"));
    g_autofree char *description = g_strdup(msim_text(category, "description"));
    json_object_set_new(category, "name", msim_string(call, name));
    msim_set_text(call, category, "description", "descriptionformat", description,
                  msim_int(category, "descriptionformat", 0));
  }
  return g_steal_pointer(&categories);
}

const MsimFunction msim_company_categories = {
  .name = "core_course_get_categories",
  .params = categories_params,
  .run = run_categories,
};
