/*
 * COPY from S3: files are read and checked here, row by row, and good rows go to the session's backend
 * through its own COPY .. FROM STDIN, inside the session's transaction: all of them or none.
 */
#include <string.h>

#include "base/error.h"
#include "sandbox/copy_json.h"
#include "sandbox/copy_log.h"
#include "sandbox/copy_options.h"
#include "sandbox/copy_records.h"
#include "sandbox/copy_source.h"
#include "sandbox/copy_target.h"
#include "sandbox/copy_values.h"
#include "sandbox/engine.h"
#include "sandbox/front.h"
#include "sandbox/line_map.h"

#define SEND_BYTES ((gsize)64 * 1024)

typedef struct {
    FrontSession *session;
    CopyOptions options;
    gint64 query_id;
    CopyTarget target;
    GPtrArray *files;
    JsonMap *json;
    CopyLog log;
    Pace pace;
    LineMap *lines; /* from the backend's rows back to files and lines */
    GString *out, *scratch;
    CopyStream *stream;
    Refusal refusal;
    GError *error;
    /* Why reading stopped, when it stopped early. */
    gboolean cancelled, too_many_errors, backend_failed;
} Copy;

static void copy_clear(Copy *copy)
{
    copy_options_clear(&copy->options);
    copy_target_clear(&copy->target);
    g_clear_pointer(&copy->files, g_ptr_array_unref);
    json_map_free(copy->json);
    line_map_free(copy->lines);
    g_string_free(copy->out, TRUE);
    g_string_free(copy->scratch, TRUE);
    refusal_clear(&copy->refusal);
    g_clear_error(&copy->error);
}

/* --- sources ------------------------------------------------------------------------------------ */

static gboolean fail_missing_prefix(Copy *copy)
{
    g_autofree char *error =
        g_strdup_printf("The specified S3 prefix '%s' does not exist", copy->options.prefix);
    g_autofree char *detail = boxed_detail(error, 8001, "", copy->query_id, "s3_utility.cpp:669",
                                           front_pid(copy->session));
    return front_fail_detail(copy->session, "XX000", error, detail);
}

static gboolean list_files(Copy *copy)
{
    const CopyOptions *options = &copy->options;
    Store *store = front_store(copy->session);
    if (!engine_check_bucket(copy->session, copy->query_id, options->bucket, options->prefix,
                             options->region))
        return FALSE;
    if (options->manifest) {
        copy->files =
            copy_files_by_manifest(store, options->bucket, options->prefix, &copy->refusal);
        return copy->files != NULL || engine_refuse(copy->session, &copy->refusal);
    }
    copy->files = copy_files_by_prefix(store, options->bucket, options->prefix, &copy->error);
    if (copy->files == NULL)
        return front_fail(copy->session, "XX000", "%s", copy->error->message);
    return copy->files->len > 0 || fail_missing_prefix(copy);
}

static gboolean make_json_map(Copy *copy)
{
    const CopyOptions *options = &copy->options;
    g_autofree char *bucket = NULL;
    g_autofree char *key = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;
    if (options->format != COPY_JSON)
        return TRUE;
    if (options->json == COPY_JSON_PATHS) {
        if (!option_split_url(options->json_paths, &bucket, &key))
            return front_fail(copy->session, "XX000",
                              "Invalid JSONPath file \"%s\": not an s3:// url",
                              options->json_paths);
        text = copy_read_object(front_store(copy->session), bucket, key, &length, &copy->error);
        if (text == NULL)
            return front_fail(copy->session, "XX000", "Cannot read the JSONPath file: %s",
                              copy->error->message);
    }
    copy->json = json_map_new(options, copy->target.columns, text, length, &copy->refusal);
    return copy->json != NULL || engine_refuse(copy->session, &copy->refusal);
}

static gboolean check_widths(Copy *copy)
{
    const GArray *widths = copy->options.widths;
    if (widths == NULL || widths->len == copy->target.columns->len)
        return TRUE;
    return front_fail(copy->session, "42601",
                      "FIXEDWIDTH specification has %u columns, the table or column list has %u",
                      widths->len, copy->target.columns->len);
}

/* --- rows --------------------------------------------------------------------------------------- */

/* Counts a bad record. FALSE when it is one too many. */
static gboolean refuse_record(Copy *copy, const CopyRecord *record, guint field,
                              const LoadProblem *problem)
{
    const CopyOptions *options = &copy->options;
    const CopyField *value =
        field < record->fields->len ? &g_array_index(record->fields, CopyField, field) : NULL;
    CopyRowError error = {
        .file = copy->log.current,
        .line = record->line,
        .column = field < copy->target.columns->len ? copy->target.columns->pdata[field] : NULL,
        .raw = record->raw,
        .raw_length = record->raw_length,
        .value = value != NULL ? value->text : NULL,
        .value_length = value != NULL ? value->length : 0,
        .code = problem->code,
        .position = problem->position,
        .reason = problem->reason,
    };
    copy_log_error(&copy->log, &error);
    guint64 limit = (guint64)MAX(options->max_error, 1);
    copy->too_many_errors = !options->ignore_all_errors && copy->log.errors >= limit;
    return !copy->too_many_errors;
}

