#include <string.h>

#include "base/error.h"
#include "redshift/preflight_private.h"

enum { WATCH_SLICE_US = 50 * 1000 };

static const struct {
    const char *name, *asked;
    guint limit_s;
    PreflightCheck check;
    const char *remedy; /* where the failure itself names none */
} checks[] = {
    {"login details", "where to log in, and as whom?", 120, preflight_find_login,
     "mend what is named in the profile, see redsmith.conf(5)"},
    {"name resolution", "what is the address?", 10, preflight_resolve,
     "check the profile's host: it is the endpoint without port and database"},
    {"TCP", "does anything listen there?", 10, preflight_reach,
     "check host and port, the security group, VPN or tunnel, and that the cluster is not paused"},
    {"TLS", "is the certificate trusted?", 10, preflight_tls,
     "check that host and port are Redshift's"},
    {"log in", "may I come in?", 30, preflight_login, "check user and password"},
    {"who am I", "as whom am I in?", 10, preflight_identity, "the session was lost: try again"},
    {"server", "which cluster and version?", 10, preflight_server,
     "the session was lost: try again"},
    {"read the catalog", "which schemas are there?", 30, preflight_catalog,
     "ask for USAGE on the schemas"},
    {"AWS credentials", "which keys sign?", 70, preflight_credentials,
     "run aws configure, or set aws_profile to a profile that has keys"},
    {"AWS identity", "who is that?", 15, preflight_aws_identity,
     "check the keys, the clock and the way to AWS"},
    {"tempdir", "may we write, read and remove there?", 20, preflight_tempdir,
     "allow the identity s3:PutObject, GetObject, DeleteObject and ListBucket below tempdir"},
    {"IAM role", "may Redshift write there?", 60, preflight_role,
     "attach the role to the cluster, and allow it s3:PutObject, GetObject and ListBucket below "
     "tempdir"},
    {"bucket Region", "is it the cluster's?", 15, preflight_region,
     "check the bucket's name in tempdir"},
    {"lifecycle", "does what is left behind expire?", 15, preflight_lifecycle,
     "check the bucket's name in tempdir"},
    {"public access", "is it blocked?", 15, preflight_public, "check the bucket's name in tempdir"},
    {"encryption", "are new objects encrypted?", 15, preflight_encryption,
     "check the bucket's name in tempdir"},
};

static const char *const state_names[] = {[PREFLIGHT_OK] = "ok",
                                          [PREFLIGHT_WARNING] = "warning",
                                          [PREFLIGHT_FAILED] = "failed",
                                          [PREFLIGHT_SKIPPED] = "skipped"};

const char *preflight_state_name(PreflightState state)
{
    return state_names[state];
}

guint preflight_checks(void)
{
    return G_N_ELEMENTS(checks);
}

char *preflight_note(PreflightLine *line, PreflightState state, const char *remedy,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *answer = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    line->state = state;
    line->remedy = g_strdup(remedy);
    return answer;
}

/* --- time limits -------------------------------------------------------------------------------- */

/* A thread that cancels the line's own cancellable when its time is up or the user's is cancelled. */
typedef struct {
    GMutex mutex;
    GCond ended_cond;
    gboolean ended, late;
    gint64 deadline_us;
    GCancellable *line, *user;
} Watch;

static gpointer watch_line(gpointer data)
{
    Watch *watch = data;
    g_mutex_lock(&watch->mutex);
    while (!watch->ended) {
        gint64 now = g_get_monotonic_time();
        watch->late = now >= watch->deadline_us;
        if (watch->late || g_cancellable_is_cancelled(watch->user)) {
            g_mutex_unlock(&watch->mutex);
            g_cancellable_cancel(watch->line);
            g_mutex_lock(&watch->mutex);
            break;
        }
        g_cond_wait_until(&watch->ended_cond, &watch->mutex,
                          MIN(now + WATCH_SLICE_US, watch->deadline_us));
    }
    g_mutex_unlock(&watch->mutex);
    return NULL;
}

