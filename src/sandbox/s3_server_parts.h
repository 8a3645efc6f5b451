/*
 * s3_server_parts: the parts of a multipart upload on disk, written where they will be needed.
 *
 * In an upload's folder part-<number>.<etag> is a part. Parts of one size are written to their places in one
 * file, `data`, which becomes the object by a rename; part-... is then empty space of the part's length.
 * claim-<number> says that the place is taken, and once it is filled, the ETag of what is there; it is
 * taken only once, so that what is there never changes. A part that comes again, or has another size,
 * is a file of its own. Parts that lie apart, or leave gaps, are copied together on completion, inside the
 * kernel. `unit` is a link that names the size of the places.
 *
 * Call order:  s3_part_file_begin, s3_part_file_write ..., s3_part_file_install, s3_part_file_clear;  at last s3_part_files_join
 * Threads:     any, each with its own S3PartFile; several may write parts of one upload
 */
#ifndef REDSMITH_SANDBOX_S3_SERVER_PARTS_H
#define REDSMITH_SANDBOX_S3_SERVER_PARTS_H

#include <glib.h>

#define S3_MIN_PART (5u << 20)

typedef struct {
    int fd;          /* -1: none */
    char *path;      /* goes away when the part does not come to its end */
    gboolean placed; /* in data, and path is the claim */
    guint64 length;  /* of the place */
    guint64 left;    /* of it */
} S3PartFile;

/* length 0: not known before. FALSE with errno. */
gboolean s3_part_file_begin(S3PartFile *file, const char *folder, guint number, guint64 length);
gboolean s3_part_file_write(S3PartFile *file, const char *bytes, gsize length);
/* The part is there from now on, in place of what had its number. FALSE with errno. */
gboolean s3_part_file_install(S3PartFile *file, const char *folder, guint number, const char *etag);
void s3_part_file_clear(S3PartFile *file);

/* The file that stands for a part. Free with g_free. */
char *s3_part_file_path(const char *folder, guint number, const char *etag);

/* The path of a file with all these parts (numbers of guint, etags of char *), which are there; NULL with
 * error set: then all is as before. */
char *s3_part_files_join(const char *folder, const GArray *numbers, const GPtrArray *etags,
                         GError **error);

#endif
