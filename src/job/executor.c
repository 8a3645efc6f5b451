#include "job/executor.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "job/executor_private.h"
#include "job/fault.h"

#define MOST_TRIES 6
#define FIRST_PAUSE_MS 300

void job_result_clear(JobResult *result)
{
    g_clear_pointer(&result->load_errors, g_ptr_array_unref);
    g_clear_pointer(&result->summary, g_free);
}

/* --- words of the run --------------------------------------------------------------------------- */

void execution_log(Execution *run, const char *format, ...)
{
    if (run->context->log == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *shown = text_printable(line, -1);
    run->context->log(run->context->user, shown);
}

const PlanStep *execution_step(const Execution *run)
{
    return run->plan->steps->pdata[run->step];
}

gboolean execution_write(Execution *run, cJSON *event, GError **error)
{
    g_mutex_lock(&run->lock);
    gboolean ok = journal_write(run->journal, event, error);
    g_mutex_unlock(&run->lock);
    return ok;
}

gboolean execution_note(Execution *run, const char *name, const char *value, GError **error)
{
    g_mutex_lock(&run->lock);
    gboolean ok = journal_write_note(run->journal, run->step, name, value, error);
    g_mutex_unlock(&run->lock);
    return ok;
}

gboolean execution_number(gpointer user, const char *name, gint64 *value)
{
    const Execution *run = user;
    const char *text = journal_note(run->journal, name);
    char *end = NULL;
    if (text != NULL)
        *value = g_ascii_strtoll(text, &end, 10);
    return text != NULL && end != text;
}

S3Client *execution_s3(Execution *run, GError **error)
{
    return run->context->s3(run->context->user, error);
}

Stage *execution_stage(Execution *run, GError **error)
{
    if (run->stage != NULL)
        return run->stage;
    S3Client *s3 = execution_s3(run, error);
    if (s3 != NULL)
        run->stage = stage_new(run->plan->stage_url, s3, run->journal, &run->lock, error);
    return run->stage;
}

gboolean execution_begin(Execution *run, const char *stage_prefix, GError **error)
{
    cJSON *event = journal_event("begin");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddNumberToObject(event, "attempt", journal_attempts(run->journal, run->step) + 1);
    if (run->session != NULL)
        cJSON_AddNumberToObject(event, "backend_pid", session_info(run->session)->backend_pid);
    if (stage_prefix != NULL)
        cJSON_AddStringToObject(event, "stage", stage_prefix);
    return execution_write(run, event, error);
}

void execution_poll_cancel(Execution *run)
{
    if (g_cancellable_is_cancelled(run->cancel))
        return;
    if (journal_cancel_requested(run->journal))
        g_cancellable_cancel(run->cancel);
    if (g_cancellable_is_cancelled(run->cancel))
        atomic_store(&run->progress->state, JOB_CANCELLING);
}

/* Sleeps, or wakes at once on a cancel. TRUE when it slept. */
static gboolean pause_ms(Execution *run, guint ms, GError **error)
{
    GPollFD poll_fd = {0};
    gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;
    while (g_get_monotonic_time() < end && !g_cancellable_is_cancelled(run->cancel)) {
        gint64 left = MAX(1, (end - g_get_monotonic_time()) / 1000);
        if (g_cancellable_make_pollfd(run->cancel, &poll_fd)) {
            g_poll(&poll_fd, 1, (gint)MIN(left, 300));
            g_cancellable_release_fd(run->cancel);
        } else {
            g_usleep(10 * 1000);
        }
        execution_poll_cancel(run);
    }
    return !rs_error_set_if_cancelled(run->cancel, error);
}

static gboolean is_worth_a_retry(const GError *failure)
{
    return rs_error_is_retryable(failure) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_CONFLICT) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_CONNECT) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_TRANSIENT);
}

