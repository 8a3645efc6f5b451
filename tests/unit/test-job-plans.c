#include <string.h>

#include "base/error.h"
#include "job/merge_plan.h"
#include "job/unload_plan.h"
#include "job/write_plan.h"

static const Profile profile = {
    .name = (char *)"sandbox",
    .tempdir = (char *)"s3://stage/tmp",
    .aws_iam_role = (char *)"arn:aws:iam::123456789012:role/r",
};

static CatalogColumn *column_new(const char *name, const char *type)
{
    CatalogColumn *column = g_new0(CatalogColumn, 1);
    column->name = g_strdup(name);
    column->type = g_strdup(type);
    return column;
}

/* public.t (id integer not null, name character varying(8), day date) */
static CatalogTable *table_new(void)
{
    CatalogTable *table = g_new0(CatalogTable, 1);
    table->relation.schema = g_strdup("public");
    table->relation.name = g_strdup("t");
    table->relation.kind = RELATION_TABLE;
    table->relation.owner = g_strdup("me");
    table->columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    g_ptr_array_add(table->columns, column_new("id", "integer"));
    ((CatalogColumn *)table->columns->pdata[0])->not_null = TRUE;
    g_ptr_array_add(table->columns, column_new("name", "character varying(8)"));
    g_ptr_array_add(table->columns, column_new("day", "date"));
    table->constraints = g_ptr_array_new_with_free_func(g_free);
    table->grants = g_ptr_array_new_with_free_func(g_free);
    table->dependent_views = g_ptr_array_new_with_free_func(g_free);
    return table;
}

/* Facts of one CSV file with that header (NULL: none). */
static LoadFacts *input_new(const char *header)
{
    LoadFacts *facts = g_new0(LoadFacts, 1);
    facts->files = g_ptr_array_new();
    LoadFile *file = g_new0(LoadFile, 1);
    file->path = g_strdup("/data/a.csv");
    file->size = 40 << 20;
    file->data_line = 1;
    g_ptr_array_add(facts->files, file);
    facts->format = SQL_FORMAT_CSV;
    facts->delimiter[0] = ',';
    facts->bytes = file->size;
    facts->n_fields = 3;
    if (header != NULL) {
        g_auto(GStrv) names = g_strsplit(header, ",", -1);
        facts->fields = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; names[i] != NULL; i++)
            g_ptr_array_add(facts->fields, g_strdup(names[i]));
        facts->n_fields = facts->fields->len;
        facts->has_header = TRUE;
    }
    return facts;
}

static void input_clear(LoadFacts *facts)
{
    LoadFile *file = facts->files->pdata[0];
    g_free(file->path);
    g_free(file);
    load_facts_free(facts);
}

static void assert_has(const char *text, const char *const *wanted)
{
    for (gsize i = 0; wanted[i] != NULL; i++)
        if (strstr(text, wanted[i]) == NULL)
            g_error("\"%s\" is missing in:\n%s", wanted[i], text);
}

static void assert_has_not(const char *text, const char *const *unwanted)
{
    for (gsize i = 0; unwanted[i] != NULL; i++)
        if (strstr(text, unwanted[i]) != NULL)
            g_error("\"%s\" is not wanted in:\n%s", unwanted[i], text);
}

/* In this order, one after the other. */
static void assert_order(const char *text, const char *const *wanted)
{
    const char *at = text;
    for (gsize i = 0; wanted[i] != NULL; i++) {
        at = strstr(at, wanted[i]);
        if (at == NULL)
            g_error("\"%s\" is missing, or comes too early, in:\n%s", wanted[i], text);
        at += strlen(wanted[i]);
    }
}

/* --- unload ------------------------------------------------------------------------------------- */

static UnloadFacts unload_facts(void)
{
    UnloadFacts facts = {.n_columns = 2};
    facts.columns = g_strsplit("id,name", ",", -1);
    facts.types = g_new0(guint32, 3);
    facts.types[0] = 23;
    facts.types[1] = 1043;
    return facts;
}

static char *unload_text(UnloadRequest request, gboolean used, GError **error)
{
    g_auto(UnloadFacts) facts = unload_facts();
    facts.destination_used = used;
    facts.destination_example = g_strdup("sales_0000_part_00.csv");
    request.profile = &profile;
    g_autoptr(Plan) plan = unload_plan_build(&request, &facts, error);
    if (plan == NULL)
        return NULL;
    g_assert_cmpint(plan->destructive, ==, used || request.clean_path);
    return plan_text(plan);
}

