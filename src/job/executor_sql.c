#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "sql/literal.h"

#define TICK_MS 300
/* Offending rows that an error names. */
#define ROWS_NAMED 10

void execution_close_sessions(Execution *run)
{
    g_clear_pointer(&run->watch, activity_watch_free);
    g_clear_pointer(&run->watch_session, session_free);
    g_clear_pointer(&run->session, session_free);
    g_clear_pointer(&run->label, g_free);
}

/* Ties the server's records to the job: who asks SYS_QUERY_HISTORY finds it by its label. */
static void set_label(Execution *run)
{
    g_autofree char *label =
        g_strdup_printf("{\"job\":\"%s\",\"step\":%d}", run->plan->id, run->step + 1);
    if (g_strcmp0(label, run->label) == 0)
        return;
    g_autofree char *literal = sql_literal(label);
    g_autofree char *sql = g_strdup_printf("SET query_group TO %s", literal);
    g_autoptr(GError) error = NULL;
    if (!session_run(run->session, sql, NULL, run->cancel, &error))
        log_write(LOG_LEVEL_WARNING, "job %s: no label: %s", run->plan->id, error->message);
    g_free(run->label);
    run->label = g_steal_pointer(&label);
}

/* Where the statements behind this line were run, and as whom. */
static gboolean write_session(Execution *run, GError **error)
{
    const SessionInfo *info = session_info(run->session);
    cJSON *event = journal_event("session");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddStringToObject(event, "transport", info->transport);
    if (info->host != NULL)
        cJSON_AddStringToObject(event, "host", info->host);
    if (info->port > 0)
        cJSON_AddNumberToObject(event, "port", info->port);
    if (info->database != NULL)
        cJSON_AddStringToObject(event, "database", info->database);
    if (info->user != NULL)
        cJSON_AddStringToObject(event, "user", info->user);
    cJSON_AddNumberToObject(event, "backend_pid", info->backend_pid);
    return execution_write(run, event, error);
}

gboolean execution_session(Execution *run, GError **error)
{
    if (run->session != NULL && !session_is_alive(run->session))
        execution_close_sessions(run);
    gboolean is_new = run->session == NULL;
    if (is_new)
        run->session = run->context->open_session(run->context->user, run->cancel, error);
    if (run->session == NULL || (is_new && !write_session(run, error)))
        return FALSE;
    set_label(run);
    return TRUE;
}

gboolean execution_statement(Execution *run, const char *sql, WatchKind watch,
                             StatementOutcome *outcome, GError **error)
{
    run->watching = watch;
    gboolean ok = session_run_with_tick(run->session, sql, TICK_MS, execution_tick, run, outcome,
                                        run->cancel, error);
    run->watching = WATCH_NONE;
    /* the next statement has a row of its own in the views */
    g_clear_pointer(&run->watch, activity_watch_free);
    return ok;
}

/* A value, never NULL: SQL NULL and no row are an error of the check. */
static char *query_value(Execution *run, const char *sql, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *value = session_query_value(run->session, sql, run->cancel, &local);
    if (value == NULL && local == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "no value came from: %s", sql);
    else if (local != NULL)
        g_propagate_error(error, g_steal_pointer(&local));
    return value;
}

static gboolean run_sql(Execution *run, const PlanAction *action, GError **error)
{
    g_auto(StatementOutcome) outcome = {0};
    if (!execution_statement(run, action->sql, WATCH_NONE, &outcome, error))
        return FALSE;
    if (action->name == NULL || outcome.affected < 0)
        return TRUE;
    g_autofree char *count = g_strdup_printf("%" G_GINT64_FORMAT, outcome.affected);
    return execution_note(run, action->name, count, error);
}

static gboolean run_copy(Execution *run, const PlanAction *action, GError **error)
{
    gint64 sent;
    if (execution_number(run, "sent", &sent))
        atomic_store(&run->progress->rows_total, sent);
    gboolean ok = execution_statement(run, action->sql, WATCH_LOAD, NULL, error);
    if (ok)
        fault_point("copy:after");
    return ok;
}

static gboolean note_value(Execution *run, const PlanAction *action, GError **error)
{
    g_autofree char *value = query_value(run, action->sql, error);
    if (value == NULL)
        return FALSE;
    if (strcmp(action->name, "copied") == 0 || strcmp(action->name, "unloaded") == 0)
        atomic_store(&run->progress->rows, g_ascii_strtoll(value, NULL, 10));
    return execution_note(run, action->name, value, error);
}

