#define _GNU_SOURCE /* renameat2 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "job/fault.h"
#include "job/journal_private.h"

/* The suffix of a journal that is being made, and how old one is that will never be. */
#define UNNAMED ".new"
#define UNNAMED_SECONDS 3600

struct Journal {
    char *path;
    int fd;
    Plan *plan;
    gboolean masked;
    gboolean run_begun; /* by this process, since it holds the lock */
    off_t size;         /* of whole lines: where a failed write is cut off */
    cJSON *events;      /* array of every line */
    GHashTable *notes;  /* name -> value */
    GHashTable *files;  /* "step:key" */
};

/* --- lines -------------------------------------------------------------------------------------- */

/* Masks every string in place. TRUE when one changed. */
static gboolean mask_strings(cJSON *json)
{
    gboolean changed = FALSE;
    if (cJSON_IsString(json)) {
        g_autofree char *masked = log_redact(json->valuestring);
        if (strcmp(masked, json->valuestring) != 0) {
            cJSON_free(json->valuestring);
            json->valuestring = cJSON_malloc(strlen(masked) + 1);
            memcpy(json->valuestring, masked, strlen(masked) + 1);
            changed = TRUE;
        }
    }
    for (cJSON *child = json->child; child != NULL; child = child->next)
        changed |= mask_strings(child);
    return changed;
}

static char *file_mark(gint64 step, const char *key)
{
    return g_strdup_printf("%" G_GINT64_FORMAT ":%s", step, key);
}

/* Takes the event into what the lines say. */
static void take_event(Journal *journal, cJSON *event)
{
    cJSON_AddItemToArray(journal->events, event);
    if (journal_event_is(event, "note") && journal_text(event, "name") != NULL)
        g_hash_table_replace(journal->notes, g_strdup(journal_text(event, "name")),
                             g_strdup(journal_text(event, "value")));
    if (journal_event_is(event, "file") && journal_text(event, "key") != NULL)
        g_hash_table_add(journal->files,
                         file_mark(journal_number(event, "step", -1), journal_text(event, "key")));
}

/* --- opening ------------------------------------------------------------------------------------ */

static Journal *journal_alloc(char *path, int fd)
{
    Journal *journal = g_new0(Journal, 1);
    journal->path = path;
    journal->fd = fd;
    journal->events = cJSON_CreateArray();
    journal->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    journal->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return journal;
}

void journal_free(Journal *journal)
{
    if (journal == NULL)
        return;
    close(journal->fd);
    cJSON_Delete(journal->events);
    g_hash_table_destroy(journal->notes);
    g_hash_table_destroy(journal->files);
    plan_free(journal->plan);
    g_free(journal->path);
    g_free(journal);
}

static gboolean sync_folder(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    return ok || rs_error_set_errno(error, saved, "cannot sync %s", folder);
}

/* A lister of jobs holds the lock for an instant, so one refusal is not yet a running job. */
static gboolean lock_file(int fd)
{
    for (int i = 0; i < 10; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return TRUE;
        g_usleep(20 * 1000);
    }
    return FALSE;
}

gboolean journal_begin_run(Journal *journal, GError **error)
{
    if (journal->run_begun)
        return TRUE;
    journal->run_begun = TRUE;
    g_autofree char *cancel = g_strconcat(journal->path, ".cancel", NULL);
    unlink(cancel);
    cJSON *event = journal_event("run");
    cJSON_AddNumberToObject(event, "pid", (double)getpid());
    return journal_write(journal, event, error);
}