static void test_unload_to_a_folder_goes_by_way_of_the_stage(void)
{
    g_autoptr(GError) error = NULL;
    UnloadRequest request = {.sql = "SELECT id, name FROM t;",
                             .to = "/tmp/out",
                             .format = SQL_FORMAT_CSV,
                             .compression = SQL_COMPRESS_ZSTD,
                             .header = TRUE};
    g_autofree char *text = unload_text(request, FALSE, &error);
    g_assert_no_error(error);
    assert_order(text,
                 (const char *const[]){"read", "check", "c2 = '\\\\N'", "unload", "UNLOAD (",
                                       "/a1/'", "MANIFEST VERBOSE", "HEADER", "NULL AS", "ZSTD",
                                       "pg_last_unload_count()", "check", "download",
                                       "/tmp/out as query_NNNN_part_NN.csv.zst", "clean", NULL});
    assert_has_not(text, (const char *const[]){"ESCAPE", "ALLOWOVERWRITE", NULL});
}

static void test_unload_to_s3_has_no_stage(void)
{
    g_autoptr(GError) error = NULL;
    UnloadRequest request = {.sql = "SELECT id, name FROM t",
                             .to = "s3://data/out_",
                             .format = SQL_FORMAT_TEXT,
                             .overwrite = TRUE};
    g_autofree char *text = unload_text(request, TRUE, &error);
    g_assert_no_error(error);
    assert_has(text, (const char *const[]){"TO 's3://data/out_'", "ESCAPE", "NULL AS",
                                           "ALLOWOVERWRITE", NULL});
    assert_has_not(text, (const char *const[]){" download ", " clean  ", "stage", "c2 =", NULL});
}

static void test_unload_of_json_has_no_marker_to_check(void)
{
    g_autoptr(GError) error = NULL;
    UnloadRequest request = {.sql = "SELECT 1", .to = "s3://data/out_", .format = SQL_FORMAT_JSON};
    g_autofree char *text = unload_text(request, FALSE, &error);
    g_assert_no_error(error);
    assert_has_not(text, (const char *const[]){"NULL AS", "ESCAPE", "c2 =", NULL});
}

