/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/routes.h"

const WebRoute web_configuration_routes[] = { { 0 } };
