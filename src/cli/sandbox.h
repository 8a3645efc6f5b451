/*
 * sandbox: the redsmith-sandbox program, found beside our own or on PATH.
 *
 * Threads: any. Errors: RS_ERROR_UNSUPPORTED when there is no such program.
 */
#ifndef REDSMITH_CLI_SANDBOX_H
#define REDSMITH_CLI_SANDBOX_H

#include <gio/gio.h>

/* Its path. Free with g_free. */
char *sandbox_find_program(GError **error);

/* Starts the sandbox of the default folder, or finds it running; *said (may be NULL) is what it told. */
gboolean sandbox_start(char **said, GError **error);

#endif
