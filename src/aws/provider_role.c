#include <string.h>

#include "aws/provider.h"
#include "aws/sts.h"
#include "base/error.h"

/* What a profile says about its role. Texts belong to the config, but for session_name. */
typedef struct {
    const char *arn, *source_profile, *credential_source, *external_id, *mfa_serial;
    char *session_name;
    guint duration_seconds;
} RoleSettings;

static gboolean is_set(const char *value)
{
    return value != NULL && *value != '\0';
}

static ProviderAnswer read_duration(const ProviderContext *context, RoleSettings *role,
                                    GError **error)
{
    const char *text = provider_setting(context, "duration_seconds");
    guint64 seconds = 0;
    if (!is_set(text))
        return PROVIDER_ANSWERED;
    if (!g_ascii_string_to_unsigned(text, 10, STS_LEAST_SECONDS, STS_MOST_SECONDS, &seconds, NULL))
        return provider_refuse(context, "duration_seconds", error,
                               "\"%s\" is no number of seconds from %d to %d", text,
                               STS_LEAST_SECONDS, STS_MOST_SECONDS);
    role->duration_seconds = (guint)seconds;
    return PROVIDER_ANSWERED;
}

static ProviderAnswer read_settings(const ProviderContext *context, RoleSettings *role,
                                    GError **error)
{
    const char *session = provider_setting(context, "role_session_name");
    role->source_profile = provider_setting(context, "source_profile");
    role->credential_source = provider_setting(context, "credential_source");
    role->external_id = provider_setting(context, "external_id");
    role->mfa_serial = provider_setting(context, "mfa_serial");
    if (!g_str_has_prefix(role->arn, "arn:"))
        return provider_refuse(context, "role_arn", error,
                               "\"%s\" is no ARN; expected arn:aws:iam::ACCOUNT:role/NAME",
                               role->arn);
    if (is_set(role->source_profile) && is_set(role->credential_source))
        return provider_refuse(context, "source_profile", error,
                               "credential_source is set too; keep one of them");
    if (!is_set(role->source_profile) && !is_set(role->credential_source))
        return provider_refuse(context, "role_arn", error,
                               "it needs source_profile or credential_source: whose keys assume "
                               "the role?");
    if (read_duration(context, role, error) == PROVIDER_FAILED)
        return PROVIDER_FAILED;
    role->session_name = is_set(session) ? g_strdup(session) : provider_session_name(context);
    return PROVIDER_ANSWERED;
}

/* --- whose keys -------------------------------------------------------------------------------- */

static gboolean was_visited(const ProviderContext *context, const char *profile)
{
    for (guint i = 0; i < context->visited->len; i++)
        if (strcmp(context->visited->pdata[i], profile) == 0)
            return TRUE;
    return FALSE;
}

static Credentials *refuse_circle(const ProviderContext *context, const char *source,
                                  GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);
    for (guint i = 0; i < context->visited->len; i++)
        g_string_append_printf(path, "%s -> ", (const char *)context->visited->pdata[i]);
    provider_refuse(context, "source_profile", error,
                    "the profiles lead in a circle (%s%s), and %s has no keys of its own; end it "
                    "with a profile that has aws_access_key_id",
                    path->str, source, source);
    return NULL;
}

/* The profile's own keys, which win over its role when it is somebody's source. NULL without an error
 * when it has none. */
static Credentials *own_keys(ProviderContext *context, GCancellable *cancellable, GError **error)
{
    static const struct {
        const char *name;
        ProviderAsk ask;
    } rows[] = {{"shared credentials file", provider_credentials_file},
                {"shared config file", provider_config_file}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Credentials *credentials = NULL;
        if (rows[i].ask(context, rows[i].name, &credentials, cancellable, error) != PROVIDER_ABSENT)
            return credentials;
    }
    return NULL;
}

static Credentials *keys_of_source(ProviderContext *context, const char *source,
                                   GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const char *profile = context->profile;
    if (!shared_config_has_profile(context->config, source)) {
        provider_refuse(context, "source_profile", error, "there is no profile \"%s\" in %s or %s",
                        source, shared_config_path(context->config, SHARED_CREDENTIALS_FILE),
                        shared_config_path(context->config, SHARED_CONFIG_FILE));
        return NULL;
    }
    context->profile = source;
    Credentials *credentials = own_keys(context, cancellable, &failure);
    gboolean circle = credentials == NULL && failure == NULL && was_visited(context, source);
    if (credentials == NULL && failure == NULL && !circle)
        credentials = provider_ask_profile(context, cancellable, &failure);
    context->profile = profile;
    if (circle)
        return refuse_circle(context, source, error);
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return credentials;
}

static Credentials *base_credentials(ProviderContext *context, const RoleSettings *role,
                                     GCancellable *cancellable, GError **error)
{
    g_ptr_array_add(context->visited, g_strdup(context->profile));
    if (is_set(role->source_profile))
        return keys_of_source(context, role->source_profile, cancellable, error);
    g_autofree char *where = provider_where(context, "credential_source");
    return provider_ask_named(context, role->credential_source, where, cancellable, error);
}

/* --- the role ---------------------------------------------------------------------------------- */

