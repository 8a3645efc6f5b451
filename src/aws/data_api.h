/*
 * data_api: SQL over HTTPS, without a connection: the Redshift Data API.
 *
 * A statement is handed over (execute), runs by itself on the server, is asked after (describe, wait) and
 * its rows are fetched page by page. Numbers are handed on digit by digit as they came: an int8 beyond
 * 2^53 stays what it is.
 *
 *     g_autoptr(DataApi) api = data_api_new(client, NULL, "eu-west-1");
 *     DataApiTarget target = {.cluster = "etl", .database = "dev"};
 *     const char *sqls[] = {"select 1", NULL};
 *     DataApiRequest request = {.sqls = sqls};
 *     g_auto(DataApiStatement) statement = {0};
 *     if (data_api_execute(api, &target, &request, &statement, cancellable, &error) &&
 *         data_api_wait(api, &statement, cancellable, &error) && statement.has_result) {
 *         g_autoptr(DataApiPage) page = data_api_fetch(api, statement.id, FALSE, NULL, ...);
 *         data_api_page_rows(page, each_row, user, &error);
 *     }
 *
 * Waiting:  the server holds the answer back (WaitTimeSeconds) where it knows how; where it refuses or
 *           ignores that, it is asked after 250 ms, then half as long again each time up to 5 s, give or
 *           take a fifth. Five failures in a row that may pass are forgiven: the statement runs on without
 *           us. A cancelled wait cancels the statement, looks what became of it, and calls it cancelled
 *           by the server only when DescribeStatement says ABORTED; what had ended without a result
 *           before the cancel arrived has succeeded.
 * Doubles:  every execute carries a client token, so that a repeated request is the same statement.
 * Source:   Amazon Redshift Data API reference, 2019-12-20.
 * Errors:   those of json_call. An SQL error is no error of a call: data_api_wait makes RS_ERROR_DATA of
 *           it, with the server's words.
 * Threads:  a DataApi from any thread.
 */
#ifndef REDSMITH_AWS_DATA_API_H
#define REDSMITH_AWS_DATA_API_H

#include "aws/json_call.h"

typedef struct DataApi DataApi;

/* client is borrowed; endpoint_url NULL: see aws/endpoint. */
DataApi *data_api_new(AwsClient *client, const char *endpoint_url, const char *region);
void data_api_free(DataApi *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataApi, data_api_free)
/* Before the first call: whose clock is slept by between polls. */
void data_api_set_hooks(DataApi *api, const AwsHooks *hooks);

/* --- statements --------------------------------------------------------------------------------- */

/* Where, and as whom: a secret, a named user, or the IAM identity itself. All borrowed. */
typedef struct {
    const char *cluster, *workgroup; /* one of them */
    const char *database;
    const char *db_user;    /* with cluster only */
    const char *secret_arn; /* instead of db_user */
    const char *session_id; /* an open session: nothing else may be said then */
} DataApiTarget;

typedef struct {
    const char *name, *value; /* neither NULL nor empty: the service has no way to say those */
} DataApiParameter;

/* All borrowed; what is NULL or 0 is not sent. */
typedef struct {
    const char *const *sqls; /* NULL-terminated; several are a batch, at most 40 */
    gboolean batch;          /* a batch even with one text */
    gboolean auto_commit;    /* batch: each text commits by itself; else all in one transaction */
    const char *statement_name;
    const DataApiParameter *parameters;
    guint n_parameters;
    gboolean csv;             /* the result as CSV: data_api_fetch with csv */
    gboolean keep_session;    /* open a session, or change how long it is kept */
    guint keep_alive_seconds; /* with keep_session: 0 to 86,400 */
    const char *client_token; /* one for each action of the user; NULL: a new one */
} DataApiRequest;

typedef enum {
    DATA_API_RUNNING, /* SUBMITTED, PICKED, STARTED, and states that we do not know */
    DATA_API_FINISHED,
    DATA_API_FAILED,
    DATA_API_ABORTED
} DataApiState;

typedef struct DataApiStatement DataApiStatement;
struct DataApiStatement {
    char *id, *session_id, *database, *db_user;
    DataApiState state;
    char *state_name; /* as the server says it */
    char *sql;        /* NULL for a batch */
    char *error;      /* the server's words, or NULL */
    gint64 created_us, updated_us, duration_ns;
    gint64 pid, query_id, rows, bytes; /* -1: not said */
    gboolean has_result, csv;
    GPtrArray *parts; /* of DataApiStatement: a batch's; NULL: none */
};

void data_api_statement_clear(DataApiStatement *statement);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DataApiStatement, data_api_statement_clear)

/* A token for one action of the user. Free with g_free. */
char *data_api_token_new(void);

gboolean data_api_execute(DataApi *api, const DataApiTarget *target, const DataApiRequest *request,
                          DataApiStatement *statement, GCancellable *cancellable, GError **error);

/* id may name a part of a batch ("..:2"). What was in *statement is replaced. */
gboolean data_api_describe(DataApi *api, const char *id, DataApiStatement *statement,
                           GCancellable *cancellable, GError **error);

/* How to wait. What is 0 or NULL is left to us. */
typedef struct {
    guint poll_interval_ms; /* ask that often, instead of having answers held back */
    guint max_polls; /* ask so often at most: then the statement is cancelled, RS_ERROR_LIMIT */
    void (*tick)(gpointer user); /* called about once a second, between two questions */
    gpointer user;
} DataApiWaiting;

