/*
 * provider: who can give credentials. One file (provider_*.c) and one row of a table for each.
 *
 * A provider looks whether it is configured at all (PROVIDER_ABSENT when not), and else answers or
 * fails: it never stands aside because it failed. A row that reads the AWS profile may also answer for
 * the profile that a role's source_profile names. Private to the credentials of this floor.
 *
 * Threads: a ProviderContext belongs to one question, and so to one thread.
 * Errors:  RS_ERROR_CONFIG names file, profile and key; RS_ERROR_AUTH says how to log in again; else
 *          those of http and failure.
 */
#ifndef REDSMITH_AWS_PROVIDER_H
#define REDSMITH_AWS_PROVIDER_H

#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/shared_config.h"

typedef enum { PROVIDER_ABSENT, PROVIDER_ANSWERED, PROVIDER_FAILED } ProviderAnswer;

/* What a source remembers from one question to the next. */
typedef struct {
    gint64 sso_tried_at; /* when the single sign-on token was last renewed, or tried to be */
} ProviderMemory;

typedef struct {
    const CredentialsSettings *settings;
    const AwsHooks *hooks;
    HttpClient *http;
    ProviderMemory *memory;
    const SharedConfig *config; /* NULL until a row that reads it is reached */
    const char *profile;        /* the AWS profile that is asked now */
    const char *chosen; /* the one that was asked first: its endpoints are those of all calls */
    gboolean profile_chosen; /* by the caller: then the environment's keys are not asked */
    GPtrArray *visited;      /* of char *: the profiles that led here, the first one first */
    GString *notes;          /* what providers without credentials had to say */
} ProviderContext;

typedef ProviderAnswer (*ProviderAsk)(ProviderContext *context, const char *name,
                                      Credentials **credentials, GCancellable *cancellable,
                                      GError **error);

ProviderAnswer provider_explicit(ProviderContext *context, const char *name,
                                 Credentials **credentials, GCancellable *cancellable,
                                 GError **error);
ProviderAnswer provider_environment(ProviderContext *context, const char *name,
                                    Credentials **credentials, GCancellable *cancellable,
                                    GError **error);
ProviderAnswer provider_role(ProviderContext *context, const char *name, Credentials **credentials,
                             GCancellable *cancellable, GError **error);
ProviderAnswer provider_web_identity_environment(ProviderContext *context, const char *name,
                                                 Credentials **credentials,
                                                 GCancellable *cancellable, GError **error);
ProviderAnswer provider_web_identity(ProviderContext *context, const char *name,
                                     Credentials **credentials, GCancellable *cancellable,
                                     GError **error);
ProviderAnswer provider_sso(ProviderContext *context, const char *name, Credentials **credentials,
                            GCancellable *cancellable, GError **error);
ProviderAnswer provider_credentials_file(ProviderContext *context, const char *name,
                                         Credentials **credentials, GCancellable *cancellable,
                                         GError **error);
ProviderAnswer provider_login(ProviderContext *context, const char *name, Credentials **credentials,
                              GCancellable *cancellable, GError **error);
ProviderAnswer provider_process(ProviderContext *context, const char *name,
                                Credentials **credentials, GCancellable *cancellable,
                                GError **error);
ProviderAnswer provider_config_file(ProviderContext *context, const char *name,
                                    Credentials **credentials, GCancellable *cancellable,
                                    GError **error);
ProviderAnswer provider_container(ProviderContext *context, const char *name,
                                  Credentials **credentials, GCancellable *cancellable,
                                  GError **error);
ProviderAnswer provider_instance(ProviderContext *context, const char *name,
                                 Credentials **credentials, GCancellable *cancellable,
                                 GError **error);

/* The whole chain. NULL with RS_ERROR_AUTH when nobody is configured. */
Credentials *provider_ask_chain(ProviderContext *context, GCancellable *cancellable,
                                GError **error);

/* The roles of settings->role_arn, each assumed with the keys of the one before; a new reference to base
 * without any. */
Credentials *provider_assume_chain(ProviderContext *context, Credentials *base,
                                   GCancellable *cancellable, GError **error);

/* The rows that read context->profile, in the order of the chain. */
Credentials *provider_ask_profile(ProviderContext *context, GCancellable *cancellable,
                                  GError **error);

/* One row by its credential_source: "Environment", "EcsContainer", "Ec2InstanceMetadata". NULL with
 * RS_ERROR_CONFIG for any other word, or when that provider has nothing; `where` begins the message. */
Credentials *provider_ask_named(ProviderContext *context, const char *word, const char *where,
                                GCancellable *cancellable, GError **error);

/* --- what providers share (provider_common.c) ------------------------------------------------- */

/* An environment variable's value; NULL when it is not set or empty. */
const char *provider_variable(const char *name);

/* A key of context->profile, NULL when it is not set. */
const char *provider_setting(const ProviderContext *context, const char *key);

/* "FILE, profile NAME": where that key stands, or would stand in the config file. Free with g_free. */
char *provider_where(const ProviderContext *context, const char *key);

/* "FILE, profile NAME: KEY: " and the message, as RS_ERROR_CONFIG. Always PROVIDER_FAILED. */
ProviderAnswer provider_refuse(const ProviderContext *context, const char *key, GError **error,
                               const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The Region of STS for this profile. NULL with RS_ERROR_CONFIG naming where it says what is none. Free
 * with g_free. */
char *provider_region(const ProviderContext *context, GError **error);

/* What keeps this from being an access key id, a secret or a token, as the end of a message; NULL: nothing.
 * No such text has blanks, and what cannot be in a header must not get into one. */
const char *provider_key_fault(const char *value);

/* Epoch seconds of an ISO 8601 time, 0 when it is none. A trailing "UTC" is read as "Z". */
gint64 provider_parse_time(const char *text);

/* The keys in a JSON object: AccessKeyId, SecretAccessKey, Expiration and a token under that name.
 * RS_ERROR_CORRUPT naming the member that is missing or wrong; `what` begins the message, and nothing of
 * the document is quoted. Members of a version are checked by the caller. */
Credentials *provider_read_document(const char *json, gsize length, const char *token_name,
                                    const char *name, const char *what, GError **error);

/* "redsmith-" and the time: the name of a role session that nobody named. Free with g_free. */
char *provider_session_name(const ProviderContext *context);

/* A secret token in a file that is read anew each time; blanks at its ends do not belong to it.
 * RS_ERROR_CONFIG; `where` begins the message. */
Secret *provider_read_token_file(const char *path, const char *where, GError **error);

#endif
