/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "access.h"

static Access *
embedded_access_open(const Site *site) {
  Access *access = g_new0(Access, 1);
  access->gateway = site_gateway(site);
  return access;
}

static void
embedded_access_close(Access *access) {
  g_free(access);
}

const AccessClass access_embedded = {
  .word = "embedded",
  .open = embedded_access_open,
  .close = embedded_access_close,
};
