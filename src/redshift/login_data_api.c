#include <string.h>

#include "base/error.h"
#include "redshift/data_api_session.h"
#include "redshift/login_private.h"

#define DEFAULT_DATABASE "dev"

static gboolean refuse(const Profile *profile, const char *what, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "profile \"%s\" with transport = data-api %s",
                profile->name, what);
    return FALSE;
}

/* The Data API takes no password: it logs in by IAM or by a secret that it reads itself. */
static gboolean check_profile(const LoginContext *context, GError **error)
{
    static const char *const ways[] = {"iam", "serverless", "secret", NULL};
    const Profile *profile = context->profile;
    const char *auth = profile->auth != NULL ? profile->auth : "password";
    gboolean secret = strcmp(auth, "secret") == 0;
    if (!g_strv_contains(ways, auth))
        return refuse(profile,
                      "takes no database password: set auth = iam, serverless or secret, or use "
                      "transport = wire",
                      error);
    if (profile->cluster_identifier == NULL && profile->workgroup_name == NULL)
        return refuse(profile, "needs cluster_identifier or workgroup_name", error);
    if (profile->cluster_identifier != NULL && profile->workgroup_name != NULL)
        return refuse(profile, "has both cluster_identifier and workgroup_name: remove one", error);
    if (secret && profile->secret_arn == NULL)
        return refuse(profile, "and auth = secret needs secret_arn", error);
    if (!secret && profile->db_user != NULL && profile->cluster_identifier == NULL)
        return refuse(profile,
                      "has db_user and a workgroup, which knows the IAM identity only: remove "
                      "db_user, or set secret_arn and auth = secret",
                      error);
    return login_can_sign(context, error);
}

Session *login_open_data_api(const LoginContext *context, GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    if (!check_profile(context, error))
        return NULL;
    gboolean secret = g_strcmp0(profile->auth, "secret") == 0;
    DataApiOptions options = {
        .credentials = context->credentials,
        .endpoint_url = profile->endpoint_url,
        .region = context->region,
        .cluster = profile->cluster_identifier,
        .workgroup = profile->workgroup_name,
        .database = profile->database != NULL ? profile->database : DEFAULT_DATABASE,
        .db_user = secret ? NULL : profile->db_user,
        .secret_arn = secret ? profile->secret_arn : NULL,
        .query_group = profile->query_group,
        .statement_timeout_ms = (guint)MAX(profile->statement_timeout_ms, 0),
        .poll_interval_ms = (guint)MAX(profile->poll_interval_ms, 0),
        .max_polls = (guint)MAX(profile->max_poll_attempts, 0),
    };
    return data_api_session_open(&options, cancellable, error);
}
