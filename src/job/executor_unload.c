#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "sql/literal.h"

#define LIST_LIMIT 100000
/* Names of keys that were at a destination before: more are not journalled, and then none is removed. */
#define BEFORE_LIMIT 10000

static gint64 number_of(const cJSON *json, const char *name, gint64 otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : otherwise;
}

static const char *text_of(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* Straight to S3, not by way of the stage. */
static gboolean is_direct(const Execution *run)
{
    return run->plan->stage_url == NULL;
}

/* The first step of that kind. */
static int find_step(const Plan *plan, StepKind kind)
{
    for (guint i = 0; i < plan->steps->len; i++)
        if (((PlanStep *)plan->steps->pdata[i])->kind == kind)
            return (int)i;
    return -1;
}

/* Where the last attempt wrote. */
static char *attempt_url(const Execution *run)
{
    if (is_direct(run))
        return g_strdup(plan_text_detail(run->plan, "to"));
    const cJSON *begin = journal_last_begin(run->journal, find_step(run->plan, STEP_UNLOAD));
    const char *prefix = begin != NULL ? text_of(begin, "stage") : NULL;
    return g_strconcat(run->plan->stage_url, prefix != NULL ? prefix : "a1/", NULL);
}

/* --- manifest ----------------------------------------------------------------------------------- */

static void entry_free(gpointer data)
{
    ManifestEntry *entry = data;
    g_free(entry->key);
    g_free(entry);
}

static gboolean take_entry(Execution *run, GPtrArray *entries, const cJSON *json,
                           const char *bucket, GError **error)
{
    g_autofree char *own = NULL, *key = NULL;
    const char *url = text_of(json, "url");
    if (url == NULL || !s3_parse_url(url, &own, &key, NULL) || strcmp(own, bucket) != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                    "the unload's manifest names \"%s\", which is not in s3://%s",
                    url != NULL ? url : "", bucket);
        return FALSE;
    }
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(json, "meta");
    gint64 records = number_of(meta, "record_count", -1);
    /* the manifest counts header lines too */
    if (records > 0 && plan_flag_detail(run->plan, "header"))
        records--;
    ManifestEntry *entry = g_new0(ManifestEntry, 1);
    entry->key = g_steal_pointer(&key);
    entry->bytes = number_of(meta, "content_length", -1);
    entry->records = records;
    g_ptr_array_add(entries, entry);
    return TRUE;
}

static GPtrArray *parse_manifest(Execution *run, GBytes *bytes, const char *bucket, GError **error)
{
    gsize length;
    const char *text = g_bytes_get_data(bytes, &length);
    cJSON *json = cJSON_ParseWithLength(text, length);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "entries");
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    gboolean ok = cJSON_IsArray(list);
    if (!ok)
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the unload's manifest is not a manifest");
    for (const cJSON *item = ok ? list->child : NULL; ok && item != NULL; item = item->next)
        ok = take_entry(run, entries, item, bucket, error);
    cJSON_Delete(json);
    return ok ? g_steal_pointer(&entries) : NULL;
}

/* The manifest's bytes; NULL without error when there is none. */
static GBytes *get_manifest(Execution *run, char **bucket, GError **error)
{
    g_autofree char *url = attempt_url(run);
    g_autofree char *prefix = NULL;
    S3Client *s3 = execution_s3(run, error);
    if (s3 == NULL || !s3_parse_url(url, bucket, &prefix, error))
        return NULL;
    g_autofree char *key = g_strconcat(prefix, "manifest", NULL);
    g_autoptr(GError) local = NULL;
    GBytes *bytes = s3_get(s3, *bucket, key, 0, 0, run->cancel, &local);
    if (bytes == NULL && !g_error_matches(local, RS_ERROR, RS_ERROR_NOT_FOUND))
        g_propagate_error(error, g_steal_pointer(&local));
    return bytes;
}

GPtrArray *execution_read_manifest(Execution *run, char **bucket, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GBytes) bytes = get_manifest(run, bucket, &local);
    if (bytes != NULL)
        return parse_manifest(run, bytes, *bucket, error);
    if (local == NULL)
        return g_ptr_array_new_with_free_func(entry_free);
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

/* --- check -------------------------------------------------------------------------------------- */

static gboolean note_size(gpointer user, const S3Object *object, GError **error)
{
    (void)error;
    g_hash_table_replace(user, g_strdup(object->key),
                         g_memdup2(&object->size, sizeof(object->size)));
    return TRUE;
}

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH, "the unload is not complete: %s", message);
    return FALSE;
}