static void test_unload_refusals(void)
{
    static const char *const parts[] = {"id", NULL};
    static const struct {
        UnloadRequest request;
        gboolean used;
        RsErrorCode code;
    } cases[] = {
        {{.sql = "SELECT 1; SELECT 2", .to = "/tmp/o"}, FALSE, RS_ERROR_USAGE},
        {{.sql = "DELETE FROM t", .to = "/tmp/o"}, FALSE, RS_ERROR_USAGE},
        {{.sql = "", .to = "/tmp/o"}, FALSE, RS_ERROR_USAGE},
        {{.sql = "SELECT 1", .to = "/tmp/o", .format = SQL_FORMAT_PARQUET},
         FALSE,
         RS_ERROR_UNSUPPORTED},
        {{.sql = "SELECT 1", .to = "/tmp/o", .partition_by = parts}, FALSE, RS_ERROR_USAGE},
        {{.sql = "SELECT 1", .to = "/tmp/o"}, TRUE, RS_ERROR_EXISTS},
        {{.sql = "SELECT 1", .to = "s3://b/o"}, TRUE, RS_ERROR_EXISTS},
        {{.sql = "SELECT 1", .to = "s3://b/o", .format = SQL_FORMAT_JSON, .header = TRUE},
         FALSE,
         RS_ERROR_USAGE},
        {{.sql = "SELECT 1", .to = "s3://b/o", .max_file_size_mb = 1}, FALSE, RS_ERROR_USAGE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = unload_text(cases[i].request, cases[i].used, &error);
        g_assert_null(text);
        g_assert_error(error, RS_ERROR, (gint)cases[i].code);
    }
}

static void test_unload_needs_role_and_stage(void)
{
    static const Profile bare = {.name = (char *)"bare"};
    static const Profile with_role = {.name = (char *)"r", .aws_iam_role = (char *)"default"};
    static const Profile *const profiles[] = {&bare, &with_role};
    for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(UnloadFacts) facts = unload_facts();
        UnloadRequest request = {.profile = profiles[i], .sql = "SELECT 1", .to = "/tmp/o"};
        g_assert_null(unload_plan_build(&request, &facts, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    }
}

/* --- write -------------------------------------------------------------------------------------- */

static const char *const one_path[] = {"/data/a.csv", NULL};

static Plan *write_plan(WriteRequest request, CatalogTable *target, const char *header,
                        gboolean owned, GError **error)
{
    g_autoptr(CatalogTable) table = target;
    WriteFacts facts = {.target = table, .owned = owned};
    facts.input = input_new(header);
    request.profile = &profile;
    request.schema = "public";
    request.table = "t";
    request.source.paths = one_path;
    Plan *plan = write_plan_build(&request, &facts, error);
    input_clear(facts.input);
    return plan;
}

static void test_append_copies_into_the_target_under_a_marker(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan =
        write_plan((WriteRequest){.mode = WRITE_APPEND}, table_new(), "Day,ID", FALSE, &error);
    g_assert_no_error(error);
    g_assert_false(plan->destructive);
    g_autofree char *text = plan_text(plan);
    assert_order(text, (const char *const[]){
                           "upload", "about 3 parts", "CREATE TABLE \"public\".\"redsmith_",
                           "begin", "LOCK TABLE \"public\".\"redsmith_",
                           "before := SELECT count(*) FROM \"public\".\"t\"",
                           "COPY \"public\".\"t\" (\"day\", \"id\")", "/manifest'", "MANIFEST",
                           "copied := SELECT pg_last_copy_count()", "copied = sent",
                           "= before + copied", "DROP TABLE \"public\".\"redsmith_", "commit",
                           "check", "clean", "locks", NULL});
    const PlanStep *transaction = plan->steps->pdata[3];
    g_assert_cmpint(transaction->kind, ==, STEP_TRANSACTION);
    g_assert_cmpstr(transaction->marker_schema, ==, "public");
    g_assert_true(g_str_has_prefix(transaction->marker_table, "redsmith_"));
}

static void test_overwrite_swaps_and_carries(void)
{
    g_autoptr(GError) error = NULL;
    CatalogTable *table = table_new();
    g_ptr_array_add(table->grants, g_strdup("GRANT SELECT ON \"public\".\"t\" TO PUBLIC"));
    g_autoptr(Plan) plan =
        write_plan((WriteRequest){.mode = WRITE_OVERWRITE}, table, NULL, TRUE, &error);
    g_assert_no_error(error);
    g_assert_true(plan->destructive);
    g_autofree char *text = plan_text(plan);
    assert_order(text,
                 (const char *const[]){"LOCK TABLE", "CREATE TABLE", "_new\"", "OWNER TO \"me\"",
                                       "GRANT SELECT ON", "_new\"", "COPY", "_new\"", "= copied",
                                       "ALTER TABLE \"public\".\"t\" RENAME TO \"redsmith_",
                                       "_old\"", "RENAME TO \"t\"", "DROP TABLE", "_old\"",
                                       "DROP TABLE", "commit", NULL});
    assert_has_not(text, (const char *const[]){"DELETE", NULL});
}

static void test_overwrite_deletes_where_a_swap_would_break_things(void)
{
    static const char *const reasons[] = {"views are bound", "identity column", "somebody else",
                                          "foreign keys"};
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CatalogTable) table = table_new();
        if (i == 0)
            g_ptr_array_add(table->dependent_views, g_strdup("\"public\".\"v\""));
        table->has_identity = i == 1;
        WriteFacts facts = {.target = table, .owned = i != 2, .referenced = i == 3};
        facts.input = input_new(NULL);
        WriteRequest request = {.profile = &profile,
                                .schema = "public",
                                .table = "t",
                                .mode = WRITE_OVERWRITE,
                                .source.paths = one_path};
        g_autoptr(Plan) plan = write_plan_build(&request, &facts, &error);
        g_assert_no_error(error);
        g_autofree char *text = plan_text(plan);
        assert_order(text, (const char *const[]){reasons[i], "DELETE FROM \"public\".\"t\"",
                                                 "COPY \"public\".\"t\"", "= copied", NULL});
        assert_has_not(text, (const char *const[]){"RENAME", "TRUNCATE", NULL});
        input_clear(facts.input);
    }
}

