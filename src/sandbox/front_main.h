/*
 * front_main: the wire front as one process: accepts clients, one thread each.
 *
 * Signals and logging as for http_main (sandbox/http.h).
 */
#ifndef REDSMITH_SANDBOX_FRONT_MAIN_H
#define REDSMITH_SANDBOX_FRONT_MAIN_H

#include "sandbox/state.h"

/* Serves on listen_fd, which becomes this function's. One byte to ready_fd when clients are answered.
 * The exit status: 0 after SIGTERM or SIGINT, 1 when it could not serve. */
int front_main(const SandboxState *state, int listen_fd, int ready_fd);

#endif
