/*
 * s3: `redsmith s3 ls|inspect|get|put|rm`, one file for each thing it does.
 *
 * A URL with a key means that object; else, and for folders, the objects below the "/" that ends the
 * prefix: s3://b/data means s3://b/data and s3://b/data/..., never s3://b/database.
 *
 * Threads: the command's worker.
 */
#ifndef REDSMITH_CLI_S3_H
#define REDSMITH_CLI_S3_H

#include "aws/transfer.h"
#include "cli/cli.h"

typedef struct {
    gboolean recursive, overwrite;
    gint64 concurrency, limit_rate, slices;
    char *sse, *sse_kms_key_id;
} S3Options;
extern const CliOption s3_options[];

gboolean s3_ls(CliContext *cli, S3Client *s3, GError **error);
gboolean s3_inspect(CliContext *cli, S3Client *s3, GError **error);
gboolean s3_get_files(CliContext *cli, S3Client *s3, GError **error);
gboolean s3_put_files(CliContext *cli, S3Client *s3, GError **error);
gboolean s3_rm(CliContext *cli, S3Client *s3, GError **error);

/* FALSE with RS_ERROR_PERMISSION where the profile is read_only. */
gboolean s3_may_write(const CliContext *cli, GError **error);

/* The objects that a URL means, as above, one call each. */
gboolean s3_each_below(S3Client *s3, const char *bucket, const char *key, S3ListFunction each,
                       gpointer user, GCancellable *cancellable, GError **error);

/* A get or put. */
typedef struct {
    CliContext *cli;
    S3Client *s3;
    TransferOptions options;
    const char *verb; /* "get", "put" */
    GPtrArray *items; /* of TransferItem; what is found to be there already is taken out */
    guint64 there, there_bytes;
    GPtrArray *locks; /* of S3Lock: journals of open uploads */
} S3Move;

gboolean s3_move_init(S3Move *move, CliContext *cli, S3Client *s3, const char *verb,
                      GError **error);
void s3_move_clear(S3Move *move);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3Move, s3_move_clear)

/* Is the local file what an object of that size and ETag holds? *known FALSE: the ETag does not tell. */
gboolean s3_move_is_same(const S3Move *move, const char *path, guint64 size, const char *etag,
                         gboolean *same, gboolean *known, GError **error);

/* Shows what would be done, or does it, with progress, and says what was done. */
gboolean s3_move_run(S3Move *move, GError **error);

/*
 * s3_journal: which multipart uploads this user has open, so that a put that was killed goes on with them
 * or aborts them. One file for each source and target, in transfers/ of the state folder, locked while it
 * is at work.
 */
gboolean s3_journal_begin(S3Move *move, TransferItem *item, GError **error);
/* TransferCallbacks.upload; user is the S3Move. */
gboolean s3_journal_note(gpointer user, TransferItem *item, TransferUploadState state,
                         const char *upload_id, guint64 part_size, GError **error);
/* The object is there already: aborts what is still open. */
gboolean s3_journal_drop(S3Move *move, TransferItem *item, GError **error);

#endif
