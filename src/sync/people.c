/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/people.h"

#include "base/email.h"

typedef struct {
  guint32 first;  /* index of the Teilnehmer that showed the id first */
  guint32 login;  /* index of the first of its Teilnehmer with an initialId */
  guint32 parent; /* towards the earliest node of the person */
  guint32 next;   /* the person's next node, once settled */
} Node;

struct People {
  Input *input;
  GArray *nodes;        /* Node */
  GHashTable *by_id;    /* Teilnehmer id → node */
  GHashTable *by_login; /* cleaned initialId → node */
  /* Once settled: the Teilnehmer of node n are members[starts[n] … starts[n + 1]), ascending. */
  guint32 *starts, *members;
};

static Node *
node_at(const People *people, guint node) {
  return &g_array_index(people->nodes, Node, node);
}

/* GLib's table keeps small values in 32 bits, where pointers would take 64. */
static guint
lookup(GHashTable *table, const char *key) {
  gpointer value;
  return g_hash_table_lookup_extended(table, key, NULL, &value) ? GPOINTER_TO_UINT(value)
                                                                : PEOPLE_NOBODY;
}

guint
people_by_id(const People *people, const char *id) {
  return lookup(people->by_id, id);
}

guint
people_by_login(const People *people, const char *login) {
  return lookup(people->by_login, login);
}

/* ── joining ── */

guint
people_root(People *people, guint node) {
  Node *at = node_at(people, node);
  while (at->parent != node) {
    Node *parent = node_at(people, at->parent);
    at->parent = parent->parent; /* halve the path */
    node = at->parent;
    at = node_at(people, node);
  }
  return node;
}

void
people_join(People *people, guint a, guint b) {
  a = people_root(people, a);
  b = people_root(people, b);
  if (a == b)
    return;
  node_at(people, MAX(a, b))->parent = MIN(a, b);
}

static void
add(People *people, guint index) {
  InputTeilnehmer *teilnehmer = input_teilnehmer(people->input, index);
  const char *id = input_field(teilnehmer, INPUT_ID);
  guint node = people_by_id(people, id);
  if (node == PEOPLE_NOBODY) {
    node = people->nodes->len;
    Node fresh = { .first = index, .login = PEOPLE_NOBODY, .parent = node, .next = PEOPLE_NOBODY };
    g_array_append_val(people->nodes, fresh);
    g_hash_table_insert(people->by_id, (gpointer)id, GUINT_TO_POINTER(node));
  }
  teilnehmer->person = node;

  const char *login = input_field(teilnehmer, INPUT_LOGIN);
  if (*login == '\0')
    return;
  if (node_at(people, node)->login == PEOPLE_NOBODY)
    node_at(people, node)->login = index;
  guint same = people_by_login(people, login);
  if (same == PEOPLE_NOBODY)
    g_hash_table_insert(people->by_login, (gpointer)login, GUINT_TO_POINTER(node));
  else
    people_join(people, same, node);
}

People *
people_new(Input *input, const bool *included) {
  People *people = g_new0(People, 1);
  people->input = input;
  people->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
  people->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  people->by_login = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint l = 0; l < input->lehrgaenge->len; l++) {
    const InputLehrgang *lehrgang = input_lehrgang(input, l);
    for (guint i = lehrgang->first; i < lehrgang->first + lehrgang->count; i++) {
      if (included[l])
        add(people, i);
      else
        input_teilnehmer(input, i)->person = PEOPLE_NOBODY;
    }
  }
  return people;
}

void
people_free(People *people) {
  if (people == NULL)
    return;
  g_array_unref(people->nodes);
  g_hash_table_unref(people->by_id);
  g_hash_table_unref(people->by_login);
  g_free(people->starts);
  g_free(people->members);
  g_free(people);
}

guint
people_count(const People *people) {
  return people->nodes->len;
}

const char *
people_id(const People *people, guint node) {
  return input_field(input_teilnehmer(people->input, node_at(people, node)->first), INPUT_ID);
}

const char *
people_login(const People *people, guint node) {
  guint32 shown = node_at(people, node)->login;
  return shown != PEOPLE_NOBODY ? input_field(input_teilnehmer(people->input, shown), INPUT_LOGIN)
                                : "";
}

/* The Teilnehmer of each person by counting sort: two passes, and each person's come out in
 * deciding order. */
static void
collect_members(People *people) {
  guint nodes = people->nodes->len, count = people->input->teilnehmer->len;
  people->starts = g_new0(guint32, nodes + 1);
  people->members = g_new(guint32, count);
  for (guint i = 0; i < count; i++)
    if (input_teilnehmer(people->input, i)->person != PEOPLE_NOBODY)
      people->starts[input_teilnehmer(people->input, i)->person + 1]++;
  for (guint node = 0; node < nodes; node++)
    people->starts[node + 1] += people->starts[node];
  for (guint i = 0; i < count; i++)
    if (input_teilnehmer(people->input, i)->person != PEOPLE_NOBODY)
      people->members[people->starts[input_teilnehmer(people->input, i)->person]++] = i;
  for (guint node = nodes; node > 0; node--)
    people->starts[node] = people->starts[node - 1];
  people->starts[0] = 0;
}

void
people_settle(People *people) {
  guint nodes = people->nodes->len;
  g_autofree guint32 *last = g_new(guint32, nodes);
  for (guint node = 0; node < nodes; node++) {
    guint root = people_root(people, node);
    if (root != node)
      node_at(people, last[root])->next = node;
    last[root] = node;
  }
  for (guint i = 0; i < people->input->teilnehmer->len; i++) {
    InputTeilnehmer *teilnehmer = input_teilnehmer(people->input, i);
    if (teilnehmer->person != PEOPLE_NOBODY)
      teilnehmer->person = people_root(people, teilnehmer->person);
  }
  collect_members(people);
}

guint
people_next(const People *people, guint node) {
  return node_at(people, node)->next;
}

const char *
people_field(const People *people, guint person, InputField field) {
  for (guint32 at = people->starts[person]; at < people->starts[person + 1]; at++) {
    const char *text = input_field(input_teilnehmer(people->input, people->members[at]), field);
    if (*text != '\0')
      return text;
  }
  return "";
}

const char *
people_email(const People *people, guint person) {
  for (guint32 at = people->starts[person]; at < people->starts[person + 1]; at++) {
    const char *text =
        input_field(input_teilnehmer(people->input, people->members[at]), INPUT_EMAIL);
    if (email_is_possible(text))
      return text;
  }
  return people_field(people, person, INPUT_EMAIL);
}

bool
people_bad_login(const People *people, guint person) {
  bool bad = false;
  for (guint32 at = people->starts[person]; at < people->starts[person + 1]; at++)
    bad = bad || input_teilnehmer(people->input, people->members[at])->bad_login;
  return bad && *people_field(people, person, INPUT_LOGIN) == '\0';
}
