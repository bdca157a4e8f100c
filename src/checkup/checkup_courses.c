/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "checkup/checkup_private.h"
#include "sync/naming.h"

/* Course names without template that get a finding each; the rest is counted in one. */
#define MAX_COURSES 30

/* The Lehrgänge that would be skipped for one reason, of one course name where that is the reason.
 */
typedef struct {
  const char *reason;
  char *course;       /* "" unless the reason is about it */
  GPtrArray *tenants; /* borrowed char *, each once */
  guint lehrgaenge;
} Skipped;

static void
skipped_free(gpointer data) {
  Skipped *skipped = data;
  g_free(skipped->course);
  g_ptr_array_unref(skipped->tenants);
  g_free(skipped);
}

/* Few: reasons, and names of courses nobody made a master for. */
static Skipped *
skipped_for(GPtrArray *all, const char *reason, const char *course) {
  for (guint i = 0; i < all->len; i++) {
    Skipped *skipped = g_ptr_array_index(all, i);
    if (strcmp(skipped->reason, reason) == 0 && strcmp(skipped->course, course) == 0)
      return skipped;
  }
  Skipped *skipped = g_new0(Skipped, 1);
  skipped->reason = reason;
  skipped->course = g_strdup(course);
  skipped->tenants = g_ptr_array_new();
  g_ptr_array_add(all, skipped);
  return skipped;
}

static void
count_reason(CheckupTenant *tenant, const char *reason) {
  guint count = GPOINTER_TO_UINT(g_hash_table_lookup(tenant->reasons, reason));
  g_hash_table_replace(tenant->reasons, (gpointer)reason, GUINT_TO_POINTER(count + 1));
  tenant->skipped++;
}

/* Of Skipped. */
static GPtrArray *
gather(const Looking *looking) {
  Checkup *checkup = looking->checkup;
  GPtrArray *all = g_ptr_array_new_with_free_func(skipped_free);
  for (guint i = 0; i < looking->input->lehrgaenge->len; i++) {
    const InputLehrgang *item = input_lehrgang(looking->input, i);
    const char *reason = looking->courses->skip[i];
    if (reason == NULL)
      continue;
    CheckupTenant *tenant = checkup_tenant_at(checkup, item->tenant);
    count_reason(tenant, reason);
    autochar course = strcmp(reason, COURSES_NO_TEMPLATE) == 0
                          ? naming_course_name(checkup->config->courses, &item->lehrgang)
                          : g_strdup("");
    Skipped *skipped = skipped_for(all, reason, course);
    skipped->lehrgaenge++;
    const char *abbr = tenant->tenant->abbr;
    guint known = skipped->tenants->len;
    if (known == 0 || g_ptr_array_index(skipped->tenants, known - 1) != abbr)
      g_ptr_array_add(skipped->tenants, (gpointer)abbr);
  }
  return all;
}

static void
add_finding(Checkup *checkup, const Skipped *skipped, CheckupArea area, const char *message,
            const char *remedy) {
  CheckupFinding *finding = checkup_add(checkup, area, CHECKUP_WARNING, NULL, message, remedy);
  finding->tenants = g_new0(char *, skipped->tenants->len + 1);
  for (guint i = 0; i < skipped->tenants->len; i++)
    finding->tenants[i] = g_strdup(g_ptr_array_index(skipped->tenants, i));
  finding->course = *skipped->course != '\0' ? g_strdup(skipped->course) : NULL;
}

static const char *
lehrgang_word(guint count) {
  return count == 1 ? "Lehrgang" : "Lehrgänge";
}

static void
note_no_template(Checkup *checkup, const Skipped *skipped) {
  autochar message = g_strdup_printf(
      "Moodle has no master course “%s”, nor one of the year before: %u %s would be skipped",
      skipped->course, skipped->lehrgaenge, lehrgang_word(skipped->lehrgaenge));
  add_finding(checkup, skipped, CHECKUP_MOODLE, message,
              "Make it with that short name, or map the kurzbezeichnung in [courses].");
}

/* Companies and categories have findings of their own. */
static void
note_bad(Checkup *checkup, const Skipped *skipped) {
  static const struct {
    const char *reason, *words;
  } bad[] = {
    { COURSES_NO_NAME, "without a kurzbezeichnung" },
    { COURSES_BAD_END, "without an endTag that is a date" },
    { COURSES_LONG_NAME, "with a kurzbezeichnung too long for a course's name" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    if (strcmp(bad[i].reason, skipped->reason) != 0)
      continue;
    autochar message =
        g_strdup_printf("%u %s %s would be skipped", skipped->lehrgaenge,
                        skipped->lehrgaenge == 1 ? "Lehrgang" : "Lehrgänge", bad[i].words);
    add_finding(checkup, skipped, CHECKUP_ZMS, message, "Have them corrected in ZMS.");
  }
}

/* What stops most comes first. */
static gint
by_lehrgaenge(gconstpointer a, gconstpointer b) {
  const Skipped *const *left = a, *const *right = b;
  guint x = (*left)->lehrgaenge, y = (*right)->lehrgaenge;
  return x > y ? -1 : x < y ? 1 : strcmp((*left)->course, (*right)->course);
}

static void
note_skipped(Checkup *checkup, GPtrArray *all) {
  guint courses = 0;
  g_ptr_array_sort(all, by_lehrgaenge);
  for (guint i = 0; i < all->len; i++) {
    const Skipped *skipped = g_ptr_array_index(all, i);
    if (strcmp(skipped->reason, COURSES_NO_TEMPLATE) != 0)
      note_bad(checkup, skipped);
    else if (courses++ < MAX_COURSES)
      note_no_template(checkup, skipped);
  }
  if (courses <= MAX_COURSES)
    return;
  autochar message = g_strdup_printf("%u more course names have no master course in Moodle",
                                     courses - MAX_COURSES);
  checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_WARNING, NULL, message,
              "See to the others first; a plan counts them all as no_template.");
}

void
checkup_courses_look(Looking *looking) {
  Checkup *checkup = looking->checkup;
  if (looking->courses == NULL || looking->store == NULL || looking->input->tenants == NULL ||
      stop_requested(looking->stop))
    return;
  input_seal(looking->input);
  g_autoptr(GError) error = NULL;
  checkup_tell(looking, "look for courses", 0, 0);
  if (!courses_place(looking->courses, looking->input, looking->gateway, looking->store,
                     clock_now(looking->clock), &error)) {
    g_prefix_error(&error, "the courses of the Lehrgänge cannot be looked up: ");
    checkup_add(checkup, CHECKUP_MOODLE, CHECKUP_ERROR, NULL, error->message, "");
    return;
  }
  for (guint i = 0; i < checkup->tenants->len; i++)
    checkup_tenant_at(checkup, i)->placed = checkup_tenant_at(checkup, i)->answered;
  g_autoptr(GPtrArray) all = gather(looking);
  note_skipped(checkup, all);
}
