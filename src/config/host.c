#include "config/host.h"

#include <string.h>

static gboolean ends_in_aws(char **labels, guint n, const char *service)
{
    guint tail = n > 2 && strcmp(labels[n - 1], "cn") == 0 ? 3 : 2;
    return n == 4 + tail && strcmp(labels[3], service) == 0 &&
           strcmp(labels[4], "amazonaws") == 0 && strcmp(labels[5], "com") == 0;
}

HostParts host_parse(const char *host)
{
    HostParts parts = {0};
    if (host == NULL)
        return parts;
    g_autofree char *lower = g_ascii_strdown(host, -1);
    g_auto(GStrv) labels = g_strsplit(lower, ".", -1);
    guint n = g_strv_length(labels);
    char **name = ends_in_aws(labels, n, "redshift")              ? &parts.cluster
                  : ends_in_aws(labels, n, "redshift-serverless") ? &parts.workgroup
                                                                  : NULL;
    if (name != NULL && *labels[0] != '\0' && *labels[2] != '\0') {
        *name = g_strdup(labels[0]);
        parts.region = g_strdup(labels[2]);
    }
    return parts;
}

void host_parts_clear(HostParts *parts)
{
    g_clear_pointer(&parts->cluster, g_free);
    g_clear_pointer(&parts->workgroup, g_free);
    g_clear_pointer(&parts->region, g_free);
}