static void test_a_missing_target_is_created_inside_the_transaction(void)
{
    static const struct {
        WriteRequest request;
        const char *create;
    } cases[] = {
        {{.like_schema = "public", .like_table = "u"},
         "CREATE TABLE \"public\".\"t\" (LIKE \"public\".\"u\" INCLUDING DEFAULTS)"},
        {{.columns_ddl = "id int, name varchar(40), day date"},
         "CREATE TABLE \"public\".\"t\" (id int, name varchar(40), day date)"},
    };
    static const WriteMode modes[] = {WRITE_APPEND, WRITE_OVERWRITE, WRITE_ERROR, WRITE_IGNORE};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(CatalogTable) like = table_new();
            WriteFacts facts = {.like = i == 0 ? like : NULL, .input = input_new(NULL)};
            WriteRequest request = cases[i].request;
            request.profile = &profile;
            request.schema = "public";
            request.table = "t";
            request.mode = modes[m];
            request.source.paths = one_path;
            g_autoptr(Plan) plan = write_plan_build(&request, &facts, &error);
            g_assert_no_error(error);
            g_assert_false(plan->destructive);
            g_autofree char *text = plan_text(plan);
            assert_order(text, (const char *const[]){"begin", "LOCK", cases[i].create, "COPY",
                                                     "= copied", "commit", NULL});
            input_clear(facts.input);
        }
}

static void test_an_existing_target_in_modes_error_and_ignore(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(write_plan((WriteRequest){.mode = WRITE_ERROR}, table_new(), NULL, TRUE, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_EXISTS);
    g_clear_error(&error);
    g_autoptr(Plan) plan =
        write_plan((WriteRequest){.mode = WRITE_IGNORE}, table_new(), NULL, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->steps->len, ==, 1);
    g_assert_null(plan->stage_url);
}

static void test_write_refuses_columns_that_do_not_fit(void)
{
    static const char *const given[] = {"id", "nothing", NULL};
    static const char *const twice[] = {"id", "ID", "day", NULL};
    static const struct {
        const char *header;
        const char *const *columns;
        const char *named;
    } cases[] = {
        {"id,other", NULL, "other"}, {"id,Id", NULL, "twice"},          {NULL, given, "nothing"},
        {NULL, twice, "twice"},      {"id,name,day", given, "nothing"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        WriteRequest request = {.source.columns = cases[i].columns};
        g_assert_null(write_plan(request, table_new(), cases[i].header, TRUE, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, cases[i].named));
    }
    g_autoptr(GError) error = NULL;
    CatalogTable *wide = table_new();
    g_ptr_array_add(wide->columns, column_new("more", "integer"));
    g_assert_null(write_plan((WriteRequest){0}, wide, NULL, TRUE, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, "3 fields"));
}

static void test_skipped_rows_are_not_taken_for_lost_ones(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan =
        write_plan((WriteRequest){.source.max_errors = 10}, table_new(), NULL, TRUE, &error);
    g_assert_no_error(error);
    g_autofree char *text = plan_text(plan);
    assert_has_not(text, (const char *const[]){"copied = sent", NULL});
    assert_has(text, (const char *const[]){"MAXERROR", "= before + copied", NULL});
}

static void test_an_empty_input_changes_nothing_but_overwrite(void)
{
    g_autoptr(CatalogTable) table = table_new();
    WriteFacts facts = {.target = table, .owned = TRUE, .input = input_new("id,name,day")};
    facts.input->empty = TRUE;
    WriteRequest request = {
        .profile = &profile, .schema = "public", .table = "t", .source.paths = one_path};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) append = write_plan_build(&request, &facts, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(append->steps->len, ==, 1);
    request.mode = WRITE_OVERWRITE;
    g_autoptr(Plan) overwrite = write_plan_build(&request, &facts, &error);
    g_assert_no_error(error);
    g_autofree char *text = plan_text(overwrite);
    assert_has_not(text, (const char *const[]){"COPY", "upload", NULL});
    assert_has(text, (const char *const[]){"RENAME TO \"t\"", NULL});
    input_clear(facts.input);
}

/* --- merge -------------------------------------------------------------------------------------- */

static Plan *merge_plan_for(gboolean counts_late, MergeRequest request, const char *header,
                            CatalogTable *target, GError **error)
{
    g_autoptr(CatalogTable) table = target;
    MergeFacts facts = {.target = table, .counts_late = counts_late};
    request.profile = &profile;
    request.schema = "public";
    request.table = "t";
    LoadFacts *input = NULL;
    if (request.from_table == NULL) {
        input = input_new(header);
        facts.input = input;
        request.source.paths = one_path;
    } else {
        facts.from_columns = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) names = g_strsplit(header, ",", -1);
        for (guint i = 0; names[i] != NULL; i++)
            g_ptr_array_add(facts.from_columns, g_strdup(names[i]));
    }
    Plan *plan = merge_plan_build(&request, &facts, error);
    if (input != NULL)
        input_clear(input);
    g_clear_pointer(&facts.from_columns, g_ptr_array_unref);
    return plan;
}

static Plan *merge_plan(MergeRequest request, const char *header, CatalogTable *target,
                        GError **error)
{
    return merge_plan_for(FALSE, request, header, target, error);
}

static const char *const id_key[] = {"ID", NULL};

static void test_merge_checks_keys_before_anything_is_changed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan =
        merge_plan((MergeRequest){.keys = id_key}, "id,name,day", table_new(), &error);
    g_assert_no_error(error);
    g_autofree char *text = plan_text(plan);
    assert_order(text, (const char *const[]){"upload",
                                             "CREATE TABLE \"public\".\"redsmith_",
                                             "(LIKE \"public\".\"t\")",
                                             "begin",
                                             "LOCK TABLE",
                                             "DELETE FROM",
                                             "COPY",
                                             "copied = sent",
                                             "commit",
                                             "check",
                                             "\"id\" IS NULL",
                                             "= 0",
                                             "HAVING count(*) > 1",
                                             "begin",
                                             "LOCK TABLE",
                                             "before :=",
                                             "staged :=",
                                             "matched :=",
                                             "MERGE INTO",
                                             "= before + staged - matched",
                                             "DROP TABLE",
                                             "commit",
                                             "check",
                                             "clean",
                                             NULL});
}

