#include "redshift/wire_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/wire_private.h"

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL, SSL_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
/* clang-format on */

void wire_tls_clear(WireTls *tls)
{
    g_free(tls->protocol);
    g_free(tls->cipher);
    g_free(tls->subject);
    g_free(tls->issuer);
    g_free(tls->problem);
    *tls = (WireTls){0};
}

/* --- TCP ---------------------------------------------------------------------------------------- */

char *wire_tls_resolve(const char *host, gint64 deadline_us, GCancellable *cancellable,
                       GError **error)
{
    guint n_addresses = 0;
    if (g_hostname_is_ip_address(host) || *host == '/')
        return g_strdup(host);
    return wire_resolve(host, &n_addresses, deadline_us, cancellable, error);
}

/* FALSE with error set unless fd showed the events in time. */
static gboolean wait_on(WireWaiter *waiter, int fd, short events, const char *what, GError **error)
{
    WireEvent event = wire_wait(waiter, fd, events);
    if (event == WIRE_READY)
        return TRUE;
    if (!rs_error_set_if_cancelled(waiter->cancellable, error))
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: no answer in time", what);
    return FALSE;
}

static gboolean finish_connect(int fd, WireWaiter *waiter, const char *what, GError **error)
{
    int fault = 0;
    socklen_t length = sizeof fault;
    if (!wait_on(waiter, fd, POLLOUT, what, error))
        return FALSE;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &length) == 0 && fault == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: %s", what, g_strerror(fault));
    return FALSE;
}

static int connect_one(const char *address, int port, WireWaiter *waiter, GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot reach %s, port %d", address, port);
    g_autoptr(GSocketAddress) inet = g_inet_socket_address_new_from_string(address, (guint)port);
    struct sockaddr_storage native;
    if (inet == NULL || !g_socket_address_to_native(inet, &native, sizeof native, NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: that is no address", what);
        return -1;
    }
    int fd = socket(native.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "%s", what);
        return -1;
    }
    socklen_t size = (socklen_t)g_socket_address_get_native_size(inet);
    if (connect(fd, (struct sockaddr *)&native, size) == 0)
        return fd;
    if (errno != EINPROGRESS)
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: %s", what, g_strerror(errno));
    else if (finish_connect(fd, waiter, what, error))
        return fd;
    close(fd);
    return -1;
}

/* The first address that answers; the failure of the last one when none does. */
static int connect_any(const char *addresses, int port, WireWaiter *waiter, char **address,
                       GError **error)
{
    g_auto(GStrv) list = g_strsplit(addresses, ",", -1);
    for (guint i = 0; list[i] != NULL; i++) {
        g_autoptr(GError) failure = NULL;
        int fd = connect_one(list[i], port, waiter, &failure);
        if (fd >= 0) {
            if (address != NULL)
                *address = g_strdup(list[i]);
            return fd;
        }
        if (list[i + 1] != NULL && !rs_error_is_cancelled(failure))
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        break;
    }
    return -1;
}

gboolean wire_tls_reach(const char *addresses, int port, char **address, gint64 deadline_us,
                        GCancellable *cancellable, GError **error)
{
    WireWaiter waiter;
    wire_waiter_begin(&waiter, cancellable, deadline_us);
    int fd = connect_any(addresses, port, &waiter, address, error);
    wire_waiter_end(&waiter);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* --- TLS ---------------------------------------------------------------------------------------- */

/* 'S' or 'N'; 0 with error set. */
static char ask_for_tls(int fd, WireWaiter *waiter, const char *what, GError **error)
{
    static const guchar request[8] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}; /* 80877103 */
    char answer = 0;
    if (send(fd, request, sizeof request, MSG_NOSIGNAL) != (gssize)sizeof request) {
        rs_error_set_errno(error, errno, "%s", what);
        return 0;
    }
    if (!wait_on(waiter, fd, POLLIN, what, error))
        return 0;
    gssize n = recv(fd, &answer, 1, 0);
    if (n == 1 && (answer == 'S' || answer == 'N'))
        return answer;
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: %s", what,
                n == 1   ? "what answers there is no database server"
                : n == 0 ? "the connection was closed"
                         : g_strerror(errno));
    return 0;
}

static void set_tls_error(GError **error, const char *what)
{
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "%s: the TLS handshake failed: %s", what,
                reason != NULL ? reason : "the connection was closed");
    ERR_clear_error();
}

