#include "sandbox/serverless_server.h"

#include <string.h>

#include "sandbox/cluster.h"
#include "sandbox/logins.h"
#include "sandbox/secrets_server.h"
#include "sandbox/service.h"

static gboolean is_name(const char *name)
{
    gsize length = strlen(name);
    return length >= 3 && length <= 64 && strspn(name, G_CSET_a_2_z G_CSET_DIGITS "-") == length;
}

/* FALSE, refused, unless the parameter is that name. */
static gboolean names(ServiceCall *call, const char *parameter, const char *expected,
                      const char *kind)
{
    if (!service_require(call, parameter))
        return FALSE;
    const char *name = service_text(call, parameter);
    if (strcmp(name, expected) == 0)
        return TRUE;
    if (!is_name(name)) {
        service_refuse(call, 400, "ValidationException",
                       "%s must have 3 to 64 of the characters a-z, 0-9 and -.", parameter);
        return FALSE;
    }
    g_autofree char *message = g_strdup_printf("%s %s not found", kind, name);
    service_refuse_with(call, 400, "ResourceNotFoundException", "resourceName", name, message);
    return FALSE;
}

static void get_credentials(ServiceCall *call)
{
    gint64 seconds = 900;
    g_auto(Login) login = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *identity = service_caller(call);
    if (!names(call, "workgroupName", WORKGROUP_NAME, "Workgroup") ||
        !service_number(call, "durationSeconds", 900, 3600, &seconds))
        return;
    if (!login_for_identity(call->state, identity, seconds, &login, &error)) {
        service_refuse(call, 500, "InternalServerException", "%s", error->message);
        return;
    }
    g_autoptr(GString) out = service_object();
    service_add_text(out, "dbUser", login.user);
    service_add_text(out, "dbPassword", login.password);
    service_add_time(out, "expiration", login.expires * G_USEC_PER_SEC);
    service_add_time(out, "nextRefreshTime", login.expires * G_USEC_PER_SEC);
    service_answer_json(call, out);
}

static void add_workgroup(GString *out, const char *name, const SandboxState *state)
{
    g_autofree char *arn = workgroup_arn(state);
    g_autofree char *id = workgroup_id(state);
    g_autofree char *created = service_iso_time(cluster_created(state));
    service_open(out, name, '{');
    service_add_text(out, "workgroupName", WORKGROUP_NAME);
    service_add_text(out, "workgroupArn", arn);
    service_add_text(out, "workgroupId", id);
    service_add_text(out, "namespaceName", NAMESPACE_NAME);
    service_add_text(out, "status", "AVAILABLE");
    service_open(out, "endpoint", '{');
    service_add_text(out, "address", state->host);
    service_add_number(out, "port", state->port);
    service_open(out, "vpcEndpoints", '[');
    service_close(out, ']');
    service_close(out, '}');
    service_add_number(out, "port", state->port);
    service_add_number(out, "baseCapacity", 8);
    service_open(out, "configParameters", '[');
    service_close(out, ']');
    service_add_flag(out, "publiclyAccessible", FALSE);
    service_add_text(out, "creationDate", created);
    service_close(out, '}');
}

static void add_namespace(GString *out, const char *name, const SandboxState *state)
{
    g_autofree char *secret = secrets_arn(state, SECRET_MANAGED);
    g_autofree char *id = namespace_id(state);
    g_autofree char *created = service_iso_time(cluster_created(state));
    service_open(out, name, '{');
    service_add_text(out, "namespaceName", NAMESPACE_NAME);
    service_add_text(out, "namespaceId", id);
    service_add_text(out, "dbName", state->database);
    service_add_text(out, "adminUsername", state->user);
    service_add_text(out, "adminPasswordSecretArn", secret);
    service_add_text(out, "defaultIamRoleArn", state->iam_role);
    service_open(out, "iamRoles", '[');
    service_add_text(out, NULL, state->iam_role);
    service_close(out, ']');
    service_add_text(out, "status", "AVAILABLE");
    service_add_text(out, "creationDate", created);
    service_close(out, '}');
}

static void get_workgroup(ServiceCall *call)
{
    if (!names(call, "workgroupName", WORKGROUP_NAME, "Workgroup"))
        return;
    g_autoptr(GString) out = service_object();
    add_workgroup(out, "workgroup", call->state);
    service_answer_json(call, out);
}

static void get_namespace(ServiceCall *call)
{
    if (!names(call, "namespaceName", NAMESPACE_NAME, "Namespace"))
        return;
    g_autoptr(GString) out = service_object();
    add_namespace(out, "namespace", call->state);
    service_answer_json(call, out);
}

/* Both lists have one item, so there never is a second page. */
static gboolean asks_first_page(ServiceCall *call)
{
    gint64 most = 100;
    const char *mark = service_text(call, "nextToken");
    if (!service_number(call, "maxResults", 1, 100, &most))
        return FALSE;
    if (mark == NULL || *mark == '\0')
        return TRUE;
    service_refuse(call, 400, "ValidationException", "nextToken is not one that was given out.");
    return FALSE;
}

static void list_workgroups(ServiceCall *call)
{
    if (!asks_first_page(call))
        return;
    g_autoptr(GString) out = service_object();
    service_open(out, "workgroups", '[');
    add_workgroup(out, NULL, call->state);
    service_close(out, ']');
    service_answer_json(call, out);
}

static void list_namespaces(ServiceCall *call)
{
    if (!asks_first_page(call))
        return;
    g_autoptr(GString) out = service_object();
    service_open(out, "namespaces", '[');
    add_namespace(out, NULL, call->state);
    service_close(out, ']');
    service_answer_json(call, out);
}

void serverless_server_finish(HttpExchange *exchange)
{
    static const ServiceOperation operations[] = {
        {"GetCredentials", get_credentials}, {"GetWorkgroup", get_workgroup},
        {"ListWorkgroups", list_workgroups}, {"GetNamespace", get_namespace},
        {"ListNamespaces", list_namespaces},
    };
    service_run(exchange, operations, G_N_ELEMENTS(operations));
}
