/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle_app.h"

#include <microhttpd.h>
#include <string.h>

#include "json_out.h"
#include "moodle/embedded/embedded.h"
#include "msim_engine.h"
#include "msim_form.h"
#include "msim_function.h"
#include "msim_xml.h"

#define SITE_URL "http://moodle.localhost"
#define HTML "text/html; charset=utf-8"
#define XML "application/xml; charset=utf-8"

struct MoodleApp {
  MsimEngine *engine;
  MsimTricks *tricks;
  guint max_input_vars;
  GPtrArray *kinds;  /* names of the functions, "other", NULL */
  guint64 *requests; /* by kind; the last: all */
  GMutex lock;       /* of `requests` */
  gint maintenance;  /* atomic: MoodleAppMaintenance */
  gint status;       /* atomic: 0 or what everything is answered with */
  ServerApp app;
};

/* ── requests ── */

static guint
other_kind(const MoodleApp *app) {
  return app->kinds->len - 2;
}

static bool
is_service(const Request *request) {
  static const char *const tail[] = { "webservice", "rest", "server.php" };
  guint depth = request_depth(request);
  for (guint i = 0; depth >= G_N_ELEMENTS(tail) && i < G_N_ELEMENTS(tail); i++) {
    if (!g_str_equal(request->path[depth - G_N_ELEMENTS(tail) + i], tail[i]))
      return false;
  }
  return depth >= G_N_ELEMENTS(tail);
}

/* PHP reads no other kind of body into $_POST. */
static bool
is_form(const Request *request) {
  static const char type[] = "application/x-www-form-urlencoded";
  const char *given = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
  return given != NULL && g_ascii_strncasecmp(given, type, sizeof type - 1) == 0;
}

static json_t *
read_form(const MoodleApp *app, const Request *request) {
  return msim_form_merge(request->raw_query, is_form(request) ? request->body : NULL,
                         app->max_input_vars);
}

static guint
kind(gpointer data, const Request *request) {
  MoodleApp *app = data;
  if (!is_service(request))
    return other_kind(app);
  json_auto_t *form = read_form(app, request);
  const char *name = json_string_value(json_object_get(form, "wsfunction"));
  guint found = other_kind(app);
  for (guint i = 0; name != NULL && i < other_kind(app); i++) {
    if (g_str_equal(g_ptr_array_index(app->kinds, i), name))
      found = i;
  }
  g_mutex_lock(&app->lock);
  app->requests[found]++;
  app->requests[app->kinds->len - 1]++;
  g_mutex_unlock(&app->lock);
  return found;
}

/* ── answers ── */

/* What a web server, not Moodle, says. */
static void
error(gpointer data, guint status, const char *detail, Answer *answer) {
  (void)data;
  const char *title = MHD_get_reason_phrase_for(status);
  g_autofree char *text = g_markup_escape_text(detail, -1);
  answer->status = status;
  answer->type = HTML;
  g_string_printf(answer->body,
                  "<html>\n<head><title>%u %s</title></head>\n<body>\n<h1>%u %s</h1>\n<p>%s</p>\n"
                  "</body>\n</html>\n",
                  status, title, status, title, text);
}

static json_t *
exception_document(const MsimException *thrown) {
  json_t *document = json_object();
  json_object_set_new(document, "exception", json_string(thrown->exception));
  if (thrown->code != NULL)
    json_object_set_new(document, "errorcode", json_string(thrown->code));
  json_object_set_new(document, "message", json_string(thrown->message));
  return document;
}

