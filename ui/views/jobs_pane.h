/*
 * jobs_pane: the running and recent jobs of this process, a line each.
 *
 * A part of the browse view, and the lines of the jobs list. A line says id, title, how far the
 * current step is (per cent where a total is known, else the step's name), rows, bytes, rate, elapsed,
 * and an end only where it can be told honestly, with the word for where the numbers come from.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_JOBS_PANE_H
#define REDSMITH_UI_JOBS_PANE_H

#include "ui/view.h"
#include "ui/widgets/scroll.h"

typedef struct {
    Scroll scroll;
    int height;
} JobsPane;

/* Rows that the pane would like: none without jobs. */
int jobs_pane_rows(const App *app);
void jobs_pane_move(JobsPane *pane, const App *app, Movement movement);
/* The job under the cursor, newest first; NULL when there is none. */
Job *jobs_pane_current(const JobsPane *pane, const App *app);
void jobs_pane_draw(JobsPane *pane, const App *app, const Canvas *canvas, gboolean focused);

/* One job on one line. */
void job_line_draw(const App *app, const Job *job, const Canvas *canvas, int y, gboolean current,
                   gboolean focused);

/* What the current step of a job is called, "upload 5 of 8". Free with g_free. */
char *job_phase_text(const Job *job);
/* "4.1 M rows", "12,345 rows". Free with g_free. */
char *job_rows_text(gint64 rows);

#endif
