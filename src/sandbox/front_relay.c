#include <string.h>

#include "sandbox/front_explain.h"
#include "sandbox/front_session.h"

/* What PostgreSQL reports when it changes, and Redshift's clients expect. Above all not
 * standard_conforming_strings: Redshift never reports it. */
static const char *const reported[] = {"TimeZone",
                                       "DateStyle",
                                       "client_encoding",
                                       "application_name",
                                       "is_superuser",
                                       "session_authorization",
                                       NULL};

void relay_clear(Relay *relay)
{
    g_clear_pointer(&relay->tag, g_free);
    g_clear_pointer(&relay->plan, g_ptr_array_unref);
}

static char *moved_position(const Relay *relay, const char *position)
{
    if (position == NULL || relay->rewritten)
        return NULL;
    return g_strdup_printf("%ld", (glong)g_ascii_strtoll(position, NULL, 10) + relay->shift);
}

/* "COPY t, line 12, column b" in the CONTEXT of an error of COPY .. FROM STDIN. */
static guint64 line_of_context(const char *where)
{
    const char *line =
        where != NULL && g_str_has_prefix(where, "COPY ") ? strstr(where, ", line ") : NULL;
    return line != NULL ? g_ascii_strtoull(line + strlen(", line "), NULL, 10) : 0;
}

/* Where an error arose inside the sandbox's own functions is not for clients. */
static gboolean is_ours(const char *where)
{
    static const char *const functions[] = {"unresolved(", "unreadable(", "too_long(",
                                            "may_signal("};
    for (gsize i = 0; where != NULL && i < G_N_ELEMENTS(functions); i++)
        if (strstr(where, functions[i]) != NULL)
            return TRUE;
    return FALSE;
}

static void pass_problem(FrontSession *session, Relay *relay, char type, ErrorFields fields)
{
    g_autofree char *position = moved_position(relay, fields.position);
    g_autofree char *message = rewrite_message(fields.sqlstate != NULL ? fields.sqlstate : "",
                                               fields.message != NULL ? fields.message : "");
    fields.position = position;
    if (relay->rewritten || is_ours(fields.where))
        fields.where = NULL; /* it would tell of the sandbox's own procedures */
    if (message != NULL)
        fields.message = message;
    if (type == 'E') {
        relay->failed = TRUE;
        session->fatal_sent = g_strcmp0(fields.severity, "FATAL") == 0 && !relay->silent;
        session->backend_error_line = line_of_context(fields.where);
        front_error_set(&session->backend_failure,
                        fields.sqlstate != NULL ? fields.sqlstate : "XX000", fields.message,
                        fields.detail, fields.hint);
    } else if (g_strcmp0(fields.sqlstate, "25001") == 0) {
        relay->was_open = TRUE;
    }
    if (relay->silent)
        return;
    /* The warning of a BEGIN inside a block that the client did not open is not for its eyes. */
    if (type == 'N' && session->implicit && relay->was_open)
        return;
    wire_send_error(session->client, type, &fields);
}

static gboolean pass_parameter(FrontSession *session, const WireHead *head, char *body)
{
    Fields fields = fields_of(body, head->length);
    const char *name = fields_string(&fields), *value = fields_string(&fields);
    if (!g_strv_contains(reported, name))
        return TRUE;
    g_auto(Message) message = {0};
    message_begin(&message, 'S');
    message_string(&message, name);
    message_string(&message, value);
    return message_send(&message, session->client);
}

/* COPY with the client's own stream does not exist on Redshift. The rewriter refuses it; should one
 * come this far all the same, it is ended here instead of hanging both sides. */
static gboolean end_copy(FrontSession *session, char type)
{
    if (type == 'H') {
        front_cancel_backend(session);
        return TRUE;
    }
    g_auto(Message) message = {0};
    message_begin(&message, 'f');
    message_string(&message, "COPY FROM STDIN is not supported");
    return message_send(&message, session->backend) && wire_flush(session->backend);
}

/* A plan's row is one column of text. */
static gboolean keep_plan_line(FrontSession *session, Relay *relay, const WireHead *head)
{
    char *body = wire_body(session->backend, head);
    if (body == NULL)
        return FALSE;
    Fields fields = fields_of(body, head->length);
    int count = fields_int16(&fields), length = fields_int32(&fields);
    const char *text = count == 1 && length >= 0 ? fields_bytes(&fields, (gsize)length) : NULL;
    if (relay->plan == NULL)
        relay->plan = g_ptr_array_new_with_free_func(g_free);
    if (text != NULL)
        g_ptr_array_add(relay->plan, g_strndup(text, (gsize)length));
    return text != NULL;
}

static gboolean send_plan(FrontSession *session, Relay *relay)
{
    g_autoptr(GPtrArray) lines = front_explain(session->server->log, relay->plan);
    g_auto(Message) message = {0};
    for (guint i = 0; i < lines->len; i++) {
        const char *text = lines->pdata[i];
        message_begin(&message, 'D');
        message_int16(&message, 1);
        message_int32(&message, (gint32)strlen(text));
        message_bytes(&message, text, strlen(text));
        if (!message_send(&message, session->client))
            return FALSE;
    }
    relay->rows = lines->len;
    return TRUE;
}

static gboolean handle(FrontSession *session, Relay *relay, const WireHead *head)
{
    if (head->type == 'D' && relay->explain)
        return keep_plan_line(session, relay, head);
    if (head->type == 'T' && !relay->silent)
        return varbyte_pass_columns(session, head);
    if (head->type == 'D' && !relay->silent) {
        relay->rows++;
        return varbyte_pass_row(session, head);
    }
    if (strchr("DTtn123", head->type) != NULL) {
        relay->rows += head->type == 'D';
        return relay->silent ? wire_skip(session->backend, head)
                             : wire_forward(session->backend, head, session->client);
    }
    if (head->type == 'd')
        return wire_skip(session->backend, head);
    char *body = wire_body(session->backend, head);
    if (body == NULL)
        return FALSE;
    switch (head->type) {
    case 'C':
        g_free(relay->tag);
        relay->tag = g_strdup(body);
        return relay->plan == NULL || send_plan(session, relay);
    case 'I':
        relay->empty = TRUE;
        return TRUE;
    case 's':
        relay->suspended = TRUE;
        return relay->plan == NULL || send_plan(session, relay);
    case 'E':
    case 'N':
        pass_problem(session, relay, head->type, error_fields(body, head->length));
        return TRUE;
    case 'S':
        return pass_parameter(session, head, body);
    case 'G':
    case 'H':
        return end_copy(session, head->type);
    case 'Z':
        session->status = head->length == 1 ? body[0] : 'I';
        return TRUE;
    default: /* NotificationResponse, CopyDone: nothing for a client of Redshift */
        return TRUE;
    }
}

gboolean relay_run(FrontSession *session, Relay *relay, const char *ends)
{
    WireHead head;
    do {
        if (!wire_next(session->backend, &head) || !handle(session, relay, &head))
            return FALSE;
        if (!relay->silent && !wire_is_open(session->client))
            return FALSE;
    } while (strchr(ends, head.type) == NULL);
    return TRUE;
}
