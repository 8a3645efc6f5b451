/*
 * curl_ceiling: what libcurl alone reaches here, with nothing of S3 in it: the ceiling for the client.
 *
 *     curl_ceiling put|get URL-PREFIX COUNT BYTES FILE-OR-FOLDER
 *
 * put: COUNT objects of BYTES each, read from FILE (each from its own place in it) by pread. get: the
 * same number into FOLDER, one file each, or with COUNT 1 into one file, by pwrite. Objects above 64 MiB
 * travel in pieces of 16 MiB, as those of redsmith do. Four threads, one easy handle each, buffers of
 * 256 KiB, HTTP/1.1 kept alive; no signature, no checksum, no sync. AWS_CA_BUNDLE is what TLS trusts.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, BUFFER = 256 << 10, PIECE = 16 << 20, WHOLE_UP_TO = 64 << 20 };

typedef struct {
    gboolean put;
    const char *prefix, *path;
    guint64 count, bytes, pieces; /* pieces of each object */
    gint next;                    /* atomic */
    gint failed;
} Work;

typedef struct {
    int fd;
    guint64 position, end;
} Piece;

static size_t on_read(char *buffer, size_t size, size_t count, void *user)
{
    Piece *piece = user;
    gssize got = pread(piece->fd, buffer, MIN(size * count, piece->end - piece->position),
                       (off_t)piece->position);
    piece->position += (guint64)MAX(got, 0);
    return (size_t)MAX(got, 0);
}

static size_t on_write(char *bytes, size_t size, size_t count, void *user)
{
    Piece *piece = user;
    gssize written = pwrite(piece->fd, bytes, size * count, (off_t)piece->position);
    piece->position += (guint64)MAX(written, 0);
    return (size_t)MAX(written, 0);
}

static gboolean move_piece(const Work *work, CURL *easy, guint64 object, guint64 number)
{
    char url[1024], range[64];
    guint64 start = number * PIECE;
    guint64 length = work->pieces > 1 ? MIN((guint64)PIECE, work->bytes - start) : work->bytes;
    g_autofree char *path = work->put || work->count == 1
                                ? g_strdup(work->path)
                                : g_strdup_printf("%s/%" G_GUINT64_FORMAT, work->path, object);
    guint64 offset = work->put ? object * work->bytes + start : start;
    Piece piece = {open(path, work->put ? O_RDONLY : O_WRONLY | O_CREAT, 0600), offset,
                   offset + length};
    if (piece.fd < 0)
        return FALSE;
    snprintf(url, sizeof url, "%s%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "%s%" G_GUINT64_FORMAT,
             work->prefix, object, work->bytes,
             work->pieces > 1 ? "?partNumber=" : "?n=", number + 1);
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (g_getenv("AWS_CA_BUNDLE") != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, g_getenv("AWS_CA_BUNDLE"));
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER);
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    snprintf(range, sizeof range, "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, start,
             start + length - 1);
    if (work->put) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, &piece);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, NULL);
    } else {
        if (work->pieces > 1)
            curl_easy_setopt(easy, CURLOPT_RANGE, range);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &piece);
    }
    CURLcode result = curl_easy_perform(easy);
    curl_slist_free_all(headers);
    close(piece.fd);
    if (result != CURLE_OK)
        fprintf(stderr, "curl_ceiling: %s: %s\n", url, curl_easy_strerror(result));
    return result == CURLE_OK && piece.position == piece.end;
}

static gpointer work_on(gpointer user)
{
    Work *work = user;
    CURL *easy = curl_easy_init();
    for (;;) {
        guint64 task = (guint64)g_atomic_int_add(&work->next, 1);
        if (task >= work->count * work->pieces)
            break;
        if (!move_piece(work, easy, task / work->pieces, task % work->pieces))
            g_atomic_int_set(&work->failed, 1);
    }
    curl_easy_cleanup(easy);
    return NULL;
}

int main(int argc, char **argv)
{
    GThread *threads[THREADS];
    if (argc != 6) {
        fprintf(stderr, "usage: curl_ceiling put|get URL-PREFIX COUNT BYTES PATH\n");
        return 2;
    }
    Work work = {.put = strcmp(argv[1], "put") == 0,
                 .prefix = argv[2],
                 .count = g_ascii_strtoull(argv[3], NULL, 10),
                 .bytes = g_ascii_strtoull(argv[4], NULL, 10),
                 .path = argv[5]};
    work.pieces = work.bytes > WHOLE_UP_TO ? (work.bytes + PIECE - 1) / PIECE : 1;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("ceiling", work_on, &work);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    curl_global_cleanup();
    return work.failed;
}
