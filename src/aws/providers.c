#include <string.h>

#include "aws/provider.h"
#include "base/error.h"

typedef struct {
    const char *name;
    ProviderAsk ask;
    gboolean of_profile; /* reads context->profile */
    const char *source;  /* its word in credential_source, or NULL */
} Provider;

/* In the order in which the AWS tools ask. */
static const Provider providers[] = {
    {"profile", provider_explicit, FALSE, NULL},
    {"environment", provider_environment, FALSE, "Environment"},
    {"assumed role", provider_role, TRUE, NULL},
    {"web identity", provider_web_identity_environment, FALSE, NULL},
    {"web identity", provider_web_identity, TRUE, NULL},
    {"single sign-on", provider_sso, TRUE, NULL},
    {"shared credentials file", provider_credentials_file, TRUE, NULL},
    {"login session", provider_login, TRUE, NULL},
    {"credential process", provider_process, TRUE, NULL},
    {"shared config file", provider_config_file, TRUE, NULL},
    {"container endpoint", provider_container, FALSE, "EcsContainer"},
    {"instance metadata", provider_instance, FALSE, "Ec2InstanceMetadata"},
};

static ProviderAnswer ask_row(const Provider *row, ProviderContext *context,
                              Credentials **credentials, GCancellable *cancellable, GError **error)
{
    ProviderAnswer answer = row->ask(context, row->name, credentials, cancellable, error);
    if (answer == PROVIDER_ANSWERED && row->of_profile && (*credentials)->origin == NULL)
        (*credentials)->origin = g_strdup_printf("AWS profile %s", context->profile);
    return answer;
}

/* The first of the rows that is configured. PROVIDER_ABSENT when none is. */
static ProviderAnswer ask_rows(ProviderContext *context, gboolean of_profile_only,
                               Credentials **credentials, GCancellable *cancellable, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(providers); i++) {
        if (of_profile_only && !providers[i].of_profile)
            continue;
        ProviderAnswer answer = ask_row(&providers[i], context, credentials, cancellable, error);
        if (answer != PROVIDER_ABSENT)
            return answer;
    }
    return PROVIDER_ABSENT;
}

/* Who says that this profile is to be asked. */
static const char *chosen_by(const ProviderContext *context)
{
    if (context->profile_chosen)
        return " (aws_profile)";
    return provider_variable("AWS_PROFILE") != NULL ? " (AWS_PROFILE)" : " (AWS_DEFAULT_PROFILE)";
}

/* The two files head the same profile differently, which is easily mixed up. */
static char *hint_of_section(const ProviderContext *context)
{
    const SharedConfig *config = context->config;
    g_autofree char *headed = g_strconcat("profile ", context->profile, NULL);
    if (shared_config_get_from(config, SHARED_CREDENTIALS_FILE, headed, "aws_access_key_id") !=
        NULL)
        return g_strdup_printf("; in %s its section must be [%s], without \"profile\"",
                               shared_config_path(config, SHARED_CREDENTIALS_FILE),
                               context->profile);
    if (shared_config_has_stray(config, context->profile))
        return g_strdup_printf("; in %s its section must be [profile %s]",
                               shared_config_path(config, SHARED_CONFIG_FILE), context->profile);
    return g_strdup("");
}

/* A profile that was asked for by name must exist; without a name an empty "default" will do. */
static gboolean check_profile(const ProviderContext *context, GError **error)
{
    if (shared_config_has_profile(context->config, context->profile) ||
        strcmp(context->profile, "default") == 0)
        return TRUE;
    g_autofree char *hint = hint_of_section(context);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "the AWS profile \"%s\"%s is neither in %s nor in %s%s", context->profile,
                chosen_by(context), shared_config_path(context->config, SHARED_CREDENTIALS_FILE),
                shared_config_path(context->config, SHARED_CONFIG_FILE), hint);
    return FALSE;
}

/* The caller's keys and the environment's need no file, and do not fail when a file is damaged. */
static ProviderAnswer ask_without_files(ProviderContext *context, Credentials **credentials,
                                        GCancellable *cancellable, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(providers) && !providers[i].of_profile; i++) {
        ProviderAnswer answer = ask_row(&providers[i], context, credentials, cancellable, error);
        if (answer != PROVIDER_ABSENT)
            return answer;
    }
    return PROVIDER_ABSENT;
}

static Credentials *nobody(const ProviderContext *context, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "no AWS credentials: %sthe AWS profile \"%s\" holds no keys%s; set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure",
                context->profile_chosen ? "" : "AWS_ACCESS_KEY_ID is not set and ",
                context->profile, context->notes->str);
    return NULL;
}

Credentials *provider_ask_chain(ProviderContext *context, GCancellable *cancellable, GError **error)
{
    g_autoptr(SharedConfig) config = NULL;
    Credentials *credentials = NULL;
    ProviderAnswer answer = ask_without_files(context, &credentials, cancellable, error);
    if (answer == PROVIDER_ABSENT) {
        config = shared_config_load(error);
        if (config == NULL)
            return NULL;
        context->config = config;
        answer = check_profile(context, error)
                     ? ask_rows(context, FALSE, &credentials, cancellable, error)
                     : PROVIDER_FAILED;
        context->config = NULL;
    }
    return answer == PROVIDER_ABSENT ? nobody(context, error) : credentials;
}

Credentials *provider_ask_profile(ProviderContext *context, GCancellable *cancellable,
                                  GError **error)
{
    Credentials *credentials = NULL;
    if (!check_profile(context, error))
        return NULL;
    if (ask_rows(context, TRUE, &credentials, cancellable, error) != PROVIDER_ABSENT)
        return credentials;
    g_autofree char *where = provider_where(context, "aws_access_key_id");
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s: it is a source_profile and holds no credentials; set aws_access_key_id and "
                "aws_secret_access_key in it",
                where);
    return NULL;
}

Credentials *provider_ask_named(ProviderContext *context, const char *word, const char *where,
                                GCancellable *cancellable, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(providers); i++) {
        Credentials *credentials = NULL;
        if (g_strcmp0(providers[i].source, word) != 0)
            continue;
        gboolean chosen = context->profile_chosen;
        context->profile_chosen = FALSE; /* here the profile itself names the environment */
        ProviderAnswer answer = ask_row(&providers[i], context, &credentials, cancellable, error);
        context->profile_chosen = chosen;
        if (answer != PROVIDER_ABSENT)
            return credentials;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "%s: credential_source = %s, but there are no credentials from the %s%s", where,
                    word, providers[i].name, context->notes->str);
        return NULL;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s: credential_source = %s is not known; expected Environment, EcsContainer or "
                "Ec2InstanceMetadata",
                where, word);
    return NULL;
}
