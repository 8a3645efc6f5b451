/*
 * load_errors_text: what a COPY refused, as lines to read: file, line, column, type, the line itself
 * with a mark under the value, the reason, and what to do.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_UI_LOAD_ERRORS_TEXT_H
#define REDSMITH_UI_LOAD_ERRORS_TEXT_H

#include "redshift/load_errors.h"
#include "ui/widgets/pager.h"

/* One error of `count`; number from 1. columns: how wide a line may be. */
void load_error_add_lines(Pager *pager, const LoadError *error, guint number, guint count,
                          int columns);

#endif
