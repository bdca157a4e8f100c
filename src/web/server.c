/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"
G_DEFINE_QUARK(lehrgaenge - web - error - quark, web_error)
