#include <string.h>

#include "sandbox/front_session.h"
#include "sql/lexer.h"

static gboolean is_engine(const Statement *statement)
{
    return statement->rewrite->kind == REWRITE_UNLOAD || statement->rewrite->kind == REWRITE_COPY;
}

/* What the system views show of a statement: secrets are three stars, as on Redshift (guide, STL_QUERYTEXT).
 * Free with g_free. */
static char *shown_text(const char *sql)
{
    static const char *const words[] = {"password",      "secret_access_key", "session_token",
                                        "access_key_id", "credentials",       NULL};
    static const char *const between[] = {"=", "as", NULL};
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    GString *shown = g_string_new(NULL);
    gsize copied = 0;
    gboolean secret = FALSE;
    while (sql_next(&lexer, &token)) {
        if (secret && token.kind == SQL_STRING) {
            g_string_append_len(shown, sql + copied, (gssize)(token.start - copied));
            g_string_append(shown, "'***'");
            copied = token.start + token.length;
        }
        gboolean goes_on = FALSE;
        for (gsize i = 0; between[i] != NULL; i++)
            goes_on = goes_on || (secret && sql_token_is(&lexer, &token, between[i]));
        secret = goes_on;
        for (gsize i = 0; words[i] != NULL; i++)
            secret = secret || sql_token_is(&lexer, &token, words[i]);
    }
    g_string_append(shown, sql + copied);
    return g_string_free(shown, FALSE);
}

static void start_record(FrontSession *session, const Statement *statement)
{
    gboolean only_system = FALSE;
    gboolean reads_system = front_log_reads_system(statement->text, &only_system);
    session->query_id = 0;
    session->query_id_taken = FALSE;
    if (reads_system && statement->rewrite->kind == REWRITE_PASS)
        front_log_settle(session->server->log);
    if (only_system)
        return;
    session->query_id = front_log_next_id(session->server->log);
    if (session->status == 'I')
        session->transaction_id = session->query_id;
    g_autofree char *shown = shown_text(statement->text);
    LogStart start = {.query_id = session->query_id,
                      .transaction_id = session->transaction_id,
                      .user = session->user,
                      .database = session->database,
                      .label = session->query_label,
                      .text = shown,
                      .session_id = session->pid};
    session->record = front_log_begin(session->server->log, &start, is_engine(statement));
}

gboolean statement_begin(FrontSession *session, const Statement *statement)
{
    FaultHit hit;
    front_error_clear(&session->failure);
    front_error_clear(&session->backend_failure);
    if (faults_match_statement(session->server->faults, statement->text, &hit)) {
        if (hit.reset == FAULT_RESET_BEFORE) {
            wire_break(session->client);
            return FALSE;
        }
        session->drop_after = TRUE;
    }
    start_record(session, statement);
    g_atomic_int_set(&session->cancelled, 0);
    g_atomic_int_set(&session->busy, 1);
    return TRUE;
}

/* SET query_group TO 'label' and RESET query_group, so that query_log carries the label. */
static void note_label(FrontSession *session, const char *sql)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    if (!sql_next(&lexer, &token))
        return;
    gboolean reset = sql_token_is(&lexer, &token, "reset");
    if (!reset && !sql_token_is(&lexer, &token, "set"))
        return;
    gboolean more = sql_next(&lexer, &token);
    if (more && (sql_token_is(&lexer, &token, "session") || sql_token_is(&lexer, &token, "local")))
        more = sql_next(&lexer, &token);
    if (!more || !sql_token_is(&lexer, &token, "query_group"))
        return;
    g_clear_pointer(&session->query_label, g_free);
    if (!reset && sql_next(&lexer, &token) && sql_next(&lexer, &token) &&
        !sql_token_is(&lexer, &token, "default"))
        session->query_label = sql_token_value(&lexer, &token);
}

gboolean statement_end(FrontSession *session, const Statement *statement, const char *tag,
                       guint64 rows)
{
    gboolean drop = session->drop_after;
    g_atomic_int_set(&session->busy, 0);
    session->drop_after = FALSE;
    if (session->record != NULL) {
        const FrontError *error = tag == NULL ? front_statement_error(session) : NULL;
        const char *status = error == NULL                           ? "success"
                             : strcmp(error->sqlstate, "57014") == 0 ? "canceled"
                                                                     : "failed";
        front_log_end(session->server->log, g_steal_pointer(&session->record), status,
                      error != NULL ? error->message : NULL, (gint64)rows, is_engine(statement));
    }
    if (tag != NULL)
        note_label(session, statement->text);
    if (drop)
        wire_break(session->client);
    return !drop && wire_is_open(session->client) && wire_is_open(session->backend);
}

/* The engine's queries all see one transaction: the client's, or one of their own. */
static const char *run_engine(FrontSession *session, const Statement *statement)
{
    gboolean own = session->status == 'I';
    gboolean unload = statement->rewrite->kind == REWRITE_UNLOAD;
    if (own && !backend_execute(session, "BEGIN"))
        return NULL;
    gboolean done = unload ? unload_statement(session, statement->text)
                           : copy_statement(session, statement->text);
    if (session->copying_in)
        backend_copy_in_abort(session, "the statement ended");
    if (done && own)
        done = backend_execute(session, "COMMIT");
    else if (own && wire_is_open(session->backend))
        backend_rollback(session);
    else if (!done && session->status == 'T')
        backend_poison(session);
    return done ? (unload ? "UNLOAD" : "COPY") : NULL;
}

const char *statement_run_front(FrontSession *session, const Statement *statement)
{
    const Rewrite *rewrite = statement->rewrite;
    if (rewrite->kind == REWRITE_REFUSE) {
        front_fail(session, rewrite->sqlstate, "%s", rewrite->message);
        if (session->status == 'T')
            backend_poison(session);
        return NULL;
    }
    if (session->status == 'E') {
        front_fail(session, "25P02",
                   "current transaction is aborted, commands ignored until end of "
                   "transaction block");
        return NULL;
    }
    return rewrite->kind == REWRITE_ANSWER ? rewrite->tag : run_engine(session, statement);
}

char *statement_tag(const Statement *statement, const char *tag)
{
    static const char *const without_count[] = {"SELECT", "FETCH", "COPY", "MOVE"};
    if (statement->rewrite->tag != NULL)
        return g_strdup(statement->rewrite->tag);
    for (gsize i = 0; i < G_N_ELEMENTS(without_count); i++) {
        gsize length = strlen(without_count[i]);
        if (strncmp(tag, without_count[i], length) == 0 && tag[length] == ' ')
            return g_strdup(without_count[i]);
    }
    return g_strdup(tag);
}
