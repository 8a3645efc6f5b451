/*
 * job_view: one job: its steps with state, time, rows and bytes, its log, the SQL of the selected step,
 * and, when a COPY refused rows, which ones and why.
 *
 * A job of this process is followed as it runs; any other is read from the journal. The journal is read
 * in the pool, again whenever the job's state changes.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_JOB_VIEW_H
#define REDSMITH_UI_JOB_VIEW_H

#include "ui/action.h"
#include "ui/view.h"

/* The job of this process with that id, or NULL. */
Job *job_view_find(const App *app, const char *id);

/* Asks, and cancels when told so. */
Consequence job_view_ask_to_cancel(View *view, const char *id);
Consequence job_view_resume(View *view, const char *id, gboolean resumable);

extern const Action job_actions[];

#endif
