/*
 * protocol: messages of PostgreSQL's protocol 3.0 over a socket, in and out, with bounded buffers.
 *
 * A Wire is one socket with a read buffer and a write buffer. Messages are read in two steps, head and
 * body, so that a DataRow of any size streams through 64 KiB; only messages that somebody must
 * understand are held whole. Writes collect until wire_flush, or until the buffer is full.
 *
 * From wire_set_tls on, what is read and written goes through TLS; the socket then stays readable only for
 * what has not been read: the buffer holds a whole record, so none is left in OpenSSL.
 *
 * Threads: a Wire belongs to one thread.
 * Errors:  functions return FALSE when the connection is gone, and for ever after.
 * Example: while (wire_next(backend, &head))
 *              if (head.type == 'D') wire_forward(backend, &head, client);
 *              else { const char *body = wire_body(backend, &head); ... }
 */
#ifndef REDSMITH_SANDBOX_PROTOCOL_H
#define REDSMITH_SANDBOX_PROTOCOL_H

#include <glib.h>
#include <openssl/types.h>

typedef struct Wire Wire;

/* Both parties' longest message that is held whole (a Query, an error): Redshift's own limit for a
 * statement is 16 MB; rows may be larger. */
#define WIRE_STATEMENT_MAX (16 * 1024 * 1024)

/* Called before a read that would block, with the Wire's own user data: FALSE gives up. */
typedef gboolean (*WireWait)(gpointer user);
/* Called after `bytes` more were sent in all: FALSE drops the connection. */
typedef gboolean (*WireSent)(gpointer user, guint64 total);

/* Takes over fd. */
Wire *wire_new(int fd);
void wire_free(Wire *wire);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wire, wire_free)

int wire_fd(const Wire *wire);
/* After a handshake (sandbox/front_tls). Takes over tls. */
void wire_set_tls(Wire *wire, SSL *tls);
gboolean wire_has_tls(const Wire *wire);
void wire_on_wait(Wire *wire, WireWait wait, gpointer user);
void wire_on_sent(Wire *wire, WireSent sent, gpointer user);

/* Is something read already and not yet consumed? */
gboolean wire_has_input(const Wire *wire);
gboolean wire_has_output(const Wire *wire);

typedef struct {
    char type;      /* 0 for a start-up packet */
    guint32 length; /* of the body */
} WireHead;

/* The next message's head. The previous message's body must have been consumed. */
gboolean wire_next(Wire *wire, WireHead *head);
/* As wire_next for the packets of the start-up phase, which have no type byte. Refuses more than
 * 10000 bytes, as PostgreSQL does. */
gboolean wire_next_startup(Wire *wire, WireHead *head);

/* The whole body, with a NUL after it; valid until the next call on this wire. NULL when gone. */
char *wire_body(Wire *wire, const WireHead *head);
gboolean wire_skip(Wire *wire, const WireHead *head);
/* Head and body to the other side, unchanged. */
gboolean wire_forward(Wire *wire, const WireHead *head, Wire *to);

gboolean wire_write(Wire *wire, const void *bytes, gsize length);
gboolean wire_flush(Wire *wire);
gboolean wire_is_open(const Wire *wire);
/* Nothing more is read or written. */
void wire_break(Wire *wire);

/* A message under construction: type, then fields, then send. The builder is reusable. */
typedef struct {
    GByteArray *bytes;
} Message;

void message_begin(Message *message, char type); /* 0: no type byte */
void message_byte(Message *message, char value);
void message_int16(Message *message, gint16 value);
void message_int32(Message *message, gint32 value);
void message_string(Message *message, const char *text); /* with its NUL */
void message_bytes(Message *message, const void *bytes, gsize length);
gboolean message_send(Message *message, Wire *wire); /* writes into the buffer; no flush */
void message_clear(Message *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

/* Reading fields of a body; an overrun yields 0, "" or NULL and sets failed. */
typedef struct {
    char *at, *end;
    gboolean failed;
} Fields;

Fields fields_of(char *body, gsize length);
gint16 fields_int16(Fields *fields);
gint32 fields_int32(Fields *fields);
char *fields_string(Fields *fields);
char *fields_bytes(Fields *fields, gsize length);

/* What an error or notice says; NULL where it has no such field. Points into the body. */
typedef struct {
    const char *severity, *sqlstate, *message, *detail, *hint, *position, *where;
    const char *file, *line, *routine;
} ErrorFields;
ErrorFields error_fields(char *body, gsize length);

/* ErrorResponse ('E') or NoticeResponse ('N') with the fields that are not NULL. */
gboolean wire_send_error(Wire *wire, char type, const ErrorFields *fields);

#endif
