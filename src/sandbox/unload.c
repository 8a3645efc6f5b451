/*
 * UNLOAD: the inner query runs on the session's own backend, so it sees its transaction and temporary
 * tables; its rows go to the store, while the log tables tell other sessions how far it is.
 */
#include <string.h>

#include "base/error.h"
#include "sandbox/engine.h"
#include "sandbox/front.h"
#include "sandbox/manifest.h"
#include "sandbox/pgcopy.h"
#include "sandbox/rewrite.h"
#include "sandbox/unload_files.h"
#include "sandbox/unload_format.h"
#include "sandbox/unload_log.h"

typedef struct {
    FrontSession *session;
    UnloadOptions options;
    gint64 query_id;
    char *sql; /* the inner query as the backend reads it */
    GPtrArray *columns;
    UnloadFiles *files;
    UnloadLog log;
    Pace pace;
    GString *buffer, *row, *folder;
    GArray *fields;
    /* Why the copy was stopped from this side, if it was. */
    Refusal refusal;
    GError *error;
    gboolean cancelled, backend_failed;
} Unload;

static void unload_clear(Unload *unload)
{
    unload_options_clear(&unload->options);
    g_free(unload->sql);
    g_clear_pointer(&unload->columns, g_ptr_array_unref);
    unload_files_free(unload->files);
    g_string_free(unload->buffer, TRUE);
    g_string_free(unload->row, TRUE);
    g_string_free(unload->folder, TRUE);
    g_array_unref(unload->fields);
    refusal_clear(&unload->refusal);
    g_clear_error(&unload->error);
}

/* --- the inner query ---------------------------------------------------------------------------- */

static gboolean rewrite_query(Unload *unload)
{
    const char *query = unload->options.query;
    g_autoptr(GArray) statements = sql_split(query, -1);
    if (statements->len != 1 || sql_classify(query, -1) != SQL_READS)
        return refuse(&unload->refusal, "42601", "UNLOAD query must be a single SELECT statement");
    g_autoptr(Rewrite) rewrite = rewrite_statement(query);
    if (rewrite->kind == REWRITE_REFUSE)
        return refuse(&unload->refusal, rewrite->sqlstate, "%s", rewrite->message);
    if (rewrite->kind != REWRITE_PASS)
        return refuse(&unload->refusal, "42601", "UNLOAD query must be a single SELECT statement");
    unload->sql = g_strdup(rewrite->sql);
    return TRUE;
}

static gboolean note_types(gpointer user, guint n, const char *const *values, const int *lengths)
{
    (void)lengths;
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(user, g_strdup(values[i]));
    return TRUE;
}

/* The columns' types by name: format_type knows the sandbox's own types too. */
static GPtrArray *type_names(FrontSession *session, const GPtrArray *described)
{
    g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (guint i = 0; i < described->len; i++) {
        const BackendColumn *column = described->pdata[i];
        g_string_append_printf(sql, "%spg_catalog.format_type(%u, %d)", i > 0 ? ", " : "",
                               column->type_oid, column->type_modifier);
    }
    if (!backend_query(session, sql->str, note_types, types) || types->len != described->len)
        return NULL;
    return g_steal_pointer(&types);
}

static gboolean describe_query(Unload *unload)
{
    g_autoptr(GPtrArray) described = backend_describe(unload->session, unload->sql);
    if (described == NULL)
        return FALSE;
    if (described->len == 0)
        return front_fail(unload->session, "42601", "UNLOAD query returns no columns");
    g_autoptr(GPtrArray) types = type_names(unload->session, described);
    if (types == NULL)
        return FALSE;
    unload->columns = g_ptr_array_new_with_free_func((GDestroyNotify)unload_column_free);
    for (guint i = 0; i < described->len; i++)
        g_ptr_array_add(
            unload->columns,
            unload_column_new(((BackendColumn *)described->pdata[i])->name, types->pdata[i]));
    if (!unload_columns_check(unload->columns, &unload->options, &unload->refusal))
        return engine_refuse(unload->session, &unload->refusal);
    return TRUE;
}

/* --- the destination ---------------------------------------------------------------------------- */

static gboolean fail_with_error(FrontSession *session, const GError *error)
{
    return front_fail(session, "XX000", "%s", error->message);
}

