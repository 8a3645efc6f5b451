#include <glob.h>
#include <string.h>

#include "base/error.h"
#include "job/merge_plan.h"
#include "job/unload_plan.h"
#include "job/write_plan.h"
#include "ui/app.h"
#include "ui/views/form_view.h"
#include "ui/views/views.h"

/* --- what the three have in common --------------------------------------------------------------*/

static char **split_list(const char *text)
{
    if (text == NULL)
        return NULL;
    char **parts = g_strsplit(text, ",", -1);
    for (char **part = parts; *part != NULL; part++)
        g_strstrip(*part);
    return parts;
}

static gboolean parse_number(const FormValues *values, const char *name, gint64 least, gint64 most,
                             gint64 *number, GError **error)
{
    const char *text = form_value(values, name);
    *number = 0;
    if (text == NULL || g_ascii_string_to_signed(text, 10, least, most, number, NULL))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "%s: \"%s\" is no whole number from %" G_GINT64_FORMAT " on", name, text, least);
    return FALSE;
}

/* Words as a shell splits them; local patterns are expanded, S3 URLs are left alone. */
static char **expand_files(const char *text, GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) failure = NULL;
    if (text == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "Name the files, or objects in S3 as s3://bucket/prefix");
        return NULL;
    }
    if (!g_shell_parse_argv(text, NULL, &words, &failure)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "files: %s", failure->message);
        return NULL;
    }
    GPtrArray *paths = g_ptr_array_new();
    for (char **word = words; *word != NULL; word++) {
        glob_t found = {0};
        gboolean remote = g_ascii_strncasecmp(*word, "s3", 2) == 0 && strstr(*word, "://") != NULL;
        if (!remote && glob(*word, GLOB_TILDE, NULL, &found) == 0)
            for (gsize i = 0; i < found.gl_pathc; i++)
                g_ptr_array_add(paths, g_strdup(found.gl_pathv[i]));
        else
            g_ptr_array_add(paths, g_strdup(*word)); /* the plan names what is missing */
        globfree(&found);
    }
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(paths, FALSE);
}

static gboolean parse_target(const FormValues *values, char **schema, char **table, GError **error)
{
    const char *into = form_value(values, "into");
    if (into != NULL)
        return catalog_parse_name(into, schema, table, error);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Name the target, as schema.table");
    return FALSE;
}

/* "auto" means that the suffix decides. */
static const char *unless_auto(const char *value)
{
    return value == NULL || strcmp(value, "auto") == 0 ? NULL : value;
}

static LoadHeader header_of(const FormValues *values)
{
    const char *header = form_value(values, "header");
    return g_strcmp0(header, "yes") == 0  ? LOAD_HEADER_YES
           : g_strcmp0(header, "no") == 0 ? LOAD_HEADER_NO
                                          : LOAD_HEADER_AUTO;
}

static LoadSource source_of(const FormValues *values, char **paths, char **columns,
                            gint64 max_errors)
{
    return (LoadSource){
        .paths = (const char *const *)paths,
        .columns = (const char *const *)columns,
        .format = unless_auto(form_value(values, "format")),
        .header = header_of(values),
        .delimiter = form_value(values, "delimiter"),
        .null_as = form_value(values, "null"),
        .widen = form_value(values, "widen"),
        .max_errors = (int)max_errors,
        .truncate_columns = form_switch(values, "truncate"),
        .empty_as_null = form_switch(values, "empty"),
        .accept_inv_chars = form_switch(values, "invalid"),
    };
}

static char *file_words(const FormValues *values)
{
    const char *files = form_value(values, "files");
    return files != NULL ? g_strconcat(" ", files, NULL) : NULL;
}

static char *target_text(const char *schema, const char *relation)
{
    return schema != NULL && relation != NULL ? g_strconcat(schema, ".", relation, NULL)
                                              : g_strdup("");
}

static const char *const load_formats[] = {"auto", "csv", "text", "json", "parquet", NULL};
static const char *const headers[] = {"auto", "yes", "no", NULL};

/* --- unload -------------------------------------------------------------------------------------*/

static const char *const unload_formats[] = {"text", "csv", "json", "parquet", NULL};
static const char *const compressions[] = {"none", "gzip", "zstd", NULL};

