#include "job/stage.h"

#include <string.h>

#include "base/error.h"

struct Stage {
    char *url, *bucket, *prefix; /* prefix ends in '/' */
    S3Client *s3;
    Journal *journal;
    GMutex *lock;
};

/* More objects than any job of ours makes: a listing of that size is a mistake. */
#define STAGE_LIST_LIMIT 1000000

char *stage_url_for(const char *tempdir, const char *job_id, GError **error)
{
    if (tempdir == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "the profile has no tempdir; set tempdir = s3://bucket/prefix in it");
        return NULL;
    }
    g_autofree char *bucket = NULL, *key = NULL;
    g_autoptr(GError) local = NULL;
    if (!s3_parse_url(tempdir, &bucket, &key, &local)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "tempdir: %s", local->message);
        return NULL;
    }
    const char *slash = *key == '\0' || g_str_has_suffix(key, "/") ? "" : "/";
    return g_strdup_printf("s3://%s/%s%s%s/", bucket, key, slash, job_id);
}

Stage *stage_new(const char *url, S3Client *s3, Journal *journal, GMutex *lock, GError **error)
{
    g_autoptr(Stage) stage = g_new0(Stage, 1);
    if (!s3_parse_url(url, &stage->bucket, &stage->prefix, error))
        return NULL;
    stage->url = g_strdup(url);
    stage->s3 = s3;
    stage->journal = journal;
    stage->lock = lock;
    return g_steal_pointer(&stage);
}

void stage_free(Stage *stage)
{
    if (stage == NULL)
        return;
    g_free(stage->url);
    g_free(stage->bucket);
    g_free(stage->prefix);
    g_free(stage);
}

const char *stage_bucket(const Stage *stage)
{
    return stage->bucket;
}

char *stage_key(const Stage *stage, const char *name)
{
    return g_strconcat(stage->prefix, name, NULL);
}

static const char *text_of(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* Announced names that no "unstaged" line took back, in order. */
GPtrArray *stage_names(const Stage *stage)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(stage->journal))
    {
        const char *kind = text_of(event, "event"), *key = text_of(event, "key");
        if (g_strcmp0(kind, "unstaged") == 0) {
            g_hash_table_remove_all(seen);
            g_ptr_array_set_size(names, 0);
        } else if (g_strcmp0(kind, "stage") == 0 && key != NULL &&
                   g_hash_table_add(seen, (gpointer)key)) {
            g_ptr_array_add(names, g_strdup(key));
        }
    }
    return names;
}

gboolean stage_announce(Stage *stage, int step, const char *name, GError **error)
{
    cJSON *event = journal_event("stage");
    cJSON_AddNumberToObject(event, "step", step);
    cJSON_AddStringToObject(event, "key", name);
    g_mutex_lock(stage->lock);
    gboolean ok = journal_write(stage->journal, event, error);
    g_mutex_unlock(stage->lock);
    return ok;
}

gboolean stage_put(Stage *stage, int step, const char *name, GBytes *body,
                   GCancellable *cancellable, GError **error)
{
    if (!stage_announce(stage, step, name, error))
        return FALSE;
    g_autofree char *key = stage_key(stage, name);
    return s3_put(stage->s3, stage->bucket, key, body, cancellable, error);
}

/* Adds the keys under the prefix of every UNLOAD attempt of this job. */
static gboolean add_attempts(Stage *stage, GPtrArray *keys, GCancellable *cancellable,
                             GError **error)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(stage->journal))
    {
        const char *prefix = text_of(event, "stage");
        if (g_strcmp0(text_of(event, "event"), "begin") != 0 || prefix == NULL)
            continue;
        g_autofree char *key = stage_key(stage, prefix);
        g_autoptr(GPtrArray) objects =
            s3_list_all(stage->s3, stage->bucket, key, STAGE_LIST_LIMIT, cancellable, error);
        if (objects == NULL)
            return FALSE;
        for (guint i = 0; i < objects->len; i++) {
            const S3Object *object = objects->pdata[i];
            g_ptr_array_add(keys, g_strdup(object->key));
        }
    }
    return TRUE;
}

gboolean stage_clean(Stage *stage, int step, guint *n_deleted, GCancellable *cancellable,
                     GError **error)
{
    g_autoptr(GPtrArray) names = stage_names(stage);
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++)
        g_ptr_array_add(keys, stage_key(stage, names->pdata[i]));
    if (!add_attempts(stage, keys, cancellable, error))
        return FALSE;
    if (keys->len > 0 && !s3_delete(stage->s3, stage->bucket, keys, cancellable, error))
        return FALSE;
    if (n_deleted != NULL)
        *n_deleted = keys->len;
    cJSON *event = journal_event("unstaged");
    cJSON_AddNumberToObject(event, "step", step);
    cJSON_AddNumberToObject(event, "objects", keys->len);
    g_mutex_lock(stage->lock);
    gboolean ok = journal_write(stage->journal, event, error);
    g_mutex_unlock(stage->lock);
    return ok;
}
