/*
 * job_view_private: what the files of the job view share: job_view.c, and job_steps.c, which draws the
 * steps. Nothing else includes this.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_JOB_VIEW_PRIVATE_H
#define REDSMITH_UI_JOB_VIEW_PRIVATE_H

#include <cJSON.h>

#include "ui/views/job_view.h"
#include "ui/widgets/pager.h"
#include "ui/widgets/scroll.h"

typedef enum { LOWER_ERRORS, LOWER_LOG, LOWER_SQL, N_LOWERS } Lower;

typedef struct {
    View view;
    char *id;
    cJSON *events; /* the journal's lines; NULL until read */
    Plan *plan;    /* from the journal, when the job is none of this process */
    gboolean reading, read_again;
    char *error;
    Scroll steps;
    int steps_height;
    Lower lower;
    guint shown_error; /* index of the load error that is looked at */
    Pager *pager;      /* the lower half */
    gboolean pager_stale;
    int columns;
} JobView;

/* The job when it is one of this process, and its plan, also from the journal; NULL when not known. */
const Job *job_view_live(const JobView *view);
const Plan *job_view_plan(const JobView *view);

/* The journal's last line of that kind about a step (-1: about the job), and what is in it. */
const cJSON *job_view_last_event(const JobView *view, const char *kind, int step);
const char *job_view_text(const cJSON *event, const char *name);
gint64 job_view_number(const cJSON *event, const char *name, gint64 otherwise);

/* One step on line y of the canvas. */
void job_step_draw(const JobView *view, const Canvas *canvas, int y, int number);

#endif