gboolean execution_may_retry(Execution *run, int attempt, GError *failure, GError **error)
{
    gboolean journal_failed = failure->domain != RS_ERROR;
    if (journal_failed || attempt >= MOST_TRIES || !is_worth_a_retry(failure)) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    guint first = run->context->retry_pause_ms;
    guint ms = (first != 0 ? first : FIRST_PAUSE_MS) << (attempt - 1);
    ms += (guint)g_random_int_range(0, (gint32)ms / 2 + 1);
    execution_log(run, "step %d: %s; trying again in %u ms", run->step + 1, failure->message, ms);
    cJSON *event = journal_event("retry");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddNumberToObject(event, "attempt", attempt);
    cJSON_AddStringToObject(event, "message", failure->message);
    g_error_free(failure);
    return execution_write(run, event, error) && pause_ms(run, ms, error);
}

/* --- steps -------------------------------------------------------------------------------------- */

static gboolean read_step(Execution *run, GError **error)
{
    return execution_begin(run, NULL, error);
}

/* The server's id of the statement that this step noted; NULL: it noted none. */
static const char *query_of_step(const Execution *run)
{
    const char *query = NULL;
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(run->journal))
    {
        const cJSON *step = cJSON_GetObjectItemCaseSensitive(event, "step");
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "name");
        if (cJSON_IsNumber(step) && step->valueint == run->step &&
            g_strcmp0(cJSON_GetStringValue(name), "query") == 0)
            query = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "value"));
    }
    return query;
}

static gboolean write_done(Execution *run, gint64 started_us, GError **error)
{
    ProgressSnapshot now = progress_read(run->progress);
    cJSON *event = journal_event("done");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddNumberToObject(event, "ms", (double)((g_get_monotonic_time() - started_us) / 1000));
    cJSON_AddNumberToObject(event, "rows", (double)now.rows);
    cJSON_AddNumberToObject(event, "bytes", (double)now.bytes);
    cJSON_AddNumberToObject(event, "files", (double)now.files);
    const char *query = query_of_step(run);
    if (query != NULL)
        cJSON_AddStringToObject(event, "query_id", query);
    return execution_write(run, event, error);
}

/* Behind the commit there is nothing left to undo: a cancel only ends the job early. */
static void end_of_cancel(Execution *run)
{
    if (execution_step(run)->marker_table == NULL)
        return;
    g_object_unref(run->cancel);
    run->cancel = g_cancellable_new();
}

static gboolean run_step(Execution *run, GError **error)
{
    static gboolean (*const functions[])(Execution *, GError **) = {
        [STEP_READ] = read_step,
        [STEP_UPLOAD] = execution_upload_step,
        [STEP_SQL] = execution_sql_step,
        [STEP_TRANSACTION] = execution_transaction_step,
        [STEP_UNLOAD] = execution_unload_step,
        [STEP_DOWNLOAD] = execution_download_step,
        [STEP_CHECK] = execution_check_step,
        [STEP_CLEAN] = execution_clean_step,
        [STEP_EXPORT] = execution_export_step,
    };
    const PlanStep *step = execution_step(run);
    gint64 started = g_get_monotonic_time();
    progress_begin_step(run->progress, run->step);
    execution_poll_cancel(run);
    if (rs_error_set_if_cancelled(run->cancel, error))
        return FALSE;
    execution_log(run, "step %d %s: %s", run->step + 1, step_kind_name(step->kind), step->title);
    if (!functions[step->kind](run, error))
        return FALSE;
    end_of_cancel(run);
    if (!write_done(run, started, error))
        return FALSE;
    fault_point("step:%d", run->step + 1);
    return TRUE;
}

static gboolean run_steps(Execution *run, GError **error)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        run->step = (int)i;
        if (journal_step_done(run->journal, run->step)) {
            end_of_cancel(run);
            continue;
        }
        if (!run_step(run, error))
            return FALSE;
    }
    return TRUE;
}

/* --- result ------------------------------------------------------------------------------------- */

static gint64 noted(Execution *run, const char *name)
{
    gint64 value;
    return execution_number(run, name, &value) ? value : -1;
}

/* "1 row", "2,704 rows". Free with g_free. */
static char *rows_text(gint64 rows)
{
    return text_quantity((guint64)MAX(rows, 0), "row");
}

