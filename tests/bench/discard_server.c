/* memmem, strcasestr and accept4 */
#define _GNU_SOURCE
/*
 * discard_server: an S3 endpoint that keeps nothing, so that a client's own speed is seen.
 *
 *     discard_server [CERTIFICATE KEY]    prints the port it listens on, serves until it is killed
 *
 * With a certificate and its key (PEM) it speaks TLS.
 *
 * PUT reads its body and throws it away. GET and HEAD of a key that ends in -<bytes> answer that many
 * zeros; what a PUT has stored is only its length. Multipart uploads and listings (one page) are answered
 * as clients expect them. Signatures are not looked at. ETags are no MD5s, as those of objects encrypted
 * with a key of KMS: there is nothing to compare with.
 *
 * Plain sockets, a thread for each connection: as little work as there can be on this side.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 << 10, CHUNK_BYTES = 1 << 20, TLS_BUFFER_BYTES = 256 << 10 };

#define ETAG "ETag: \"discarded-1\"\r\n"
#define ENCRYPTION "x-amz-server-side-encryption: aws:kms\r\n"
#define DATE "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"

/* Lengths of what was stored, by path: all connections share it. */
typedef struct {
    GMutex mutex;
    GHashTable *lengths; /* char * -> guint64 * */
} Objects;

typedef struct {
    int fd;
    SSL *tls; /* NULL: plain */
    Objects *objects;
    char *buffer; /* of CHUNK_BYTES */
    gsize have;   /* bytes of the buffer that were read and not used */
} Client;

static gssize receive(Client *client, char *buffer, gsize size)
{
    return client->tls != NULL ? SSL_read(client->tls, buffer, (int)size)
                               : recv(client->fd, buffer, size, 0);
}

static gboolean send_all(Client *client, const char *bytes, gsize length, int flags)
{
    while (length > 0) {
        gssize sent = client->tls != NULL ? SSL_write(client->tls, bytes, (int)length)
                                          : send(client->fd, bytes, length, MSG_NOSIGNAL | flags);
        if (sent <= 0)
            return FALSE;
        bytes += sent;
        length -= (gsize)sent;
    }
    return client->tls == NULL || BIO_flush(SSL_get_wbio(client->tls)) == 1;
}

static gboolean answer(Client *client, int status, const char *headers, const char *body)
{
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 %d Fine\r\nServer: discard\r\nx-amz-request-id: 1\r\n%s"
                        "Content-Length: %zu\r\n\r\n%s",
                        status, headers, strlen(body), body);
    return send_all(client, text, strlen(text), 0);
}

static gboolean answer_xml(Client *client, const char *body)
{
    return answer(client, 200, ENCRYPTION "Content-Type: application/xml\r\n", body);
}

/* --- lengths ----------------------------------------------------------------------------------- */

static void add_length(Objects *objects, const char *path, guint64 length, gboolean replace)
{
    g_mutex_lock(&objects->mutex);
    guint64 *known = g_hash_table_lookup(objects->lengths, path);
    if (known == NULL) {
        known = g_new0(guint64, 1);
        g_hash_table_insert(objects->lengths, g_strdup(path), known);
    }
    *known = replace ? length : *known + length;
    g_mutex_unlock(&objects->mutex);
}

static gboolean find_length(Objects *objects, const char *path, guint64 *length)
{
    g_mutex_lock(&objects->mutex);
    const guint64 *known = g_hash_table_lookup(objects->lengths, path);
    *length = known != NULL ? *known : 0;
    g_mutex_unlock(&objects->mutex);
    return known != NULL;
}

/* "/bucket/a/b-1048576" */
static gboolean length_of(Objects *objects, const char *path, guint64 *length)
{
    const char *dash = strrchr(path, '-');
    return find_length(objects, path, length) ||
           (dash != NULL && g_ascii_string_to_unsigned(dash + 1, 10, 0, G_MAXINT64, length, NULL));
}

/* --- requests ---------------------------------------------------------------------------------- */

/* Value of a header, or of nothing. */
static const char *header(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at != NULL ? at + strlen(name) : NULL;
}

static gboolean discard_body(Client *client, guint64 length)
{
    while (length > 0) {
        if (client->have == 0) {
            gssize got = receive(client, client->buffer, CHUNK_BYTES);
            if (got <= 0)
                return FALSE;
            client->have = (gsize)got;
        }
        gsize used = MIN(client->have, length);
        length -= used;
        client->have -= used;
        if (client->have > 0)
            memmove(client->buffer, client->buffer + used, client->have);
    }
    return TRUE;
}

