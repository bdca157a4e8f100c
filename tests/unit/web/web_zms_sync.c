/* Apart, because the simulator and the engine both have a Source.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/runner.h"
#include "web_zms.h"

void
web_zms_sync(const WebCase *test) {
  const RunnerHooks hooks = { 0 };
  const RunRequest request = { .triggeredby = "test" };
  g_auto(RunResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(Runner) runner = runner_open(test->config, test->clock, NULL, 0, &hooks, &error);
  g_assert_no_error(error);
  g_assert_true(run_sync(runner_context(runner), &request, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpint(result.status, ==, RUN_SUCCESS);
}
