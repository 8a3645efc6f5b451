#include "job/merge_plan.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "job/load_plan.h"
#include "job/load_widen.h"
#include "sql/ident.h"
#include "sql/literal.h"

#define DUPLICATES_NAMED 10

static const char *const strategy_names[] = {
    [SQL_MERGE_MERGE] = "merge",
    [SQL_MERGE_DELETE_INSERT] = "delete-insert",
    [SQL_MERGE_SCD2] = "scd2",
};

gboolean merge_strategy_from_name(const char *name, SqlMergeStrategy *strategy)
{
    for (gsize i = 0; i < G_N_ELEMENTS(strategy_names); i++)
        if (g_strcmp0(name, strategy_names[i]) == 0) {
            *strategy = (SqlMergeStrategy)i;
            return TRUE;
        }
    return FALSE;
}

const char *merge_strategy_name(SqlMergeStrategy strategy)
{
    return strategy_names[strategy];
}

void merge_facts_clear(MergeFacts *facts)
{
    catalog_table_free(facts->target);
    g_clear_pointer(&facts->from_columns, g_ptr_array_unref);
    load_facts_free(facts->input);
    *facts = (MergeFacts){0};
}

/* --- facts -------------------------------------------------------------------------------------- */

static gboolean read_from(const MergeRequest *request, Session *session, MergeFacts *facts,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) columns = catalog_load_columns(session, request->from_schema,
                                                        request->from_table, cancellable, error);
    if (columns == NULL)
        return FALSE;
    facts->from_columns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < columns->len; i++)
        g_ptr_array_add(facts->from_columns, g_strdup(((CatalogColumn *)columns->pdata[i])->name));
    return TRUE;
}

/* A member that only later objects have would be dropped silently: all are looked at. */
static gboolean read_json_fields(const MergeRequest *request, LoadFacts *input,
                                 GCancellable *cancellable, GError **error)
{
    if (input->format != SQL_FORMAT_JSON || request->source.columns != NULL || input->empty)
        return TRUE;
    if (input->remote) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "say with --columns which members of the JSON objects in S3 are merged");
        return FALSE;
    }
    if (!load_source_infer(&request->source, input, cancellable, error))
        return FALSE;
    g_clear_pointer(&input->fields, g_ptr_array_unref);
    input->fields = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < input->columns->len; i++)
        g_ptr_array_add(input->fields, g_strdup(((LoadColumn *)input->columns->pdata[i])->name));
    return TRUE;
}

static gboolean read_files(const MergeRequest *request, S3Client *s3, MergeFacts *facts,
                           GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < facts->target->columns->len; i++)
        g_ptr_array_add(names, ((CatalogColumn *)facts->target->columns->pdata[i])->name);
    facts->input = load_source_read(&request->source, names, s3, cancellable, error);
    return facts->input != NULL && read_json_fields(request, facts->input, cancellable, error);
}

gboolean merge_plan_read(const MergeRequest *request, Session *session, S3Client *s3,
                         MergeFacts *facts, GCancellable *cancellable, GError **error)
{
    facts->counts_late = !session_can(session, SESSION_CAN_TRANSACTIONS);
    facts->target =
        catalog_load_table(session, request->schema, request->table, cancellable, error);
    if (facts->target == NULL)
        return FALSE;
    if (facts->target->relation.kind != RELATION_TABLE) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "%s.%s is not a table: rows cannot be merged into it", request->schema,
                    request->table);
        return FALSE;
    }
    return request->from_table != NULL ? read_from(request, session, facts, cancellable, error)
                                       : read_files(request, s3, facts, cancellable, error);
}

/* --- columns ------------------------------------------------------------------------------------ */

