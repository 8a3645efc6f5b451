#include <string.h>

#include "aws/endpoint.h"
#include "aws/provider.h"
#include "aws/secret_json.h"
#include "aws/small_file.h"
#include "base/error.h"
#include "base/text.h"

#define TOKEN_FILE_LIMIT (64 << 10)
#define NO_REGION "\"%s\" is not an AWS Region; expected a name such as us-east-1"

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

/* The caller may have found it where we would have, which is the place to name. */
static void refuse_region(const ProviderContext *context, const char *region, GError **error)
{
    static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    const char *own = context->config != NULL ? provider_setting(context, "region") : NULL;
    g_autofree char *shown = text_printable(region, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        if (g_strcmp0(provider_variable(variables[i]), region) == 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: " NO_REGION, variables[i], shown);
            return;
        }
    }
    if (g_strcmp0(own, region) == 0)
        provider_refuse(context, "region", error, NO_REGION, shown);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "region: " NO_REGION, shown);
}

char *provider_region(const ProviderContext *context, GError **error)
{
    const char *own = context->config != NULL ? provider_setting(context, "region") : NULL;
    const char *const choices[] = {context->settings->region, provider_variable("AWS_REGION"),
                                   provider_variable("AWS_DEFAULT_REGION"), own, "us-east-1"};
    gsize i = 0;
    while (choices[i] == NULL || *choices[i] == '\0')
        i++;
    if (endpoint_is_region(choices[i]))
        return g_strdup(choices[i]);
    refuse_region(context, choices[i], error);
    return NULL;
}

const char *provider_key_fault(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\'')
            return "it holds a quotation mark: such values are not quoted";
        if (*c == ' ' || *c == '\t')
            return "it holds a blank: a comment stands on a line of its own";
        if (*c == '\n')
            return "the line below is indented further, and so part of it";
        if (!g_ascii_isgraph(*c))
            return "it holds a character that no key has";
    }
    return NULL;
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
    gsize length = 0;
    char *content = small_file_read(path, TOKEN_FILE_LIMIT, &length, &reason);
    if (content == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: cannot read %s: %s", where, path,
                    reason->message);
        return NULL;
    }
    gboolean good = strlen(content) == length;
    if (good)
        g_strstrip(content);
    good = good && *content != '\0';
    if (!good)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: %s holds no token", where, path);
    Secret *token = good ? secret_new(content, -1) : NULL;
    small_file_free(content, length);
    return token;
}
