/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faults.h"

typedef struct {
  double allowance; /* requests that may come now */
  gint64 since;     /* when it was computed, microseconds */
} Bucket;

struct Faults {
  FaultsOptions options;
  Clock *clock;
  GMutex lock;
  guint64 seen[FAULT_COUNT]; /* requests each kind has counted */
  GHashTable *buckets;       /* key → Bucket */
  guint64 refused;
};

Faults *
faults_new(const FaultsOptions *options, Clock *clock) {
  Faults *faults = g_new0(Faults, 1);
  faults->options = *options;
  faults->clock = clock;
  g_mutex_init(&faults->lock);
  faults->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return faults;
}

void
faults_free(Faults *faults) {
  if (faults == NULL)
    return;
  g_hash_table_unref(faults->buckets);
  g_mutex_clear(&faults->lock);
  g_free(faults);
}

gint
faults_latency_ms(const Faults *faults) {
  return faults->options.latency_ms;
}

const char *
faults_word(Fault fault) {
  static const char *const words[FAULT_COUNT] = { "none",    "drop", "stall", "truncate",
                                                  "garbage", "fail", "lose" };
  return words[fault];
}

Fault
faults_next(Faults *faults) {
  const FaultsOptions *options = &faults->options;
  const gint every[FAULT_COUNT] = { 0,
                                    options->drop_every,
                                    options->stall_every,
                                    options->truncate_every,
                                    options->garbage_every,
                                    options->fail_every,
                                    options->lose_reply_every };
  Fault found = FAULT_NONE;
  g_mutex_lock(&faults->lock);
  for (Fault kind = FAULT_DROP; kind < FAULT_COUNT && found == FAULT_NONE; kind++) {
    if (every[kind] > 0 && ++faults->seen[kind] % (guint64)every[kind] == 0)
      found = kind;
  }
  g_mutex_unlock(&faults->lock);
  return found;
}

static Bucket *
find_bucket(Faults *faults, const char *key) {
  Bucket *bucket = g_hash_table_lookup(faults->buckets, key);
  if (bucket != NULL)
    return bucket;
  if (g_hash_table_size(faults->buckets) >= FAULTS_MAX_KEYS && key[0] != '\0')
    return find_bucket(faults, "");
  bucket = g_new0(Bucket, 1);
  bucket->allowance = faults->options.rate;
  bucket->since = clock_monotonic(faults->clock);
  g_hash_table_insert(faults->buckets, g_strdup(key), bucket);
  return bucket;
}

/* As RFC 9110 wants it, whatever the locale. */
static char *
http_date(gint64 when) {
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(when);
  return g_strdup_printf(
      "%s, %02d %s %04d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week(time) - 1],
      g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
      g_date_time_get_year(time), g_date_time_get_hour(time), g_date_time_get_minute(time),
      g_date_time_get_second(time));
}

bool
faults_admit(Faults *faults, const char *key, char **retry_after) {
  if (faults->options.rate <= 0)
    return true;
  g_mutex_lock(&faults->lock);
  Bucket *bucket = find_bucket(faults, key);
  gint64 now = clock_monotonic(faults->clock);
  double gained = (double)(now - bucket->since) / G_USEC_PER_SEC * faults->options.rate;
  bucket->allowance = MIN(bucket->allowance + gained, faults->options.rate);
  bucket->since = now;
  /* Counting back and forth in doubles loses a little; a whole request is still a whole request. */
  bool admitted = bucket->allowance >= 1 - 1e-6;
  bool as_date = false;
  if (admitted)
    bucket->allowance -= 1;
  else
    as_date = faults->refused++ % 2 == 1;
  g_mutex_unlock(&faults->lock);
  if (!admitted) {
    /* One second is enough for one request at any rate; a date has no fractions, so it takes the
     * next. */
    *retry_after = as_date ? http_date(clock_now(faults->clock) + 2) : g_strdup("1");
  }
  return admitted;
}
