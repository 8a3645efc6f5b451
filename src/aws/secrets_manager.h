/*
 * secrets_manager: reading secrets, and finding them.
 *
 * Example:
 *     SecretsClient secrets = {client, NULL, "eu-west-1"};
 *     g_auto(SecretValue) value = {0};
 *     if (secrets_get_value(&secrets, "redshift/etl", &value, cancellable, &error)) ...
 *
 * Source:  AWS Secrets Manager API reference, 2017-10-17; Redshift guide for the members of a secret.
 * Errors:  those of json_call; RS_ERROR_DATA for a secret that is not a database login.
 * Threads: any.
 */
#ifndef REDSMITH_AWS_SECRETS_MANAGER_H
#define REDSMITH_AWS_SECRETS_MANAGER_H

#include "aws/json_call.h"

/* Where to. All borrowed. */
typedef struct {
    AwsClient *client;
    const char *endpoint_url; /* NULL: see aws/endpoint */
    const char *region;
} SecretsClient;

typedef struct {
    char *arn, *name, *version_id;
    Secret *bytes; /* of SecretString, or what SecretBinary decodes to */
    gboolean binary;
} SecretValue;

void secret_value_clear(SecretValue *value);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SecretValue, secret_value_clear)

/* By name, ARN or the beginning of an ARN; the current version. Never write it down: after a login that
 * fails ask once more, since the secret may have been rotated. */
gboolean secrets_get_value(const SecretsClient *client, const char *id, SecretValue *value,
                           GCancellable *cancellable, GError **error);

/* What a Redshift secret says. All but user and password may be missing. */
typedef struct {
    char *user;
    Secret *password;
    char *host, *database, *cluster, *serverless_namespace;
    int port; /* 0: not said */
} SecretLogin;

void secret_login_clear(SecretLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SecretLogin, secret_login_clear)

/* RS_ERROR_DATA names what is missing, never what is there. The port may be a number or a string. */
gboolean secret_login_parse(const SecretValue *value, SecretLogin *login, GError **error);

/* A filter: key is name, description, tag-key, tag-value, primary-region, owning-service or all. A value
 * matches what begins with it; '!' in front turns it round. */
typedef struct {
    const char *key;
    const char *const *values;
} SecretFilter;

typedef struct {
    char *arn, *name, *description, *owning_service; /* the last two may be NULL */
} SecretEntry;

void secret_entry_free(SecretEntry *entry);

/* Every secret that all filters let through, page by page until the last; of SecretEntry. */
GPtrArray *secrets_list(const SecretsClient *client, const SecretFilter *filters, guint n_filters,
                        GCancellable *cancellable, GError **error);

#endif
