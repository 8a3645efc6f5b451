#include "job/unload_plan.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "job/load_plan.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"

#define DEFAULT_NULL "\\N"
#define SUPER_OID 4000

void unload_facts_clear(UnloadFacts *facts)
{
    g_strfreev(facts->columns);
    g_free(facts->types);
    g_free(facts->destination_example);
    *facts = (UnloadFacts){0};
}

static gboolean is_s3(const char *to)
{
    return g_ascii_strncasecmp(to, "s3", 2) == 0 && strstr(to, "://") != NULL;
}

/* The one SELECT, without its semicolon. */
static char *query_of(const UnloadRequest *request, GError **error)
{
    if (request->query != NULL)
        return sql_query_text(request->query, error);
    g_autoptr(GArray) spans = sql_split(request->sql != NULL ? request->sql : "", -1);
    if (spans->len != 1) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "one SELECT was expected, not %u statements",
                    spans->len);
        return NULL;
    }
    const SqlSpan *span = &g_array_index(spans, SqlSpan, 0);
    if (sql_classify(request->sql + span->start, (gssize)span->length) != SQL_READS) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "only a SELECT can be unloaded");
        return NULL;
    }
    return g_strndup(request->sql + span->start, span->length);
}

/* --- facts -------------------------------------------------------------------------------------- */

static gboolean read_columns(const UnloadRequest *request, Session *session, UnloadFacts *facts,
                             GCancellable *cancellable, GError **error)
{
    g_autofree char *query = query_of(request, error);
    if (query == NULL)
        return FALSE;
    g_autofree char *sql = g_strdup_printf("SELECT * FROM (%s\n) AS redsmith_rows LIMIT 0", query);
    Statement *statement = session_start(session, sql, cancellable, error);
    if (statement == NULL)
        return FALSE;
    const ResultColumn *columns = statement_columns(statement, &facts->n_columns);
    facts->columns = g_new0(char *, facts->n_columns + 1);
    facts->types = g_new0(guint32, facts->n_columns + 1);
    for (guint i = 0; i < facts->n_columns; i++) {
        facts->columns[i] = g_strdup(columns[i].name);
        facts->types[i] = columns[i].type_oid;
    }
    return statement_finish(statement, NULL, error);
}

static gboolean note_first(gpointer user, const S3Object *object, GError **error)
{
    UnloadFacts *facts = user;
    facts->destination_used = TRUE;
    facts->destination_example = g_strdup(object->key);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "one is enough");
    return FALSE;
}

static gboolean read_prefix(const UnloadRequest *request, S3Client *s3, UnloadFacts *facts,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    if (!s3_parse_url(request->to, &bucket, &key, error))
        return FALSE;
    g_autoptr(GError) local = NULL;
    if (s3_list(s3, bucket, key, note_first, facts, cancellable, &local) || facts->destination_used)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* What is to be made must have a place: to find out after the UNLOAD would be late. */
static gboolean check_parent(const char *folder, GError **error)
{
    g_autofree char *at = g_canonicalize_filename(folder, NULL);
    while (!g_file_test(at, G_FILE_TEST_EXISTS)) {
        char *parent = g_path_get_dirname(at);
        g_free(at);
        at = parent;
    }
    if (g_access(at, W_OK | X_OK) == 0 && g_file_test(at, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the destination %s cannot be made: %s is %s",
                folder, at, g_file_test(at, G_FILE_TEST_IS_DIR) ? "not writable" : "not a folder");
    return FALSE;
}

static gboolean read_folder(const UnloadRequest *request, UnloadFacts *facts, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GDir) dir = g_dir_open(request->to, 0, &local);
    if (dir == NULL) {
        if (g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return check_parent(request->to, error);
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the destination %s: %s", request->to,
                    local->message);
        return FALSE;
    }
    const char *name;
    while (!facts->destination_used && (name = g_dir_read_name(dir)) != NULL) {
        /* what an earlier job of ours left half done is not the user's */
        if (g_str_has_prefix(name, ".redsmith-"))
            continue;
        facts->destination_used = TRUE;
        facts->destination_example = g_strdup(name);
    }
    return TRUE;
}

gboolean unload_plan_read(const UnloadRequest *request, Session *session, S3Client *s3,
                          UnloadFacts *facts, GCancellable *cancellable, GError **error)
{
    if (request->to == NULL || *request->to == '\0') {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "no destination was given");
        return FALSE;
    }
    if (!read_columns(request, session, facts, cancellable, error))
        return FALSE;
    return is_s3(request->to) ? read_prefix(request, s3, facts, cancellable, error)
                              : read_folder(request, facts, error);
}

