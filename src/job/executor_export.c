#include "base/error.h"
#include "job/executor_private.h"
#include "job/export.h"

/* A SessionTick: another process may have asked to cancel. */
static void poll_cancel(gpointer run)
{
    execution_poll_cancel(run);
}

static gboolean note_number(Execution *run, const char *name, guint64 value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    return execution_note(run, name, text, error);
}

static gboolean export_once(Execution *run, GError **error)
{
    ExportRequest request;
    ExportResult result;
    if (!export_request_of_plan(run->plan, &request, error) || !execution_session(run, error) ||
        !execution_begin(run, NULL, error) ||
        !export_run(run->session, &request, run->progress, poll_cancel, run, &result, run->cancel,
                    error))
        return FALSE;
    atomic_store(&run->progress->files, 1);
    atomic_store(&run->progress->bytes, (long long)result.bytes);
    return note_number(run, "rows", result.rows, error) &&
           note_number(run, "bytes", result.bytes, error) && note_number(run, "files", 1, error);
}

/* Nothing is there before the last moment, so a try that broke off can be made again. */
gboolean execution_export_step(Execution *run, GError **error)
{
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if (export_once(run, &failure))
            return TRUE;
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
}
