/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/overview_tenants.h"

#include "base/text.h"
#include "config/certificate.h"
#include "web/page.h"
#include "web/run_words.h"

typedef struct {
  bool configured, readable;
  gint days;
} Lasting;

typedef enum { STATE_FAILED, STATE_NEVER, STATE_FINE, STATE_WITHOUT_KEY } State;

typedef struct {
  const ConfigTenant *tenant;
  gint64 timesuccess, failure_run, timefailure;
  char *failure;
  Lasting certificate;
  guint place; /* as configured */
} Row;

struct OverviewTenants {
  GPtrArray *rows;   /* Row */
  GHashTable *by;    /* abbreviation → Row */
  GHashTable *files; /* path → Lasting: most tenants share one */
};

static void
row_free(gpointer data) {
  Row *row = data;
  g_free(row->failure);
  g_free(row);
}

void
overview_tenants_free(OverviewTenants *tenants) {
  if (tenants == NULL)
    return;
  g_ptr_array_unref(tenants->rows);
  g_hash_table_unref(tenants->by);
  g_hash_table_unref(tenants->files);
  g_free(tenants);
}

/* ── reading ── */

static Lasting
lasting(const char *path, gint64 now) {
  Lasting it = { .configured = path != NULL };
  it.readable = path != NULL && certificate_days_left(path, now, &it.days, NULL);
  return it;
}

static Lasting
lasting_of(OverviewTenants *tenants, const char *path, gint64 now) {
  const Lasting *known = path == NULL ? NULL : g_hash_table_lookup(tenants->files, path);
  if (known != NULL)
    return *known;
  Lasting it = lasting(path, now);
  if (path != NULL)
    g_hash_table_insert(tenants->files, (gpointer)path, g_memdup2(&it, sizeof it));
  return it;
}

static void
add_rows(OverviewTenants *tenants, const WebCall *call) {
  for (guint i = 0; i < call->config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(call->config->tenants, i);
    if (!web_principal_sees(call->who, tenant->abbr))
      continue;
    Row *row = g_new0(Row, 1);
    row->tenant = tenant;
    row->place = i;
    row->certificate = lasting_of(tenants, tenant->certificate, call->now);
    g_ptr_array_add(tenants->rows, row);
    g_hash_table_insert(tenants->by, tenant->abbr, row);
  }
}

static void
on_tenant(const StoreTenantRow *kept, gpointer data) {
  OverviewTenants *tenants = data;
  Row *row = g_hash_table_lookup(tenants->by, kept->tenant);
  if (row == NULL)
    return;
  row->timesuccess = kept->timesuccess;
  row->failure_run = kept->failure_run;
  row->timefailure = kept->timefailure;
  row->failure = text_redact(kept->failure != NULL ? kept->failure : "");
}

static State
state_of(const Row *row) {
  if (text_empty(row->tenant->apikey))
    return STATE_WITHOUT_KEY;
  if (row->timefailure > row->timesuccess)
    return STATE_FAILED;
  return row->timesuccess == 0 ? STATE_NEVER : STATE_FINE;
}

static bool
is_short(const Lasting *certificate, gint days) {
  return certificate->configured && (!certificate->readable || certificate->days < days);
}

/* The worst comes first. */
static guint
rank(const Row *row) {
  State state = state_of(row);
  if (state == STATE_FAILED)
    return 0;
  if (state != STATE_WITHOUT_KEY && is_short(&row->certificate, OVERVIEW_ALARM_DAYS))
    return 1;
  if (state != STATE_WITHOUT_KEY && is_short(&row->certificate, OVERVIEW_WARN_DAYS))
    return 2;
  return 3 + (guint)state;
}

static gint
by_rank(gconstpointer a, gconstpointer b) {
  const Row *left = *(const Row *const *)a, *right = *(const Row *const *)b;
  guint left_rank = rank(left), right_rank = rank(right);
  if (left_rank != right_rank)
    return left_rank < right_rank ? -1 : 1;
  return left->place < right->place ? -1 : left->place > right->place;
}

OverviewTenants *
overview_tenants_read(const WebCall *call, GError **error) {
  g_autoptr(OverviewTenants) tenants = g_new0(OverviewTenants, 1);
  tenants->rows = g_ptr_array_new_with_free_func(row_free);
  tenants->by = g_hash_table_new(g_str_hash, g_str_equal);
  tenants->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  add_rows(tenants, call);
  if (!call->store->class->tenant_read(call->store, on_tenant, tenants, error))
    return NULL;
  g_ptr_array_sort(tenants->rows, by_rank);
  return g_steal_pointer(&tenants);
}

/* ── showing ── */

