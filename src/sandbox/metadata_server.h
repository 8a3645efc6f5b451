/*
 * metadata_server: where programs on an EC2 instance and in a container find their credentials.
 *
 * Two small HTTP servers on loopback ports of their own, beside the AWS endpoint.
 *
 *  - Instance metadata, version 2 only: PUT /latest/api/token (refused with X-Forwarded-For, as from
 *    behind a proxy), then below /latest/meta-data/: iam/security-credentials/[sandbox-instance],
 *    placement/region, placement/availability-zone, instance-id.
 *  - Container credentials: GET /v1/credentials with the right Authorization.
 *
 * The keys are those of sessions of the roles sandbox-instance and sandbox-container, kept by
 * sandbox/issued_keys; they are the same for six hours and replaced five minutes before they expire.
 * Fault rules of area "metadata": GetToken, GetRole, GetCredentials, GetContainerCredentials, GetItem;
 * with ttl_s= the keys live that long and are new each time.
 *
 * Source:  EC2 user guide, "Use the Instance Metadata Service"; ECS developer guide, "Task IAM role".
 * Threads: metadata_server_start and _stop from one thread.
 */
#ifndef REDSMITH_SANDBOX_METADATA_SERVER_H
#define REDSMITH_SANDBOX_METADATA_SERVER_H

#include "sandbox/faults.h"
#include "sandbox/state.h"

typedef struct MetadataServer MetadataServer;

/* Listens on state->instance_fd and state->container_fd, which become its own; -1: not that one. NULL
 * when a server cannot be started. state and faults are borrowed. */
MetadataServer *metadata_server_start(const SandboxState *state, Faults *faults);
void metadata_server_stop(MetadataServer *server);

#endif
