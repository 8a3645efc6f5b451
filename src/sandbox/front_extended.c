#include <string.h>

#include "sandbox/front_session.h"
#include "sql/lexer.h"

/* The name under which statements of our own are prepared; nobody else's has a $ in front. */
#define ASIDE "$redsmith"

/* A statement of the client, as Parse brought it. */
typedef struct {
    char *text;
    Rewrite *rewrite;
    gboolean in_backend;
} Prepared;

typedef struct {
    Prepared *prepared; /* a reference; NULL for one that SQL's PREPARE made */
    gboolean started;
} Portal;

static void prepared_clear(gpointer pointer)
{
    Prepared *prepared = pointer;
    g_free(prepared->text);
    rewrite_free(prepared->rewrite);
}

static void prepared_release(gpointer pointer)
{
    if (pointer != NULL)
        g_rc_box_release_full(pointer, prepared_clear);
}

static void portal_free(gpointer pointer)
{
    Portal *portal = pointer;
    prepared_release(portal->prepared);
    g_free(portal);
}

static void make_tables(FrontSession *session)
{
    if (session->prepared != NULL)
        return;
    session->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, prepared_release);
    session->portals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, portal_free);
}

static gboolean forward(FrontSession *session, char type, const void *body, gsize length)
{
    g_auto(Message) message = {0};
    message_begin(&message, type);
    message_bytes(&message, body, length);
    return message_send(&message, session->backend);
}

static gboolean flush_backend(FrontSession *session)
{
    return forward(session, 'H', "", 0) && wire_flush(session->backend);
}

static gboolean send_parse(FrontSession *session, const char *name, const char *sql,
                           const void *types, gsize types_length)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'P');
    message_string(&message, name);
    message_string(&message, sql);
    if (types_length > 0)
        message_bytes(&message, types, types_length);
    else
        message_int16(&message, 0);
    return message_send(&message, session->backend);
}

static gboolean send_close(FrontSession *session, char kind)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'C');
    message_byte(&message, kind);
    message_string(&message, ASIDE);
    return message_send(&message, session->backend);
}

static gboolean send_aside_execution(FrontSession *session)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'B');
    message_string(&message, ASIDE);
    message_string(&message, ASIDE);
    for (int i = 0; i < 3; i++)
        message_int16(&message, 0);
    if (!message_send(&message, session->backend))
        return FALSE;
    message_begin(&message, 'E');
    message_string(&message, ASIDE);
    message_int32(&message, 0);
    return message_send(&message, session->backend) && flush_backend(session);
}

/* One statement of our own in the midst of the client's, by the extended protocol too: a Query would
 * end the transaction that lasts until Sync, and drop the client's unnamed portal. */
static gboolean run_aside(FrontSession *session, const char *sql, Relay *relay)
{
    relay->silent = TRUE;
    return send_close(session, 'S') && send_close(session, 'P') &&
           send_parse(session, ASIDE, sql, NULL, 0) && send_aside_execution(session) &&
           relay_run(session, relay, "CIsE") && !relay->failed;
}

static gboolean run_aside_all(FrontSession *session, const char *sql)
{
    g_autoptr(GArray) spans = sql_split(sql, -1);
    for (guint i = 0; i < spans->len; i++) {
        const SqlSpan *span = &g_array_index(spans, SqlSpan, i);
        g_autofree char *one = g_strndup(sql + span->start, span->length);
        g_auto(Relay) relay = {0};
        if (!run_aside(session, one, &relay))
            return FALSE;
    }
    return TRUE;
}

/* An error that the front raises must fail the backend's transaction as one of its own would, or what
 * ran before it in the same pipeline would be committed by Sync. */
static gboolean fail_here(FrontSession *session)
{
    g_auto(Relay) relay = {.silent = TRUE};
    FrontError kept = session->backend_failure;
    session->skip_to_sync = TRUE;
    session->backend_failure = (FrontError){0};
    send_parse(session, "", "redsmith sandbox: this statement was refused", NULL, 0);
    gboolean open = flush_backend(session) && relay_run(session, &relay, "1E");
    front_error_clear(&session->backend_failure);
    session->backend_failure = kept;
    return open;
}

static gboolean refuse(FrontSession *session, const char *sqlstate, const char *message)
{
    front_send_problem(session, "ERROR", sqlstate, message);
    return fail_here(session);
}

static gboolean answer(FrontSession *session, char type)
{
    g_auto(Message) message = {0};
    message_begin(&message, type);
    return message_send(&message, session->client);
}

/* Sends one message of the client on and hands back its answer. */
static gboolean exchange(FrontSession *session, char type, const void *body, gsize length,
                         Relay *relay, const char *ends)
{
    if (!forward(session, type, body, length) || !flush_backend(session) ||
        !relay_run(session, relay, ends))
        return FALSE;
    session->skip_to_sync = relay->failed;
    return TRUE;
}

