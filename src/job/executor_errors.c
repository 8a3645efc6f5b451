#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "job/executor_private.h"
#include "job/load_lines.h"

#define ERRORS_READ 100
/* Bytes read again for the lines around refused rows, of all rows together: a second or so. */
#define LOCAL_BUDGET (1ull << 30)
#define REMOTE_BUDGET (64ull << 20)

static gint64 number_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : 0;
}

static const char *text_of(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* The journal's line of the part that became this object, or NULL. */
static const cJSON *find_part(const Execution *run, const char *url)
{
    const char *stage = run->plan->stage_url;
    if (stage == NULL || url == NULL)
        return NULL;
    g_autofree char *trimmed = g_strchomp(g_strdup(url));
    if (!g_str_has_prefix(trimmed, stage))
        return NULL;
    const cJSON *event;
    cJSON_ArrayForEach(
        event,
        journal_events(run->journal)) if (g_strcmp0(text_of(event, "event"), "file") == 0 &&
                                          g_strcmp0(text_of(event, "key"),
                                                    trimmed + strlen(stage)) == 0) return event;
    return NULL;
}

/* Where the row can be read again: in the user's file, which parts point into, or in the object. */
static LoadPlace place_of(const Execution *run, const cJSON *part, const LoadError *load_error)
{
    gboolean split = part != NULL && plan_flag_detail(run->plan, "split");
    return (LoadPlace){.path = part != NULL ? text_of(part, "path") : load_error->file,
                       .offset = split ? (guint64)number_of(part, "offset") : 0,
                       .line = load_error->line};
}

/* The server counts lines in its own way where it splits a file, and a file may have changed since:
 * neighbours of another line are worse than none. What the server shows of the row may be cut. */
static gboolean is_same_line(const LoadError *load_error, const char *line)
{
    const char *raw = load_error->raw_line;
    if (raw == NULL || *raw == '\0')
        return g_utf8_validate(line, -1, NULL);
    return strncmp(raw, line, strcspn(raw, "\r\n")) == 0;
}

static void add_lines(Execution *run, const cJSON *part, LoadError *load_error, guint64 *budget)
{
    LoadPlace place = place_of(run, part, load_error);
    g_auto(LoadLines) lines = {0};
    g_autoptr(GError) error = NULL;
    if (*budget == 0 || place.line == 0 || plan_flag_detail(run->plan, "parquet") ||
        (part == NULL && !g_str_has_prefix(place.path, "s3://")))
        return;
    S3Client *s3 = part == NULL ? execution_s3(run, &error) : NULL;
    if ((part == NULL && s3 == NULL) ||
        !load_lines_read(&place, s3, budget, &lines, run->cancel, &error)) {
        log_write(LOG_LEVEL_DEBUG, "job %s: no lines around a refused row: %s", run->plan->id,
                  error->message);
        return;
    }
    if (!is_same_line(load_error, lines.line))
        return;
    if (load_error->raw_line == NULL)
        load_error->raw_line = g_strdup(lines.line);
    load_error->line_before = g_steal_pointer(&lines.before);
    load_error->line_after = g_steal_pointer(&lines.after);
}

/* From the object's line to the user's. Parts went up without the header, other files whole. */
static void trace(Execution *run, LoadError *load_error, guint64 *budget)
{
    const cJSON *part = find_part(run, load_error->file);
    if (part != NULL) {
        load_error->local_file = g_strdup(text_of(part, "path"));
        load_error->local_line = (guint64)number_of(part, "first_line") + load_error->line - 1;
    }
    add_lines(run, part, load_error, budget);
}

static gboolean read_errors(Execution *run, GError **error)
{
    int pid = session_info(run->session)->backend_pid;
    GPtrArray *errors = load_errors_read(run->session, pid, ERRORS_READ, NULL, error);
    if (errors == NULL)
        return FALSE;
    guint64 budget = plan_flag_detail(run->plan, "remote") ? REMOTE_BUDGET : LOCAL_BUDGET;
    for (guint i = 0; i < errors->len; i++)
        trace(run, errors->pdata[i], &budget);
    g_clear_pointer(&run->result->load_errors, g_ptr_array_unref);
    run->result->load_errors = errors;
    return TRUE;
}

static char *describe(const LoadError *first)
{
    g_autofree char *reason = text_printable(first->reason != NULL ? first->reason : "", -1);
    g_strchomp(reason);
    g_autofree char *column = text_printable(first->column != NULL ? first->column : "", -1);
    g_strchomp(column);
    gboolean local = first->local_file != NULL;
    g_autofree char *file =
        text_printable(local ? first->local_file : (first->file != NULL ? first->file : "?"), -1);
    g_strchomp(file);
    g_autofree char *advice = load_error_advice(first);
    return g_strdup_printf("%s line %" G_GUINT64_FORMAT ", column %s: %s (%d)%s%s", file,
                           local ? first->local_line : first->line, column, reason, first->code,
                           advice != NULL ? ". " : "", advice != NULL ? advice : "");
}

/* Only a refused row is explained; a conflict or a lost connection explains itself. */
static gboolean may_be_rows(const GError *failure)
{
    static const RsErrorCode others[] = {
        RS_ERROR_CONFLICT,  RS_ERROR_CONNECT,    RS_ERROR_CANCELLED, RS_ERROR_TRANSIENT,
        RS_ERROR_THROTTLED, RS_ERROR_PERMISSION, RS_ERROR_AUTH,      RS_ERROR_NOT_FOUND};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_error_matches(failure, RS_ERROR, (gint)others[i]))
            return FALSE;
    return TRUE;
}

void execution_explain_copy(Execution *run, GError *failure, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!may_be_rows(failure) || !read_errors(run, &local) || run->result->load_errors->len == 0) {
        if (local != NULL)
            log_write(LOG_LEVEL_WARNING, "job %s: no load errors: %s", run->plan->id,
                      local->message);
        g_clear_pointer(&run->result->load_errors, g_ptr_array_unref);
        g_propagate_error(error, failure);
        return;
    }
    guint n = run->result->load_errors->len;
    g_autofree char *first = describe(run->result->load_errors->pdata[0]);
    g_set_error(error, RS_ERROR, RS_ERROR_DATA, "COPY refused %s%u row%s; %s is unchanged: %s",
                n == ERRORS_READ ? "at least " : "", n, n == 1 ? "" : "s", run->plan->target,
                first);
    g_error_free(failure);
}

void execution_note_skipped(Execution *run)
{
    g_autoptr(GError) error = NULL;
    if (!read_errors(run, &error))
        log_write(LOG_LEVEL_WARNING, "job %s: no load errors: %s", run->plan->id, error->message);
    if (run->result->load_errors != NULL && run->result->load_errors->len > 0)
        execution_log(run, "%u rows were skipped", run->result->load_errors->len);
}
