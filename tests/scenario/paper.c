/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paper.h"

#include <string.h>

#include "api/decode.h"

typedef struct {
  json_t *object;     /* as it is listed */
  char *id;           /* "" when it has none */
  json_t *teilnehmer; /* array */
  bool unlisted;      /* the list leaves it out; by id it is there */
  char *fails;        /* what reading its Teilnehmer says; NULL: nothing goes wrong */
  char *unreadable;   /* what reading it by id says; likewise */
} PaperLehrgang;

typedef struct {
  GPtrArray *lehrgaenge; /* PaperLehrgang */
  char *fails;           /* what goes wrong with the tenant, NULL: nothing */
  guint fails_after;     /* so many Lehrgänge were answered by then; 0: not even the list */
  char *by_id_fails;     /* what asking for single Lehrgänge says; NULL: nothing goes wrong */
} PaperTenant;

struct Paper {
  Source base; /* first: Source * is Paper * */
  const Config *config;
  GHashTable *tenants; /* abbreviation → PaperTenant */
  GHashTable *people;  /* name → json_t */
};

/* ── writing it ── */

static void
lehrgang_free(gpointer data) {
  PaperLehrgang *lehrgang = data;
  json_decref(lehrgang->object);
  json_decref(lehrgang->teilnehmer);
  g_free(lehrgang->id);
  g_free(lehrgang->fails);
  g_free(lehrgang->unreadable);
  g_free(lehrgang);
}

static void
tenant_free(gpointer data) {
  PaperTenant *tenant = data;
  g_ptr_array_unref(tenant->lehrgaenge);
  g_free(tenant->fails);
  g_free(tenant->by_id_fails);
  g_free(tenant);
}

static void
json_free(gpointer data) {
  json_decref(data);
}

void
paper_free(Paper *paper) {
  if (paper == NULL)
    return;
  g_hash_table_unref(paper->tenants);
  g_hash_table_unref(paper->people);
  g_free(paper);
}

/* A person nobody described: everything follows from the name. */
static json_t *
person_of_name(const char *name) {
  g_autofree char *id = g_strdup_printf("T-%s", name);
  g_autofree char *first = g_strdup(name);
  g_autofree char *email = g_strdup_printf("%s@example.org", name);
  first[0] = g_ascii_toupper(first[0]);
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "initialId", name, "vorname", first,
                   "nachname", "Muster", "emailBusiness", email, "ort", "Fulda");
}

void
paper_person(Paper *paper, const Node *node) {
  const char *name = node_word(node, 1);
  json_t *person = person_of_name(name);
  node_overlay(node, 2, person);
  g_hash_table_replace(paper->people, g_strdup(name), person);
}

/* "anna S033_EINBERUFEN_KREIS key=value…", or "teilnehmer key=value…" for one that is written out.
 */
static json_t *
read_teilnehmer(const Paper *paper, const Node *node) {
  if (strcmp(node_word(node, 0), "teilnehmer") == 0) {
    json_t *object = json_object();
    node_overlay(node, 1, object);
    return object;
  }
  const json_t *known = g_hash_table_lookup(paper->people, node_word(node, 0));
  json_t *object = known != NULL ? json_deep_copy(known) : person_of_name(node_word(node, 0));
  if (strcmp(node_word(node, 1), "-") != 0)
    json_object_set_new(object, "status", json_string(node_word(node, 1)));
  node_overlay(node, 2, object);
  return object;
}

/* As the engine sees it: ids may be numbers. */
static char *
id_of(const json_t *object) {
  const json_t *id = json_object_get(object, "id");
  if (json_is_integer(id))
    return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
  return g_strdup(json_is_string(id) ? json_string_value(id) : "");
}

/* "lehrgang ID KURZBEZEICHNUNG STARTTAG ENDTAG key=value…"; "-" leaves a field out. */
static PaperLehrgang *
read_lehrgang(const Paper *paper, const Node *node, guint at) {
  static const char *const keys[] = { "id", "kurzbezeichnung", "startTag", "endTag" };
  PaperLehrgang *lehrgang = g_new0(PaperLehrgang, 1);
  lehrgang->object = json_object();
  lehrgang->teilnehmer = json_array();
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (strcmp(node_word(node, at + i), "-") != 0)
      json_object_set_new(lehrgang->object, keys[i], json_string(node_word(node, at + i)));
  node_overlay(node, at + G_N_ELEMENTS(keys), lehrgang->object);
  lehrgang->id = id_of(lehrgang->object);
  for (guint i = 0; i < node_count(node); i++) {
    const Node *line = node_child(node, i);
    if (strcmp(node_word(line, 0), "fails") == 0)
      lehrgang->fails = g_strdup(node_rest(line, 1));
    else if (strcmp(node_word(line, 0), "unreadable") == 0)
      lehrgang->unreadable = g_strdup(node_rest(line, 1));
    else
      json_array_append_new(lehrgang->teilnehmer, read_teilnehmer(paper, line));
  }
  return lehrgang;
}

