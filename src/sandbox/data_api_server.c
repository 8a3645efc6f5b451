#include "sandbox/data_api_server.h"

#include <string.h>

#include "base/error.h"

void data_refuse(ServiceCall *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    service_refuse(call, 400, "ValidationException", "%s", message);
}

static DataEngine *api_of(const ServiceCall *call)
{
    return call->exchange->server->data_api;
}

static gboolean is_id(const char *id)
{
    return g_regex_match_simple("^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:[0-9]+)?$", id, 0, 0);
}

/* The statement that Id means, and which part of it (0: the whole). NULL, refused. */
static DataStatement *wanted(ServiceCall *call, guint *part)
{
    g_autofree char *caller = service_caller(call);
    if (!service_require(call, "Id"))
        return NULL;
    const char *id = service_text(call, "Id");
    if (!is_id(id)) {
        data_refuse(call, "id must satisfy regex pattern: "
                          "^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$");
        return NULL;
    }
    DataStatement *statement = data_engine_find(api_of(call), id, caller, part);
    if (statement == NULL)
        service_refuse_with(call, 400, "ResourceNotFoundException", "ResourceId", id,
                            "Query does not exist.");
    return statement;
}

/* Waits as long as WaitTimeSeconds says. FALSE, refused, when too many do. */
static gboolean wait_for(ServiceCall *call, const DataStatement *statement)
{
    gint64 seconds = 0;
    if (!service_number(call, "WaitTimeSeconds", 1, 30, &seconds))
        return FALSE;
    if (data_engine_wait(api_of(call), statement, seconds))
        return TRUE;
    service_refuse(call, 400, "ActiveWaitingRequestsExceededException",
                   "Too many requests wait already.");
    return FALSE;
}

/* --- DescribeStatement -------------------------------------------------------------------------- */

static void add_target(GString *out, const DataTarget *target)
{
    service_add_text(out, "ClusterIdentifier", target->cluster);
    service_add_text(out, "WorkgroupName", target->workgroup);
    service_add_text(out, "Database", target->database);
    service_add_text(out, "DbUser", target->db_user);
    service_add_text(out, "SecretArn", target->secret_arn);
}

static void add_parameters(GString *out, const GPtrArray *parameters)
{
    if (parameters->len == 0)
        return;
    service_open(out, "QueryParameters", '[');
    for (guint i = 0; i + 1 < parameters->len; i += 2) {
        service_open(out, NULL, '{');
        service_add_text(out, "name", parameters->pdata[i]);
        service_add_text(out, "value", parameters->pdata[i + 1]);
        service_close(out, '}');
    }
    service_close(out, ']');
}

/* What a statement of one text and a sub-statement of a batch tell alike. */
static void add_part(GString *out, const DataPart *part)
{
    service_add_flag(out, "HasResultSet", part->result != NULL);
    service_add_text(out, "QueryString", part->sql);
    service_add_number(out, "RedshiftQueryId", part->query_id);
    service_add_number(out, "ResultRows", part->rows);
    service_add_number(out, "ResultSize",
                       part->result != NULL ? data_result_size(part->result) : -1);
}

static void add_sub_statement(GString *out, const DataStatement *statement, guint number)
{
    const DataPart *part = statement->parts->pdata[number - 1];
    g_autofree char *id = g_strdup_printf("%s:%u", statement->id, number);
    service_open(out, NULL, '{');
    service_add_time(out, "CreatedAt", part->created_us);
    service_add_number(out, "Duration", part->duration_ns);
    service_add_text(out, "Error", part->error);
    service_add_text(out, "Id", id);
    service_add_text(out, "Status", data_state_name(part->state));
    service_add_time(out, "UpdatedAt", part->updated_us);
    add_part(out, part);
    service_close(out, '}');
}

static void add_batch(GString *out, const DataStatement *statement)
{
    const DataPart *last = statement->parts->pdata[statement->parts->len - 1];
    service_add_text(out, "ExecutionMode", statement->auto_commit ? "AUTO_COMMIT" : "TRANSACTION");
    service_add_flag(out, "HasResultSet", last->result != NULL);
    service_add_number(out, "RedshiftQueryId", -1);
    service_add_number(out, "ResultRows", last->rows);
    service_add_number(out, "ResultSize",
                       last->result != NULL ? data_result_size(last->result) : -1);
    service_open(out, "SubStatements", '[');
    for (guint i = 1; i <= statement->parts->len; i++)
        add_sub_statement(out, statement, i);
    service_close(out, ']');
}

