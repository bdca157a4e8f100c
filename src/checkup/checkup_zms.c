/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checkup/checkup_private.h"

#include <string.h>

#include "base/text.h"
#include "service/open.h"

#define PHASE "ask ZMS"

typedef struct {
  Zms *zms;
  const Looking *looking;
  GMutex lock; /* over `done`, and while somebody is told of it */
  guint done, total;
} Asking;

/* One tenant and its list: one worker's for the time. */
typedef struct {
  CheckupTenant *tenant;
  InputTenant *list;
} Asked;

static void
on_lehrgang(const Lehrgang *lehrgang, gpointer data) {
  Asked *asked = data;
  guint index = input_add_lehrgang(asked->list, lehrgang);
  if (index != G_MAXUINT)
    input_finish_lehrgang(asked->list, index, NULL);
  asked->tenant->lehrgaenge++;
}

static void
count_malformed(guint index, const char *where, const char *id, const char *why, gpointer data) {
  (void)index, (void)id;
  CheckupTenant *tenant = ((Asked *)data)->tenant;
  if (tenant->malformed++ == 0)
    tenant->first_malformed = g_strdup_printf("%s: %s", where, why);
}

static void
note_refusal(CheckupTenant *tenant, const GError *error) {
  bool api = error->domain == API_ERROR;
  /* What is refused before anything is sent says itself what to do. */
  const char *remedy =
      api && error->code != API_ERROR_CONFIG ? api_error_remedy((ApiError)error->code) : "";
  tenant->error = text_redact(error->message);
  tenant->word = api ? api_error_word((ApiError)error->code) : "failed";
  tenant->remedy = strstr(error->message, remedy) == NULL ? remedy : "";
}

/* Runs in a worker. */
static void
ask(gpointer data, gpointer user_data) {
  Asked *asked = data;
  CheckupTenant *tenant = asked->tenant;
  Asking *asking = user_data;
  if (!stop_requested(asking->looking->stop)) {
    g_autoptr(GError) error = NULL;
    g_autoptr(ZmsTenant) connection = open_zms_tenant(asking->zms, tenant->tenant, &error);
    tenant->asked = true;
    tenant->answered =
        connection != NULL && zms_list(connection, 0, on_lehrgang, count_malformed, asked, &error);
    if (!tenant->answered)
      note_refusal(tenant, error);
  }
  g_mutex_lock(&asking->lock);
  checkup_tell(asking->looking, PHASE, ++asking->done, asking->total);
  g_mutex_unlock(&asking->lock);
}

static void
ask_all(Looking *looking, Zms *zms) {
  Checkup *checkup = looking->checkup;
  Asking asking = { .zms = zms, .looking = looking };
  guint count = checkup->tenants->len;
  g_autofree Asked *asked = g_new0(Asked, count + 1);
  for (guint i = 0; i < count; i++) {
    CheckupTenant *tenant = checkup_tenant_at(checkup, i);
    asked[i].tenant = tenant;
    asked[i].list = input_add_tenant(looking->input, tenant->tenant->abbr, tenant->tenant->name,
                                     tenant->configured, true);
    asking.total += tenant->configured;
  }
  g_mutex_init(&asking.lock);
  checkup_tell(looking, PHASE, 0, asking.total);
  GThreadPool *pool =
      g_thread_pool_new(ask, &asking, checkup->config->zms.connections, FALSE, NULL);
  for (guint i = 0; i < count; i++)
    if (asked[i].tenant->configured)
      g_thread_pool_push(pool, &asked[i], NULL);
  g_thread_pool_free(pool, FALSE, TRUE);
  g_mutex_clear(&asking.lock);
}

static void
note_answers(Checkup *checkup) {
  guint asked = 0, answered = 0;
  guint64 lehrgaenge = 0;
  for (guint i = 0; i < checkup->tenants->len; i++) {
    const CheckupTenant *tenant = checkup_tenant_at(checkup, i);
    asked += tenant->asked;
    answered += tenant->answered;
    lehrgaenge += tenant->answered ? tenant->lehrgaenge : 0;
    if (tenant->asked && !tenant->answered)
      checkup_add(checkup, CHECKUP_ZMS, CHECKUP_ERROR, tenant->tenant->abbr, tenant->error,
                  tenant->remedy);
    if (tenant->answered && tenant->malformed > 0) {
      autochar message =
          g_strdup_printf("%u of its Lehrgänge cannot be read and would be left out (first: %s)",
                          tenant->malformed, tenant->first_malformed);
      checkup_add(checkup, CHECKUP_ZMS, CHECKUP_WARNING, tenant->tenant->abbr, message,
                  "Have them corrected in ZMS.");
    }
  }
  checkup_set_text(checkup, CHECKUP_ZMS,
                   "%s, %u of %u tenants answer, %" G_GUINT64_FORMAT " Lehrgänge",
                   checkup->config->zms.baseurl, answered, asked, lehrgaenge);
}

void
checkup_zms_look(Looking *looking) {
  Checkup *checkup = looking->checkup;
  if (checkup_level(checkup, CHECKUP_CERTIFICATES) == CHECKUP_ERROR) {
    checkup_set_text(checkup, CHECKUP_ZMS, "%s, not asked", checkup->config->zms.baseurl);
    checkup_add(checkup, CHECKUP_ZMS, CHECKUP_WARNING, NULL,
                "ZMS was not asked because of the certificates", "Repair them and check again.");
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(Zms) zms = open_zms(checkup->config, looking->clock, looking->stop, &error);
  if (zms == NULL) {
    checkup_set_text(checkup, CHECKUP_ZMS, "%s", checkup->config->zms.baseurl);
    checkup_add_lines(checkup, CHECKUP_ZMS, CHECKUP_ERROR, error->message);
    return;
  }
  ask_all(looking, zms);
  note_answers(checkup);
}
