/*
 * redshift_serverless: temporary database users and addresses of workgroups.
 *
 * Source:  Amazon Redshift Serverless API reference, 2021-04-21.
 * Errors:  those of json_call; RS_ERROR_NOT_FOUND for a workgroup that does not exist.
 * Threads: any.
 */
#ifndef REDSMITH_AWS_REDSHIFT_SERVERLESS_H
#define REDSMITH_AWS_REDSHIFT_SERVERLESS_H

#include "aws/json_call.h"
#include "aws/redshift_api.h"

/* The IAM identity's own user. database may be NULL; duration_seconds 900 to 3600, 0: 900. */
gboolean serverless_get_login(const RedshiftApi *api, const char *workgroup, const char *database,
                              guint duration_seconds, RedshiftLogin *login,
                              GCancellable *cancellable, GError **error);

typedef struct {
    char *name, *arn, *id, *namespace_name, *status;
    char *host; /* NULL while it is being made */
    int port;
} Workgroup;

void workgroup_free(Workgroup *workgroup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workgroup, workgroup_free)

Workgroup *serverless_get_workgroup(const RedshiftApi *api, const char *name,
                                    GCancellable *cancellable, GError **error);

/* All of them, page by page until the last. Of Workgroup. */
GPtrArray *serverless_list_workgroups(const RedshiftApi *api, GCancellable *cancellable,
                                      GError **error);

#endif
