/*
 * rows: a statement's rows on standard output, as they arrive: never a whole result in memory.
 *
 * Threads: a worker; blocks on the session.
 */
#ifndef REDSMITH_CLI_ROWS_H
#define REDSMITH_CLI_ROWS_H

#include "cli/cli.h"
#include "job/export.h"

typedef struct {
    OutputFormat format;
    gboolean header;
    const char *schema, *relation; /* whose rows they are, for INSERT; NULL: nobody's */
} RowsShape;

/* Runs sql and prints its rows; for a statement without rows its outcome is narrated. */
gboolean rows_print(CliContext *cli, Session *session, const char *sql, const RowsShape *shape,
                    GError **error);

/* Runs the request's statement into its file and narrates progress and outcome; with --json the outcome
 * is an object on standard output. */
gboolean rows_export(CliContext *cli, Session *session, const ExportRequest *request,
                     GError **error);

#endif