static gboolean check_destination(Unload *unload)
{
    const UnloadOptions *options = &unload->options;
    Store *store = front_store(unload->session);
    g_autoptr(GError) error = NULL;
    if (!engine_check_bucket(unload->session, unload->query_id, options->bucket, options->prefix,
                             options->region))
        return FALSE;
    if (options->allow_overwrite)
        return TRUE;
    if (options->clean_path)
        return options->partition_by != NULL ||
               unload_clean(store, options->bucket, options->prefix, &error) ||
               fail_with_error(unload->session, error);
    g_autoptr(GPtrArray) there =
        store_list(store, options->bucket, options->prefix, NULL, 1, &error);
    if (there == NULL)
        return fail_with_error(unload->session, error);
    if (there->len == 0)
        return TRUE;
    return front_fail(unload->session, "XX000",
                      "Specified unload destination on S3 is not empty. Consider using a different "
                      "bucket / prefix, manually removing the target files in S3, or using the "
                      "ALLOWOVERWRITE option.");
}

/* --- rows --------------------------------------------------------------------------------------- */

static gboolean take_line(gpointer user, const char *line, gsize length)
{
    Unload *unload = user;
    pgcopy_split(line, length, unload->buffer, unload->fields);
    if (unload->fields->len < unload->columns->len)
        return refuse(&unload->refusal, "XX000", "A row of the query has %u columns instead of %u",
                      unload->fields->len, unload->columns->len);
    const PgField *fields = &g_array_index(unload->fields, PgField, 0);
    g_string_truncate(unload->row, 0);
    g_string_truncate(unload->folder, 0);
    if (unload->options.partition_by != NULL)
        unload_append_partition(unload->folder, unload->columns, fields, &unload->options);
    if (!unload_append_row(unload->row, unload->columns, fields, &unload->options,
                           &unload->refusal) ||
        !unload_files_write(unload->files, unload->folder->str, unload->row->str, unload->row->len,
                            &unload->error))
        return FALSE;
    unload->cancelled = !pace_row(&unload->pace);
    return !unload->cancelled;
}

/*
 * The rows of one partition must come together. ORDER BY in the query itself still holds within a
 * partition: row_number() counts in the order in which the subquery gives its rows.
 */
static char *copy_statement_of(const Unload *unload)
{
    const GPtrArray *names = unload->options.partition_by;
    if (names == NULL)
        return g_strdup_printf("COPY (%s\n) TO STDOUT (ENCODING 'UTF8')", unload->sql);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "COPY (SELECT * FROM (%s\n) AS unloaded ORDER BY ", unload->sql);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(sql, "%d, ",
                               unload_column_index(unload->columns, names->pdata[i]) + 1);
    g_string_append(sql, "pg_catalog.row_number() OVER ()) TO STDOUT (ENCODING 'UTF8')");
    return g_string_free(sql, FALSE);
}

static gboolean note_text(gpointer user, guint n, const char *const *values, const int *lengths)
{
    (void)lengths;
    if (n > 0 && values[0] != NULL)
        g_string_assign(user, values[0]);
    return TRUE;
}

static gboolean set_date_style(FrontSession *session, const char *style)
{
    g_autoptr(GString) sql = g_string_new("SELECT pg_catalog.set_config('datestyle', ");
    pg_append_literal(sql, style, -1);
    g_string_append(sql, ", false)");
    return backend_query(session, sql->str, NULL, NULL);
}

/* Files hold ISO dates whatever the session's DateStyle is; *style is what to go back to, or "". */
static gboolean use_iso_dates(Unload *unload, GString *style)
{
    if (!backend_query(unload->session, "SELECT pg_catalog.current_setting('datestyle')", note_text,
                       style))
        return FALSE;
    if (g_str_has_prefix(style->str, "ISO")) {
        g_string_truncate(style, 0);
        return TRUE;
    }
    return set_date_style(unload->session, "ISO, MDY");
}

/* FALSE with the reason given to the front. */
static gboolean run_query(Unload *unload)
{
    guint64 rows = 0;
    g_autofree char *sql = copy_statement_of(unload);
    if (front_cancelled(unload->session))
        return engine_cancelled(unload->session, unload->query_id);
    if (backend_copy_out(unload->session, sql, take_line, unload, &rows))
        return TRUE;
    if (unload->cancelled || front_cancelled(unload->session))
        return engine_cancelled(unload->session, unload->query_id);
    if (unload->refusal.message != NULL)
        return engine_refuse(unload->session, &unload->refusal);
    if (unload->error != NULL)
        return fail_with_error(unload->session, unload->error);
    unload->backend_failed = TRUE; /* its own error, which the front has */
    return FALSE;
}

/*
 * Setting DateStyle back would clear the backend's error, so that becomes the statement's own first.
 * Inside a failed block the setting fails as well, and the rollback restores it.
 */
static gboolean run_with_iso_dates(Unload *unload)
{
    g_autoptr(GString) style = g_string_new(NULL);
    gboolean good = use_iso_dates(unload, style) && run_query(unload);
    if (style->len == 0)
        return good;
    const FrontError *error = backend_error(unload->session);
    if (unload->backend_failed && error != NULL) {
        refuse(&unload->refusal, error->sqlstate, "%s", error->message);
        unload->refusal.detail = g_strdup(error->detail);
        engine_refuse(unload->session, &unload->refusal);
    }
    set_date_style(unload->session, style->str);
    return good;
}

