#include "sandbox/data_engine.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/log.h"

#define KEEP_US (24ll * 3600 * G_USEC_PER_SEC)
#define TOKEN_US (8ll * 3600 * G_USEC_PER_SEC)
#define KEEP_STATEMENTS 2000
#define KEEP_BYTES (2ll << 30)
#define STOP_SECONDS 5

typedef struct {
    char id[37];
    gint64 noted_us;
} DataToken;

const char *data_state_name(DataState state)
{
    static const char *const names[] = {"SUBMITTED", "PICKED", "STARTED",
                                        "FINISHED",  "FAILED", "ABORTED"};
    return names[state];
}

gboolean data_state_is_final(DataState state)
{
    return state >= DATA_FINISHED;
}

void data_target_clear(DataTarget *target)
{
    g_free(target->cluster);
    g_free(target->workgroup);
    g_free(target->database);
    g_free(target->db_user);
    g_free(target->secret_arn);
    *target = (DataTarget){0};
}

void data_target_copy(DataTarget *to, const DataTarget *from)
{
    *to = (DataTarget){g_strdup(from->cluster), g_strdup(from->workgroup), g_strdup(from->database),
                       g_strdup(from->db_user), g_strdup(from->secret_arn)};
}

/* --- statements --------------------------------------------------------------------------------- */

static void part_free(gpointer pointer)
{
    DataPart *part = pointer;
    g_free(part->sql);
    g_free(part->text);
    g_free(part->error);
    g_clear_pointer(&part->values, g_ptr_array_unref);
    data_result_unref(part->result);
    g_free(part);
}

DataStatement *data_statement_new(void)
{
    DataStatement *statement = g_new0(DataStatement, 1);
    g_autofree char *id = g_uuid_string_random();
    g_atomic_ref_count_init(&statement->references);
    g_strlcpy(statement->id, id, sizeof statement->id);
    statement->parts = g_ptr_array_new_with_free_func(part_free);
    statement->parameters = g_ptr_array_new_with_free_func(g_free);
    statement->created_us = statement->updated_us = g_get_real_time();
    return statement;
}

DataStatement *data_statement_ref(DataStatement *statement)
{
    g_atomic_ref_count_inc(&statement->references);
    return statement;
}

void data_statement_unref(DataStatement *statement)
{
    if (statement == NULL || !g_atomic_ref_count_dec(&statement->references))
        return;
    if (statement->cancel != NULL)
        PQfreeCancel(statement->cancel);
    g_ptr_array_unref(statement->parts);
    g_ptr_array_unref(statement->parameters);
    data_target_clear(&statement->target);
    g_free(statement->name);
    g_free(statement->caller);
    g_free(statement->error);
    g_free(statement);
}

static gint64 bytes_of(const DataStatement *statement)
{
    gint64 bytes = 0;
    for (guint i = 0; data_state_is_final(statement->state) && i < statement->parts->len; i++) {
        const DataPart *part = statement->parts->pdata[i];
        bytes += part->result != NULL ? data_result_size(part->result) : 0;
    }
    return bytes;
}

/* Under the lock: forgets ended statements that are old or too many. */
static void forget_old(DataEngine *api)
{
    gint64 bytes = 0, oldest = g_get_real_time() - KEEP_US;
    guint number = 0;
    for (GList *at = api->statements.tail, *before; at != NULL; at = before) {
        DataStatement *statement = at->data;
        before = at->prev;
        bytes += bytes_of(statement);
        number++;
        if (!data_state_is_final(statement->state) ||
            (number <= KEEP_STATEMENTS && bytes <= KEEP_BYTES && statement->created_us > oldest))
            continue;
        g_hash_table_remove(api->by_id, statement->id);
        g_queue_delete_link(&api->statements, at);
        data_statement_unref(statement);
    }
}

void data_engine_submit(DataEngine *api, DataStatement *statement)
{
    DataWork *work = g_new(DataWork, 1);
    *work = (DataWork){api, data_statement_ref(statement)};
    g_queue_push_tail(&api->statements, data_statement_ref(statement));
    g_hash_table_insert(api->by_id, statement->id, statement);
    api->active++;
    forget_old(api);
    g_thread_unref(g_thread_new("statement", data_engine_run, work));
}

