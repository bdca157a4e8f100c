/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zms_app.h"

#include <microhttpd.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "control.h"
#include "json_out.h"
#include "prng.h"

#define TAG_ERROR 6
#define MAX_STATUS_TEXT 200

/* Kinds of requests, and their words in the statistics. */
enum {
  KIND_LIST,
  KIND_LIST_YEAR,
  KIND_LEHRGANG,
  KIND_TEILNEHMER,
  KIND_TEILNEHMER_EXTERN,
  KIND_OTHER
};
static const char *const kinds[] = { "list",       "list_year",         "lehrgang",
                                     "teilnehmer", "teilnehmer_extern", "other",
                                     NULL };

typedef struct {
  guint tenant;
  guint fault;
} StartFault;

struct ZmsApp {
  Source source;
  const Tenants *tenants;
  guint64 seed;
  Control *control;
  GArray *start_faults; /* of StartFault */
  gint errors;          /* atomic: how many were answered */
  ServerApp app;
};

/* What an address means. */
typedef struct {
  guint kind;
  const char *lehrgang;   /* NULL for lists */
  const char *teilnehmer; /* NULL unless teilnehmer-extern */
} Route;

static const char *
title_of(guint status) {
  const char *title = MHD_get_reason_phrase_for(status);
  return title != NULL ? title : "Error";
}

/* {"id","title","status","detail"}, as ZMS answers all errors; the id is another each time, but not
 * at random. */
static void
error(gpointer data, guint status, const char *detail, Answer *answer) {
  ZmsApp *zms = data;
  Prng prng = prng_at(zms->seed, TAG_ERROR, (guint)g_atomic_int_add(&zms->errors, 1), 0, 0);
  guint64 high = prng_next(&prng);
  guint64 low = prng_next(&prng);
  answer->status = status;
  g_string_printf(answer->body,
                  "{\"id\":\"%08x-%04x-4%03x-8%03x-%012" G_GINT64_MODIFIER "x\",\"title\":",
                  (guint)(high >> 32), (guint)(high >> 16 & 0xffff), (guint)(high & 0xfff),
                  (guint)(low >> 52), low & G_GUINT64_CONSTANT(0xffffffffffff));
  json_out_text(answer->body, title_of(status));
  g_string_append_printf(answer->body, ",\"status\":%u,\"detail\":", status);
  json_out_text(answer->body, detail);
  json_out_raw(answer->body, "}\n");
}

/* The segments behind the API's own prefix, if it is there. */
static char **
skip_prefix(char **path) {
  static const char *const prefix[] = { "rest", "services", "moodle-services" };
  for (gsize i = 0; i < G_N_ELEMENTS(prefix); i++) {
    if (path[i] == NULL || strcmp(path[i], prefix[i]) != 0)
      return path;
  }
  return path + G_N_ELEMENTS(prefix);
}

static Route
find_route(const Request *request) {
  Route route = { .kind = KIND_OTHER };
  char **path = skip_prefix(request->path);
  guint depth = g_strv_length(path);
  if (depth == 0 || depth > 4 || strcmp(path[0], "lehrgaenge") != 0)
    return route;
  if (depth == 1) {
    route.kind = g_hash_table_size(request->query) > 0 ? KIND_LIST_YEAR : KIND_LIST;
    return route;
  }
  if (depth == 2 && path[1][0] != '\0')
    route.kind = KIND_LEHRGANG;
  else if (depth == 3 && strcmp(path[2], "teilnehmer") == 0)
    route.kind = KIND_TEILNEHMER;
  else if (depth == 4 && strcmp(path[2], "teilnehmer-extern") == 0)
    route.kind = KIND_TEILNEHMER_EXTERN;
  if (route.kind != KIND_OTHER)
    route.lehrgang = path[1];
  if (route.kind == KIND_TEILNEHMER_EXTERN)
    route.teilnehmer = path[3];
  return route;
}

static guint
kind(gpointer data, const Request *request) {
  (void)data;
  return find_route(request).kind;
}

/* False: the answer is an error already. `*limited` tells whether there is a range at all. */
static bool
read_range(ZmsApp *zms, const Request *request, SourceRange *range, bool *limited, Answer *answer) {
  Date from;
  Date to;
  range->from = request_parameter(request, "lehrgangVon");
  range->to = request_parameter(request, "lehrgangBis");
  *limited = range->from != NULL || range->to != NULL;
  const char *wrong = NULL;
  if (request_parameter(request, "searchCriteria") != NULL)
    wrong = "searchCriteria is no parameter; send lehrgangVon and lehrgangBis.";
  else if (*limited && (range->from == NULL || range->to == NULL))
    wrong = "searchCriteria.lehrgangVon and searchCriteria.lehrgangBis must be given together";
  else if (*limited && (!date_parse(range->from, &from) || !date_parse(range->to, &to)))
    wrong = "searchCriteria.lehrgangVon and searchCriteria.lehrgangBis must be days as YYYY-MM-DD";
  else if (*limited && strcmp(range->from, range->to) > 0)
    wrong = "searchCriteria.lehrgangVon must be <= searchCriteria.lehrgangBis";
  if (wrong != NULL)
    error(zms, MHD_HTTP_BAD_REQUEST, wrong, answer);
  return wrong == NULL;
}