static Prepared *prepare(const char *sql)
{
    Prepared *prepared = g_rc_box_new0(Prepared);
    g_autoptr(GArray) spans = sql_split(sql, -1);
    if (spans->len == 1) {
        const SqlSpan *span = &g_array_index(spans, SqlSpan, 0);
        prepared->text = g_strndup(sql + span->start, span->length);
    } else {
        prepared->text = g_strdup("");
    }
    prepared->rewrite = rewrite_statement(prepared->text);
    prepared->in_backend = prepared->rewrite->kind == REWRITE_PASS;
    return prepared;
}

/* A statement that never reaches Execute is logged here, as one that ran and failed. */
static gboolean refuse_at_parse(FrontSession *session, const Prepared *prepared)
{
    Statement statement = {.text = prepared->text, .rewrite = prepared->rewrite};
    if (!statement_begin(session, &statement))
        return FALSE;
    front_fail(session, prepared->rewrite->sqlstate, "%s", prepared->rewrite->message);
    front_send_error(session, NULL, front_statement_error(session));
    return fail_here(session) && statement_end(session, &statement, NULL, 0);
}

static gboolean on_parse(FrontSession *session, Fields *fields)
{
    g_autofree char *name = g_strdup(fields_string(fields));
    const char *sql = fields_string(fields);
    g_autoptr(GArray) spans = sql_split(sql, -1);
    if (fields->failed)
        return refuse(session, "08P01", "invalid message format");
    if (spans->len > 1)
        return refuse(session, "42601",
                      "cannot insert multiple commands into a prepared statement");
    const Prepared *old = g_hash_table_lookup(session->prepared, name);
    if (old != NULL && *name != '\0' && !old->in_backend) {
        g_autofree char *text = g_strdup_printf("prepared statement \"%s\" already exists", name);
        return refuse(session, "42P05", text);
    }
    Prepared *prepared = prepare(sql);
    gboolean alive = TRUE, keep = TRUE;
    if (prepared->rewrite->kind == REWRITE_REFUSE) {
        alive = refuse_at_parse(session, prepared);
        keep = FALSE;
    } else if (prepared->in_backend) {
        g_auto(Relay) relay = {.rewritten = strcmp(prepared->rewrite->sql, sql) != 0};
        alive = send_parse(session, name, prepared->rewrite->sql, fields->at,
                           (gsize)(fields->end - fields->at)) &&
                flush_backend(session) && relay_run(session, &relay, "1E");
        session->skip_to_sync = relay.failed;
        keep = !relay.failed;
    } else {
        answer(session, '1');
    }
    if (alive && keep)
        g_hash_table_replace(session->prepared, g_steal_pointer(&name), prepared);
    else
        prepared_release(prepared);
    return alive;
}

static gboolean on_bind(FrontSession *session, Fields *fields, const char *body, gsize length)
{
    const char *portal_name = fields_string(fields), *name = fields_string(fields);
    Prepared *prepared = g_hash_table_lookup(session->prepared, name);
    g_auto(Relay) relay = {0};
    if (fields->failed)
        return refuse(session, "08P01", "invalid message format");
    if (prepared == NULL || prepared->in_backend) {
        if (!exchange(session, 'B', body, length, &relay, "2E"))
            return FALSE;
        if (relay.failed)
            return TRUE;
    } else {
        answer(session, '2');
    }
    Portal *portal = g_new0(Portal, 1);
    portal->prepared = prepared != NULL ? g_rc_box_acquire(prepared) : NULL;
    g_hash_table_replace(session->portals, g_strdup(portal_name), portal);
    return TRUE;
}

static const Prepared *named(FrontSession *session, char kind, const char *name)
{
    if (kind == 'S')
        return g_hash_table_lookup(session->prepared, name);
    const Portal *portal = g_hash_table_lookup(session->portals, name);
    return portal != NULL ? portal->prepared : NULL;
}

static gboolean on_describe(FrontSession *session, Fields *fields, const char *body, gsize length)
{
    const char *kind = fields_bytes(fields, 1);
    const char *name = fields_string(fields);
    if (fields->failed)
        return refuse(session, "08P01", "invalid message format");
    const Prepared *prepared = named(session, *kind, name);
    g_auto(Relay) relay = {0};
    if (prepared == NULL || prepared->in_backend)
        return exchange(session, 'D', body, length, &relay, "TnE");
    if (*kind == 'S') {
        g_auto(Message) message = {0};
        message_begin(&message, 't');
        message_int16(&message, 0);
        message_send(&message, session->client);
    }
    return answer(session, 'n');
}

/*
 * UNLOAD and COPY run queries of their own, which end what lasts until Sync. So the transaction is made
 * a real block first (BEGIN inside such a transaction keeps what ran in it), and Sync commits it.
 */
static gboolean open_block(FrontSession *session)
{
    g_auto(Relay) begin = {0}, sync = {.silent = TRUE};
    gboolean began = run_aside(session, "BEGIN", &begin);
    if (!wire_is_open(session->backend))
        return FALSE;
    if (began && !begin.was_open)
        session->implicit = TRUE;
    return forward(session, 'S', "", 0) && wire_flush(session->backend) &&
           relay_run(session, &sync, "Z");
}

