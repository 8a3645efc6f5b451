#include "aws/redshift_serverless.h"

#include "base/error.h"

#define PAGES 1000
#define DEFAULT_PORT 5439

static const JsonService service = {
    {"REDSHIFT_SERVERLESS", "redshift-serverless"}, "redshift-serverless", "RedshiftServerless."};

gboolean serverless_get_login(const RedshiftApi *api, const char *workgroup, const char *database,
                              guint duration_seconds, RedshiftLogin *login,
                              GCancellable *cancellable, GError **error)
{
    g_autofree char *what =
        g_strdup_printf("cannot get temporary credentials for workgroup %s", workgroup);
    PostTarget target = redshift_target(api, what);
    g_autoptr(JsonCall) call = json_call_new(&service, "GetCredentials");
    json_call_add_text(call, "workgroupName", workgroup);
    json_call_add_text(call, "dbName", database);
    if (duration_seconds > 0)
        json_call_add_number(call, "durationSeconds", duration_seconds);
    g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, error);
    if (reply == NULL)
        return FALSE;
    RawJson root = json_reply_root(reply);
    login->user = raw_json_text_of(root, "dbUser");
    login->password = secret_new_take(raw_json_text_of(root, "dbPassword"));
    login->expires_at = raw_json_time_of(root, "expiration") / G_USEC_PER_SEC;
    if (login->user != NULL && login->password != NULL)
        return TRUE;
    redshift_login_clear(login);
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no dbUser or no dbPassword",
                what);
    return FALSE;
}

/* --- workgroups --------------------------------------------------------------------------------- */

void workgroup_free(Workgroup *workgroup)
{
    if (workgroup == NULL)
        return;
    g_free(workgroup->name);
    g_free(workgroup->arn);
    g_free(workgroup->id);
    g_free(workgroup->namespace_name);
    g_free(workgroup->status);
    g_free(workgroup->host);
    g_free(workgroup);
}

static Workgroup *read_workgroup(RawJson json)
{
    Workgroup *workgroup = g_new0(Workgroup, 1);
    RawJson endpoint;
    workgroup->name = raw_json_text_of(json, "workgroupName");
    workgroup->arn = raw_json_text_of(json, "workgroupArn");
    workgroup->id = raw_json_text_of(json, "workgroupId");
    workgroup->namespace_name = raw_json_text_of(json, "namespaceName");
    workgroup->status = raw_json_text_of(json, "status");
    workgroup->port = (int)raw_json_int64_of(json, "port", DEFAULT_PORT);
    if (raw_json_member(json, "endpoint", &endpoint)) {
        workgroup->host = raw_json_text_of(endpoint, "address");
        workgroup->port = (int)raw_json_int64_of(endpoint, "port", workgroup->port);
    }
    return workgroup;
}

Workgroup *serverless_get_workgroup(const RedshiftApi *api, const char *name,
                                    GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot look at workgroup %s", name);
    PostTarget target = redshift_target(api, what);
    RawJson json;
    g_autoptr(JsonCall) call = json_call_new(&service, "GetWorkgroup");
    json_call_add_text(call, "workgroupName", name);
    g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, error);
    if (reply == NULL)
        return NULL;
    if (raw_json_member(json_reply_root(reply), "workgroup", &json))
        return read_workgroup(json);
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no workgroup", what);
    return NULL;
}

GPtrArray *serverless_list_workgroups(const RedshiftApi *api, GCancellable *cancellable,
                                      GError **error)
{
    g_autoptr(GPtrArray) workgroups =
        g_ptr_array_new_with_free_func((GDestroyNotify)workgroup_free);
    g_autofree char *token = NULL;
    PostTarget target = redshift_target(api, "cannot list the workgroups");
    for (guint page = 0; page < PAGES; page++) {
        RawJson list;
        g_autoptr(JsonCall) call = json_call_new(&service, "ListWorkgroups");
        json_call_add_text(call, "nextToken", token);
        g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, error);
        if (reply == NULL)
            return NULL;
        if (raw_json_member(json_reply_root(reply), "workgroups", &list))
            for (RawJsonWalk walk = raw_json_walk(list); raw_json_next(&walk);)
                g_ptr_array_add(workgroups, read_workgroup(walk.value));
        g_free(token);
        token = raw_json_text_of(json_reply_root(reply), "nextToken");
        if (token == NULL || *token == '\0')
            return g_steal_pointer(&workgroups);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "there are more than %d pages of workgroups",
                PAGES);
    return NULL;
}
