/*
 * parse: the words of the command line, read by the option tables of cli.h.
 *
 * Threads: main thread.
 * Errors:  G_OPTION_ERROR and RS_ERROR_USAGE, naming the word
 */
#ifndef REDSMITH_CLI_PARSE_H
#define REDSMITH_CLI_PARSE_H

#include "cli/cli.h"

/*
 * Options that stand before the command: *words (argv without the program's name) is advanced to the
 * command. screens takes those of the workbench.
 */
gboolean parse_leading(CliContext *cli, CliScreenOptions *screens, char ***words, GError **error);

/* Options and arguments behind the command's name, into cli->globals, options and arguments. */
gboolean parse_command(CliContext *cli, char **words, GError **error);

/* `redsmith --help` and `redsmith COMMAND --help`. Free with g_free. */
char *parse_usage(void);
char *parse_command_usage(const CliCommand *command);

/* Frees what parse_command made. */
void parse_clear(CliContext *cli);
void parse_clear_screens(CliScreenOptions *screens);

#endif