static const FormField unload_fields[] = {
    {"to", "to", "a folder, or s3://bucket/prefix", FORM_TEXT, NULL, "--to"},
    {"format", "format", "Space changes it; parquet goes to S3 only", FORM_CHOICE, unload_formats,
     "--format"},
    {"compression", "compression", "Space changes it", FORM_CHOICE, compressions, "--compression"},
    {"header", "header", "a first line with the names of the columns (csv and text)", FORM_SWITCH,
     NULL, "--header"},
    {"delimiter", "delimiter", "one character; empty for | in text and , in csv", FORM_TEXT, NULL,
     "--delimiter"},
    {"null", "NULL as", "empty for \\N; keep it different from the empty string", FORM_TEXT, NULL,
     "--null-as"},
    {"serial", "one after another", "PARALLEL OFF: slower, in the order of the query", FORM_SWITCH,
     NULL, "--serial"},
    {"size", "largest file, MB", "empty for the server's default", FORM_TEXT, NULL,
     "--max-file-size"},
    {"partition", "partition by", "columns with commas between; S3 only", FORM_TEXT, NULL,
     "--partition-by"},
    {"overwrite", "overwrite", "files of the same name are replaced; asks for the target's name",
     FORM_SWITCH, NULL, "--overwrite"},
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

static Plan *plan_unload(Workbench *workbench, const FormValues *values, GCancellable *cancellable,
                         GError **error)
{
    gint64 size;
    if (form_value(values, "to") == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "Say where to: a folder, or s3://bucket/prefix");
        return NULL;
    }
    if (!parse_number(values, "size", 1, G_MAXINT, &size, error))
        return NULL;
    g_auto(GStrv) partition = split_list(form_value(values, "partition"));
    UnloadRequest request = {
        .profile = workbench_profile(workbench),
        .query = form_subject(values),
        .to = form_value(values, "to"),
        .header = form_switch(values, "header"),
        .delimiter = form_value(values, "delimiter"),
        .null_as = form_value(values, "null"),
        .serial = form_switch(values, "serial"),
        .max_file_size_mb = (double)size,
        .overwrite = form_switch(values, "overwrite"),
        .partition_by = (const char *const *)partition,
    };
    sql_format_from_name(form_value(values, "format"), &request.format);
    sql_compression_from_name(form_value(values, "compression"), &request.compression);
    S3Client *s3 = workbench_s3(workbench, error);
    Session *session = s3 != NULL ? workbench_take_session(workbench, cancellable, error) : NULL;
    if (session == NULL)
        return NULL;
    Plan *plan = unload_plan_new(&request, session, s3, cancellable, error);
    workbench_give_session(workbench, session);
    return plan;
}

/* The rows: the query as SQL, for a structured one has no text of its own. */
static char *query_words(const FormValues *values)
{
    g_autofree char *sql = sql_query_text(form_subject(values), NULL);
    g_autofree char *quoted = g_shell_quote(sql != NULL ? sql : "");
    return g_strconcat(" -c ", quoted, NULL);
}

View *unload_form_new(App *app, const SqlQuery *query)
{
    static const FormClass class = {.command = "unload",
                                    .fields = unload_fields,
                                    .plan = plan_unload,
                                    .words = query_words,
                                    .copy_subject = copy_query,
                                    .free_subject = free_query};
    g_autoptr(SqlQuery) all = sql_query_copy(query);
    all->limit = -1; /* a preview's bound is none of the unload's */
    g_autofree char *title = g_strdup_printf("Unload %s.%s", query->schema, query->relation);
    g_autofree char *sql = sql_query_pretty(all, NULL);
    View *form = form_view_new(app, &class, title, all, sql);
    g_autofree char *to = g_strconcat("./", query->relation, NULL);
    form_view_set(form, "to", to);
    return form;
}

/* --- write --------------------------------------------------------------------------------------*/

static const char *const modes[] = {"append", "overwrite", "error", "ignore", NULL};