/* The target's column of that name, in any case, or NULL. */
static const CatalogColumn *find_column(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (g_ascii_strcasecmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

/* The columns that the new rows bring, by the target's names. */
static gboolean brought_columns(const MergeRequest *request, const MergeFacts *facts,
                                char ***columns, GError **error)
{
    const GPtrArray *there = facts->target->columns;
    g_autofree char *target = g_strdup_printf("%s.%s", request->schema, request->table);
    if (request->from_table == NULL && facts->input->format != SQL_FORMAT_JSON)
        return load_plan_columns(&request->source, facts->input, there, target, columns, error);
    /* from a table, or JSON: a list of names is all there is */
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const GPtrArray *fields =
        request->from_table != NULL ? facts->from_columns : facts->input->fields;
    const char *const *given = request->source.columns;
    for (guint i = 0; given != NULL && given[i] != NULL; i++)
        g_ptr_array_add(names, (gpointer)given[i]);
    for (guint i = 0; given == NULL && fields != NULL && i < fields->len; i++)
        g_ptr_array_add(names, fields->pdata[i]);
    g_ptr_array_add(names, NULL);
    LoadSource source = {.columns = (const char *const *)names->pdata};
    LoadFacts none = {.format = SQL_FORMAT_CSV};
    return load_plan_columns(&source, &none, there, target, columns, error);
}

static gboolean map_keys(const MergeRequest *request, const MergeFacts *facts, char **columns,
                         char ***keys, GError **error)
{
    g_autoptr(GPtrArray) mapped = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; request->keys != NULL && request->keys[i] != NULL; i++) {
        const CatalogColumn *column = find_column(facts->target->columns, request->keys[i]);
        if (column == NULL || !g_strv_contains((const char *const *)columns, column->name)) {
            g_autofree char *brought = g_strjoinv(", ", columns);
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        column == NULL
                            ? "the key \"%s\" is no column of %s.%s; the input brings: %s"
                            : "the input does not bring the key \"%s\" of %s.%s, only: %s",
                        request->keys[i], request->schema, request->table, brought);
            return FALSE;
        }
        g_ptr_array_add(mapped, g_strdup(column->name));
    }
    g_ptr_array_add(mapped, NULL);
    *keys = (char **)g_ptr_array_free(g_steal_pointer(&mapped), FALSE);
    return TRUE;
}

static gboolean is_life(const SqlMerge *merge, const char *name)
{
    return merge->strategy == SQL_MERGE_SCD2 &&
           (g_strcmp0(merge->valid_from, name) == 0 || g_strcmp0(merge->valid_to, name) == 0 ||
            g_strcmp0(merge->is_current, name) == 0);
}

/* A new row needs a value for every NOT NULL column; SCD2 needs its three columns. */
static gboolean check_target(const MergeRequest *request, const MergeFacts *facts,
                             const SqlMerge *merge, GError **error)
{
    for (guint i = 0; i < facts->target->columns->len; i++) {
        const CatalogColumn *column = facts->target->columns->pdata[i];
        if (!column->not_null || column->default_value != NULL || column->identity != NULL ||
            g_strv_contains(merge->columns, column->name) || is_life(merge, column->name))
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "%s.%s.%s is NOT NULL without a default, and the input does not bring it",
                    request->schema, request->table, column->name);
        return FALSE;
    }
    const char *const life[] = {merge->valid_from, merge->valid_to, merge->is_current};
    for (gsize i = 0; merge->strategy == SQL_MERGE_SCD2 && i < G_N_ELEMENTS(life); i++)
        if (find_column(facts->target->columns, life[i]) == NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "%s.%s has no column \"%s\", which scd2 keeps the rows' life in",
                        request->schema, request->table, life[i]);
            return FALSE;
        }
    return TRUE;
}

/* --- the plan ----------------------------------------------------------------------------------- */

typedef struct {
    const MergeRequest *request;
    const MergeFacts *facts;
    Plan *plan;
    SqlMerge merge;
    char *target, *stage; /* quoted */
    char *stage_table;
    char **columns, **keys;
} Builder;

static void builder_clear(Builder *builder)
{
    g_free(builder->target);
    g_free(builder->stage);
    g_free(builder->stage_table);
    g_strfreev(builder->columns);
    g_strfreev(builder->keys);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Builder, builder_clear)