static SourceResult
ask_source(ZmsApp *zms, guint tenant, const Route *route, const SourceRange *range, GString *body) {
  const SourceOps *ops = zms->source.ops;
  gpointer self = zms->source.self;
  if (route->lehrgang == NULL)
    return ops->list(self, tenant, range, body);
  if (route->kind == KIND_LEHRGANG)
    return ops->lehrgang(self, tenant, route->lehrgang, body);
  ControlView view = control_begin(zms->control, tenant);
  SourceResult result = ops->teilnehmer(self, &view, route->lehrgang, route->teilnehmer, body);
  control_end(&view);
  return result;
}

static void
answer_route(ZmsApp *zms, guint tenant, const Request *request, const Route *route,
             Answer *answer) {
  SourceRange range;
  bool limited = false;
  if (route->kind == KIND_OTHER) {
    error(zms, MHD_HTTP_NOT_FOUND, "No such resource.", answer);
    return;
  }
  if (route->lehrgang == NULL && !read_range(zms, request, &range, &limited, answer))
    return;
  SourceResult result = ask_source(zms, tenant, route, limited ? &range : NULL, answer->body);
  if (result == SOURCE_UNKNOWN) {
    autochar detail = g_strdup_printf("Not found: %s%s%s", route->lehrgang,
                                      route->teilnehmer ? ", Teilnehmer " : "",
                                      route->teilnehmer ? route->teilnehmer : "");
    error(zms, MHD_HTTP_NOT_FOUND, detail, answer);
  } else if (result == SOURCE_BROKEN) {
    error(zms, MHD_HTTP_INTERNAL_SERVER_ERROR, "The simulator cannot read its data file.", answer);
  }
}

/* Whether the answer is a fault set for this tenant or Lehrgang. */
static bool
answer_fault(ZmsApp *zms, guint tenant, const Route *route, Answer *answer) {
  bool people = route->kind == KIND_TEILNEHMER || route->kind == KIND_TEILNEHMER_EXTERN;
  guint fault = control_fault(zms->control, tenant, people ? route->lehrgang : NULL);
  if (fault == CONTROL_FAULT_NONE)
    return false;
  if (fault == CONTROL_FAULT_GARBAGE)
    json_out_raw(answer->body, "[{\"id\": \"FD-LG-20");
  else
    error(zms, fault, "Simulated failure of this tenant.", answer);
  return true;
}

static void
handle(gpointer data, const Request *request, Faults *faults, Answer *answer) {
  ZmsApp *zms = data;
  Route route = find_route(request);
  const char *token = request_header(request, "X-MoodleAuthToken");
  gint tenant = tenants_by_token(zms->tenants, token);
  if (tenant < 0) {
    error(zms, MHD_HTTP_UNAUTHORIZED, "Missing or invalid X-MoodleAuthToken header.", answer);
    return;
  }
  if (!faults_admit(faults, token, &answer->retry_after)) {
    error(zms, MHD_HTTP_TOO_MANY_REQUESTS, "Too many requests.", answer);
    return;
  }
  if (answer_fault(zms, (guint)tenant, &route, answer))
    return;
  if (strcmp(request->method, "GET") != 0) {
    answer->allow = "GET";
    error(zms, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET is allowed.", answer);
    return;
  }
  answer_route(zms, (guint)tenant, request, &route, answer);
}

static void
restore_start_faults(ZmsApp *zms) {
  for (guint i = 0; i < zms->start_faults->len; i++) {
    const StartFault *fault = &g_array_index(zms->start_faults, StartFault, i);
    control_set_fault(zms->control, fault->tenant, NULL, fault->fault);
  }
}

/* NULL when the change was made, else what is wrong with it. */
static const char *
change_status(ZmsApp *zms, guint tenant, const Request *request) {
  Route route = { KIND_TEILNEHMER_EXTERN, request_parameter(request, "lehrgang"),
                  request_parameter(request, "teilnehmer") };
  const char *status = request_parameter(request, "status");
  if (text_empty(route.lehrgang) || text_empty(route.teilnehmer) || status == NULL ||
      strlen(status) > MAX_STATUS_TEXT)
    return "lehrgang, teilnehmer and status (at most 200 bytes) must be given.";
  g_autoptr(GString) body = g_string_new(NULL);
  if (ask_source(zms, tenant, &route, NULL, body) != SOURCE_FOUND)
    return "This Lehrgang has no such Teilnehmer.";
  if (!control_set_status(zms->control, tenant, route.lehrgang, route.teilnehmer, status))
    return "Too many changes.";
  return NULL;
}

static const char *
change_cancel(ZmsApp *zms, guint tenant, const Request *request) {
  const char *text = request_parameter(request, "percent");
  guint64 percent;
  if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, 100, &percent, NULL))
    return "percent must be a number from 0 to 100.";
  control_set_cancel(zms->control, tenant, (guint)percent);
  return NULL;
}