DataStatement *data_engine_find(DataEngine *api, const char *id, const char *caller, guint *part)
{
    g_auto(GStrv) pieces = g_strsplit(id, ":", 2);
    guint64 number = 0;
    if (pieces[1] != NULL && !g_ascii_string_to_unsigned(pieces[1], 10, 1, 40, &number, NULL))
        return NULL;
    g_mutex_lock(&api->lock);
    DataStatement *statement = g_hash_table_lookup(api->by_id, pieces[0]);
    if (statement != NULL &&
        (strcmp(statement->caller, caller) != 0 ||
         (number > 0 && (!statement->batch || number > statement->parts->len))))
        statement = NULL;
    if (statement != NULL)
        data_statement_ref(statement);
    g_mutex_unlock(&api->lock);
    *part = (guint)number;
    return statement;
}

const char *data_engine_token(DataEngine *api, const char *key)
{
    const DataToken *token = g_hash_table_lookup(api->tokens, key);
    gboolean fresh = token != NULL && token->noted_us > g_get_real_time() - TOKEN_US;
    return fresh && g_hash_table_contains(api->by_id, token->id) ? token->id : NULL;
}

void data_engine_note_token(DataEngine *api, const char *key, const char *id)
{
    DataToken *token = g_new0(DataToken, 1);
    g_strlcpy(token->id, id, sizeof token->id);
    token->noted_us = g_get_real_time();
    g_hash_table_replace(api->tokens, g_strdup(key), token);
}

gboolean data_engine_wait(DataEngine *api, const DataStatement *statement, gint64 seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    gboolean admitted = TRUE;
    if (seconds == 0)
        return TRUE;
    g_mutex_lock(&api->lock);
    if (!data_state_is_final(statement->state)) {
        admitted = api->waiting < DATA_API_WAITING_LIMIT;
        api->waiting += admitted;
        while (admitted && !data_state_is_final(statement->state) && !api->stopping)
            if (!g_cond_wait_until(&api->changed, &api->lock, end))
                break;
        api->waiting -= admitted;
    }
    g_mutex_unlock(&api->lock);
    return admitted;
}

/* --- sessions ----------------------------------------------------------------------------------- */

static void session_free(gpointer pointer)
{
    DataSession *session = pointer;
    if (session->connection != NULL)
        PQfinish(session->connection);
    data_target_clear(&session->target);
    g_free(session->caller);
    g_free(session);
}

DataSession *data_session_new(DataEngine *api, const DataStatement *statement, gint64 keep_alive)
{
    DataSession *session = g_new0(DataSession, 1);
    g_autofree char *id = g_uuid_string_random();
    g_strlcpy(session->id, id, sizeof session->id);
    g_strlcpy(session->statement_id, statement->id, sizeof session->statement_id);
    data_target_copy(&session->target, &statement->target);
    session->caller = g_strdup(statement->caller);
    session->busy = TRUE;
    session->keep_alive = keep_alive;
    session->created_us = session->updated_us = g_get_real_time();
    g_ptr_array_add(api->sessions, session);
    return session;
}

DataSession *data_session_find(DataEngine *api, const char *id, const char *caller)
{
    for (guint i = 0; i < api->sessions->len; i++) {
        DataSession *session = api->sessions->pdata[i];
        if (!session->closed && strcmp(session->id, id) == 0 &&
            strcmp(session->caller, caller) == 0)
            return session;
    }
    return NULL;
}

const char *data_session_status(const DataSession *session)
{
    return session->closed ? "CLOSED" : session->busy ? "BUSY" : "AVAILABLE";
}

gint64 data_session_ends_us(const DataSession *session)
{
    return MIN(session->updated_us + session->keep_alive * G_USEC_PER_SEC,
               session->created_us + KEEP_US);
}

