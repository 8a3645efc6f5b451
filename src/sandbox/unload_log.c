#include "sandbox/unload_log.h"

#include "sandbox/engine.h"
#include "sandbox/pgcopy.h"

#define NOW "(clock_timestamp() AT TIME ZONE 'UTC')"

void unload_log_begin(UnloadLog *log, FrontSession *session, const UnloadOptions *options,
                      UnloadFiles *files, gint64 query_id)
{
    *log = (UnloadLog){.session = session,
                       .options = options,
                       .files = files,
                       .query_id = query_id,
                       .identity = engine_identity(session)};
    g_autofree char *url = g_strdup_printf("s3://%s/%s", options->bucket, options->prefix);
    g_autoptr(GString) values = g_string_new(NULL);
    pg_append_literal(values, unload_options_format_name(options), -1);
    g_string_append(values, ", ");
    pg_append_literal(values, codec_name(options->codec), -1);
    g_string_append(values, ", ");
    pg_append_literal(values, url, -1);
    front_log(session,
              "INSERT INTO redsmith_sandbox.unload_log (query_id, user_id, session_id, "
              "transaction_id, database_name, status, start_time, file_format, compression_type, "
              "unloaded_location, unloaded_rows, unloaded_files_count, unloaded_files_size) "
              "VALUES (%" G_GINT64_FORMAT ", %s, 'running', " NOW ", %s, 0, 0, 0)",
              query_id, log->identity, values->str);
}

/* Two parts of one key cannot be: under ALLOWOVERWRITE a key is still written once per statement. */
static void append_file(GString *sql, const UnloadLog *log, UnloadFile *file)
{
    g_autofree char *url = g_strdup_printf("s3://%s/%s", log->options->bucket, file->key);
    g_autofree char *started = engine_timestamp(file->started_us);
    g_autofree char *ended = engine_timestamp(file->ended_us);
    g_autoptr(GString) name = g_string_new(NULL);
    pg_append_literal(name, url, -1);
    if (!file->logged)
        g_string_append_printf(
            sql,
            "INSERT INTO redsmith_sandbox.unload_file (query_id, slice, file_name, user_id, "
            "session_id, transaction_id, start_time, end_time, line_count, transfer_size, "
            "file_format) SELECT query_id, %d, %s, user_id, session_id, transaction_id, %s, %s, "
            "%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
            ", file_format FROM redsmith_sandbox.unload_log WHERE query_id = %" G_GINT64_FORMAT ";",
            file->slice, name->str, started, ended, file->rows, file->bytes, log->query_id);
    else
        g_string_append_printf(sql,
                               "UPDATE redsmith_sandbox.unload_file SET end_time = %s, "
                               "line_count = %" G_GUINT64_FORMAT
                               ", transfer_size = %" G_GUINT64_FORMAT
                               " WHERE query_id = %" G_GINT64_FORMAT " AND file_name = %s;",
                               ended, file->rows, file->bytes, log->query_id, name->str);
    file->logged = TRUE;
    file->logged_end = file->ended_us != 0;
    file->logged_rows = file->rows;
    file->logged_bytes = file->bytes;
}

static gboolean has_news(const UnloadFile *file)
{
    return !file->logged || file->logged_rows != file->rows || file->logged_bytes != file->bytes ||
           file->logged_end != (file->ended_us != 0);
}

static void append_files(GString *sql, const UnloadLog *log)
{
    const GPtrArray *list = unload_files_list(log->files);
    for (guint i = 0; i < list->len; i++)
        if (has_news(list->pdata[i]))
            append_file(sql, log, list->pdata[i]);
}

static void append_totals(GString *sql, const UnloadLog *log)
{
    g_string_append_printf(sql,
                           "UPDATE redsmith_sandbox.unload_log SET unloaded_rows = "
                           "%" G_GUINT64_FORMAT
                           ", unloaded_files_count = %u, unloaded_files_size = %" G_GUINT64_FORMAT,
                           unload_files_rows(log->files), unload_files_list(log->files)->len,
                           unload_files_bytes(log->files));
}

void unload_log_update(UnloadLog *log)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    append_files(sql, log);
    append_totals(sql, log);
    front_log(log->session, "%s WHERE query_id = %" G_GINT64_FORMAT, sql->str, log->query_id);
}

void unload_log_end(UnloadLog *log, const char *status, const char *message)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    append_files(sql, log);
    append_totals(sql, log);
    g_string_append(sql, ", end_time = " NOW ", status = ");
    pg_append_literal(sql, status, -1);
    g_string_append(sql, ", error_message = ");
    pg_append_literal(sql, message, -1);
    front_log(log->session, "%s WHERE query_id = %" G_GINT64_FORMAT, sql->str, log->query_id);
    g_clear_pointer(&log->identity, g_free);
}
