/*
 * profile: a named set of connection settings, one INI group of profiles.conf.
 *
 * Files: $XDG_CONFIG_HOME/redsmith/profiles.conf. The profile "sandbox" needs no file: it is read
 * from the running sandbox's own folder, REDSMITH_SANDBOX_DIR or $XDG_STATE_HOME/redsmith/sandbox.
 * Without -p the profile is $REDSMITH_PROFILE, else "default" in the file, else one made from PG*
 * variables when PGHOST is set. One table of fields (name, type, range, default, one sentence) feeds
 * the parser, `profile show`, the man page and the messages; unknown keys are errors that name file,
 * group and key.
 *
 * Threads: a Profile is immutable after loading; any thread may read it.
 */
#ifndef REDSMITH_CONFIG_PROFILE_H
#define REDSMITH_CONFIG_PROFILE_H

#include <glib.h>

#include "base/secret.h"
#include "config/field.h"

typedef struct Profile {
    char *name;
    char *host;
    int port;
    char *database, *user;
    Secret *password; /* only when the file, the environment or the sandbox gives it */
    char *auth;       /* password | pgpass | prompt | keyring | iam | serverless | secret */
    char *transport;  /* wire | data-api */
    char *sslmode;    /* verify-full by default */
    char *sslrootcert;
    char *region;
    char *tempdir;      /* s3://bucket/prefix, or NULL */
    char *aws_iam_role; /* ARN, "default" or NULL */
    char *endpoint_url; /* AWS endpoint override, or NULL */
    char *aws_profile;
    char *cluster_identifier; /* provisioned cluster: auth iam, transport data-api */
    char *workgroup_name;     /* Serverless: auth serverless, transport data-api */
    char *role_arn;           /* assumed before anything is signed, or NULL */
    char *secret_arn;         /* ARN or name in Secrets Manager */
    char *db_user;    /* auth iam: the user to ask credentials for; NULL: the WithIAM form */
    char **db_groups; /* NULL-terminated, or NULL */
    gboolean auto_create;
    char *tempdir_region;
    char *query_group; /* label for the server's query views, or NULL */
    char *external_id; /* what the policy of role_arn asks for, or NULL */
    /* Explicit keys: those of the sandbox, or of a file that is 0600. */
    char *access_key_id;
    Secret *secret_access_key, *session_token;
    int poll_interval_ms, max_poll_attempts; /* transport data-api */
    char **schema_filter;                    /* NULL-terminated, or NULL */
    gboolean read_only, production;
    gboolean require_tls;     /* no session without TLS */
    gboolean iam_role_only;   /* statements may name S3 by aws_iam_role, never by keys */
    int statement_timeout_ms; /* 0: none */
    int connect_timeout_ms;
    int keepalive_s;
    int max_sessions; /* connections at once */
} Profile;

/* name NULL: the default as above. RS_ERROR_NOT_FOUND lists the names there are;
 * RS_ERROR_CONFIG names file, group, key and what was expected. Free with profile_free. */
Profile *profile_load(const char *name, GError **error);

/* Names of all profiles, sorted, "sandbox" included when one is running. Free with g_strfreev. */
char **profile_names(GError **error);

/* "key = value" lines without secrets. Free with g_free. */
char *profile_describe(const Profile *profile);

/* A profile of that name with nothing given: what imports and forms fill. Free with profile_free. */
Profile *profile_new(const char *name);

/* The table of fields, ending with a NULL name; static. */
const FieldRow *profile_fields(void);

void profile_free(Profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)

#endif
