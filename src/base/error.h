/*
 * error: the short list of ways in which things fail.
 *
 * Every function that can fail returns gboolean or a pointer and fills a GError of this domain. The
 * code says what kind of failure it was, and one table maps it to: may it be tried again, the exit
 * status of the headless commands, and the hint that the screen offers. The message says what could
 * not be done, to what, why, and what to do next; a server's own words and query id follow it.
 *
 * Exit statuses are an interface (redsmith(1)): 0 done, 1 job failed, 2 usage or configuration,
 * 3 connection or authentication, 4 cancelled, 5 a check did not agree.
 *
 * Threads: pure; a GError belongs to whoever it was given to.
 */
#ifndef REDSMITH_BASE_ERROR_H
#define REDSMITH_BASE_ERROR_H

#include <gio/gio.h>

typedef enum {
    RS_ERROR_USAGE,       /* the words of a command or an option are wrong */
    RS_ERROR_CONFIG,      /* a file or environment variable holds something wrong */
    RS_ERROR_AUTH,        /* we are not who we say we are: password, key, token, expiry */
    RS_ERROR_PERMISSION,  /* we are known, and may not do this */
    RS_ERROR_CONNECT,     /* no connection, or it was lost */
    RS_ERROR_NOT_FOUND,   /* the named thing does not exist */
    RS_ERROR_EXISTS,      /* the named thing exists and must not */
    RS_ERROR_CONFLICT,    /* serializable conflict (1023), deadlock, lock not available */
    RS_ERROR_THROTTLED,   /* asked to slow down */
    RS_ERROR_TRANSIENT,   /* a fault that may pass: 5xx, time-out, reset */
    RS_ERROR_DATA,        /* the input itself is bad: a refused row, a malformed file */
    RS_ERROR_LIMIT,       /* a limit of the service, of the machine or of ours was reached */
    RS_ERROR_CORRUPT,     /* what came back is not what it claims to be */
    RS_ERROR_CANCELLED,   /* the user, or the server on somebody's request, stopped it */
    RS_ERROR_UNSUPPORTED, /* known, and not offered */
    RS_ERROR_MISMATCH,    /* a check ran and did not agree */
    RS_ERROR_INTERNAL,    /* a mistake of ours */
} RsErrorCode;

#define RS_ERROR (rs_error_quark())
GQuark rs_error_quark(void);

/* The code's name as scripts see it, such as "not-found". Static. */
const char *rs_error_name(RsErrorCode code);

/* May the same request be sent again, unchanged, when doing it twice cannot double data? */
gboolean rs_error_is_retryable(const GError *error);

/* The headless exit status of a failure: 1 to 5. G_IO_ERROR_CANCELLED counts as cancelled. */
int rs_error_exit_status(const GError *error);

/* One short sentence on what to try next, or NULL. Static. */
const char *rs_error_hint(const GError *error);

/* True when the failure is a cancellation, ours or GIO's. */
gboolean rs_error_is_cancelled(const GError *error);

/* Sets error from errno: "what: strerror". Always returns FALSE, so that callers can return it. */
gboolean rs_error_set_errno(GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Sets RS_ERROR_CANCELLED when the cancellable is cancelled. Returns TRUE when it was. */
gboolean rs_error_set_if_cancelled(GCancellable *cancellable, GError **error);

#endif
