/*
 * plan_view: a plan as it will be done, to be read before anything happens.
 *
 * Y runs it: not the key that opened the sheet. A destructive plan asks for its target's name first.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_PLAN_VIEW_H
#define REDSMITH_UI_PLAN_VIEW_H

#include "ui/action.h"
#include "ui/view.h"

/* Takes the plan. form is closed when the plan runs, and shown again by "e"; command is the shell line
 * that would do the same. */
View *plan_sheet_new(App *app, View *form, Plan *plan, const char *command);

extern const Action plan_actions[];

#endif