/* --- the manifest ------------------------------------------------------------------------------- */

static int compare_entries(gconstpointer a, gconstpointer b)
{
    const ManifestEntry *const *first = a, *const *second = b;
    return strcmp((*first)->url, (*second)->url);
}

static char *manifest_text(const Unload *unload)
{
    const GPtrArray *list = unload_files_list(unload->files);
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)manifest_entry_free);
    for (guint i = 0; i < list->len; i++) {
        const UnloadFile *file = list->pdata[i];
        g_autofree char *url = g_strdup_printf("s3://%s/%s", unload->options.bucket, file->key);
        g_ptr_array_add(entries, manifest_entry_new(url, (gint64)file->bytes, (gint64)file->lines));
    }
    g_ptr_array_sort(entries, compare_entries);
    return manifest_write(entries, unload->options.verbose ? unload->columns : NULL);
}

static gboolean write_manifest(Unload *unload, GError **error)
{
    g_autofree char *prefix = unload_base_prefix(&unload->options);
    g_autofree char *key = g_strconcat(prefix, "manifest", NULL);
    g_autofree char *text = manifest_text(unload);
    StoreWriter *writer = store_write_begin(front_store(unload->session), unload->options.bucket,
                                            key, "application/json", error);
    if (writer == NULL)
        return FALSE;
    store_write_encrypt(writer, unload->options.kms_key);
    if (!store_write(writer, text, strlen(text), error)) {
        store_write_abort(writer);
        return FALSE;
    }
    return store_write_commit(writer, NULL, NULL, error);
}

/* --- the statement ------------------------------------------------------------------------------ */

static void tick(gpointer user)
{
    unload_log_update(&((Unload *)user)->log);
}

static gboolean finish(Unload *unload)
{
    if (!unload_files_finish(unload->files, TRUE, &unload->error))
        return fail_with_error(unload->session, unload->error);
    if (unload->options.manifest && !write_manifest(unload, &unload->error))
        return fail_with_error(unload->session, unload->error);
    return TRUE;
}

static const char *failure_text(Unload *unload)
{
    if (unload->cancelled || front_cancelled(unload->session))
        return "cancelled on user's request";
    if (unload->refusal.message != NULL)
        return unload->refusal.message;
    if (unload->error != NULL)
        return unload->error->message;
    const FrontError *error = backend_error(unload->session);
    return error != NULL ? error->message : "failed";
}

static gboolean move_rows(Unload *unload)
{
    unload->files =
        unload_files_new(front_store(unload->session), &unload->options, unload->columns);
    unload_log_begin(&unload->log, unload->session, &unload->options, unload->files,
                     unload->query_id);
    pace_begin(&unload->pace, unload->session, "unload", tick, unload);
    if (run_with_iso_dates(unload) && finish(unload)) {
        unload_log_end(&unload->log, "completed", NULL);
        return TRUE;
    }
    unload_files_finish(unload->files, FALSE, NULL);
    unload_log_end(&unload->log, "aborted", failure_text(unload));
    return FALSE;
}

static gboolean check_statement(Unload *unload, const char *sql)
{
    return unload_options_parse(sql, &unload->options, &unload->refusal) &&
           unload_options_supported(&unload->options, &unload->refusal) &&
           auth_resolve(&unload->options.auth, front_iam_role(unload->session),
                        front_region(unload->session), front_user(unload->session),
                        unload->query_id, front_pid(unload->session), &unload->refusal) &&
           rewrite_query(unload);
}

static gboolean run(Unload *unload, const char *sql)
{
    unload->query_id = front_next_query_id(unload->session);
    if (!check_statement(unload, sql))
        return engine_refuse(unload->session, &unload->refusal);
    if (!describe_query(unload) || !check_destination(unload) || !move_rows(unload))
        return FALSE;
    gint64 rows = (gint64)unload_files_rows(unload->files);
    front_set_last_unload(unload->session, unload->query_id, rows);
    front_notice(unload->session,
                 "UNLOAD completed, %" G_GINT64_FORMAT " record(s) unloaded successfully.", rows);
    return TRUE;
}

gboolean unload_statement(FrontSession *session, const char *sql)
{
    Unload unload = {.session = session,
                     .buffer = g_string_new(NULL),
                     .row = g_string_new(NULL),
                     .folder = g_string_new(NULL),
                     .fields = g_array_new(FALSE, FALSE, sizeof(PgField))};
    gboolean good = run(&unload, sql);
    unload_clear(&unload);
    return good;
}
