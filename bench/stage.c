/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "names.h"

#define MAX_OPEN_FOLDERS 8
#define LISTENING "zms-sim: listening on "

/* What `moodle init` made, kept to be copied, and what a run makes. */
#define EMPTY_MOODLE "empty-moodle.db"
static const char *const made_by_runs[] = { "moodle.db",         "moodle.db-wal",
                                            "moodle.db-shm",     "lehrgaenge.db",
                                            "lehrgaenge.db-wal", "lehrgaenge.db-shm" };

struct Stage {
  StageOptions options;
  char *folder, *config;
  pid_t simulator;
};

char *
stage_path(const Stage *stage, const char *name) {
  return g_build_filename(stage->folder, name, NULL);
}

const char *
stage_config(const Stage *stage) {
  return stage->config;
}

pid_t
stage_simulator(const Stage *stage) {
  return stage->simulator;
}

static bool
make_certificates(Stage *stage, GError **error) {
  g_autofree char *script =
      g_build_filename(stage->options.source, "scripts", "make-test-certs", NULL);
  g_autofree char *certs = stage_path(stage, "certs"), *output = stage_path(stage, "certs.out");
  const char *argv[] = { script, certs, NULL };
  return child_run(argv, output, stage->options.stop, NULL, error);
}

/* Starts it and gives the address it serves. */
static char *
start_simulator(Stage *stage, StageSize size, guint latency_ms, GError **error) {
  g_autofree char *certificate = stage_path(stage, "certs/server.pem");
  g_autofree char *key = stage_path(stage, "certs/server.key");
  g_autofree char *authority = stage_path(stage, "certs/ca.pem");
  g_autofree char *keys = stage_path(stage, "keys");
  g_autofree char *tenants = g_build_filename(stage->options.source, "data", "tenants.tsv", NULL);
  g_autofree char *generate =
      g_strdup_printf("%ux%ux%u", size.tenants, size.lehrgaenge, size.teilnehmer);
  g_autofree char *latency = g_strdup_printf("%u", latency_ms), *line = NULL;
  const char *argv[] = { stage->options.simulator,
                         "--generate",
                         generate,
                         "--tenants",
                         tenants,
                         "--keys-dir",
                         keys,
                         "--tls-cert",
                         certificate,
                         "--tls-key",
                         key,
                         "--client-ca",
                         authority,
                         "--latency-ms",
                         latency,
                         NULL };
  stage->simulator = child_serve(argv, &line, error);
  if (stage->simulator == 0)
    return NULL;
  if (g_str_has_prefix(line, LISTENING))
    return g_strdup(line + strlen(LISTENING));
  g_set_error(error, CHILD_ERROR, 0, "%s says where it listens in words unknown here: %s",
              stage->options.simulator, line);
  return NULL;
}

static bool
write_config(Stage *stage, const char *address, GError **error) {
  g_autofree char *text =
      g_strdup_printf("[zms]\nbaseurl=%s/rest/services/moodle-services\n"
                      "certificationpath=certs\ncertificate=client.pem\nkey=client.key\n"
                      "ca-file=ca.pem\n"
                      "[tenants]\nfile=%s/data/tenants.tsv\nkeys-dir=keys\n"
                      "[monitor]\nlisten=127.0.0.1:0\n[web]\nlisten=127.0.0.1:0\n",
                      address, stage->options.source);
  return g_file_set_contents_full(stage->config, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

static bool
make_moodle(Stage *stage, GError **error) {
  g_autoptr(GPtrArray) argv = g_ptr_array_new();
  g_auto(GStrv) masters = g_strsplit(names_masters(), " ", -1);
  const char *const begin[] = { stage->options.program, "--config", stage->config, "moodle",
                                "init" };
  for (guint i = 0; i < G_N_ELEMENTS(begin); i++)
    g_ptr_array_add(argv, (gpointer)begin[i]);
  for (guint i = 0; masters[i] != NULL; i++) {
    g_ptr_array_add(argv, (gpointer) "--master");
    g_ptr_array_add(argv, masters[i]);
  }
  g_ptr_array_add(argv, NULL);
  g_autofree char *output = stage_path(stage, "init.out"), *made = stage_path(stage, "moodle.db");
  g_autofree char *kept = stage_path(stage, EMPTY_MOODLE);
  if (!child_run((const char *const *)argv->pdata, output, stage->options.stop, NULL, error))
    return false;
  if (rename(made, kept) == 0)
    return true;
  g_set_error(error, CHILD_ERROR, 0, "%s: cannot be renamed", made);
  return false;
}

Stage *
stage_new(const StageOptions *options, StageSize size, guint latency_ms, GError **error) {
  g_autoptr(Stage) stage = g_new0(Stage, 1);
  stage->options = *options;
  stage->folder = g_dir_make_tmp("lehrgaenge-bench-XXXXXX", error);
  if (stage->folder == NULL)
    return NULL;
  stage->config = stage_path(stage, "lehrgaenge.conf");
  if (!make_certificates(stage, error))
    return NULL;
  g_autofree char *address = start_simulator(stage, size, latency_ms, error);
  if (address == NULL || !write_config(stage, address, error) || !make_moodle(stage, error))
    return NULL;
  return g_steal_pointer(&stage);
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}

void
stage_free(Stage *stage) {
  if (stage == NULL)
    return;
  child_end(stage->simulator);
  if (stage->folder != NULL)
    nftw(stage->folder, remove_one, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
  g_free(stage->folder);
  g_free(stage->config);
  g_free(stage);
}

bool
stage_reset(Stage *stage, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(made_by_runs); i++) {
    g_autofree char *path = stage_path(stage, made_by_runs[i]);
    remove(path);
  }
  g_autofree char *kept = stage_path(stage, EMPTY_MOODLE), *fresh = stage_path(stage, "moodle.db");
  g_autofree char *content = NULL;
  gsize length;
  return g_file_get_contents(kept, &content, &length, error) &&
         g_file_set_contents_full(fresh, content, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600,
                                  error);
}