static void
show_badge(Html *html, const char *kind, const char *text) {
  autochar class = g_strdup_printf("badge %s", kind);
  html_element(html, "span", text, "class", class, NULL);
}

static char *
days_text(WebLanguage language, gint days) {
  if (days < 0)
    return g_strdup(web_say(language, "expired", "abgelaufen"));
  if (days == 0)
    return g_strdup(web_say(language, "expires within a day", "läuft binnen eines Tages ab"));
  if (days < OVERVIEW_WARN_DAYS)
    return days == 1 ? g_strdup(web_say(language, "expires in 1 day", "läuft in 1 Tag ab"))
                     : web_say_format(language, "expires in %d days", "läuft in %d Tagen ab", days);
  autochar number = web_number(language, days);
  return web_say_format(language, "%s days", "%s Tage", number);
}

static void
show_certificate(Html *html, const Lasting *certificate) {
  WebLanguage language = html_language(html);
  if (!certificate->configured) {
    html_text(html, "–");
    return;
  }
  if (!certificate->readable) {
    show_badge(html, "error", web_say(language, "cannot be read", "nicht lesbar"));
    return;
  }
  autochar text = days_text(language, certificate->days);
  show_badge(html,
             is_short(certificate, OVERVIEW_ALARM_DAYS)  ? "error"
             : is_short(certificate, OVERVIEW_WARN_DAYS) ? "warning"
                                                         : "good",
             text);
}

void
overview_tenants_certificate(const WebCall *call, Html *html, const char *path) {
  Lasting certificate = lasting(path, call->now);
  show_certificate(html, &certificate);
}

static void
show_state(Html *html, const Row *row) {
  switch (state_of(row)) {
  case STATE_FAILED:
    show_badge(html, "error", html_word(html, "failed", "fehlgeschlagen"));
    break;
  case STATE_NEVER:
    show_badge(html, "info", html_word(html, "not read yet", "noch nie gelesen"));
    break;
  case STATE_FINE:
    show_badge(html, "good", html_word(html, "in order", "in Ordnung"));
    break;
  case STATE_WITHOUT_KEY:
    html_element(html, "span", html_word(html, "no API key", "kein API-Schlüssel"), "class",
                 "muted", NULL);
    break;
  }
}

/* One that is over stays to be seen, but not as loud. */
static void
show_failure(const WebCall *call, Html *html, const Row *row) {
  if (row->timefailure == 0) {
    html_text(html, "–");
    return;
  }
  /* The run has the error itself. */
  const char *cause = run_words_cause(call->language, row->failure);
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, row->failure_run);
  html_open(html, "span", "class", state_of(row) == STATE_FAILED ? NULL : "muted", NULL);
  page_time(call, html, row->timefailure);
  html_text(html, " ");
  html_open(html, "a", "href", path, NULL);
  html_say_format(html, "run %" G_GINT64_FORMAT, "Lauf %" G_GINT64_FORMAT, row->failure_run);
  html_close(html, "a");
  html_text(html, ": ");
  html_element(html, "span", cause != NULL ? cause : row->failure, "lang",
               cause != NULL ? NULL : "en", NULL);
  html_close(html, "span");
}

static void
show_row(const WebCall *call, Html *html, const Row *row) {
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "strong", row->tenant->abbr, NULL);
  html_text(html, " ");
  html_text(html, row->tenant->name);
  html_close(html, "th");
  html_open(html, "td", NULL);
  show_state(html, row);
  html_close(html, "td");
  html_open(html, "td", NULL);
  page_time(call, html, row->timesuccess);
  html_close(html, "td");
  html_open(html, "td", NULL);
  show_failure(call, html, row);
  html_close(html, "td");
  html_open(html, "td", NULL);
  show_certificate(html, &row->certificate);
  html_close(html, "td");
  html_close(html, "tr");
}

void
overview_tenants_show(const WebCall *call, Html *html, const OverviewTenants *tenants) {
  html_element(html, "h2", html_word(html, "Tenants", "Mandanten"), NULL);
  page_table_open(html,
                  html_word(html, "Those with trouble first", "Zuerst, wo etwas nicht stimmt"),
                  "tenants");
  page_th(call, html, html_word(html, "Tenant", "Mandant"), NULL, false);
  page_th(call, html, html_word(html, "State", "Zustand"), NULL, false);
  page_th(call, html, html_word(html, "Last read", "Zuletzt gelesen"), NULL, false);
  page_th(call, html, html_word(html, "Last error", "Letzter Fehler"), NULL, false);
  page_th(call, html, html_word(html, "Certificate", "Zertifikat"), NULL, false);
  page_rows(html);
  for (guint i = 0; i < tenants->rows->len; i++)
    show_row(call, html, g_ptr_array_index(tenants->rows, i));
  page_table_close(html);
}
