/* What the service listens on: the monitor's listener, and the web pages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "service/service_private.h"
#include "web/web.h"

typedef struct {
  Service *service; /* set by who makes it; the rest is its own */
  Listener *listener;
  Web *web;
  bool left; /* a thread was left behind */
} ServiceListen;

/* Opens what the configuration asks for. */
bool service_listen_begin(ServiceListen *listen, const Config *config, GError **error);

/* Goes from what `old` asked for to what `new` asks for. What is right already is left alone, and
 * nothing is given up for an address that cannot be had: then false, and all is as it was. */
bool service_listen_move(ServiceListen *listen, const Config *old, const Config *new,
                         GError **error);

/* Ends the pages, within two seconds. */
void service_listen_end_web(ServiceListen *listen);

/* Ends the rest. False: a thread that hangs was left behind, at some time, and what is behind the
 * service must stay. */
bool service_listen_end(ServiceListen *listen);