/*
 * Until it has ended; waiting may be NULL. TRUE when it finished; else RS_ERROR_DATA (it failed),
 * RS_ERROR_CANCELLED (it was aborted, or the wait was cancelled), RS_ERROR_LIMIT (max_polls), or why
 * nobody could be asked. statement->state is DATA_API_RUNNING after a failure when its end was not seen.
 */
gboolean data_api_wait_as(DataApi *api, DataApiStatement *statement, const DataApiWaiting *waiting,
                          GCancellable *cancellable, GError **error);
gboolean data_api_wait(DataApi *api, DataApiStatement *statement, GCancellable *cancellable,
                       GError **error);

/* *cancelled says whether the server did. Not for parts. */
gboolean data_api_cancel(DataApi *api, const char *id, gboolean *cancelled,
                         GCancellable *cancellable, GError **error);

/* --- results ------------------------------------------------------------------------------------ */

typedef struct {
    char *name, *type_name, *schema_name, *table_name; /* the last two may be NULL or "" */
    char *default_value;                               /* DescribeTable: or NULL */
    gint64 precision, scale, length;
    int nullable; /* 0 no, 1 yes, 2 unknown */
} DataApiColumn;

void data_api_column_free(DataApiColumn *column);

typedef enum {
    DATA_API_NULL,
    DATA_API_BOOLEAN, /* text is "true" or "false" */
    DATA_API_LONG,    /* text is its digits, as they came */
    DATA_API_DOUBLE,  /* likewise */
    DATA_API_STRING,
    DATA_API_BLOB,   /* text is the bytes themselves */
    DATA_API_UNKNOWN /* a kind that we do not know: text is its JSON */
} DataApiKind;

typedef struct {
    DataApiKind kind;
    char *text; /* NUL-terminated, length bytes; NULL for DATA_API_NULL */
    gsize length;
} DataApiField;

void data_api_field_clear(DataApiField *field);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DataApiField, data_api_field_clear)

/* One field of Records. RS_ERROR_CORRUPT when it is not an object. */
gboolean data_api_field_read(RawJson json, DataApiField *field, GError **error);

typedef struct DataApiPage DataApiPage;

/* The page that next_token names, NULL the first. csv as the statement ran. */
DataApiPage *data_api_fetch(DataApi *api, const char *id, gboolean csv, const char *next_token,
                            GCancellable *cancellable, GError **error);
void data_api_page_free(DataApiPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataApiPage, data_api_page_free)

const GPtrArray *data_api_page_columns(const DataApiPage *page); /* of DataApiColumn */
gint64 data_api_page_total(const DataApiPage *page);     /* rows of all pages; -1: not said */
const char *data_api_page_next(const DataApiPage *page); /* NULL: this was the last */

/* Each row of a JSON page; the fields are the page's, for the call only. FALSE from it stops. */
typedef gboolean (*DataApiRow)(gpointer user, const DataApiField *fields, guint n, GError **error);
gboolean data_api_page_rows(const DataApiPage *page, DataApiRow each, gpointer user,
                            GError **error);

/* The same one by one: the next row that this function has not given yet, valid until the next call;
 * NULL without error behind the last. */
const DataApiField *data_api_page_next_row(DataApiPage *page, guint *n, GError **error);

/* The text of a CSV page; the first page begins with the names of the columns. Free with g_free. */
char *data_api_page_csv(const DataApiPage *page, gsize *length);

/* A page made of an answer's text: for tests and fuzzing. */
DataApiPage *data_api_page_parse(const char *text, gsize length, GError **error);

/* --- lists: every page until the last ----------------------------------------------------------- */

/* Patterns are LIKE patterns, or NULL. database NULL: that of the target. Of char *. */
GPtrArray *data_api_list_databases(DataApi *api, const DataApiTarget *target,
                                   GCancellable *cancellable, GError **error);
GPtrArray *data_api_list_schemas(DataApi *api, const DataApiTarget *target, const char *database,
                                 const char *pattern, GCancellable *cancellable, GError **error);

typedef struct {
    char *schema, *name, *type; /* "TABLE", "VIEW", ... */
} DataApiTable;
void data_api_table_free(DataApiTable *table);

GPtrArray *data_api_list_tables(DataApi *api, const DataApiTarget *target, const char *database,
                                const char *schema_pattern, const char *table_pattern,
                                GCancellable *cancellable, GError **error);
/* Of DataApiColumn. */
GPtrArray *data_api_describe_table(DataApi *api, const DataApiTarget *target, const char *database,
                                   const char *schema, const char *table, GCancellable *cancellable,
                                   GError **error);

/* status: "FINISHED", "ALL" ...; name_prefix may be NULL. Of DataApiStatement, newest first, at most
 * `limit` (0: all of the last 24 hours). */
GPtrArray *data_api_list_statements(DataApi *api, const char *status, const char *name_prefix,
                                    guint limit, GCancellable *cancellable, GError **error);

typedef struct {
    char *id, *status, *database, *db_user, *statement_id; /* the last may be NULL */
    gint64 created_us, seconds_left;
} DataApiSession;
void data_api_session_free(DataApiSession *session);

/* status: "AVAILABLE", "BUSY", "CLOSED", or NULL for the first two. Of DataApiSession. */
GPtrArray *data_api_list_sessions(DataApi *api, const char *status, GCancellable *cancellable,
                                  GError **error);

#endif
