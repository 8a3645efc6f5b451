/*
 * export_file: a file that is there whole or not at all, written by a thread of its own.
 *
 * Blocks of text are handed over and compressed and written behind the caller's back, so that reading
 * from the server, compressing and writing overlap; when the disk is slower, the caller waits. Until
 * export_file_publish the file has no name (O_TMPFILE, or a temporary name beside the target where the
 * file system cannot do that): a crash, a full disk or a cancel leaves nothing. Published, it is synced,
 * and its folder too. Files are 0600, for they hold what the database keeps from others.
 *
 * Each block is compressed by itself, as a member (gzip) or frame (zstd) of its own: both formats read
 * any number of them as one text.
 *
 * Threads: one thread at a time; a writer thread inside.
 * Errors:  RS_ERROR_EXISTS for a file that is there and is not to be replaced, RS_ERROR_USAGE for a
 *          path that can be no file, RS_ERROR_LIMIT for a full disk
 *
 * Call order:  export_file_check, export_file_new, export_file_write..., export_file_publish,
 *              export_file_free (without publish: nothing is left)
 */
#ifndef REDSMITH_JOB_EXPORT_FILE_H
#define REDSMITH_JOB_EXPORT_FILE_H

#include "base/codec.h"

typedef struct ExportFile ExportFile;

/* May the file be made? Before anything is asked of a server. */
gboolean export_file_check(const char *path, gboolean overwrite, GError **error);

ExportFile *export_file_new(const char *path, CodecKind codec, gboolean overwrite, GError **error);

/* Takes the block's text and leaves it empty. FALSE when an earlier block could not be written. */
gboolean export_file_write(ExportFile *file, GString *block, GError **error);

/* Waits for the writer, syncs, and gives the file its name. *bytes: its size; may be NULL. */
gboolean export_file_publish(ExportFile *file, guint64 *bytes, GError **error);

void export_file_free(ExportFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportFile, export_file_free)

#endif
