#include "aws/data_api_internal.h"
#include "base/error.h"
#include "base/text.h"

#define WAIT_SECONDS 20
#define TICK_SECONDS 1 /* a tick cannot come while an answer is held back */
#define FIRST_POLL_MS 250
#define LAST_POLL_MS 5000
#define LAST_TICKED_POLL_MS 1000
#define FORGIVEN 5
/* How long a cancelled statement is watched for its end, between the questions. */
#define STOP_MS 8000

/* How a wait goes on. */
typedef struct {
    const DataApiWaiting *how;
    double poll_ms;
    guint polls;
    guint failures; /* in a row */
} Wait;

/* Seconds that the server may hold an answer back. */
static guint held_back(DataApi *api, const Wait *wait)
{
    if (wait->how->poll_interval_ms > 0 || wait->how->max_polls > 0 || wait->failures > 0 ||
        g_atomic_int_get(&api->plain_polling))
        return 0;
    return wait->how->tick != NULL ? TICK_SECONDS : WAIT_SECONDS;
}

static void pause_between(DataApi *api, Wait *wait, GCancellable *cancellable)
{
    guint interval = wait->how->poll_interval_ms;
    double longest = wait->how->tick != NULL ? LAST_TICKED_POLL_MS : LAST_POLL_MS;
    double jitter = 0.8 + 0.4 * aws_hooks_random(&api->hooks);
    aws_hooks_sleep(&api->hooks, interval > 0 ? interval : (guint)(wait->poll_ms * jitter),
                    cancellable);
    wait->poll_ms = MIN(wait->poll_ms * 1.5, longest);
}

/* TRUE when a failed question may be asked again; a refusal of the wait itself turns it off. */
static gboolean forgives(DataApi *api, Wait *wait, guint seconds, const GError *failure)
{
    if (seconds > 0 && g_error_matches(failure, RS_ERROR, RS_ERROR_USAGE)) {
        g_atomic_int_set(&api->plain_polling, TRUE);
        return TRUE;
    }
    return rs_error_is_retryable(failure) && ++wait->failures <= FORGIVEN;
}

/* Asks once. FALSE with error when it is over for good. */
static gboolean ask(DataApi *api, DataApiStatement *statement, Wait *wait,
                    GCancellable *cancellable, GError **error)
{
    guint seconds = held_back(api, wait);
    g_autoptr(GError) failure = NULL;
    gint64 asked = g_get_monotonic_time();
    wait->polls++;
    if (!data_api_describe_for(api, statement->id, seconds, statement, cancellable, &failure)) {
        if (!rs_error_is_cancelled(failure) && forgives(api, wait, seconds, failure))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    wait->failures = 0;
    /* An endpoint that answers "running" at once does not know how to wait. */
    if (seconds > 0 && statement->state == DATA_API_RUNNING &&
        g_get_monotonic_time() - asked < G_USEC_PER_SEC / 2)
        g_atomic_int_set(&api->plain_polling, TRUE);
    return TRUE;
}

/* --- what it came to ---------------------------------------------------------------------------- */

static gboolean set_outcome(const DataApiStatement *statement, GError **error)
{
    if (statement->state == DATA_API_FINISHED)
        return TRUE;
    gboolean aborted = statement->state == DATA_API_ABORTED;
    g_autofree char *words = statement->error != NULL ? text_printable(statement->error, -1) : NULL;
    g_set_error(error, RS_ERROR, aborted ? RS_ERROR_CANCELLED : RS_ERROR_DATA, "%s (statement %s)",
                words != NULL ? words
                : aborted     ? "the statement was aborted"
                              : "the statement failed, and the server does not say why",
                statement->id);
    return FALSE;
}

/* Sends the cancel and watches for the end. FALSE with error when it could not be sent. */
static gboolean stop(DataApi *api, DataApiStatement *statement, GError **error)
{
    static const DataApiWaiting plain = {0};
    Wait wait = {.how = &plain, .poll_ms = FIRST_POLL_MS};
    g_autoptr(GError) failure = NULL;
    gboolean cancelled = FALSE;
    gboolean sent = data_api_cancel(api, statement->id, &cancelled, NULL, &failure);
    for (double slept_ms = 0; slept_ms < STOP_MS;) {
        if (!data_api_describe_for(api, statement->id, 0, statement, NULL, NULL) && !sent)
            break;
        if (statement->state != DATA_API_RUNNING)
            return TRUE;
        slept_ms += wait.poll_ms;
        pause_between(api, &wait, NULL);
    }
    if (!sent)
        g_propagate_error(error, g_steal_pointer(&failure));
    return sent;
}

/* TRUE when the statement had ended well before. reason is what is said when it was cancelled. */
static gboolean give_up(DataApi *api, DataApiStatement *statement, RsErrorCode code,
                        const char *reason, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!stop(api, statement, &failure)) {
        g_set_error(error, RS_ERROR, (gint)code,
                    "%sthe cancel could not be sent (%s): statement %s may go on", reason,
                    failure->message, statement->id);
        return FALSE;
    }
    gboolean no_rows = !statement->has_result || statement->parts != NULL;
    if (statement->state == DATA_API_FAILED || (statement->state == DATA_API_FINISHED && no_rows))
        return set_outcome(statement, error);
    g_set_error(error, RS_ERROR, (gint)code, "%s%s", reason,
                statement->state == DATA_API_ABORTED ? "cancelled, confirmed by the server"
                : statement->state == DATA_API_FINISHED
                    ? "cancelled; the server had already finished the statement"
                    : "cancel sent, the server has not answered yet; the statement may go on");
    return FALSE;
}

