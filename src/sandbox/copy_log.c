#include "sandbox/copy_log.h"

#include "sandbox/engine.h"
#include "sandbox/pgcopy.h"

#define NOW "(clock_timestamp() AT TIME ZONE 'UTC')"
/* stl_load_errors keeps as much of a line and of a value. */
#define RAW_BYTES 1024
#define PENDING_BYTES ((gsize)256 * 1024)

static guint64 total_size(const GPtrArray *files)
{
    guint64 size = 0;
    for (guint i = 0; i < files->len; i++)
        size += ((CopyFile *)files->pdata[i])->size;
    return size;
}

void copy_log_begin(CopyLog *log, FrontSession *session, const CopyOptions *options,
                    const CopyTarget *target, const GPtrArray *files, gint64 query_id)
{
    *log = (CopyLog){.session = session,
                     .query_id = query_id,
                     .files = files,
                     .progress = g_new0(CopyFileProgress, files->len + 1),
                     .pending = g_string_new(NULL)};
    g_autofree char *identity = engine_identity(session);
    g_autoptr(GString) values = g_string_new(NULL);
    pg_append_literal(values, target->table, -1);
    g_string_append_printf(values, ", %" G_GINT64_FORMAT "::oid::int, ", target->oid);
    pg_append_literal(values, options->url, -1);
    g_string_append(values, ", ");
    pg_append_literal(values, copy_options_format_name(options), -1);
    front_log(session,
              "INSERT INTO redsmith_sandbox.load_log (query_id, user_id, session_id, "
              "transaction_id, database_name, status, start_time, table_name, table_id, "
              "data_source, file_format, loaded_rows, loaded_bytes, source_file_count, "
              "source_file_bytes, file_count_scanned, file_bytes_scanned, error_count) "
              "VALUES (%" G_GINT64_FORMAT ", %s, 'running', " NOW
              ", %s, 0, 0, %u, %" G_GUINT64_FORMAT ", 0, 0, 0)",
              query_id, identity, values->str, files->len, total_size(files));
}

/* --- progress ----------------------------------------------------------------------------------- */

static void append_file(GString *sql, const CopyLog *log, guint index)
{
    CopyFileProgress *progress = &log->progress[index];
    g_autofree char *started = engine_timestamp(progress->started_us);
    g_autofree char *ended = engine_timestamp(progress->ended_us);
    g_autoptr(GString) name = g_string_new(NULL);
    pg_append_literal(name, ((CopyFile *)log->files->pdata[index])->url, -1);
    /* A manifest may list a file twice: it is one row then, of the last reading. */
    g_string_append_printf(
        sql,
        "INSERT INTO redsmith_sandbox.load_file (query_id, slice, file_name, user_id, session_id, "
        "bytes_scanned, lines_scanned, start_time, end_time) SELECT query_id, %u, %s, user_id, "
        "session_id, %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
        ", %s, %s FROM redsmith_sandbox.load_log WHERE query_id = %" G_GINT64_FORMAT
        " ON CONFLICT (query_id, file_name) DO UPDATE SET bytes_scanned = EXCLUDED.bytes_scanned, "
        "lines_scanned = EXCLUDED.lines_scanned, end_time = EXCLUDED.end_time;",
        index % COPY_SLICES, name->str, progress->bytes, progress->lines, started, ended,
        log->query_id);
    progress->logged = TRUE;
    progress->logged_end = progress->ended_us != 0;
}

static void append_files(GString *sql, const CopyLog *log)
{
    for (guint i = 0; i < log->files->len; i++) {
        const CopyFileProgress *progress = &log->progress[i];
        gboolean done = progress->ended_us != 0;
        if (progress->started_us != 0 && (!done || !progress->logged_end))
            append_file(sql, log, i);
    }
}

static void append_slice(GString *sql, const CopyLog *log, guint slice)
{
    guint64 to_load = 0, loaded = 0, lines = 0;
    guint count = 0, complete = 0, latest = slice;
    for (guint i = slice; i < log->files->len; i += COPY_SLICES) {
        const CopyFileProgress *progress = &log->progress[i];
        to_load += ((CopyFile *)log->files->pdata[i])->size;
        loaded += progress->bytes;
        lines += progress->lines;
        complete += progress->ended_us != 0 ? 1 : 0;
        latest = progress->started_us != 0 ? i : latest;
        count++;
    }
    if (count == 0)
        return;
    g_autoptr(GString) name = g_string_new(NULL);
    pg_append_literal(name, ((CopyFile *)log->files->pdata[latest])->url, -1);
    g_string_append_printf(
        sql,
        "INSERT INTO redsmith_sandbox.load_state (query_id, slice, user_id, session_id, "
        "recordtime, "
        "bytes_to_load, bytes_loaded, bytes_to_load_compressed, bytes_loaded_compressed, lines, "
        "num_files, num_files_complete, current_file) SELECT query_id, %u, user_id, "
        "session_id, " NOW ", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
        ", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ", %u, %u, %s FROM redsmith_sandbox.load_log "
        "WHERE query_id = %" G_GINT64_FORMAT
        " ON CONFLICT (query_id, slice) DO UPDATE SET recordtime = EXCLUDED.recordtime, "
        "bytes_loaded = EXCLUDED.bytes_loaded, bytes_loaded_compressed = "
        "EXCLUDED.bytes_loaded_compressed, lines = EXCLUDED.lines, num_files_complete = "
        "EXCLUDED.num_files_complete, current_file = EXCLUDED.current_file;",
        slice, to_load, loaded, to_load, loaded, lines, count, complete, name->str, log->query_id);
}

