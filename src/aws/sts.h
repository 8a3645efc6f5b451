/*
 * sts: temporary credentials for a role, and who am I?
 *
 * Example:
 *     g_autoptr(StsClient) sts = sts_client_new(NULL, "eu-west-1", source);
 *     g_auto(StsIdentity) identity = {0};
 *     if (sts_get_caller_identity(sts, &identity, cancellable, &error)) ...
 *
 * Source:  AWS Security Token Service API reference, 2011-06-15.
 * Errors:  those of query_call.
 * Threads: any.
 */
#ifndef REDSMITH_AWS_STS_H
#define REDSMITH_AWS_STS_H

#include "aws/request.h"

#define STS_LEAST_SECONDS 900
#define STS_MOST_SECONDS 43200

typedef struct StsClient StsClient;

/* endpoint_url NULL: see aws/endpoint; region NULL: see endpoint_region. credentials are borrowed; NULL
 * for sts_assume_role_with_web_identity alone, which is not signed. */
StsClient *sts_client_new(const char *endpoint_url, const char *region,
                          CredentialsSource *credentials);
void sts_client_free(StsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StsClient, sts_client_free)
/* Whose settings count where there are no credentials, or fixed ones. Both before the first call. */
void sts_client_set_profile(StsClient *client, const char *aws_profile);
void sts_client_set_hooks(StsClient *client, const AwsHooks *hooks);

/* All borrowed; what is NULL or 0 is not sent. */
typedef struct {
    const char *role_arn;
    const char *session_name; /* 2 to 64 of letters, digits and =,.@-_+ */
    guint duration_seconds;   /* STS_LEAST_SECONDS to STS_MOST_SECONDS; 0: an hour */
    const char *external_id;
    const char *serial_number; /* of the MFA device, with the code that it shows now */
    const Secret *token_code;
    const Secret *web_identity_token; /* sts_assume_role_with_web_identity */
    const char *what;                 /* how messages begin; NULL: the operation's name */
    const char *provider;             /* of the answer: static */
} StsRole;

Credentials *sts_assume_role(StsClient *client, const StsRole *role, GCancellable *cancellable,
                             GError **error);
Credentials *sts_assume_role_with_web_identity(StsClient *client, const StsRole *role,
                                               GCancellable *cancellable, GError **error);

typedef struct {
    char *user_id, *account, *arn;
} StsIdentity;

void sts_identity_clear(StsIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StsIdentity, sts_identity_clear)

/* Needs no permission: the test of credentials. */
gboolean sts_get_caller_identity(StsClient *client, StsIdentity *identity,
                                 GCancellable *cancellable, GError **error);

#endif
