/* The gateway's contract, held by the web-service gateway over HTTP: with all the companion plugin
 * has, with Moodle's own functions for reading, and without its batch function.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway-contract.h"
#include "webservice-site.h"

int
main(int argc, char **argv) {
  static const GatewayHarness packed = { .name = "webservice",
                                         .tells_method = true,
                                         .tells_auth = true,
                                         .open = webservice_site_open,
                                         .close = webservice_site_close,
                                         .gateway = webservice_site_gateway,
                                         .refresh = webservice_site_refresh,
                                         .exec = webservice_site_exec,
                                         .look = webservice_site_look };
  static GatewayHarness core, plain, recent, recent_core;
  core = packed;
  core.name = "webservice-core";
  core.tells_method = false;
  core.open = webservice_site_open_core;
  plain = core;
  plain.name = "webservice-plain";
  plain.open = webservice_site_open_plain;
  plain.exact_case = true;
  plain.exact_emails = true;
  recent = packed;
  recent.name = "webservice-recent";
  recent.counts_subsections = true;
  recent.open = webservice_site_open_recent;
  recent_core = core;
  recent_core.name = "webservice-recent-core";
  recent_core.counts_subsections = true;
  recent_core.open = webservice_site_open_recent_core;
  g_test_init(&argc, &argv, NULL);
  gateway_contract_add(&packed);
  gateway_contract_add(&core);
  gateway_contract_add(&plain);
  gateway_contract_add(&recent);
  gateway_contract_add(&recent_core);
  return g_test_run();
}
