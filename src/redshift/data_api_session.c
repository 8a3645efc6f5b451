#include <string.h>

#include "aws/endpoint.h"
#include "base/error.h"
#include "redshift/data_api_private.h"
#include "sql/literal.h"

/* How long the end of a session may take. */
#define DRAIN_MS 2000

static gboolean api_can(const Session *session, SessionAbility ability)
{
    (void)session;
    (void)ability;
    return FALSE; /* neither rows while it runs, nor BEGIN .. COMMIT, nor cursors */
}

static const char *api_sqlstate(const Session *session)
{
    return ((const DataApiConnection *)session)->sqlstate;
}

static gboolean api_in_transaction(const Session *session)
{
    (void)session;
    return FALSE;
}

static gboolean api_is_alive(const Session *session)
{
    return !((const DataApiConnection *)session)->dead;
}

/* Cancels when it is not over in time. */
typedef struct {
    GMutex lock;
    GCond over;
    gboolean done;
    GCancellable *cancellable;
} Deadline;

static gpointer keep_deadline(gpointer user)
{
    Deadline *deadline = user;
    gint64 end = g_get_monotonic_time() + DRAIN_MS * 1000;
    g_mutex_lock(&deadline->lock);
    while (!deadline->done && g_cond_wait_until(&deadline->over, &deadline->lock, end))
        ;
    gboolean late = !deadline->done;
    g_mutex_unlock(&deadline->lock);
    if (late)
        g_cancellable_cancel(deadline->cancellable);
    return NULL;
}

static void send_last(DataApiConnection *connection, GCancellable *cancellable)
{
    static const char *const sqls[] = {"SELECT 1", NULL};
    DataApiTarget target = {.session_id = connection->session_id};
    DataApiRequest request = {.sqls = sqls, .keep_session = TRUE, .keep_alive_seconds = 1};
    g_auto(DataApiStatement) remote = {0};
    data_api_execute(connection->api, &target, &request, &remote, cancellable, NULL);
}

/* There is no call that closes a session: a statement that wants it kept for one second more is one. Only
 * its answer is waited for, and not for long: the network may be gone, and the service closes what is idle. */
static void drain(DataApiConnection *connection)
{
    Deadline deadline = {.cancellable = g_cancellable_new()};
    g_mutex_init(&deadline.lock);
    g_cond_init(&deadline.over);
    GThread *keeper = g_thread_new("drain", keep_deadline, &deadline);
    send_last(connection, deadline.cancellable);
    g_mutex_lock(&deadline.lock);
    deadline.done = TRUE;
    g_cond_signal(&deadline.over);
    g_mutex_unlock(&deadline.lock);
    g_thread_join(keeper);
    g_cond_clear(&deadline.over);
    g_mutex_clear(&deadline.lock);
    g_object_unref(deadline.cancellable);
}

static void api_free(Session *session)
{
    DataApiConnection *connection = (DataApiConnection *)session;
    if (connection->session_id != NULL && !connection->dead)
        drain(connection);
    data_api_free(connection->api);
    aws_client_free(connection->client);
    g_free(connection->cluster);
    g_free(connection->workgroup);
    g_free(connection->database);
    g_free(connection->db_user);
    g_free(connection->secret_arn);
    g_free(connection->user);
    g_free(connection->version);
    g_free(connection->session_id);
    g_free(connection);
}

static const SessionClass data_api_class = {
    .name = "data-api",
    .can = api_can,
    .start = data_api_statement_start,
    .columns = data_api_statement_columns,
    .fetch = data_api_statement_fetch,
    .finish = data_api_statement_finish,
    .run_batch = data_api_batch_run,
    .sqlstate = api_sqlstate,
    .in_transaction = api_in_transaction,
    .is_alive = api_is_alive,
    .free = api_free,
};

/* --- opening ------------------------------------------------------------------------------------ */

static gboolean check_options(const DataApiOptions *options, GError **error)
{
    const char *wrong =
        (options->cluster == NULL) == (options->workgroup == NULL)
            ? "the Data API needs either cluster_identifier or workgroup_name"
        : options->database == NULL ? "the Data API needs a database"
        : options->workgroup != NULL && options->db_user != NULL && options->secret_arn == NULL
            ? "db_user goes with cluster_identifier: a workgroup knows the IAM identity or a secret"
            : NULL;
    if (wrong != NULL)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, wrong);
    return wrong == NULL;
}