static gboolean write_plan(Journal *journal, const Plan *plan, GError **error)
{
    cJSON *event = journal_event("plan");
    cJSON *json = plan_to_json(plan);
    /* a resume needs the plan whole: one that had to be masked is for reading only */
    if (mask_strings(json))
        cJSON_AddTrueToObject(event, "masked");
    g_autoptr(GError) local = NULL;
    journal->plan = plan_from_json(json, &local);
    cJSON_AddItemToObject(event, "plan", json);
    if (journal->plan == NULL) {
        cJSON_Delete(event);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (cJSON_GetObjectItemCaseSensitive(event, "masked") != NULL) {
        plan_free(journal->plan);
        cJSON *whole = plan_to_json(plan);
        journal->plan = plan_from_json(whole, NULL);
        cJSON_Delete(whole);
    }
    return journal_write(journal, event, error);
}

/* The file gets its name once it holds the plan: whoever dies before leaves no job without one. */
static gboolean give_name(const char *unnamed, const char *path, const char *id, GError **error)
{
    fault_point("journal:unnamed");
    gboolean named = renameat2(AT_FDCWD, unnamed, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ||
                     (errno == EINVAL && access(path, F_OK) != 0 && rename(unnamed, path) == 0);
    if (named)
        return TRUE;
    if (errno != EEXIST && access(path, F_OK) != 0)
        return rs_error_set_errno(error, errno, "cannot create the journal %s", path);
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS, "job %s has a journal already: %s", id, path);
    return FALSE;
}

/* What those have left who died before: old enough to be nobody's. */
static void remove_unnamed(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        struct stat status;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, UNNAMED) && lstat(path, &status) == 0 &&
            status.st_mtime < g_get_real_time() / G_USEC_PER_SEC - UNNAMED_SECONDS)
            unlink(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
}

Journal *journal_create(const Plan *plan, GError **error)
{
    g_autofree char *folder = journal_folder();
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        rs_error_set_errno(error, errno, "cannot make the folder of the journals %s", folder);
        return NULL;
    }
    g_autofree char *path = journal_path(plan->id, ".jsonl");
    g_autofree char *unnamed = journal_path(plan->id, UNNAMED);
    remove_unnamed(folder);
    int fd = open(unnamed, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot create the journal %s", path);
        return NULL;
    }
    g_autoptr(Journal) journal = journal_alloc(g_steal_pointer(&path), fd);
    if (!lock_file(fd)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT, "job %s is locked", plan->id);
        return NULL;
    }
    if (!write_plan(journal, plan, error) || !journal_begin_run(journal, error) ||
        !give_name(unnamed, journal->path, plan->id, error)) {
        unlink(unnamed); /* nothing has run yet: no trace of a job that never was */
        return NULL;
    }
    if (sync_folder(folder, error))
        return g_steal_pointer(&journal);
    unlink(journal->path);
    return NULL;
}

/* The process of the last "run" line. */
static gint64 running_pid(const cJSON *events)
{
    gint64 pid = 0;
    const cJSON *event;
    cJSON_ArrayForEach(event, events) if (journal_event_is(event, "run")) pid =
        journal_number(event, "pid", 0);
    return pid;
}

static gboolean refuse_locked(const char *id, const char *path, GError **error)
{
    gsize whole;
    cJSON *events = journal_read_lines(path, &whole, NULL);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT, "job %s is being run by process %d", id,
                (int)running_pid(events));
    cJSON_Delete(events);
    return FALSE;
}

static gboolean take_lines(Journal *journal, GError **error)
{
    gsize whole = 0;
    cJSON *events = journal_read_lines(journal->path, &whole, error);
    if (events == NULL)
        return FALSE;
    const cJSON *first = cJSON_GetArrayItem(events, 0);
    gboolean ok = first != NULL && journal_event_is(first, "plan");
    if (!ok)
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s does not begin with a plan",
                    journal->path);
    ok = ok && (journal->plan =
                    plan_from_json(cJSON_GetObjectItemCaseSensitive(first, "plan"), error)) != NULL;
    journal->masked = ok && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(first, "masked"));
    cJSON *event;
    while (ok && (event = cJSON_DetachItemFromArray(events, 0)) != NULL)
        take_event(journal, event);
    cJSON_Delete(events);
    journal->size = (off_t)whole;
    /* a torn last line would run into the next one */
    if (ok && ftruncate(journal->fd, journal->size) != 0)
        ok = rs_error_set_errno(error, errno, "cannot mend the journal %s", journal->path);
    return ok;
}

