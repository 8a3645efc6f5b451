#include "sandbox/protocol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64 * 1024)
#define STARTUP_MAX 10000
#define KEEP_BODY (1024 * 1024) /* a larger body's memory is given back */

struct Wire {
    int fd;
    SSL *tls; /* NULL: none */
    gboolean open;
    char in[BUFFER], out[BUFFER];
    gsize in_start, in_end, out_length;
    guint64 sent_total;
    GByteArray *body;
    WireWait wait;
    WireSent sent;
    gpointer wait_user, sent_user;
};

Wire *wire_new(int fd)
{
    Wire *wire = g_malloc(sizeof(Wire));
    memset(wire, 0, G_STRUCT_OFFSET(Wire, in));
    wire->in_start = wire->in_end = wire->out_length = 0;
    wire->sent_total = 0;
    wire->wait = NULL;
    wire->sent = NULL;
    wire->tls = NULL;
    wire->fd = fd;
    wire->open = fd >= 0;
    wire->body = g_byte_array_new();
    return wire;
}

void wire_free(Wire *wire)
{
    if (wire == NULL)
        return;
    /* One try to say goodbye; a client that does not read is not waited for. */
    if (wire->tls != NULL && wire->open && fcntl(wire->fd, F_SETFL, O_NONBLOCK) == 0)
        SSL_shutdown(wire->tls);
    SSL_free(wire->tls);
    if (wire->fd >= 0)
        close(wire->fd);
    g_byte_array_unref(wire->body);
    g_free(wire);
}

int wire_fd(const Wire *wire)
{
    return wire->fd;
}

void wire_set_tls(Wire *wire, SSL *tls)
{
    wire->tls = tls;
}

gboolean wire_has_tls(const Wire *wire)
{
    return wire->tls != NULL;
}

void wire_on_wait(Wire *wire, WireWait wait, gpointer user)
{
    wire->wait = wait;
    wire->wait_user = user;
}

void wire_on_sent(Wire *wire, WireSent sent, gpointer user)
{
    wire->sent = sent;
    wire->sent_user = user;
}

gboolean wire_has_input(const Wire *wire)
{
    return wire->in_end > wire->in_start;
}

gboolean wire_has_output(const Wire *wire)
{
    return wire->out_length > 0;
}

gboolean wire_is_open(const Wire *wire)
{
    return wire->open;
}

void wire_break(Wire *wire)
{
    wire->open = FALSE;
}

/* As recv; OpenSSL's errors belong to a thread and must not be left for the next call. */
static ssize_t receive(Wire *wire)
{
    if (wire->tls == NULL)
        return recv(wire->fd, wire->in, BUFFER, 0);
    ERR_clear_error();
    return SSL_read(wire->tls, wire->in, BUFFER);
}

static ssize_t transmit(Wire *wire, const char *bytes, gsize length)
{
    if (wire->tls == NULL)
        return send(wire->fd, bytes, length, MSG_NOSIGNAL);
    ERR_clear_error();
    return SSL_write(wire->tls, bytes, (int)length);
}

/* Reads what is there into an empty buffer; blocks until there is something. */
static gboolean fill(Wire *wire)
{
    if (!wire->open)
        return FALSE;
    if (wire->wait != NULL && !wire->wait(wire->wait_user)) {
        wire->open = FALSE;
        return FALSE;
    }
    ssize_t got;
    do
        got = receive(wire);
    while (got < 0 && wire->tls == NULL && errno == EINTR);
    wire->in_start = 0;
    wire->in_end = got > 0 ? (gsize)got : 0;
    wire->open = got > 0;
    return wire->open;
}

static gboolean read_exact(Wire *wire, void *bytes, gsize length)
{
    char *to = bytes;
    while (length > 0) {
        if (!wire_has_input(wire) && !fill(wire))
            return FALSE;
        gsize part = MIN(length, wire->in_end - wire->in_start);
        memcpy(to, wire->in + wire->in_start, part);
        wire->in_start += part;
        to += part;
        length -= part;
    }
    return TRUE;
}

static gboolean read_length(Wire *wire, WireHead *head)
{
    guint32 length;
    if (!read_exact(wire, &length, sizeof length))
        return FALSE;
    length = ntohl(length);
    if (length < 4 || length > G_MAXINT32) {
        wire->open = FALSE;
        return FALSE;
    }
    head->length = length - 4;
    return TRUE;
}

gboolean wire_next(Wire *wire, WireHead *head)
{
    return read_exact(wire, &head->type, 1) && read_length(wire, head);
}

gboolean wire_next_startup(Wire *wire, WireHead *head)
{
    head->type = 0;
    if (!read_length(wire, head))
        return FALSE;
    if (head->length >= 4 && head->length <= STARTUP_MAX)
        return TRUE;
    wire->open = FALSE;
    return FALSE;
}

char *wire_body(Wire *wire, const WireHead *head)
{
    if (wire->body->len > KEEP_BODY && head->length < KEEP_BODY) {
        g_byte_array_unref(wire->body);
        wire->body = g_byte_array_new();
    }
    g_byte_array_set_size(wire->body, head->length + 1);
    wire->body->data[head->length] = '\0';
    if (!read_exact(wire, wire->body->data, head->length))
        return NULL;
    return (char *)wire->body->data;
}

/* Hands the next `length` bytes to `to` (NULL: nobody), through the buffer. */
static gboolean pass_on(Wire *wire, gsize length, Wire *to)
{
    while (length > 0) {
        if (!wire_has_input(wire) && !fill(wire))
            return FALSE;
        gsize part = MIN(length, wire->in_end - wire->in_start);
        if (to != NULL && !wire_write(to, wire->in + wire->in_start, part))
            return FALSE;
        wire->in_start += part;
        length -= part;
    }
    return TRUE;
}