static guint
find_lehrgang(const PaperTenant *tenant, const char *id) {
  for (guint i = 0; i < tenant->lehrgaenge->len; i++)
    if (*id != '\0' &&
        strcmp(((PaperLehrgang *)g_ptr_array_index(tenant->lehrgaenge, i))->id, id) == 0)
      return i;
  return G_MAXUINT;
}

/* In the place of the one of that id when this is a change, else behind the others. */
static void
put_lehrgang(PaperTenant *tenant, PaperLehrgang *lehrgang, bool change) {
  guint index = change ? find_lehrgang(tenant, lehrgang->id) : G_MAXUINT;
  if (index == G_MAXUINT) {
    g_ptr_array_add(tenant->lehrgaenge, lehrgang);
    return;
  }
  lehrgang_free(g_ptr_array_index(tenant->lehrgaenge, index));
  g_ptr_array_index(tenant->lehrgaenge, index) = lehrgang;
}

static void
change_line(const Paper *paper, PaperTenant *tenant, const Node *line, bool change) {
  const char *word = node_word(line, 0);
  if (strcmp(word, "lehrgang") == 0) {
    put_lehrgang(tenant, read_lehrgang(paper, line, 1), change);
  } else if (strcmp(word, "unlisted") == 0) {
    PaperLehrgang *lehrgang = read_lehrgang(paper, line, 1);
    lehrgang->unlisted = true;
    put_lehrgang(tenant, lehrgang, change);
  } else if (strcmp(word, "gone") == 0) {
    guint index = find_lehrgang(tenant, node_word(line, 1));
    if (index == G_MAXUINT)
      node_wrong(line, "there is no such Lehrgang");
    g_ptr_array_remove_index(tenant->lehrgaenge, index);
  } else if (strcmp(word, "fails") == 0) {
    tenant->fails = g_strdup(node_rest(line, 1));
    tenant->fails_after = tenant->lehrgaenge->len;
  } else if (strcmp(word, "by-id-fails") == 0) {
    tenant->by_id_fails = g_strdup(node_rest(line, 1));
  } else {
    node_wrong(line, "is not a line of a zms block");
  }
}

void
paper_change(Paper *paper, const Node *node) {
  const char *abbr = node_word(node, 1);
  if (config_tenant(paper->config, abbr) == NULL)
    node_wrong(node, "there is no such tenant");
  bool change = node_has_word(node, 2);
  if (change && strcmp(node_word(node, 2), "changes") != 0)
    node_wrong(node, "only \"changes\" may follow the tenant");
  PaperTenant *tenant = g_hash_table_lookup(paper->tenants, abbr);
  if (tenant == NULL || !change) {
    tenant = g_new0(PaperTenant, 1);
    tenant->lehrgaenge = g_ptr_array_new_with_free_func(lehrgang_free);
    g_hash_table_replace(paper->tenants, g_strdup(abbr), tenant);
  }
  /* What went wrong with the tenant before is over. */
  g_clear_pointer(&tenant->fails, g_free);
  g_clear_pointer(&tenant->by_id_fails, g_free);
  for (guint i = 0; i < node_count(node); i++)
    change_line(paper, tenant, node_child(node, i), change);
}

/* ── being read ── */

typedef struct {
  const Paper *paper;
  InputTenant *tenant;
  guint lehrgang; /* index in the tenant: of the last one added */
} Reading;

static void
on_lehrgang(const Lehrgang *lehrgang, gpointer data) {
  Reading *reading = data;
  reading->lehrgang = input_add_lehrgang(reading->tenant, lehrgang);
}

static void
on_list_skipped(guint index, const char *where, const char *id, const char *why, gpointer data) {
  (void)index;
  input_leave_out(((Reading *)data)->tenant, G_MAXUINT, where, id, why);
}

static void
on_teilnehmer(guint index, const Teilnehmer *teilnehmer, gpointer data) {
  Reading *reading = data;
  input_add_teilnehmer(reading->tenant, index, teilnehmer, reading->paper->config->status);
}

static void
on_teilnehmer_skipped(guint index, const char *where, const char *id, const char *why,
                      gpointer data) {
  input_leave_out(((Reading *)data)->tenant, index, where, id, why);
}

