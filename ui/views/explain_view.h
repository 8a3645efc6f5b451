/*
 * explain_view: the plan of a statement as a tree (explain_view_new in views.h): what each step costs of
 * the whole, how many rows the planner expects, and which joins send rows around, with what that means.
 *
 * The numbers are the planner's estimates. EXPLAIN never executes the statement (Redshift guide, EXPLAIN).
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_EXPLAIN_VIEW_H
#define REDSMITH_UI_EXPLAIN_VIEW_H

#include "ui/action.h"

extern const Action explain_actions[];

#endif