static gboolean record_problem(LoadProblem *problem, int code, const char *reason)
{
    *problem = (LoadProblem){.code = code};
    g_strlcpy(problem->reason, reason, sizeof(problem->reason));
    return FALSE;
}

/* One delimiter at the end of a text line closes it instead of opening another field. */
static guint count_fields(const Copy *copy, const CopyRecord *record)
{
    guint count = record->fields->len;
    if (copy->options.format == COPY_TEXT && count == copy->target.columns->len + 1 &&
        g_array_index(record->fields, CopyField, count - 1).length == 0)
        return count - 1;
    return count;
}

static gboolean check_count(const Copy *copy, const CopyRecord *record, guint count, guint *field,
                            LoadProblem *problem)
{
    guint wanted = copy->target.columns->len;
    *field = MIN(count, wanted);
    if (count > wanted)
        return record_problem(problem, LOAD_ERROR_TOO_MANY, "Extra column(s) found");
    if (count == wanted || copy->options.fill_record)
        return TRUE;
    if (count <= 1 && record->raw_length > 0)
        return record_problem(problem, LOAD_ERROR_NO_DELIMITER, "Delimiter not found");
    return record_problem(problem, LOAD_ERROR_TOO_FEW,
                          "Missing column(s): the line has fewer fields than the table");
}

/* FILLRECORD: NULL, but an empty string for VARCHAR unless EMPTYASNULL makes that NULL too. */
static CopyField filled_field(const LoadColumn *column)
{
    return column->kind == LOAD_VARCHAR ? (CopyField){.text = ""} : (CopyField){.text = NULL};
}

static gboolean append_row(Copy *copy, const CopyRecord *record, guint *field, LoadProblem *problem)
{
    guint count = count_fields(copy, record);
    if (!check_count(copy, record, count, field, problem))
        return FALSE;
    for (guint i = 0; i < copy->target.columns->len; i++) {
        const LoadColumn *column = copy->target.columns->pdata[i];
        CopyField value =
            i < count ? g_array_index(record->fields, CopyField, i) : filled_field(column);
        *field = i;
        if (i > 0)
            g_string_append_c(copy->out, '\t');
        if (!load_value(copy->out, column, &copy->options, &value, problem))
            return FALSE;
    }
    g_string_append_c(copy->out, '\n');
    return TRUE;
}

static gboolean send_rows(Copy *copy)
{
    if (!copy->options.no_load && copy->out->len > 0)
        copy->backend_failed = !backend_copy_in_data(copy->session, copy->out->str, copy->out->len);
    g_string_truncate(copy->out, 0);
    return !copy->backend_failed;
}

static gboolean take_record(Copy *copy, CopyRecord *record)
{
    LoadProblem problem = {0};
    guint field = record->error_field;
    gsize before = copy->out->len;
    if (record->error_code == 0 && copy->json != NULL)
        json_fields(copy->json, record, copy->scratch);
    if (record->error_code != 0) {
        record_problem(&problem, record->error_code, record->reason);
        return refuse_record(copy, record, record->error_field, &problem);
    }
    if (!append_row(copy, record, &field, &problem)) {
        g_string_truncate(copy->out, before);
        return refuse_record(copy, record, field, &problem);
    }
    copy->log.rows++;
    line_map_add(copy->lines, copy->log.current, record->line);
    return copy->out->len < SEND_BYTES || send_rows(copy);
}

/* --- files -------------------------------------------------------------------------------------- */

static gboolean read_records(Copy *copy, RecordReader *reader)
{
    CopyFileProgress *progress = &copy->log.progress[copy->log.current];
    for (;;) {
        CopyRecord record;
        RecordResult result = record_reader_next(reader, &record, &copy->error);
        progress->bytes = copy_stream_position(copy->stream);
        progress->lines = record_reader_lines(reader);
        if (result != RECORD_READ)
            return result == RECORD_END;
        if (!take_record(copy, &record))
            return FALSE;
        copy->cancelled = !pace_row(&copy->pace);
        if (copy->cancelled)
            return FALSE;
    }
}

static gboolean load_file(Copy *copy, guint index)
{
    CopyFileProgress *progress = &copy->log.progress[index];
    copy->log.current = index;
    progress->started_us = g_get_real_time();
    g_autoptr(CopyStream) stream = copy_stream_open(
        front_store(copy->session), copy->files->pdata[index], &copy->options, &copy->error);
    if (stream == NULL)
        return FALSE;
    g_autoptr(RecordReader) reader =
        record_reader_new(&copy->options, copy->target.columns->len, copy_stream_read, stream);
    copy->stream = stream;
    gboolean good = read_records(copy, reader);
    progress->bytes = copy_stream_position(stream);
    if (good)
        progress->ended_us = g_get_real_time();
    return good;
}

static gboolean load_files(Copy *copy)
{
    for (guint i = 0; i < copy->files->len; i++)
        if (!load_file(copy, i))
            return FALSE;
    return send_rows(copy);
}

/* --- the outcome -------------------------------------------------------------------------------- */

