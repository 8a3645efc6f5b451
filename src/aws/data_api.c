#include <string.h>

#include "aws/data_api_internal.h"
#include "base/error.h"
#include "base/log.h"

const JsonService data_api_service = {
    {"REDSHIFT_DATA", "redshift-data"}, "redshift-data", "RedshiftData."};

DataApi *data_api_new(AwsClient *client, const char *endpoint_url, const char *region)
{
    DataApi *api = g_new0(DataApi, 1);
    api->client = client;
    api->endpoint_url = g_strdup(endpoint_url);
    api->region = g_strdup(region);
    api->hooks = *aws_hooks_real();
    return api;
}

void data_api_free(DataApi *api)
{
    if (api == NULL)
        return;
    g_free(api->endpoint_url);
    g_free(api->region);
    g_free(api);
}

void data_api_set_hooks(DataApi *api, const AwsHooks *hooks)
{
    api->hooks = *hooks;
}

PostTarget data_api_target(const DataApi *api, const char *what)
{
    return (PostTarget){.client = api->client,
                        .endpoint_url = api->endpoint_url,
                        .region = api->region,
                        .what = what};
}

void data_api_add_target(JsonCall *call, const DataApiTarget *target)
{
    json_call_add_text(call, "SessionId", target->session_id);
    if (target->session_id != NULL)
        return;
    json_call_add_text(call, "ClusterIdentifier", target->cluster);
    json_call_add_text(call, "WorkgroupName", target->workgroup);
    json_call_add_text(call, "Database", target->database);
    json_call_add_text(call, "DbUser", target->secret_arn == NULL ? target->db_user : NULL);
    json_call_add_text(call, "SecretArn", target->secret_arn);
}

char *data_api_token_new(void)
{
    return g_uuid_string_random();
}

/* --- what is told of a statement ---------------------------------------------------------------- */

static void statement_free(gpointer pointer)
{
    data_api_statement_clear(pointer);
    g_free(pointer);
}

void data_api_statement_clear(DataApiStatement *statement)
{
    g_free(statement->id);
    g_free(statement->session_id);
    g_free(statement->database);
    g_free(statement->db_user);
    g_free(statement->state_name);
    g_free(statement->sql);
    g_free(statement->error);
    g_clear_pointer(&statement->parts, g_ptr_array_unref);
    *statement = (DataApiStatement){0};
}

static DataApiState state_of(const char *name)
{
    static const struct {
        const char *name;
        DataApiState state;
    } known[] = {{"SUBMITTED", DATA_API_RUNNING}, {"PICKED", DATA_API_RUNNING},
                 {"STARTED", DATA_API_RUNNING},   {"FINISHED", DATA_API_FINISHED},
                 {"FAILED", DATA_API_FAILED},     {"ABORTED", DATA_API_ABORTED}};
    for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].state;
    if (name != NULL)
        log_write(LOG_LEVEL_INFO, "data api: the state %s is not known; taken as running", name);
    return DATA_API_RUNNING;
}

static void read_numbers(RawJson json, DataApiStatement *statement)
{
    statement->created_us = raw_json_time_of(json, "CreatedAt");
    statement->updated_us = raw_json_time_of(json, "UpdatedAt");
    statement->duration_ns = raw_json_int64_of(json, "Duration", -1);
    statement->pid = raw_json_int64_of(json, "RedshiftPid", -1);
    statement->query_id = raw_json_int64_of(json, "RedshiftQueryId", -1);
    statement->rows = raw_json_int64_of(json, "ResultRows", -1);
    statement->bytes = raw_json_int64_of(json, "ResultSize", -1);
    statement->has_result = raw_json_boolean_of(json, "HasResultSet");
}

static GPtrArray *read_parts(RawJson list)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(statement_free);
    for (RawJsonWalk walk = raw_json_walk(list); raw_json_next(&walk);) {
        DataApiStatement *part = g_new0(DataApiStatement, 1);
        data_api_statement_read(walk.value, part);
        g_ptr_array_add(parts, part);
    }
    return parts;
}

void data_api_statement_read(RawJson json, DataApiStatement *statement)
{
    RawJson parts;
    g_autofree char *format = raw_json_text_of(json, "ResultFormat");
    statement->id = raw_json_text_of(json, "Id");
    statement->session_id = raw_json_text_of(json, "SessionId");
    statement->database = raw_json_text_of(json, "Database");
    statement->db_user = raw_json_text_of(json, "DbUser");
    statement->state_name = raw_json_text_of(json, "Status");
    statement->state = state_of(statement->state_name);
    statement->sql = raw_json_text_of(json, "QueryString");
    statement->error = raw_json_text_of(json, "Error");
    statement->csv = format != NULL && g_ascii_strcasecmp(format, "csv") == 0;
    read_numbers(json, statement);
    if (raw_json_member(json, "SubStatements", &parts))
        statement->parts = read_parts(parts);
}