static void fill_unload(Execution *run, JobResult *result)
{
    const char *to = plan_text_detail(run->plan, "to");
    result->rows_unloaded = noted(run, "rows");
    result->bytes = (guint64)MAX(noted(run, "bytes"), 0);
    result->files = (guint64)MAX(noted(run, "files"), 0);
    g_autofree char *rows = rows_text(result->rows_unloaded);
    g_autofree char *bytes = text_bytes(result->bytes);
    if (result->rows_unloaded == 0 && run->plan->stage_url != NULL)
        result->summary = g_strdup("0 rows: nothing was written");
    else
        result->summary = g_strdup_printf("%s in %" G_GUINT64_FORMAT " file%s, %s, to %s", rows,
                                          result->files, result->files == 1 ? "" : "s", bytes, to);
}

static void fill_export(Execution *run, JobResult *result)
{
    result->rows_unloaded = noted(run, "rows");
    result->bytes = (guint64)MAX(noted(run, "bytes"), 0);
    result->files = 1;
    g_autofree char *rows = rows_text(result->rows_unloaded);
    g_autofree char *bytes = text_bytes(result->bytes);
    result->summary =
        g_strdup_printf("%s, %s, to %s", rows, bytes, plan_text_detail(run->plan, "path"));
}

/* Bytes and objects of the stage's parts. */
static void count_files(Execution *run, JobResult *result)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(run->journal))
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "event");
        if (g_strcmp0(cJSON_GetStringValue(name), "file") != 0)
            continue;
        const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(event, "bytes");
        result->files++;
        result->bytes += cJSON_IsNumber(bytes) ? (guint64)bytes->valuedouble : 0;
    }
}

/* An action of that kind, and of that expectation when one is given. */
static gboolean plan_has(const Plan *plan, ActionKind kind, const char *expected)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = plan->steps->pdata[i];
        for (guint j = 0; j < step->actions->len; j++) {
            const PlanAction *action = step->actions->pdata[j];
            if (action->kind == kind &&
                (expected == NULL || g_strcmp0(action->expected, expected) == 0))
                return TRUE;
        }
    }
    return FALSE;
}

/* Rows that were copied; -1 when the answer that told it was lost. The commit has checked it against what
 * was sent, where the plan says so. */
static gint64 rows_copied(Execution *run)
{
    gint64 copied = noted(run, "copied");
    if (copied >= 0)
        return copied;
    if (plan_has(run->plan, ACTION_EXPECT_VALUE, "sent"))
        return noted(run, "sent");
    return plan_has(run->plan, ACTION_COPY, NULL) ? -1 : 0;
}

static void fill_write(Execution *run, JobResult *result)
{
    count_files(run, result);
    gboolean nothing = run->plan->stage_url == NULL;
    result->rows_loaded = nothing ? 0 : rows_copied(run);
    g_autofree char *rows = rows_text(result->rows_loaded);
    result->summary =
        nothing ? g_strdup(((PlanStep *)run->plan->steps->pdata[0])->title)
        : result->rows_loaded < 0
            ? g_strdup_printf("loaded into %s; how many rows is not known, the answer "
                              "to the commit was lost",
                              run->plan->target)
            : g_strdup_printf("%s loaded into %s", rows, run->plan->target);
    gint64 sent = noted(run, "sent"), skipped = sent - result->rows_loaded;
    if (sent >= 0 && skipped > 0 && result->rows_loaded >= 0) {
        if (run->session != NULL)
            execution_note_skipped(run);
        g_autofree char *count = text_count((guint64)skipped);
        g_autofree char *whole = g_strdup_printf("%s, %s skipped", result->summary, count);
        g_free(result->summary);
        result->summary = g_steal_pointer(&whole);
    }
}