/* Under the lock. */
static void describe(GString *out, const DataStatement *statement, guint number)
{
    const DataPart *part = number > 0 ? statement->parts->pdata[number - 1] : NULL;
    const char *suffix = number > 0 ? ":" : "";
    g_autofree char *digits = number > 0 ? g_strdup_printf("%u", number) : g_strdup("");
    g_autofree char *id = g_strconcat(statement->id, suffix, digits, NULL);
    service_add_text(out, "Id", id);
    add_target(out, &statement->target);
    service_add_time(out, "CreatedAt", part != NULL ? part->created_us : statement->created_us);
    service_add_time(out, "UpdatedAt", part != NULL ? part->updated_us : statement->updated_us);
    service_add_number(out, "Duration", part != NULL ? part->duration_ns : statement->duration_ns);
    service_add_text(out, "Error", part != NULL ? part->error : statement->error);
    service_add_text(out, "Status", data_state_name(part != NULL ? part->state : statement->state));
    service_add_text(out, "ResultFormat", statement->csv ? "CSV" : "JSON");
    service_add_number(out, "RedshiftPid", statement->pid);
    service_add_text(out, "SessionId", statement->session != NULL ? statement->session->id : NULL);
    add_parameters(out, statement->parameters);
    if (part != NULL || !statement->batch)
        add_part(out, part != NULL ? part : statement->parts->pdata[0]);
    else
        add_batch(out, statement);
}

static void describe_statement(ServiceCall *call)
{
    guint part;
    g_autoptr(DataStatement) statement = wanted(call, &part);
    if (statement == NULL || !wait_for(call, statement))
        return;
    g_autoptr(GString) out = service_object();
    g_mutex_lock(&api_of(call)->lock);
    describe(out, statement, part);
    g_mutex_unlock(&api_of(call)->lock);
    service_answer_json(call, out);
}

/* --- results ------------------------------------------------------------------------------------ */

/* A reference to the result that Id means; NULL, refused, when there is none. */
static DataResult *wanted_result(ServiceCall *call, gboolean csv)
{
    guint number;
    g_autoptr(DataStatement) statement = wanted(call, &number);
    if (statement == NULL || !wait_for(call, statement))
        return NULL;
    if (csv != statement->csv) {
        data_refuse(call, "The result is in the format %s; use %s.",
                    statement->csv ? "CSV" : "JSON",
                    statement->csv ? "GetStatementResultV2" : "GetStatementResult");
        return NULL;
    }
    guint index = number > 0 ? number - 1 : statement->parts->len - 1;
    const DataPart *part = statement->parts->pdata[index];
    g_mutex_lock(&api_of(call)->lock);
    gboolean finished = statement->state == DATA_FINISHED ||
                        (statement->auto_commit && data_state_is_final(statement->state));
    DataResult *result = finished && part->result != NULL ? data_result_ref(part->result) : NULL;
    g_mutex_unlock(&api_of(call)->lock);
    if (result == NULL)
        service_refuse_with(
            call, 400, "ResourceNotFoundException", "ResourceId", service_text(call, "Id"),
            "Query does not have result. Please check query status with DescribeStatement.");
    return result;
}

static void add_records(GString *out, gboolean csv, const char *page)
{
    service_open(out, "Records", '[');
    if (csv) {
        service_open(out, NULL, '{');
        service_add_text(out, "CSVRecords", page);
        service_close(out, '}');
    } else {
        g_string_append(out, page);
    }
    service_close(out, ']');
}

static void answer_result(ServiceCall *call, gboolean csv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DataResult) result = wanted_result(call, csv);
    gint64 number = service_read_mark(service_text(call, "NextToken"));
    if (result == NULL)
        return;
    if (number < 0 || number >= data_result_pages(result)) {
        data_refuse(call, "NextToken is not one that was given out.");
        return;
    }
    g_autofree char *page = data_result_page(result, (guint)number, &error);
    if (page == NULL) {
        service_refuse(call, 500, "InternalServerException", "%s", error->message);
        return;
    }
    g_autoptr(GString) out = service_object();
    service_open(out, "ColumnMetadata", '[');
    g_string_append(out, data_result_metadata(result));
    service_close(out, ']');
    add_records(out, csv, page);
    service_add_number(out, "TotalNumRows", data_result_rows(result));
    if (csv)
        service_add_text(out, "ResultFormat", "csv");
    g_autofree char *mark =
        number + 1 < data_result_pages(result) ? service_mark(number + 1) : NULL;
    service_add_text(out, "NextToken", mark);
    service_answer_json(call, out);
}