/* Under the lock: closes what has been idle too long. The time at which to look again. */
static gint64 close_idle(DataEngine *api)
{
    gint64 now = g_get_real_time(), next = now + 60 * G_USEC_PER_SEC;
    for (guint i = 0; i < api->sessions->len; i++) {
        DataSession *session = api->sessions->pdata[i];
        if (session->busy || session->closed)
            continue;
        gint64 end = data_session_ends_us(session);
        if (end > now) {
            next = MIN(next, end);
            continue;
        }
        g_clear_pointer(&session->connection, PQfinish);
        session->closed = TRUE;
        session->updated_us = now;
    }
    return next;
}

/* Under the lock. A session that a remembered statement names stays. */
static void forget_sessions(DataEngine *api)
{
    gint64 oldest = g_get_real_time() - KEEP_US;
    for (guint i = 0; i < api->sessions->len;) {
        DataSession *session = api->sessions->pdata[i];
        gboolean named = FALSE;
        for (GList *at = api->statements.head; at != NULL && !named; at = at->next)
            named = ((DataStatement *)at->data)->session == session;
        if (session->closed && !named && session->updated_us < oldest)
            g_ptr_array_remove_index(api->sessions, i);
        else
            i++;
    }
}

static gboolean is_old_token(gpointer key, gpointer value, gpointer oldest)
{
    return ((const DataToken *)value)->noted_us < *(const gint64 *)oldest;
}

static void forget_tokens(DataEngine *api)
{
    gint64 oldest = g_get_real_time() - TOKEN_US;
    g_hash_table_foreach_remove(api->tokens, is_old_token, &oldest);
}

static gpointer keep(gpointer user)
{
    DataEngine *api = user;
    g_mutex_lock(&api->lock);
    while (!api->stopping) {
        gint64 wait_us = close_idle(api) - g_get_real_time();
        forget_old(api);
        forget_sessions(api);
        forget_tokens(api);
        g_cond_wait_until(&api->changed, &api->lock, g_get_monotonic_time() + MAX(wait_us, 1000));
    }
    g_mutex_unlock(&api->lock);
    return NULL;
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* The results of an earlier run belong to statements that nobody knows any more. */
static void empty_folder(const SandboxState *state)
{
    g_autofree char *path = state_path(state, "data-api");
    g_mkdir_with_parents(path, 0700);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
}

DataEngine *data_engine_new(const SandboxState *state)
{
    DataEngine *api = g_new0(DataEngine, 1);
    api->state = state;
    g_mutex_init(&api->lock);
    g_cond_init(&api->changed);
    g_queue_init(&api->statements);
    api->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    api->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    api->sessions = g_ptr_array_new_with_free_func(session_free);
    empty_folder(state);
    api->keeper = g_thread_new("data api", keep, api);
    return api;
}

static void cancel_all(DataEngine *api)
{
    char words[256];
    for (GList *at = api->statements.head; at != NULL; at = at->next) {
        DataStatement *statement = at->data;
        if (data_state_is_final(statement->state))
            continue;
        statement->cancelled = TRUE;
        if (statement->cancel != NULL)
            PQcancel(statement->cancel, words, sizeof words);
    }
}

void data_engine_stop(DataEngine *api)
{
    gint64 end = g_get_monotonic_time() + STOP_SECONDS * G_USEC_PER_SEC;
    g_mutex_lock(&api->lock);
    api->stopping = TRUE;
    g_cond_broadcast(&api->changed);
    cancel_all(api);
    while (api->active > 0 && g_cond_wait_until(&api->changed, &api->lock, end))
        ;
    g_mutex_unlock(&api->lock);
    g_thread_join(g_steal_pointer(&api->keeper));
}

void data_engine_free(DataEngine *api)
{
    g_mutex_lock(&api->lock);
    guint left = api->active;
    g_mutex_unlock(&api->lock);
    if (left > 0) { /* their threads still use it; the process is about to end */
        log_write(LOG_LEVEL_WARNING, "data api: %u statements did not stop", left);
        return;
    }
    g_hash_table_unref(api->by_id);
    g_queue_clear_full(&api->statements, (GDestroyNotify)data_statement_unref);
    g_hash_table_unref(api->tokens);
    g_ptr_array_unref(api->sessions);
    g_mutex_clear(&api->lock);
    g_cond_clear(&api->changed);
    g_free(api);
}
