/* A mail server inside the test: on 127.0.0.1, a port of its own, one connection at a time. It
 * takes mails and keeps them, over plain connections, STARTTLS or smtps://, asks for a password
 * when told to, and refuses, stays silent or hangs up where a script says so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Larger mails, and more commands in one connection, end the test. */
#define SMTP_SINK_MAX_MAIL ((gsize)1024 * 1024)
#define SMTP_SINK_MAX_COMMANDS 100

/* What the server does instead of going on. */
typedef enum {
  SMTP_SINK_ANSWER, /* gives `answer` */
  SMTP_SINK_SILENT, /* says nothing, until the other side hangs up */
  SMTP_SINK_CLOSE,  /* hangs up */
} SmtpSinkHow;

typedef struct {
  const char *at; /* a command's word ("RCPT"); "" the greeting, "." the end of the mail */
  SmtpSinkHow how;
  const char *answer; /* "550 5.1.1 no such user"; lines of several are parted by \r\n */
  guint times;        /* so often, then as usual; 0: always */
} SmtpSinkFault;

typedef struct {
  const char *certificate, *key; /* PEM files; NULL: no TLS */
  bool smtps;                    /* TLS from the first byte; else STARTTLS is offered */
  const char *user, *password;   /* asked for before MAIL; NULL: nobody has to sign in */
  const char *mechanisms;        /* offered for it; NULL: "PLAIN LOGIN" */
  SmtpSinkFault fault;           /* at NULL: none */
} SmtpSinkOptions;

/* A mail taken, dots no longer doubled, lines ended by CRLF. */
typedef struct {
  char *from, *to; /* of the envelope; recipients parted by blanks */
  char *user;      /* who had signed in; "" nobody */
  bool encrypted;
  char *text;
} SmtpSinkMail;

typedef struct SmtpSink SmtpSink;

/* `options` are copied, texts included. */
SmtpSink *smtp_sink_new(const SmtpSinkOptions *options);
void smtp_sink_free(SmtpSink *sink); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmtpSink, smtp_sink_free)

/* "smtp://127.0.0.1:PORT", or smtps; borrowed. */
const char *smtp_sink_url(const SmtpSink *sink);

/* Another script from now on; NULL: none. */
void smtp_sink_set_fault(SmtpSink *sink, const SmtpSinkFault *fault);

/* Mails taken so far, and one of them, which lives as long as the sink. */
guint smtp_sink_count(SmtpSink *sink);
const SmtpSinkMail *smtp_sink_mail(SmtpSink *sink, guint index);

/* The commands of all connections, a line each, with "(connect)" and "(tls)" between them;
 * passwords as they came. Free with g_free(). */
char *smtp_sink_log(SmtpSink *sink);