static gboolean send_object(Client *client, const char *head, const char *path, gboolean body)
{
    static const char zeros[CHUNK_BYTES];
    const char *range = header(head, "\r\nRange: bytes=");
    guint64 size, first = 0, last;
    if (!length_of(client->objects, path, &size))
        return answer(client, 404, "", body ? "<Error><Code>NoSuchKey</Code></Error>" : "");
    last = size > 0 ? size - 1 : 0;
    g_autofree char *part = NULL;
    if (range != NULL && size > 0) {
        char *end = NULL;
        first = g_ascii_strtoull(range, &end, 10);
        if (*end == '-' && g_ascii_isdigit(end[1]))
            last = MIN(last, g_ascii_strtoull(end + 1, NULL, 10));
        part = g_strdup_printf("Content-Range: bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                               "/%" G_GUINT64_FORMAT "\r\n",
                               first, last, size);
    }
    guint64 left = size > 0 ? last - first + 1 : 0;
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 %d Fine\r\nServer: discard\r\n" ENCRYPTION ETAG DATE
                        "Accept-Ranges: bytes\r\nContent-Type: binary/octet-stream\r\n%s"
                        "Content-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                        part != NULL ? 206 : 200, part != NULL ? part : "", left);
    if (!send_all(client, text, strlen(text), body && left > 0 ? MSG_MORE : 0))
        return FALSE;
    while (body && left > 0) {
        gsize chunk = MIN(left, sizeof zeros);
        if (!send_all(client, zeros, chunk, 0))
            return FALSE;
        left -= chunk;
    }
    return TRUE;
}

/* One page with every object below the bucket whose key has the prefix. */
static gboolean send_listing(Client *client, const char *path, const char *query)
{
    g_autoptr(GString) xml = g_string_new("<ListBucketResult><IsTruncated>false</IsTruncated>");
    const char *at = query != NULL ? strstr(query, "prefix=") : NULL;
    g_autofree char *encoded = at != NULL ? g_strndup(at + 7, strcspn(at + 7, "&")) : NULL;
    g_autofree char *prefix = encoded != NULL ? g_uri_unescape_string(encoded, NULL) : NULL;
    g_autofree char *start = g_strdup_printf("%s%s%s", path, g_str_has_suffix(path, "/") ? "" : "/",
                                             prefix != NULL ? prefix : "");
    gsize bucket = strlen(path) + (g_str_has_suffix(path, "/") ? 0 : 1);
    g_mutex_lock(&client->objects->mutex);
    g_autoptr(GList) keys = g_hash_table_get_keys(client->objects->lengths);
    keys = g_list_sort(keys, (GCompareFunc)strcmp);
    for (const GList *key = keys; key != NULL; key = key->next)
        if (g_str_has_prefix(key->data, start))
            g_string_append_printf(
                xml,
                "<Contents><Key>%s</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                "<ETag>\"discarded-1\"</ETag><Size>%" G_GUINT64_FORMAT "</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>",
                (const char *)key->data + bucket,
                *(guint64 *)g_hash_table_lookup(client->objects->lengths, key->data));
    g_mutex_unlock(&client->objects->mutex);
    g_string_append(xml, "</ListBucketResult>");
    return answer_xml(client, xml->str);
}