static void test_merge_of_some_columns_stages_just_those(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan =
        merge_plan((MergeRequest){.keys = id_key, .strategy = SQL_MERGE_DELETE_INSERT}, "name,id",
                   table_new(), &error);
    g_assert_no_error(error);
    g_autofree char *text = plan_text(plan);
    assert_has(text, (const char *const[]){"(\"name\" character varying(8), \"id\" integer)",
                                           "DELETE FROM \"public\".\"t\" USING",
                                           "= before - deleted + staged", NULL});
    assert_has_not(text, (const char *const[]){"LIKE", NULL});
}

static void test_merge_from_a_table_needs_no_stage(void)
{
    g_autoptr(GError) error = NULL;
    MergeRequest request = {.keys = id_key, .from_schema = "public", .from_table = "u"};
    g_autoptr(Plan) plan = merge_plan(request, "id,name,day", table_new(), &error);
    g_assert_no_error(error);
    g_assert_null(plan->stage_url);
    g_autofree char *text = plan_text(plan);
    assert_has(text, (const char *const[]){"INSERT INTO \"public\".\"redsmith_",
                                           "SELECT \"id\", \"name\", \"day\" FROM \"public\".\"u\"",
                                           NULL});
    assert_has_not(text, (const char *const[]){"COPY", "upload", "clean", NULL});
}

static void test_merge_keeps_versions(void)
{
    g_autoptr(GError) error = NULL;
    CatalogTable *table = table_new();
    g_ptr_array_add(table->columns, column_new("valid_from", "timestamp"));
    g_ptr_array_add(table->columns, column_new("valid_to", "timestamp"));
    g_ptr_array_add(table->columns, column_new("is_current", "boolean"));
    g_autoptr(Plan) plan = merge_plan((MergeRequest){.keys = id_key, .strategy = SQL_MERGE_SCD2},
                                      "id,name", table, &error);
    g_assert_no_error(error);
    g_autofree char *text = plan_text(plan);
    assert_has(text, (const char *const[]){"expire", "\"is_current\" = FALSE",
                                           "= before + inserted", NULL});
}

