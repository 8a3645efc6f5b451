/*
 * progress: what a running job tells, and the only thing shared between its thread and the screen.
 *
 * C11 atomics; the executor writes, the screen reads at most 10 times a second while something runs.
 * Numbers carry their source: rows and bytes of an UNLOAD or COPY come from the server's own views,
 * those of a transfer are counted here.
 *
 * Units: bytes, rows, ms (monotonic, g_get_monotonic_time() / 1000).
 */
#ifndef REDSMITH_JOB_PROGRESS_H
#define REDSMITH_JOB_PROGRESS_H

#include <glib.h>
#include <stdatomic.h>

typedef enum {
    JOB_PLANNED,
    JOB_RUNNING,
    JOB_CANCELLING,
    JOB_DONE,
    JOB_FAILED,
    JOB_CANCELLED
} JobState;

typedef enum { PROGRESS_COUNTED, PROGRESS_SERVER, PROGRESS_ESTIMATE } ProgressSource;

typedef struct {
    atomic_int state;        /* JobState */
    atomic_int step;         /* index of the current step */
    atomic_int source;       /* ProgressSource of rows and bytes */
    atomic_llong rows;       /* of the current step */
    atomic_llong rows_total; /* -1 unknown */
    atomic_llong bytes;
    atomic_llong bytes_total; /* -1 unknown */
    atomic_llong files;
    atomic_llong files_total; /* -1 unknown */
    atomic_llong step_started_ms;
    atomic_llong job_started_ms;
    atomic_llong job_ended_ms; /* 0 while it runs */
} Progress;

/* A plain copy for drawing. */
typedef struct {
    JobState state;
    int step;
    ProgressSource source;
    gint64 rows, rows_total, bytes, bytes_total, files, files_total;
    gint64 step_ms, job_ms;
} ProgressSnapshot;

void progress_begin_job(Progress *progress);
/* Sets the step and resets its counters; totals -1. */
void progress_begin_step(Progress *progress, int step);
void progress_end_job(Progress *progress, JobState state);
ProgressSnapshot progress_read(const Progress *progress);

/* Per cent done, 0-100, or -1 when no total is known. */
int progress_percent(const ProgressSnapshot *snapshot);

const char *job_state_name(JobState state); /* "running" ... static */

#endif
