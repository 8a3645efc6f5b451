/*
 * copy_records: files cut into records and fields, as COPY reads text, CSV, fixed width and JSON.
 *
 * The reader pulls bytes, keeps one record at a time and knows on which line of the file each starts,
 * header lines counted. A record that is malformed is still a record: it comes with the load error code
 * and the reason, and reading goes on behind it.
 *
 * Threads: one.
 * Errors:  the source's own; RS_ERROR_LIMIT for a record over 64 MB (Redshift's quota).
 */
#ifndef REDSMITH_SANDBOX_COPY_RECORDS_H
#define REDSMITH_SANDBOX_COPY_RECORDS_H

#include <glib.h>

#include "sandbox/copy_options.h"

/* Load error codes (Redshift guide, "Load error reference"). */
enum {
    LOAD_ERROR_UNKNOWN = 1200,
    LOAD_ERROR_NO_DELIMITER = 1201,
    LOAD_ERROR_TOO_MANY = 1202,
    LOAD_ERROR_TOO_FEW = 1203,
    LOAD_ERROR_LENGTH = 1204,
    LOAD_ERROR_DATE = 1205,
    LOAD_ERROR_TIMESTAMP = 1206,
    LOAD_ERROR_DIGIT = 1207,
    LOAD_ERROR_FLOAT = 1208,
    LOAD_ERROR_DECIMAL = 1209,
    LOAD_ERROR_BOOLEAN = 1210,
    LOAD_ERROR_EMPTY_LINE = 1211,
    LOAD_ERROR_NOT_NULL = 1213,
    LOAD_ERROR_DELIMITER = 1214,
    LOAD_ERROR_CHAR = 1215,
    LOAD_ERROR_LINE = 1216,
    LOAD_ERROR_UTF8 = 1220,
    LOAD_ERROR_OVERFLOW = 1222,
    LOAD_ERROR_TYPE = 1223,
    LOAD_ERROR_SUPER = 1224
};

typedef struct {
    const char *text; /* NULL: SQL NULL */
    gsize length;
    gboolean made; /* JSON, while a record is read: text is still at made_at in the scratch */
    gsize made_at;
} CopyField;

typedef struct {
    guint64 line; /* from 1 */
    const char *raw;
    gsize raw_length;
    GArray *fields;     /* CopyField; valid until the next record */
    int error_code;     /* 0: well formed */
    const char *reason; /* static */
    guint error_field;  /* the field at which it was noticed */
} CopyRecord;

typedef enum { RECORD_READ, RECORD_END, RECORD_FAILED } RecordResult;

typedef struct RecordReader RecordReader;

/* columns: how many fields a record should have, for what a lone empty line means. */
RecordReader *record_reader_new(const CopyOptions *options, guint columns, DecoderSource source,
                                gpointer user);
/* JSON records come with raw only: their fields are for json_fields to find. */
RecordResult record_reader_next(RecordReader *reader, CopyRecord *record, GError **error);
/* Lines that were read to their end. */
guint64 record_reader_lines(const RecordReader *reader);
void record_reader_free(RecordReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordReader, record_reader_free)

#endif
