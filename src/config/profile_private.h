/*
 * profile_private: what the files of the profile share among themselves. See profile.h.
 *
 * Errors:  RS_ERROR_CONFIG; it names the file
 * Threads: any; the files are read by whoever asks
 */
#ifndef REDSMITH_CONFIG_PROFILE_PRIVATE_H
#define REDSMITH_CONFIG_PROFILE_PRIVATE_H

#include "config/profile.h"

#define PROFILE_SANDBOX "sandbox"
#define PROFILE_ENVIRONMENT "environment"

/* Fills in what a profile leaves out: from its own host name, from the environment where the login
 * does not find it out itself, from the table. Complete afterwards, or RS_ERROR_CONFIG with where in
 * front. */
gboolean profile_fill(Profile *profile, const char *where, GError **error);

/* The text of profiles.conf; "" when there is none. Wipe it: it may hold secrets. */
char *profile_file_read(const char *path, GError **error);

/* Refuses a file that others may read, because the profile has a secret in it. */
gboolean profile_file_check_private(const char *path, const char *group, GError **error);

#endif
