#include "job/write_plan.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "job/load_plan.h"
#include "job/load_widen.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"

static const char *const mode_names[] = {
    [WRITE_APPEND] = "append",
    [WRITE_OVERWRITE] = "overwrite",
    [WRITE_ERROR] = "error",
    [WRITE_IGNORE] = "ignore",
};

gboolean write_mode_from_name(const char *name, WriteMode *mode)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mode_names); i++)
        if (g_strcmp0(name, mode_names[i]) == 0) {
            *mode = (WriteMode)i;
            return TRUE;
        }
    return FALSE;
}

const char *write_mode_name(WriteMode mode)
{
    return mode_names[mode];
}

void write_facts_clear(WriteFacts *facts)
{
    catalog_table_free(facts->target);
    catalog_table_free(facts->like);
    load_facts_free(facts->input);
    *facts = (WriteFacts){0};
}

/* --- columns of a table that is still to be made ------------------------------------------------- */

/* A column definition list holds no statement's end and closes every parenthesis it opens. */
static gboolean check_columns_ddl(const char *ddl, GError **error)
{
    SqlLexer lexer = sql_lexer(ddl, -1);
    SqlToken token;
    int depth = 0;
    gboolean ok = TRUE, any = FALSE;
    while (ok && sql_next_raw(&lexer, &token)) {
        any |= token.kind == SQL_WORD || token.kind == SQL_QUOTED;
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        ok = depth >= 0 && token.kind != SQL_INVALID && token.kind != SQL_COMMENT &&
             !sql_token_is(&lexer, &token, ";");
    }
    if (ok && any && depth == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "\"%s\" is no list of columns; expected: id int, name varchar(40)", ddl);
    return FALSE;
}

/* The names that a definition list makes: each definition's first word, constraints left out. */
static GPtrArray *ddl_columns(const char *ddl)
{
    static const char *const constraints[] = {"primary", "unique", "foreign", "constraint", "like"};
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    SqlLexer lexer = sql_lexer(ddl, -1);
    SqlToken token;
    int depth = 0;
    gboolean start = TRUE;
    while (sql_next(&lexer, &token)) {
        gboolean constraint = FALSE;
        for (gsize i = 0; i < G_N_ELEMENTS(constraints); i++)
            constraint |= sql_token_is(&lexer, &token, constraints[i]);
        if (start && !constraint && (token.kind == SQL_WORD || token.kind == SQL_QUOTED)) {
            CatalogColumn *column = g_new0(CatalogColumn, 1);
            column->name = sql_token_value(&lexer, &token);
            g_ptr_array_add(columns, column);
        }
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        start = depth == 0 && sql_token_is(&lexer, &token, ",");
    }
    return columns;
}

static GPtrArray *inferred_columns(const LoadFacts *input)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    for (guint i = 0; input->columns != NULL && i < input->columns->len; i++) {
        const LoadColumn *from = input->columns->pdata[i];
        CatalogColumn *column = g_new0(CatalogColumn, 1);
        column->name = g_utf8_strdown(from->name, -1);
        column->type = g_strdup(from->type);
        g_ptr_array_add(columns, column);
    }
    return columns;
}

/* The columns that the input is matched with; NULL before anything is known of a new target. */
static GPtrArray *known_columns(const WriteRequest *request, const WriteFacts *facts)
{
    if (facts->target != NULL)
        return g_ptr_array_ref(facts->target->columns);
    if (facts->like != NULL)
        return g_ptr_array_ref(facts->like->columns);
    return request->columns_ddl != NULL ? ddl_columns(request->columns_ddl) : NULL;
}

static GPtrArray *column_names(const GPtrArray *columns)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < columns->len; i++)
        g_ptr_array_add(names, ((CatalogColumn *)columns->pdata[i])->name);
    return names;
}

/* --- facts -------------------------------------------------------------------------------------- */

static gboolean has_row(Session *session, const char *sql, gboolean *row, GCancellable *cancellable,
                        GError **error)
{
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    *row = rows != NULL && rows->len > 0;
    return rows != NULL;
}