static const FormField write_fields[] = {
    {"files", "files", "local files (patterns as in a shell), or s3://bucket/prefix", FORM_TEXT,
     NULL, NULL},
    {"into", "into", "schema.table; made when it is missing", FORM_TEXT, NULL, "--into"},
    {"mode", "mode", "overwrite replaces all rows; error and ignore are for missing tables",
     FORM_CHOICE, modes, "--mode"},
    {"format", "format", "auto: by the files' suffix", FORM_CHOICE, load_formats, "--format"},
    {"header", "header", "auto: when the first line names columns of the table", FORM_CHOICE,
     headers, NULL},
    {"delimiter", "delimiter", "one character; empty for the format's own", FORM_TEXT, NULL,
     "--delimiter"},
    {"null", "NULL as", "empty for \\N", FORM_TEXT, NULL, "--null-as"},
    {"columns", "columns", "the table's column for each field, commas between; empty: by header",
     FORM_TEXT, NULL, "--columns"},
    {"errors", "skip bad rows", "fewer than that many are left out; empty: stop at the first",
     FORM_TEXT, NULL, "--max-errors"},
    {"truncate", "truncate", "cut what is too long for its column: loses data", FORM_SWITCH, NULL,
     "--truncate-columns"},
    {"widen", "widen a column", "COLUMN=BYTES makes that VARCHAR longer before the load", FORM_TEXT,
     NULL, "--widen"},
    {"empty", "empty as NULL", "the empty string becomes NULL", FORM_SWITCH, NULL,
     "--empty-as-null"},
    {"invalid", "mend UTF-8", "bytes that are no UTF-8 become ?", FORM_SWITCH, NULL,
     "--accept-inv-chars"},
    {"like", "made like", "a missing table takes the columns of this one", FORM_TEXT, NULL,
     "--like"},
    {0},
};

static gboolean parse_optional_name(const char *text, char **schema, char **table, GError **error)
{
    return text == NULL || catalog_parse_name(text, schema, table, error);
}

static Plan *plan_write(Workbench *workbench, const FormValues *values, GCancellable *cancellable,
                        GError **error)
{
    gint64 max_errors;
    g_autofree char *schema = NULL;
    g_autofree char *table = NULL;
    g_autofree char *like_schema = NULL;
    g_autofree char *like_table = NULL;
    g_auto(GStrv) columns = split_list(form_value(values, "columns"));
    g_auto(GStrv) paths = expand_files(form_value(values, "files"), error);
    if (paths == NULL || !parse_target(values, &schema, &table, error) ||
        !parse_number(values, "errors", 0, 100000, &max_errors, error) ||
        !parse_optional_name(form_value(values, "like"), &like_schema, &like_table, error))
        return NULL;
    WriteRequest request = {
        .profile = workbench_profile(workbench),
        .source = source_of(values, paths, columns, max_errors),
        .schema = schema,
        .table = table,
        .like_schema = like_schema,
        .like_table = like_table,
    };
    write_mode_from_name(form_value(values, "mode"), &request.mode);
    S3Client *s3 = workbench_s3(workbench, error);
    Session *session = s3 != NULL ? workbench_take_session(workbench, cancellable, error) : NULL;
    if (session == NULL)
        return NULL;
    Plan *plan = write_plan_new(&request, session, s3, cancellable, error);
    workbench_give_session(workbench, session);
    return plan;
}

static char *load_words(const FormValues *values)
{
    g_autofree char *files = file_words(values);
    LoadHeader header = header_of(values);
    return g_strconcat(files != NULL ? files : "",
                       header == LOAD_HEADER_YES  ? " --header"
                       : header == LOAD_HEADER_NO ? " --no-header"
                                                  : "",
                       NULL);
}

View *write_form_new(App *app, const char *schema, const char *relation)
{
    static const FormClass class = {
        .command = "write", .fields = write_fields, .plan = plan_write, .words = load_words};
    View *form = form_view_new(app, &class, "Write files into a table", NULL, NULL);
    g_autofree char *into = target_text(schema, relation);
    form_view_set(form, "into", into);
    return form;
}

/* --- merge --------------------------------------------------------------------------------------*/

static const char *const strategies[] = {"merge", "delete-insert", "scd2", NULL};

