#include "aws/redshift_api.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define PAGES 1000

static const QueryService service = {{"REDSHIFT", "redshift"}, "redshift", "2012-12-01"};

PostTarget redshift_target(const RedshiftApi *api, const char *what)
{
    return (PostTarget){.client = api->client,
                        .endpoint_url = api->endpoint_url,
                        .region = api->region,
                        .what = what};
}

gint64 redshift_parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = text != NULL ? g_date_time_new_from_iso8601(text, utc) : NULL;
    return time != NULL ? g_date_time_to_unix(time) : 0;
}

/* --- logins ------------------------------------------------------------------------------------- */

void redshift_login_clear(RedshiftLogin *login)
{
    g_free(login->user);
    secret_unref(login->password);
    *login = (RedshiftLogin){0};
}

static gboolean read_login(const QueryNode *result, const char *what, RedshiftLogin *login,
                           GError **error)
{
    const char *user = query_node_text(result, "DbUser");
    const char *password = query_node_text(result, "DbPassword");
    if (user == NULL || password == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no %s", what,
                    user == NULL ? "DbUser" : "DbPassword");
        return FALSE;
    }
    login->user = g_strdup(user);
    login->password = secret_new(password, -1);
    login->expires_at = redshift_parse_time(query_node_text(result, "Expiration"));
    return TRUE;
}

gboolean redshift_get_login(const RedshiftApi *api, const RedshiftLoginRequest *request,
                            RedshiftLogin *login, GCancellable *cancellable, GError **error)
{
    gboolean named = request->user != NULL;
    const char *where = request->cluster != NULL ? request->cluster : request->custom_domain;
    g_autofree char *what = g_strdup_printf("cannot get temporary credentials for cluster %s",
                                            where != NULL ? where : "(none)");
    PostTarget target = redshift_target(api, what);
    g_autoptr(QueryCall) call =
        query_call_new(&service, named ? "GetClusterCredentials" : "GetClusterCredentialsWithIAM");
    query_call_add(call, "ClusterIdentifier", request->cluster);
    query_call_add(call, "CustomDomainName",
                   request->cluster == NULL ? request->custom_domain : NULL);
    query_call_add(call, "DbName", request->database);
    if (request->duration_seconds > 0)
        query_call_add_number(call, "DurationSeconds", request->duration_seconds);
    if (named) {
        query_call_add(call, "DbUser", request->user);
        query_call_add(call, "AutoCreate", request->auto_create ? "true" : "false");
        if (request->groups != NULL)
            query_call_add_list(call, "DbGroups", "DbGroup", request->groups);
    }
    g_autoptr(QueryNode) result = query_call_send(call, &target, cancellable, error);
    return result != NULL && read_login(result, what, login, error);
}

/* --- clusters ----------------------------------------------------------------------------------- */

void redshift_cluster_free(RedshiftCluster *cluster)
{
    if (cluster == NULL)
        return;
    g_free(cluster->id);
    g_free(cluster->status);
    g_free(cluster->availability);
    g_free(cluster->host);
    g_free(cluster->database);
    g_free(cluster->user);
    g_free(cluster->node_type);
    g_free(cluster->secret_arn);
    g_free(cluster->default_iam_role);
    g_free(cluster->namespace_arn);
    g_strfreev(cluster->iam_roles);
    g_free(cluster);
}

static int number_of(const QueryNode *node, const char *path)
{
    const char *text = query_node_text(node, path);
    gint64 number = 0;
    if (text != NULL)
        g_ascii_string_to_signed(text, 10, 0, G_MAXINT32, &number, NULL);
    return (int)number;
}

static char **read_roles(const QueryNode *node)
{
    GPtrArray *roles = g_ptr_array_new();
    const QueryNode *list = query_node_find(node, "IamRoles");
    for (guint i = 0; list != NULL && i < query_node_children(list); i++) {
        const char *arn = query_node_text(query_node_child(list, i), "IamRoleArn");
        if (arn != NULL)
            g_ptr_array_add(roles, g_strdup(arn));
    }
    g_ptr_array_add(roles, NULL);
    return (char **)g_ptr_array_free(roles, FALSE);
}

static RedshiftCluster *read_cluster(const QueryNode *node)
{
    RedshiftCluster *cluster = g_new0(RedshiftCluster, 1);
    cluster->id = g_strdup(query_node_text(node, "ClusterIdentifier"));
    cluster->status = g_strdup(query_node_text(node, "ClusterStatus"));
    cluster->availability = g_strdup(query_node_text(node, "ClusterAvailabilityStatus"));
    cluster->host = g_strdup(query_node_text(node, "Endpoint/Address"));
    cluster->port = number_of(node, "Endpoint/Port");
    cluster->database = g_strdup(query_node_text(node, "DBName"));
    cluster->user = g_strdup(query_node_text(node, "MasterUsername"));
    cluster->node_type = g_strdup(query_node_text(node, "NodeType"));
    cluster->nodes = number_of(node, "NumberOfNodes");
    cluster->secret_arn = g_strdup(query_node_text(node, "MasterPasswordSecretArn"));
    cluster->default_iam_role = g_strdup(query_node_text(node, "DefaultIamRoleArn"));
    cluster->namespace_arn = g_strdup(query_node_text(node, "ClusterNamespaceArn"));
    cluster->iam_roles = read_roles(node);
    return cluster;
}

GPtrArray *redshift_describe_clusters(const RedshiftApi *api, const char *id,
                                      GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) clusters =
        g_ptr_array_new_with_free_func((GDestroyNotify)redshift_cluster_free);
    g_autofree char *what = id != NULL ? g_strdup_printf("cannot look at cluster %s", id)
                                       : g_strdup("cannot list the clusters");
    PostTarget target = redshift_target(api, what);
    g_autofree char *marker = NULL;
    for (guint page = 0; page < PAGES; page++) {
        g_autoptr(QueryCall) call = query_call_new(&service, "DescribeClusters");
        query_call_add(call, "ClusterIdentifier", id);
        query_call_add(call, "Marker", marker);
        g_autoptr(QueryNode) result = query_call_send(call, &target, cancellable, error);
        if (result == NULL)
            return NULL;
        const QueryNode *list = query_node_find(result, "Clusters");
        for (guint i = 0; list != NULL && i < query_node_children(list); i++)
            g_ptr_array_add(clusters, read_cluster(query_node_child(list, i)));
        g_free(marker);
        marker = g_strdup(query_node_text(result, "Marker"));
        if (marker == NULL)
            return g_steal_pointer(&clusters);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "%s: there are more than %d pages", what, PAGES);
    return NULL;
}
