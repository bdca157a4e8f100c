/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_engine.h"

#include <string.h>

#include "msim_function.h"

struct MsimEngine {
  GMutex lock; /* one call at a time: the database connection is one */
  MsimSite site;
  char *token;
  MsimTricks *tricks;
  GHashTable *calls; /* name → guint64 */
  bool lost;         /* by the call that holds the lock */
};

MsimEngine *
msim_engine_new(MsimEngineSetup *setup, MsimTricks *tricks) {
  MsimEngine *engine = g_new0(MsimEngine, 1);
  g_mutex_init(&engine->lock);
  engine->site = setup->site;
  engine->token = g_steal_pointer(&setup->token);
  setup->site = (MsimSite){ 0 };
  engine->tricks = tricks;
  engine->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return engine;
}

void
msim_engine_free(MsimEngine *engine) {
  if (engine == NULL)
    return;
  gateway_free(&engine->site.moodle->base);
  g_hash_table_unref(engine->site.functions);
  g_hash_table_unref(engine->site.forbidden);
  g_hash_table_unref(engine->calls);
  g_free(engine->site.url);
  g_strfreev(engine->site.lacks);
  g_strfreev(engine->site.unknown);
  g_strfreev(engine->site.assignable);
  g_free(engine->token);
  g_mutex_clear(&engine->lock);
  g_free(engine);
}

void
msim_outcome_clear(MsimOutcome *outcome) {
  json_decref(outcome->answer);
  msim_exception_clear(&outcome->thrown);
  *outcome = (MsimOutcome){ 0 };
}

/* ── one function ── */

static bool
begin(MsimCall *call, const MsimFunction *function) {
  GError *error = NULL;
  return function->effect == MSIM_READ || db_begin(call->db, &error) ||
         msim_throw_error(call, error);
}

/* Commits what is to stay. */
static bool
end(MsimCall *call, const MsimFunction *function, bool done) {
  GError *error = NULL;
  if (function->effect == MSIM_READ)
    return done;
  if (done || function->effect == MSIM_PARTIAL)
    return (db_commit(call->db, &error) || msim_throw_error(call, error)) && done;
  db_rollback(call->db);
  return false;
}

static json_t *
perform(MsimCall *call, const MsimFunction *function, const json_t *arguments) {
  json_auto_t *params = msim_param_validate(function->params, arguments);
  if (params == NULL) {
    msim_throw_invalid(call);
    return NULL;
  }
  if (function->capability != NULL &&
      g_hash_table_contains(call->site->forbidden, function->name)) {
    msim_throw_permission(call, function->capability);
    return NULL;
  }
  if (!begin(call, function))
    return NULL;
  json_auto_t *answer = function->run(call, params);
  return end(call, function, answer != NULL) ? g_steal_pointer(&answer) : NULL;
}

static void
count(MsimEngine *engine, const char *function) {
  guint64 *calls = g_hash_table_lookup(engine->calls, function);
  if (calls == NULL) {
    calls = g_new0(guint64, 1);
    g_hash_table_insert(engine->calls, g_strdup(function), calls);
  }
  (*calls)++;
}

/* The function with the mischief asked for. */
static json_t *
play(MsimEngine *engine, MsimCall *call, const MsimFunction *function, const json_t *arguments) {
  count(engine, function->name);
  MsimTrick trick = msim_tricks_next(engine->tricks, function->name);
  g_autofree char *code = trick.code;
  if (trick.kind == MSIM_TRICK_FAIL) {
    msim_throw_code(call, code);
    return NULL;
  }
  json_auto_t *answer = perform(call, function, arguments);
  engine->lost |= trick.kind == MSIM_TRICK_LOSE;
  if (trick.kind == MSIM_TRICK_INVALID) {
    msim_throw_response(call);
    return NULL;
  }
  return g_steal_pointer(&answer);
}

static json_t *inner(MsimCall *call, const MsimFunction *function, const json_t *arguments,
                     bool raw, MsimException *thrown);

