#include "aws/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static gboolean wait_for_more(int fd, gint64 deadline)
{
    GPollFD poll_fd = {fd, G_IO_IN | G_IO_HUP, 0};
    gint64 left = (deadline - g_get_monotonic_time()) / 1000;
    return left > 0 && (g_poll(&poll_fd, 1, (gint)left) > 0 || errno == EINTR);
}

/* Up to size bytes, fewer only at the end of the file; -1 with errno set. */
static gssize read_all(int fd, char *buffer, gsize size)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)SMALL_FILE_WAIT_MS * 1000;
    gsize length = 0;
    while (length < size) {
        gssize got = read(fd, buffer + length, size - length);
        if (got > 0)
            length += (gsize)got;
        else if (got == 0)
            break;
        else if (errno == EAGAIN && !wait_for_more(fd, deadline))
            return errno = ETIMEDOUT, -1;
        else if (errno != EAGAIN && errno != EINTR)
            return -1;
    }
    return (gssize)length;
}

static void refuse(int reason, GError **error)
{
    gboolean absent = reason == ENOENT || reason == ENOTDIR;
    g_set_error(error, RS_ERROR,
                absent                ? RS_ERROR_NOT_FOUND
                : reason == ETIMEDOUT ? RS_ERROR_LIMIT
                                      : RS_ERROR_CONFIG,
                "%s", reason == ETIMEDOUT ? "nobody writes into it" : g_strerror(reason));
}

char *small_file_read(const char *path, gsize limit, gsize *length, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *content = g_malloc(limit + 2);
    gssize got = fd >= 0 ? read_all(fd, content, limit + 1) : -1;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (got >= 0 && (gsize)got <= limit) {
        content[got] = '\0';
        *length = (gsize)got;
        return content;
    }
    if (got < 0)
        refuse(reason, error);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "it is longer than %" G_GSIZE_FORMAT " bytes",
                    limit);
    small_file_free(content, limit + 2);
    return NULL;
}

void small_file_free(char *content, gsize length)
{
    if (content != NULL)
        explicit_bzero(content, length);
    g_free(content);
}
