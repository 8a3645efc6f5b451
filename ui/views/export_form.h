/*
 * export_form: what is asked before the rows of a query are written to a file.
 *
 * The twin of `redsmith query -c SQL -o FILE`; what comes of it is a plan of job/export.h.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_EXPORT_FORM_H
#define REDSMITH_UI_EXPORT_FORM_H

#include "sql/query.h"
#include "ui/view.h"

/* query is copied; all of its rows are exported, whatever bounds a preview. */
View *export_form_new(App *app, const SqlQuery *query);

#endif