static gboolean shake_hands(SSL *ssl, int fd, WireWaiter *waiter, const char *what, GError **error)
{
    for (;;) {
        ERR_clear_error();
        int done = SSL_connect(ssl);
        if (done == 1)
            return TRUE;
        int why = SSL_get_error(ssl, done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            set_tls_error(error, what);
            return FALSE;
        }
        if (!wait_on(waiter, fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, what, error))
            return FALSE;
    }
}

static SSL_CTX *new_context(const char *roots, GError **error)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) {
        set_tls_error(error, "TLS cannot be set up");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION); /* as libpq has it */
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);     /* looked at afterwards */
    if (roots == NULL || SSL_CTX_load_verify_locations(context, roots, NULL) == 1)
        return g_steal_pointer(&context);
    ERR_clear_error();
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "root certificate file \"%s\" cannot be read",
                roots);
    return NULL;
}

static char *name_text(const X509_NAME *name)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    long length = BIO_get_mem_data(out, &bytes);
    g_autofree char *text = g_strndup(bytes, (gsize)MAX(length, 0));
    BIO_free(out);
    return g_utf8_make_valid(text, -1);
}

static gint64 epoch_of(const ASN1_TIME *time)
{
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (gint64)timegm(&parts) : 0;
}

static char *day_text(gint64 epoch)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(epoch);
    return time == NULL ? g_strdup("an unknown time")
                        : g_date_time_format(time, "%Y-%m-%d %H:%M UTC");
}

/* Each kind of distrust in its own words; server_error has the remedies, by these words. */
static char *problem_text(long code, const WireTls *tls, const char *roots)
{
    g_autofree char *begins = day_text(tls->begins_at);
    g_autofree char *ends = day_text(tls->expires_at);
    switch (code) {
    case X509_V_OK:
        return NULL;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return g_strdup_printf("the certificate has expired: %s, issued by %s, was valid until %s",
                               tls->subject, tls->issuer, ends);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return g_strdup_printf("the certificate is not yet valid: %s, issued by %s, begins at %s",
                               tls->subject, tls->issuer, begins);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return g_strdup_printf("the certificate is self-signed: %s vouches for itself only",
                               tls->subject);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return g_strdup_printf("the certificate's issuer is unknown: %s is signed by %s, whom %s "
                               "does not hold",
                               tls->subject, tls->issuer, roots);
    default:
        return g_strdup_printf("the certificate of %s is not accepted: %s", tls->subject,
                               X509_verify_cert_error_string(code));
    }
}

static void look_at(SSL *ssl, const char *roots, WireTls *tls)
{
    g_autoptr(X509) certificate = SSL_get1_peer_certificate(ssl);
    tls->protocol = g_strdup(SSL_get_version(ssl));
    tls->cipher = g_strdup(SSL_get_cipher_name(ssl));
    if (certificate == NULL)
        return;
    tls->subject = name_text(X509_get_subject_name(certificate));
    tls->issuer = name_text(X509_get_issuer_name(certificate));
    tls->begins_at = epoch_of(X509_get0_notBefore(certificate));
    tls->expires_at = epoch_of(X509_get0_notAfter(certificate));
    if (roots != NULL)
        tls->problem = problem_text(SSL_get_verify_result(ssl), tls, roots);
}

static gboolean probe_on(int fd, const char *host, const char *roots, WireTls *tls,
                         WireWaiter *waiter, const char *what, GError **error)
{
    g_autoptr(SSL_CTX) context = new_context(roots, error);
    if (context == NULL)
        return FALSE;
    char answer = ask_for_tls(fd, waiter, what, error);
    tls->offered = answer == 'S';
    if (answer != 'S')
        return answer == 'N';
    g_autoptr(SSL) ssl = SSL_new(context);
    if (!g_hostname_is_ip_address(host))
        SSL_set_tlsext_host_name(ssl, host);
    SSL_set_fd(ssl, fd);
    if (!shake_hands(ssl, fd, waiter, what, error))
        return FALSE;
    look_at(ssl, roots, tls);
    return TRUE;
}

gboolean wire_tls_probe(const char *host, const char *addresses, int port, const char *roots,
                        WireTls *tls, gint64 deadline_us, GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("no TLS with %s:%d", host, port);
    WireWaiter waiter;
    wire_waiter_begin(&waiter, cancellable, deadline_us);
    int fd = connect_any(addresses, port, &waiter, NULL, error);
    gboolean good = fd >= 0 && probe_on(fd, host, roots, tls, &waiter, what, error);
    wire_waiter_end(&waiter);
    if (fd >= 0)
        close(fd);
    return good;
}
