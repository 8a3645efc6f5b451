#include <string.h>

#include <poll.h>

#include "sandbox/front_session.h"

gboolean backend_send_query(FrontSession *session, const char *sql)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'Q');
    message_string(&message, sql);
    return message_send(&message, session->backend) && wire_flush(session->backend);
}

gboolean backend_execute(FrontSession *session, const char *sql)
{
    g_auto(Relay) relay = {.silent = TRUE};
    return backend_send_query(session, sql) && relay_run(session, &relay, "Z") && !relay.failed;
}

/* Runs it for its effect; the error that the client is to see stays the one that there was. */
static void execute_aside(FrontSession *session, const char *sql)
{
    FrontError kept = session->backend_failure;
    session->backend_failure = (FrontError){0};
    backend_execute(session, sql);
    front_error_clear(&session->backend_failure);
    session->backend_failure = kept;
}

/* Any error fails an open transaction; this one cannot be mistaken for something else. */
void backend_poison(FrontSession *session)
{
    execute_aside(session, "redsmith sandbox: this statement was refused");
}

void backend_rollback(FrontSession *session)
{
    execute_aside(session, "ROLLBACK");
}

/* Messages that may come at any time, errors, and the end of a query. */
static gboolean handle_other(FrontSession *session, const WireHead *head, gboolean *failed)
{
    char *body = wire_body(session->backend, head);
    if (body == NULL)
        return FALSE;
    if (head->type == 'Z') {
        session->status = head->length == 1 ? body[0] : 'I';
    } else if (head->type == 'E') {
        ErrorFields fields = error_fields(body, head->length);
        g_autofree char *message =
            rewrite_message(fields.sqlstate != NULL ? fields.sqlstate : "", fields.message);
        const char *line = fields.where != NULL ? strstr(fields.where, ", line ") : NULL;
        session->backend_error_line =
            line != NULL ? g_ascii_strtoull(line + strlen(", line "), NULL, 10) : 0;
        front_error_set(&session->backend_failure, fields.sqlstate,
                        message != NULL ? message : fields.message, fields.detail, fields.hint);
        *failed = TRUE;
    }
    return TRUE;
}

typedef struct {
    GPtrArray *values;
    GArray *lengths;
} RowBuffer;

/* Points into the body: a value's end is the next one's length word, read before it is overwritten. */
static gboolean split_row(RowBuffer *row, char *body, gsize length)
{
    Fields fields = fields_of(body, length);
    int count = fields_int16(&fields);
    g_ptr_array_set_size(row->values, 0);
    g_array_set_size(row->lengths, 0);
    for (int i = 0; i < count && !fields.failed; i++) {
        int size = fields_int32(&fields);
        char *value = size < 0 ? NULL : fields_bytes(&fields, (gsize)size);
        int kept = MAX(size, 0);
        g_ptr_array_add(row->values, value);
        g_array_append_val(row->lengths, kept);
    }
    for (guint i = 0; i < row->values->len; i++) {
        char *value = row->values->pdata[i];
        if (value != NULL)
            value[g_array_index(row->lengths, int, i)] = '\0';
    }
    return !fields.failed;
}

gboolean backend_query(FrontSession *session, const char *sql, BackendRow row, gpointer user)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    g_autoptr(GArray) lengths = g_array_new(FALSE, FALSE, sizeof(int));
    RowBuffer buffer = {values, lengths};
    gboolean failed = FALSE, wanted = TRUE;
    WireHead head;
    backend_error_clear(session);
    if (!backend_send_query(session, sql))
        return FALSE;
    do {
        if (!wire_next(session->backend, &head))
            return FALSE;
        if (head.type != 'D' || row == NULL || !wanted) {
            if (head.type == 'D' ? !wire_skip(session->backend, &head)
                                 : !handle_other(session, &head, &failed))
                return FALSE;
            continue;
        }
        char *body = wire_body(session->backend, &head);
        if (body == NULL || !split_row(&buffer, body, head.length))
            return FALSE;
        wanted = row(user, values->len, (const char *const *)values->pdata,
                     (const int *)(gpointer)lengths->data);
        if (!wanted)
            front_cancel_backend(session);
    } while (head.type != 'Z');
    return !failed && wanted;
}

static void column_free(gpointer pointer)
{
    BackendColumn *column = pointer;
    g_free(column->name);
    g_free(column);
}

static GPtrArray *read_columns(char *body, gsize length)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(column_free);
    Fields fields = fields_of(body, length);
    int count = fields_int16(&fields);
    for (int i = 0; i < count && !fields.failed; i++) {
        BackendColumn *column = g_new0(BackendColumn, 1);
        column->name = g_strdup(fields_string(&fields));
        fields_bytes(&fields, 6); /* table oid and column number */
        column->type_oid = (guint32)fields_int32(&fields);
        fields_int16(&fields);
        column->type_modifier = fields_int32(&fields);
        fields_int16(&fields);
        g_ptr_array_add(columns, column);
    }
    return columns;
}

static gboolean send_describe(FrontSession *session, const char *sql)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'P');
    message_string(&message, "");
    message_string(&message, sql);
    message_int16(&message, 0);
    if (!message_send(&message, session->backend))
        return FALSE;
    message_begin(&message, 'D');
    message_byte(&message, 'S');
    message_string(&message, "");
    if (!message_send(&message, session->backend))
        return FALSE;
    message_begin(&message, 'S');
    return message_send(&message, session->backend) && wire_flush(session->backend);
}

