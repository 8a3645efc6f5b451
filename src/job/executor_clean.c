#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "sql/ident.h"

gboolean execution_clean_step(Execution *run, GError **error)
{
    Stage *stage = execution_stage(run, error);
    if (stage == NULL || !execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        guint n = 0;
        if (stage_clean(stage, run->step, &n, run->cancel, &failure)) {
            execution_log(run, "removed %u objects of the stage", n);
            fault_point("clean:after");
            return TRUE;
        }
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
}

/* DROP waits for a session of the job that still holds the table, and is then right about it. */
static gboolean drop_marker(Execution *run, const PlanStep *step, GError **error)
{
    gboolean exists;
    if (!execution_session(run, error) || !execution_marker_exists(run, step, &exists, error))
        return FALSE;
    if (!exists)
        return TRUE;
    g_autofree char *name = sql_ident_pair(step->marker_schema, step->marker_table);
    g_autofree char *sql = g_strdup_printf("DROP TABLE IF EXISTS %s", name);
    if (!session_run(run->session, sql, NULL, run->cancel, error))
        return FALSE;
    execution_log(run, "dropped %s", name);
    return TRUE;
}

/* Tables that a begun step has made, and no committed transaction has dropped. */
static gboolean drop_markers(Execution *run, GError **error)
{
    gboolean made = FALSE, ok = TRUE;
    for (guint i = 0; ok && i < run->plan->steps->len; i++) {
        const PlanStep *step = run->plan->steps->pdata[i];
        if (step->kind == STEP_SQL)
            made |= journal_step_begun(run->journal, (int)i);
        if (step->marker_table != NULL && made && !journal_step_done(run->journal, (int)i))
            ok = drop_marker(run, step, error);
    }
    return ok;
}

gboolean execution_clean_all(Execution *run, GError **error)
{
    if (!drop_markers(run, error) || !execution_stop_unload(run, error) ||
        !execution_remove_partial_files(run, error))
        return FALSE;
    execution_remove_download(run);
    if (run->plan->stage_url == NULL)
        return TRUE;
    Stage *stage = execution_stage(run, error);
    guint n = 0;
    if (stage == NULL || !stage_clean(stage, run->step, &n, run->cancel, error))
        return FALSE;
    if (n > 0)
        execution_log(run, "removed %u objects of the stage", n);
    return TRUE;
}
