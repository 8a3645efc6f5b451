#include "sandbox/cluster.h"

#include <sys/stat.h>

static char *id_of(const SandboxState *state, const char *what)
{
    g_autofree char *text = g_strconcat(what, " ", state->access_key_id, NULL);
    g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return g_strdup_printf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

char *cluster_namespace_arn(const SandboxState *state)
{
    g_autofree char *id = id_of(state, CLUSTER_ID);
    return g_strdup_printf("arn:aws:redshift:%s:%s:namespace:%s", state->region, state->account_id,
                           id);
}

char *workgroup_id(const SandboxState *state)
{
    return id_of(state, WORKGROUP_NAME);
}

char *namespace_id(const SandboxState *state)
{
    return id_of(state, NAMESPACE_NAME);
}

char *workgroup_arn(const SandboxState *state)
{
    g_autofree char *id = workgroup_id(state);
    return g_strdup_printf("arn:aws:redshift-serverless:%s:%s:workgroup/%s", state->region,
                           state->account_id, id);
}

gint64 cluster_created(const SandboxState *state)
{
    g_autofree char *version = state_path(state, "pg/PG_VERSION");
    struct stat found;
    return stat(version, &found) == 0 ? (gint64)found.st_mtim.tv_sec : 0;
}