static void get_statement_result(ServiceCall *call)
{
    answer_result(call, FALSE);
}

static void get_statement_result_v2(ServiceCall *call)
{
    answer_result(call, TRUE);
}

/* --- CancelStatement ---------------------------------------------------------------------------- */

static void cancel_statement(ServiceCall *call)
{
    guint part;
    char words[256];
    DataEngine *api = api_of(call);
    g_autoptr(DataStatement) statement = wanted(call, &part);
    if (statement == NULL)
        return;
    if (part > 0) {
        data_refuse(call, "A sub-statement cannot be cancelled; use the id of the batch.");
        return;
    }
    g_mutex_lock(&api->lock);
    DataState state = statement->state;
    if (!data_state_is_final(state))
        statement->cancelled = TRUE;
    PGcancel *cancel = statement->cancel; /* stays as long as the statement */
    g_mutex_unlock(&api->lock);
    if (data_state_is_final(state)) {
        data_refuse(call, "Could not cancel a query that is already in %s state with ID: %s",
                    data_state_name(state), statement->id);
        return;
    }
    if (cancel != NULL)
        PQcancel(cancel, words, sizeof words);
    g_autoptr(GString) out = service_object();
    service_add_flag(out, "Status", TRUE);
    service_answer_json(call, out);
}

/* --- lists -------------------------------------------------------------------------------------- */

/* MaxResults and NextToken. FALSE, refused. */
static gboolean read_page(ServiceCall *call, gint64 *most, gint64 *position)
{
    *most = 100;
    *position = service_read_mark(service_text(call, "NextToken"));
    if (!service_number(call, "MaxResults", 0, 100, most))
        return FALSE;
    *most = *most == 0 ? 100 : *most;
    if (*position >= 0)
        return TRUE;
    data_refuse(call, "NextToken is not one that was given out.");
    return FALSE;
}

static gboolean text_matches(const char *wanted_text, const char *text)
{
    return wanted_text == NULL || g_strcmp0(wanted_text, text) == 0;
}

static gboolean target_matches(const ServiceCall *call, const DataTarget *target)
{
    return text_matches(service_text(call, "ClusterIdentifier"), target->cluster) &&
           text_matches(service_text(call, "WorkgroupName"), target->workgroup) &&
           text_matches(service_text(call, "Database"), target->database);
}

static gboolean is_listed(const ServiceCall *call, const DataStatement *statement,
                          const char *caller)
{
    const char *status = service_text(call, "Status");
    const char *name = service_text(call, "StatementName");
    status = status != NULL ? status : "FINISHED";
    return strcmp(statement->caller, caller) == 0 &&
           (strcmp(status, "ALL") == 0 || strcmp(status, data_state_name(statement->state)) == 0) &&
           (name == NULL || (statement->name != NULL && g_str_has_prefix(statement->name, name))) &&
           target_matches(call, &statement->target);
}

static void add_listed(GString *out, const DataStatement *statement)
{
    service_open(out, NULL, '{');
    service_add_time(out, "CreatedAt", statement->created_us);
    service_add_text(out, "Id", statement->id);
    service_add_flag(out, "IsBatchStatement", statement->batch);
    service_add_text(out, "QueryString",
                     statement->batch ? NULL : ((DataPart *)statement->parts->pdata[0])->sql);
    if (statement->batch) {
        service_open(out, "QueryStrings", '[');
        for (guint i = 0; i < statement->parts->len; i++)
            service_add_text(out, NULL, ((DataPart *)statement->parts->pdata[i])->sql);
        service_close(out, ']');
    }
    add_parameters(out, statement->parameters);
    service_add_text(out, "ResultFormat", statement->csv ? "CSV" : "JSON");
    service_add_text(out, "SecretArn", statement->target.secret_arn);
    service_add_text(out, "SessionId", statement->session != NULL ? statement->session->id : NULL);
    service_add_text(out, "StatementName", statement->name);
    service_add_text(out, "Status", data_state_name(statement->state));
    service_add_time(out, "UpdatedAt", statement->updated_us);
    service_close(out, '}');
}