static void append_totals(GString *sql, const CopyLog *log, guint64 rows)
{
    guint64 bytes = 0;
    guint scanned = 0;
    for (guint i = 0; i < log->files->len; i++) {
        bytes += log->progress[i].bytes;
        scanned += log->progress[i].ended_us != 0 ? 1 : 0;
    }
    g_string_append_printf(sql,
                           "UPDATE redsmith_sandbox.load_log SET loaded_rows = %" G_GUINT64_FORMAT
                           ", loaded_bytes = %" G_GUINT64_FORMAT
                           ", file_count_scanned = %u, file_bytes_scanned = %" G_GUINT64_FORMAT
                           ", error_count = %" G_GUINT64_FORMAT,
                           rows, rows > 0 ? bytes : 0, scanned, bytes, log->errors);
}

static void send_errors(CopyLog *log)
{
    if (log->pending->len > 0)
        front_log(log->session, "%s", log->pending->str);
    g_string_truncate(log->pending, 0);
}

void copy_log_update(CopyLog *log)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    send_errors(log);
    append_files(sql, log);
    for (guint slice = 0; slice < COPY_SLICES; slice++)
        append_slice(sql, log, slice);
    append_totals(sql, log, log->rows);
    front_log(log->session, "%s WHERE query_id = %" G_GINT64_FORMAT, sql->str, log->query_id);
}

/* --- bad rows ----------------------------------------------------------------------------------- */

static void append_text(GString *sql, const char *text, gssize length)
{
    g_string_append(sql, ", ");
    pg_append_literal(sql, text, length < 0 ? -1 : MIN(length, RAW_BYTES));
}

void copy_log_error(CopyLog *log, const CopyRowError *error)
{
    GString *sql = log->pending;
    const LoadColumn *column = error->column;
    g_string_append_printf(
        sql,
        "INSERT INTO redsmith_sandbox.load_error (query_id, slice, user_id, session_id, "
        "transaction_id, database_name, table_id, start_time, line_number, position, error_code, "
        "file_name, column_name, column_type, column_length, raw_line, raw_field_value, "
        "error_message) SELECT query_id, %u, user_id, session_id, transaction_id, database_name, "
        "table_id, " NOW ", %" G_GUINT64_FORMAT ", %d, %d",
        error->file % COPY_SLICES, error->line, error->position, error->code);
    append_text(sql, ((CopyFile *)log->files->pdata[error->file])->url, -1);
    append_text(sql, column != NULL ? column->name : "", -1);
    append_text(sql, column != NULL ? column->type : "", -1);
    append_text(sql, column != NULL ? column->length : "", -1);
    append_text(sql, error->raw, (gssize)error->raw_length);
    append_text(sql, error->value != NULL ? error->value : "",
                error->value != NULL ? (gssize)error->value_length : 0);
    append_text(sql, error->reason, -1);
    g_string_append_printf(sql,
                           " FROM redsmith_sandbox.load_log WHERE query_id = %" G_GINT64_FORMAT ";",
                           log->query_id);
    log->errors++;
    if (sql->len > PENDING_BYTES)
        send_errors(log);
}

void copy_log_end(CopyLog *log, const char *status)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    gboolean completed = g_str_equal(status, "completed");
    send_errors(log);
    append_files(sql, log);
    g_string_append_printf(sql,
                           "DELETE FROM redsmith_sandbox.load_state WHERE query_id = "
                           "%" G_GINT64_FORMAT ";",
                           log->query_id);
    append_totals(sql, log, completed ? log->rows : 0);
    g_string_append(sql, ", end_time = " NOW ", status = ");
    pg_append_literal(sql, status, -1);
    front_log(log->session, "%s WHERE query_id = %" G_GINT64_FORMAT, sql->str, log->query_id);
    g_clear_pointer(&log->progress, g_free);
    g_string_free(log->pending, TRUE);
    log->pending = NULL;
}