static void
append_json(GString *body, const json_t *document) {
  char *text =
      json_dumps(document, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
  g_string_append(body, text);
  free(text);
}

static void
write_answer(const MsimOutcome *outcome, bool json, Answer *answer) {
  if (json) {
    json_auto_t *thrown = outcome->answer == NULL ? exception_document(&outcome->thrown) : NULL;
    append_json(answer->body, thrown != NULL ? thrown : outcome->answer);
    return;
  }
  answer->type = XML;
  if (outcome->answer != NULL)
    msim_xml_answer(answer->body, outcome->answer);
  else
    msim_xml_exception(answer->body, &outcome->thrown);
}

static void
serve(MoodleApp *app, const Request *request, Answer *answer) {
  json_auto_t *form = read_form(app, request);
  bool json = g_strcmp0(msim_text(form, "moodlewsrestformat"), "json") == 0;
  bool maintenance = g_atomic_int_get(&app->maintenance) == MOODLE_APP_MAINTENANCE;
  MsimOutcome outcome = msim_engine_call(app->engine, form, maintenance);
  answer->lost = outcome.lost;
  write_answer(&outcome, json, answer);
  msim_outcome_clear(&outcome);
}

static void
handle(gpointer data, const Request *request, Faults *faults, Answer *answer) {
  MoodleApp *app = data;
  gint status = g_atomic_int_get(&app->status);
  char *retry_after = NULL;
  if (status != 0)
    error(app, (guint)status, "Simulated.", answer);
  else if (!faults_admit(faults, "", &retry_after))
    error(app, MHD_HTTP_TOO_MANY_REQUESTS, "Too many requests.", answer);
  else if (g_atomic_int_get(&app->maintenance) == MOODLE_APP_MAINTENANCE_CLI)
    error(app, MHD_HTTP_SERVICE_UNAVAILABLE,
          "This site is undergoing maintenance and is currently not available.", answer);
  else if (!is_service(request))
    error(app, MHD_HTTP_NOT_FOUND, "There is nothing here but web services.", answer);
  else
    serve(app, request, answer);
  answer->retry_after = retry_after;
}

/* ── controls ── */

static void
refuse(Answer *answer, const char *detail) {
  answer->status = MHD_HTTP_BAD_REQUEST;
  json_out_raw(answer->body, "{\"status\":400,\"detail\":");
  json_out_text(answer->body, detail);
  json_out_raw(answer->body, "}\n");
}

static const char *
control_maintenance(MoodleApp *app, const Request *request) {
  static const char *const words[] = { "off", "site", "cli" };
  const char *mode = request_parameter(request, "mode");
  for (guint i = 0; mode != NULL && i < G_N_ELEMENTS(words); i++) {
    if (!g_str_equal(mode, words[i]))
      continue;
    moodle_app_maintenance(app, (MoodleAppMaintenance)i);
    return NULL;
  }
  return "mode must be off, site or cli.";
}

static const char *
control_status(MoodleApp *app, const Request *request) {
  const char *text = request_parameter(request, "status");
  guint64 status = 0;
  if (g_strcmp0(text, "none") != 0 &&
      (text == NULL || !g_ascii_string_to_unsigned(text, 10, 400, 599, &status, NULL)))
    return "status must be none or from 400 to 599.";
  moodle_app_status(app, (guint)status);
  return NULL;
}

static const char *
control_trick(MoodleApp *app, const Request *request, MsimTrickKind trick) {
  const char *function = request_parameter(request, "function");
  const char *code = request_parameter(request, "errorcode");
  const char *text = request_parameter(request, "nth");
  guint64 nth = 1;
  if (function == NULL)
    return "function is missing.";
  if (trick == MSIM_TRICK_FAIL && code == NULL)
    return "errorcode is missing.";
  if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &nth, NULL))
    return "nth must be a number from 1 on.";
  return msim_tricks_add(app->tricks, function, (guint)nth, trick, code) ? NULL
                                                                         : "too much is asked for.";
}

static const char *
change(MoodleApp *app, const Request *request, const char *what) {
  if (g_str_equal(what, "maintenance"))
    return control_maintenance(app, request);
  if (g_str_equal(what, "status"))
    return control_status(app, request);
  if (g_str_equal(what, "lose"))
    return control_trick(app, request, MSIM_TRICK_LOSE);
  if (g_str_equal(what, "fail"))
    return control_trick(app, request, MSIM_TRICK_FAIL);
  if (g_str_equal(what, "invalid"))
    return control_trick(app, request, MSIM_TRICK_INVALID);
  return "There is no such control.";
}

static void
control(gpointer data, const Request *request, Answer *answer) {
  MoodleApp *app = data;
  guint depth = request_depth(request);
  const char *wrong = "There is no such control.";
  if (!g_str_equal(request->path[0], "__control")) {
    refuse(answer, wrong);
    return;
  }
  if (depth == 1 && g_str_equal(request->method, "DELETE")) {
    msim_tricks_reset(app->tricks);
    moodle_app_maintenance(app, MOODLE_APP_OPEN);
    moodle_app_status(app, 0);
    wrong = NULL;
  } else if (depth == 2 && g_str_equal(request->method, "PUT")) {
    wrong = change(app, request, request->path[1]);
  }
  if (wrong != NULL)
    refuse(answer, wrong);
  else
    json_out_raw(answer->body, "{}\n");
}

/* ── making one ── */

static GHashTable *
make_set(const char *const *words) {
  GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (; words != NULL && *words != NULL; words++)
    g_hash_table_add(set, g_strdup(*words));
  return set;
}

static GHashTable *
make_service(const MoodleAppOptions *options) {
  GHashTable *functions = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) without = make_set(options->without);
  for (const MsimFunction *const *function = msim_functions; *function != NULL; function++) {
    const char *name = (*function)->name;
    if (g_hash_table_contains(without, name) || (!options->batch && *function == &msim_batch) ||
        (!options->plugin && g_str_has_prefix(name, "local_lehrgaenge_")))
      continue;
    g_hash_table_insert(functions, (gpointer)name, (gpointer)*function);
  }
  return functions;
}

