#include "job/progress.h"

static const char *const state_names[] = {
    [JOB_PLANNED] = "planned", [JOB_RUNNING] = "running", [JOB_CANCELLING] = "cancelling",
    [JOB_DONE] = "done",       [JOB_FAILED] = "failed",   [JOB_CANCELLED] = "cancelled",
};

const char *job_state_name(JobState state)
{
    return state_names[state];
}

static gint64 now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

void progress_begin_job(Progress *progress)
{
    atomic_store(&progress->job_started_ms, now_ms());
    atomic_store(&progress->job_ended_ms, 0);
    progress_begin_step(progress, 0);
    atomic_store(&progress->state, JOB_RUNNING);
}

void progress_begin_step(Progress *progress, int step)
{
    atomic_store(&progress->rows, 0);
    atomic_store(&progress->rows_total, -1);
    atomic_store(&progress->bytes, 0);
    atomic_store(&progress->bytes_total, -1);
    atomic_store(&progress->files, 0);
    atomic_store(&progress->files_total, -1);
    atomic_store(&progress->source, PROGRESS_COUNTED);
    atomic_store(&progress->step_started_ms, now_ms());
    atomic_store(&progress->step, step);
}

void progress_end_job(Progress *progress, JobState state)
{
    atomic_store(&progress->job_ended_ms, now_ms());
    atomic_store(&progress->state, (int)state);
}

ProgressSnapshot progress_read(const Progress *progress)
{
    gint64 ended = atomic_load(&progress->job_ended_ms);
    gint64 now = ended != 0 ? ended : now_ms();
    gint64 job_started = atomic_load(&progress->job_started_ms);
    gint64 step_started = atomic_load(&progress->step_started_ms);
    return (ProgressSnapshot){
        .state = (JobState)atomic_load(&progress->state),
        .step = atomic_load(&progress->step),
        .source = (ProgressSource)atomic_load(&progress->source),
        .rows = atomic_load(&progress->rows),
        .rows_total = atomic_load(&progress->rows_total),
        .bytes = atomic_load(&progress->bytes),
        .bytes_total = atomic_load(&progress->bytes_total),
        .files = atomic_load(&progress->files),
        .files_total = atomic_load(&progress->files_total),
        .step_ms = step_started != 0 ? now - step_started : 0,
        .job_ms = job_started != 0 ? now - job_started : 0,
    };
}

static int percent_of(gint64 part, gint64 total)
{
    if (total <= 0)
        return -1;
    double percent = 100.0 * (double)part / (double)total;
    return (int)CLAMP(percent, 0.0, 100.0);
}

int progress_percent(const ProgressSnapshot *snapshot)
{
    int percent = percent_of(snapshot->bytes, snapshot->bytes_total);
    if (percent < 0)
        percent = percent_of(snapshot->rows, snapshot->rows_total);
    return percent >= 0 ? percent : percent_of(snapshot->files, snapshot->files_total);
}
