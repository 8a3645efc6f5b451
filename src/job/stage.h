/*
 * stage: a job's own corner of S3, "<tempdir>/<job id>/".
 *
 * Every object is journalled before it is put there, so that the stage can be emptied key by key by
 * the process that made it or by another one after a crash; what somebody else wrote under the same
 * tempdir is none of our business. Objects that an UNLOAD writes cannot be journalled beforehand: they
 * lie under a prefix of the attempt that is ours alone, and are found by listing it.
 *
 * Threads: stage_put may be called from several threads; the rest from the job's own.
 */
#ifndef REDSMITH_JOB_STAGE_H
#define REDSMITH_JOB_STAGE_H

#include "aws/s3.h"
#include "job/journal.h"

typedef struct Stage Stage;

/* "s3://bucket/prefix/<id>/" for a tempdir of s3://bucket/prefix. RS_ERROR_CONFIG for NULL or a tempdir
 * that is no S3 URL. Free with g_free. */
char *stage_url_for(const char *tempdir, const char *job_id, GError **error);

/* Borrows all; lock guards the journal. */
Stage *stage_new(const char *url, S3Client *s3, Journal *journal, GMutex *lock, GError **error);
void stage_free(Stage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

const char *stage_bucket(const Stage *stage);
/* The full key of a name in the stage. Free with g_free. */
char *stage_key(const Stage *stage, const char *name);

/* Journals that an object of that name is about to be made. Twice is once. */
gboolean stage_announce(Stage *stage, int step, const char *name, GError **error);

/* Announces and stores. */
gboolean stage_put(Stage *stage, int step, const char *name, GBytes *body,
                   GCancellable *cancellable, GError **error);

/* Names of all announced objects that were not deleted; free with g_ptr_array_unref. */
GPtrArray *stage_names(const Stage *stage);

/* Deletes them all, and what UNLOAD attempts of this job left under their own prefixes. */
gboolean stage_clean(Stage *stage, int step, guint *n_deleted, GCancellable *cancellable,
                     GError **error);

#endif
