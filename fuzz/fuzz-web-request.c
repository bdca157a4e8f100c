/* Requests out of arbitrary bytes, through intake and dispatch, over an empty store in memory:
 * whatever comes, no crash, no leak, and an answer with a status; what was refused never reaches a
 * page, and what reaches one keeps what web/request.h promises.
 *
 * The bytes are a request as it is sent: "GET /runs?x=1 HTTP/1.1", headers, an empty line, the
 * body; lines end with a newline. A first byte that is no capital letter says how it came: bit 0
 * over TLS, bit 1 from a trusted proxy.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/intake.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/sqlite.h"
#include "web/dispatch.h"
#include "web/refusal.h"

#define NOW ((gint64)1773147909)
/* As much as the server takes of a line and its headers. */
#define MAX_HEAD ((gsize)16 * 1024)

typedef struct {
  char *folder;
  Clock *clock;
  Config *config;
  Store *store;
  WebSite *site;
  Origin *origin;
} Place;

static Store *
no_other_store(gpointer data, GError **error) {
  (void)data;
  g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "there is one store only");
  return NULL;
}

static Config *
config_in_force(gpointer data) {
  return config_ref(((Place *)data)->config);
}

static char *
ready(gpointer data) {
  (void)data;
  return NULL;
}

static gint64
next_run(gpointer data) {
  (void)data;
  return NOW + 3600;
}

static void
wake(gpointer data) {
  (void)data;
}

static void
load_config(Place *place) {
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;
  place->folder = g_dir_make_tmp("fuzz-web-XXXXXX", NULL);
  path = g_build_filename(place->folder, "lehrgaenge.conf", NULL);
  g_assert_true(g_file_set_contents(path,
                                    "[web]\nhosts=pages.example\ntrusted-proxies=192.0.2.0/24\n"
                                    "[tenant FD]\nname=Landkreis Fulda\napikey=k\n",
                                    -1, NULL));
  chmod(path, 0600);
  place->config = config_load(path, &error);
  g_assert_no_error(error);
  unlink(path);
  rmdir(place->folder);
}

/* Made once and never freed: a fuzzer has no end. */
static Place *
place_get(void) {
  static Place place;
  static gsize once;
  if (!g_once_init_enter(&once))
    return &place;
  g_autoptr(GError) error = NULL;
  load_config(&place);
  place.clock = clock_manual_new(NOW);
  place.store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  const WebContext context = { .clock = place.clock,
                               .open_store = no_other_store,
                               .config = config_in_force,
                               .unready = ready,
                               .next_run = next_run,
                               .wake = wake,
                               .user_data = &place };
  place.site = web_site_new(&context);
  place.origin = origin_new(place.config);
  g_once_init_leave(&once, 1);
  return &place;
}

/* ── taking it apart as a server does ── */

/* The next line without its end; NULL when there is none. */
static char *
take_line(const char **at, const char *end) {
  const char *stop = memchr(*at, '\n', (gsize)(end - *at));
  if (stop == NULL)
    return NULL;
  char *line = g_strndup(*at, (gsize)(stop - *at));
  *at = stop + 1;
  return g_strchomp(line);
}

static void
take_headers(Intake *intake, const char **at, const char *end) {
  for (char *line; (line = take_line(at, end)) != NULL; g_free(line)) {
    char *colon = strchr(line, ':');
    if (*line == '\0') {
      g_free(line);
      return;
    }
    if (colon == NULL)
      continue;
    *colon = '\0';
    intake_header(intake, line, g_strstrip(colon + 1));
  }
}

static Intake *
take_in(const Place *place, const char *text, gsize length) {
  bool tls = length > 0 && (text[0] & 1) != 0, proxy = length > 0 && (text[0] & 2) != 0;
  if (length > 0 && !g_ascii_isupper(text[0])) {
    text++;
    length--;
  } else {
    tls = proxy = false;
  }
  const char *at = text, *end = text + length;
  g_autofree char *line = take_line(&at, end);
  g_auto(GStrv) words = line == NULL ? NULL : g_strsplit(line, " ", 3);
  if (line == NULL || g_strv_length(words) != 3)
    return NULL;
  Network peer, local;
  network_parse_address(proxy ? "192.0.2.9" : "198.51.100.7", &peer);
  network_parse_address("127.0.0.1", &local);
  Intake *intake = intake_new(words[1]);
  take_headers(intake, &at, end);
  intake_head(intake, place->origin, words[0], words[2], tls, &peer, &local);
  if (intake_is_hopeless(intake))
    g_assert_cmpuint(intake_status(intake), !=, 0);
  else if (intake_body(intake, at, (gsize)(end - at)))
    intake_end(intake);
  return intake;
}

/* ── what must hold ── */

static void
check_fields(const WebFields *fields) {
  g_assert_cmpuint(web_fields_count(fields), <=, WEB_MAX_FIELDS);
  for (guint i = 0; i < web_fields_count(fields); i++) {
    g_assert_true(g_utf8_validate(web_fields_name(fields, i), -1, NULL));
    g_assert_true(g_utf8_validate(web_fields_value(fields, i), -1, NULL));
  }
}

static void
check_request(const WebRequest *request) {
  g_assert_true(request->path[0] == '/' && strstr(request->path, "//") == NULL);
  g_assert_null(strstr(request->path, "/../"));
  g_assert_null(strchr(request->path, '\\'));
  g_assert_false(g_str_has_suffix(request->path, "/.."));
  g_assert_true(g_utf8_validate(request->path, -1, NULL));
  g_assert_cmpuint(request->body_length, <=, WEB_MAX_BODY);
  g_assert_cmpuint(request->body[request->body_length], ==, '\0');
  Network address;
  g_assert_true(network_parse_address(request->address, &address));
  check_fields(request->query);
  check_fields(request->form);
  check_fields(request->cookies);
  check_fields(request->headers);
}

static void
check_answer(const WebAnswer *answer) {
  g_assert_true(answer->status >= 200 && answer->status <= 599);
  g_assert_nonnull(answer->type);
  for (guint i = 0; i < web_fields_count(answer->headers); i++)
    g_assert_null(strpbrk(web_fields_value(answer->headers, i), "\r\n"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Place *place = place_get();
  if (size == 0 || size > MAX_HEAD + WEB_MAX_BODY)
    return 0;
  /* A copy of its own size, so that reading past the end is seen. */
  g_autofree char *text = g_memdup2(data, size);
  g_autoptr(Intake) intake = take_in(place, text, size);
  if (intake == NULL)
    return 0;
  g_auto(WebAnswer) answer;
  web_answer_init(&answer);
  const WebRequest *request = intake_request(intake);
  if (intake_status(intake) == 0) {
    check_request(request);
    /* A password takes its time to check by intention, so none is. */
    bool slow = request->method == WEB_POST && strcmp(request->path, "/login") == 0;
    bool storeless = slow || web_dispatch_storeless(request);
    web_dispatch(place->site, request, storeless ? NULL : place->store, &answer);
  } else {
    refusal_answer(&answer, intake_status(intake), intake_target(intake),
                   web_fields_get(request->headers, "Accept-Language"));
    g_assert_cmpuint(answer.status, ==, intake_status(intake));
  }
  check_answer(&answer);
  return 0;
}
