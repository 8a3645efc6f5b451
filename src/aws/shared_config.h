/*
 * shared_config: ~/.aws/credentials and ~/.aws/config, read as the AWS tools read them.
 *
 * Sections [default], [profile x], [sso-session x] and [services x] (config) or [x] (credentials), names
 * quoted or not; "key = value" lines, keys in lower case, values literal; # and ; lines are comments;
 * indented lines are a nested block of the key without a value above them: "s3.endpoint_url". Both files are merged by profile; for the
 * same key the credentials file wins. AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name other files.
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

/* The profile's value, or NULL; owned by the config. *file, when wanted, is the file it stands in. */
const char *shared_config_get(const SharedConfig *config, const char *profile, const char *key,
                              const char **file);

/* The same from one of the two files only. */
const char *shared_config_get_from(const SharedConfig *config, SharedFile file, const char *profile,
                                   const char *key);

/* Of [sso-session name] in the config file. */
gboolean shared_config_has_sso_session(const SharedConfig *config, const char *name);
const char *shared_config_get_sso(const SharedConfig *config, const char *name, const char *key);

/*
 * Where the profile has requests of a service ("s3", "redshift_data" ...) sent instead: endpoint_url of the
 * service in the [services x] that the profile names, else the profile's own; NULL: nowhere, or
 * ignore_configured_endpoint_urls is true. The environment comes first: see aws/endpoint.
 */
const char *shared_config_endpoint_url(const SharedConfig *config, const char *profile,
                                       const char *service);

/* The path of one of the files, for messages: "/home/me/.aws/credentials". */
const char *shared_config_path(const SharedConfig *config, SharedFile file);
const char *shared_config_credentials_path(const SharedConfig *config);
const char *shared_config_config_path(const SharedConfig *config);

#endif
