#include <string.h>

#include "sandbox/cluster.h"
#include "sandbox/data_api_server.h"
#include "sandbox/secrets_server.h"
#include "sql/lexer.h"

#define TEXT_LIMIT (100 * 1024)
#define BATCH_LIMIT 40
#define DAY_SECONDS 86400

/* --- the target --------------------------------------------------------------------------------- */

static gboolean names_cluster(ServiceCall *call, const char *cluster, const char *workgroup)
{
    g_autofree char *arn = workgroup_arn(call->state);
    if ((cluster == NULL) == (workgroup == NULL))
        data_refuse(call, "Exactly one of ClusterIdentifier and WorkgroupName is required.");
    else if ((cluster != NULL && strcmp(cluster, CLUSTER_ID) != 0) ||
             (workgroup != NULL && strcmp(workgroup, WORKGROUP_NAME) != 0 &&
              strcmp(workgroup, arn) != 0))
        data_refuse(call, "Redshift endpoint doesn't exist in this region.");
    else
        return TRUE;
    return FALSE;
}

gboolean data_read_target(ServiceCall *call, gboolean with_user, DataTarget *target)
{
    const char *cluster = service_text(call, "ClusterIdentifier");
    const char *workgroup = service_text(call, "WorkgroupName");
    const char *user = service_text(call, "DbUser"), *secret = service_text(call, "SecretArn");
    if (!service_require(call, "Database") || !names_cluster(call, cluster, workgroup))
        return FALSE;
    if (user != NULL && (secret != NULL || workgroup != NULL)) {
        data_refuse(call, "DbUser goes with ClusterIdentifier, and not with SecretArn.");
        return FALSE;
    }
    if (secret != NULL && secrets_find(call->state, secret) < 0) {
        data_refuse(call, "Secrets Manager can't find the specified secret.");
        return FALSE;
    }
    DataTarget found = {(char *)cluster, (char *)workgroup, (char *)service_text(call, "Database"),
                        (char *)user, (char *)secret};
    data_target_copy(target, &found);
    return TRUE;
}

/* --- parameters --------------------------------------------------------------------------------- */

static gboolean read_parameters(ServiceCall *call, GPtrArray *parameters)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(call->input, "Parameters"), *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));
        const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "value"));
        if (name == NULL || *name == '\0' || value == NULL || *value == '\0' ||
            strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") != strlen(name)) {
            data_refuse(call, "A parameter has a name of letters, digits and _, and a value of at "
                              "least one character.");
            return FALSE;
        }
        g_ptr_array_add(parameters, g_strdup(name));
        g_ptr_array_add(parameters, g_strdup(value));
    }
    return TRUE;
}

/* Which parameter that is: its number, from 0, or -1. */
static int parameter_of(const GPtrArray *parameters, const char *name)
{
    for (guint i = 0; i + 1 < parameters->len; i += 2)
        if (strcmp(parameters->pdata[i], name) == 0)
            return (int)(i / 2);
    return -1;
}

/* The text with $1, $2 .. for the names, and their values in that order. FALSE, refused, for a name that
 * was not given. used gets a mark for each parameter. */
static gboolean bind_one(ServiceCall *call, const GPtrArray *parameters, DataPart *part,
                         GArray *used)
{
    SqlLexer lexer = sql_lexer(part->sql, -1);
    SqlToken token;
    g_autoptr(GString) out = g_string_new(NULL);
    while (sql_next_raw(&lexer, &token)) {
        if (token.kind != SQL_PARAMETER || part->sql[token.start] != ':') {
            g_string_append_len(out, part->sql + token.start, (gssize)token.length);
            continue;
        }
        g_autofree char *name = g_strndup(part->sql + token.start + 1, token.length - 1);
        int number = parameter_of(parameters, name);
        if (number < 0) {
            data_refuse(call, "Cannot find parameter: %s", name);
            return FALSE;
        }
        g_array_index(used, gboolean, number) = TRUE;
        g_ptr_array_add(part->values, parameters->pdata[2 * number + 1]);
        g_string_append_printf(out, "$%u", part->values->len);
    }
    part->text = g_strdup(out->str);
    return TRUE;
}