static gboolean refuse(const PlanAction *action, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, action->of_input ? RS_ERROR_DATA : RS_ERROR_MISMATCH, "%s: %s",
                action->failure != NULL ? action->failure : action->title, why);
    return FALSE;
}

static gboolean expect_value(Execution *run, const PlanAction *action, GError **error)
{
    gint64 value = 0, expected = 0;
    if (!plan_evaluate(action->expected, execution_number, run, &expected, error))
        return FALSE;
    if (action->sql != NULL) {
        g_autofree char *text = query_value(run, action->sql, error);
        if (text == NULL)
            return FALSE;
        value = g_ascii_strtoll(text, NULL, 10);
    } else if (!plan_evaluate(action->name, execution_number, run, &value, error)) {
        return FALSE;
    }
    if (value == expected)
        return TRUE;
    gboolean formula = !g_ascii_isdigit(action->expected[0]);
    g_autofree char *why = g_strdup_printf(
        "%" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT "%s%s%s", value, expected,
        formula ? " (" : "", formula ? action->expected : "", formula ? ")" : "");
    return refuse(action, why, error);
}

static char *join_rows(const GPtrArray *rows, guint n_columns)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < rows->len && i < ROWS_NAMED; i++) {
        char *const *row = rows->pdata[i];
        g_string_append(text, i > 0 ? "; " : "");
        for (guint j = 0; j < n_columns; j++) {
            g_autofree char *shown = text_printable(row[j] != NULL ? row[j] : "NULL", -1);
            g_string_append_printf(text, "%s%s", j > 0 ? ", " : "", shown);
        }
    }
    if (rows->len > ROWS_NAMED)
        g_string_append(text, " and more");
    return g_string_free(text, FALSE);
}

static gboolean expect_none(Execution *run, const PlanAction *action, GError **error)
{
    guint n_columns = 0;
    g_autoptr(GPtrArray) rows =
        session_query(run->session, action->sql, 0, &n_columns, run->cancel, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0)
        return TRUE;
    g_autofree char *named = join_rows(rows, n_columns);
    return refuse(action, named, error);
}

static gboolean run_unload(Execution *run, const PlanAction *action, GError **error)
{
    return execution_statement(run, action->sql, WATCH_UNLOAD, NULL, error);
}

static gboolean check_manifest(Execution *run, const PlanAction *action, GError **error)
{
    (void)action;
    return execution_check_manifest(run, error);
}

gboolean execution_action(Execution *run, const PlanAction *action, GError **error)
{
    static gboolean (*const functions[])(Execution *, const PlanAction *, GError **) = {
        [ACTION_SQL] = run_sql,
        [ACTION_COPY] = run_copy,
        [ACTION_UNLOAD] = run_unload,
        [ACTION_EXPECT_VALUE] = expect_value,
        [ACTION_EXPECT_NONE] = expect_none,
        [ACTION_NOTE_VALUE] = note_value,
        [ACTION_EXPECT_MANIFEST] = check_manifest,
    };
    execution_poll_cancel(run);
    if (rs_error_set_if_cancelled(run->cancel, error))
        return FALSE;
    return functions[action->kind](run, action, error);
}

static gboolean run_actions(Execution *run, GError **error)
{
    const GPtrArray *actions = execution_step(run)->actions;
    for (guint i = 0; i < actions->len; i++)
        if (!execution_action(run, actions->pdata[i], error))
            return FALSE;
    return TRUE;
}

static gboolean try_sql(Execution *run, GError **error)
{
    const char *done_sql = execution_step(run)->done_sql;
    if (!execution_session(run, error))
        return FALSE;
    if (done_sql != NULL) {
        g_autoptr(GPtrArray) rows =
            session_query(run->session, done_sql, 0, NULL, run->cancel, error);
        if (rows == NULL || rows->len > 0)
            return rows != NULL;
    }
    return run_actions(run, error);
}

/* A statement outside a transaction: what done_sql sees is not done again. */
gboolean execution_sql_step(Execution *run, GError **error)
{
    if (!execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if (try_sql(run, &failure)) {
            fault_point("sql:after");
            return TRUE;
        }
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
}

static gboolean needs_session(const PlanStep *step)
{
    for (guint i = 0; i < step->actions->len; i++)
        if (((PlanAction *)step->actions->pdata[i])->sql != NULL)
            return TRUE;
    return FALSE;
}

gboolean execution_check_step(Execution *run, GError **error)
{
    if (!execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if ((!needs_session(execution_step(run)) || execution_session(run, &failure)) &&
            run_actions(run, &failure))
            return TRUE;
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
}