Journal *journal_open(const char *id, GError **error)
{
    g_autofree char *full = journal_resolve(id, error);
    if (full == NULL)
        return NULL;
    g_autofree char *path = journal_path(full, ".jsonl");
    int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot open the journal %s", path);
        return NULL;
    }
    if (!lock_file(fd)) {
        refuse_locked(full, path, error);
        close(fd);
        return NULL;
    }
    g_autoptr(Journal) journal = journal_alloc(g_steal_pointer(&path), fd);
    if (!take_lines(journal, error))
        return NULL;
    return g_steal_pointer(&journal);
}

const Plan *journal_plan(const Journal *journal)
{
    return journal->plan;
}

gboolean journal_plan_is_masked(const Journal *journal)
{
    return journal->masked;
}

/* --- writing ------------------------------------------------------------------------------------ */

cJSON *journal_event(const char *event)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "event", event);
    cJSON_AddNumberToObject(json, "at", (double)(g_get_real_time() / 1000));
    return json;
}

static gboolean write_whole(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        gssize n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        bytes += n;
        length -= (gsize)n;
    }
    return TRUE;
}

gboolean journal_write(Journal *journal, cJSON *event, GError **error)
{
    mask_strings(event);
    char *printed = cJSON_PrintUnformatted(event);
    g_autofree char *line = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    gsize length = strlen(line);
    if (!write_whole(journal->fd, line, length) || fdatasync(journal->fd) != 0) {
        int saved = errno;
        /* half a line must not swallow the next one; when this fails too, reading drops it */
        if (ftruncate(journal->fd, journal->size) != 0)
            log_write(LOG_LEVEL_ERROR, "%s: a torn line could not be cut off", journal->path);
        cJSON_Delete(event);
        return rs_error_set_errno(error, saved, "cannot write the journal %s", journal->path);
    }
    journal->size += (off_t)length;
    take_event(journal, event);
    return TRUE;
}

gboolean journal_write_note(Journal *journal, int step, const char *name, const char *value,
                            GError **error)
{
    cJSON *event = journal_event("note");
    cJSON_AddNumberToObject(event, "step", step);
    cJSON_AddStringToObject(event, "name", name);
    cJSON_AddStringToObject(event, "value", value);
    return journal_write(journal, event, error);
}

/* --- asking ------------------------------------------------------------------------------------- */

const cJSON *journal_events(const Journal *journal)
{
    return journal->events;
}

static gboolean has_step(const Journal *journal, const char *name, int step)
{
    const cJSON *event;
    cJSON_ArrayForEach(event,
                       journal->events) if (journal_event_is(event, name) &&
                                            journal_number(event, "step", -1) == step) return TRUE;
    return FALSE;
}

gboolean journal_step_begun(const Journal *journal, int step)
{
    return has_step(journal, "begin", step);
}

gboolean journal_step_done(const Journal *journal, int step)
{
    return has_step(journal, "done", step);
}

gboolean journal_file_done(const Journal *journal, int step, const char *key)
{
    g_autofree char *mark = file_mark(step, key);
    return g_hash_table_contains(journal->files, mark);
}

const char *journal_note(const Journal *journal, const char *name)
{
    return g_hash_table_lookup(journal->notes, name);
}

const cJSON *journal_last_begin(const Journal *journal, int step)
{
    const cJSON *last = NULL, *event;
    cJSON_ArrayForEach(event, journal->events) if (journal_event_is(event, "begin") &&
                                                   journal_number(event, "step", -1) == step) last =
        event;
    return last;
}

int journal_attempts(const Journal *journal, int step)
{
    int attempts = 0;
    const cJSON *event;
    cJSON_ArrayForEach(event, journal->events) attempts +=
        journal_event_is(event, "begin") && journal_number(event, "step", -1) == step;
    return attempts;
}

gboolean journal_cancel_requested(const Journal *journal)
{
    g_autofree char *cancel = g_strconcat(journal->path, ".cancel", NULL);
    return access(cancel, F_OK) == 0;
}