static gboolean answer_get(Client *client, const char *head, const char *path, const char *query)
{
    gboolean bucket = strchr(path + 1, '/') == NULL || path[strlen(path) - 1] == '/';
    if (query != NULL && strstr(query, "location") != NULL)
        return answer_xml(client, "<LocationConstraint/>");
    if (query != NULL && strstr(query, "uploads") != NULL)
        return answer_xml(client, "<ListMultipartUploadsResult>"
                                  "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
    return bucket ? send_listing(client, path, query) : send_object(client, head, path, TRUE);
}

static gboolean answer_post(Client *client, const char *path, const char *query)
{
    if (query != NULL && g_str_has_prefix(query, "uploads")) {
        add_length(client->objects, path, 0, TRUE); /* its parts are added to that */
        return answer_xml(client, "<InitiateMultipartUploadResult><UploadId>one</UploadId>"
                                  "</InitiateMultipartUploadResult>");
    }
    if (query != NULL && strstr(query, "uploadId") != NULL)
        return answer_xml(client, "<CompleteMultipartUploadResult><ETag>\"discarded-1\"</ETag>"
                                  "</CompleteMultipartUploadResult>");
    return answer_xml(client, "<DeleteResult></DeleteResult>");
}

static gboolean serve_one(Client *client, char *head, guint64 length)
{
    char *method = head, *target = strchr(head, ' ');
    if (target == NULL)
        return FALSE;
    *target++ = '\0';
    char *rest = strchr(target, ' ');
    if (rest == NULL)
        return FALSE;
    *rest++ = '\0';
    char *query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    if (strcasestr(rest, "100-continue") != NULL &&
        !send_all(client, "HTTP/1.1 100 Continue\r\n\r\n", 25, 0))
        return FALSE;
    if (!discard_body(client, length))
        return FALSE;
    if (strcmp(method, "PUT") == 0) {
        gboolean part = query != NULL && strstr(query, "partNumber") != NULL;
        add_length(client->objects, target, length, !part);
        return answer(client, 200, ENCRYPTION ETAG, "");
    }
    if (strcmp(method, "GET") == 0)
        return answer_get(client, rest, target, query);
    if (strcmp(method, "HEAD") == 0)
        return strchr(target + 1, '/') == NULL ? answer(client, 200, "", "")
                                               : send_object(client, rest, target, FALSE);
    return strcmp(method, "POST") == 0 ? answer_post(client, target, query)
                                       : answer(client, 204, "", "");
}

/* Reads the head of a request; the buffer then begins with what follows it. NULL at the end. */
static char *read_head(Client *client)
{
    for (;;) {
        client->buffer[client->have] = '\0';
        char *end = memmem(client->buffer, client->have, "\r\n\r\n", 4);
        if (end != NULL) {
            gsize length = (gsize)(end - client->buffer) + 4;
            char *head = g_strndup(client->buffer, length - 2);
            client->have -= length;
            memmove(client->buffer, client->buffer + length, client->have);
            return head;
        }
        gssize got = client->have < HEAD_BYTES
                         ? receive(client, client->buffer + client->have, HEAD_BYTES - client->have)
                         : 0;
        if (got <= 0)
            return NULL;
        client->have += (gsize)got;
    }
}

static void *serve(void *user)
{
    Client *client = user;
    char *head;
    int on = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client->buffer = g_malloc(CHUNK_BYTES + 1);
    gboolean good = client->tls == NULL || SSL_accept(client->tls) == 1;
    while (good && (head = read_head(client)) != NULL) {
        const char *length = header(head, "\r\nContent-Length:");
        good = serve_one(client, head, length != NULL ? g_ascii_strtoull(length, NULL, 10) : 0);
        g_free(head);
    }
    SSL_free(client->tls);
    close(client->fd);
    g_free(client->buffer);
    g_free(client);
    return NULL;
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror("discard_server");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static SSL_CTX *tls_context(const char *certificate, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL ||
        SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "discard_server: cannot use %s and %s\n", certificate, key);
        exit(1);
    }
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, TLS_BUFFER_BYTES);
    return context;
}

/* Records of 16 KiB would each be a system call and wake the client. */
static SSL *tls_session(SSL_CTX *context, int fd)
{
    SSL *tls = SSL_new(context);
    BIO *in = BIO_new_socket(fd, BIO_NOCLOSE);
    BIO *out = BIO_new(BIO_f_buffer());
    BIO_set_write_buffer_size(out, TLS_BUFFER_BYTES);
    SSL_set_bio(tls, in, BIO_push(out, BIO_new_socket(fd, BIO_NOCLOSE)));
    return tls;
}

int main(int argc, char **argv)
{
    Objects objects = {.lengths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_mutex_init(&objects.mutex);
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = argc > 2 ? tls_context(argv[1], argv[2]) : NULL;
    int fd = listen_anywhere();
    for (;;) {
        int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        if (accepted < 0)
            continue;
        Client *client = g_new0(Client, 1);
        client->fd = accepted;
        client->objects = &objects;
        if (context != NULL)
            client->tls = tls_session(context, accepted);
        if (pthread_create(&thread, NULL, serve, client) == 0)
            pthread_detach(thread);
    }
}