GPtrArray *backend_describe(FrontSession *session, const char *sql)
{
    g_autoptr(GPtrArray) columns = NULL;
    gboolean failed = FALSE;
    WireHead head;
    backend_error_clear(session);
    if (!send_describe(session, sql))
        return NULL;
    do {
        if (!wire_next(session->backend, &head))
            return NULL;
        if (head.type == 'T') {
            char *body = wire_body(session->backend, &head);
            if (body == NULL)
                return NULL;
            columns = read_columns(body, head.length);
        } else if (!handle_other(session, &head, &failed)) {
            return NULL;
        }
    } while (head.type != 'Z');
    if (failed)
        return NULL;
    return columns != NULL ? g_steal_pointer(&columns)
                           : g_ptr_array_new_with_free_func(column_free);
}

gboolean backend_copy_out(FrontSession *session, const char *copy_sql, BackendLine line,
                          gpointer user, guint64 *rows)
{
    gboolean failed = FALSE, wanted = TRUE;
    WireHead head;
    *rows = 0;
    backend_error_clear(session);
    if (!backend_send_query(session, copy_sql))
        return FALSE;
    do {
        if (!wire_next(session->backend, &head))
            return FALSE;
        if (head.type != 'd') {
            if (!handle_other(session, &head, &failed))
                return FALSE;
            continue;
        }
        char *body = wanted ? wire_body(session->backend, &head) : NULL;
        if (!wanted && !wire_skip(session->backend, &head))
            return FALSE;
        if (wanted && body == NULL)
            return FALSE;
        gsize length = head.length > 0 && wanted && body[head.length - 1] == '\n' ? head.length - 1
                                                                                  : head.length;
        if (wanted && line(user, body, length)) {
            ++*rows;
        } else if (wanted) {
            wanted = FALSE;
            front_cancel_backend(session);
        }
    } while (head.type != 'Z');
    return !failed && wanted;
}

gboolean backend_copy_in_begin(FrontSession *session, const char *copy_sql)
{
    gboolean failed = FALSE;
    WireHead head;
    backend_error_clear(session);
    if (!backend_send_query(session, copy_sql))
        return FALSE;
    do {
        if (!wire_next(session->backend, &head) || !handle_other(session, &head, &failed))
            return FALSE;
    } while (head.type != 'G' && head.type != 'Z');
    session->copying_in = head.type == 'G';
    session->copy_failed = FALSE;
    session->backend_error_line = 0;
    return session->copying_in;
}

static gboolean backend_speaks(FrontSession *session)
{
    struct pollfd backend = {.fd = wire_fd(session->backend), .events = POLLIN};
    return wire_has_input(session->backend) || poll(&backend, 1, 0) > 0;
}

/* After its error the backend throws away what follows and is ready for the next query; so the copy
 * is over, and copy_failed remembers it for backend_copy_in_end. */
static gboolean copy_goes_on(FrontSession *session)
{
    WireHead head = {0};
    while (!session->copy_failed && backend_speaks(session))
        if (!wire_next(session->backend, &head) ||
            !handle_other(session, &head, &session->copy_failed))
            return FALSE;
    if (!session->copy_failed)
        return TRUE;
    while (head.type != 'Z')
        if (!wire_next(session->backend, &head) ||
            !handle_other(session, &head, &session->copy_failed))
            break;
    session->copying_in = FALSE;
    return FALSE;
}

gboolean backend_copy_in_data(FrontSession *session, const char *bytes, gsize length)
{
    enum { CHUNK = 32 * 1024 };
    g_auto(Message) message = {0};
    if (!session->copying_in)
        return FALSE;
    while (length > 0) {
        gsize part = MIN(length, CHUNK);
        message_begin(&message, 'd');
        message_bytes(&message, bytes, part);
        if (!message_send(&message, session->backend))
            return FALSE;
        bytes += part;
        length -= part;
    }
    return copy_goes_on(session);
}

static gboolean finish_copy_in(FrontSession *session, guint64 *rows)
{
    gboolean failed = FALSE;
    WireHead head;
    session->copying_in = FALSE;
    if (!wire_flush(session->backend))
        return FALSE;
    do {
        if (!wire_next(session->backend, &head))
            return FALSE;
        if (head.type == 'C') {
            const char *tag = wire_body(session->backend, &head);
            if (tag == NULL)
                return FALSE;
            *rows = g_str_has_prefix(tag, "COPY ") ? g_ascii_strtoull(tag + 5, NULL, 10) : 0;
        } else if (!handle_other(session, &head, &failed)) {
            return FALSE;
        }
    } while (head.type != 'Z');
    return !failed;
}

gboolean backend_copy_in_end(FrontSession *session, guint64 *rows, guint64 *error_line)
{
    guint64 loaded = 0;
    g_auto(Message) message = {0};
    if (error_line != NULL)
        *error_line = 0;
    gboolean done = FALSE;
    if (session->copying_in) {
        message_begin(&message, 'c');
        message_send(&message, session->backend);
        done = finish_copy_in(session, &loaded);
    }
    if (rows != NULL)
        *rows = loaded;
    if (error_line != NULL)
        *error_line = session->backend_error_line;
    return done;
}

void backend_copy_in_abort(FrontSession *session, const char *reason)
{
    guint64 rows = 0;
    g_auto(Message) message = {0};
    if (!session->copying_in)
        return;
    message_begin(&message, 'f');
    message_string(&message, reason);
    message_send(&message, session->backend);
    finish_copy_in(session, &rows);
}

const FrontError *backend_error(FrontSession *session)
{
    return session->backend_failure.message != NULL ? &session->backend_failure : NULL;
}

void backend_error_clear(FrontSession *session)
{
    front_error_clear(&session->backend_failure);
}
