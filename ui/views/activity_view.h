/*
 * activity_view: the actions of the activity screen (activity_view_new in views.h): what the cluster is
 * doing, one report at a time, read when the screen is opened, when another report is chosen and on R;
 * never by a timer.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_ACTIVITY_VIEW_H
#define REDSMITH_UI_ACTIVITY_VIEW_H

#include "ui/action.h"

extern const Action activity_actions[];

#endif
