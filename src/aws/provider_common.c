#include <string.h>

#include "aws/endpoint.h"
#include "aws/provider.h"
#include "aws/secret_json.h"
#include "base/error.h"

#define TOKEN_FILE_LIMIT (64 << 10)

const char *provider_variable(const char *name)
{
    const char *value = g_getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

const char *provider_setting(const ProviderContext *context, const char *key)
{
    return shared_config_get(context->config, context->profile, key, NULL);
}

char *provider_where(const ProviderContext *context, const char *key)
{
    const char *file = shared_config_path(context->config, SHARED_CONFIG_FILE);
    shared_config_get(context->config, context->profile, key, &file);
    return g_strdup_printf("%s, profile %s", file, context->profile);
}

ProviderAnswer provider_refuse(const ProviderContext *context, const char *key, GError **error,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *where = provider_where(context, key);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: %s: %s", where, key, text);
    return PROVIDER_FAILED;
}

char *provider_region(const ProviderContext *context)
{
    const char *const choices[] = {context->settings->region, provider_variable("AWS_REGION"),
                                   provider_variable("AWS_DEFAULT_REGION"),
                                   context->config != NULL ? provider_setting(context, "region")
                                                           : NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
        if (choices[i] != NULL && *choices[i] != '\0')
            return g_strdup(choices[i]);
    return endpoint_region(NULL);
}

gint64 provider_parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gsize length = strlen(text);
    g_autofree char *iso = g_str_has_suffix(text, "UTC")
                               ? g_strdup_printf("%.*sZ", (int)(length - 3), text)
                               : g_strdup(text);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(iso, utc);
    return time != NULL ? g_date_time_to_unix(time) : 0;
}

static Credentials *corrupt(const char *what, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s %s", what, why);
    return NULL;
}

static Credentials *read_object(const cJSON *object, const char *token_name, const char *name,
                                const char *what, GError **error)
{
    const char *key = secret_json_text(object, "AccessKeyId");
    const char *secret = secret_json_text(object, "SecretAccessKey");
    const char *token = secret_json_text(object, token_name);
    const char *expiry = secret_json_text(object, "Expiration");
    gint64 expires_at = expiry != NULL ? provider_parse_time(expiry) : 0;
    if (key == NULL)
        return corrupt(what, "holds no AccessKeyId", error);
    if (secret == NULL)
        return corrupt(what, "holds no SecretAccessKey", error);
    if (expiry != NULL && expires_at == 0)
        return corrupt(what,
                       "holds an Expiration that is no time; expected one like "
                       "2026-01-31T12:00:00Z",
                       error);
    return credentials_new(key, secret, token, expires_at, name);
}

Credentials *provider_read_document(const char *json, gsize length, const char *token_name,
                                    const char *name, const char *what, GError **error)
{
    cJSON *object = secret_json_parse(json, length);
    if (object == NULL)
        return corrupt(what, "is not a JSON object", error);
    Credentials *credentials = read_object(object, token_name, name, what, error);
    secret_json_free(object);
    return credentials;
}

char *provider_session_name(const ProviderContext *context)
{
    return g_strdup_printf("redsmith-%" G_GINT64_FORMAT, aws_hooks_now(context->hooks));
}

Secret *provider_read_token_file(const char *path, const char *where, GError **error)
{
    g_autoptr(GError) reason = NULL;
    char *content = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &content, &length, &reason)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: %s", where, reason->message);
        return NULL;
    }
    gboolean good = length < TOKEN_FILE_LIMIT && strlen(content) == length;
    if (good)
        g_strstrip(content);
    good = good && *content != '\0';
    if (!good)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: %s holds no token", where, path);
    Secret *token = good ? secret_new(content, -1) : NULL;
    explicit_bzero(content, length);
    g_free(content);
    return token;
}
