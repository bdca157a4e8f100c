/* The gateway's contract, held by the embedded Moodle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "embedded-site.h"
#include "gateway-contract.h"

int
main(int argc, char **argv) {
  static const GatewayHarness harness = { .name = "embedded",
                                          .tells_method = true,
                                          .tells_auth = true,
                                          .announces_at_once = true,
                                          .copies_no_groups = true,
                                          .exact_case = true,
                                          .tells_shared_emails = true,
                                          .open = embedded_site_open,
                                          .close = embedded_site_close,
                                          .gateway = embedded_site_gateway,
                                          .refresh = embedded_site_refresh,
                                          .exec = embedded_site_exec,
                                          .look = embedded_site_look };
  g_test_init(&argc, &argv, NULL);
  gateway_contract_add(&harness);
  return g_test_run();
}
