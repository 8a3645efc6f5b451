/*
 * engine: what the UNLOAD and COPY engines share on the side of the wire front.
 *
 * Threads: the session's.
 */
#ifndef REDSMITH_SANDBOX_ENGINE_H
#define REDSMITH_SANDBOX_ENGINE_H

#include <glib.h>

#include "sandbox/front.h"
#include "sandbox/options.h"

/* Hands a refusal to the front. Always returns FALSE. */
gboolean engine_refuse(FrontSession *session, const Refusal *refusal);

/* 57014 in Redshift's words. Always returns FALSE. */
gboolean engine_cancelled(FrontSession *session, gint64 query_id);

/*
 * XX000 with a boxed detail whose error is S3's own text, as "S3ServiceException:The specified bucket
 * does not exist,Status 404,Error NoSuchBucket". Always returns FALSE.
 */
gboolean engine_s3_failure(FrontSession *session, gint64 query_id, int status, const char *code,
                           const char *text, const char *context);

/* The bucket exists and, when region is not NULL, is where it says. Else FALSE, refused. */
gboolean engine_check_bucket(FrontSession *session, gint64 query_id, const char *bucket,
                             const char *prefix, const char *region);

/* The transaction's number, for the log tables. */
gint64 engine_transaction_id(FrontSession *session);

/* "user_id, session_id, transaction_id, database_name" as SQL expressions for the log tables. */
char *engine_identity(FrontSession *session);

/* An epoch time in microseconds as an SQL timestamp expression in UTC; NULL for 0. Free with g_free. */
char *engine_timestamp(gint64 epoch_us);

/*
 * The pace of a statement that moves rows: it slows down to the fault rule "rows_per_second" of its
 * area, calls tick at least every 200 ms between rows, and notices a cancel within 100 ms.
 */
typedef struct {
    FrontSession *session;
    const char *area;
    void (*tick)(gpointer user);
    gpointer user;
    gint64 begun_us, ticked_us;
    double rate; /* rows a second; 0: as fast as it goes */
    guint64 rows;
} Pace;

void pace_begin(Pace *pace, FrontSession *session, const char *area, void (*tick)(gpointer user),
                gpointer user);
/* Call after each row. FALSE: the client has asked to cancel. */
gboolean pace_row(Pace *pace);

#endif
