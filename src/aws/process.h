/*
 * process: runs another program and reads what it prints, with a time limit. No shell.
 *
 * The program gets a session of its own, so that it can neither read from the terminal nor draw on it,
 * and so that the time limit ends what it has started too. Its standard input is empty.
 *
 * Threads: any but the main thread: it waits.
 * Errors:  RS_ERROR_CONFIG (cannot be started), RS_ERROR_LIMIT (the time limit ran out, or it printed more
 *          than 1 MiB), RS_ERROR_CANCELLED.
 */
#ifndef REDSMITH_AWS_PROCESS_H
#define REDSMITH_AWS_PROCESS_H

#include <gio/gio.h>

typedef struct {
    GString *output;   /* of standard output; wiped by process_result_clear */
    GString *messages; /* of standard error, its first 4 KiB */
    int wait_status;   /* as waitpid gives it */
} ProcessResult;

/* TRUE when it ran to its end, whatever its status. Clear the result in any case. */
gboolean process_run(char **argv, guint limit_ms, ProcessResult *result, GCancellable *cancellable,
                     GError **error);
void process_result_clear(ProcessResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProcessResult, process_result_clear)

#endif
