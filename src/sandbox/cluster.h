/*
 * cluster: the names of the sandbox's one cluster, workgroup and namespace. They are the same database.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_CLUSTER_H
#define REDSMITH_SANDBOX_CLUSTER_H

#include "sandbox/state.h"

#define CLUSTER_ID "sandbox-cluster"
#define WORKGROUP_NAME "sandbox-workgroup"
#define NAMESPACE_NAME "sandbox-namespace"

/* ARNs and ids of this folder. Free with g_free. */
char *cluster_namespace_arn(const SandboxState *state);
char *workgroup_id(const SandboxState *state);
char *workgroup_arn(const SandboxState *state);
char *namespace_id(const SandboxState *state);

/* When the folder was made, as epoch seconds. */
gint64 cluster_created(const SandboxState *state);

#endif
