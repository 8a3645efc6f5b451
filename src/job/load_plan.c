#include "job/load_plan.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "job/parts.h"
#include "job/stage.h"
#include "sql/ident.h"
#include "sql/literal.h"

const char *load_plan_role(const Profile *profile, const char *iam_role, GError **error)
{
    const char *role = iam_role != NULL ? iam_role : profile->aws_iam_role;
    if (role == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "profile %s names no IAM role for UNLOAD and COPY; set aws_iam_role to an ARN "
                    "or to \"default\"",
                    profile->name);
    return role;
}

gboolean load_plan_set_stage(Plan *plan, const Profile *profile, const char *tempdir,
                             GError **error)
{
    plan->stage_url = stage_url_for(tempdir != NULL ? tempdir : profile->tempdir, plan->id, error);
    return plan->stage_url != NULL;
}

char *load_plan_marker(const Plan *plan)
{
    return g_strconcat("redsmith_", plan->id, NULL);
}

char *load_plan_exists_sql(const char *schema, const char *table)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *table_literal = sql_literal(table);
    return g_strdup_printf("SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON "
                           "n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
                           schema_literal, table_literal);
}

/* --- upload ------------------------------------------------------------------------------------- */

static gboolean is_split(const LoadFacts *facts)
{
    return !facts->remote && facts->compression == SQL_COMPRESS_NONE &&
           facts->format != SQL_FORMAT_PARQUET;
}

char *load_plan_input_title(const LoadSource *source, const LoadFacts *facts)
{
    g_autofree char *bytes = text_bytes(facts->bytes);
    GString *title = g_string_new(NULL);
    g_string_append_printf(title, "%u %s%s, %s, %s", facts->files->len,
                           facts->remote ? "object" : "file", facts->files->len == 1 ? "" : "s",
                           bytes, sql_format_name(facts->format));
    if (facts->compression != SQL_COMPRESS_NONE)
        g_string_append_printf(title, ", %s", sql_compression_name(facts->compression));
    gboolean text = facts->format == SQL_FORMAT_CSV || facts->format == SQL_FORMAT_TEXT;
    if (text) {
        g_autofree char *delimiter = text_printable(facts->delimiter, -1);
        g_string_append_printf(title, ", %s, delimiter %s, NULL as %s",
                               facts->has_header ? "header" : "no header", delimiter,
                               source->null_as != NULL ? source->null_as : "\\N");
    }
    return g_string_free(title, FALSE);
}

static const char *part_suffix(const LoadFacts *facts)
{
    return facts->format == SQL_FORMAT_CSV    ? ".csv.zst"
           : facts->format == SQL_FORMAT_JSON ? ".json.zst"
                                              : ".txt.zst";
}

static void add_upload_files(PlanStep *step, const LoadFacts *facts)
{
    for (guint i = 0; i < facts->files->len; i++) {
        const LoadFile *file = facts->files->pdata[i];
        g_autofree char *base = g_path_get_basename(file->path);
        const char *dot = strchr(base, '.');
        g_autofree char *key = facts->remote ? g_strdup("")
                               : is_split(facts)
                                   ? g_strdup_printf("data/%04u", i)
                                   : g_strdup_printf("data/%04u%s", i, dot != NULL ? dot : "");
        PlanFile *planned = plan_step_add_file(step, file->path, key);
        planned->length = file->size;
        planned->mtime_us = file->mtime_us;
        planned->offset = file->data_offset;
        planned->first_line = file->data_line;
    }
}

