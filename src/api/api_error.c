/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api_error.h"

/* With underscores: the formatter takes '-' for a minus. */
G_DEFINE_QUARK(api_error_quark, api_error)

static const struct {
  const char *word, *remedy;
} texts[] = {
  [API_ERROR_CONFIG] = { "configuration error", "Correct the settings in [zms]." },
  [API_ERROR_BAD_REQUEST] = { "bad request",
                              "Check that baseurl leads to the moodle-services of ZMS." },
  [API_ERROR_UNAUTHORIZED] = { "unauthorized", "Check the tenant's apikey." },
  [API_ERROR_FORBIDDEN] = { "forbidden", "Ask ZMS what the tenant's apikey may read." },
  [API_ERROR_NOT_FOUND] = { "not found", "If it is there in ZMS, check that baseurl is right." },
  [API_ERROR_RATE_LIMITED] = { "rate limited", "Raise requestdelayms or lower connections." },
  [API_ERROR_STATUS] = { "unexpected status",
                         "Check that baseurl leads to the moodle-services of ZMS." },
  [API_ERROR_SERVER] = { "server error", "ZMS has a problem of its own; try again later." },
  [API_ERROR_TRANSPORT] = { "no answer", "Check baseurl and the network, and whether ZMS is up." },
  [API_ERROR_TLS] = { "TLS failure", "Check certificate, key and ca-file." },
  [API_ERROR_TOO_BIG] = { "answer too big",
                          "Check that baseurl leads to the moodle-services of ZMS." },
  [API_ERROR_DECODE] = { "unexpected answer",
                         "Check that baseurl leads to the moodle-services of ZMS." },
  [API_ERROR_STOPPED] = { "stopped", "" },
};

const char *
api_error_word(ApiError code) {
  return (gsize)code < G_N_ELEMENTS(texts) ? texts[code].word : "error";
}

const char *
api_error_remedy(ApiError code) {
  return (gsize)code < G_N_ELEMENTS(texts) ? texts[code].remedy : "";
}