static gboolean take_statement(const JsonReply *reply, const char *what,
                               DataApiStatement *statement, GError **error)
{
    data_api_statement_clear(statement);
    data_api_statement_read(json_reply_root(reply), statement);
    if (statement->id != NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no Id", what);
    data_api_statement_clear(statement);
    return FALSE;
}

/* --- execute ------------------------------------------------------------------------------------ */

static char *parameters_json(const DataApiRequest *request)
{
    if (request->n_parameters == 0)
        return NULL;
    GString *out = g_string_new("[");
    for (guint i = 0; i < request->n_parameters; i++) {
        g_string_append(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        raw_json_append_string(out, request->parameters[i].name);
        g_string_append(out, ",\"value\":");
        raw_json_append_string(out, request->parameters[i].value);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static JsonCall *execute_call(const DataApiTarget *target, const DataApiRequest *request,
                              const char *token)
{
    gboolean batch = request->batch || request->sqls[1] != NULL;
    g_autofree char *parameters = parameters_json(request);
    JsonCall *call =
        json_call_new(&data_api_service, batch ? "BatchExecuteStatement" : "ExecuteStatement");
    if (batch)
        json_call_add_texts(call, "Sqls", request->sqls);
    else
        json_call_add_text(call, "Sql", request->sqls[0]);
    data_api_add_target(call, target);
    json_call_add_text(call, "ExecutionMode", batch && request->auto_commit ? "AUTO_COMMIT" : NULL);
    json_call_add_text(call, "StatementName", request->statement_name);
    json_call_add_json(call, "Parameters", parameters);
    json_call_add_text(call, "ResultFormat", request->csv ? "CSV" : NULL);
    if (request->keep_session)
        json_call_add_number(call, "SessionKeepAliveSeconds", request->keep_alive_seconds);
    json_call_add_text(call, "ClientToken", token);
    return call;
}

gboolean data_api_execute(DataApi *api, const DataApiTarget *target, const DataApiRequest *request,
                          DataApiStatement *statement, GCancellable *cancellable, GError **error)
{
    static const char what[] = "cannot run the statement";
    g_autofree char *own = request->client_token == NULL ? data_api_token_new() : NULL;
    PostTarget where = data_api_target(api, what);
    for (guint i = 0; i < request->n_parameters; i++) {
        const DataApiParameter *parameter = &request->parameters[i];
        if (*parameter->name != '\0' && *parameter->value != '\0')
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "parameter :%s is empty, which the Data API cannot send; write the value into "
                    "the statement",
                    parameter->name);
        return FALSE;
    }
    g_autoptr(JsonCall) call =
        execute_call(target, request, own != NULL ? own : request->client_token);
    g_autoptr(JsonReply) reply = json_call_send(call, &where, cancellable, error);
    return reply != NULL && take_statement(reply, what, statement, error);
}

/* --- describe and cancel ------------------------------------------------------------------------ */

gboolean data_api_describe_for(DataApi *api, const char *id, guint wait,
                               DataApiStatement *statement, GCancellable *cancellable,
                               GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot ask after statement %s", id);
    g_autofree char *own_id = g_strdup(id); /* id may be the statement's, which is replaced */
    PostTarget where = data_api_target(api, what);
    where.wait_seconds = wait;
    g_autoptr(JsonCall) call = json_call_new(&data_api_service, "DescribeStatement");
    json_call_add_text(call, "Id", own_id);
    if (wait > 0)
        json_call_add_number(call, "WaitTimeSeconds", wait);
    g_autoptr(JsonReply) reply = json_call_send(call, &where, cancellable, error);
    return reply != NULL && take_statement(reply, what, statement, error);
}

gboolean data_api_describe(DataApi *api, const char *id, DataApiStatement *statement,
                           GCancellable *cancellable, GError **error)
{
    return data_api_describe_for(api, id, 0, statement, cancellable, error);
}

gboolean data_api_cancel(DataApi *api, const char *id, gboolean *cancelled,
                         GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot cancel statement %s", id);
    PostTarget where = data_api_target(api, what);
    g_autoptr(JsonCall) call = json_call_new(&data_api_service, "CancelStatement");
    json_call_add_text(call, "Id", id);
    g_autoptr(JsonReply) reply = json_call_send(call, &where, cancellable, error);
    if (reply == NULL)
        return FALSE;
    *cancelled = raw_json_boolean_of(json_reply_root(reply), "Status");
    return TRUE;
}
