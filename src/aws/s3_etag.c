#include "aws/s3_etag.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { MD5_DIGITS = 32, MAX_PARTS = 10000, READ_BYTES = 256 << 10, STEP_BYTES = 16 << 20 };

char *s3_bare_etag(const char *etag)
{
    if (g_str_has_prefix(etag, "W/"))
        etag += 2;
    gsize length = strlen(etag);
    if (length >= 2 && etag[0] == '"' && etag[length - 1] == '"')
        return g_strndup(etag + 1, length - 2);
    return g_strdup(etag);
}

static gboolean begins_with_md5(const char *etag)
{
    return strspn(etag, "0123456789abcdefABCDEF") == MD5_DIGITS;
}

gboolean s3_etag_is_md5(const char *etag)
{
    return begins_with_md5(etag) && etag[MD5_DIGITS] == '\0';
}

char *s3_multipart_etag(const GPtrArray *etags)
{
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    for (guint i = 0; i < etags->len; i++) {
        g_autofree char *bare = s3_bare_etag(etags->pdata[i]);
        if (!s3_etag_is_md5(bare))
            return NULL;
        for (const char *digits = bare; *digits != '\0'; digits += 2) {
            guchar byte =
                (guchar)(g_ascii_xdigit_value(digits[0]) * 16 + g_ascii_xdigit_value(digits[1]));
            digest_update(md5, &byte, 1);
        }
    }
    return g_strdup_printf("%s-%u", digest_hex(md5), etags->len);
}

/* --- how it may have been cut ------------------------------------------------------------------ */

/* The number behind the dash, or 0: none, or no ETag of parts. */
static guint64 parts_of(const char *etag)
{
    guint64 parts = 0;
    if (!begins_with_md5(etag) || etag[MD5_DIGITS] != '-' ||
        !g_ascii_string_to_unsigned(etag + MD5_DIGITS + 1, 10, 1, MAX_PARTS, &parts, NULL))
        return 0;
    return parts;
}

guint s3_etag_cuts(const char *etag, guint64 size, guint64 ours, guint64 *cuts)
{
    static const guint64 mib[] = {16, 8, 5, 15, 32, 64, 100, 128, 256, 512};
    guint64 parts = etag != NULL ? parts_of(etag) : 0;
    guint n = 0;
    if (etag != NULL && s3_etag_is_md5(etag))
        cuts[n++] = 0;
    if (parts == 1) /* whatever the size of part would have been */
        cuts[n++] = MAX(size, 1);
    for (gsize i = 0; parts > 1 && i <= G_N_ELEMENTS(mib); i++) {
        guint64 cut = i == 0 ? ours : mib[i - 1] << 20;
        if (cut > 0 && (i == 0 || cut != ours) && (size + cut - 1) / cut == parts)
            cuts[n++] = cut;
    }
    return n;
}

/* --- the ETag of a file ------------------------------------------------------------------------ */

gboolean s3_digest_range(Digest *digest, int fd, const char *name, guint64 offset, guint64 length,
                         GCancellable *cancellable, GError **error)
{
    g_autofree guchar *buffer = g_malloc(READ_BYTES);
    for (guint64 done = 0; done < length;) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        gssize got = pread(fd, buffer, MIN(READ_BYTES, length - done), (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rs_error_set_errno(error, errno, "cannot read %s", name);
        if (got == 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_DATA, "%s became shorter while it was read",
                        name);
            return FALSE;
        }
        digest_update(digest, buffer, (gsize)got);
        done += (guint64)got;
    }
    return TRUE;
}

/* The MD5 of a range, telling of it step by step. */
static char *md5_of_range(int fd, const char *name, guint64 offset, guint64 length,
                          void (*told)(gpointer user, guint64 bytes), gpointer user,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    for (guint64 done = 0; done < length;) {
        guint64 step = MIN(STEP_BYTES, length - done);
        if (!s3_digest_range(md5, fd, name, offset + done, step, cancellable, error))
            return NULL;
        if (told != NULL)
            told(user, step);
        done += step;
    }
    return g_strdup(digest_hex(md5));
}

char *s3_etag_of_file(int fd, const char *name, guint64 size, guint64 cut,
                      void (*told)(gpointer user, guint64 bytes), gpointer user,
                      GCancellable *cancellable, GError **error)
{
    if (cut == 0)
        return md5_of_range(fd, name, 0, size, told, user, cancellable, error);
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    guint64 start = 0;
    do { /* at least one part, even of nothing */
        guint64 length = MIN(cut, size - start);
        char *etag = md5_of_range(fd, name, start, length, told, user, cancellable, error);
        if (etag == NULL)
            return NULL;
        g_ptr_array_add(etags, etag);
        start += length;
    } while (start < size);
    return s3_multipart_etag(etags);
}
