/*
 * credentials: the key pair (and token) that signs AWS requests, and where it came from.
 *
 * A Credentials value is an immutable snapshot: key, secret and token belong together. A
 * CredentialsSource hands out snapshots and renews them before they expire; take a fresh snapshot
 * for every signature, never sign ahead.
 *
 * Who is asked, in the order of the AWS tools; the first that is configured answers, and its failure is
 * the answer too, since signing as somebody else would be a surprise (aws/provider.h has the table):
 *     the caller's own keys; AWS_ACCESS_KEY_ID ...; the AWS profile's role_arn; a web identity;
 *     single sign-on; the credentials file; credential_process; the config file;
 *     the container's endpoint; the instance's metadata
 * A profile that the caller names (instead of AWS_PROFILE) leaves the environment's keys unasked.
 *
 * Renewal: in the last 15 minutes (advisory) one caller asks for new credentials while the others go on
 * with the old ones, which also survive a failure of that question; it is repeated after a minute. In the
 * last 10 minutes (mandatory), and when there are none, callers wait for the one that asks and share its
 * failure. Credentials that live shorter than an hour have shorter windows, at most a half and a third of
 * their life. Those that need a person (MFA) are renewed in the mandatory window only.
 *
 * Example:
 *     CredentialsSettings settings = {.aws_profile = "work", .region = "eu-west-1"};
 *     g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
 *     g_autoptr(Credentials) credentials = credentials_source_get(source, cancellable, &error);
 *
 * Source:  botocore's refresh windows; AWS SDKs and Tools Reference Guide, "Standardized credential
 *          providers".
 * Threads: both may be used from any thread. Asking can take seconds: not for the main thread.
 */
#ifndef REDSMITH_AWS_CREDENTIALS_H
#define REDSMITH_AWS_CREDENTIALS_H

#include <gio/gio.h>

#include "aws/hooks.h"
#include "aws/retry.h"
#include "base/secret.h"

#define CREDENTIALS_ADVISORY_SECONDS 900
#define CREDENTIALS_MANDATORY_SECONDS 600

typedef struct {
    gatomicrefcount references;
    char *access_key_id;
    Secret *secret_access_key;
    Secret *session_token; /* NULL for long-lived keys */
    gint64 expires_at;     /* epoch seconds; 0: never */
    const char *provider;  /* who answered: "profile", "environment", ... Static. */
    char *origin;          /* such as "AWS profile work", or NULL */
    gboolean attended;     /* a person was asked: not to be renewed before it must be */
} Credentials;

Credentials *credentials_new(const char *access_key_id, const char *secret_access_key,
                             const char *session_token, gint64 expires_at, const char *provider);
Credentials *credentials_ref(Credentials *credentials);
void credentials_unref(Credentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credentials, credentials_unref)

/* Asks a person for the code of an MFA device (its serial number or ARN), on the thread that asked for
 * credentials. NULL with error set when there is none or the user gave up (RS_ERROR_CANCELLED). */
typedef Secret *(*CredentialsPrompt)(gpointer user, const char *mfa_serial,
                                     GCancellable *cancellable, GError **error);

/* All borrowed during the call, and all may be NULL or 0. */
typedef struct {
    const char *access_key_id; /* the caller's own keys */
    const Secret *secret_access_key;
    const Secret *session_token; /* NULL unless the key is a temporary one */
    /* Roles that are assumed with what the chain answered, one after the other: ARNs separated by
     * commas, or NULL; external_id is what the first one's policy asks for. */
    const char *role_arn, *external_id;
    const char *aws_profile;  /* NULL: AWS_PROFILE, AWS_DEFAULT_PROFILE, "default" */
    const char *region;       /* of STS; NULL: see aws/region */
    const char *endpoint_url; /* of STS; NULL: see aws/endpoint */
    CredentialsPrompt prompt; /* NULL: nobody to ask */
    gpointer prompt_user;
    const AwsHooks *hooks;          /* NULL: aws_hooks_real */
    guint process_limit_ms;         /* for a credential_process; 0: one minute */
    const char *container_endpoint; /* NULL: http://169.254.170.2 */
} CredentialsSettings;

typedef struct CredentialsSource CredentialsSource;

CredentialsSource *credentials_source_new_with(const CredentialsSettings *settings);

/* The same with nothing but keys (may be NULL) and a profile (may be NULL). */
CredentialsSource *credentials_source_new(const char *access_key_id,
                                          const Secret *secret_access_key, const char *aws_profile);

/* Always that one snapshot, whatever its age. */
CredentialsSource *credentials_source_new_fixed(Credentials *credentials);

/* A snapshot to sign one request with; blocks while a provider is asked. NULL with RS_ERROR_AUTH or
 * RS_ERROR_CONFIG naming what was tried and what to mend, or what the asked service failed with. */
Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error);

/* The AWS profile whose settings go with these credentials; NULL for a fixed snapshot. */
const char *credentials_source_profile(const CredentialsSource *source);

/* That snapshot was refused as expired: ask the provider again next time, unless it was replaced already,
 * by another thread whose request was refused too. */
void credentials_source_invalidate(CredentialsSource *source, const Credentials *refused);

/* The retry quota of a service ("s3"), which all clients that sign with this source share: a broken service
 * is not flooded by many of them either. Owned by the source. */
RetryQuota *credentials_source_quota(CredentialsSource *source, const char *service);

void credentials_source_free(CredentialsSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CredentialsSource, credentials_source_free)

#endif