/* LIKE where all columns come, so that the stage lies as the target does; else just those columns. */
static char *stage_sql(const Builder *builder)
{
    const GPtrArray *columns = builder->facts->target->columns;
    if (g_strv_length(builder->columns) == columns->len && !builder->facts->target->has_identity)
        return g_strdup_printf("CREATE TABLE %s (LIKE %s)", builder->stage, builder->target);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TABLE %s (", builder->stage);
    const char *dist_key = NULL;
    for (guint i = 0; builder->columns[i] != NULL; i++) {
        const CatalogColumn *column = find_column(columns, builder->columns[i]);
        g_autofree char *name = sql_ident(column->name);
        g_string_append_printf(sql, "%s%s %s", i > 0 ? ", " : "", name, column->type);
        if (column->is_dist_key)
            dist_key = column->name;
    }
    g_string_append_c(sql, ')');
    if (dist_key != NULL && g_strcmp0(builder->facts->target->dist_style, "KEY") == 0) {
        g_autofree char *name = sql_ident(dist_key);
        g_string_append_printf(sql, " DISTKEY (%s)", name);
    }
    return g_strdup(sql->str);
}

static void add_create(Builder *builder)
{
    g_autofree char *sql = stage_sql(builder);
    PlanStep *step =
        plan_add_step(builder->plan, STEP_SQL,
                      "the staging table %s, which is the commit marker too", builder->stage);
    plan_step_add_action(step, ACTION_SQL, "create", sql);
    step->done_sql = load_plan_exists_sql(builder->request->schema, builder->stage_table);
}

static void add_sql(PlanStep *step, const char *title, const char *format, const char *table)
{
    g_autofree char *sql = g_strdup_printf("%s %s", format, table);
    plan_step_add_action(step, ACTION_SQL, title, sql);
}

static void add_note(PlanStep *step, const char *name, const char *sql)
{
    PlanAction *note = plan_step_add_action(step, ACTION_NOTE_VALUE, "note", sql);
    note->name = g_strdup(name);
}

static gboolean add_copy(Builder *builder, PlanStep *step, GError **error)
{
    const MergeRequest *request = builder->request;
    const char *role = load_plan_role(request->profile, request->iam_role, error);
    LoadSource source = load_plan_source(&request->source, builder->facts->input, request->profile);
    g_autofree char *sql =
        role == NULL
            ? NULL
            : load_plan_copy_sql(builder->plan, &source, builder->facts->input, request->schema,
                                 builder->stage_table, (const char *const *)builder->columns, role,
                                 NULL, NULL, error);
    if (sql == NULL)
        return FALSE;
    plan_step_add_action(step, ACTION_COPY, "copy", sql);
    load_plan_add_copy_checks(step, &request->source, builder->facts->input);
    return TRUE;
}

static gboolean add_load(Builder *builder, GError **error)
{
    const MergeRequest *request = builder->request;
    PlanStep *step = plan_add_step(builder->plan, STEP_TRANSACTION, "load %s; it may be repeated",
                                   builder->stage);
    add_sql(step, "lock", "LOCK TABLE", builder->stage);
    add_sql(step, "empty", "DELETE FROM", builder->stage);
    if (request->from_table == NULL)
        return builder->facts->input->empty || add_copy(builder, step, error);
    g_autofree char *from = sql_ident_pair(request->from_schema, request->from_table);
    g_autofree char *columns = sql_ident_list((const char *const *)builder->columns,
                                              g_strv_length(builder->columns), NULL);
    g_autofree char *sql = g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s", builder->stage,
                                           columns, columns, from);
    PlanAction *insert = plan_step_add_action(step, ACTION_SQL, "insert", sql);
    insert->name = g_strdup("copied");
    return TRUE;
}

