#include <string.h>
#include <sys/wait.h>

#include "aws/process.h"
#include "aws/provider.h"
#include "aws/secret_json.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#define KEY "credential_process"
#define LIMIT_MS (60 * 1000)

/* What a failed program said on standard error, on one line and without credentials. */
static char *last_words(const ProcessResult *result)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(result->messages->str));
    g_autofree char *redacted = log_redact(trimmed);
    return text_printable(redacted, -1);
}

static ProviderAnswer refuse_status(const ProviderContext *context, const char *program,
                                    const ProcessResult *result, GError **error)
{
    int status = result->wait_status;
    g_autofree char *words = last_words(result);
    g_autofree char *end = WIFSIGNALED(status)
                               ? g_strdup_printf("was ended by signal %d", WTERMSIG(status))
                               : g_strdup_printf("ended with status %d", WEXITSTATUS(status));
    return provider_refuse(context, KEY, error, "%s %s%s%s", program, end,
                           *words != '\0' ? ": " : "", words);
}

static gboolean check_version(const char *what, const ProcessResult *result, GError **error)
{
    cJSON *object = secret_json_parse(result->output->str, result->output->len);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "Version");
    const char *wrong = object == NULL ? "is not a JSON object"
                        : cJSON_IsNumber(version) && version->valuedouble == 1
                            ? NULL
                            : "is not of Version 1";
    secret_json_free(object);
    if (wrong != NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s %s", what, wrong);
    return wrong == NULL;
}

/* Nothing of what it printed is quoted: garbage may hold half a secret. */
static Credentials *read_output(const ProviderContext *context, const char *program,
                                const ProcessResult *result, const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *where = provider_where(context, KEY);
    g_autofree char *what = g_strdup_printf("%s: " KEY ": what %s printed", where, program);
    if (!check_version(what, result, error))
        return NULL;
    Credentials *credentials = provider_read_document(result->output->str, result->output->len,
                                                      "SessionToken", name, what, &failure);
    if (failure != NULL)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, failure->message);
    return credentials;
}

static ProviderAnswer run(ProviderContext *context, char **argv, const char *name,
                          Credentials **credentials, GCancellable *cancellable, GError **error)
{
    g_auto(ProcessResult) result = {0};
    g_autoptr(GError) failure = NULL;
    g_autofree char *program = text_printable(argv[0], -1);
    guint limit = context->settings->process_limit_ms;
    if (!process_run(argv, limit != 0 ? limit : LIMIT_MS, &result, cancellable, &failure)) {
        g_autofree char *where = provider_where(context, KEY);
        g_set_error(error, RS_ERROR, failure->code, "%s: " KEY ": %s: %s", where, program,
                    failure->message);
        return PROVIDER_FAILED;
    }
    if (!WIFEXITED(result.wait_status) || WEXITSTATUS(result.wait_status) != 0)
        return refuse_status(context, program, &result, error);
    *credentials = read_output(context, program, &result, name, error);
    return *credentials != NULL ? PROVIDER_ANSWERED : PROVIDER_FAILED;
}

ProviderAnswer provider_process(ProviderContext *context, const char *name,
                                Credentials **credentials, GCancellable *cancellable,
                                GError **error)
{
    const char *command = provider_setting(context, KEY);
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) reason = NULL;
    if (command == NULL)
        return PROVIDER_ABSENT;
    if (!g_shell_parse_argv(command, NULL, &argv, &reason))
        return provider_refuse(context, KEY, error, "%s",
                               *command == '\0' ? "it names no program" : reason->message);
    return run(context, argv, name, credentials, cancellable, error);
}
