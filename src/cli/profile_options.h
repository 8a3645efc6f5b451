/*
 * profile_options: the options of `redsmith profile`, one per field of a profile and a few more.
 *
 * The rows are made of the table of fields (config/profile.h), so that --help, redsmith.conf(5) and the
 * checks say the same. `--aws_iam_role` and `--aws-iam-role` are one option.
 *
 * Threads: the rows are made once, on whichever thread asks first.
 */
#ifndef REDSMITH_CLI_PROFILE_OPTIONS_H
#define REDSMITH_CLI_PROFILE_OPTIONS_H

#include "cli/cli.h"

enum { PROFILE_FIELDS_MOST = 64 };

typedef struct {
    char *from;
    gboolean keep_secret, replace;
    char *values[PROFILE_FIELDS_MOST]; /* by the position of the field in profile_fields() */
} ProfileOptions;

/* All options, relative to ProfileOptions. Static. */
const CliOption *profile_option_rows(void);

/* TRUE when an option was given. */
gboolean profile_options_are_given(const ProfileOptions *options);

/* Puts the values into the profile; an empty one takes the field back. RS_ERROR_USAGE names the option. */
gboolean profile_options_apply(const ProfileOptions *options, Profile *profile, GError **error);

#endif