/* --- the plan ----------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, RsErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean refuse(GError **error, RsErrorCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RS_ERROR, (gint)code, message);
    return FALSE;
}

static gboolean check_request(const UnloadRequest *request, const UnloadFacts *facts,
                              GError **error)
{
    gboolean remote = is_s3(request->to);
    if (!remote && request->format == SQL_FORMAT_PARQUET)
        return refuse(error, RS_ERROR_UNSUPPORTED,
                      "Parquet is unloaded to S3 only; choose an s3:// destination, CSV, text or "
                      "JSON");
    if (!remote && (request->partition_by != NULL || request->clean_path ||
                    request->extension != NULL || request->kms_key_id != NULL))
        return refuse(error, RS_ERROR_USAGE,
                      "PARTITION BY, CLEANPATH, EXTENSION and KMS keys need an s3:// destination");
    if (facts->destination_used && !request->overwrite && !request->clean_path) {
        g_autofree char *example = text_printable(facts->destination_example, -1);
        return refuse(error, RS_ERROR_EXISTS,
                      remote ? "%s is not empty: %s begins with it; choose another prefix, or "
                               "overwrite"
                             : "the folder %s is not empty: it holds %s; choose another one, or "
                               "overwrite",
                      request->to, example);
    }
    if (facts->n_columns == 0)
        return refuse(error, RS_ERROR_USAGE, "the query gives no columns");
    for (guint i = 0; i < facts->n_columns; i++)
        if (facts->types[i] == SUPER_OID && request->format == SQL_FORMAT_TEXT &&
            !request->no_escape)
            return refuse(error, RS_ERROR_USAGE,
                          "column \"%s\" is SUPER, which UNLOAD does not escape in text and COPY "
                          "would unescape: use CSV or JSON",
                          facts->columns[i]);
    return TRUE;
}

static const char *null_marker(const UnloadRequest *request)
{
    gboolean marked = request->format == SQL_FORMAT_TEXT || request->format == SQL_FORMAT_CSV;
    if (!marked)
        return NULL;
    return request->null_as != NULL ? request->null_as : DEFAULT_NULL;
}

static char *unload_sql(const UnloadRequest *request, const char *query, const char *to,
                        const char *role, GError **error)
{
    g_autofree char *wrapped = sql_unload_wrap_limit(query);
    gboolean remote = is_s3(request->to);
    SqlUnload unload = {
        .query = wrapped,
        .to = to,
        .iam_role = role,
        .format = request->format,
        .compression = request->compression,
        .header = request->header,
        .addquotes = request->addquotes,
        .escape = request->format == SQL_FORMAT_TEXT && !request->no_escape,
        .manifest = TRUE,
        .manifest_verbose = TRUE,
        .allow_overwrite = remote && request->overwrite && !request->clean_path,
        .clean_path = request->clean_path,
        .parallel_off = request->serial,
        .delimiter = request->delimiter,
        .null_as = null_marker(request),
        .max_file_size_mb = request->max_file_size_mb,
        /* the stage is in tempdir; a target of the user's own is where the user says */
        .region =
            request->region != NULL || remote ? request->region : request->profile->tempdir_region,
        .extension = request->extension,
        .kms_key_id = request->kms_key_id,
        .partition_by = request->partition_by,
        .partition_include = request->partition_include,
    };
    return sql_unload_text(&unload, error);
}

/* Type oids whose values are written as they are and could equal the marker. */
static gboolean is_character(guint32 type)
{
    static const guint32 types[] = {18, 19, 25, 705, 1042, 1043};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i] == type)
            return TRUE;
    return FALSE;
}

/*
 * CSV writes a NULL as \N and the string \N likewise: one query makes sure that there is no such
 * string. Text needs none, ESCAPE writes the string as \\N. Columns are renamed by position, since a
 * result may have one name twice.
 */
static void add_null_check(Plan *plan, const UnloadRequest *request, const UnloadFacts *facts,
                           const char *query)
{
    if (request->format != SQL_FORMAT_CSV || request->null_as != NULL || request->skip_null_check)
        return;
    g_autoptr(GString) names = g_string_new(NULL), condition = g_string_new(NULL);
    g_autoptr(GString) which = g_string_new("CASE");
    g_autofree char *marker = sql_literal(DEFAULT_NULL);
    for (guint i = 0; i < facts->n_columns; i++) {
        g_string_append_printf(names, "%sc%u", i > 0 ? ", " : "", i + 1);
        if (!is_character(facts->types[i]))
            continue;
        g_autofree char *name = sql_literal(facts->columns[i]);
        g_string_append_printf(condition, "%sc%u = %s", condition->len > 0 ? " OR " : "", i + 1,
                               marker);
        g_string_append_printf(which, " WHEN c%u = %s THEN %s", i + 1, marker, name);
    }
    if (condition->len == 0)
        return;
    g_autofree char *sql =
        g_strdup_printf("SELECT %s END FROM (%s\n) AS redsmith_rows (%s) WHERE %s LIMIT 1",
                        which->str, query, names->str, condition->str);
    PlanStep *step = plan_add_step(plan, STEP_CHECK, "no value equals the NULL marker \\N");
    PlanAction *action = plan_step_add_action(step, ACTION_EXPECT_NONE, "check none", sql);
    action->of_input = TRUE;
    action->failure = g_strdup("CSV could not tell the value \\N from NULL; unload as text or "
                               "JSON, or choose another --null-as. It is in column");
}