static Secret *ask_code(const ProviderContext *context, const RoleSettings *role,
                        GCancellable *cancellable, GError **error)
{
    const CredentialsSettings *settings = context->settings;
    g_autofree char *where = provider_where(context, "mfa_serial");
    g_autoptr(GError) failure = NULL;
    if (settings->prompt != NULL) {
        Secret *code =
            settings->prompt(settings->prompt_user, role->mfa_serial, cancellable, &failure);
        if (failure != NULL)
            g_set_error(error, failure->domain, failure->code, "%s: mfa_serial: %s", where,
                        failure->message);
        return code;
    }
    g_set_error(
        error, RS_ERROR, RS_ERROR_AUTH,
        "%s: mfa_serial: the role wants a code of the device %s, and there is nobody to ask "
        "for it here; get temporary keys with \"aws sts assume-role\" and set "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
        where, role->mfa_serial);
    return NULL;
}

static Credentials *assume(const ProviderContext *context, const RoleSettings *role,
                           const Secret *code, Credentials *base, const char *name,
                           GCancellable *cancellable, GError **error)
{
    g_autofree char *where = provider_where(context, "role_arn");
    g_autofree char *what = g_strdup_printf("%s: role_arn: cannot assume %s", where, role->arn);
    g_autofree char *region = provider_region(context, error);
    if (region == NULL)
        return NULL;
    g_autoptr(CredentialsSource) source = credentials_source_new_fixed(base);
    g_autoptr(StsClient) sts = sts_client_new(context->settings->endpoint_url, region, source);
    sts_client_set_profile(sts, context->chosen);
    sts_client_set_hooks(sts, context->hooks);
    StsRole request = {.role_arn = role->arn,
                       .session_name = role->session_name,
                       .duration_seconds = role->duration_seconds,
                       .external_id = is_set(role->external_id) ? role->external_id : NULL,
                       .serial_number = code != NULL ? role->mfa_serial : NULL,
                       .token_code = code,
                       .what = what,
                       .provider = name};
    Credentials *credentials = sts_assume_role(sts, &request, cancellable, error);
    if (credentials != NULL) {
        credentials->attended = code != NULL || base->attended;
        credentials->origin = g_strdup_printf("AWS profile %s, %s", context->profile, role->arn);
    }
    return credentials;
}

static Credentials *assume_role(ProviderContext *context, const RoleSettings *role,
                                const char *name, GCancellable *cancellable, GError **error)
{
    g_autoptr(Credentials) base = base_credentials(context, role, cancellable, error);
    g_autoptr(Secret) code = NULL;
    if (base == NULL)
        return NULL;
    if (is_set(role->mfa_serial)) {
        code = ask_code(context, role, cancellable, error);
        if (code == NULL)
            return NULL;
    }
    return assume(context, role, code, base, name, cancellable, error);
}

ProviderAnswer provider_role(ProviderContext *context, const char *name, Credentials **credentials,
                             GCancellable *cancellable, GError **error)
{
    RoleSettings role = {.arn = provider_setting(context, "role_arn")};
    if (!is_set(role.arn) || provider_setting(context, "web_identity_token_file") != NULL)
        return PROVIDER_ABSENT;
    if (read_settings(context, &role, error) == PROVIDER_FAILED)
        return PROVIDER_FAILED;
    *credentials = assume_role(context, &role, name, cancellable, error);
    g_free(role.session_name);
    return *credentials != NULL ? PROVIDER_ANSWERED : PROVIDER_FAILED;
}

/* --- the caller's own roles -------------------------------------------------------------------- */

static Credentials *assume_next(const ProviderContext *context, const char *arn,
                                const char *external_id, Credentials *base,
                                GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("role_arn: cannot assume %s", arn);
    g_autofree char *session_name = provider_session_name(context);
    g_autoptr(CredentialsSource) source = credentials_source_new_fixed(base);
    g_autoptr(StsClient) sts =
        sts_client_new(context->settings->endpoint_url, context->settings->region, source);
    sts_client_set_profile(sts, context->chosen);
    sts_client_set_hooks(sts, context->hooks);
    StsRole request = {.role_arn = arn,
                       .session_name = session_name,
                       .external_id = is_set(external_id) ? external_id : NULL,
                       .what = what,
                       .provider = "assumed role"};
    Credentials *credentials = sts_assume_role(sts, &request, cancellable, error);
    if (credentials == NULL)
        return NULL;
    credentials->attended = base->attended;
    credentials->origin =
        g_strdup_printf("%s, by %s%s%s", arn, base->provider, base->origin != NULL ? ", " : "",
                        base->origin != NULL ? base->origin : "");
    return credentials;
}

Credentials *provider_assume_chain(ProviderContext *context, Credentials *base,
                                   GCancellable *cancellable, GError **error)
{
    const CredentialsSettings *settings = context->settings;
    g_autoptr(Credentials) last = credentials_ref(base);
    if (!is_set(settings->role_arn))
        return g_steal_pointer(&last);
    g_auto(GStrv) arns = g_strsplit(settings->role_arn, ",", -1);
    for (guint i = 0; arns[i] != NULL; i++) {
        const char *arn = g_strstrip(arns[i]);
        if (!g_str_has_prefix(arn, "arn:")) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                        "role_arn: \"%s\" is no ARN; expected arn:aws:iam::ACCOUNT:role/NAME", arn);
            return NULL;
        }
        Credentials *next = assume_next(context, arn, i == 0 ? settings->external_id : NULL, last,
                                        cancellable, error);
        if (next == NULL)
            return NULL;
        credentials_unref(last);
        last = next;
    }
    return g_steal_pointer(&last);
}
