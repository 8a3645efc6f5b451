#include "base/error.h"

#include <errno.h>

typedef struct {
    const char *name;
    gboolean retryable;
    int exit_status;
    const char *hint;
} ErrorRow;

static const ErrorRow rows[] = {
    [RS_ERROR_USAGE] = {"usage", FALSE, 2, "see the command's --help"},
    [RS_ERROR_CONFIG] = {"config", FALSE, 2, "mend the setting that is named"},
    [RS_ERROR_AUTH] = {"auth", FALSE, 3, "check the credentials with: redsmith profile test"},
    [RS_ERROR_PERMISSION] = {"permission", FALSE, 1, "ask for the privilege that is named"},
    [RS_ERROR_CONNECT] = {"connect", TRUE, 3, "check the way there with: redsmith profile test"},
    [RS_ERROR_NOT_FOUND] = {"not-found", FALSE, 1,
                            "check the name; redsmith ls, s3 ls and jobs list show what there is"},
    [RS_ERROR_EXISTS] = {"exists", FALSE, 1, "choose another name or mode"},
    [RS_ERROR_CONFLICT] = {"conflict", TRUE, 1, "something else was in the way; try again"},
    [RS_ERROR_THROTTLED] = {"throttled", TRUE, 1, "wait a little and try again"},
    [RS_ERROR_TRANSIENT] = {"transient", TRUE, 1, "try again"},
    [RS_ERROR_DATA] = {"data", FALSE, 1, "mend the input that is named"},
    [RS_ERROR_LIMIT] = {"limit", FALSE, 1, NULL},
    [RS_ERROR_CORRUPT] = {"corrupt", FALSE, 1, NULL},
    [RS_ERROR_CANCELLED] = {"cancelled", FALSE, 4, NULL},
    [RS_ERROR_UNSUPPORTED] = {"unsupported", FALSE, 2, NULL},
    [RS_ERROR_MISMATCH] = {"mismatch", FALSE, 5, "both sides are named above"},
    [RS_ERROR_INTERNAL] = {"internal", FALSE, 1, "this is a mistake in redsmith"},
};

/* clang-format off */
G_DEFINE_QUARK(redsmith-error-quark, rs_error)
/* clang-format on */

static const ErrorRow *row_of(const GError *error)
{
    if (error->domain == RS_ERROR && error->code >= 0 && (gsize)error->code < G_N_ELEMENTS(rows))
        return &rows[error->code];
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return &rows[RS_ERROR_CANCELLED];
    if (error->domain == G_OPTION_ERROR)
        return &rows[RS_ERROR_USAGE];
    if (error->domain == G_KEY_FILE_ERROR)
        return &rows[RS_ERROR_CONFIG];
    return &rows[RS_ERROR_INTERNAL];
}

const char *rs_error_name(RsErrorCode code)
{
    g_return_val_if_fail((gsize)code < G_N_ELEMENTS(rows), "internal");
    return rows[code].name;
}

gboolean rs_error_is_retryable(const GError *error)
{
    return row_of(error)->retryable;
}

int rs_error_exit_status(const GError *error)
{
    return row_of(error)->exit_status;
}

const char *rs_error_hint(const GError *error)
{
    return row_of(error)->hint;
}

gboolean rs_error_is_cancelled(const GError *error)
{
    return row_of(error) == &rows[RS_ERROR_CANCELLED];
}

static RsErrorCode code_of_errno(int saved_errno)
{
    switch (saved_errno) {
    case ENOENT:
    case ENOTDIR:
        return RS_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return RS_ERROR_PERMISSION;
    case EEXIST:
    case EISDIR:
    case ENOTEMPTY:
        return RS_ERROR_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EFBIG:
        return RS_ERROR_LIMIT;
    case ENAMETOOLONG:
    case ELOOP:
        return RS_ERROR_DATA;
    case EBADF: /* a standard stream that the caller has closed */
        return RS_ERROR_USAGE;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case ENETUNREACH:
    case EHOSTUNREACH:
        return RS_ERROR_CONNECT;
    default:
        return RS_ERROR_INTERNAL;
    }
}

gboolean rs_error_set_errno(GError **error, int saved_errno, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, RS_ERROR, (int)code_of_errno(saved_errno), "%s: %s", what,
                g_strerror(saved_errno));
    return FALSE;
}

gboolean rs_error_set_if_cancelled(GCancellable *cancellable, GError **error)
{
    if (!g_cancellable_is_cancelled(cancellable))
        return FALSE;
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CANCELLED, "cancelled");
    return TRUE;
}
