/*
 * load_lines: the line of a refused row and the two around it, read again where the row came from.
 *
 * The server tells the place of a refused row and, at best, its own text cut at 1,024 bytes. What stands
 * before and behind it is what shows a shifted delimiter or an open quote, so it is read from the local
 * file, or from the object by a ranged request that ends with the line. gzip and zstd are decoded on the
 * way. Lines end at a line feed: of a CSV record with line breaks inside only a part is seen.
 *
 *     LoadLines lines = {0};
 *     if (load_lines_read(&place, s3, &budget, &lines, cancellable, &error))
 *         ... lines.before, lines.line, lines.after ...
 *     load_lines_clear(&lines);
 *
 * Errors:  those of the file or of S3; RS_ERROR_LIMIT when the budget does not reach as far as the line;
 *          RS_ERROR_NOT_FOUND when the file ends before it; RS_ERROR_CORRUPT for a broken compression
 * Threads: blocks; a worker's business.
 */
#ifndef REDSMITH_JOB_LOAD_LINES_H
#define REDSMITH_JOB_LOAD_LINES_H

#include <gio/gio.h>

#include "aws/s3.h"

/* Lines are counted from 1, behind the first `offset` bytes. Strings are borrowed. */
typedef struct {
    const char *path; /* a local file, or s3://bucket/key; .gz and .zst are decoded */
    guint64 offset;   /* raw bytes; 0 for a compressed one */
    guint64 line;
} LoadPlace;

/* Without their ends, each cut at LOAD_LINE_SHOWN bytes. NULL: there is none. */
#define LOAD_LINE_SHOWN (64u << 10)
typedef struct {
    char *before, *line, *after;
} LoadLines;

void load_lines_clear(LoadLines *lines);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoadLines, load_lines_clear)

/* *budget: decoded bytes that may be read on the way, lessened by what was. s3 is used for objects only
 * and may be NULL without them. */
gboolean load_lines_read(const LoadPlace *place, S3Client *s3, guint64 *budget, LoadLines *lines,
                         GCancellable *cancellable, GError **error);

#endif
