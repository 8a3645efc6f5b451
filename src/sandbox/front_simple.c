#include <string.h>

#include "sandbox/front_session.h"
#include "sql/lexer.h"

/* What a statement does to the transaction it is in. */
typedef enum { CONTROL_NONE, CONTROL_BEGIN, CONTROL_END } Control;

static Control control_of(const char *sql)
{
    static const struct {
        const char *word;
        Control control;
    } words[] = {{"begin", CONTROL_BEGIN}, {"start", CONTROL_BEGIN},  {"commit", CONTROL_END},
                 {"end", CONTROL_END},     {"rollback", CONTROL_END}, {"abort", CONTROL_END}};
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    if (sql_next(&lexer, &token))
        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
            if (sql_token_is(&lexer, &token, words[i].word))
                return words[i].control;
    return CONTROL_NONE;
}

/* before, the statement, after; in one transaction when there is more than the statement. */
static char *run_pass(FrontSession *session, const Statement *statement, guint64 *rows)
{
    const Rewrite *rewrite = statement->rewrite;
    gboolean wrap = session->status == 'I' && (rewrite->before != NULL || rewrite->after != NULL);
    g_auto(Relay) relay = {.rewritten = strcmp(rewrite->sql, statement->text) != 0,
                           .shift = statement->shift,
                           .explain = rewrite->explain};
    gboolean done = (!wrap || backend_execute(session, "BEGIN")) &&
                    (rewrite->before == NULL || backend_execute(session, rewrite->before)) &&
                    backend_send_query(session, rewrite->sql) && relay_run(session, &relay, "Z");
    *rows = relay.rows;
    done = done && !relay.failed &&
           (rewrite->after == NULL || backend_execute(session, rewrite->after)) &&
           (!wrap || backend_execute(session, "COMMIT"));
    session->error_sent = relay.failed;
    if (!done && wrap && wire_is_open(session->backend))
        backend_rollback(session);
    if (!done)
        return NULL;
    if (relay.empty && relay.tag == NULL)
        return g_strdup("");
    return statement_tag(statement, relay.tag != NULL ? relay.tag : "");
}

static void send_empty(FrontSession *session)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'I');
    message_send(&message, session->client);
}

/* TRUE when the next statement of the same Query may run. */
static gboolean run_statement(FrontSession *session, const char *text, glong shift)
{
    g_autoptr(Rewrite) rewrite = rewrite_statement(text);
    Statement statement = {.text = text, .shift = shift, .rewrite = rewrite};
    g_autofree char *tag = NULL;
    guint64 rows = 0;
    session->error_sent = FALSE;
    if (!statement_begin(session, &statement))
        return FALSE;
    if (rewrite->kind == REWRITE_PASS)
        tag = run_pass(session, &statement, &rows);
    else
        tag = g_strdup(statement_run_front(session, &statement));
    if (!statement_end(session, &statement, tag, rows))
        return FALSE;
    if (tag == NULL && !session->error_sent)
        front_send_error(session, NULL, front_statement_error(session));
    else if (tag != NULL && *tag == '\0')
        send_empty(session);
    else if (tag != NULL)
        front_send_complete(session, tag);
    return tag != NULL;
}

/*
 * Several statements in one Query are one transaction, as far as they do not end or begin one
 * themselves: PostgreSQL calls that an implicit block. Here it is a real one that the front opens.
 */
static gboolean run_all(FrontSession *session, const char *text, const GArray *spans)
{
    for (guint i = 0; i < spans->len; i++) {
        const SqlSpan *span = &g_array_index(spans, SqlSpan, i);
        g_autofree char *one = g_strndup(text + span->start, span->length);
        Control control = control_of(one);
        glong shift = g_utf8_strlen(text, (gssize)span->start);
        if (spans->len > 1 && session->status == 'I' && control == CONTROL_NONE) {
            if (!backend_execute(session, "BEGIN"))
                return FALSE;
            session->implicit = TRUE;
        }
        gboolean done = run_statement(session, one, shift);
        if (control != CONTROL_NONE)
            session->implicit = FALSE;
        if (!done)
            return FALSE;
    }
    if (!session->implicit || session->status == 'I')
        return TRUE;
    if (backend_execute(session, "COMMIT"))
        return TRUE;
    front_send_error(session, NULL, front_statement_error(session));
    return FALSE;
}

gboolean front_simple_query(FrontSession *session, const char *text)
{
    g_autoptr(GArray) spans = sql_split(text, -1);
    session->implicit = FALSE;
    if (spans->len == 0)
        send_empty(session);
    else if (!run_all(session, text, spans) && session->implicit && session->status != 'I' &&
             wire_is_open(session->backend))
        backend_rollback(session);
    session->implicit = FALSE;
    if (!wire_is_open(session->backend) || !wire_is_open(session->client))
        return FALSE;
    front_send_ready(session);
    return wire_is_open(session->client);
}
