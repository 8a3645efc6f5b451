#include "ui/views/export_form.h"

#include "base/error.h"
#include "job/export.h"
#include "ui/views/form_view.h"

static const char *const formats[] = {"by suffix", "csv",    "tsv",      "json", "jsonl",
                                      "psql",      "insert", "markdown", "text", NULL};

static const FormField fields[] = {
    {"path", "file", ".csv .tsv .json .jsonl .sql .md .psql .txt, and .gz or .zst behind it",
     FORM_TEXT, NULL, "--output"},
    {"format", "format", "Space changes it; by suffix: as the file's name says", FORM_CHOICE,
     formats, "--format"},
    {"bare", "without names", "no first line with the names of the columns (csv, tsv, text)",
     FORM_SWITCH, NULL, "--no-header"},
    {"overwrite", "overwrite", "replace the file that is there; asks for its name", FORM_SWITCH,
     NULL, "--overwrite"},
    {0},
};

static gpointer copy_query(gconstpointer query)
{
    return sql_query_copy(query);
}

static void free_query(gpointer query)
{
    sql_query_free(query);
}

static Plan *plan_export(Workbench *workbench, const FormValues *values, GCancellable *cancellable,
                         GError **error)
{
    const SqlQuery *query = form_subject(values);
    const char *path = form_value(values, "path"), *format = form_value(values, "format");
    if (path == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Name the file");
        return NULL;
    }
    ExportRequest request = {.schema = query->schema,
                             .relation = query->relation,
                             .header = !form_switch(values, "bare"),
                             .overwrite = form_switch(values, "overwrite")};
    g_autofree char *sql = sql_query_text(query, error);
    g_autofree char *source = g_strdup_printf("%s.%s", query->schema, query->relation);
    if (sql == NULL ||
        !export_request_init(&request, path, g_strcmp0(format, formats[0]) == 0 ? NULL : format,
                             error))
        return NULL;
    request.sql = sql;
    return export_plan_new(&request, workbench_profile(workbench)->name, source, error);
}

static char *query_words(const FormValues *values)
{
    g_autofree char *sql = sql_query_text(form_subject(values), NULL);
    g_autofree char *quoted = g_shell_quote(sql != NULL ? sql : "");
    return g_strconcat(" -c ", quoted, NULL);
}

View *export_form_new(App *app, const SqlQuery *query)
{
    static const FormClass class = {.command = "query",
                                    .fields = fields,
                                    .plan = plan_export,
                                    .words = query_words,
                                    .copy_subject = copy_query,
                                    .free_subject = free_query};
    g_autoptr(SqlQuery) all = sql_query_copy(query);
    all->limit = -1;
    g_autofree char *title = g_strdup_printf("Export %s.%s", query->schema, query->relation);
    g_autofree char *sql = sql_query_pretty(all, NULL);
    View *form = form_view_new(app, &class, title, all, sql);
    g_autofree char *path = g_strconcat("./", query->relation, ".csv", NULL);
    form_view_set(form, "path", path);
    return form;
}