static gboolean check_sizes(Execution *run, const GPtrArray *entries, const char *bucket,
                            GError **error)
{
    g_autofree char *url = attempt_url(run);
    g_autofree char *own = NULL, *prefix = NULL;
    g_autoptr(GHashTable) sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    S3Client *s3 = execution_s3(run, error);
    if (s3 == NULL || !s3_parse_url(url, &own, &prefix, error) ||
        !s3_list(s3, bucket, prefix, note_size, sizes, run->cancel, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const ManifestEntry *entry = entries->pdata[i];
        const guint64 *size = g_hash_table_lookup(sizes, entry->key);
        if (size == NULL)
            return refuse(error, "s3://%s/%s is in the manifest and not there", bucket, entry->key);
        if (entry->bytes >= 0 && *size != (guint64)entry->bytes)
            return refuse(error,
                          "s3://%s/%s has %" G_GUINT64_FORMAT
                          " bytes, the manifest says %" G_GINT64_FORMAT,
                          bucket, entry->key, *size, entry->bytes);
    }
    return TRUE;
}

static gboolean note_number(Execution *run, const char *name, gint64 value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    return execution_note(run, name, text, error);
}

gboolean execution_check_manifest(Execution *run, GError **error)
{
    g_autofree char *bucket = NULL;
    g_autoptr(GPtrArray) entries = execution_read_manifest(run, &bucket, error);
    if (entries == NULL || !check_sizes(run, entries, bucket, error))
        return FALSE;
    gint64 records = 0, bytes = 0, files = 0, unloaded = 0;
    for (guint i = 0; i < entries->len; i++) {
        const ManifestEntry *entry = entries->pdata[i];
        records = entry->records < 0 || records < 0 ? -1 : records + entry->records;
        bytes += MAX(entry->bytes, 0);
        files += entry->records != 0;
    }
    if (execution_number(run, "unloaded", &unloaded) && records >= 0 && records != unloaded)
        return refuse(error,
                      "its manifest has %" G_GINT64_FORMAT
                      " records, the server unloaded %" G_GINT64_FORMAT,
                      records, unloaded);
    if (records < 0)
        records = unloaded;
    atomic_store(&run->progress->rows, records);
    atomic_store(&run->progress->bytes, bytes);
    return note_number(run, "rows", records, error) && note_number(run, "bytes", bytes, error) &&
           note_number(run, "files", files, error);
}

/* --- leftovers of a destination in S3 ------------------------------------------------------------ */

/* A name as UNLOAD makes them behind its prefix: 0003_part_01.gz, 000, k=v/0000_part_00, manifest. */
static gboolean is_unload_name(const char *name)
{
    const char *base = strrchr(name, '/');
    base = base != NULL ? base + 1 : name;
    return strcmp(base, "manifest") == 0 ||
           g_regex_match_simple("^([0-9]{4}_part_[0-9]{2,}|[0-9]{3,4})(\\..*)?$", base, 0, 0);
}

/* Keys are journalled as digests: no rule of the log's masking may change one, or a file of the user's
 * would pass for ours. */
static char *key_digest(const char *key)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
}

/* Digests of the keys that were there before the first attempt; NULL when too many to note. */
static GHashTable *keys_before(const Execution *run)
{
    const char *note = journal_note(run->journal, "destination_before");
    cJSON *list = note != NULL ? cJSON_Parse(note) : NULL;
    if (!cJSON_IsArray(list)) {
        cJSON_Delete(list);
        return NULL;
    }
    GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) g_hash_table_add(keys, g_strdup(item->valuestring));
    cJSON_Delete(list);
    return keys;
}

static GPtrArray *list_destination(Execution *run, char **bucket, char **prefix, GError **error)
{
    S3Client *s3 = execution_s3(run, error);
    if (s3 == NULL || !s3_parse_url(plan_text_detail(run->plan, "to"), bucket, prefix, error))
        return NULL;
    return s3_list_all(s3, *bucket, *prefix, LIST_LIMIT, run->cancel, error);
}

/* Once, before the first attempt: what is the user's own. */
static gboolean note_destination(Execution *run, GError **error)
{
    if (journal_note(run->journal, "destination_before") != NULL)
        return TRUE;
    g_autofree char *bucket = NULL, *prefix = NULL;
    g_autoptr(GError) local = NULL;
    g_autoptr(GPtrArray) objects = list_destination(run, &bucket, &prefix, &local);
    if (g_error_matches(local, RS_ERROR, RS_ERROR_LIMIT))
        return execution_note(run, "destination_before", "too many", error);
    if (objects == NULL) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    cJSON *list = cJSON_CreateArray();
    for (guint i = 0; i < objects->len && objects->len <= BEFORE_LIMIT; i++) {
        g_autofree char *digest = key_digest(((S3Object *)objects->pdata[i])->key);
        cJSON_AddItemToArray(list, cJSON_CreateString(digest));
    }
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    gboolean ok = execution_note(run, "destination_before",
                                 objects->len > BEFORE_LIMIT ? "too many" : text, error);
    cJSON_free(text);
    return ok;
}