void load_plan_add_upload(Plan *plan, const LoadSource *source, const LoadFacts *facts)
{
    gsize part = source->part_bytes != 0 ? source->part_bytes : PART_DEFAULT_BYTES;
    g_autofree char *size = text_bytes(part);
    guint64 n = 0;
    for (guint i = 0; i < facts->files->len; i++)
        n += (((LoadFile *)facts->files->pdata[i])->size + part - 1) / part;
    g_autofree char *parts =
        n <= 1 ? g_strdup("1 part")
               : g_strdup_printf("about %" G_GUINT64_FORMAT " parts of %s", n, size);
    g_autofree char *objects = text_quantity(facts->files->len, "object");
    g_autofree char *files = text_quantity(facts->files->len, "file");
    PlanStep *step;
    if (facts->remote)
        step = plan_add_step(plan, STEP_UPLOAD, "a manifest of %s to %s", objects, plan->stage_url);
    else if (is_split(facts))
        step = plan_add_step(plan, STEP_UPLOAD, "%s, zstd, and a manifest, to %s", parts,
                             plan->stage_url);
    else
        step = plan_add_step(plan, STEP_UPLOAD, "%s as %s, and a manifest, to %s", files,
                             facts->files->len == 1 ? "it is" : "they are", plan->stage_url);
    add_upload_files(step, facts);
    RecordRules rules = load_source_rules(source, facts);
    char quote[2] = {rules.quote, '\0'};
    plan_set_flag(plan, "remote", facts->remote);
    plan_set_flag(plan, "split", is_split(facts));
    plan_set_flag(plan, "parquet", facts->format == SQL_FORMAT_PARQUET);
    plan_set_number(plan, "record_kind", rules.kind);
    plan_set_text(plan, "delimiter", facts->delimiter);
    plan_set_text(plan, "quote", quote);
    plan_set_flag(plan, "escape", rules.escape);
    plan_set_flag(plan, "ignore_blank_lines", source->ignore_blank_lines);
    plan_set_text(plan, "part_suffix", part_suffix(facts));
    plan_set_number(plan, "part_bytes", (gint64)part);
    plan_set_number(plan, "workers", source->workers != 0 ? source->workers : 4);
    plan_set_number(plan, "max_errors", source->max_errors);
}

void load_plan_add_clean(Plan *plan, gboolean keep_stage)
{
    plan_set_flag(plan, "keep_stage", keep_stage);
    if (!keep_stage)
        plan_add_step(plan, STEP_CLEAN, "remove the objects of the stage, key by key");
}

void load_plan_add_commit_check(Plan *plan, const char *schema, const char *marker)
{
    g_autofree char *sql = load_plan_exists_sql(schema, marker);
    g_autofree char *name = sql_ident_pair(schema, marker);
    PlanStep *step = plan_add_step(plan, STEP_CHECK, "the commit is visible: %s is gone", name);
    PlanAction *action = plan_step_add_action(step, ACTION_EXPECT_NONE, "check none", sql);
    action->failure = g_strdup("the marker is still there: the transaction was not committed");
}

/* --- columns ------------------------------------------------------------------------------------ */

gboolean load_plan_is_identity(const CatalogColumn *column)
{
    return column->identity != NULL && !column->identity_by_default;
}

static char *join_columns(const GPtrArray *columns)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", column->name);
    }
    return g_string_free(text, FALSE);
}

static const char *find_column(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column->name;
    }
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (g_ascii_strcasecmp(column->name, name) == 0)
            return column->name;
    }
    return NULL;
}

/* Each name as a column of the table, once. */
static char **map_names(const char *const *names, guint n, const GPtrArray *columns,
                        const char *table, GError **error)
{
    g_autoptr(GPtrArray) mapped = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < n; i++) {
        const char *column = find_column(columns, names[i]);
        gboolean twice = FALSE;
        for (guint j = 0; column != NULL && j < mapped->len; j++)
            twice |= strcmp(mapped->pdata[j], column) == 0;
        if (column == NULL || twice) {
            g_autofree char *there = join_columns(columns);
            g_autofree char *shown = text_printable(names[i], -1);
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        twice ? "column \"%s\" is in the input twice; %s has: %s"
                              : "the input's column \"%s\" is none of %s, which has: %s",
                        shown, table, there);
            return NULL;
        }
        g_ptr_array_add(mapped, g_strdup(column));
    }
    g_ptr_array_add(mapped, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&mapped), FALSE);
}

