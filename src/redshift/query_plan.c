#include "redshift/query_plan.h"

#include <string.h>

#include "base/error.h"
#include "sql/lexer.h"

void query_plan_free(QueryPlan *plan)
{
    if (plan == NULL)
        return;
    g_ptr_array_unref(plan->lines);
    explain_free(plan->explain);
    g_free(plan);
}

/* The statement's own text behind an EXPLAIN that the user typed, or all of it. */
static char *statement_of(const char *sql, GError **error)
{
    static const char *const verbs[] = {"select", "with", "insert", "update", "delete", "create", "("};
    g_autoptr(GArray) spans = sql_split(sql, strlen(sql));
    if (spans->len != 1) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "EXPLAIN takes one statement, not %u",
                    spans->len);
        return NULL;
    }
    SqlSpan span = g_array_index(spans, SqlSpan, 0);
    SqlLexer lexer = sql_lexer(sql + span.start, (gssize)span.length);
    SqlToken token = {0};
    gboolean more = sql_next(&lexer, &token);
    while (more &&
           (sql_token_is(&lexer, &token, "explain") || sql_token_is(&lexer, &token, "verbose")))
        more = sql_next(&lexer, &token);
    for (guint i = 0; more && i < G_N_ELEMENTS(verbs); i++)
        if (sql_token_is(&lexer, &token, verbs[i]))
            return g_strndup(sql + span.start + token.start, span.length - token.start);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "EXPLAIN takes SELECT, INSERT, UPDATE, DELETE and CREATE TABLE AS only");
    return NULL;
}

QueryPlan *query_plan_read(Session *session, const char *sql, GCancellable *cancellable,
                           GError **error)
{
    g_autofree char *statement = statement_of(sql, error);
    if (statement == NULL)
        return NULL;
    g_autofree char *text = g_strconcat("EXPLAIN ", statement, NULL);
    g_autoptr(GPtrArray) rows = session_query(session, text, 0, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    QueryPlan *plan = g_new0(QueryPlan, 1);
    plan->lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(plan->lines, g_strdup(((char **)rows->pdata[i])[0]));
    plan->explain = explain_parse(plan->lines);
    return plan;
}
