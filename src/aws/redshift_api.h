/*
 * redshift_api: temporary database users and addresses of provisioned clusters.
 *
 * A user comes with its prefix ("IAM:bob", "IAMA:bob", "IAMR:role"): hand it to the server as it is. The
 * password opens sessions until it expires; sessions outlive it.
 *
 * Source:  Amazon Redshift API reference, 2012-12-01.
 * Errors:  those of query_call; RS_ERROR_NOT_FOUND for a cluster that does not exist.
 * Threads: any.
 */
#ifndef REDSMITH_AWS_REDSHIFT_API_H
#define REDSMITH_AWS_REDSHIFT_API_H

#include "aws/query_call.h"

/* Where to. All borrowed; for redshift_serverless too. */
typedef struct {
    AwsClient *client;
    const char *endpoint_url; /* NULL: see aws/endpoint */
    const char *region;
} RedshiftApi;

/* The same for one call; what begins its messages and is borrowed too. */
PostTarget redshift_target(const RedshiftApi *api, const char *what);

typedef struct {
    char *user;
    Secret *password;
    gint64 expires_at; /* epoch seconds; 0: not said */
} RedshiftLogin;

void redshift_login_clear(RedshiftLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RedshiftLogin, redshift_login_clear)

/* All borrowed; what is NULL or 0 is not sent. */
typedef struct {
    const char *cluster;       /* ClusterIdentifier, or */
    const char *custom_domain; /* CustomDomainName */
    const char *user;          /* NULL: the IAM identity itself (GetClusterCredentialsWithIAM) */
    const char *database;
    const char *const *groups; /* NULL-terminated; with user only */
    gboolean auto_create;      /* with user only */
    guint duration_seconds;    /* 900 to 3600; 0: 900 */
} RedshiftLoginRequest;

gboolean redshift_get_login(const RedshiftApi *api, const RedshiftLoginRequest *request,
                            RedshiftLogin *login, GCancellable *cancellable, GError **error);

typedef struct {
    char *id, *status, *availability;
    char *host; /* NULL while the cluster is being made */
    int port;
    char *database, *user, *node_type;
    int nodes;
    char *secret_arn;       /* of the managed admin password, or NULL */
    char *default_iam_role; /* or NULL */
    char *namespace_arn;    /* or NULL */
    char **iam_roles;       /* ARNs */
} RedshiftCluster;

void redshift_cluster_free(RedshiftCluster *cluster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedshiftCluster, redshift_cluster_free)

/* id NULL: all of them, page by page until the last. Of RedshiftCluster. */
GPtrArray *redshift_describe_clusters(const RedshiftApi *api, const char *id,
                                      GCancellable *cancellable, GError **error);

/* ISO 8601 text as epoch seconds; 0 when it is none. */
gint64 redshift_parse_time(const char *text);

#endif