static gboolean execute_in_front(FrontSession *session, const Statement *statement)
{
    if (!statement_begin(session, statement) || !open_block(session))
        return FALSE;
    g_autofree char *tag = g_strdup(statement_run_front(session, statement));
    if (!statement_end(session, statement, tag, 0))
        return FALSE;
    session->skip_to_sync = tag == NULL;
    if (tag != NULL)
        front_send_complete(session, tag);
    else
        front_send_error(session, NULL, front_statement_error(session));
    return TRUE;
}

/* After an Execute that the backend ran: the rest of the statement, and the tag. */
static char *complete(FrontSession *session, const Statement *statement, const Relay *relay)
{
    const Rewrite *rewrite = statement->rewrite;
    if (relay->failed)
        return NULL;
    if (relay->tag != NULL && rewrite->after != NULL && !run_aside_all(session, rewrite->after))
        return NULL;
    return relay->tag != NULL ? statement_tag(statement, relay->tag) : g_strdup("");
}

static gboolean execute_in_backend(FrontSession *session, const Statement *statement,
                                   Portal *portal, const char *body, gsize length)
{
    g_auto(Relay) relay = {.rewritten = TRUE, .explain = statement->rewrite->explain};
    gboolean first = !portal->started;
    portal->started = TRUE;
    if (first && !statement_begin(session, statement))
        return FALSE;
    g_atomic_int_set(&session->busy, 1);
    gboolean prepared = !first || statement->rewrite->before == NULL ||
                        run_aside_all(session, statement->rewrite->before);
    if (prepared && !exchange(session, 'E', body, length, &relay, "CIsE"))
        return FALSE;
    g_autofree char *tag = prepared ? complete(session, statement, &relay) : NULL;
    g_atomic_int_set(&session->busy, 0);
    if (first && !statement_end(session, statement, tag, relay.rows))
        return FALSE;
    session->skip_to_sync = tag == NULL;
    if (tag == NULL && !relay.failed)
        front_send_error(session, NULL, front_statement_error(session));
    else if (relay.suspended || relay.empty)
        answer(session, relay.suspended ? 's' : 'I');
    else if (tag != NULL)
        front_send_complete(session, tag);
    return wire_is_open(session->backend);
}

static gboolean on_execute(FrontSession *session, Fields *fields, const char *body, gsize length)
{
    const char *name = fields_string(fields);
    Portal *portal = g_hash_table_lookup(session->portals, name);
    static const Rewrite plain = {.kind = REWRITE_PASS};
    Portal unknown = {0};
    if (fields->failed)
        return refuse(session, "08P01", "invalid message format");
    if (portal == NULL)
        portal = &unknown;
    const Prepared *prepared = portal->prepared;
    Statement statement = {.text = prepared != NULL ? prepared->text : "execute",
                           .rewrite = prepared != NULL ? prepared->rewrite : &plain};
    if (prepared != NULL && !prepared->in_backend)
        return execute_in_front(session, &statement);
    return execute_in_backend(session, &statement, portal, body, length);
}

static gboolean on_close(FrontSession *session, Fields *fields, const char *body, gsize length)
{
    const char *kind = fields_bytes(fields, 1);
    const char *name = fields_string(fields);
    if (fields->failed)
        return refuse(session, "08P01", "invalid message format");
    const Prepared *prepared = named(session, *kind, name);
    gboolean in_backend = prepared == NULL || prepared->in_backend;
    g_hash_table_remove(*kind == 'S' ? session->prepared : session->portals, name);
    g_auto(Relay) relay = {0};
    return in_backend ? exchange(session, 'C', body, length, &relay, "3E") : answer(session, '3');
}

static gboolean on_sync(FrontSession *session)
{
    g_auto(Relay) relay = {0};
    gboolean failed = session->skip_to_sync;
    session->skip_to_sync = FALSE;
    if (!forward(session, 'S', "", 0) || !wire_flush(session->backend) ||
        !relay_run(session, &relay, "Z"))
        return FALSE;
    if (session->implicit && session->status != 'I') {
        backend_error_clear(session);
        if (failed || session->status == 'E')
            backend_rollback(session);
        else if (!backend_execute(session, "COMMIT") && wire_is_open(session->backend))
            front_send_error(session, NULL, front_statement_error(session));
    }
    session->implicit = FALSE;
    if (session->status == 'I')
        g_hash_table_remove_all(session->portals);
    if (!wire_is_open(session->backend))
        return FALSE;
    front_send_ready(session);
    return wire_is_open(session->client);
}

gboolean front_extended_message(FrontSession *session, const WireHead *head, char *body)
{
    Fields fields = fields_of(body, head->length);
    make_tables(session);
    if (head->type == 'S')
        return on_sync(session);
    if (session->skip_to_sync)
        return TRUE;
    switch (head->type) {
    case 'P':
        return on_parse(session, &fields);
    case 'B':
        return on_bind(session, &fields, body, head->length);
    case 'D':
        return on_describe(session, &fields, body, head->length);
    case 'E':
        return on_execute(session, &fields, body, head->length);
    case 'C':
        return on_close(session, &fields, body, head->length);
    default:
        return wire_flush(session->client);
    }
}
