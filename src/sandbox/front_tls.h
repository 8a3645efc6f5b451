/*
 * front_tls: TLS for the wire front's clients.
 *
 * One context per process, from <dir>/server.crt and server.key (sandbox/front_certificates); TLS 1.2
 * and newer, or TLS 1.1 at most when the sandbox was started to be wrong so. A handshake has a limit of
 * time as a whole, so that a client which sends a byte a minute holds its own thread only, and not
 * for long.
 *
 * Threads: the context is shared by all sessions; a handshake blocks the session's thread.
 */
#ifndef REDSMITH_SANDBOX_FRONT_TLS_H
#define REDSMITH_SANDBOX_FRONT_TLS_H

#include <openssl/ssl.h>

#include "sandbox/protocol.h"
#include "sandbox/state.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL, SSL_free)

/* NULL and RS_ERROR_CONFIG when certificate or key cannot be used. SSL_CTX_free it. */
SSL_CTX *front_tls_open(const SandboxState *state, GError **error);

/* The server's side of the handshake on the wire's socket, of which nothing may have been read ahead.
 * FALSE: close it; the reason is in the log. */
gboolean front_tls_accept(SSL_CTX *context, Wire *wire, int seconds);

#endif
