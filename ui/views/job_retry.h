/*
 * job_retry: a load that refused rows, planned again with one thing changed.
 *
 * The form is filled in as it was, the change is entered, and the plan is made at once: it is read and run
 * like any other. Nothing of the failed job is resumed, for its target is as before.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_JOB_RETRY_H
#define REDSMITH_UI_JOB_RETRY_H

#include "redshift/load_errors.h"
#include "ui/view.h"

/* The job that failed. All borrowed; plan may be NULL while it is not known. */
typedef struct {
    const char *id;
    const Plan *plan;
    const GPtrArray *errors; /* of LoadError; NULL when none are known */
    const LoadError *shown;  /* one of them, or NULL */
} FailedLoad;

/* "name=24": the wider column that would hold all values seen of it; NULL with *reason (static) when the
 * shown error is not about the length of a VARCHAR. Free with g_free. */
char *job_retry_wider(const FailedLoad *load, const char **reason);

/* Each opens the form and makes the plan, or says in the message line why not. */
Consequence job_retry_widen(View *view, const FailedLoad *load);
Consequence job_retry_truncate(View *view, const FailedLoad *load);
/* text: "fewer than that many rows are left out". */
Consequence job_retry_skip(View *view, const FailedLoad *load, const char *text);
/* The form as it was, to be changed by hand. */
Consequence job_retry_edit(View *view, const FailedLoad *load);

#endif
