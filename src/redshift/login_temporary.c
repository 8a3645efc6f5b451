#include <string.h>

#include "aws/redshift_serverless.h"
#include "base/error.h"
#include "config/host.h"
#include "redshift/login_private.h"

/* The Region that the profile says, else the one in the endpoint's name. */
static const char *region_of(const LoginContext *context, const HostParts *endpoint)
{
    if (context->profile->region == NULL && endpoint->region != NULL)
        return endpoint->region;
    return context->region;
}

gboolean login_can_sign(const LoginContext *context, GError **error)
{
    if (context->credentials != NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "profile \"%s\": auth = %s needs AWS credentials, and there are none here",
                context->profile->name, context->profile->auth);
    return FALSE;
}

static void take_endpoint(LoginTarget *target, const char *host, int port)
{
    if (target->host == NULL)
        target->host = g_strdup(host);
    if (target->port == 0)
        target->port = port;
}

static gboolean check_reachable(const RedshiftCluster *cluster, GError **error)
{
    const char *status = cluster->status == NULL ? "" : cluster->status;
    if (cluster->host == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "cluster %s has no address yet (status: %s): try again when it is available",
                    cluster->id, status);
    else if (g_str_has_prefix(status, "paus"))
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "cluster %s is %s: resume it, in the console or with \"aws redshift "
                    "resume-cluster\"",
                    cluster->id, status);
    else
        return TRUE;
    return FALSE;
}

static gboolean fill_from_cluster(const RedshiftApi *api, const char *id, LoginTarget *target,
                                  GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) clusters = redshift_describe_clusters(api, id, cancellable, error);
    if (clusters == NULL)
        return FALSE;
    if (clusters->len == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is no cluster %s in %s", id,
                    api->region);
        return FALSE;
    }
    const RedshiftCluster *cluster = clusters->pdata[0];
    if (!check_reachable(cluster, error))
        return FALSE;
    take_endpoint(target, cluster->host, cluster->port);
    if (target->database == NULL)
        target->database = g_strdup(cluster->database);
    return TRUE;
}

static gboolean fill_from_workgroup(const RedshiftApi *api, const char *name, LoginTarget *target,
                                    GCancellable *cancellable, GError **error)
{
    g_autoptr(Workgroup) workgroup = serverless_get_workgroup(api, name, cancellable, error);
    if (workgroup == NULL)
        return FALSE;
    if (workgroup->host == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "workgroup %s has no address yet (status: %s): try again when it is available",
                    name, workgroup->status);
        return FALSE;
    }
    take_endpoint(target, workgroup->host, workgroup->port);
    return TRUE;
}

gboolean login_fill_address(const LoginContext *context, const char *cluster, LoginTarget *target,
                            GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    const char *id = profile->cluster_identifier != NULL ? profile->cluster_identifier : cluster;
    if (target->host != NULL || (id == NULL && profile->workgroup_name == NULL))
        return TRUE;
    g_autoptr(AwsClient) client = aws_client_new(context->credentials);
    RedshiftApi api = {client, profile->endpoint_url, context->region};
    if (profile->workgroup_name != NULL)
        return fill_from_workgroup(&api, profile->workgroup_name, target, cancellable, error);
    return fill_from_cluster(&api, id, target, cancellable, error);
}

void login_target_take_profile(LoginTarget *target, const Profile *profile)
{
    target->host = g_strdup(profile->host);
    target->port = profile->host == NULL ? 0 : profile->port;
    target->database = g_strdup(profile->database);
}

static void take_login(LoginTarget *target, RedshiftLogin *login, char *origin)
{
    target->user = g_steal_pointer(&login->user);
    target->password = g_steal_pointer(&login->password);
    target->expires_at = login->expires_at;
    target->origin = origin;
}

static gboolean refuse_unnamed(const Profile *profile, const char *key, const char *shape,
                               GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\": auth = %s needs %s, and its host is no %s that tells it: add "
                "\"%s = ...\"",
                profile->name, profile->auth, key, shape, key);
    return FALSE;
}

/* A host that is no endpoint of AWS and no tunnel's end may be the cluster's custom domain name. */
static const char *custom_domain(const Profile *profile)
{
    const char *host = profile->host;
    gboolean named = host != NULL && strchr(host, '.') != NULL && *host != '/' &&
                     !g_hostname_is_ip_address(host);
    return named ? host : NULL;
}

gboolean login_ask_cluster(const LoginContext *context, LoginTarget *target,
                           GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    g_auto(HostParts) endpoint = host_parse(profile->host);
    const char *id =
        profile->cluster_identifier != NULL ? profile->cluster_identifier : endpoint.cluster;
    if (id == NULL && custom_domain(profile) == NULL)
        return refuse_unnamed(profile, "cluster_identifier", "cluster's endpoint", error);
    if (!login_can_sign(context, error))
        return FALSE;
    g_autoptr(AwsClient) client = aws_client_new(context->credentials);
    RedshiftApi api = {client, profile->endpoint_url, region_of(context, &endpoint)};
    login_target_take_profile(target, profile);
    if (target->host == NULL && !fill_from_cluster(&api, id, target, cancellable, error))
        return FALSE;
    RedshiftLoginRequest request = {.cluster = id,
                                    .custom_domain = custom_domain(profile),
                                    .user = profile->db_user,
                                    .database = target->database,
                                    .groups = (const char *const *)profile->db_groups,
                                    .auto_create = profile->auto_create};
    g_auto(RedshiftLogin) login = {0};
    if (!redshift_get_login(&api, &request, &login, cancellable, error))
        return FALSE;
    take_login(target, &login,
               g_strdup_printf("%s of cluster %s",
                               profile->db_user != NULL ? "GetClusterCredentials"
                                                        : "GetClusterCredentialsWithIAM",
                               id != NULL ? id : profile->host));
    return TRUE;
}

gboolean login_ask_workgroup(const LoginContext *context, LoginTarget *target,
                             GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    g_auto(HostParts) endpoint = host_parse(profile->host);
    const char *name =
        profile->workgroup_name != NULL ? profile->workgroup_name : endpoint.workgroup;
    if (name == NULL)
        return refuse_unnamed(profile, "workgroup_name", "workgroup's endpoint", error);
    if (!login_can_sign(context, error))
        return FALSE;
    g_autoptr(AwsClient) client = aws_client_new(context->credentials);
    RedshiftApi api = {client, profile->endpoint_url, region_of(context, &endpoint)};
    login_target_take_profile(target, profile);
    if (target->host == NULL && !fill_from_workgroup(&api, name, target, cancellable, error))
        return FALSE;
    g_auto(RedshiftLogin) login = {0};
    if (!serverless_get_login(&api, name, target->database, 0, &login, cancellable, error))
        return FALSE;
    take_login(target, &login, g_strdup_printf("GetCredentials of workgroup %s", name));
    return TRUE;
}
