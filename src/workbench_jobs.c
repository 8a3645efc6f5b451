/* Jobs: run for a caller that waits, or in the bulk lane while the screens look on. */
#include "workbench_private.h"

#include "base/log.h"

/*
 * Main thread, but for: the executor's thread reads workbench, id, plan and cancellable, writes
 * progress (atomics), journal and result until its task completes, and pushes into fresh_lines.
 * Reference counted (GRcBox, atomic) because log lines may be on their way when the workbench goes.
 */
struct Job {
    Workbench *workbench; /* NULL once the workbench is gone; main thread */
    char *id;
    Plan *plan;
    Journal *journal;
    Progress progress;
    JobResult result;
    GError *error;
    GPtrArray *lines;         /* of char * */
    GAsyncQueue *fresh_lines; /* of char *, from the executor's thread */
    GCancellable *cancellable;
    gboolean ended; /* its result and error may be looked at; main thread */
};

/* What an ExecutorContext's user points to. */
typedef struct {
    Workbench *workbench;
    JobLogLine log;
    gpointer log_user;
} RunContext;

static Session *run_open_session(gpointer user, GCancellable *cancellable, GError **error)
{
    return workbench_open_session(((RunContext *)user)->workbench, cancellable, error);
}

static S3Client *run_s3(gpointer user, GError **error)
{
    return workbench_s3(((RunContext *)user)->workbench, error);
}

static void run_log(gpointer user, const char *line)
{
    const RunContext *run = user;
    if (run->log != NULL)
        run->log(run->log_user, line);
}

static ExecutorContext executor_context(RunContext *run)
{
    return (ExecutorContext){
        .open_session = run_open_session, .s3 = run_s3, .log = run_log, .user = run};
}

gboolean workbench_run_job(Workbench *workbench, const Plan *plan, const char *id,
                           Progress *progress, JobLogLine log, gpointer user, JobResult *result,
                           GCancellable *cancellable, GError **error)
{
    g_autoptr(Journal) journal =
        plan != NULL ? journal_create(plan, error) : journal_open(id, error);
    if (journal == NULL)
        return FALSE;
    RunContext run = {workbench, log, user};
    ExecutorContext context = executor_context(&run);
    Progress own = {0};
    return executor_run(journal_plan(journal), journal, &context,
                        progress != NULL ? progress : &own, result, cancellable, error);
}

gboolean workbench_clean_job(Workbench *workbench, const char *id, JobLogLine log, gpointer user,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(Journal) journal = journal_open(id, error);
    if (journal == NULL)
        return FALSE;
    RunContext run = {workbench, log, user};
    ExecutorContext context = executor_context(&run);
    return executor_clean(journal_plan(journal), journal, &context, cancellable, error);
}

static void job_clear(gpointer data)
{
    Job *job = data;
    g_free(job->id);
    plan_free(job->plan);
    journal_free(job->journal);
    job_result_clear(&job->result);
    g_clear_error(&job->error);
    g_ptr_array_unref(job->lines);
    g_async_queue_unref(job->fresh_lines);
    g_object_unref(job->cancellable);
}

static void job_unref(gpointer job)
{
    g_atomic_rc_box_release_full(job, job_clear);
}

static void tell_changed(Job *job)
{
    if (job->workbench != NULL && job->workbench->changed != NULL)
        job->workbench->changed(job->workbench->changed_user, job);
}

static gboolean take_lines(gpointer user)
{
    Job *job = user;
    char *line;
    guint taken = 0;
    for (; (line = g_async_queue_try_pop(job->fresh_lines)) != NULL; taken++)
        g_ptr_array_add(job->lines, line);
    if (taken > 0)
        tell_changed(job);
    return G_SOURCE_REMOVE;
}

/* A JobLogLine on the executor's thread. */
static void push_line(gpointer user, const char *line)
{
    Job *job = user;
    g_async_queue_push(job->fresh_lines, log_redact(line));
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, take_lines, g_atomic_rc_box_acquire(job), job_unref);
    g_source_attach(source, NULL);
    g_source_unref(source);
}

