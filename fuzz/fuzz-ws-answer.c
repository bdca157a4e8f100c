/* Moodle's answers out of arbitrary bytes: whatever comes, no crash, no leak, and either a result
 * or a failure that keeps its promises (texts that are UTF-8, on one line, bounded, without the
 * token). The first byte chooses the HTTP status; the second one whether it is an answer or,
 * parsed, an entry of the batch function.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_failure.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"
#include "fuzz.h"

#define TOKEN "0123456789abcdef"
#define MAX_MESSAGE 4096

static void
check_text(const char *text) {
  g_assert_nonnull(text);
  g_assert_true(g_utf8_validate(text, -1, NULL));
  g_assert_null(strpbrk(text, "\r\n"));
  g_assert_null(strstr(text, TOKEN));
  g_assert_cmpuint(strlen(text), <=, MAX_MESSAGE);
}

static void
check(const WsFailure *failure, const json_t *result) {
  g_assert_true((failure == NULL) != (result == NULL));
  if (failure == NULL)
    return;
  check_text(failure->errorcode);
  check_text(failure->text);
  check_text(failure->message);
  g_assert_true(g_str_has_prefix(failure->message, "core_test: "));
  g_assert_false(ws_failure_may_have_happened(failure) && failure->kind == WS_REFUSED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const long statuses[] = { 200, 200, 200, 303, 403, 404, 502, 503 };
  static gsize once;
  json_t *result = NULL;
  if (g_once_init_enter(&once)) {
    text_secret_add(TOKEN);
    g_once_init_leave(&once, 1);
  }
  if (size < 2)
    return 0;
  /* A copy of its own size, so that reading past the end is seen. */
  g_autofree char *body = g_memdup2(data + 2, size - 2);
  if (data[1] % 2 == 0) {
    const TransferResult answer = { .url = "https://moodle.example.org",
                                    .problem = "",
                                    .status = statuses[data[0] % G_N_ELEMENTS(statuses)],
                                    .body = body != NULL ? body : "",
                                    .length = size - 2,
                                    .sent = true };
    g_autoptr(WsFailure) failure = ws_failure_read("core_test", &answer, 1, &result);
    check(failure, result);
  } else {
    json_auto_t *entry = jsonget_parse(body, size - 2, NULL);
    if (entry == NULL)
      return 0;
    g_autoptr(WsFailure) failure = ws_failure_read_entry("core_test", entry, &result);
    check(failure, result);
  }
  json_decref(result);
  return 0;
}
