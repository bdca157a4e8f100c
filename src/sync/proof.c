/* Course by course: is what this run read complete? → which mapped Lehrgänge did it not read? →
 * read those by id, tenant by tenant → who of the people to be removed is called up there?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/proof.h"

#include <string.h>

#include "base/text.h"

typedef struct {
  Plan *plan;
  Source *source;
  Gateway *gateway;
  Store *store;
  guint course;      /* whose removals are looked at */
  GArray *removals;  /* guint: their indices among the STEP_UNENROL steps */
  GPtrArray *unread; /* GPtrArray of char * per tenant of the input; a last one for rows without a
                        tenant */
  GHashTable *read;  /* ids of the Lehrgänge this run has read for the course */
} Proof;

static PlanStep *
removal(const Proof *proof, guint index) {
  return plan_step(proof->plan, STEP_UNENROL, g_array_index(proof->removals, guint, index));
}

/* No one is removed from this course; `why` is taken over. */
static void
refuse(Proof *proof, char *why) {
  for (guint i = 0; i < proof->removals->len; i++)
    if (removal(proof, i)->state == STEP_PLANNED)
      removal(proof, i)->state = STEP_UNPROVEN;
  PlanUnproven unproven = { proof->course, why };
  g_array_append_val(proof->plan->unproven, unproven);
}

/* A tenant whose list this run wanted and did not get could feed its own company's courses and the
 * central ones with Lehrgänge that nobody has heard of yet. */
static char *
failed_feeder(const Proof *proof) {
  const Plan *plan = proof->plan;
  guint company = courses_at(plan->courses, proof->course)->company;
  for (guint i = 0; i < plan->input->tenants->len; i++) {
    const InputTenant *tenant = input_tenant(plan->input, i);
    if (tenant->error != NULL && (company == i || company == plan->courses->central))
      return g_strdup_printf("%s, which may feed this course, could not be read", tenant->abbr);
  }
  return NULL;
}

/* Why what this run read for the course is not all of it; NULL when it is. */
static char *
incomplete(Proof *proof) {
  const Course *course = courses_at(proof->plan->courses, proof->course);
  g_hash_table_remove_all(proof->read);
  for (guint i = 0; i < course->lehrgaenge->len; i++) {
    const InputLehrgang *lehrgang =
        input_lehrgang(proof->plan->input, g_array_index(course->lehrgaenge, guint, i));
    if (lehrgang->error != NULL)
      return g_strdup_printf("Lehrgang %s could not be read: %s", lehrgang->lehrgang.id,
                             lehrgang->error);
    if (!input_complete(lehrgang))
      return g_strdup_printf("%u malformed participant(s) of Lehrgang %s were left out, and one of "
                             "them may be called up",
                             lehrgang->left_out, lehrgang->lehrgang.id);
    g_hash_table_add(proof->read, (gpointer)lehrgang->lehrgang.id);
  }
  return failed_feeder(proof);
}

static guint
tenant_index(const Input *input, const char *abbr) {
  for (guint i = 0; i < input->tenants->len; i++)
    if (strcmp(input_tenant(input, i)->abbr, abbr) == 0)
      return i;
  return input->tenants->len;
}

static void
on_mapped(const StoreCourseMap *row, gpointer data) {
  Proof *proof = data;
  const Plan *plan = proof->plan;
  if (g_hash_table_contains(proof->read, row->externalid))
    return;
  guint tenants = plan->input->tenants->len, first = tenant_index(plan->input, row->tenant);
  guint last = first;
  /* Rows that came from the plugin name no tenant. A central course may be fed by any, and that one
   * does not know a Lehrgang says nothing of the others. */
  if (*row->tenant == '\0') {
    guint company = courses_at(plan->courses, proof->course)->company;
    bool any = company == plan->courses->central || company >= tenants;
    first = any ? 0 : company;
    last = any ? tenants - 1 : company;
  }
  for (guint tenant = first; tenant <= last; tenant++)
    g_ptr_array_add(g_ptr_array_index(proof->unread, tenant), g_strdup(row->externalid));
}

static bool
is_person(const Proof *proof, guint node, guint person) {
  return node != PEOPLE_NOBODY && people_root(proof->plan->users->people, node) == person;
}

/* Whom a Lehrgang outside this run calls up is not removed. Its id and its initialId may have led
 * to two people so far: by calling up one it says that they are one. */
static bool
keep(Proof *proof, const InputTeilnehmer *teilnehmer, GError **error) {
  const char *id = input_field(teilnehmer, INPUT_ID), *login = input_field(teilnehmer, INPUT_LOGIN);
  const People *people = proof->plan->users->people;
  guint by_id = people_by_id(people, id), by_login = people_by_login(people, login);
  gint64 userid = 0;
  if (by_id == PEOPLE_NOBODY && by_login == PEOPLE_NOBODY &&
      !users_look_up(id, login, proof->gateway, proof->store, &userid, error))
    return false;
  for (guint i = 0; i < proof->removals->len; i++) {
    PlanStep *step = removal(proof, i);
    bool same = is_person(proof, by_id, step->person) || is_person(proof, by_login, step->person) ||
                (userid != 0 && users_at(proof->plan->users, step->person)->id == userid);
    if (same && step->state == STEP_PLANNED) {
      step->state = STEP_KEPT;
      plan_line(proof->plan, step->line)->already_enrolled++;
    }
  }
  return true;
}

