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

/* Exactly that object, or NULL; *listed FALSE: the bucket may not be listed, and it was asked for by name. */
gboolean s3_find_object(S3Client *s3, const char *bucket, const char *key, S3Object **object,
                        gboolean *listed, GCancellable *cancellable, GError **error);

/* The objects that a URL means, as above, one call each. */
gboolean s3_each_below(S3Client *s3, const char *bucket, const char *key, S3ListFunction each,
                       gpointer user, GCancellable *cancellable, GError **error);

/* The same for many things, on some threads. What goes wrong first stops all and is the error. */
typedef gboolean (*S3TaskFunction)(gpointer user, gpointer task, GCancellable *cancellable,
                                   GError **error);
gboolean s3_threads_run(GPtrArray *tasks, guint threads, S3TaskFunction each, gpointer user,
                        GCancellable *cancellable, GError **error);
guint s3_threads_number(const CliContext *cli); /* --concurrency, else 4 */

typedef struct S3Pair S3Pair;
void s3_pair_free(S3Pair *pair);
const char *s3_pair_path(const S3Pair *pair); /* the file's */
typedef struct S3Lock S3Lock;
void s3_lock_free(S3Lock *lock);

/* A get or put. */
typedef struct {
    CliContext *cli;
    S3Client *s3;
    TransferOptions options;
    const char *verb; /* "get", "put" */
    GPtrArray *items; /* of TransferItem, each with its length */
    GPtrArray *pairs; /* of S3Pair: items to be compared; after s3_compare_run those that differ */
    guint64 there, there_bytes;
    GMutex mutex;
    GHashTable *locks; /* TransferItem -> S3Lock: journals of open uploads, under the mutex */
} S3Move;

/* Call order: s3_move_init; items are added, some with s3_compare_add; s3_compare_run; s3_move_run. */
void s3_move_init(S3Move *move, CliContext *cli, S3Client *s3, const char *verb);
void s3_move_clear(S3Move *move);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3Move, s3_move_clear)

/* Shows what would be done, or does it, with progress, and says what was done. */
gboolean s3_move_run(S3Move *move, GError **error);

/*
 * s3_compare: is it there already? Files are compared with the ETags of their objects on as many threads as
 * move them, with progress. A get believes the file's time where the ETag tells nothing (keys of KMS).
 */
/* The item's file and its object are both there and of one size. */
void s3_compare_add(S3Move *move, TransferItem *item, const S3Object *object);
/* Takes what is the same out of the items and counts it. */
gboolean s3_compare_run(S3Move *move, GError **error);

/*
 * s3_journal: which multipart uploads this user has open, so that a put that was killed goes on with them
 * or aborts them. One file for each source and target, in transfers/ of the state folder, locked while it
 * is at work.
 */
/* TransferCallbacks.upload; user is the S3Move. RS_ERROR_CONFLICT: another redsmith sends that file. */
gboolean s3_journal_note(gpointer user, TransferItem *item, TransferUploadState state,
                         const char *upload_id, guint64 part_size, GError **error);
/* The object is there already: aborts what an earlier put of it left open. Any thread. */
gboolean s3_journal_drop(S3Move *move, TransferItem *item, GError **error);

#endif