static void add_key_checks(Builder *builder)
{
    PlanStep *step = plan_add_step(builder->plan, STEP_CHECK,
                                   "every key is there and there once, before anything is changed");
    g_autofree char *nulls = sql_merge_null_keys_text(&builder->merge);
    PlanAction *null_check = plan_step_add_action(step, ACTION_EXPECT_VALUE, "check", nulls);
    null_check->expected = g_strdup("0");
    null_check->of_input = TRUE;
    null_check->failure = g_strdup("rows of the input have no key (NULL)");
    g_autofree char *twice = sql_merge_duplicates_text(&builder->merge, DUPLICATES_NAMED);
    PlanAction *once = plan_step_add_action(step, ACTION_EXPECT_NONE, "check none", twice);
    once->of_input = TRUE;
    once->failure = g_strdup("keys occur more than once in the input (key, how often)");
}

/* The notes that the tags of the strategy's statements make, and what the target must hold after. */
static const struct {
    const char *const *titles, *const *notes;
    const char *after;
} strategies[] = {
    [SQL_MERGE_MERGE] = {(const char *const[]){"merge"}, (const char *const[]){NULL},
                         "before + staged - matched"},
    [SQL_MERGE_DELETE_INSERT] = {(const char *const[]){"delete", "insert"},
                                 (const char *const[]){"deleted", "inserted"},
                                 "before - deleted + staged"},
    [SQL_MERGE_SCD2] = {(const char *const[]){"expire", "insert"},
                        (const char *const[]){"expired", "inserted"}, "before + inserted"},
};

static void add_counts(Builder *builder, PlanStep *step)
{
    g_autofree char *before = g_strdup_printf("SELECT count(*) FROM %s", builder->target);
    g_autofree char *staged = g_strdup_printf("SELECT count(*) FROM %s", builder->stage);
    g_autofree char *matched = sql_merge_matched_text(&builder->merge);
    add_note(step, "before", before);
    add_note(step, "staged", staged);
    add_note(step, "matched", matched);
}

/* Where the tag of a statement comes behind the commit its rows are counted before it: the check of the
 * target is then made inside the transaction on every transport. */
static void add_statement(Builder *builder, PlanStep *step, const char *title, const char *note,
                          const char *sql)
{
    g_autofree char *count = NULL;
    if (builder->facts->counts_late && g_strcmp0(note, "deleted") == 0)
        count = sql_merge_deleted_text(&builder->merge);
    else if (builder->facts->counts_late && builder->merge.strategy == SQL_MERGE_SCD2 &&
             g_strcmp0(note, "inserted") == 0)
        count = sql_merge_versions_text(&builder->merge);
    if (count != NULL)
        add_note(step, note, count);
    PlanAction *action = plan_step_add_action(step, ACTION_SQL, title, sql);
    action->name = count == NULL ? g_strdup(note) : NULL;
}

static gboolean add_merge(Builder *builder, GError **error)
{
    SqlMergeStrategy strategy = builder->merge.strategy;
    g_autoptr(GPtrArray) statements = sql_merge_statements(&builder->merge, error);
    if (statements == NULL)
        return FALSE;
    PlanStep *step =
        plan_add_step(builder->plan, STEP_TRANSACTION, "%s into %s by %s",
                      merge_strategy_name(strategy), builder->target, builder->keys[0]);
    step->marker_schema = g_strdup(builder->request->schema);
    step->marker_table = g_strdup(builder->stage_table);
    add_sql(step, "lock", "LOCK TABLE", builder->stage);
    add_counts(builder, step);
    /* an scd2 merge without a column to compare has no statement that expires */
    guint skipped = strategy == SQL_MERGE_SCD2 && statements->len == 1 ? 1 : 0;
    for (guint i = 0; i < statements->len; i++)
        add_statement(builder, step, strategies[strategy].titles[i + skipped],
                      strategies[strategy].notes[i + skipped], statements->pdata[i]);
    g_autofree char *count = g_strdup_printf("SELECT count(*) FROM %s", builder->target);
    PlanAction *check = plan_step_add_action(step, ACTION_EXPECT_VALUE, "check", count);
    check->expected = g_strdup(strategies[strategy].after);
    check->failure = g_strdup_printf("the rows of %s are not what they must be", builder->target);
    add_sql(step, "unmark", "DROP TABLE", builder->stage);
    builder->plan->locks = g_strdup_printf("%s for writing during step %u", builder->target,
                                           builder->plan->steps->len);
    return TRUE;
}