/* Reads what a tenant has not been asked for yet. *why becomes the reason when it does not prove
 * anything. */
static bool
read_unread(Proof *proof, guint tenant, const GPtrArray *ids, char **why, GError **error) {
  const InputTenant *known = input_tenant(proof->plan->input, tenant);
  if (!known->configured || known->error != NULL) {
    *why = g_strdup_printf("Lehrgang %s of %s feeds this course and cannot be read: the tenant %s",
                           (const char *)g_ptr_array_index(ids, 0), known->abbr,
                           known->configured ? "failed" : "is not configured");
    return true;
  }
  g_autoptr(Input) extra = input_new();
  InputTenant *into = input_add_tenant(extra, known->abbr, known->name, true, true);
  g_autoptr(GError) local = NULL;
  bool asked = proof->source->class->read_lehrgaenge(
      proof->source, tenant, (const char *const *)ids->pdata, ids->len, into, &local);
  input_seal(extra);
  if (!asked) {
    *why = g_strdup_printf("Lehrgänge of %s that feed this course could not be read: %s",
                           known->abbr, local->message);
    return true;
  }
  for (guint i = 0; i < extra->lehrgaenge->len && *why == NULL; i++) {
    const InputLehrgang *lehrgang = input_lehrgang(extra, i);
    if (!input_complete(lehrgang))
      *why = g_strdup_printf(
          "Lehrgang %s of %s, which feeds this course, could not be read completely%s%s",
          lehrgang->lehrgang.id, known->abbr, lehrgang->error != NULL ? ": " : "",
          lehrgang->error != NULL ? lehrgang->error : "");
  }
  for (guint i = 0; i < extra->teilnehmer->len && *why == NULL; i++)
    if (input_teilnehmer(extra, i)->action >= ACTION_ENROL &&
        !keep(proof, input_teilnehmer(extra, i), error))
      return false;
  return true;
}

static bool
prove_course(Proof *proof, GError **error) {
  autochar why = incomplete(proof);
  if (why != NULL) {
    refuse(proof, g_steal_pointer(&why));
    return true;
  }
  guint tenants = proof->plan->input->tenants->len;
  for (guint i = 0; i <= tenants; i++)
    g_ptr_array_set_size(g_ptr_array_index(proof->unread, i), 0);
  gint64 courseid = courses_at(proof->plan->courses, proof->course)->id;
  if (!proof->store->class->coursemap_of_course(proof->store, courseid, on_mapped, proof, error))
    return false;
  const GPtrArray *strangers = g_ptr_array_index(proof->unread, tenants);
  if (strangers->len > 0)
    why = g_strdup_printf(
        "Lehrgang %s feeds this course and belongs to a tenant that is not configured any more",
        (const char *)g_ptr_array_index(strangers, 0));
  for (guint i = 0; i < tenants && why == NULL; i++) {
    const GPtrArray *ids = g_ptr_array_index(proof->unread, i);
    if (ids->len > 0 && !read_unread(proof, i, ids, &why, error))
      return false;
  }
  if (why != NULL)
    refuse(proof, g_steal_pointer(&why));
  return true;
}

bool
proof_require(Plan *plan, Source *source, Gateway *gateway, Store *store, GError **error) {
  g_autoptr(GArray) removals = g_array_new(FALSE, FALSE, sizeof(guint));
  g_autoptr(GPtrArray) unread = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i <= plan->input->tenants->len; i++)
    g_ptr_array_add(unread, g_ptr_array_new_with_free_func(g_free));
  g_autoptr(GHashTable) read = g_hash_table_new(g_str_hash, g_str_equal);
  Proof proof = { plan, source, gateway, store, 0, removals, unread, read };

  /* Steps stand by course, so each course's removals are a run of them. */
  GArray *steps = plan->steps[STEP_UNENROL];
  for (guint i = 0; i < steps->len; i++) {
    guint course = plan_line(plan, plan_step(plan, STEP_UNENROL, i)->line)->course;
    proof.course = course;
    if (plan_step(plan, STEP_UNENROL, i)->state == STEP_PLANNED)
      g_array_append_val(removals, i);
    bool last = i + 1 == steps->len ||
                plan_line(plan, plan_step(plan, STEP_UNENROL, i + 1)->line)->course != course;
    if (!last || removals->len == 0)
      continue;
    if (!prove_course(&proof, error))
      return false;
    g_array_set_size(removals, 0);
  }
  return true;
}
