/*
 * profile_words: the words of `redsmith profile`, one function each. The table in profile.c names them.
 *
 * Each takes the profile's name as it was given, or NULL where none was: the chosen profile then.
 * Threads: the command's worker. See cli.h.
 */
#ifndef REDSMITH_CLI_PROFILE_WORDS_H
#define REDSMITH_CLI_PROFILE_WORDS_H

#include "cli/cli.h"

/* Every check of a connection, one line each; fails with the first that failed. */
gboolean profile_test(CliContext *cli, const char *name, GError **error);

/* Asks for the profile's password on the terminal and stores it in the keyring. */
gboolean profile_login(CliContext *cli, const char *name, GError **error);
/* Removes it from the keyring. */
gboolean profile_forget(CliContext *cli, const char *name, GError **error);

#endif
