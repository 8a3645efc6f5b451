/*
 * profile_file: changing profiles.conf.
 *
 * A change reads the file, edits its text (ini.h: comments and other profiles stay as they are) and
 * puts the result in its place: written to a temporary name with mode 0600, synced, renamed. A lock
 * beside the file keeps two programs from losing each other's change. Where profiles.conf is a link,
 * what it points to is replaced.
 *
 * Threads: blocks on the disk; belongs on a worker.
 * Errors:  RS_ERROR_CONFIG for a file that is no INI text or a name that cannot be a group's, EXISTS,
 *          NOT_FOUND, and the errno's own
 */
#ifndef REDSMITH_CONFIG_PROFILE_FILE_H
#define REDSMITH_CONFIG_PROFILE_FILE_H

#include "config/profile.h"

/* The path of profiles.conf. Free with g_free. */
char *profile_file_path(void);

/* What the file says of the profile and nothing else: no environment, no defaults. Free with
 * profile_free. */
Profile *profile_file_load(const char *name, GError **error);

/*
 * Writes the fields that are given (and not their defaults' names: what is unset is not written) as the
 * group profile->name. Secrets are written only when keep_secrets. Without replace an existing group
 * is RS_ERROR_EXISTS. Checks the combination first: what is written can be loaded.
 */
gboolean profile_file_save(const Profile *profile, gboolean replace, gboolean keep_secrets,
                           GError **error);

gboolean profile_file_remove(const char *name, GError **error);
gboolean profile_file_rename(const char *name, const char *new_name, GError **error);

#endif