/* On a worker: the plan's journal is created, or an existing one opened, and then run. */
static gboolean run_job(gpointer data, GCancellable *cancellable, GError **error)
{
    Job *job = data;
    Journal *journal =
        job->plan != NULL ? journal_create(job->plan, error) : journal_open(job->id, error);
    if (journal == NULL) {
        progress_end_job(&job->progress, JOB_FAILED);
        return FALSE;
    }
    g_atomic_pointer_set(&job->journal, journal); /* the screens may ask for the plan from now on */
    RunContext run = {job->workbench, push_line, job};
    ExecutorContext context = executor_context(&run);
    return executor_run(journal_plan(journal), journal, &context, &job->progress, &job->result,
                        cancellable, error);
}

static void job_ended(gpointer data, TaskOutcome outcome, const GError *error)
{
    Job *job = data;
    job->ended = TRUE;
    if (error != NULL)
        job->error = g_error_copy(error);
    if (outcome == TASK_CANCELLED && job->journal == NULL) /* it never got a worker */
        progress_end_job(&job->progress, JOB_CANCELLED);
    if (job->plan == NULL && job->journal != NULL) {
        g_free(job->id);
        job->id = g_strdup(journal_plan(job->journal)->id);
    }
    take_lines(job);
    tell_changed(job);
}

static Job *submit_job(Workbench *workbench, const char *id, Plan *plan)
{
    Job *job = g_atomic_rc_box_new0(Job);
    job->workbench = workbench;
    job->id = g_strdup(id);
    job->plan = plan;
    job->lines = g_ptr_array_new_with_free_func(g_free);
    job->fresh_lines = g_async_queue_new_full(g_free);
    job->cancellable = g_cancellable_new();
    progress_begin_job(&job->progress);
    g_ptr_array_add(workbench->jobs, job);
    pool_submit(workbench->pool, POOL_BULK, "job", run_job, job_ended, job, NULL, job->cancellable);
    return job;
}

Job *workbench_start_job(Workbench *workbench, Plan *plan)
{
    return submit_job(workbench, plan->id, plan);
}

Job *workbench_resume_job(Workbench *workbench, const char *id)
{
    return submit_job(workbench, id, NULL);
}

GPtrArray *workbench_jobs_new(void)
{
    return g_ptr_array_new_with_free_func(job_unref);
}

void workbench_jobs_free(GPtrArray *jobs)
{
    for (guint i = 0; i < jobs->len; i++)
        ((Job *)g_ptr_array_index(jobs, i))->workbench = NULL;
    g_ptr_array_unref(jobs);
}

void workbench_on_job_changed(Workbench *workbench, JobChanged changed, gpointer user)
{
    workbench->changed = changed;
    workbench->changed_user = user;
}

const GPtrArray *workbench_jobs(const Workbench *workbench)
{
    return workbench->jobs;
}

guint workbench_running_jobs(const Workbench *workbench)
{
    guint running = 0;
    for (guint i = 0; i < workbench->jobs->len; i++) {
        ProgressSnapshot now = job_progress(g_ptr_array_index(workbench->jobs, i));
        running += now.state <= JOB_CANCELLING;
    }
    return running;
}

const char *job_id(const Job *job)
{
    return job->id;
}

const Plan *job_plan(const Job *job)
{
    if (job->plan != NULL)
        return job->plan;
    const Journal *journal = g_atomic_pointer_get((gpointer *)&job->journal);
    return journal == NULL ? NULL : journal_plan(journal);
}

ProgressSnapshot job_progress(const Job *job)
{
    ProgressSnapshot now = progress_read(&job->progress);
    /* the worker counts the end before what came of it has arrived here */
    if (!job->ended && now.state >= JOB_DONE)
        now.state = g_cancellable_is_cancelled(job->cancellable) ? JOB_CANCELLING : JOB_RUNNING;
    return now;
}

const GPtrArray *job_log(const Job *job)
{
    return job->lines;
}

const JobResult *job_result(const Job *job)
{
    return &job->result;
}

const GError *job_error(const Job *job)
{
    return job->error;
}

void job_cancel(Job *job)
{
    g_cancellable_cancel(job->cancellable);
}
