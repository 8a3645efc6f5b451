/*
 * activity_sources: which views each report reads, as a table of questions.
 *
 * Columns are those of the views (Redshift guide, "System monitoring (SYS) views", STL, STV and SVV);
 * blank-padded ones are trimmed, microseconds become milliseconds. Private to activity_report.
 *
 * Threads: constant data.
 */
#ifndef REDSMITH_REDSHIFT_ACTIVITY_SOURCES_H
#define REDSMITH_REDSHIFT_ACTIVITY_SOURCES_H

#include "redshift/activity_report.h"

/* One way to fill a report. The text ends in a WHERE clause, to which conditions are added. */
typedef struct {
    const char *views; /* for the user: what was read */
    const char *sql;
    const char *running; /* condition appended for running_only, or NULL: nothing to leave out */
    const char *order;
    const char *opens;       /* who may read it, for the notes; NULL: everybody */
    const char *lacks;       /* what this source cannot tell, for the notes; NULL: nothing */
    gboolean is_never_empty; /* an empty answer means that it tells nothing here: go on */
} ActivitySource;

typedef struct {
    ActivityPane pane;
    const ActivitySource *sources; /* ends with NULL views */
} ActivityReportRow;

/* One per kind. */
extern const ActivityReportRow activity_report_rows[ACTIVITY_KINDS];

#endif