static gboolean bind_all(ServiceCall *call, DataStatement *statement)
{
    const GPtrArray *parameters = statement->parameters;
    g_autoptr(GArray) used = g_array_new(FALSE, TRUE, sizeof(gboolean));
    g_array_set_size(used, parameters->len / 2 + 1);
    for (guint i = 0; i < statement->parts->len; i++)
        if (!bind_one(call, parameters, statement->parts->pdata[i], used))
            return FALSE;
    for (guint i = 0; i < parameters->len / 2; i++) {
        if (g_array_index(used, gboolean, i))
            continue;
        data_refuse(call, "Parameters list contains unused parameters. Unused parameters: [%s]",
                    (const char *)parameters->pdata[2 * i]);
        return FALSE;
    }
    return TRUE;
}

/* --- the statement ------------------------------------------------------------------------------ */

static gboolean add_text(ServiceCall *call, DataStatement *statement, const char *sql)
{
    gsize length = strlen(sql);
    if (length == 0 || length > TEXT_LIMIT) {
        data_refuse(call, length == 0 ? "The SQL statement is empty."
                                      : "Cannot process query string larger than 100kB");
        return FALSE;
    }
    DataPart *part = g_new0(DataPart, 1);
    part->sql = g_strdup(sql);
    part->values = g_ptr_array_new();
    part->rows = part->query_id = -1;
    part->created_us = part->updated_us = statement->created_us;
    g_ptr_array_add(statement->parts, part);
    return TRUE;
}

static gboolean add_texts(ServiceCall *call, DataStatement *statement)
{
    if (!statement->batch)
        return service_require(call, "Sql") && add_text(call, statement, service_text(call, "Sql"));
    g_autoptr(GPtrArray) texts = service_list(call, "Sqls", NULL);
    if (texts == NULL || texts->len == 0 || texts->len > BATCH_LIMIT) {
        data_refuse(call, "Sqls must have 1 to %d statements.", BATCH_LIMIT);
        return FALSE;
    }
    for (guint i = 0; i < texts->len; i++)
        if (!add_text(call, statement, texts->pdata[i]))
            return FALSE;
    return TRUE;
}

/* One of two words into *second; FALSE, refused, for another. */
static gboolean read_choice(ServiceCall *call, const char *name, const char *first,
                            const char *other, gboolean *second)
{
    const char *text = service_text(call, name);
    *second = text != NULL && strcmp(text, other) == 0;
    if (text == NULL || *second || strcmp(text, first) == 0)
        return TRUE;
    data_refuse(call, "%s must be %s or %s.", name, first, other);
    return FALSE;
}

