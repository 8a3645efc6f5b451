#include "job/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

#define READ_CHUNK (256u << 10)

struct PartReader {
    char *path;
    int fd;
    RecordRules rules;
    gsize part_bytes;
    guint64 offset, line; /* of the buffer's first byte */
    GByteArray *buffer;   /* read and not handed out */
    gboolean at_end;      /* the file has been read to its end */
};

void part_clear(Part *part)
{
    g_clear_pointer(&part->bytes, g_bytes_unref);
    *part = (Part){0};
}

static gboolean check_unchanged(const char *path, int fd, guint64 size, gint64 mtime_us,
                                GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return rs_error_set_errno(error, errno, "cannot look at %s", path);
    gint64 changed = (gint64)status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
    if ((guint64)status.st_size == size && (mtime_us == 0 || mtime_us == changed))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT,
                "%s has changed since the job was planned (%" G_GUINT64_FORMAT
                " bytes then, %" G_GUINT64_FORMAT " now); clean this job and start a new one",
                path, size, (guint64)status.st_size);
    return FALSE;
}

PartReader *part_reader_open(const char *path, const RecordRules *rules, guint64 size,
                             gint64 mtime_us, gsize part_bytes, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot open %s", path);
        return NULL;
    }
    if (!check_unchanged(path, fd, size, mtime_us, error)) {
        close(fd);
        return NULL;
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    PartReader *reader = g_new0(PartReader, 1);
    reader->path = g_strdup(path);
    reader->fd = fd;
    reader->rules = *rules;
    reader->part_bytes = part_bytes != 0 ? part_bytes : PART_DEFAULT_BYTES;
    reader->line = 1;
    reader->buffer = g_byte_array_new();
    return reader;
}

void part_reader_free(PartReader *reader)
{
    if (reader == NULL)
        return;
    close(reader->fd);
    g_byte_array_unref(reader->buffer);
    g_free(reader->path);
    g_free(reader);
}

void part_reader_seek(PartReader *reader, guint64 offset, guint64 line)
{
    if (offset == reader->offset)
        return;
    g_byte_array_set_size(reader->buffer, 0);
    reader->offset = offset;
    reader->line = line;
    reader->at_end = FALSE;
}

/* Appends the next piece of the file to the buffer. */
static gboolean read_more(PartReader *reader, GError **error)
{
    guint held = reader->buffer->len;
    g_byte_array_set_size(reader->buffer, held + READ_CHUNK);
    gssize n;
    do {
        n = pread(reader->fd, reader->buffer->data + held, READ_CHUNK,
                  (off_t)(reader->offset + held));
    } while (n < 0 && errno == EINTR);
    g_byte_array_set_size(reader->buffer, held + (guint)MAX(n, 0));
    if (n < 0)
        return rs_error_set_errno(error, errno, "cannot read %s", reader->path);
    reader->at_end = n == 0;
    return TRUE;
}

/* end: of the last whole record in the buffer. */
static gboolean refuse(const PartReader *reader, gsize end, const char *why, GError **error)
{
    guint64 line = reader->line;
    for (gsize i = 0; i < end; i++)
        line += reader->buffer->data[i] == '\n';
    g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                "%s: %s, in the record that begins in line %" G_GUINT64_FORMAT, reader->path, why,
                line);
    return FALSE;
}

/* Hands out the first `end` bytes of the buffer. */
static void take_part(PartReader *reader, gsize end, const RecordScanner *scanner, Part *part)
{
    part->offset = reader->offset;
    part->first_line = reader->line;
    part->length = end;
    part->records = scanner->records;
    part->blank_records = scanner->blanks;
    part->lines = scanner->lines;
    part->bytes = g_bytes_new(reader->buffer->data, end);
    g_byte_array_remove_range(reader->buffer, 0, (guint)end);
    reader->offset += end;
    reader->line += part->lines;
}

/* What is left at the end of the file: a last record without its line feed, or nothing. */
static gboolean take_rest(PartReader *reader, gsize end, RecordScanner *scanner, Part *part,
                          gboolean *more, GError **error)
{
    if (record_scanner_is_open(scanner))
        return refuse(reader, end, "the file ends inside quotes, brackets or an escape", error);
    gboolean rest = record_scanner_is_inside(scanner);
    if (rest)
        scanner->records++;
    *more = scanner->records > 0;
    if (*more)
        take_part(reader, reader->buffer->len, scanner, part);
    return TRUE;
}

gboolean part_reader_next(PartReader *reader, Part *part, gboolean *more, GError **error)
{
    RecordScanner scanner;
    record_scanner_init(&scanner, &reader->rules);
    gsize scanned = 0, end = 0;
    for (;;) {
        while (scanned < reader->buffer->len) {
            gssize n = record_scanner_next(&scanner, (char *)reader->buffer->data + scanned,
                                           reader->buffer->len - scanned);
            scanned = n < 0 ? reader->buffer->len : scanned + (gsize)n;
            if (n < 0)
                break;
            end = scanned;
            if (end >= reader->part_bytes) {
                take_part(reader, end, &scanner, part);
                *more = TRUE;
                return TRUE;
            }
        }
        if (reader->at_end)
            return take_rest(reader, end, &scanner, part, more, error);
        if (scanned - end > PART_RECORD_LIMIT)
            return refuse(reader, end, "more than 64 MiB (is there a quote that is never closed?)",
                          error);
        if (!read_more(reader, error))
            return FALSE;
    }
}
