/*
 * terminal: questions to the person at the terminal, on the worker that needs the answer.
 *
 * Threads: block until answered or cancelled.
 * Errors:  RS_ERROR_USAGE when there is no terminal to ask on, RS_ERROR_CANCELLED
 */
#ifndef REDSMITH_CLI_TERMINAL_H
#define REDSMITH_CLI_TERMINAL_H

#include "cli/cli.h"

/* One line from standard input, without its end; NULL with error set at the end of input. */
char *terminal_read_line(GCancellable *cancellable, GError **error);

/*
 * TRUE when the user typed the name, or --yes was given. Otherwise an error: CANCELLED for another
 * answer, USAGE (which names --yes) when there is no terminal.
 */
gboolean terminal_confirm(CliContext *cli, const char *what, const char *name, GError **error);

/* A LoginSecret: asks for the profile's password on /dev/tty without echo. */
Secret *terminal_ask_password(gpointer user, const Profile *profile, GCancellable *cancellable,
                              GError **error);

/* A CredentialsPrompt: asks for the code of an MFA device there. */
Secret *terminal_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                          GError **error);

#endif
