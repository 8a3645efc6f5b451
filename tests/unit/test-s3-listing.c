/*
 * A listing of a million keys against a server that makes its pages up: memory may not grow with the keys.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/s3.h"

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer keeps freed memory aside, 256 MB of it by default: here that would be what is measured. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}
#endif

enum { KEYS = 1000000, PAGE = 1000, MAX_GROWTH_KIB = 8 << 10, WARM_UP = 20000 };

/* What a listing saw. */
typedef struct {
    guint count;
    guint64 bytes;
    long warm_kib, peak_kib;
    char last[32];
} Seen;

static long resident_kib(void)
{
    g_autofree char *text = NULL;
    const char *line = NULL;
    if (g_file_get_contents("/proc/self/status", &text, NULL, NULL))
        line = strstr(text, "VmRSS:");
    return line != NULL ? strtol(line + 6, NULL, 10) : -1;
}

static void send_page(int fd, guint first)
{
    g_autoptr(GString) xml = g_string_new("<ListBucketResult><EncodingType>url</EncodingType>");
    for (guint i = first; i < first + PAGE; i++)
        g_string_append_printf(xml,
                               "<Contents><Key>k/%07u</Key><LastModified>2026-01-01T00:00:00.000Z"
                               "</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;"
                               "</ETag><Size>%u</Size></Contents>",
                               i, i);
    if (first + PAGE < KEYS)
        g_string_append_printf(xml, "<NextContinuationToken>%u</NextContinuationToken>",
                               first + PAGE);
    g_string_append_printf(xml, "<IsTruncated>%s</IsTruncated></ListBucketResult>",
                           first + PAGE < KEYS ? "true" : "false");
    g_autofree char *head = g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
                                            "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                                            xml->len);
    g_string_prepend(xml, head);
    for (gsize done = 0; done < xml->len;) {
        gssize sent = send(fd, xml->str + done, xml->len - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        done += (gsize)sent;
    }
}

/* One connection, one request after the other; the token is the number of the next key. */
static gpointer serve(gpointer user)
{
    int listener = GPOINTER_TO_INT(user), fd = accept(listener, NULL, NULL);
    char head[16384];
    gsize have = 0;
    while (fd >= 0) {
        gssize got = recv(fd, head + have, sizeof head - 1 - have, 0);
        if (got <= 0)
            break;
        have += (gsize)got;
        head[have] = '\0';
        if (strstr(head, "\r\n\r\n") == NULL)
            continue;
        const char *token = strstr(head, "continuation-token=");
        send_page(fd, token != NULL ? (guint)strtoul(token + 19, NULL, 10) : 0);
        have = 0;
    }
    close(fd);
    close(listener);
    return NULL;
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static gboolean note(gpointer user, const S3Object *object, GError **error)
{
    Seen *seen = user;
    g_assert_cmpstr(object->key, >, seen->last);
    g_strlcpy(seen->last, object->key, sizeof seen->last);
    seen->bytes += object->size;
    if (++seen->count % WARM_UP != 0)
        return TRUE;
    long now = resident_kib();
    if (seen->count == WARM_UP)
        seen->warm_kib = now;
    seen->peak_kib = MAX(seen->peak_kib, now);
    return TRUE;
}

static void test_a_million_keys_take_no_more_memory_than_some(void)
{
    int port, listener = listen_somewhere(&port);
    Seen seen = {0};
    g_autoptr(GError) error = NULL;
    GThread *server = g_thread_new("server", serve, GINT_TO_POINTER(listener));
    g_autofree char *endpoint = g_strdup_printf("http://127.0.0.1:%d", port);
    S3Client *client = s3_client_new(endpoint, "us-east-1", NULL);
    s3_list(client, "bucket", "k/", note, &seen, NULL, &error);
    g_assert_no_error(error);
    s3_client_free(client);
    g_thread_join(server);
    g_assert_cmpuint(seen.count, ==, KEYS);
    g_assert_cmpuint(seen.bytes, ==, (guint64)KEYS * (KEYS - 1) / 2);
    g_assert_cmpstr(seen.last, ==, "k/0999999");
    g_test_message("resident: %ld KiB after %d keys, at most %ld KiB", seen.warm_kib, WARM_UP,
                   seen.peak_kib);
    g_assert_cmpint(seen.warm_kib, >, 0);
    g_assert_cmpint(seen.peak_kib - seen.warm_kib, <, MAX_GROWTH_KIB);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3-listing/a-million-keys-take-no-more-memory-than-some",
                    test_a_million_keys_take_no_more_memory_than_some);
    return g_test_run();
}
