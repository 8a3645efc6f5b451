/*
 * shared_config: ~/.aws/credentials and ~/.aws/config, read as the AWS tools read them.
 *
 * Sections [default], [profile x], [sso-session x] and [services x] (config) or [x] (credentials), names
 * quoted or not; "key = value" or "key: value" lines, keys in lower case, values literal; # and ; lines are
 * comments, but nothing behind a value is. A line that is indented further than its key's is part of a
 * nested block when the key has no value ("s3.endpoint_url"), else the value goes on with it. A section or
 * key that comes twice: the later value counts. A byte order mark and \r\n are allowed. Both files are
 * merged by profile; for the same key the credentials file wins. AWS_SHARED_CREDENTIALS_FILE and
 * AWS_CONFIG_FILE name other files.
 *
 * Example:
 *     g_autoptr(SharedConfig) config = shared_config_load(&error);
 *     g_autofree char *profile = shared_config_chosen_profile(NULL);
 *     const char *region = shared_config_get(config, profile, "region", NULL);
 *
 * Source:   AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 * Threads:  a SharedConfig is immutable after loading.
 */
#ifndef REDSMITH_AWS_SHARED_CONFIG_H
#define REDSMITH_AWS_SHARED_CONFIG_H

#include <glib.h>

typedef struct SharedConfig SharedConfig;

typedef enum { SHARED_CONFIG_FILE, SHARED_CREDENTIALS_FILE, SHARED_FILES } SharedFile;

/* Files that do not exist count as empty. RS_ERROR_CONFIG names file and line of what cannot be read. */
SharedConfig *shared_config_load(GError **error);

/* The same from two texts: for tests and fuzzing. Either may be NULL; texts are length bytes long. */
SharedConfig *shared_config_parse(const char *config, gsize config_length, const char *credentials,
                                  gsize credentials_length, GError **error);

void shared_config_free(SharedConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SharedConfig, shared_config_free)

/* chosen, else AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". Free with g_free. */
char *shared_config_chosen_profile(const char *chosen);

gboolean shared_config_has_profile(const SharedConfig *config, const char *profile);

/* The config file has a section [name], which is no profile there: that would be [profile name]. */
gboolean shared_config_has_stray(const SharedConfig *config, const char *name);

/* The profile's value, or NULL; owned by the config. *file, when wanted, is the file it stands in. */
const char *shared_config_get(const SharedConfig *config, const char *profile, const char *key,
                              const char **file);

/* The same from one of the two files only. */
const char *shared_config_get_from(const SharedConfig *config, SharedFile file, const char *profile,
                                   const char *key);

/* Of [sso-session name] in the config file. */
gboolean shared_config_has_sso_session(const SharedConfig *config, const char *name);
const char *shared_config_get_sso(const SharedConfig *config, const char *name, const char *key);

/* A key such as "s3.endpoint_url" of [services name]; NULL when it is not there. */
gboolean shared_config_has_services(const SharedConfig *config, const char *name);
const char *shared_config_get_services(const SharedConfig *config, const char *name,
                                       const char *key);

/* "FILE, profile NAME: KEY": where the key stands, or would stand in the config file. Free with g_free. */
char *shared_config_where(const SharedConfig *config, const char *profile, const char *key);

/* The path of one of the files, for messages: "/home/me/.aws/credentials". */
const char *shared_config_path(const SharedConfig *config, SharedFile file);

#endif
