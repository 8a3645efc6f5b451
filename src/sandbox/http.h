/*
 * http: the sandbox's AWS endpoint as one process of its own: S3, and the services beside it.
 *
 * The supervisor binds the address and forks; the child calls http_main and exits with what it returns.
 * Objects live in sandbox/store under state->dir; requests are checked by SigV4 against the keys in
 * state; fault rules come from faults_open(state->dir). The metadata endpoints (sandbox/metadata_server) run
 * beside it, on state->instance_fd and state->container_fd.
 *
 * Signals: SIGTERM and SIGINT are blocked in the calling thread, and so in every thread it starts; wait
 *          for them with sigwait, then finish and return 0. SIGPIPE is ignored.
 * Logging: log_write (base/log) goes to <dir>/log/sandbox.log already.
 */
#ifndef REDSMITH_SANDBOX_HTTP_H
#define REDSMITH_SANDBOX_HTTP_H

#include "sandbox/state.h"

/*
 * Serves state->host:state->aws_port on listen_fd, a listening TCP socket that becomes this function's; and
 * the same over TLS, with <dir>/server.crt, on state->aws_tls_fd unless that is -1.
 * Writes one byte to ready_fd and closes it when requests are answered. Returns the exit status: 0
 * after SIGTERM or SIGINT, 1 when it could not serve (the log says why).
 */
int http_main(const SandboxState *state, int listen_fd, int ready_fd);

#endif
