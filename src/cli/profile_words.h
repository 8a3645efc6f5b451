/*
 * profile_words: the words of `redsmith profile`, one function each. The table in profile.c names them.
 *
 * Each takes the profile's name as it was given, or NULL where none was: the chosen profile then.
 * Threads: the command's worker. See cli.h.
 */
#ifndef REDSMITH_CLI_PROFILE_WORDS_H
#define REDSMITH_CLI_PROFILE_WORDS_H

#include "cli/cli.h"

/* From nothing or from --from, with the options over it; secrets are left out unless --keep-secret. */
gboolean profile_add(CliContext *cli, const char *name, GError **error);
/* The same from a file or standard input. */
gboolean profile_import(CliContext *cli, const char *name, GError **error);
/* Changes the fields that options name; an empty value takes a field back. */
gboolean profile_set(CliContext *cli, const char *name, GError **error);
gboolean profile_remove(CliContext *cli, const char *name, GError **error);
gboolean profile_rename(CliContext *cli, const char *name, GError **error);

/* The fields that are given, as a group of the file or as JSON; secrets as "(set)". */
gboolean profile_print(CliContext *cli, const Profile *profile, GError **error);

/* Every check of a connection, one line each; fails with the first that failed. */
gboolean profile_test(CliContext *cli, const char *name, GError **error);

/* Asks for the profile's password on the terminal and stores it in the keyring. */
gboolean profile_login(CliContext *cli, const char *name, GError **error);
/* Removes it from the keyring. */
gboolean profile_forget(CliContext *cli, const char *name, GError **error);

#endif