static void describe(Builder *builder)
{
    const MergeRequest *request = builder->request;
    Plan *plan = builder->plan;
    g_autofree char *from =
        request->from_table != NULL
            ? g_strdup_printf("%s.%s", request->from_schema, request->from_table)
            : g_path_get_basename(request->source.paths[0]);
    plan->title = g_strdup_printf("merge %s into %s.%s, %s", from, request->schema, request->table,
                                  merge_strategy_name(request->strategy));
    plan->target = g_strdup_printf("%s.%s", request->schema, request->table);
    plan_set_text(plan, "strategy", merge_strategy_name(request->strategy));
    plan_set_text(plan, "schema", request->schema);
    plan_set_text(plan, "table", request->table);
    g_autofree char *columns = text_quantity(g_strv_length(builder->columns), "column");
    g_autofree char *title = request->from_table != NULL
                                 ? g_strdup_printf("%s: %s", from, columns)
                                 : load_plan_input_title(&request->source, builder->facts->input);
    plan_add_step(plan, STEP_READ, "%s", title);
}

static gboolean prepare(Builder *builder, GError **error)
{
    const MergeRequest *request = builder->request;
    builder->target = sql_ident_pair(request->schema, request->table);
    builder->stage_table = load_plan_marker(builder->plan);
    builder->stage = sql_ident_pair(request->schema, builder->stage_table);
    if (!brought_columns(request, builder->facts, &builder->columns, error) ||
        !map_keys(request, builder->facts, builder->columns, &builder->keys, error))
        return FALSE;
    builder->merge = (SqlMerge){
        .target_schema = request->schema,
        .target = request->table,
        .stage_schema = request->schema,
        .stage = builder->stage_table,
        .columns = (const char *const *)builder->columns,
        .keys = (const char *const *)builder->keys,
        .strategy = request->strategy,
        .valid_from = request->valid_from != NULL ? request->valid_from : "valid_from",
        .valid_to = request->valid_to != NULL ? request->valid_to : "valid_to",
        .is_current = request->is_current != NULL ? request->is_current : "is_current",
    };
    return check_target(request, builder->facts, &builder->merge, error);
}

Plan *merge_plan_build(const MergeRequest *request, const MergeFacts *facts, GError **error)
{
    g_autoptr(Plan) plan = plan_new("merge", request->profile->name);
    g_auto(Builder) builder = {.request = request, .facts = facts, .plan = plan};
    gboolean files = request->from_table == NULL;
    if (!prepare(&builder, error) ||
        (files && !load_plan_set_stage(plan, request->profile, request->tempdir, error)))
        return NULL;
    describe(&builder);
    if (files && !facts->input->empty)
        load_plan_add_upload(plan, &request->source, facts->input);
    if (!load_widen_add(plan, request->source.widen, request->schema, request->table,
                        facts->target->columns, error))
        return NULL;
    plan->on_failure = load_widen_on_failure(plan);
    add_create(&builder);
    if (!add_load(&builder, error))
        return NULL;
    add_key_checks(&builder);
    if (!add_merge(&builder, error))
        return NULL;
    load_plan_add_commit_check(plan, request->schema, builder.stage_table);
    if (files)
        load_plan_add_clean(plan, request->keep_stage);
    return g_steal_pointer(&plan);
}

Plan *merge_plan_new(const MergeRequest *request, Session *session, S3Client *s3,
                     GCancellable *cancellable, GError **error)
{
    g_auto(MergeFacts) facts = {0};
    g_autofree char *schema = NULL, *table = NULL;
    MergeRequest named = *request; /* the marker is looked for by these names */
    if (catalog_fold_names(session, request->schema, request->table, &schema, &table,
                           cancellable)) {
        named.schema = schema;
        named.table = table;
    }
    if (!merge_plan_read(&named, session, s3, &facts, cancellable, error))
        return NULL;
    return merge_plan_build(&named, &facts, error);
}