/* With a SessionId the target is the session's. */
static gboolean read_place(ServiceCall *call, DataStatement *statement)
{
    static const char *const forbidden[] = {"Database", "ClusterIdentifier", "WorkgroupName",
                                            "DbUser", "SecretArn"};
    const char *id = service_text(call, "SessionId");
    if (id == NULL)
        return data_read_target(call, TRUE, &statement->target);
    for (gsize i = 0; i < G_N_ELEMENTS(forbidden); i++) {
        if (service_text(call, forbidden[i]) == NULL)
            continue;
        data_refuse(call, "%s cannot be given together with SessionId.", forbidden[i]);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_statement(ServiceCall *call, DataStatement *statement)
{
    const char *name = service_text(call, "StatementName");
    if (name != NULL && strlen(name) > 2048) {
        data_refuse(call, "StatementName is longer than 2048 characters.");
        return FALSE;
    }
    statement->name = g_strdup(name);
    statement->caller = service_caller(call);
    return add_texts(call, statement) && read_place(call, statement) &&
           read_choice(call, "ResultFormat", "JSON", "CSV", &statement->csv) &&
           read_choice(call, "ExecutionMode", "TRANSACTION", "AUTO_COMMIT",
                       &statement->auto_commit) &&
           read_parameters(call, statement->parameters) && bind_all(call, statement);
}

/* Under the lock: joins the session that is named, or makes the one that is asked for. */
static gboolean join_session(ServiceCall *call, DataEngine *api, DataStatement *statement,
                             gint64 keep_alive)
{
    const char *id = service_text(call, "SessionId");
    if (id == NULL) {
        if (keep_alive > 0)
            statement->session = data_session_new(api, statement, keep_alive);
        return TRUE;
    }
    DataSession *session = data_session_find(api, id, statement->caller);
    if (session == NULL) {
        service_refuse_with(call, 400, "ResourceNotFoundException", "ResourceId", id,
                            "Session is not available.");
        return FALSE;
    }
    if (session->busy) {
        data_refuse(call, "Session %s is busy with statement %s.", id, session->statement_id);
        return FALSE;
    }
    session->busy = TRUE;
    session->keep_alive = keep_alive >= 0 ? keep_alive : session->keep_alive;
    g_strlcpy(session->statement_id, statement->id, sizeof session->statement_id);
    data_target_copy(&statement->target, &session->target);
    statement->session = session;
    return TRUE;
}

/* Under the lock. */
static gboolean submit(ServiceCall *call, DataEngine *api, DataStatement *statement,
                       gint64 keep_alive)
{
    if (api->active >= DATA_API_ACTIVE_LIMIT) {
        service_refuse(call, 400, "ActiveStatementsExceededException",
                       "The number of active statements exceeds the limit of %d.",
                       DATA_API_ACTIVE_LIMIT);
        return FALSE;
    }
    guint open = 0;
    for (guint i = 0; i < api->sessions->len; i++)
        open += !((const DataSession *)api->sessions->pdata[i])->closed;
    if (keep_alive > 0 && open >= DATA_API_SESSION_LIMIT) {
        service_refuse(call, 400, "ActiveSessionsExceededException",
                       "The number of active sessions exceeds the limit of %d.",
                       DATA_API_SESSION_LIMIT);
        return FALSE;
    }
    if (!join_session(call, api, statement, keep_alive))
        return FALSE;
    data_engine_submit(api, statement);
    return TRUE;
}

static void answer(ServiceCall *call, DataEngine *api, const DataStatement *statement,
                   gint64 waited)
{
    const DataPart *last = statement->parts->pdata[statement->parts->len - 1];
    g_autoptr(GString) out = service_object();
    g_mutex_lock(&api->lock);
    service_add_text(out, "ClusterIdentifier", statement->target.cluster);
    service_add_time(out, "CreatedAt", statement->created_us);
    service_add_text(out, "Database", statement->target.database);
    service_add_text(out, "DbUser", statement->target.db_user);
    service_add_text(out, "Id", statement->id);
    service_add_text(out, "SecretArn", statement->target.secret_arn);
    service_add_text(out, "SessionId", statement->session != NULL ? statement->session->id : NULL);
    service_add_text(out, "WorkgroupName", statement->target.workgroup);
    if (waited > 0) {
        service_add_text(out, "Status", data_state_name(statement->state));
        service_add_number(out, "RedshiftPid", statement->pid);
        service_add_flag(out, "HasResultSet", last->result != NULL);
    }
    g_mutex_unlock(&api->lock);
    service_answer_json(call, out);
}

/* The statement that the client token stands for, or the new one, submitted. NULL, refused. */
static DataStatement *known_or_new(ServiceCall *call, DataEngine *api, DataStatement *statement,
                                   gint64 keep_alive)
{
    const char *token = service_text(call, "ClientToken");
    g_autofree char *key =
        g_strjoin("\n", statement->caller, call->operation, token != NULL ? token : "", NULL);
    DataStatement *chosen = NULL;
    g_mutex_lock(&api->lock);
    const char *id = token != NULL ? data_engine_token(api, key) : NULL;
    if (id != NULL) {
        chosen = data_statement_ref(g_hash_table_lookup(api->by_id, id));
    } else if (submit(call, api, statement, keep_alive)) {
        chosen = data_statement_ref(statement);
        if (token != NULL)
            data_engine_note_token(api, key, statement->id);
    }
    g_mutex_unlock(&api->lock);
    return chosen;
}

static void execute(ServiceCall *call, gboolean batch)
{
    DataEngine *api = call->exchange->server->data_api;
    gint64 wait = 0, keep_alive = -1;
    const char *token = service_text(call, "ClientToken");
    g_autoptr(DataStatement) statement = data_statement_new();
    statement->batch = batch;
    if (!service_number(call, "WaitTimeSeconds", 1, 30, &wait) ||
        !service_number(call, "SessionKeepAliveSeconds", 0, DAY_SECONDS, &keep_alive) ||
        !read_statement(call, statement))
        return;
    if (token != NULL && (*token == '\0' || strlen(token) > 64)) {
        data_refuse(call, "ClientToken must have 1 to 64 characters.");
        return;
    }
    g_autoptr(DataStatement) chosen = known_or_new(call, api, statement, keep_alive);
    if (chosen == NULL)
        return;
    data_engine_wait(api, chosen, wait); /* where too many wait, the answer comes at once */
    answer(call, api, chosen, wait);
}

void data_execute_statement(ServiceCall *call)
{
    execute(call, FALSE);
}

void data_batch_execute_statement(ServiceCall *call)
{
    execute(call, TRUE);
}
