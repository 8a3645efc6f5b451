#include "aws/data_api_internal.h"
#include "base/error.h"

#define PAGES 10000 /* a server that never ends its list is not believed */

/* One list: its operation, the member that has the items, and how one is read. */
typedef struct {
    const char *operation, *member, *what;
    gpointer (*read)(RawJson item);
    GDestroyNotify free;
    void (*add)(JsonCall *call, gconstpointer about); /* the request's members, but for NextToken */
} List;

/* Appends one page; *token is the next one's, or NULL. */
static gboolean read_page(DataApi *api, const List *list, gconstpointer about, GPtrArray *items,
                          char **token, GCancellable *cancellable, GError **error)
{
    PostTarget where = data_api_target(api, list->what);
    RawJson array;
    g_autoptr(JsonCall) call = json_call_new(&data_api_service, list->operation);
    list->add(call, about);
    json_call_add_text(call, "NextToken", *token);
    g_autoptr(JsonReply) reply = json_call_send(call, &where, cancellable, error);
    if (reply == NULL)
        return FALSE;
    if (raw_json_member(json_reply_root(reply), list->member, &array)) {
        for (RawJsonWalk walk = raw_json_walk(array); raw_json_next(&walk);) {
            gpointer item = list->read(walk.value);
            if (item != NULL)
                g_ptr_array_add(items, item);
        }
    }
    g_free(*token);
    *token = raw_json_text_of(json_reply_root(reply), "NextToken");
    if (*token != NULL && **token == '\0')
        g_clear_pointer(token, g_free);
    return TRUE;
}

/* about: what list->add takes; limit 0: all. */
static GPtrArray *read_list(DataApi *api, const List *list, gconstpointer about, guint limit,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(list->free);
    g_autofree char *token = NULL;
    for (guint page = 0; page < PAGES; page++) {
        if (!read_page(api, list, about, items, &token, cancellable, error))
            return NULL;
        if (limit > 0 && items->len >= limit) {
            g_ptr_array_set_size(items, (gint)limit);
            return g_steal_pointer(&items);
        }
        if (token == NULL)
            return g_steal_pointer(&items);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "%s: there are more than %d pages", list->what,
                PAGES);
    return NULL;
}

/* --- the catalog -------------------------------------------------------------------------------- */

typedef struct {
    const DataApiTarget *target;
    const char *database;                                  /* NULL: the target's */
    const char *schema_name, *schema, *table_name, *table; /* names of the members, and values */
} Place;

static void add_place(JsonCall *call, gconstpointer about)
{
    const Place *place = about;
    DataApiTarget target = *place->target;
    if (place->database != NULL) { /* the one that is asked about; the target's is connected to */
        json_call_add_text(call, "ConnectedDatabase", target.database);
        target.database = place->database;
    }
    data_api_add_target(call, &target);
    if (place->schema_name != NULL)
        json_call_add_text(call, place->schema_name, place->schema);
    if (place->table_name != NULL)
        json_call_add_text(call, place->table_name, place->table);
}

static gpointer read_name(RawJson item)
{
    return raw_json_string(item, NULL);
}

GPtrArray *data_api_list_databases(DataApi *api, const DataApiTarget *target,
                                   GCancellable *cancellable, GError **error)
{
    Place place = {.target = target};
    static const List list = {"ListDatabases", "Databases", "cannot list the databases",
                              read_name,       g_free,      add_place};
    return read_list(api, &list, &place, 0, cancellable, error);
}

GPtrArray *data_api_list_schemas(DataApi *api, const DataApiTarget *target, const char *database,
                                 const char *pattern, GCancellable *cancellable, GError **error)
{
    Place place = {
        .target = target, .database = database, .schema_name = "SchemaPattern", .schema = pattern};
    static const List list = {"ListSchemas", "Schemas", "cannot list the schemas",
                              read_name,     g_free,    add_place};
    return read_list(api, &list, &place, 0, cancellable, error);
}

