#include "sandbox/redshift_server.h"

#include <string.h>

#include "base/error.h"
#include "sandbox/cluster.h"
#include "sandbox/logins.h"
#include "sandbox/secrets_server.h"
#include "sandbox/service.h"

/* FALSE, refused, unless the request names the sandbox's cluster. */
static gboolean names_cluster(ServiceCall *call)
{
    const char *id = service_text(call, "ClusterIdentifier");
    if (id == NULL && service_text(call, "CustomDomainName") != NULL)
        service_refuse(call, 404, "CustomDomainAssociationNotFoundFault",
                       "The sandbox's cluster has no custom domain name.");
    else if (id == NULL)
        service_refuse(call, 400, "MissingParameter", "ClusterIdentifier is required.");
    else if (strcmp(id, CLUSTER_ID) != 0)
        service_refuse(call, 404, "ClusterNotFound", "Cluster %s not found.", id);
    else
        return TRUE;
    return FALSE;
}

static void answer_login(ServiceCall *call, const Login *login, gboolean with_refresh)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *expiration = service_iso_time(login->expires);
    service_xml_text(out, "DbUser", login->user);
    service_xml_text(out, "DbPassword", login->password);
    service_xml_text(out, "Expiration", expiration);
    if (with_refresh)
        service_xml_text(out, "NextRefreshTime", expiration);
    service_answer_query(call, out->str);
}

static void refuse_login(ServiceCall *call, const GError *error)
{
    gboolean ours = error->code == RS_ERROR_USAGE || error->code == RS_ERROR_NOT_FOUND;
    service_refuse(call, ours ? 400 : 500, ours ? "InvalidParameterValue" : "InternalFailure", "%s",
                   error->message);
}

static void get_cluster_credentials(ServiceCall *call)
{
    gint64 seconds = 900;
    g_auto(Login) login = {0};
    g_autoptr(GError) error = NULL;
    if (!names_cluster(call) || !service_require(call, "DbUser") ||
        !service_number(call, "DurationSeconds", 900, 3600, &seconds))
        return;
    g_autoptr(GPtrArray) groups = service_list(call, "DbGroups", "DbGroup");
    if (login_for_user(call->state, service_text(call, "DbUser"),
                       service_flag(call, "AutoCreate", FALSE), groups, seconds, &login, &error))
        answer_login(call, &login, FALSE);
    else
        refuse_login(call, error);
}

static void get_credentials_with_iam(ServiceCall *call)
{
    gint64 seconds = 900;
    g_auto(Login) login = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *identity = service_caller(call);
    if (!names_cluster(call) || !service_number(call, "DurationSeconds", 900, 3600, &seconds))
        return;
    if (login_for_identity(call->state, identity, seconds, &login, &error))
        answer_login(call, &login, TRUE);
    else
        refuse_login(call, error);
}

static void add_flag(GString *out, const char *name, gboolean flag)
{
    service_xml_text(out, name, flag ? "true" : "false");
}

static void add_cluster(GString *out, const SandboxState *state)
{
    g_autofree char *secret = secrets_arn(state, SECRET_MANAGED);
    g_autofree char *namespace_arn = cluster_namespace_arn(state);
    g_autofree char *created = service_iso_time(cluster_created(state));
    g_string_append(out, "<Cluster>");
    service_xml_text(out, "ClusterIdentifier", CLUSTER_ID);
    service_xml_text(out, "NodeType", "ra3.large");
    service_xml_text(out, "ClusterStatus", "available");
    service_xml_text(out, "ClusterAvailabilityStatus", "Available");
    service_xml_text(out, "MasterUsername", state->user);
    service_xml_text(out, "DBName", state->database);
    g_string_append(out, "<Endpoint>");
    service_xml_text(out, "Address", state->host);
    g_string_append_printf(out, "<Port>%d</Port></Endpoint>", state->port);
    service_xml_text(out, "ClusterCreateTime", created);
    service_xml_text(out, "NumberOfNodes", "1");
    add_flag(out, "PubliclyAccessible", FALSE);
    add_flag(out, "Encrypted", FALSE);
    g_string_append(out, "<IamRoles><ClusterIamRole>");
    service_xml_text(out, "IamRoleArn", state->iam_role);
    service_xml_text(out, "ApplyStatus", "in-sync");
    g_string_append(out, "</ClusterIamRole></IamRoles>");
    service_xml_text(out, "DefaultIamRoleArn", state->iam_role);
    service_xml_text(out, "MasterPasswordSecretArn", secret);
    service_xml_text(out, "ClusterNamespaceArn", namespace_arn);
    service_xml_text(out, "MultiAZ", "Disabled");
    g_string_append(out, "<Tags/></Cluster>");
}

static void describe_clusters(ServiceCall *call)
{
    gint64 most = 100;
    const char *marker = service_text(call, "Marker");
    g_autoptr(GPtrArray) keys = service_list(call, "TagKeys", "TagKey");
    g_autoptr(GPtrArray) values = service_list(call, "TagValues", "TagValue");
    if (!service_number(call, "MaxRecords", 20, 100, &most))
        return;
    if (service_text(call, "ClusterIdentifier") != NULL && !names_cluster(call))
        return;
    if (marker != NULL && *marker != '\0') {
        service_refuse(call, 400, "InvalidParameterValue", "Marker is not one that was given out.");
        return;
    }
    g_autoptr(GString) out = g_string_new("<Clusters>");
    if (keys == NULL && values == NULL) /* the cluster has no tags */
        add_cluster(out, call->state);
    g_string_append(out, "</Clusters>");
    service_answer_query(call, out->str);
}

void redshift_server_finish(HttpExchange *exchange)
{
    static const ServiceOperation operations[] = {
        {"GetClusterCredentials", get_cluster_credentials},
        {"GetClusterCredentialsWithIAM", get_credentials_with_iam},
        {"DescribeClusters", describe_clusters},
    };
    service_run(exchange, operations, G_N_ELEMENTS(operations));
}