static DataApiConnection *connection_new(const DataApiOptions *options)
{
    DataApiConnection *connection = g_new0(DataApiConnection, 1);
    g_auto(Endpoint) endpoint = {0};
    static const EndpointService service = {"REDSHIFT_DATA", "redshift-data"};
    connection->head.class = &data_api_class;
    connection->client = aws_client_new(options->credentials);
    connection->api = data_api_new(connection->client, options->endpoint_url, options->region);
    connection->cluster = g_strdup(options->cluster);
    connection->workgroup = g_strdup(options->workgroup);
    connection->database = g_strdup(options->database);
    connection->db_user = g_strdup(options->secret_arn == NULL ? options->db_user : NULL);
    connection->secret_arn = g_strdup(options->secret_arn);
    connection->poll_interval_ms = options->poll_interval_ms;
    connection->max_polls = options->max_polls;
    g_auto(EndpointChoice) choice = {0};
    gboolean known = endpoint_choose(&service, options->endpoint_url,
                                     aws_client_profile(connection->client), &choice, NULL) &&
                     endpoint_resolve(&service, &choice, options->region, &endpoint, NULL);
    connection->head.info = (SessionInfo){
        .transport = data_api_class.name,
        .host = connection->cluster != NULL ? connection->cluster : connection->workgroup,
        .database = connection->database,
        .user = "",
        .server_version = "",
        .tls = known && g_strcmp0(endpoint.scheme, "https") == 0};
    return connection;
}

/* "Redshift 1.0.12345" out of what version() says. */
static char *short_version(const char *text)
{
    const char *redshift = text != NULL ? strstr(text, "Redshift") : NULL;
    if (redshift == NULL)
        return g_strdup(text != NULL ? text : "unknown");
    return g_strndup(redshift, strcspn(redshift, ",\n"));
}

static gboolean apply_settings(DataApiConnection *connection, const DataApiOptions *options,
                               GCancellable *cancellable, GError **error)
{
    g_autofree char *label =
        options->query_group != NULL ? sql_literal(options->query_group) : NULL;
    g_autofree char *group = label != NULL ? g_strdup_printf("SET query_group TO %s", label) : NULL;
    g_autofree char *timeout =
        options->statement_timeout_ms > 0
            ? g_strdup_printf("SET statement_timeout TO %u", options->statement_timeout_ms)
            : NULL;
    return (group == NULL || session_run(&connection->head, group, NULL, cancellable, error)) &&
           (timeout == NULL || session_run(&connection->head, timeout, NULL, cancellable, error));
}

/* Opens the service's session by its first statement. */
static gboolean introduce(DataApiConnection *connection, const DataApiOptions *options,
                          GCancellable *cancellable, GError **error)
{
    guint n_columns = 0;
    g_autoptr(GPtrArray) rows =
        session_query(&connection->head, "SELECT version(), pg_backend_pid(), current_user", 0,
                      &n_columns, cancellable, error);
    if (rows == NULL)
        return FALSE;
    char **row = rows->len > 0 && n_columns == 3 ? rows->pdata[0] : NULL;
    if (row == NULL || connection->session_id == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the Data API on %s %s",
                    connection->head.info.host,
                    row == NULL ? "did not answer the first question"
                                : "opened no session: its endpoint is too old for this program");
        return FALSE;
    }
    connection->version = short_version(row[0]);
    connection->user = g_strdup(row[2] != NULL ? row[2] : "");
    connection->head.info.server_version = connection->version;
    connection->head.info.user = connection->user;
    if (row[1] != NULL)
        connection->head.info.backend_pid = (int)g_ascii_strtoll(row[1], NULL, 10);
    return apply_settings(connection, options, cancellable, error);
}

Session *data_api_session_open(const DataApiOptions *options, GCancellable *cancellable,
                               GError **error)
{
    if (!check_options(options, error) || rs_error_set_if_cancelled(cancellable, error))
        return NULL;
    DataApiConnection *connection = connection_new(options);
    if (introduce(connection, options, cancellable, error))
        return &connection->head;
    const char *place = connection->head.info.host;
    g_prefix_error(error, "cannot log in to %s by the Data API: ", place);
    api_free(&connection->head);
    return NULL;
}