static const char *
change_fault(ZmsApp *zms, guint tenant, const Request *request) {
  const char *lehrgang = request_parameter(request, "lehrgang");
  guint fault;
  if (!control_parse_fault(request_parameter(request, "fault"), &fault))
    return "fault must be none, garbage or a status from 400 to 599.";
  if (lehrgang != NULL && lehrgang[0] == '\0')
    return "lehrgang is empty.";
  if (!control_set_fault(zms->control, tenant, lehrgang, fault))
    return "Too many changes.";
  return NULL;
}

static const char *
change(ZmsApp *zms, const char *what, const Request *request) {
  gint tenant = tenants_by_abbr(zms->tenants, request_parameter(request, "tenant"));
  if (tenant < 0)
    return "tenant must be the abbreviation of one that is served.";
  if (strcmp(what, "status") == 0)
    return change_status(zms, (guint)tenant, request);
  if (strcmp(what, "cancel") == 0)
    return change_cancel(zms, (guint)tenant, request);
  if (strcmp(what, "fault") == 0)
    return change_fault(zms, (guint)tenant, request);
  return "status, cancel and fault can be changed, nothing else.";
}

static void
control(gpointer data, const Request *request, Answer *answer) {
  ZmsApp *zms = data;
  guint depth = request_depth(request);
  if (strcmp(request->path[0], "__control") != 0) {
    error(zms, MHD_HTTP_NOT_FOUND, "No such resource.", answer);
  } else if (depth == 1 && strcmp(request->method, "DELETE") == 0) {
    control_reset(zms->control);
    restore_start_faults(zms);
    answer->status = MHD_HTTP_NO_CONTENT;
  } else if (depth == 2 && strcmp(request->method, "PUT") == 0) {
    const char *wrong = change(zms, request->path[1], request);
    answer->status = MHD_HTTP_NO_CONTENT;
    if (wrong != NULL)
      error(zms, MHD_HTTP_BAD_REQUEST, wrong, answer);
  } else {
    answer->allow = depth == 1 ? "DELETE" : "PUT";
    error(zms, MHD_HTTP_METHOD_NOT_ALLOWED, "Controls take PUT, and DELETE for all of them.",
          answer);
  }
}

ZmsApp *
zms_app_new(Source source, const Tenants *tenants, guint64 seed) {
  ZmsApp *zms = g_new0(ZmsApp, 1);
  zms->source = source;
  zms->tenants = tenants;
  zms->seed = seed;
  zms->control = control_new();
  zms->start_faults = g_array_new(FALSE, FALSE, sizeof(StartFault));
  zms->app = (ServerApp){ kinds, kind, handle, control, error, zms };
  return zms;
}

void
zms_app_free(ZmsApp *zms) {
  if (zms == NULL)
    return;
  zms->source.ops->free(zms->source.self);
  control_free(zms->control);
  g_array_unref(zms->start_faults);
  g_free(zms);
}

bool
zms_app_add_fault(ZmsApp *zms, const char *text, GError **error_out) {
  const char *sign = strrchr(text, '=');
  autochar abbr = g_strndup(text, sign != NULL ? (gsize)(sign - text) : 0);
  gint tenant = tenants_by_abbr(zms->tenants, abbr);
  guint fault;
  if (sign == NULL || tenant < 0 || !control_parse_fault(sign + 1, &fault)) {
    g_set_error(error_out, SIM_ERROR, SIM_ERROR_USAGE,
                "--tenant-fault %s: write ABBR=STATUS (400 to 599) or ABBR=garbage, with the "
                "abbreviation of a "
                "tenant that is served",
                text);
    return false;
  }
  StartFault start = { (guint)tenant, fault };
  g_array_append_val(zms->start_faults, start);
  control_set_fault(zms->control, start.tenant, NULL, fault);
  return true;
}

const ServerApp *
zms_app_interface(ZmsApp *zms) {
  return &zms->app;
}