static void fill_merge(Execution *run, JobResult *result)
{
    count_files(run, result);
    gint64 staged = noted(run, "staged"), matched = noted(run, "matched");
    if (matched < 0) {
        result->rows_loaded = staged >= 0 ? staged : rows_copied(run);
        result->summary = g_strdup_printf("merged into %s; how many rows were updated and inserted "
                                          "is not known, the answer to the commit was lost",
                                          run->plan->target);
        return;
    }
    gboolean versions = g_strcmp0(plan_text_detail(run->plan, "strategy"), "scd2") == 0;
    result->rows_loaded = staged;
    result->rows_updated = matched;
    /* scd2 inserts a version for each changed row too; those count as updated */
    result->rows_inserted = versions ? MAX(noted(run, "inserted") - matched, 0) : staged - matched;
    g_autofree char *updated = rows_text(result->rows_updated);
    g_autofree char *inserted = text_count((guint64)result->rows_inserted);
    result->summary =
        g_strdup_printf("%s updated and %s inserted in %s", updated, inserted, run->plan->target);
}

static void fill_result(Execution *run)
{
    static const struct {
        const char *kind;
        void (*fill)(Execution *run, JobResult *result);
    } kinds[] = {{"unload", fill_unload},
                 {"write", fill_write},
                 {"merge", fill_merge},
                 {"export", fill_export}};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(run->plan->kind, kinds[i].kind) == 0)
            kinds[i].fill(run, run->result);
}

/* --- the end ------------------------------------------------------------------------------------ */

/* Would the same plan fail in the same way? */
static gboolean is_resumable(const GError *failure)
{
    static const RsErrorCode final[] = {RS_ERROR_DATA,   RS_ERROR_USAGE,    RS_ERROR_UNSUPPORTED,
                                        RS_ERROR_EXISTS, RS_ERROR_MISMATCH, RS_ERROR_CANCELLED};
    for (gsize i = 0; i < G_N_ELEMENTS(final); i++)
        if (g_error_matches(failure, RS_ERROR, (gint) final[i]))
            return FALSE;
    return !rs_error_is_cancelled(failure);
}

static gboolean write_end(Execution *run, JobState state, const char *code, const char *message,
                          gboolean resumable, GError **error)
{
    cJSON *event = journal_event("end");
    cJSON_AddStringToObject(event, "state", job_state_name(state));
    if (code != NULL)
        cJSON_AddStringToObject(event, "code", code);
    cJSON_AddStringToObject(event, "message", message);
    cJSON_AddBoolToObject(event, "resumable", resumable);
    return execution_write(run, event, error);
}

/* What cannot be resumed is cleaned up now; a failure of that is said and leaves `jobs clean`. */
static void clean_after(Execution *run)
{
    g_object_unref(run->cancel);
    run->cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    if (!execution_clean_all(run, &error))
        execution_log(run, "not all could be cleaned up: %s; run: redsmith jobs clean %s",
                      error->message, run->plan->id);
}

static gboolean is_committed(const Execution *run)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const PlanStep *step = run->plan->steps->pdata[i];
        if (step->marker_table != NULL && step->kind == STEP_TRANSACTION &&
            journal_step_done(run->journal, (int)i))
            return TRUE;
    }
    return FALSE;
}

static void end_failed(Execution *run, const GError *failure)
{
    gboolean cancelled = rs_error_is_cancelled(failure);
    gboolean resumable = is_resumable(failure);
    const char *code = failure->domain == RS_ERROR ? rs_error_name((RsErrorCode)failure->code)
                       : cancelled                 ? "cancelled"
                                                   : "internal";
    cJSON *event = journal_event("failed");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddStringToObject(event, "code", code);
    cJSON_AddStringToObject(event, "message", failure->message);
    execution_write(run, event, NULL);
    if (!resumable && (cancelled || !plan_flag_detail(run->plan, "keep_stage")))
        clean_after(run);
    run->result->resumable = resumable;
    run->result->committed = is_committed(run);
    write_end(run, cancelled ? JOB_CANCELLED : JOB_FAILED, code, failure->message, resumable, NULL);
    progress_end_job(run->progress, cancelled ? JOB_CANCELLED : JOB_FAILED);
    execution_log(run, "%s in step %d: %s", cancelled ? "cancelled" : "failed", run->step + 1,
                  failure->message);
}