static gboolean give_up_polling(DataApi *api, DataApiStatement *statement, const Wait *wait,
                                GError **error)
{
    g_autofree char *reason =
        g_strdup_printf("the statement still ran after %u questions (poll_interval, "
                        "max_poll_attempts; raise them): ",
                        wait->polls);
    return give_up(api, statement, RS_ERROR_LIMIT, reason, error);
}

/* --- waiting ------------------------------------------------------------------------------------ */

/* One question and the pause behind it. FALSE with error when the wait is over. */
static gboolean wait_once(DataApi *api, DataApiStatement *statement, Wait *wait,
                          GCancellable *cancellable, GError **error)
{
    if (!ask(api, statement, wait, cancellable, error))
        return FALSE;
    if (statement->state != DATA_API_RUNNING)
        return TRUE;
    if (wait->how->tick != NULL)
        wait->how->tick(wait->how->user);
    if (held_back(api, wait) == 0)
        pause_between(api, wait, cancellable);
    return TRUE;
}

gboolean data_api_wait_as(DataApi *api, DataApiStatement *statement, const DataApiWaiting *waiting,
                          GCancellable *cancellable, GError **error)
{
    static const DataApiWaiting plain = {0};
    Wait wait = {.how = waiting != NULL ? waiting : &plain, .poll_ms = FIRST_POLL_MS};
    while (statement->state == DATA_API_RUNNING) {
        g_autoptr(GError) failure = NULL;
        gboolean over = g_cancellable_is_cancelled(cancellable);
        if (!over && wait.how->max_polls > 0 && wait.polls >= wait.how->max_polls)
            return give_up_polling(api, statement, &wait, error);
        if (!over && wait_once(api, statement, &wait, cancellable, &failure))
            continue;
        if (over || g_cancellable_is_cancelled(cancellable))
            return give_up(api, statement, RS_ERROR_CANCELLED, "", error);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return set_outcome(statement, error);
}

gboolean data_api_wait(DataApi *api, DataApiStatement *statement, GCancellable *cancellable,
                       GError **error)
{
    return data_api_wait_as(api, statement, NULL, cancellable, error);
}