static void
answer_teilnehmer(Reading *reading, const PaperLehrgang *lehrgang, guint index) {
  if (lehrgang->fails != NULL) {
    input_finish_lehrgang(reading->tenant, index, lehrgang->fails);
    return;
  }
  g_autoptr(GError) error = NULL;
  char *body = json_dumps(lehrgang->teilnehmer, 0);
  decode_teilnehmer(body, strlen(body), index, on_teilnehmer, on_teilnehmer_skipped, reading,
                    &error);
  free(body);
  input_finish_lehrgang(reading->tenant, index, error != NULL ? error->message : NULL);
}

/* The year a Lehrgang is listed under. */
static bool
is_of_year(const PaperLehrgang *lehrgang, gint year) {
  const char *end = json_string_value(json_object_get(lehrgang->object, "endTag"));
  return year == 0 || (end != NULL && g_ascii_strtoll(end, NULL, 10) == year);
}

static void
answer_list(Reading *reading, const PaperTenant *paper, gint year) {
  json_auto_t *list = json_array();
  for (guint i = 0; i < paper->lehrgaenge->len; i++) {
    const PaperLehrgang *lehrgang = g_ptr_array_index(paper->lehrgaenge, i);
    if (!lehrgang->unlisted && is_of_year(lehrgang, year))
      json_array_append(list, lehrgang->object);
  }
  g_autoptr(GError) error = NULL;
  char *body = json_dumps(list, 0);
  if (!decode_lehrgaenge(body, strlen(body), on_lehrgang, on_list_skipped, reading, &error))
    g_error("a scenario's list: %s", error->message);
  free(body);
}

static void
paper_read_tenant(Source *source, guint index, gint year, InputTenant *tenant) {
  const Paper *paper = (const Paper *)source;
  const PaperTenant *answers = g_hash_table_lookup(paper->tenants, tenant->abbr);
  (void)index;
  if (answers != NULL && answers->fails != NULL && answers->fails_after == 0) {
    input_fail_tenant(tenant, answers->fails);
    return;
  }
  tenant->listed = true;
  if (answers == NULL)
    return;
  Reading reading = { paper, tenant, 0 };
  answer_list(&reading, answers, year);
  for (guint i = 0; i < tenant->lehrgaenge->len; i++) {
    const char *id = g_array_index(tenant->lehrgaenge, InputLehrgang, i).lehrgang.id;
    guint which = find_lehrgang(answers, id);
    if (answers->fails != NULL && which >= answers->fails_after)
      break;
    answer_teilnehmer(&reading, g_ptr_array_index(answers->lehrgaenge, which), i);
  }
  if (answers->fails != NULL)
    input_fail_tenant(tenant, answers->fails);
}

static void
answer_by_id(Reading *reading, const PaperLehrgang *lehrgang, const char *id) {
  if (lehrgang->unreadable != NULL) {
    const Lehrgang unreadable = { id, "", "", "", "", "" };
    input_finish_lehrgang(reading->tenant, input_add_lehrgang(reading->tenant, &unreadable),
                          lehrgang->unreadable);
    return;
  }
  g_autoptr(GError) error = NULL;
  char *body = json_dumps(lehrgang->object, 0);
  if (!decode_lehrgang(body, strlen(body), on_lehrgang, reading, &error))
    g_error("a scenario's Lehrgang: %s", error->message);
  free(body);
  answer_teilnehmer(reading, lehrgang, reading->lehrgang);
}

static bool
paper_read_lehrgaenge(Source *source, guint index, const char *const *ids, guint count,
                      InputTenant *tenant, GError **error) {
  const Paper *paper = (const Paper *)source;
  const PaperTenant *answers = g_hash_table_lookup(paper->tenants, tenant->abbr);
  (void)index;
  if (answers != NULL && answers->by_id_fails != NULL) {
    g_set_error_literal(error, API_ERROR, API_ERROR_UNAUTHORIZED, answers->by_id_fails);
    return false;
  }
  Reading reading = { paper, tenant, 0 };
  for (guint i = 0; i < count; i++) {
    guint which = answers != NULL ? find_lehrgang(answers, ids[i]) : G_MAXUINT;
    if (which != G_MAXUINT) /* else 404 */
      answer_by_id(&reading, g_ptr_array_index(answers->lehrgaenge, which), ids[i]);
  }
  return true;
}

Paper *
paper_new(const Config *config) {
  static const SourceClass class = { paper_read_tenant, paper_read_lehrgaenge };
  Paper *paper = g_new0(Paper, 1);
  paper->base.class = &class;
  paper->config = config;
  paper->tenants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tenant_free);
  paper->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_free);
  return paper;
}

Source *
paper_source(Paper *paper) {
  return &paper->base;
}
