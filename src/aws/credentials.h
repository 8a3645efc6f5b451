/*
 * credentials: the key pair (and token) that signs AWS requests, and where it came from.
 *
 * A Credentials value is an immutable snapshot: key, secret and token belong together. A
 * CredentialsSource hands out snapshots and renews them before they expire; take a fresh snapshot
 * for every signature, never sign ahead.
 *
 * Threads: both may be used from any thread.
 */
#ifndef REDSMITH_AWS_CREDENTIALS_H
#define REDSMITH_AWS_CREDENTIALS_H

#include <gio/gio.h>

#include "base/secret.h"

typedef struct {
    gatomicrefcount references;
    char *access_key_id;
    Secret *secret_access_key;
    Secret *session_token; /* NULL for long-lived keys */
    gint64 expires_at;     /* epoch seconds; 0: never */
    const char *provider;  /* who answered: "profile", "environment", ... Static. */
} Credentials;

Credentials *credentials_new(const char *access_key_id, const char *secret_access_key,
                             const char *session_token, gint64 expires_at, const char *provider);
Credentials *credentials_ref(Credentials *credentials);
void credentials_unref(Credentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credentials, credentials_unref)

typedef struct CredentialsSource CredentialsSource;

/* The default chain: explicit keys (may be NULL), then the environment; more providers follow.
 * aws_profile NULL: AWS_PROFILE or "default". */
CredentialsSource *credentials_source_new(const char *access_key_id,
                                          const Secret *secret_access_key, const char *aws_profile);

/* A snapshot to sign one request with; blocks while a provider is asked. NULL with RS_ERROR_AUTH or
 * RS_ERROR_CONFIG naming what was tried and what to mend. */
Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error);

/* The last snapshot was refused as expired: ask the provider again next time. */
void credentials_source_invalidate(CredentialsSource *source);

void credentials_source_free(CredentialsSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CredentialsSource, credentials_source_free)

#endif
