/*
 * jobs_view: the actions of the jobs list (jobs_view_new in views.h): jobs of this process and those of
 * the journal, newest first. The journal is read in the pool.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_JOBS_VIEW_H
#define REDSMITH_UI_JOBS_VIEW_H

#include "ui/action.h"

extern const Action jobs_actions[];

#endif
