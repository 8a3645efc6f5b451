/*
 * parts: cuts a local file into parts that end at record ends, one after the other.
 *
 * A part is the shortest run of whole records of at least part_bytes raw bytes. The cuts depend on the
 * file, the rules and the starting point only, so a resume finds the very same parts again, from the
 * end of any part that is done.
 *
 * Memory: one part and one record. Errors: RS_ERROR_DATA, naming file and line, for a file that ends
 * inside quotes or brackets and for a record over PART_RECORD_LIMIT (a quote that is never closed);
 * RS_ERROR_CONFLICT when the file is not the one that was planned with.
 * Threads: one thread at a time. Units: bytes; lines from 1.
 */
#ifndef REDSMITH_JOB_PARTS_H
#define REDSMITH_JOB_PARTS_H

#include <glib.h>

#include "base/csv.h"

#define PART_DEFAULT_BYTES (16u << 20)
/* Redshift's quota for one unparsed record (Redshift guide, Quotas). */
#define PART_RECORD_LIMIT (64u << 20)

typedef struct {
    guint64 offset, length; /* in the file */
    guint64 first_line;     /* line number of the part's first line in the file */
    guint64 lines;          /* line feeds in it */
    guint64 records;
    guint64 blank_records; /* records among them that are empty lines */
    GBytes *bytes;         /* the raw text; owned by the part */
} Part;

void part_clear(Part *part);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

typedef struct PartReader PartReader;

/* size and mtime_us are those of the plan: RS_ERROR_CONFLICT when the file has others. mtime_us 0 is
 * not compared. part_bytes 0: PART_DEFAULT_BYTES. */
PartReader *part_reader_open(const char *path, const RecordRules *rules, guint64 size,
                             gint64 mtime_us, gsize part_bytes, GError **error);

/* Goes to a record's start. */
void part_reader_seek(PartReader *reader, guint64 offset, guint64 line);

/* The next part; *more is FALSE, and the part empty, when there is none. */
gboolean part_reader_next(PartReader *reader, Part *part, gboolean *more, GError **error);

void part_reader_free(PartReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartReader, part_reader_free)

#endif