static void add_unload(Plan *plan, const UnloadRequest *request, const char *sql, const char *to)
{
    PlanStep *step = plan_add_step(
        plan, STEP_UNLOAD, "%s%s%s to %s", sql_format_name(request->format),
        request->compression != SQL_COMPRESS_NONE ? ", " : "",
        request->compression != SQL_COMPRESS_NONE ? sql_compression_name(request->compression) : "",
        to);
    plan_step_add_action(step, ACTION_UNLOAD, "unload", sql);
    PlanAction *note =
        plan_step_add_action(step, ACTION_NOTE_VALUE, "note", "SELECT pg_last_unload_count()");
    note->name = g_strdup("unloaded");
    PlanAction *id =
        plan_step_add_action(step, ACTION_NOTE_VALUE, "note", "SELECT pg_last_query_id()");
    id->name = g_strdup("query");
    PlanStep *check = plan_add_step(plan, STEP_CHECK, "the files are complete");
    PlanAction *agree = plan_step_add_action(check, ACTION_EXPECT_MANIFEST, "check", NULL);
    agree->failure = g_strdup("records of the manifest = rows the server unloaded, and every "
                              "listed file has its size");
}

static const char *format_suffix(SqlFormat format)
{
    return format == SQL_FORMAT_CSV ? ".csv" : format == SQL_FORMAT_JSON ? ".json" : ".txt";
}

/* The relation's name as the start of a file name. */
static char *file_stem(const UnloadRequest *request)
{
    const char *name = request->query != NULL ? request->query->relation : "query";
    char *stem = g_strdup(name);
    g_strcanon(stem, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_", '_');
    return stem;
}

static void add_download(Plan *plan, const UnloadRequest *request)
{
    g_autofree char *folder = g_canonicalize_filename(request->to, NULL);
    g_autofree char *stem = file_stem(request);
    g_autofree char *suffix = g_strconcat(format_suffix(request->format),
                                          sql_compression_suffix(request->compression), NULL);
    plan_set_text(plan, "folder", folder);
    plan_set_text(plan, "stem", stem);
    plan_set_text(plan, "suffix", suffix);
    plan_set_text(plan, "compression_suffix", sql_compression_suffix(request->compression));
    plan_set_flag(plan, "replace", request->overwrite);
    plan_add_step(plan, STEP_DOWNLOAD, "to %s as %s_NNNN_part_NN%s%s", folder, stem, suffix,
                  request->overwrite ? ", in place of an earlier unload's" : "");
    load_plan_add_clean(plan, request->keep_stage);
}

static char *source_title(const UnloadRequest *request)
{
    if (request->query == NULL)
        return g_strdup("query");
    return g_strdup_printf("%s.%s", request->query->schema, request->query->relation);
}

static void add_facts(Plan *plan, const UnloadRequest *request, const UnloadFacts *facts)
{
    gboolean remote = is_s3(request->to);
    g_autofree char *source = source_title(request);
    plan->title = g_strdup_printf("unload %s to %s", source, request->to);
    plan->target = g_strdup(request->to);
    plan->destructive = request->clean_path || (request->overwrite && facts->destination_used);
    plan->on_failure =
        g_strdup(remote ? "the files of the failed try are removed by resume or clean"
                        : "the folder is as before, the stage is kept, resume possible");
    plan_set_text(plan, "to", request->to);
    plan_set_text(plan, "format", sql_format_name(request->format));
    plan_set_flag(plan, "header", request->header);
    plan_set_flag(plan, "overwrite", request->overwrite || request->clean_path);
    g_autofree char *columns = text_quantity(facts->n_columns, "column");
    plan_add_step(plan, STEP_READ, "%s: %s", source, columns);
}

Plan *unload_plan_build(const UnloadRequest *request, const UnloadFacts *facts, GError **error)
{
    const char *role = load_plan_role(request->profile, request->iam_role, error);
    g_autofree char *query = role != NULL ? query_of(request, error) : NULL;
    if (query == NULL || !check_request(request, facts, error))
        return NULL;
    gboolean remote = is_s3(request->to);
    g_autoptr(Plan) plan = plan_new("unload", request->profile->name);
    if (!remote && !load_plan_set_stage(plan, request->profile, request->tempdir, error))
        return NULL;
    /* the executor puts a later attempt's number in place of this one's */
    g_autofree char *to =
        remote ? g_strdup(request->to) : g_strconcat(plan->stage_url, "a1/", NULL);
    g_autofree char *sql = unload_sql(request, query, to, role, error);
    if (sql == NULL)
        return NULL;
    add_facts(plan, request, facts);
    add_null_check(plan, request, facts, query);
    add_unload(plan, request, sql, to);
    if (!remote)
        add_download(plan, request);
    return g_steal_pointer(&plan);
}

Plan *unload_plan_new(const UnloadRequest *request, Session *session, S3Client *s3,
                      GCancellable *cancellable, GError **error)
{
    g_auto(UnloadFacts) facts = {0};
    if (!unload_plan_read(request, session, s3, &facts, cancellable, error))
        return NULL;
    return unload_plan_build(request, &facts, error);
}
