/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/refused_log.h"

#include "base/log.h"
#include "base/text.h"

/* Most characters of a path that are repeated. */
#define SHOWN_MAX 200

static GMutex lock;
static RefusedCount all;

guint
refused_count_over(RefusedCount *count, gint64 now) {
  guint told = count->left_out;
  if (count->since != 0 && now - count->since < REFUSED_LOG_S * G_USEC_PER_SEC)
    return 0;
  *count = (RefusedCount){ .since = now };
  return told;
}

bool
refused_count(RefusedCount *count, gint64 now, guint *told) {
  *told = refused_count_over(count, now);
  bool may = count->lines < REFUSED_LOG_LINES;
  if (may)
    count->lines++;
  else
    count->left_out++;
  return may;
}

static void
tell(guint left_out) {
  if (left_out > 0)
    log_info("web", "%u more requests were refused, too many to log each", left_out);
}

void
refused_log(const char *method, const char *path, const char *address, const char *who,
            guint status) {
  guint told;
  g_mutex_lock(&lock);
  bool may = refused_count(&all, g_get_monotonic_time(), &told);
  g_mutex_unlock(&lock);
  tell(told);
  if (!may)
    return;
  autochar verb = text_display(method, -1, SHOWN_MAX);
  autochar shown = text_display(path, -1, SHOWN_MAX);
  log_info("web", "%s %s from %s%s%s: %u", verb, shown, address, who != NULL ? ", " : "",
           who != NULL ? who : "", status);
}

bool
refused_log_flush(void) {
  g_mutex_lock(&lock);
  guint told = all.left_out > 0 ? refused_count_over(&all, g_get_monotonic_time()) : 0;
  bool waits = all.left_out > 0;
  g_mutex_unlock(&lock);
  tell(told);
  return waits;
}
