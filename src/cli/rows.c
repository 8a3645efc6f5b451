#include "cli/rows.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/json.h"

enum { ROWS_PER_FETCH = 1000 };

static void say_rows(CliContext *cli, const Output *output)
{
    g_autofree char *count = text_count(output_n_rows(output));
    guint left_out = output_n_left_out(output);
    if (left_out > 0)
        narrator_say(cli->narrator,
                     "%s rows; %u more columns do not fit: name --columns, or use "
                     "another --format",
                     count, left_out);
    else
        narrator_say(cli->narrator, "%s row%s", count, output_n_rows(output) == 1 ? "" : "s");
}

static void say_outcome(CliContext *cli, const StatementOutcome *outcome, gboolean has_rows)
{
    for (guint i = 0; outcome->notices != NULL && i < outcome->notices->len; i++)
        narrator_say(cli->narrator, "%s", (const char *)outcome->notices->pdata[i]);
    if (!has_rows && outcome->tag != NULL && *outcome->tag != '\0')
        narrator_say(cli->narrator, "%s", outcome->tag);
}

static gboolean fetch_all(CliContext *cli, Statement *statement, Output *output, GError **error)
{
    gboolean finished = FALSE;
    while (!finished)
        if (!statement_fetch(statement, ROWS_PER_FETCH, output_row, output, &finished,
                             cli->cancellable, error))
            return FALSE;
    return output_end(output, error);
}

static Output *output_of(const CliContext *cli, const RowsShape *shape, const ResultColumn *columns,
                         guint n_columns)
{
    OutputStyle style = cli_output_style(cli, shape->header);
    style.schema = shape->schema;
    style.relation = shape->relation;
    return output_new(shape->format, cli->out, columns, n_columns, &style);
}

gboolean rows_print(CliContext *cli, Session *session, const char *sql, const RowsShape *shape,
                    GError **error)
{
    Statement *statement = session_start(session, sql, cli->cancellable, error);
    if (statement == NULL)
        return FALSE;
    guint n_columns = 0;
    const ResultColumn *columns = statement_columns(statement, &n_columns);
    g_autoptr(Output) output = NULL;
    g_auto(StatementOutcome) outcome = {0};
    gboolean fetched = TRUE;
    if (n_columns > 0) {
        output = output_of(cli, shape, columns, n_columns);
        fetched = fetch_all(cli, statement, output, error);
    }
    if (!statement_finish(statement, &outcome, fetched ? error : NULL))
        return FALSE;
    if (!fetched)
        return FALSE;
    say_outcome(cli, &outcome, n_columns > 0);
    if (output != NULL && shape->format == OUTPUT_TABLE)
        say_rows(cli, output);
    return TRUE;
}

static gboolean print_result(CliContext *cli, const ExportRequest *request,
                             const ExportResult *result, GError **error)
{
    if (cli->globals.json) {
        cJSON *object = cJSON_CreateObject();
        cli_json_add_text(object, "file", request->path);
        cJSON_AddStringToObject(object, "format", row_format_name(request->format));
        cJSON_AddNumberToObject(object, "rows", (double)result->rows);
        cJSON_AddNumberToObject(object, "bytes", (double)result->bytes);
        return cli_print_json(cli, object, error);
    }
    g_autofree char *rows = text_count(result->rows);
    g_autofree char *bytes = text_bytes(result->bytes);
    narrator_say(cli->narrator, "%s row%s, %s, to %s", rows, result->rows == 1 ? "" : "s", bytes,
                 request->path);
    return TRUE;
}

gboolean rows_export(CliContext *cli, Session *session, const ExportRequest *request,
                     GError **error)
{
    g_autoptr(Plan) plan =
        export_plan_new(request, workbench_profile(cli->workbench)->name, "rows", error);
    if (plan == NULL)
        return FALSE;
    Progress progress = {0};
    ExportResult result = {0};
    progress_begin_job(&progress);
    progress_begin_step(&progress, 0);
    narrator_begin_job(cli->narrator, plan, &progress);
    gboolean done =
        export_run(session, request, &progress, NULL, NULL, &result, cli->cancellable, error);
    progress_end_job(&progress, done ? JOB_DONE : JOB_FAILED);
    narrator_end_job(cli->narrator);
    return done && print_result(cli, request, &result, error);
}
