#include "job/export.h"

#include "base/error.h"
#include "job/export_file.h"

enum {
    BLOCK_BYTES = 1 << 20, /* what is compressed and written at once */
    ROWS_PER_FETCH = 4096, /* between two looks at the clock */
    TICK_US = 200 * 1000,
};

typedef struct {
    RowWriter *writer;
    ExportFile *file;
    GString *block;
    Progress *progress;
    guint64 bytes;
} Export;

/* A RowFunction. */
static gboolean take_row(gpointer user, guint n_columns, const char *const *values,
                         const int *lengths, GError **error)
{
    Export *export = user;
    row_writer_row(export->writer, values, lengths, export->block);
    if (export->block->len < BLOCK_BYTES)
        return TRUE;
    export->bytes += export->block->len;
    return export_file_write(export->file, export->block, error);
}

static void count(Export *export)
{
    if (export->progress == NULL)
        return;
    atomic_store(&export->progress->rows, (long long)row_writer_rows(export->writer));
    atomic_store(&export->progress->bytes, (long long)(export->bytes + export->block->len));
}

static gboolean fetch_all(Export *export, Statement *statement, SessionTick tick, gpointer user,
                          GCancellable *cancellable, GError **error)
{
    gboolean finished = FALSE;
    gint64 ticked = g_get_monotonic_time();
    while (!finished) {
        if (!statement_fetch(statement, ROWS_PER_FETCH, take_row, export, &finished, cancellable,
                             error))
            return FALSE;
        count(export);
        if (tick == NULL || g_get_monotonic_time() < ticked + TICK_US)
            continue;
        tick(user);
        ticked = g_get_monotonic_time();
    }
    row_writer_end(export->writer, export->block);
    count(export);
    return export_file_write(export->file, export->block, error);
}

static gboolean open_export(Export *export, const ExportRequest *request, Statement *statement,
                            GError **error)
{
    guint n_columns;
    const ResultColumn *columns = statement_columns(statement, &n_columns);
    if (n_columns == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the statement gave no rows: there is nothing to write to %s", request->path);
        return FALSE;
    }
    const RowStyle style = {
        .header = request->header, .schema = request->schema, .relation = request->relation};
    export->writer = row_writer_new(request->format, columns, n_columns, &style, error);
    if (export->writer == NULL)
        return FALSE;
    export->file = export_file_new(request->path, request->codec, request->overwrite, error);
    return export->file != NULL;
}

static void export_clear(Export *export)
{
    row_writer_free(export->writer);
    export_file_free(export->file);
    g_string_free(export->block, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Export, export_clear)

gboolean export_run(Session *session, const ExportRequest *request, Progress *progress,
                    SessionTick tick, gpointer user, ExportResult *result,
                    GCancellable *cancellable, GError **error)
{
    if (!export_file_check(request->path, request->overwrite, error))
        return FALSE;
    Statement *statement = session_start(session, request->sql, cancellable, error);
    if (statement == NULL)
        return FALSE;
    g_auto(Export) export = {.block = g_string_new(NULL), .progress = progress};
    gboolean fetched = open_export(&export, request, statement, error) &&
                       fetch_all(&export, statement, tick, user, cancellable, error);
    if (!statement_finish(statement, NULL, fetched ? error : NULL) || !fetched)
        return FALSE;
    *result = (ExportResult){.rows = row_writer_rows(export.writer)};
    return export_file_publish(export.file, &result->bytes, error);
}

/* --- requests and plans -----------------------------------------------------------------------------*/

gboolean export_request_init(ExportRequest *request, const char *path, const char *format_name,
                             GError **error)
{
    request->path = path;
    request->codec = CODEC_NONE;
    gboolean known = row_format_from_path(path, &request->format, &request->codec);
    if (format_name != NULL && !row_format_from_name(format_name, &request->format)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" is no format of files: %s",
                    format_name, row_format_names());
        return FALSE;
    }
    if (known || format_name != NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "the name %s says no format: end it in .csv, .tsv, .json, .jsonl, .sql, .md, .psql "
                "or .txt, with .gz or .zst behind it if you like, or name the format",
                path);
    return FALSE;
}

static const char *codec_words(CodecKind codec)
{
    return codec == CODEC_GZIP ? ", gzip" : codec == CODEC_ZSTD ? ", zstd" : "";
}

Plan *export_plan_new(const ExportRequest *request, const char *profile, const char *source,
                      GError **error)
{
    if (!export_file_check(request->path, request->overwrite, error))
        return NULL;
    g_autofree char *path = g_canonicalize_filename(request->path, NULL);
    Plan *plan = plan_new("export", profile);
    plan->title = g_strdup_printf("export %s to %s", source, request->path);
    plan->target = g_strdup(request->path);
    plan->destructive = request->overwrite && g_file_test(path, G_FILE_TEST_EXISTS);
    plan->on_failure = g_strdup("no file is left; resume starts it anew");
    plan_set_text(plan, "path", path);
    plan_set_text(plan, "format", row_format_name(request->format));
    plan_set_text(plan, "schema", request->schema);
    plan_set_text(plan, "relation", request->relation);
    plan_set_number(plan, "codec", request->codec);
    plan_set_flag(plan, "header", request->header);
    plan_set_flag(plan, "overwrite", request->overwrite);
    PlanStep *step =
        plan_add_step(plan, STEP_EXPORT, "%s%s to %s%s", row_format_name(request->format),
                      codec_words(request->codec), path,
                      plan->destructive ? ", in place of the file that is there" : "");
    plan_step_add_action(step, ACTION_SQL, "select", request->sql);
    return plan;
}

gboolean export_request_of_plan(const Plan *plan, ExportRequest *request, GError **error)
{
    const PlanStep *step = plan->steps->len > 0 ? g_ptr_array_index(plan->steps, 0) : NULL;
    const char *path = plan_text_detail(plan, "path");
    if (step == NULL || step->actions->len == 0 || path == NULL ||
        !row_format_from_name(plan_text_detail(plan, "format"), &request->format)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the plan of export %s lacks a part",
                    plan->id);
        return FALSE;
    }
    request->path = path;
    request->sql = ((const PlanAction *)g_ptr_array_index(step->actions, 0))->sql;
    request->schema = plan_text_detail(plan, "schema");
    request->relation = plan_text_detail(plan, "relation");
    request->codec = (CodecKind)CLAMP(plan_number_detail(plan, "codec"), CODEC_NONE, CODEC_ZSTD);
    request->header = plan_flag_detail(plan, "header");
    request->overwrite = plan_flag_detail(plan, "overwrite");
    return TRUE;
}
