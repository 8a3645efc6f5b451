/*
 * supervisor_data: the sandbox's database folder and the place of its socket.
 *
 * Errors:  those of sandbox/postgres; RS_ERROR_LIMIT when a copy does not fit on the disk.
 * Threads: the supervisor's only one; copying blocks.
 */
#ifndef REDSMITH_SANDBOX_SUPERVISOR_DATA_H
#define REDSMITH_SANDBOX_SUPERVISOR_DATA_H

#include "sandbox/state.h"

/*
 * Sees to it that <dir>/pg exists: there already, or copied from the template, or new. The template is
 * keyed by the bytes of this program, so another build never serves an old catalog.
 */
gboolean data_prepare(const SandboxState *state, const char *programs, const char *template_dir,
                      GError **error);

/* Chooses and creates the socket's folder: <dir>/run, or a short private one when a Unix socket's
 * path cannot hold that (107 bytes) or libpq would take it for a list (commas). */
gboolean data_socket_dir(SandboxState *state, GError **error);
/* Removes it when it lies outside the sandbox's folder. */
void data_remove_socket_dir(const SandboxState *state);

#endif
