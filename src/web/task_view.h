/* What of the background tasks who may see, and how one is told in words.
 *
 * Whoever is bound to tenants sees the content copies of courses that one of theirs feeds, and the
 * imports whose tenants are all theirs; mails and messages never.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"

/* ── who sees what ── */

/* Those of `tasks` (StoreTask) that whoever asks may see, borrowed from there, in the same order.
 * Free with g_ptr_array_unref(). NULL: the store failed. */
GPtrArray *task_view_seen(const WebCall *call, const GPtrArray *tasks, GError **error);

/* *task becomes the one of number `id`, or NULL without error when there is none that whoever asks
 * may see. */
bool task_view_find(const WebCall *call, gint64 id, StoreTask **task, GError **error);

/* The same for the number in the call's path. False, and *task NULL: the store failed, or the call
 * was refused (*refused). */
bool task_view_open(WebCall *call, StoreTask **task, bool *refused, GError **error);

/* ── what may be done with one ── */

/* How the error of one begins that somebody took out; the name follows. */
#define TASK_VIEW_CANCELLED "cancelled by "
bool task_view_cancelled(const StoreTask *task);

/* A retry of an import that may remove many people takes who may allow that (an administrator). */
bool task_view_may_retry(const WebPrincipal *who, const StoreTask *task);

/* ── in words ── */

const char *task_view_kind(WebLanguage language, const char *kind);

/* What it is about, with a link to the course in Moodle where its address is known. */
void task_view_about(const WebCall *call, Html *html, const StoreTask *task);

/* The last error without secrets, "" when there is none. Free with g_free(). */
char *task_view_error(WebLanguage language, const StoreTask *task);

/* "now", "in 5 min", "–" for what does not wait. */
void task_view_due(const WebCall *call, Html *html, const StoreTask *task);

/* "3 of 10" tries. Free with g_free(). */
char *task_view_tries(const WebCall *call, const StoreTask *task);

/* Rows of a <dl>: what its payload means. */
void task_view_payload(const WebCall *call, Html *html, const StoreTask *task);

/* What a mail or message says, without secrets; nothing for other kinds. */
void task_view_letter(Html *html, const StoreTask *task);

/* One row of a <dl class="facts">, "–" where there is nothing to say. */
void task_view_fact(Html *html, const char *name, const char *text);