gboolean execution_remove_partial_files(Execution *run, GError **error)
{
    int step = find_step(run->plan, STEP_UNLOAD);
    if (!is_direct(run) || step < 0 || !journal_step_begun(run->journal, step) ||
        journal_step_done(run->journal, step))
        return TRUE;
    g_autoptr(GHashTable) before = keys_before(run);
    if (before == NULL) {
        execution_log(run, "files of the failed try were left at %s",
                      plan_text_detail(run->plan, "to"));
        return TRUE;
    }
    g_autofree char *bucket = NULL, *prefix = NULL;
    g_autoptr(GPtrArray) objects = list_destination(run, &bucket, &prefix, error);
    if (objects == NULL)
        return FALSE;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        const S3Object *object = objects->pdata[i];
        g_autofree char *digest = key_digest(object->key);
        if (!g_hash_table_contains(before, digest) && is_unload_name(object->key + strlen(prefix)))
            g_ptr_array_add(keys, object->key);
    }
    if (keys->len == 0)
        return TRUE;
    execution_log(run, "removing %u files of an unload that did not end", keys->len);
    return s3_delete(execution_s3(run, NULL), bucket, keys, run->cancel, error);
}

/* Before its files are removed for good, an UNLOAD of a process that died is stopped on the server. */
gboolean execution_stop_unload(Execution *run, GError **error)
{
    int step = find_step(run->plan, STEP_UNLOAD);
    if (step < 0 || !journal_step_begun(run->journal, step) ||
        journal_step_done(run->journal, step))
        return TRUE;
    int pid = (int)number_of(journal_last_begin(run->journal, step), "backend_pid", 0);
    if (!execution_session(run, error))
        return FALSE;
    if (pid == 0 || pid == session_info(run->session)->backend_pid)
        return TRUE;
    g_autoptr(ActivityWatch) watch = activity_watch_new(run->session, pid);
    ActivityProgress seen = {0};
    if (!activity_watch_unload(watch, &seen, run->cancel, NULL) || !seen.found || !seen.running)
        return TRUE;
    g_autofree char *sql = g_strdup_printf("SELECT pg_cancel_backend(%d)", pid);
    gint64 rows;
    return session_run(run->session, sql, NULL, run->cancel, error) &&
           execution_await_unload(run, pid, &rows, error);
}

/* --- the step ----------------------------------------------------------------------------------- */

/* The statement with this attempt's prefix. The destination is the last " TO '..'" of the text: only
 * options follow it. */
static char *attempt_sql(const Execution *run, const char *sql, const char *prefix)
{
    if (is_direct(run))
        return g_strdup(sql);
    g_autofree char *planned = g_strconcat(run->plan->stage_url, "a1/", NULL);
    g_autofree char *wanted = g_strconcat(run->plan->stage_url, prefix, NULL);
    g_autofree char *planned_literal = sql_literal(planned);
    g_autofree char *wanted_literal = sql_literal(wanted);
    g_autofree char *needle = g_strconcat(" TO ", planned_literal, NULL);
    const char *at = g_strrstr(sql, needle);
    if (at == NULL)
        return g_strdup(sql);
    return g_strdup_printf("%.*s TO %s%s", (int)(at - sql), sql, wanted_literal,
                           at + strlen(needle));
}

/* An earlier attempt that was cut off: waits for its end on the server, and sees whether it got there.
 * *complete: its manifest, which is written last, is there. */
static gboolean settle_earlier(Execution *run, gboolean *complete, GError **error)
{
    *complete = FALSE;
    const cJSON *begin = journal_last_begin(run->journal, run->step);
    if (begin == NULL)
        return TRUE;
    gint64 rows = -1;
    if (!execution_await_unload(run, (int)number_of(begin, "backend_pid", 0), &rows, error))
        return FALSE;
    /* where files may be replaced an old manifest proves nothing */
    if (!plan_flag_detail(run->plan, "overwrite") || !is_direct(run)) {
        g_autofree char *bucket = NULL;
        g_autoptr(GError) local = NULL;
        g_autoptr(GBytes) manifest = get_manifest(run, &bucket, &local);
        if (local != NULL) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        *complete = manifest != NULL;
    }
    if (!*complete)
        return execution_remove_partial_files(run, error);
    execution_log(run, "the UNLOAD had ended before the interruption: its files are used");
    return rows < 0 || note_number(run, "unloaded", rows, error);
}

static gboolean unload_once(Execution *run, GError **error)
{
    const GPtrArray *actions = execution_step(run)->actions;
    gboolean complete;
    if (!execution_session(run, error) || !settle_earlier(run, &complete, error) ||
        (is_direct(run) && !note_destination(run, error)))
        return FALSE;
    if (complete)
        return TRUE;
    g_autofree char *prefix =
        g_strdup_printf("a%d/", journal_attempts(run->journal, run->step) + 1);
    if (!execution_begin(run, is_direct(run) ? NULL : prefix, error))
        return FALSE;
    for (guint i = 0; i < actions->len; i++) {
        PlanAction action = *(const PlanAction *)actions->pdata[i];
        g_autofree char *sql = attempt_sql(run, action.sql, prefix);
        action.sql = sql;
        if (!execution_action(run, &action, error))
            return FALSE;
        if (action.kind == ACTION_UNLOAD)
            fault_point("unload:after");
    }
    return TRUE;
}

gboolean execution_unload_step(Execution *run, GError **error)
{
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if (unload_once(run, &failure))
            return TRUE;
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
}
