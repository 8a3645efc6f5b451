/* VARBYTE on the wire: bare hexadecimal digits, where PostgreSQL's bytea writes \x before them (Redshift
 * guide, "VARBYTE type"). */
#include <string.h>

#include "sandbox/front_session.h"

enum { OID_VARBYTE = 6551, FIELD_AFTER_OID = 2 + 4, BINARY = 1 };

#define PREFIX "\\x"

/* Which columns of the rows to come are VARBYTE as text. */
static void note_columns(FrontSession *session, char *body, gsize length)
{
    Fields fields = fields_of(body, length);
    int count = fields_int16(&fields);
    g_array_set_size(session->varbytes, 0);
    for (int i = 0; i < count && !fields.failed; i++) {
        fields_string(&fields);
        fields_int32(&fields); /* table */
        fields_int16(&fields); /* column */
        gint32 oid = fields_int32(&fields);
        fields_bytes(&fields, FIELD_AFTER_OID);
        if (fields_int16(&fields) != BINARY && oid == OID_VARBYTE)
            g_array_append_val(session->varbytes, i);
    }
}

gboolean varbyte_pass_columns(FrontSession *session, const WireHead *head)
{
    char *body = wire_body(session->backend, head);
    if (body == NULL)
        return FALSE;
    note_columns(session, body, head->length);
    g_auto(Message) message = {0};
    message_begin(&message, head->type);
    message_bytes(&message, body, head->length);
    return message_send(&message, session->client);
}

static gboolean is_varbyte(const FrontSession *session, int column)
{
    for (guint i = 0; i < session->varbytes->len; i++)
        if (g_array_index(session->varbytes, int, i) == column)
            return TRUE;
    return FALSE;
}

gboolean varbyte_pass_row(FrontSession *session, const WireHead *head)
{
    if (session->varbytes->len == 0)
        return wire_forward(session->backend, head, session->client);
    char *body = wire_body(session->backend, head);
    if (body == NULL)
        return FALSE;
    Fields fields = fields_of(body, head->length);
    int count = fields_int16(&fields);
    g_auto(Message) message = {0};
    message_begin(&message, 'D');
    message_int16(&message, (gint16)count);
    for (int i = 0; i < count && !fields.failed; i++) {
        gint32 length = fields_int32(&fields);
        const char *value = length < 0 ? NULL : fields_bytes(&fields, (gsize)length);
        if (value != NULL && length >= 2 && is_varbyte(session, i) &&
            memcmp(value, PREFIX, strlen(PREFIX)) == 0) {
            value += strlen(PREFIX);
            length -= (gint32)strlen(PREFIX);
        }
        message_int32(&message, length);
        if (value != NULL)
            message_bytes(&message, value, (gsize)length);
    }
    return message_send(&message, session->client);
}
