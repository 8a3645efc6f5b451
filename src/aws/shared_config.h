/*
 * shared_config: ~/.aws/credentials and ~/.aws/config, read as the AWS tools read them.
 *
 * Sections [default] and [profile x] (config) or [x] (credentials), names quoted or not; "key = value"
 * lines, keys in lower case, values literal; # and ; lines are comments; indented lines are a nested block
 * of the key above them and are left out. Both files are merged by profile; for the same key the
 * credentials file wins. AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name other files.
 *
 * Source:   AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 * Threads:  a SharedConfig is immutable after loading.
 */
#ifndef REDSMITH_AWS_SHARED_CONFIG_H
#define REDSMITH_AWS_SHARED_CONFIG_H

#include <glib.h>

typedef struct SharedConfig SharedConfig;

/* Files that do not exist count as empty. RS_ERROR_CONFIG names file and line of what cannot be read. */
SharedConfig *shared_config_load(GError **error);
void shared_config_free(SharedConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SharedConfig, shared_config_free)

gboolean shared_config_has_profile(const SharedConfig *config, const char *profile);

/* The profile's value, or NULL; owned by the config. *file, when wanted, is the file it stands in. */
const char *shared_config_get(const SharedConfig *config, const char *profile, const char *key,
                              const char **file);

/* The paths that were read, for messages: "~/.aws/credentials" and "~/.aws/config" in full. */
const char *shared_config_credentials_path(const SharedConfig *config);
const char *shared_config_config_path(const SharedConfig *config);

#endif
