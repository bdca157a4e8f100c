/* The frame of all pages, and the parts they share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"

typedef enum {
  PAGE_NONE, /* not in the menu: sign in, errors */
  PAGE_OVERVIEW,
  PAGE_IMPORT,
  PAGE_HISTORY,
  PAGE_TASKS,
  PAGE_CONFIGURATION,
  PAGE_AUDIT,
  PAGE_ACCOUNT,
} PageMenu;

/* Begins the page in call->answer: head, menu, <h1> with `title`; what follows goes into <main>.
 * `refresh` > 0: the page is brought up to date after so many seconds; with JavaScript only while
 * it is seen, nothing is filled in, and no stream of events keeps it up to date (web/live.h). */
Html *page_begin(WebCall *call, PageMenu menu, const char *title, guint refresh);
/* Ends it and frees `html`. Always true. */
bool page_end(WebCall *call, Html *html);

/* <form method="post"> to `action` with the CSRF token in it; close "form". `class` may be NULL. */
void page_form_open(WebCall *call, Html *html, const char *action, const char *class);

/* A labelled field; closes what it opens. `hint` and `value` may be NULL. `type` as of <input>. */
void page_input(Html *html, const char *type, const char *name, const char *label,
                const char *value, const char *hint);
/* A labelled <select> of values (texts[i] for people, or values[i] where texts is NULL); both end
 * with NULL. */
void page_select(Html *html, const char *name, const char *label, const char *const *values,
                 const char *const *texts, const char *chosen);
void page_button(Html *html, const char *text, const char *name, const char *value,
                 const char *class); /* class NULL: plain; "primary", "danger" */

/* A box that says something: `kind` "info", "warning", "error", "good". */
void page_notice_open(Html *html, const char *kind); /* close "div" */

/* The status of a run, the state of a task, as a badge in the page's language. */
void page_run_status(Html *html, RunStatus status);
void page_task_state(Html *html, StoreTaskState state);
const char *page_run_status_word(WebLanguage language, RunStatus status);
const char *page_role_word(WebLanguage language, StoreRole role);

/* <time> in the configured zone; "–" for 0. */
void page_time(const WebCall *call, Html *html, gint64 time);

/* A row of a <dl class="facts">: its name; what is said of it comes between open and close. */
void page_fact_open(Html *html, const char *name);
void page_fact_close(Html *html);
void page_fact(Html *html, const char *name, const char *text);

/* A table that scrolls by itself on narrow screens, with its caption for screen readers; close it
 * with page_table_close(). In between: page_th() …, then page_rows(), then <tr>s. */
void page_table_open(Html *html, const char *caption, const char *class);
/* A column's head. `sort` (NULL: cannot be sorted) is the value of ?sort= for it; the head then
 * links to the page sorted by it, or the other way round ("-name"). `right` for numbers. */
void page_th(const WebCall *call, Html *html, const char *text, const char *sort, bool right);
void page_rows(Html *html);
void page_table_close(Html *html);
void page_td(Html *html, const char *text);
void page_td_number(Html *html, gint64 number);

/* Whether ?sort= asks for `column`: 1 upwards, −1 downwards, 0 no. `fallback` is what holds when
 * nothing is asked for ("-id"). */
gint page_sorted(const WebCall *call, const char *column, const char *fallback);

/* This page's address with the query field `name` set to `value` (NULL: without). g_free(). */
char *page_link(const WebCall *call, const char *name, const char *value);