gboolean wire_skip(Wire *wire, const WireHead *head)
{
    return pass_on(wire, head->length, NULL);
}

gboolean wire_forward(Wire *wire, const WireHead *head, Wire *to)
{
    char bytes[5] = {head->type};
    guint32 length = htonl(head->length + 4);
    memcpy(bytes + 1, &length, sizeof length);
    return wire_write(to, bytes, sizeof bytes) && pass_on(wire, head->length, to);
}

gboolean wire_flush(Wire *wire)
{
    gsize done = 0;
    while (wire->open && done < wire->out_length) {
        ssize_t sent = transmit(wire, wire->out + done, wire->out_length - done);
        if (sent < 0 && wire->tls == NULL && errno == EINTR)
            continue;
        if (sent <= 0)
            wire->open = FALSE;
        else
            done += (gsize)sent;
    }
    wire->out_length = 0;
    wire->sent_total += done;
    if (wire->open && done > 0 && wire->sent != NULL)
        wire->open = wire->sent(wire->sent_user, wire->sent_total);
    return wire->open;
}

gboolean wire_write(Wire *wire, const void *bytes, gsize length)
{
    const char *from = bytes;
    while (length > 0) {
        gsize part = MIN(length, BUFFER - wire->out_length);
        memcpy(wire->out + wire->out_length, from, part);
        wire->out_length += part;
        from += part;
        length -= part;
        if (wire->out_length == BUFFER && !wire_flush(wire))
            return FALSE;
    }
    return wire->open;
}

void message_begin(Message *message, char type)
{
    if (message->bytes == NULL)
        message->bytes = g_byte_array_new();
    g_byte_array_set_size(message->bytes, 0);
    g_byte_array_append(message->bytes, (const guint8 *)&type, 1);
    message_int32(message, 0);
}

void message_byte(Message *message, char value)
{
    message_bytes(message, &value, 1);
}

void message_int16(Message *message, gint16 value)
{
    guint16 wire = htons((guint16)value);
    message_bytes(message, &wire, sizeof wire);
}

void message_int32(Message *message, gint32 value)
{
    guint32 wire = htonl((guint32)value);
    message_bytes(message, &wire, sizeof wire);
}

void message_string(Message *message, const char *text)
{
    message_bytes(message, text, strlen(text) + 1);
}

void message_bytes(Message *message, const void *bytes, gsize length)
{
    g_byte_array_append(message->bytes, bytes, (guint)length);
}

gboolean message_send(Message *message, Wire *wire)
{
    guint8 *data = message->bytes->data;
    guint32 length = htonl(message->bytes->len - 1);
    memcpy(data + 1, &length, sizeof length);
    gsize skip = data[0] == 0 ? 1 : 0;
    return wire_write(wire, data + skip, message->bytes->len - skip);
}

void message_clear(Message *message)
{
    g_clear_pointer(&message->bytes, g_byte_array_unref);
}

Fields fields_of(char *body, gsize length)
{
    return (Fields){.at = body, .end = body + length};
}

char *fields_bytes(Fields *fields, gsize length)
{
    if (fields->failed || length > (gsize)(fields->end - fields->at)) {
        fields->failed = TRUE;
        return NULL;
    }
    char *bytes = fields->at;
    fields->at += length;
    return bytes;
}

gint16 fields_int16(Fields *fields)
{
    guint16 wire = 0;
    const char *bytes = fields_bytes(fields, sizeof wire);
    if (bytes != NULL)
        memcpy(&wire, bytes, sizeof wire);
    return (gint16)ntohs(wire);
}

gint32 fields_int32(Fields *fields)
{
    guint32 wire = 0;
    const char *bytes = fields_bytes(fields, sizeof wire);
    if (bytes != NULL)
        memcpy(&wire, bytes, sizeof wire);
    return (gint32)ntohl(wire);
}

char *fields_string(Fields *fields)
{
    char *end = fields->failed ? NULL : memchr(fields->at, '\0', (gsize)(fields->end - fields->at));
    if (end == NULL) {
        fields->failed = TRUE;
        return (char *)"";
    }
    char *text = fields->at;
    fields->at = end + 1;
    return text;
}

static const char **error_slot(ErrorFields *fields, char code)
{
    switch (code) {
    case 'S':
        return &fields->severity;
    case 'C':
        return &fields->sqlstate;
    case 'M':
        return &fields->message;
    case 'D':
        return &fields->detail;
    case 'H':
        return &fields->hint;
    case 'P':
        return &fields->position;
    case 'W':
        return &fields->where;
    case 'F':
        return &fields->file;
    case 'L':
        return &fields->line;
    case 'R':
        return &fields->routine;
    default:
        return NULL; /* fields that are younger than Redshift's protocol */
    }
}

ErrorFields error_fields(char *body, gsize length)
{
    ErrorFields result = {0};
    Fields fields = fields_of(body, length);
    while (fields.at < fields.end && *fields.at != '\0') {
        char code = *fields.at++;
        const char *text = fields_string(&fields);
        const char **slot = error_slot(&result, code);
        if (slot != NULL)
            *slot = text;
    }
    return result;
}

gboolean wire_send_error(Wire *wire, char type, const ErrorFields *fields)
{
    static const char order[] = "SCMDHPWFLR";
    g_auto(Message) message = {0};
    message_begin(&message, type);
    ErrorFields copy = *fields;
    for (const char *code = order; *code != '\0'; code++) {
        const char *text = *error_slot(&copy, *code);
        if (text == NULL)
            continue;
        message_byte(&message, *code);
        message_string(&message, text);
    }
    message_byte(&message, '\0');
    return message_send(&message, wire);
}