/* The check under its limit; a limit that was reached is the failure. */
static char *ask_in_time(PreflightRun *run, gsize row, PreflightLine *line,
                         GCancellable *cancellable, GError **error)
{
    gint64 limit_us = (gint64)checks[row].limit_s * G_USEC_PER_SEC;
    Watch watch = {.deadline_us = g_get_monotonic_time() + limit_us,
                   .line = g_cancellable_new(),
                   .user = cancellable};
    g_mutex_init(&watch.mutex);
    g_cond_init(&watch.ended_cond);
    GThread *thread = g_thread_new("preflight", watch_line, &watch);
    g_autoptr(GError) failure = NULL;
    run->deadline_us = watch.deadline_us;
    char *answer = checks[row].check(run, line, watch.line, &failure);
    g_mutex_lock(&watch.mutex);
    watch.ended = TRUE;
    g_cond_signal(&watch.ended_cond);
    g_mutex_unlock(&watch.mutex);
    g_thread_join(thread);
    if (answer == NULL && watch.late)
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "no answer within %u s",
                    checks[row].limit_s);
    else if (answer == NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    g_object_unref(watch.line);
    g_mutex_clear(&watch.mutex);
    g_cond_clear(&watch.ended_cond);
    return answer;
}

/* --- the sum ------------------------------------------------------------------------------------ */

typedef struct {
    GString *failed; /* names, with commas */
    guint n_failed;
    GError *first; /* the first that could not connect or log in, or that is wrong in the profile */
} Sum;

/* The first line of an error's message is the answer, the rest is the remedy. */
static void take_failure(PreflightLine *line, const GError *failure, const char *fallback)
{
    const char *end = strchr(failure->message, '\n');
    line->state = PREFLIGHT_FAILED;
    line->answer = end == NULL ? g_strdup(failure->message)
                               : g_strndup(failure->message, (gsize)(end - failure->message));
    g_free(line->remedy);
    line->remedy = g_strdup(end != NULL ? end + 1 : fallback);
    g_strstrip(g_strdelimit(line->remedy, "\t", ' '));
}

static void add_to_sum(Sum *sum, const PreflightLine *line, GError *failure)
{
    g_autoptr(GError) owned = failure;
    if (line->state != PREFLIGHT_FAILED)
        return;
    sum->n_failed++;
    g_string_append_printf(sum->failed, "%s%s", sum->failed->len > 0 ? ", " : "", line->name);
    gboolean decides = owned != NULL && (rs_error_exit_status(owned) == 3 ||
                                         g_error_matches(owned, RS_ERROR, RS_ERROR_CONFIG));
    if (decides && sum->first == NULL)
        sum->first = g_steal_pointer(&owned);
}

static void line_clear(PreflightLine *line)
{
    g_free(line->of);
    g_free(line->as);
    g_free(line->answer);
    g_free(line->remedy);
}

static gboolean run_check(PreflightRun *run, gsize row, Sum *sum, PreflightReport report,
                          gpointer user, GCancellable *cancellable, GError **error)
{
    PreflightLine line = {.name = checks[row].name, .asked = checks[row].asked};
    g_autoptr(GError) failure = NULL;
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    gint64 began_us = g_get_monotonic_time();
    line.answer = ask_in_time(run, row, &line, cancellable, &failure);
    line.took_ms = (g_get_monotonic_time() - began_us) / 1000;
    gboolean goes_on = !rs_error_set_if_cancelled(cancellable, error);
    if (failure != NULL)
        take_failure(&line, failure, checks[row].remedy);
    goes_on = goes_on && report(user, &line, error);
    add_to_sum(sum, &line, g_steal_pointer(&failure));
    line_clear(&line);
    return goes_on;
}

static void run_clear(PreflightRun *run)
{
    login_target_clear(&run->target);
    session_free(run->session);
    g_free(run->addresses);
    g_free(run->bucket);
    g_free(run->prefix);
    g_free(run->bucket_region);
}

gboolean preflight_run(const PreflightContext *context, PreflightReport report, gpointer user,
                       GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->login->profile;
    PreflightRun run = {.context = context,
                        .profile = profile,
                        .by_wire = g_strcmp0(profile->transport, "data-api") != 0};
    g_autoptr(GString) failed = g_string_new(NULL);
    Sum sum = {.failed = failed};
    gboolean goes_on = TRUE;
    for (gsize i = 0; goes_on && i < G_N_ELEMENTS(checks); i++)
        goes_on = run_check(&run, i, &sum, report, user, cancellable, error);
    run_clear(&run);
    if (goes_on && sum.first != NULL)
        g_propagate_error(error, g_steal_pointer(&sum.first));
    else if (goes_on && sum.n_failed > 0)
        g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH, "%u of %u checks failed: %s", sum.n_failed,
                    preflight_checks(), failed->str);
    g_clear_error(&sum.first);
    return goes_on && sum.n_failed == 0;
}