static gboolean end_done(Execution *run, GError **error)
{
    fill_result(run);
    if (!write_end(run, JOB_DONE, NULL, run->result->summary, FALSE, error)) {
        progress_end_job(run->progress, JOB_FAILED);
        return FALSE;
    }
    progress_end_job(run->progress, JOB_DONE);
    execution_log(run, "done: %s", run->result->summary);
    return TRUE;
}

static void execution_clear(Execution *run)
{
    execution_close_sessions(run);
    stage_free(run->stage);
    g_object_unref(run->cancel);
    g_mutex_clear(&run->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Execution, execution_clear)

static void pass_cancel(GCancellable *caller, gpointer own)
{
    (void)caller;
    g_cancellable_cancel(own);
}

/* A finished or cleaned job has nothing to resume; nor has one whose SQL the journal had to mask. */
static gboolean check_may_run(const Plan *plan, const Journal *journal, GError **error)
{
    if (journal_plan_is_masked(journal)) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "job %s cannot be resumed: its SQL held a credential, which the journal masks; "
                    "start it anew",
                    plan->id);
        return FALSE;
    }
    const cJSON *end = NULL, *event;
    cJSON_ArrayForEach(event, journal_events(journal))
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "event");
        if (g_strcmp0(cJSON_GetStringValue(name), "end") == 0)
            end = event;
    }
    if (end == NULL || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(end, "resumable")))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "job %s is %s and cannot be resumed: %s", plan->id,
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(end, "state")),
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(end, "message")));
    return FALSE;
}

gboolean executor_run(const Plan *plan, Journal *journal, const ExecutorContext *context,
                      Progress *progress, JobResult *result, GCancellable *cancellable,
                      GError **error)
{
    *result = (JobResult){
        .rows_loaded = -1, .rows_unloaded = -1, .rows_updated = -1, .rows_inserted = -1};
    progress_begin_job(progress);
    if (!check_may_run(plan, journal, error) || !journal_begin_run(journal, error)) {
        progress_end_job(progress, JOB_FAILED);
        return FALSE;
    }
    result->begun = TRUE;
    g_autoptr(GCancellable) own = g_cancellable_new();
    g_auto(Execution) run = {.plan = plan,
                             .journal = journal,
                             .context = context,
                             .progress = progress,
                             .result = result,
                             .cancel = g_object_ref(own)};
    g_mutex_init(&run.lock);
    gulong link = cancellable == NULL
                      ? 0
                      : g_cancellable_connect(cancellable, G_CALLBACK(pass_cancel), own, NULL);
    GError *failure = NULL;
    gboolean ok = run_steps(&run, &failure) && end_done(&run, &failure);
    if (!ok) {
        end_failed(&run, failure);
        g_propagate_error(error, failure);
    }
    if (link != 0)
        g_cancellable_disconnect(cancellable, link);
    return ok;
}

/* The last word on the job, as it was before it was cleaned. */
static JobState last_state(const Journal *journal)
{
    JobState state = JOB_FAILED;
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(journal))
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "event");
        const cJSON *word = cJSON_GetObjectItemCaseSensitive(event, "state");
        if (g_strcmp0(cJSON_GetStringValue(name), "end") == 0)
            state = g_strcmp0(cJSON_GetStringValue(word), "done") == 0        ? JOB_DONE
                    : g_strcmp0(cJSON_GetStringValue(word), "cancelled") == 0 ? JOB_CANCELLED
                                                                              : JOB_FAILED;
    }
    return state;
}

gboolean executor_clean(const Plan *plan, Journal *journal, const ExecutorContext *context,
                        GCancellable *cancellable, GError **error)
{
    Progress progress = {0};
    g_auto(JobResult) result = {0};
    g_auto(Execution) run = {.plan = plan,
                             .journal = journal,
                             .context = context,
                             .progress = &progress,
                             .result = &result};
    run.cancel = cancellable != NULL ? g_object_ref(cancellable) : g_cancellable_new();
    g_mutex_init(&run.lock);
    if (!execution_clean_all(&run, error))
        return FALSE;
    JobState state = last_state(journal);
    return state == JOB_DONE || write_end(&run, state, NULL, "cleaned up", FALSE, error);
}
