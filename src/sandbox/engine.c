#include "sandbox/engine.h"

#include <stdlib.h>

#include "sandbox/pgcopy.h"

#define TICK_US (150 * G_TIME_SPAN_MILLISECOND)
#define NAP_US (20 * G_TIME_SPAN_MILLISECOND)
/* Rows between two looks at the clock and at the cancel flag when nothing slows the statement. */
#define LOOK_ROWS 32

gboolean engine_refuse(FrontSession *session, const Refusal *refusal)
{
    if (refusal->detail != NULL)
        return front_fail_detail(session, refusal->sqlstate, refusal->message, refusal->detail);
    return front_fail(session, refusal->sqlstate, "%s", refusal->message);
}

gboolean engine_cancelled(FrontSession *session, gint64 query_id)
{
    return front_fail(session, "57014", "Query (%" G_GINT64_FORMAT ") cancelled on user's request",
                      query_id);
}

gboolean engine_s3_failure(FrontSession *session, gint64 query_id, int status, const char *code,
                           const char *text, const char *context)
{
    g_autofree char *error = g_strdup_printf(
        "S3ServiceException:%s,Status %d,Error %s,Rid SANDBOX%08X,ExtRid sandbox,CanRetry 1", text,
        status, code, g_random_int());
    g_autofree char *detail =
        boxed_detail(error, 8001, context, query_id, "s3_utility.cpp:358", front_pid(session));
    return front_fail_detail(session, "XX000", error, detail);
}

gboolean engine_check_bucket(FrontSession *session, gint64 query_id, const char *bucket,
                             const char *prefix, const char *region)
{
    g_autofree char *context = g_strdup_printf("Listing bucket=%s prefix=%s", bucket, prefix);
    if (!store_has_bucket(front_store(session), bucket))
        return engine_s3_failure(session, query_id, 404, "NoSuchBucket",
                                 "The specified bucket does not exist", context);
    if (region != NULL && g_ascii_strcasecmp(region, front_region(session)) != 0)
        return engine_s3_failure(session, query_id, 301, "PermanentRedirect",
                                 "The bucket you are attempting to access must be addressed using "
                                 "the specified endpoint. Please send all future requests to this "
                                 "endpoint.",
                                 context);
    return TRUE;
}

static gboolean note_number(gpointer user, guint n, const char *const *values, const int *lengths)
{
    (void)lengths;
    if (n > 0 && values[0] != NULL)
        *(gint64 *)user = g_ascii_strtoll(values[0], NULL, 10);
    return TRUE;
}

gint64 engine_transaction_id(FrontSession *session)
{
    gint64 number = 0;
    if (!backend_query(session, "SELECT pg_catalog.txid_current()", note_number, &number))
        backend_error_clear(session);
    return number;
}

char *engine_identity(FrontSession *session)
{
    GString *out = g_string_new("(SELECT usesysid::int FROM pg_catalog.pg_user WHERE usename = ");
    pg_append_literal(out, front_user(session), -1);
    g_string_append_printf(out, "), %d, %" G_GINT64_FORMAT ", ", front_pid(session),
                           engine_transaction_id(session));
    pg_append_literal(out, front_database(session), -1);
    return g_string_free(out, FALSE);
}

char *engine_timestamp(gint64 epoch_us)
{
    if (epoch_us == 0)
        return g_strdup("NULL");
    /* Whole microseconds: a double of seconds would not hold them all. */
    return g_strdup_printf("(timestamp 'epoch' + %" G_GINT64_FORMAT " * interval '1 microsecond')",
                           epoch_us);
}

/* --- pace --------------------------------------------------------------------------------------- */

void pace_begin(Pace *pace, FrontSession *session, const char *area, void (*tick)(gpointer user),
                gpointer user)
{
    gint64 now = g_get_monotonic_time();
    *pace = (Pace){.session = session,
                   .area = area,
                   .tick = tick,
                   .user = user,
                   .begun_us = now,
                   .ticked_us = now,
                   .rate = front_fault_number(session, area, "rows_per_second")};
}

static void look_at_clock(Pace *pace, gint64 now)
{
    if (now - pace->ticked_us < TICK_US)
        return;
    pace->ticked_us = now;
    pace->tick(pace->user);
    double rate = front_fault_number(pace->session, pace->area, "rows_per_second");
    if (rate == pace->rate)
        return;
    pace->rate = rate;
    pace->begun_us = now;
    pace->rows = 0;
}

gboolean pace_row(Pace *pace)
{
    pace->rows++;
    if (pace->rate <= 0) {
        if (pace->rows % LOOK_ROWS != 0)
            return TRUE;
        look_at_clock(pace, g_get_monotonic_time());
        return !front_cancelled(pace->session);
    }
    for (;;) {
        gint64 now = g_get_monotonic_time();
        look_at_clock(pace, now);
        if (front_cancelled(pace->session))
            return FALSE;
        if (pace->rate <= 0)
            return TRUE;
        double due = (double)pace->rows / pace->rate * G_USEC_PER_SEC;
        double ahead = due - (double)(now - pace->begun_us);
        if (ahead <= 0)
            return TRUE;
        g_usleep((gulong)MIN(ahead, (double)NAP_US));
    }
}
