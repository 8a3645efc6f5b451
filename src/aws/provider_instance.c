#include <string.h>

#include "aws/imds.h"
#include "aws/provider.h"
#include "aws/secret_json.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#define ROLES "iam/security-credentials/"
/* As botocore does when the service keeps handing out what has expired: during an outage of its own the
 * old keys go on being accepted. */
#define EXTENSION_SECONDS 900
#define EXTENSION_JITTER 480

/* "Code" and "Message" of a document that reports a failure; NULL when all is well. */
static char *reported_failure(const char *json)
{
    cJSON *object = secret_json_parse(json, strlen(json));
    const char *code = secret_json_text(object, "Code");
    const char *message = secret_json_text(object, "Message");
    g_autofree char *text = code != NULL && strcmp(code, "Success") != 0
                                ? g_strdup_printf("%s%s%s", code, message != NULL ? ": " : "",
                                                  message != NULL ? message : "")
                                : NULL;
    secret_json_free(object);
    return text != NULL ? text_printable(text, -1) : NULL;
}

static void extend(const ProviderContext *context, Credentials *credentials)
{
    gint64 now = aws_hooks_now(context->hooks);
    if (credentials->expires_at == 0 || credentials->expires_at > now)
        return;
    credentials->expires_at =
        now + EXTENSION_SECONDS + (gint64)(aws_hooks_random(context->hooks) * EXTENSION_JITTER);
    log_write(LOG_LEVEL_WARNING,
              "the instance metadata service gave credentials that have expired; using them still");
}

static Credentials *credentials_of_role(ProviderContext *context, Imds *imds, const char *role,
                                        const char *name, GCancellable *cancellable, GError **error)
{
    g_autofree char *encoded = sigv4_uri_encode(role, -1, FALSE);
    g_autofree char *path = g_strconcat(ROLES, encoded, NULL);
    char *json = imds_get(imds, path, cancellable, error);
    if (json == NULL)
        return NULL;
    g_autofree char *failure = reported_failure(json);
    Credentials *credentials = NULL;
    if (failure != NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                    "the instance metadata service has no credentials for the role %s: %s", role,
                    failure);
    else
        credentials =
            provider_read_document(json, strlen(json), "Token", name,
                                   "the credentials of the instance metadata service", error);
    if (credentials != NULL) {
        extend(context, credentials);
        credentials->origin = g_strdup_printf("instance role %s", role);
    }
    explicit_bzero(json, strlen(json));
    g_free(json);
    return credentials;
}

static Credentials *ask(ProviderContext *context, const char *name, GCancellable *cancellable,
                        GError **error)
{
    g_autoptr(Imds) imds =
        imds_new(context->config, context->profile, context->http, context->hooks, error);
    g_autofree char *roles = imds != NULL ? imds_get(imds, ROLES, cancellable, error) : NULL;
    if (roles == NULL)
        return NULL;
    g_autofree char *first = g_strndup(roles, strcspn(roles, "\r\n"));
    g_autofree char *role = text_printable(first, -1);
    if (*role != '\0')
        return credentials_of_role(context, imds, role, name, cancellable, error);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                        "this instance has no instance profile");
    return NULL;
}

/* Nobody configures the last in the chain: that it is not there is no failure, but worth a word. */
static gboolean is_absence(const GError *failure)
{
    return g_error_matches(failure, RS_ERROR, RS_ERROR_UNSUPPORTED) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_CONNECT) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND);
}

ProviderAnswer provider_instance(ProviderContext *context, const char *name,
                                 Credentials **credentials, GCancellable *cancellable,
                                 GError **error)
{
    g_autoptr(GError) failure = NULL;
    *credentials = ask(context, name, cancellable, &failure);
    if (*credentials != NULL)
        return PROVIDER_ANSWERED;
    if (is_absence(failure)) {
        g_string_append_printf(context->notes, ", and %s", failure->message);
        return PROVIDER_ABSENT;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return PROVIDER_FAILED;
}
