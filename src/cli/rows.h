/*
 * rows: a statement's rows on standard output, as they arrive: never a whole result in memory.
 *
 * Threads: a worker; blocks on the session.
 */
#ifndef REDSMITH_CLI_ROWS_H
#define REDSMITH_CLI_ROWS_H

#include "cli/cli.h"

/* Runs sql and prints its rows; for a statement without rows its outcome is narrated. */
gboolean rows_print(CliContext *cli, Session *session, const char *sql, OutputFormat format,
                    gboolean header, GError **error);

#endif