static const FormField merge_fields[] = {
    {"files", "files", "local files, or s3://bucket/prefix; empty when the rows are in a table",
     FORM_TEXT, NULL, NULL},
    {"from", "or from table", "schema.table or a view with the new rows", FORM_TEXT, NULL,
     "--from"},
    {"into", "into", "schema.table, which exists", FORM_TEXT, NULL, "--into"},
    {"key", "key", "columns that tell rows apart, commas between", FORM_TEXT, NULL, "--key"},
    {"strategy", "strategy", "merge: MERGE; delete-insert: replace whole rows; scd2: keep old ones",
     FORM_CHOICE, strategies, "--strategy"},
    {"format", "format", "auto: by the files' suffix", FORM_CHOICE, load_formats, "--format"},
    {"header", "header", "auto: when the first line names columns of the table", FORM_CHOICE,
     headers, NULL},
    {"delimiter", "delimiter", "one character; empty for the format's own", FORM_TEXT, NULL,
     "--delimiter"},
    {"null", "NULL as", "empty for \\N", FORM_TEXT, NULL, "--null-as"},
    {"columns", "columns", "the table's column for each field, commas between; empty: by header",
     FORM_TEXT, NULL, "--columns"},
    {"errors", "skip bad rows", "fewer than that many are left out; empty: stop at the first",
     FORM_TEXT, NULL, "--max-errors"},
    {"truncate", "truncate", "cut what is too long for its column: loses data", FORM_SWITCH, NULL,
     "--truncate-columns"},
    {"widen", "widen a column", "COLUMN=BYTES makes that VARCHAR longer before the load", FORM_TEXT,
     NULL, "--widen"},
    {0},
};

static gboolean one_source(const FormValues *values, GError **error)
{
    if ((form_value(values, "files") != NULL) != (form_value(values, "from") != NULL))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "The new rows come from files or from a table: fill in one of the two");
    return FALSE;
}

static Plan *plan_merge(Workbench *workbench, const FormValues *values, GCancellable *cancellable,
                        GError **error)
{
    g_autofree char *schema = NULL;
    g_autofree char *table = NULL;
    g_autofree char *from_schema = NULL;
    g_autofree char *from_table = NULL;
    gint64 max_errors;
    g_auto(GStrv) columns = split_list(form_value(values, "columns"));
    g_auto(GStrv) keys = split_list(form_value(values, "key"));
    g_auto(GStrv) paths = NULL;
    if (!one_source(values, error) || !parse_target(values, &schema, &table, error) ||
        !parse_number(values, "errors", 0, 100000, &max_errors, error) ||
        !parse_optional_name(form_value(values, "from"), &from_schema, &from_table, error))
        return NULL;
    if (from_table == NULL && (paths = expand_files(form_value(values, "files"), error)) == NULL)
        return NULL;
    if (keys == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "Name the key: the columns that tell rows apart");
        return NULL;
    }
    MergeRequest request = {
        .profile = workbench_profile(workbench),
        .source = source_of(values, paths, columns, max_errors),
        .from_schema = from_schema,
        .from_table = from_table,
        .schema = schema,
        .table = table,
        .keys = (const char *const *)keys,
    };
    merge_strategy_from_name(form_value(values, "strategy"), &request.strategy);
    S3Client *s3 = workbench_s3(workbench, error);
    Session *session = s3 != NULL ? workbench_take_session(workbench, cancellable, error) : NULL;
    if (session == NULL)
        return NULL;
    Plan *plan = merge_plan_new(&request, session, s3, cancellable, error);
    workbench_give_session(workbench, session);
    return plan;
}

View *merge_form_new(App *app, const char *schema, const char *relation)
{
    static const FormClass class = {
        .command = "merge", .fields = merge_fields, .plan = plan_merge, .words = load_words};
    View *form = form_view_new(app, &class, "Merge rows into a table by key", NULL, NULL);
    g_autofree char *into = target_text(schema, relation);
    form_view_set(form, "into", into);
    return form;
}

/* --- again --------------------------------------------------------------------------------------*/

/* What is kept with a plan are texts of our own forms. */
static void fill(View *form, const cJSON *entered)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, entered) if (cJSON_IsString(entry))
        form_view_set(form, entry->string, entry->valuestring);
}

View *job_form_again(App *app, const Plan *plan)
{
    const char *entered = plan_text_detail(plan, FORM_DETAIL);
    cJSON *values = entered != NULL ? cJSON_Parse(entered) : NULL;
    View *form = NULL;
    if (values != NULL && strcmp(plan->kind, "write") == 0)
        form = write_form_new(app, NULL, NULL);
    else if (values != NULL && strcmp(plan->kind, "merge") == 0)
        form = merge_form_new(app, NULL, NULL);
    if (form != NULL)
        fill(form, values);
    cJSON_Delete(values);
    return form;
}
