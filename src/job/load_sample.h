/*
 * load_sample: the first record of an input, read from its first bytes, decoded where needed.
 *
 * Threads: blocks; a worker's business.
 */
#ifndef REDSMITH_JOB_LOAD_SAMPLE_H
#define REDSMITH_JOB_LOAD_SAMPLE_H

#include <gio/gio.h>

#include "aws/s3.h"
#include "base/csv.h"
#include "sql/unload.h"

typedef struct {
    GByteArray *bytes;   /* decoded; owned */
    const char *record;  /* the first record with its line end, in bytes */
    gsize record_length; /* 0: the input holds nothing */
    gsize skipped;       /* bytes before the record: a byte order mark, blank lines */
    gboolean more;       /* something follows the record */
} LoadSample;

void load_sample_clear(LoadSample *sample);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoadSample, load_sample_clear)

/*
 * path is a local file when s3 is NULL, else s3://bucket/key. RS_ERROR_UNSUPPORTED for bzip2 and lzo,
 * which cannot be decoded here; RS_ERROR_DATA when no record ends within 1 MiB. skip_blank: empty lines
 * before the first record are none.
 */
gboolean load_sample_read(LoadSample *sample, const char *path, SqlCompression compression,
                          const RecordRules *rules, gboolean skip_blank, S3Client *s3,
                          GCancellable *cancellable, GError **error);

#endif