/* All columns that a file brings values for when nothing names them. */
static char **all_columns(const LoadSource *source, const GPtrArray *columns)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (source->explicit_ids || !load_plan_is_identity(column))
            g_ptr_array_add(names, g_strdup(column->name));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static gboolean check_width(const LoadSource *source, const LoadFacts *facts, char **names,
                            const char *table, GError **error)
{
    guint n = g_strv_length(names);
    gboolean fits = facts->n_fields == 0 || facts->n_fields == n ||
                    (source->fill_record && facts->n_fields < n);
    if (fits)
        return TRUE;
    g_autofree char *list = g_strjoinv(", ", names);
    gboolean one = facts->n_fields == 1;
    g_autofree char *delimiter =
        one ? g_strdup_printf("; is the delimiter \"%s\"? (--delimiter)", facts->delimiter)
            : g_strdup("");
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "the first record has %u field%s, and %s takes %u: %s; say which with --columns%s",
                facts->n_fields, one ? "" : "s", table, n, list, delimiter);
    return FALSE;
}

gboolean load_plan_columns(const LoadSource *source, const LoadFacts *facts,
                           const GPtrArray *columns, const char *table, char ***names,
                           GError **error)
{
    gboolean json = facts->format == SQL_FORMAT_JSON;
    const GPtrArray *fields = facts->fields;
    *names = NULL;
    if (source->columns != NULL)
        *names = map_names(source->columns, g_strv_length((char **)source->columns), columns, table,
                           error);
    else if (fields != NULL && (facts->has_header || json))
        *names = map_names((const char *const *)fields->pdata, fields->len, columns, table, error);
    else
        *names = all_columns(source, columns);
    if (*names == NULL)
        return FALSE;
    /* later objects may hold members that the first has not: JSON names its own columns */
    if (json && source->columns == NULL) {
        g_strfreev(*names);
        *names = all_columns(source, columns);
    }
    if (json || check_width(source, facts, *names, table, error))
        return TRUE;
    g_clear_pointer(names, g_strfreev);
    return FALSE;
}

/* --- COPY --------------------------------------------------------------------------------------- */

LoadSource load_plan_source(const LoadSource *source, const LoadFacts *facts,
                            const Profile *profile)
{
    LoadSource staged = *source;
    if (staged.region == NULL && !facts->remote)
        staged.region = profile->tempdir_region;
    return staged;
}

char *load_plan_copy_sql(const Plan *plan, const LoadSource *source, const LoadFacts *facts,
                         const char *schema, const char *table, const char *const *columns,
                         const char *iam_role, const char *comp_update, const char *stat_update,
                         GError **error)
{
    g_autofree char *manifest = g_strconcat(plan->stage_url, "manifest", NULL);
    SqlCopy copy = load_source_copy(source, facts);
    copy.schema = schema;
    copy.table = table;
    copy.columns = columns;
    copy.from = manifest;
    copy.manifest = TRUE;
    copy.iam_role = iam_role;
    copy.comp_update = comp_update;
    copy.stat_update = stat_update;
    return sql_copy_text(&copy, error);
}

gboolean load_plan_counts_records(const LoadSource *source, const LoadFacts *facts)
{
    (void)source;
    return is_split(facts);
}

void load_plan_add_copy_checks(PlanStep *step, const LoadSource *source, const LoadFacts *facts)
{
    PlanAction *note =
        plan_step_add_action(step, ACTION_NOTE_VALUE, "note", "SELECT pg_last_copy_count()");
    note->name = g_strdup("copied");
    PlanAction *query =
        plan_step_add_action(step, ACTION_NOTE_VALUE, "note", "SELECT pg_last_query_id()");
    query->name = g_strdup("query");
    /* rows skipped on the user's word cannot be told from rows lost */
    if (!load_plan_counts_records(source, facts) || source->max_errors > 1)
        return;
    PlanAction *check = plan_step_add_action(step, ACTION_EXPECT_VALUE, "check", NULL);
    check->name = g_strdup("copied");
    check->expected = g_strdup("sent");
    check->failure = g_strdup("rows copied are not the records sent");
}
