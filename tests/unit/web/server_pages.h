/* Pages of the tests' own, in place of the program's dispatch: for tests of what the server does
 * with connections. "/store" needs the store, "/big" is big, "/stream?say=N" sends N events and
 * ends (0: silence that does not end), everything else tells what was asked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server_case.h"

#define SERVER_PAGES_GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
#define SERVER_PAGES_BIG (8 * 1024 * 1024)

/* How often streams were asked for more, and how many are over. Atomic. */
extern gint server_pages_asked, server_pages_freed;

/* Asks for "/store"; the connection ends with the answer. */
int server_pages_ask_store(const ServerCase *test);

/* The answer has that status, and the connection ends; closes it. */
void server_pages_expect_end(int fd, guint status);

/* Asks for the stream. */
int server_pages_open_stream(const ServerCase *test, const char *say);

/* Reads until `end` has come. */
void server_pages_await(int fd, const char *end);

/* Fails the test, showing both, unless the part is there. */
void server_pages_assert_has(const char *reply, const char *part);