static gboolean is_status(const char *status)
{
    static const char *const known[] = {"SUBMITTED", "PICKED", "STARTED", "FINISHED",
                                        "ABORTED",   "FAILED", "ALL",     NULL};
    return status == NULL || g_strv_contains(known, status);
}

static void list_statements(ServiceCall *call)
{
    gint64 most, position, at = 0, added = 0;
    g_autofree char *caller = service_caller(call);
    if (!read_page(call, &most, &position))
        return;
    if (!is_status(service_text(call, "Status"))) {
        data_refuse(call, "Status %s is not known.", service_text(call, "Status"));
        return;
    }
    gboolean more = FALSE;
    g_autoptr(GString) out = service_object();
    service_open(out, "Statements", '[');
    g_mutex_lock(&api_of(call)->lock);
    for (GList *node = api_of(call)->statements.tail; node != NULL && !more; node = node->prev) {
        if (!is_listed(call, node->data, caller) || at++ < position)
            continue;
        more = added == most;
        if (!more)
            add_listed(out, node->data);
        added += !more;
    }
    g_mutex_unlock(&api_of(call)->lock);
    service_close(out, ']');
    g_autofree char *mark = more ? service_mark(position + added) : NULL;
    service_add_text(out, "NextToken", mark);
    service_answer_json(call, out);
}

static gboolean session_is_listed(const ServiceCall *call, const DataSession *session,
                                  const char *caller)
{
    const char *status = service_text(call, "Status");
    return strcmp(session->caller, caller) == 0 && target_matches(call, &session->target) &&
           text_matches(service_text(call, "SessionId"), session->id) &&
           (status != NULL ? strcmp(status, data_session_status(session)) == 0 : !session->closed);
}

static void add_session(GString *out, const DataSession *session)
{
    gint64 left_us = session->closed ? 0 : data_session_ends_us(session) - g_get_real_time();
    service_open(out, NULL, '{');
    service_add_text(out, "SessionId", session->id);
    service_add_text(out, "Status", data_session_status(session));
    service_add_time(out, "CreatedAt", session->created_us);
    service_add_time(out, "UpdatedAt", session->updated_us);
    service_add_text(out, "Database", session->target.database);
    service_add_text(out, "DbUser", session->target.db_user);
    service_add_text(out, "ClusterIdentifier", session->target.cluster);
    service_add_text(out, "WorkgroupName", session->target.workgroup);
    service_add_number(out, "SessionAliveSeconds", session->keep_alive);
    service_add_number(out, "SessionTtl", MAX(left_us, 0) / G_USEC_PER_SEC);
    service_add_text(out, "CurrentStatementId", session->busy ? session->statement_id : NULL);
    service_close(out, '}');
}

static void list_sessions(ServiceCall *call)
{
    gint64 most, position, at = 0, added = 0;
    g_autofree char *caller = service_caller(call);
    DataEngine *api = api_of(call);
    if (!read_page(call, &most, &position))
        return;
    gboolean more = FALSE;
    g_autoptr(GString) out = service_object();
    service_open(out, "Sessions", '[');
    g_mutex_lock(&api->lock);
    for (guint i = api->sessions->len; i-- > 0 && !more;) {
        const DataSession *session = api->sessions->pdata[i];
        if (!session_is_listed(call, session, caller) || at++ < position)
            continue;
        more = added == most;
        if (!more)
            add_session(out, session);
        added += !more;
    }
    g_mutex_unlock(&api->lock);
    service_close(out, ']');
    g_autofree char *mark = more ? service_mark(position + added) : NULL;
    service_add_text(out, "NextToken", mark);
    service_answer_json(call, out);
}

void data_api_server_finish(HttpExchange *exchange)
{
    static const ServiceOperation operations[] = {
        {"ExecuteStatement", data_execute_statement},
        {"BatchExecuteStatement", data_batch_execute_statement},
        {"DescribeStatement", describe_statement},
        {"GetStatementResult", get_statement_result},
        {"GetStatementResultV2", get_statement_result_v2},
        {"CancelStatement", cancel_statement},
        {"ListStatements", list_statements},
        {"ListSessions", list_sessions},
        {"ListDatabases", data_list_databases},
        {"ListSchemas", data_list_schemas},
        {"ListTables", data_list_tables},
        {"DescribeTable", data_describe_table},
    };
    service_run(exchange, operations, G_N_ELEMENTS(operations));
}