static GPtrArray *
make_kinds(void) {
  GPtrArray *kinds = g_ptr_array_new();
  for (const MsimFunction *const *function = msim_functions; *function != NULL; function++)
    g_ptr_array_add(kinds, (gpointer)(*function)->name);
  g_ptr_array_add(kinds, (gpointer) "other");
  g_ptr_array_add(kinds, NULL);
  return kinds;
}

MoodleApp *
moodle_app_new(const char *path, const MoodleAppOptions *options, Clock *clock, GError **error_) {
  g_return_val_if_fail(options->token != NULL && options->token[0] != '\0', NULL);
  gint64 role = options->student_role != 0 ? options->student_role : EMBEDDED_STUDENT;
  Gateway *gateway = embedded_open(path, &(EmbeddedOptions){ .student_role = role }, clock, error_);
  if (gateway == NULL)
    return NULL;
  MsimEngineSetup setup = {
    .site = { .moodle = (Embedded *)gateway,
              .functions = make_service(options),
              .forbidden = make_set(options->forbid),
              .lacks = g_strdupv((GStrv)options->lacks),
              .unknown = g_strdupv((GStrv)options->unknown),
              .assignable = g_strdupv((GStrv)options->assignable),
              .service_user = options->service_user != 0 ? options->service_user : EMBEDDED_ADMIN,
              .student_role = role,
              .plugin = options->plugin,
              .hide_email = options->hide_email,
              .password_policy = options->password_policy,
              .exact_case = options->exact_case,
              .recent = options->recent,
              .url = g_strdup(SITE_URL) },
    .token = g_strdup(options->token),
  };
  MoodleApp *app = g_new0(MoodleApp, 1);
  g_mutex_init(&app->lock);
  app->tricks = msim_tricks_new(MOODLE_APP_MAX_TRICKS);
  app->engine = msim_engine_new(&setup, app->tricks);
  app->max_input_vars =
      options->max_input_vars != 0 ? options->max_input_vars : MOODLE_APP_MAX_INPUT_VARS;
  app->kinds = make_kinds();
  app->requests = g_new0(guint64, app->kinds->len);
  app->app = (ServerApp){ .kinds = (const char *const *)app->kinds->pdata,
                          .max_body = MOODLE_APP_MAX_BODY,
                          .kind = kind,
                          .handle = handle,
                          .control = control,
                          .error = error,
                          .data = app };
  return app;
}

void
moodle_app_free(MoodleApp *app) {
  if (app == NULL)
    return;
  msim_engine_free(app->engine);
  msim_tricks_free(app->tricks);
  g_ptr_array_unref(app->kinds);
  g_free(app->requests);
  g_mutex_clear(&app->lock);
  g_free(app);
}

const ServerApp *
moodle_app_interface(MoodleApp *app) {
  return &app->app;
}

/* ── mischief and counting ── */

static void
add_trick(MoodleApp *app, const char *function, guint nth, MsimTrickKind trick, const char *code) {
  if (!msim_tricks_add(app->tricks, function, nth, trick, code))
    g_error("moodle-sim: no trick %u for %s", nth, function);
}

void
moodle_app_lose_reply(MoodleApp *app, const char *function, guint nth) {
  add_trick(app, function, nth, MSIM_TRICK_LOSE, NULL);
}

void
moodle_app_fail(MoodleApp *app, const char *function, guint nth, const char *errorcode) {
  add_trick(app, function, nth, MSIM_TRICK_FAIL, errorcode);
}

void
moodle_app_invalidate(MoodleApp *app, const char *function, guint nth) {
  add_trick(app, function, nth, MSIM_TRICK_INVALID, NULL);
}

void
moodle_app_maintenance(MoodleApp *app, MoodleAppMaintenance maintenance) {
  g_atomic_int_set(&app->maintenance, (gint)maintenance);
}

void
moodle_app_status(MoodleApp *app, guint status) {
  g_atomic_int_set(&app->status, (gint)status);
}

guint64
moodle_app_requests(MoodleApp *app, const char *function) {
  guint index = app->kinds->len - 1;
  for (guint i = 0; function != NULL && i < app->kinds->len - 1; i++) {
    if (g_str_equal(g_ptr_array_index(app->kinds, i), function))
      index = i;
  }
  if (function != NULL && index == app->kinds->len - 1)
    return 0;
  g_mutex_lock(&app->lock);
  guint64 number = app->requests[index];
  g_mutex_unlock(&app->lock);
  return number;
}

guint64
moodle_app_calls(MoodleApp *app, const char *function) {
  return msim_engine_calls(app->engine, function);
}