/* A table that does not exist may be made, in a schema that does. */
static gboolean check_schema(const char *schema, Session *session, GCancellable *cancellable,
                             GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", literal);
    gboolean there;
    if (!has_row(session, sql, &there, cancellable, error))
        return FALSE;
    if (!there)
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is no schema %s", schema);
    return there;
}

static gboolean read_target(const WriteRequest *request, Session *session, WriteFacts *facts,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) local = NULL;
    facts->target =
        catalog_load_table(session, request->schema, request->table, cancellable, &local);
    if (facts->target == NULL && g_error_matches(local, RS_ERROR, RS_ERROR_NOT_FOUND))
        return check_schema(request->schema, session, cancellable, error);
    if (facts->target == NULL) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (facts->target->relation.kind == RELATION_TABLE)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "%s.%s is not a table: rows cannot be loaded there", request->schema,
                request->table);
    return FALSE;
}

/* What decides between a swap and a DELETE. */
static gboolean read_bonds(Session *session, WriteFacts *facts, GCancellable *cancellable,
                           GError **error)
{
    g_autofree char *keys = g_strdup_printf("SELECT 1 FROM pg_catalog.pg_constraint WHERE contype "
                                            "= 'f' AND confrelid = %u LIMIT 1",
                                            facts->target->relation.oid);
    g_autofree char *owner = sql_literal(facts->target->relation.owner);
    g_autofree char *who = g_strdup_printf("SELECT 1 FROM pg_catalog.pg_user WHERE usename = "
                                           "current_user AND (usesuper OR usename = %s)",
                                           owner != NULL ? owner : "''");
    return has_row(session, keys, &facts->referenced, cancellable, error) &&
           has_row(session, who, &facts->owned, cancellable, error);
}

static gboolean read_like(const WriteRequest *request, Session *session, WriteFacts *facts,
                          GCancellable *cancellable, GError **error)
{
    if (facts->target != NULL || request->like_table == NULL)
        return TRUE;
    facts->like =
        catalog_load_table(session, request->like_schema, request->like_table, cancellable, error);
    return facts->like != NULL;
}

static gboolean read_input(const WriteRequest *request, S3Client *s3, WriteFacts *facts,
                           GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) columns = known_columns(request, facts);
    g_autoptr(GPtrArray) names = columns != NULL ? column_names(columns) : NULL;
    facts->input = load_source_read(&request->source, names, s3, cancellable, error);
    if (facts->input == NULL)
        return FALSE;
    return columns != NULL || load_source_infer(&request->source, facts->input, cancellable, error);
}

gboolean write_plan_read(const WriteRequest *request, Session *session, S3Client *s3,
                         WriteFacts *facts, GCancellable *cancellable, GError **error)
{
    if (request->columns_ddl != NULL && !check_columns_ddl(request->columns_ddl, error))
        return FALSE;
    if (!read_target(request, session, facts, cancellable, error) ||
        !read_like(request, session, facts, cancellable, error))
        return FALSE;
    if (facts->target != NULL && request->mode == WRITE_IGNORE)
        return TRUE;
    if (facts->target != NULL && request->mode == WRITE_OVERWRITE &&
        !read_bonds(session, facts, cancellable, error))
        return FALSE;
    /* a target that must not exist is refused before gigabytes are read */
    if (facts->target != NULL && request->mode == WRITE_ERROR)
        return TRUE;
    return read_input(request, s3, facts, cancellable, error);
}

/* --- the plan ----------------------------------------------------------------------------------- */

typedef struct {
    const WriteRequest *request;
    const WriteFacts *facts;
    Plan *plan;
    PlanStep *transaction;
    char *target;   /* quoted */
    char *marker;   /* name */
    char **columns; /* for the COPY */
    const char *role;
    gboolean has_data;
} Builder;

static void builder_clear(Builder *builder)
{
    g_free(builder->target);
    g_free(builder->marker);
    g_strfreev(builder->columns);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Builder, builder_clear)