static MsimCall
make_call(MsimEngine *engine, bool raw) {
  return (MsimCall){
    .site = &engine->site,
    .db = engine->site.moodle->db,
    .now = clock_now(engine->site.moodle->clock),
    .raw = raw,
    .inner = inner,
    .inner_data = engine,
  };
}

static json_t *
inner(MsimCall *call, const MsimFunction *function, const json_t *arguments, bool raw,
      MsimException *thrown) {
  MsimEngine *engine = call->inner_data;
  MsimCall own = make_call(engine, raw);
  json_t *answer = play(engine, &own, function, arguments);
  *thrown = own.thrown;
  return answer;
}

/* ── from the request to the function ── */

static json_t *
take(json_t *form, const char *key) {
  json_t *value = json_incref(json_object_get(form, key));
  json_object_del(form, key);
  return value;
}

/* optional_param(…, PARAM_BOOL). */
static bool
take_flag(json_t *form, const char *key) {
  json_auto_t *value = take(form, key);
  const char *text = json_string_value(value);
  static const char *const none[] = { "", "0", "off", "no", "false" };
  for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(none); i++) {
    if (g_ascii_strcasecmp(text, none[i]) == 0)
      return false;
  }
  return text != NULL;
}

/* The settings that change no answer here. */
static void
drop_settings(json_t *form) {
  static const char *const settings[] = { "fileurl", "filter", "lang", "timezone" };
  for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
    g_autofree char *key = g_strconcat("moodlewssetting", settings[i], NULL);
    json_object_del(form, key);
  }
}

static bool
is_installed(const MsimSite *site, const char *name) {
  for (const MsimFunction *const *function = msim_functions; *function != NULL; function++) {
    if (g_str_equal((*function)->name, name))
      return site->plugin || !g_str_has_prefix(name, "local_lehrgaenge_");
  }
  return false;
}

/* NULL: thrown. */
static const MsimFunction *
find_function(MsimEngine *engine, MsimCall *call, const char *name) {
  if (name == NULL || name[0] == '\0') {
    msim_throw_invalid(call);
    return NULL;
  }
  const MsimFunction *function = g_hash_table_lookup(engine->site.functions, name);
  if (function != NULL)
    return function;
  if (is_installed(&engine->site, name))
    msim_throw_code(call, "accessexception");
  else
    msim_throw_missing(call, "external_functions");
  return NULL;
}

static json_t *
run(MsimEngine *engine, MsimCall *call, json_t *form, bool maintenance) {
  json_auto_t *token = take(form, "wstoken");
  json_auto_t *name = take(form, "wsfunction");
  json_object_del(form, "moodlewsrestformat");
  if (g_strcmp0(json_string_value(token), engine->token) != 0) {
    msim_throw_code(call, "invalidtoken");
    return NULL;
  }
  if (maintenance) {
    msim_throw_code(call, "sitemaintenance");
    return NULL;
  }
  const MsimFunction *function = find_function(engine, call, json_string_value(name));
  return function != NULL ? play(engine, call, function, form) : NULL;
}

MsimOutcome
msim_engine_call(MsimEngine *engine, json_t *form, bool maintenance) {
  g_mutex_lock(&engine->lock);
  engine->lost = false;
  MsimCall call = make_call(engine, take_flag(form, "moodlewssettingraw"));
  drop_settings(form);
  json_t *answer = run(engine, &call, form, maintenance);
  MsimOutcome outcome = { answer, call.thrown, engine->lost };
  g_mutex_unlock(&engine->lock);
  return outcome;
}

guint64
msim_engine_calls(MsimEngine *engine, const char *function) {
  g_mutex_lock(&engine->lock);
  const guint64 *calls = g_hash_table_lookup(engine->calls, function);
  guint64 number = calls != NULL ? *calls : 0;
  g_mutex_unlock(&engine->lock);
  return number;
}