void data_api_table_free(DataApiTable *table)
{
    g_free(table->schema);
    g_free(table->name);
    g_free(table->type);
    g_free(table);
}

static gpointer read_table(RawJson item)
{
    DataApiTable *table = g_new0(DataApiTable, 1);
    table->schema = raw_json_text_of(item, "schema");
    table->name = raw_json_text_of(item, "name");
    table->type = raw_json_text_of(item, "type");
    return table;
}

GPtrArray *data_api_list_tables(DataApi *api, const DataApiTarget *target, const char *database,
                                const char *schema_pattern, const char *table_pattern,
                                GCancellable *cancellable, GError **error)
{
    Place place = {target,         database,       "SchemaPattern",
                   schema_pattern, "TablePattern", table_pattern};
    static const List list = {"ListTables",
                              "Tables",
                              "cannot list the tables",
                              read_table,
                              (GDestroyNotify)data_api_table_free,
                              add_place};
    return read_list(api, &list, &place, 0, cancellable, error);
}

static gpointer read_column(RawJson item)
{
    return data_api_column_read(item);
}

GPtrArray *data_api_describe_table(DataApi *api, const DataApiTarget *target, const char *database,
                                   const char *schema, const char *table, GCancellable *cancellable,
                                   GError **error)
{
    Place place = {target, database, "Schema", schema, "Table", table};
    static const List list = {"DescribeTable",
                              "ColumnList",
                              "cannot describe the table",
                              read_column,
                              (GDestroyNotify)data_api_column_free,
                              add_place};
    return read_list(api, &list, &place, 0, cancellable, error);
}

/* --- statements and sessions -------------------------------------------------------------------- */

typedef struct {
    const char *status, *name;
} Wanted;

static void add_wanted(JsonCall *call, gconstpointer about)
{
    const Wanted *wanted = about;
    json_call_add_text(call, "Status", wanted->status);
    json_call_add_text(call, "StatementName", wanted->name);
}

static gpointer read_statement(RawJson item)
{
    DataApiStatement *statement = g_new0(DataApiStatement, 1);
    data_api_statement_read(item, statement);
    return statement;
}

static void free_statement(gpointer statement)
{
    data_api_statement_clear(statement);
    g_free(statement);
}

GPtrArray *data_api_list_statements(DataApi *api, const char *status, const char *name_prefix,
                                    guint limit, GCancellable *cancellable, GError **error)
{
    Wanted wanted = {status, name_prefix};
    static const List list = {"ListStatements", "Statements",   "cannot list the statements",
                              read_statement,   free_statement, add_wanted};
    return read_list(api, &list, &wanted, limit, cancellable, error);
}

void data_api_session_free(DataApiSession *session)
{
    g_free(session->id);
    g_free(session->status);
    g_free(session->database);
    g_free(session->db_user);
    g_free(session->statement_id);
    g_free(session);
}

static gpointer read_session(RawJson item)
{
    DataApiSession *session = g_new0(DataApiSession, 1);
    session->id = raw_json_text_of(item, "SessionId");
    session->status = raw_json_text_of(item, "Status");
    session->database = raw_json_text_of(item, "Database");
    session->db_user = raw_json_text_of(item, "DbUser");
    session->statement_id = raw_json_text_of(item, "CurrentStatementId");
    session->created_us = raw_json_time_of(item, "CreatedAt");
    session->seconds_left = raw_json_int64_of(item, "SessionTtl", 0);
    return session;
}

GPtrArray *data_api_list_sessions(DataApi *api, const char *status, GCancellable *cancellable,
                                  GError **error)
{
    Wanted wanted = {status, NULL};
    static const List list = {"ListSessions",
                              "Sessions",
                              "cannot list the sessions",
                              read_session,
                              (GDestroyNotify)data_api_session_free,
                              add_wanted};
    return read_list(api, &list, &wanted, 0, cancellable, error);
}
