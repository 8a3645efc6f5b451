/*
 * wire_tls: looks at a server's address and certificate without logging in.
 *
 * libpq 15 says "certificate verify failed" and no more. A probe opens a connection of its own, asks for
 * TLS as PostgreSQL's protocol has it, shakes hands and looks at what was shown; no user, password or
 * statement is sent. The preflight's lines for TCP and TLS come from here too.
 *
 * Threads: block, under a deadline and a cancellable; belong on a worker.
 * Errors:  RS_ERROR_CONNECT, RS_ERROR_CONFIG (the file of roots), RS_ERROR_CANCELLED
 * Source:  PostgreSQL documentation, "SSL Session Encryption" (the SSLRequest message).
 */
#ifndef REDSMITH_REDSHIFT_WIRE_TLS_H
#define REDSMITH_REDSHIFT_WIRE_TLS_H

#include <gio/gio.h>

/* The addresses of host, numeric, separated by commas; an address is its own. Free with g_free. */
char *wire_tls_resolve(const char *host, gint64 deadline_us, GCancellable *cancellable,
                       GError **error);

/* Can a TCP connection be had? *address gets the one that answered; free with g_free. */
gboolean wire_tls_reach(const char *addresses, int port, char **address, gint64 deadline_us,
                        GCancellable *cancellable, GError **error);

typedef struct {
    gboolean offered; /* FALSE: the server speaks no TLS; nothing else is filled */
    char *protocol, *cipher;
    char *subject, *issuer; /* of the server's own certificate, such as "CN=*.abc.eu-west-1..." */
    gint64 begins_at, expires_at; /* epoch seconds */
    char *problem; /* why the chain is not trusted; NULL: it is, or nothing was asked */
} WireTls;

void wire_tls_clear(WireTls *tls);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WireTls, wire_tls_clear)

/* roots NULL: the chain is not checked. The host name is not compared: libpq says so itself. */
gboolean wire_tls_probe(const char *host, const char *addresses, int port, const char *roots,
                        WireTls *tls, gint64 deadline_us, GCancellable *cancellable,
                        GError **error);

#endif