/* Each count of the check after it is known before it, and no statement's tag is waited for. */
static void test_merge_counts_beforehand_where_tags_come_late(void)
{
    static const struct {
        SqlMergeStrategy strategy;
        const char *const order[8];
    } cases[] = {
        {SQL_MERGE_DELETE_INSERT,
         {"before :=", "deleted := SELECT", "DELETE FROM \"public\".\"t\" USING",
          "INSERT INTO \"public\".\"t\"", "= before - deleted + staged", "DROP TABLE", NULL}},
        {SQL_MERGE_SCD2,
         {"before :=", "expire", "inserted := SELECT", "INSERT INTO \"public\".\"t\"",
          "= before + inserted", "DROP TABLE", NULL}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CatalogTable *table = table_new();
        if (cases[i].strategy == SQL_MERGE_SCD2) {
            g_ptr_array_add(table->columns, column_new("valid_from", "timestamp"));
            g_ptr_array_add(table->columns, column_new("valid_to", "timestamp"));
            g_ptr_array_add(table->columns, column_new("is_current", "boolean"));
        }
        MergeRequest request = {.keys = id_key, .strategy = cases[i].strategy};
        g_autoptr(Plan) plan = merge_plan_for(TRUE, request, "id,name", table, &error);
        g_assert_no_error(error);
        g_autofree char *text = plan_text(plan);
        assert_order(text, cases[i].order);
    }
}

static void test_merge_refusals(void)
{
    static const char *const no_key[] = {NULL};
    static const char *const bad_key[] = {"nothing", NULL};
    static const char *const day_key[] = {"day", NULL};
    static const struct {
        const char *const *keys;
        const char *header;
        SqlMergeStrategy strategy;
        const char *named;
    } cases[] = {
        {no_key, "id,name", SQL_MERGE_MERGE, "key"},
        {bad_key, "id,name", SQL_MERGE_MERGE, "nothing"},
        {day_key, "id,name", SQL_MERGE_MERGE, "day"},
        {id_key, "id", SQL_MERGE_MERGE, "delete-insert"},
        {day_key, "name,day", SQL_MERGE_MERGE, "NOT NULL"},
        {id_key, "id,name", SQL_MERGE_SCD2, "valid_from"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        MergeRequest request = {.keys = cases[i].keys, .strategy = cases[i].strategy};
        g_assert_null(merge_plan(request, cases[i].header, table_new(), &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        if (strstr(error->message, cases[i].named) == NULL)
            g_error("\"%s\" is not named in: %s", cases[i].named, error->message);
    }
}

static void test_names_of_modes_and_strategies(void)
{
    WriteMode mode;
    SqlMergeStrategy strategy;
    g_assert_true(write_mode_from_name("overwrite", &mode));
    g_assert_cmpstr(write_mode_name(mode), ==, "overwrite");
    g_assert_false(write_mode_from_name("replace", &mode));
    g_assert_false(write_mode_from_name(NULL, &mode));
    g_assert_true(merge_strategy_from_name("delete-insert", &strategy));
    g_assert_cmpstr(merge_strategy_name(strategy), ==, "delete-insert");
    g_assert_false(merge_strategy_from_name("upsert", &strategy));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unload/to-a-folder-goes-by-way-of-the-stage",
                    test_unload_to_a_folder_goes_by_way_of_the_stage);
    g_test_add_func("/unload/to-s3-has-no-stage", test_unload_to_s3_has_no_stage);
    g_test_add_func("/unload/json-has-no-marker-to-check",
                    test_unload_of_json_has_no_marker_to_check);
    g_test_add_func("/unload/refusals", test_unload_refusals);
    g_test_add_func("/unload/needs-role-and-stage", test_unload_needs_role_and_stage);
    g_test_add_func("/write/append-copies-into-the-target-under-a-marker",
                    test_append_copies_into_the_target_under_a_marker);
    g_test_add_func("/write/overwrite-swaps-and-carries", test_overwrite_swaps_and_carries);
    g_test_add_func("/write/overwrite-deletes-where-a-swap-would-break-things",
                    test_overwrite_deletes_where_a_swap_would_break_things);
    g_test_add_func("/write/a-missing-target-is-created-inside-the-transaction",
                    test_a_missing_target_is_created_inside_the_transaction);
    g_test_add_func("/write/an-existing-target-in-modes-error-and-ignore",
                    test_an_existing_target_in_modes_error_and_ignore);
    g_test_add_func("/write/refuses-columns-that-do-not-fit",
                    test_write_refuses_columns_that_do_not_fit);
    g_test_add_func("/write/skipped-rows-are-not-taken-for-lost-ones",
                    test_skipped_rows_are_not_taken_for_lost_ones);
    g_test_add_func("/write/an-empty-input-changes-nothing-but-overwrite",
                    test_an_empty_input_changes_nothing_but_overwrite);
    g_test_add_func("/merge/checks-keys-before-anything-is-changed",
                    test_merge_checks_keys_before_anything_is_changed);
    g_test_add_func("/merge/of-some-columns-stages-just-those",
                    test_merge_of_some_columns_stages_just_those);
    g_test_add_func("/merge/from-a-table-needs-no-stage", test_merge_from_a_table_needs_no_stage);
    g_test_add_func("/merge/keeps-versions", test_merge_keeps_versions);
    g_test_add_func("/merge/counts-beforehand-where-tags-come-late",
                    test_merge_counts_beforehand_where_tags_come_late);
    g_test_add_func("/merge/refusals", test_merge_refusals);
    g_test_add_func("/names-of-modes-and-strategies", test_names_of_modes_and_strategies);
    return g_test_run();
}
