#include "sandbox/front_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

static void fill_reason(char *words, gsize size)
{
    unsigned long code = ERR_get_error();
    if (code != 0)
        ERR_error_string_n(code, words, size);
    ERR_clear_error();
}

/* OpenSSL's default security level leaves no cipher for the protocols before TLS 1.2. */
static gboolean limit_protocol(SSL_CTX *context, gboolean old)
{
    if (!old)
        return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
    return SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) == 1;
}

SSL_CTX *front_tls_open(const SandboxState *state, GError **error)
{
    g_autofree char *certificate = state_path(state, "server.crt");
    g_autofree char *key = state_path(state, "server.key");
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_server_method());
    gboolean old = state->tls_certificate == CERTIFICATE_OLD_PROTOCOL;
    if (context == NULL || !limit_protocol(context, old) ||
        SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        char words[256] = "no reason given";
        fill_reason(words, sizeof words);
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s cannot be used for TLS: %s", certificate,
                    words);
        return NULL;
    }
    /* Sessions are not resumed: a client of libpq never asks for it. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    return g_steal_pointer(&context);
}

static gboolean set_blocking(int fd, gboolean blocking)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 &&
           fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0;
}

static gboolean wait_for(int fd, short events, gint64 deadline)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    for (;;) {
        gint64 left = deadline - g_get_monotonic_time();
        if (left <= 0)
            return FALSE;
        int ready = poll(&poll_fd, 1, (int)(left / 1000) + 1);
        if (ready > 0)
            return TRUE;
        if (ready < 0 && errno != EINTR)
            return FALSE;
    }
}

static gboolean shake_hands(SSL *tls, int fd, gint64 deadline, char *words, gsize size)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_accept(tls);
        if (result == 1)
            return TRUE;
        int reason = SSL_get_error(tls, result);
        if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
            fill_reason(words, size);
            return FALSE;
        }
        if (!wait_for(fd, reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) {
            g_strlcpy(words, "it took too long", size);
            return FALSE;
        }
    }
}

gboolean front_tls_accept(SSL_CTX *context, Wire *wire, int seconds)
{
    int fd = wire_fd(wire);
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    char words[256] = "the client has gone";
    g_autoptr(SSL) tls = SSL_new(context);
    if (tls == NULL || SSL_set_fd(tls, fd) != 1 || !set_blocking(fd, FALSE))
        return FALSE;
    if (!shake_hands(tls, fd, deadline, words, sizeof words)) {
        log_write(LOG_LEVEL_INFO, "a TLS handshake failed: %s", words);
        return FALSE;
    }
    wire_set_tls(wire, g_steal_pointer(&tls));
    return set_blocking(fd, TRUE);
}
