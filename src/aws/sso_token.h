/*
 * sso_token: the token that "aws sso login" left in ~/.aws/sso/cache, renewed where it can be.
 *
 * The file's name is the SHA-1 of the session's name (or, for profiles in the old style, of the start
 * URL). A token of a session that ends within 15 minutes is renewed with its refresh token, at most once
 * a minute, and the file is replaced whole, mode 0600, so that the AWS tools go on with it.
 *
 * Source:  AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider"; SSO OIDC API
 *          reference, CreateToken.
 * Errors:  RS_ERROR_AUTH tells which command logs in; RS_ERROR_CONFIG names the file.
 * Threads: as ProviderContext.
 */
#ifndef REDSMITH_AWS_SSO_TOKEN_H
#define REDSMITH_AWS_SSO_TOKEN_H

#include "aws/provider.h"

/* All borrowed. */
typedef struct {
    const char *session;   /* NULL: a profile in the old style, which cannot be renewed */
    const char *start_url; /* what was logged in to */
    const char *region;    /* of the sign-on service */
} SsoLogin;

/* A token that is good now. */
Secret *sso_token_get(ProviderContext *context, const SsoLogin *login, GCancellable *cancellable,
                      GError **error);

/* "run: aws sso login ..." for this login. Free with g_free. */
char *sso_token_remedy(const ProviderContext *context, const SsoLogin *login);

/* The file of this login. Free with g_free. */
char *sso_token_path(const SsoLogin *login);

#endif