static gboolean fail_load(Copy *copy)
{
    return front_fail(copy->session, "XX000",
                      "Load into table '%s' failed.  Check 'stl_load_errors' system table for "
                      "details.",
                      copy->target.table);
}

/* PostgreSQL refused a row that looked good here: noted like the others, at its place. */
static gboolean fail_by_backend(Copy *copy, guint64 row)
{
    guint file = 0;
    guint64 line = 0;
    const FrontError *kept = backend_error(copy->session);
    gboolean is_data = kept != NULL && (g_str_has_prefix(kept->sqlstate, "22") ||
                                        g_str_has_prefix(kept->sqlstate, "23"));
    if (!is_data || !line_map_find(copy->lines, row, &file, &line))
        return FALSE; /* the front has the backend's error */
    CopyRowError error = {
        .file = file, .line = line, .raw = "", .code = LOAD_ERROR_UNKNOWN, .reason = kept->message};
    copy_log_error(&copy->log, &error);
    return fail_load(copy);
}

/* Reading stopped early: nothing may stay. */
static gboolean give_up(Copy *copy)
{
    guint64 row = 0;
    if (copy->backend_failed) {
        backend_copy_in_end(copy->session, NULL, &row);
        if (front_cancelled(copy->session))
            return engine_cancelled(copy->session, copy->query_id);
        return fail_by_backend(copy, row);
    }
    backend_copy_in_abort(copy->session, "the load failed");
    if (copy->cancelled)
        return engine_cancelled(copy->session, copy->query_id);
    if (copy->too_many_errors)
        return fail_load(copy);
    return front_fail(copy->session, "XX000", "Load into table '%s' failed.  %s",
                      copy->target.table, copy->error->message);
}

static void tick(gpointer user)
{
    copy_log_update(&((Copy *)user)->log);
}

static gboolean load_rows(Copy *copy)
{
    guint64 loaded = 0, row = 0;
    g_autofree char *sql = copy_target_statement(&copy->target);
    if (!backend_copy_in_begin(copy->session, sql))
        return FALSE;
    pace_begin(&copy->pace, copy->session, "copy", tick, copy);
    if (!load_files(copy))
        return give_up(copy);
    if (!backend_copy_in_end(copy->session, &loaded, &row)) {
        if (front_cancelled(copy->session))
            return engine_cancelled(copy->session, copy->query_id);
        return fail_by_backend(copy, row);
    }
    copy->log.rows = loaded;
    return TRUE;
}

/* STATUPDATE is on for tables that were empty. Only owners may; for others it is left out. */
static void update_statistics(Copy *copy)
{
    g_autofree char *name = copy_target_name(&copy->target);
    g_autofree char *sql = g_strdup_printf("ANALYZE %s", name);
    if (copy->target.empty && copy->target.owned && !copy->options.no_statistics &&
        copy->log.rows > 0)
        backend_query(copy->session, sql, NULL, NULL);
}

static void announce(Copy *copy, guint64 rows, guint64 errors)
{
    front_set_last_copy(copy->session, copy->query_id, (gint64)rows);
    front_notice(copy->session,
                 "Load into table '%s' completed, %" G_GUINT64_FORMAT
                 " record(s) loaded successfully.",
                 copy->target.table, rows);
    if (errors > 0)
        front_notice(copy->session,
                     "Load into table '%s' completed, %" G_GUINT64_FORMAT
                     " record(s) could not be loaded.  Check 'stl_load_errors' system table for "
                     "details.",
                     copy->target.table, errors);
}

static gboolean check_statement(Copy *copy, const char *sql)
{
    return copy_options_parse(sql, &copy->options, &copy->refusal) &&
           copy_options_supported(&copy->options, &copy->refusal) &&
           auth_resolve(&copy->options.auth, front_iam_role(copy->session),
                        front_region(copy->session), front_user(copy->session), copy->query_id,
                        front_pid(copy->session), &copy->refusal);
}

static gboolean run(Copy *copy, const char *sql)
{
    copy->query_id = front_next_query_id(copy->session);
    if (!check_statement(copy, sql))
        return engine_refuse(copy->session, &copy->refusal);
    if (!copy_target_find(copy->session, &copy->options, &copy->target) || !check_widths(copy) ||
        !list_files(copy) || !make_json_map(copy))
        return FALSE;
    front_set_last_copy(copy->session, copy->query_id, 0);
    copy_log_begin(&copy->log, copy->session, &copy->options, &copy->target, copy->files,
                   copy->query_id);
    gboolean good = load_rows(copy);
    guint64 rows = copy->log.rows, errors = copy->log.errors;
    copy_log_end(&copy->log, good ? "completed" : "aborted");
    if (!good)
        return FALSE;
    update_statistics(copy);
    announce(copy, rows, errors);
    return TRUE;
}

gboolean copy_statement(FrontSession *session, const char *sql)
{
    Copy copy = {.session = session,
                 .lines = line_map_new(),
                 .out = g_string_new(NULL),
                 .scratch = g_string_new(NULL)};
    gboolean good = run(&copy, sql);
    copy_clear(&copy);
    return good;
}