/* Why the target cannot be swapped for a new table, or NULL. */
static const char *keep_reason(const WriteRequest *request, const WriteFacts *facts)
{
    const CatalogTable *target = facts->target;
    const struct {
        gboolean holds;
        const char *reason;
    } reasons[] = {
        {target->dependent_views != NULL && target->dependent_views->len > 0,
         "views are bound to it"},
        {facts->referenced, "foreign keys of other tables point at it"},
        {target->has_identity, "its identity column would count anew"},
        {!facts->owned, "it belongs to somebody else"},
        {request->source.widen != NULL, "a column of it is widened"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (reasons[i].holds)
            return reasons[i].reason;
    return NULL;
}

static void add_sql(Builder *builder, const char *title, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void add_sql(Builder *builder, const char *title, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sql = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    plan_step_add_action(builder->transaction, ACTION_SQL, title, sql);
}

static void add_count(Builder *builder, const char *table, const char *expected)
{
    if (builder->request->skip_counts)
        return;
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    PlanAction *check =
        plan_step_add_action(builder->transaction, ACTION_EXPECT_VALUE, "check", sql);
    check->expected = g_strdup(expected);
    check->failure = g_strdup_printf("the rows of %s are not what they must be", table);
}

static gboolean add_copy(Builder *builder, const char *table, GError **error)
{
    const WriteRequest *request = builder->request;
    if (!builder->has_data)
        return TRUE;
    LoadSource source = load_plan_source(&request->source, builder->facts->input, request->profile);
    g_autofree char *sql =
        load_plan_copy_sql(builder->plan, &source, builder->facts->input, request->schema, table,
                           (const char *const *)builder->columns, builder->role,
                           request->comp_update, request->stat_update, error);
    if (sql == NULL)
        return FALSE;
    plan_step_add_action(builder->transaction, ACTION_COPY, "copy", sql);
    load_plan_add_copy_checks(builder->transaction, &request->source, builder->facts->input);
    return TRUE;
}

/* CREATE TABLE for a target that is not there. */
static char *create_sql(const Builder *builder, GError **error)
{
    const WriteRequest *request = builder->request;
    if (request->like_table != NULL) {
        g_autofree char *like = sql_ident_pair(request->like_schema, request->like_table);
        return g_strdup_printf("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS)", builder->target,
                               like);
    }
    if (request->columns_ddl != NULL)
        return g_strdup_printf("CREATE TABLE %s (%s)", builder->target, request->columns_ddl);
    g_autoptr(GPtrArray) columns = inferred_columns(builder->facts->input);
    if (columns->len == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "%s does not exist and the input does not say its columns; use --like or "
                    "--columns-ddl",
                    builder->target);
        return NULL;
    }
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TABLE %s (", builder->target);
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (!sql_ident_check(column->name, "a column name in the header", error))
            return NULL;
        g_autofree char *name = sql_ident(column->name);
        g_string_append_printf(sql, "%s%s %s", i > 0 ? ", " : "", name, column->type);
    }
    g_string_append_c(sql, ')');
    return g_strdup(sql->str);
}

static gboolean add_new_target(Builder *builder, GError **error)
{
    g_autofree char *sql = create_sql(builder, error);
    if (sql == NULL)
        return FALSE;
    add_sql(builder, "create", "%s", sql);
    if (!add_copy(builder, builder->request->table, error))
        return FALSE;
    add_count(builder, builder->target, builder->has_data ? "copied" : "0");
    return TRUE;
}

static gboolean add_append(Builder *builder, GError **error)
{
    if (!builder->request->skip_counts) {
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", builder->target);
        PlanAction *note =
            plan_step_add_action(builder->transaction, ACTION_NOTE_VALUE, "note", sql);
        note->name = g_strdup("before");
    }
    if (!add_copy(builder, builder->request->table, error))
        return FALSE;
    add_count(builder, builder->target, "before + copied");
    return TRUE;
}

static gboolean add_delete(Builder *builder, GError **error)
{
    add_sql(builder, "delete", "DELETE FROM %s", builder->target);
    if (!add_copy(builder, builder->request->table, error))
        return FALSE;
    add_count(builder, builder->target, builder->has_data ? "copied" : "0");
    return TRUE;
}

/* The statements of the target's own DDL under the new name, one action each. */
static void add_twin(Builder *builder, const char *name)
{
    g_autofree char *ddl =
        catalog_table_ddl(builder->facts->target, builder->request->schema, name);
    g_autoptr(GArray) spans = sql_split(ddl, -1);
    for (guint i = 0; i < spans->len; i++) {
        const SqlSpan *span = &g_array_index(spans, SqlSpan, i);
        g_autofree char *sql = g_strndup(ddl + span->start, span->length);
        plan_step_add_action(builder->transaction, ACTION_SQL, i == 0 ? "create" : "carry", sql);
    }
}

static gboolean add_swap(Builder *builder, GError **error)
{
    const WriteRequest *request = builder->request;
    g_autofree char *fresh = g_strconcat(builder->marker, "_new", NULL);
    g_autofree char *old = g_strconcat(builder->marker, "_old", NULL);
    g_autofree char *fresh_name = sql_ident_pair(request->schema, fresh);
    g_autofree char *old_name = sql_ident_pair(request->schema, old);
    g_autofree char *old_ident = sql_ident(old);
    g_autofree char *own_ident = sql_ident(request->table);
    add_twin(builder, fresh);
    if (!add_copy(builder, fresh, error))
        return FALSE;
    add_count(builder, fresh_name, builder->has_data ? "copied" : "0");
    add_sql(builder, "swap", "ALTER TABLE %s RENAME TO %s", builder->target, old_ident);
    add_sql(builder, "swap", "ALTER TABLE %s RENAME TO %s", fresh_name, own_ident);
    add_sql(builder, "swap", "DROP TABLE %s", old_name);
    return TRUE;
}

static gboolean add_work(Builder *builder, GError **error)
{
    const WriteFacts *facts = builder->facts;
    if (facts->target == NULL)
        return add_new_target(builder, error);
    if (builder->request->mode == WRITE_APPEND)
        return add_append(builder, error);
    return keep_reason(builder->request, facts) != NULL ? add_delete(builder, error)
                                                        : add_swap(builder, error);
}

static char *transaction_title(const Builder *builder)
{
    const WriteFacts *facts = builder->facts;
    if (facts->target == NULL)
        return g_strdup_printf("create and load %s", builder->target);
    if (builder->request->mode == WRITE_APPEND)
        return g_strdup_printf("load into %s", builder->target);
    const char *reason = keep_reason(builder->request, facts);
    return reason != NULL
               ? g_strdup_printf("delete and load %s, no swap: %s", builder->target, reason)
               : g_strdup_printf("load a new table and swap it for %s", builder->target);
}

static gboolean add_transaction(Builder *builder, GError **error)
{
    const WriteRequest *request = builder->request;
    g_autofree char *marker = sql_ident_pair(request->schema, builder->marker);
    PlanStep *make = plan_add_step(builder->plan, STEP_SQL, "the commit marker %s", marker);
    g_autofree char *create = g_strdup_printf("CREATE TABLE %s (done boolean)", marker);
    plan_step_add_action(make, ACTION_SQL, "create", create);
    make->done_sql = load_plan_exists_sql(request->schema, builder->marker);

    g_autofree char *title = transaction_title(builder);
    builder->transaction = plan_add_step(builder->plan, STEP_TRANSACTION, "%s", title);
    builder->transaction->marker_schema = g_strdup(request->schema);
    builder->transaction->marker_table = g_strdup(builder->marker);
    add_sql(builder, "lock", "LOCK TABLE %s", marker);
    if (!add_work(builder, error))
        return FALSE;
    add_sql(builder, "unmark", "DROP TABLE %s", marker);
    builder->plan->locks = g_strdup_printf("%s for writing during step %u", builder->target,
                                           builder->plan->steps->len);
    load_plan_add_commit_check(builder->plan, request->schema, builder->marker);
    return TRUE;
}

static char *input_name(const WriteRequest *request)
{
    guint n = g_strv_length((char **)request->source.paths);
    g_autofree char *first = g_path_get_basename(request->source.paths[0]);
    return n == 1 ? g_strdup(first) : g_strdup_printf("%s and %u more", first, n - 1);
}

/* An existing target that is to be left alone, or nothing to append. */
static Plan *nothing_plan(Plan *plan, const char *why)
{
    plan_add_step(plan, STEP_READ, "%s: nothing is done", why);
    plan->on_failure = g_strdup("nothing is changed");
    return plan;
}

/* Whose columns the fields of the input are: the target's, or what it will have. */
static gboolean map_columns(Builder *builder, GError **error)
{
    g_autoptr(GPtrArray) columns = known_columns(builder->request, builder->facts);
    if (columns == NULL)
        columns = inferred_columns(builder->facts->input);
    return load_plan_columns(&builder->request->source, builder->facts->input, columns,
                             builder->target, &builder->columns, error);
}

static gboolean build_steps(Builder *builder, GError **error)
{
    const WriteRequest *request = builder->request;
    const LoadFacts *input = builder->facts->input;
    builder->role = load_plan_role(request->profile, request->iam_role, error);
    if (builder->role == NULL ||
        !load_plan_set_stage(builder->plan, request->profile, request->tempdir, error) ||
        (builder->has_data && !map_columns(builder, error)))
        return FALSE;
    g_autofree char *title = load_plan_input_title(&request->source, input);
    plan_add_step(builder->plan, STEP_READ, "%s", title);
    if (builder->has_data)
        load_plan_add_upload(builder->plan, &request->source, input);
    const CatalogTable *target = builder->facts->target;
    if (!load_widen_add(builder->plan, request->source.widen, request->schema, request->table,
                        target != NULL ? target->columns : NULL, error) ||
        !add_transaction(builder, error))
        return FALSE;
    load_plan_add_clean(builder->plan, request->keep_stage);
    return TRUE;
}

static void describe(Builder *builder)
{
    const WriteRequest *request = builder->request;
    Plan *plan = builder->plan;
    g_autofree char *name = input_name(request);
    plan->title = g_strdup_printf("write %s into %s.%s, %s", name, request->schema, request->table,
                                  write_mode_name(request->mode));
    plan->target = g_strdup_printf("%s.%s", request->schema, request->table);
    plan->destructive = request->mode == WRITE_OVERWRITE && builder->facts->target != NULL;
    plan_set_text(plan, "mode", write_mode_name(request->mode));
    plan_set_text(plan, "schema", request->schema);
    plan_set_text(plan, "table", request->table);
}

Plan *write_plan_build(const WriteRequest *request, const WriteFacts *facts, GError **error)
{
    if (!sql_ident_check(request->schema, "schema", error) ||
        !sql_ident_check(request->table, "table", error))
        return NULL;
    if (facts->target != NULL && request->mode == WRITE_ERROR) {
        g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                    "%s.%s exists; use --mode append or overwrite", request->schema,
                    request->table);
        return NULL;
    }
    g_autoptr(Plan) plan = plan_new("write", request->profile->name);
    g_auto(Builder) builder = {.request = request, .facts = facts, .plan = plan};
    builder.target = sql_ident_pair(request->schema, request->table);
    builder.marker = load_plan_marker(plan);
    describe(&builder);
    if (facts->target != NULL && request->mode == WRITE_IGNORE)
        return nothing_plan(g_steal_pointer(&plan), "the target exists");
    builder.has_data = !facts->input->empty;
    if (!builder.has_data && facts->target != NULL && request->mode == WRITE_APPEND)
        return nothing_plan(g_steal_pointer(&plan), "the input holds no record");
    if (!build_steps(&builder, error))
        return NULL;
    plan->on_failure = load_widen_on_failure(plan);
    return g_steal_pointer(&plan);
}

Plan *write_plan_new(const WriteRequest *request, Session *session, S3Client *s3,
                     GCancellable *cancellable, GError **error)
{
    g_auto(WriteFacts) facts = {0};
    g_autofree char *schema = NULL, *table = NULL;
    WriteRequest named = *request; /* the marker is looked for by these names */
    if (catalog_fold_names(session, request->schema, request->table, &schema, &table,
                           cancellable)) {
        named.schema = schema;
        named.table = table;
    }
    if (!write_plan_read(&named, session, s3, &facts, cancellable, error))
        return NULL;
    return write_plan_build(&named, &facts, error);
}
