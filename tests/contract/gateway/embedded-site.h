/* An embedded Moodle in a directory of its own, with a second connection to look behind the
 * gateway's back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gateway-contract.h"

gpointer embedded_site_open(void);
void embedded_site_close(gpointer site);
Gateway *embedded_site_gateway(gpointer site);
void embedded_site_refresh(gpointer site);
void embedded_site_exec(gpointer site, const char *sql);
char *embedded_site_look(gpointer site, const char *sql);

/* Whether the database itself refuses that statement, with these words in its message. */
bool embedded_site_refuses(gpointer site, const char *sql, const char *words);

const char *embedded_site_path(gpointer site);

/* An empty temporary directory; remove it with its files by embedded_site_remove(), which frees the
 * path. */
char *embedded_site_directory(void);
void embedded_site_remove(char *directory);
