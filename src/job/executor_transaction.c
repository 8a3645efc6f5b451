#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "job/load_plan.h"

/* The note that a COMMIT was about to be sent: without it a missing marker was not dropped by us. */
static char *commit_note(const Execution *run)
{
    return g_strdup_printf("commit:%d", run->step + 1);
}

static gboolean commit_announced(Execution *run)
{
    g_autofree char *name = commit_note(run);
    return g_strcmp0(journal_note(run->journal, name), "sent") == 0;
}

gboolean execution_marker_exists(Execution *run, const PlanStep *step, gboolean *exists,
                                 GError **error)
{
    g_autofree char *sql = load_plan_exists_sql(step->marker_schema, step->marker_table);
    g_autoptr(GPtrArray) rows = session_query(run->session, sql, 0, NULL, run->cancel, error);
    *exists = rows != NULL && rows->len > 0;
    return rows != NULL;
}

static gboolean run_statement(Execution *run, const char *sql, GError **error)
{
    return session_run(run->session, sql, NULL, run->cancel, error);
}

static gboolean run_inside(Execution *run, GError **error)
{
    const GPtrArray *actions = execution_step(run)->actions;
    for (guint i = 0; i < actions->len; i++) {
        const PlanAction *action = actions->pdata[i];
        g_autoptr(GError) local = NULL;
        if (execution_action(run, action, &local))
            continue;
        gboolean copy = action->kind == ACTION_COPY && !rs_error_is_cancelled(local) &&
                        session_is_alive(run->session);
        /* a failed transaction answers nothing but ROLLBACK */
        if (session_is_alive(run->session) && session_in_transaction(run->session))
            session_run(run->session, "ROLLBACK", NULL, NULL, NULL);
        if (copy)
            execution_explain_copy(run, g_steal_pointer(&local), error);
        else
            g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return TRUE;
}

static gboolean try_transaction(Execution *run, GError **error)
{
    if (!session_can(run->session, SESSION_CAN_TRANSACTIONS))
        return execution_batch(run, error);
    g_autofree char *note = commit_note(run);
    /* Redshift maps this level to the database's own, SNAPSHOT or SERIALIZABLE (Redshift guide, BEGIN);
     * any server then counts before and after in one snapshot */
    if (!run_statement(run, "BEGIN ISOLATION LEVEL REPEATABLE READ", error) ||
        !run_inside(run, error))
        return FALSE;
    if (!execution_note(run, note, "sent", error))
        return FALSE;
    fault_point("transaction:before-commit");
    fault_point("transaction:before-commit@%d", run->step + 1);
    /* a COMMIT is not cancelled: its outcome would be anybody's guess */
    if (!session_run(run->session, "COMMIT", NULL, NULL, error))
        return FALSE;
    fault_point("transaction:after-commit");
    fault_point("transaction:after-commit@%d", run->step + 1);
    return TRUE;
}

/* What an interrupted try has come to. *committed is decided by the marker alone. */
static gboolean look_at_marker(Execution *run, gboolean *committed, GError **error)
{
    const PlanStep *step = execution_step(run);
    *committed = FALSE;
    if (step->marker_table == NULL)
        return TRUE;
    gboolean exists;
    if (!execution_marker_exists(run, step, &exists, error))
        return FALSE;
    *committed = !exists && commit_announced(run);
    if (exists || *committed)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                "the job's table %s.%s is gone, and not by this job: somebody dropped it. Nothing "
                "was committed; clean this job and start a new one",
                step->marker_schema, step->marker_table);
    return FALSE;
}

static gboolean attempt_once(Execution *run, GError **error)
{
    gboolean committed = FALSE;
    if (!execution_session(run, error) || !look_at_marker(run, &committed, error))
        return FALSE;
    if (committed) {
        execution_log(run, "the transaction was committed before the interruption");
        return session_can(run->session, SESSION_CAN_TRANSACTIONS) ||
               execution_batch_recall(run, error);
    }
    GError *failure = NULL;
    if (try_transaction(run, &failure))
        return TRUE;
    if (session_is_alive(run->session) && session_in_transaction(run->session))
        session_run(run->session, "ROLLBACK", NULL, NULL, NULL);
    /* the LOCK waited for another session of ours, which committed and dropped the marker meanwhile */
    if (commit_announced(run) && !rs_error_is_cancelled(failure) &&
        !g_error_matches(failure, RS_ERROR, RS_ERROR_MISMATCH) && session_is_alive(run->session) &&
        look_at_marker(run, &committed, NULL) && committed) {
        g_error_free(failure);
        return TRUE;
    }
    g_propagate_error(error, failure);
    return FALSE;
}

/* A cancel that came behind the COMMIT is too late: what is committed is said to be. */
static gboolean was_committed(Execution *run)
{
    if (!commit_announced(run))
        return FALSE;
    g_autoptr(GCancellable) cancelled = run->cancel;
    run->cancel = g_cancellable_new();
    gboolean committed = FALSE;
    gboolean ok = execution_session(run, NULL) && look_at_marker(run, &committed, NULL);
    if (ok && committed)
        return TRUE; /* and goes on without a cancel */
    g_object_unref(run->cancel);
    run->cancel = g_steal_pointer(&cancelled);
    return FALSE;
}

gboolean execution_transaction_step(Execution *run, GError **error)
{
    if (!execution_session(run, error) || !execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL, *last = NULL;
        if (attempt_once(run, &failure))
            return TRUE;
        if (execution_may_retry(run, attempt, failure, &last))
            continue;
        if (!rs_error_is_cancelled(last) || !was_committed(run)) {
            g_propagate_error(error, last);
            return FALSE;
        }
        g_error_free(last);
        return TRUE;
    }
}
