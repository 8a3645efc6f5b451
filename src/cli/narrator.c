#include "cli/narrator.h"

#include <cJSON.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/json.h"

enum { LINE_TICK_MS = 200, JSON_TICK_MS = 250, PLAIN_TICK_MS = 3000 };

#define CLEAR_LINE "\r\x1b[K"

struct Narrator {
    FILE *out;
    NarratorMode mode;
    GMutex lock; /* guards everything below, and the stream */
    const Plan *plan;
    const Progress *progress; /* NULL: no job is shown */
    guint timer;
    int last_step;
    gboolean line_shown;
};

gboolean narrator_mode_from_name(const char *name, gboolean is_terminal, NarratorMode *mode)
{
    static const struct {
        const char *name;
        NarratorMode mode;
    } modes[] = {{"plain", NARRATE_PLAIN}, {"json", NARRATE_JSON}, {"none", NARRATE_NONE}};
    if (g_strcmp0(name, "auto") == 0) {
        *mode = is_terminal ? NARRATE_LINE : NARRATE_PLAIN;
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++)
        if (g_strcmp0(name, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return TRUE;
        }
    return FALSE;
}

Narrator *narrator_new(FILE *out, NarratorMode mode)
{
    Narrator *narrator = g_new0(Narrator, 1);
    narrator->out = out;
    narrator->mode = mode;
    g_mutex_init(&narrator->lock);
    return narrator;
}

void narrator_free(Narrator *narrator)
{
    if (narrator == NULL)
        return;
    narrator_end_job(narrator);
    g_mutex_clear(&narrator->lock);
    g_free(narrator);
}

static void clear_line(Narrator *narrator)
{
    if (narrator->line_shown)
        fputs(CLEAR_LINE, narrator->out);
    narrator->line_shown = FALSE;
}

static void say_json(Narrator *narrator, const char *key, const char *text, const char *code)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, key, text);
    if (code != NULL)
        cJSON_AddStringToObject(object, "code", code);
    char *printed = cJSON_PrintUnformatted(object);
    fprintf(narrator->out, "%s\n", printed);
    cJSON_free(printed);
    cJSON_Delete(object);
}

/* Line ends are ours to keep; whatever else a line holds is made visible. */
static void say_lines(Narrator *narrator, const char *first_prefix, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (i > 0 && lines[i + 1] == NULL && *lines[i] == '\0')
            break;
        g_autofree char *printable = text_printable(lines[i], -1);
        fprintf(narrator->out, "%s%s\n", i == 0 ? first_prefix : "", printable);
    }
}

void narrator_complain(Narrator *narrator, const char *text)
{
    g_mutex_lock(&narrator->lock);
    clear_line(narrator);
    if (narrator->mode == NARRATE_JSON)
        say_json(narrator, "message", text, NULL);
    else
        say_lines(narrator, "", text);
    fflush(narrator->out);
    g_mutex_unlock(&narrator->lock);
}

void narrator_say(Narrator *narrator, const char *format, ...)
{
    if (narrator->mode == NARRATE_NONE)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    narrator_complain(narrator, text);
}

static const char *code_name(const GError *error)
{
    if (error->domain == RS_ERROR)
        return rs_error_name((RsErrorCode)error->code);
    if (rs_error_is_cancelled(error))
        return rs_error_name(RS_ERROR_CANCELLED);
    return rs_error_name(error->domain == G_OPTION_ERROR ? RS_ERROR_USAGE : RS_ERROR_INTERNAL);
}

void narrator_fail(Narrator *narrator, const GError *error)
{
    const char *hint = rs_error_hint(error);
    g_mutex_lock(&narrator->lock);
    clear_line(narrator);
    if (narrator->mode == NARRATE_JSON) {
        say_json(narrator, "error", error->message, code_name(error));
    } else {
        say_lines(narrator, "redsmith: ", error->message);
        if (hint != NULL)
            fprintf(narrator->out, "  %s\n", hint);
    }
    fflush(narrator->out);
    g_mutex_unlock(&narrator->lock);
}

static const PlanStep *step_of(const Plan *plan, int step)
{
    if (plan == NULL || step < 0 || (guint)step >= plan->steps->len)
        return NULL;
    return plan->steps->pdata[step];
}

static const char *source_name(ProgressSource source)
{
    static const char *const names[] = {
        [PROGRESS_COUNTED] = "counted",
        [PROGRESS_SERVER] = "server",
        [PROGRESS_ESTIMATE] = "estimate",
    };
    return names[source];
}

static void append_amount(GString *out, gint64 done, gint64 total, const char *unit)
{
    if (done <= 0 && total <= 0)
        return;
    g_autofree char *count = text_count((guint64)MAX(done, 0));
    g_autofree char *of = total > 0 ? text_count((guint64)total) : NULL;
    g_string_append_printf(out, "  %s%s%s %s", count, of != NULL ? " of " : "",
                           of != NULL ? of : "", unit);
}

char *narrator_progress_text(const Plan *plan, const ProgressSnapshot *snapshot)
{
    const PlanStep *step = step_of(plan, snapshot->step);
    GString *out = g_string_new(NULL);
    if (plan != NULL)
        g_string_append_printf(out, "step %d of %u", snapshot->step + 1, plan->steps->len);
    if (step != NULL)
        g_string_append_printf(out, " %s", step_kind_name(step->kind));
    int percent = progress_percent(snapshot);
    if (percent >= 0)
        g_string_append_printf(out, "  %d%%", percent);
    append_amount(out, snapshot->rows, snapshot->rows_total, "rows");
    append_amount(out, snapshot->files, snapshot->files_total, "files");
    if (snapshot->bytes > 0) {
        g_autofree char *bytes = text_bytes((guint64)snapshot->bytes);
        g_autofree char *rate = text_rate((guint64)snapshot->bytes, (guint64)snapshot->step_ms);
        g_string_append_printf(out, "  %s  %s", bytes, rate);
    }
    g_autofree char *duration = text_duration((guint64)MAX(snapshot->job_ms, 0));
    g_string_append_printf(out, "  %s", duration);
    if (snapshot->source != PROGRESS_COUNTED)
        g_string_append_printf(out, "  %s", source_name(snapshot->source));
    g_string_erase(out, 0, (gssize)strspn(out->str, " "));
    return g_string_free(out, FALSE);
}

char *narrator_progress_json(const Plan *plan, const ProgressSnapshot *snapshot)
{
    const PlanStep *step = step_of(plan, snapshot->step);
    cJSON *object = cJSON_CreateObject();
    if (plan != NULL) {
        cJSON_AddStringToObject(object, "job", plan->id);
        cli_json_add_count(object, "steps", plan->steps->len);
    }
    cli_json_add_count(object, "step", snapshot->step + 1);
    if (step != NULL) {
        cJSON_AddStringToObject(object, "kind", step_kind_name(step->kind));
        cli_json_add_text(object, "title", step->title != NULL ? step->title : "");
    }
    cJSON_AddStringToObject(object, "state", job_state_name(snapshot->state));
    const struct {
        const char *name;
        gint64 value;
    } numbers[] = {
        {"rows", snapshot->rows},
        {"rows_total", snapshot->rows_total},
        {"bytes", snapshot->bytes},
        {"bytes_total", snapshot->bytes_total},
        {"files", snapshot->files},
        {"files_total", snapshot->files_total},
        {"percent", progress_percent(snapshot)},
        {"ms", snapshot->job_ms},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        cli_json_add_count(object, numbers[i].name, numbers[i].value);
    cJSON_AddStringToObject(object, "source", source_name(snapshot->source));
    char *printed = cJSON_PrintUnformatted(object);
    char *text = g_strdup(printed);
    cJSON_free(printed);
    cJSON_Delete(object);
    return text;
}

/* With the lock held. */
static void show_progress(Narrator *narrator)
{
    ProgressSnapshot snapshot = progress_read(narrator->progress);
    if (narrator->mode == NARRATE_JSON) {
        g_autofree char *json = narrator_progress_json(narrator->plan, &snapshot);
        fprintf(narrator->out, "%s\n", json);
    } else {
        g_autofree char *text = narrator_progress_text(narrator->plan, &snapshot);
        g_autofree char *printable = text_printable(text, -1);
        clear_line(narrator);
        narrator->line_shown = narrator->mode == NARRATE_LINE;
        fprintf(narrator->out, narrator->line_shown ? "%s" : "%s\n", printable);
    }
    narrator->last_step = snapshot.step;
    fflush(narrator->out);
}

static gboolean on_tick(gpointer user)
{
    Narrator *narrator = user;
    g_mutex_lock(&narrator->lock);
    if (narrator->progress != NULL)
        show_progress(narrator);
    g_mutex_unlock(&narrator->lock);
    return G_SOURCE_CONTINUE;
}

void narrator_begin_job(Narrator *narrator, const Plan *plan, const Progress *progress)
{
    static const guint ticks[] = {[NARRATE_LINE] = LINE_TICK_MS,
                                  [NARRATE_JSON] = JSON_TICK_MS,
                                  [NARRATE_PLAIN] = PLAIN_TICK_MS};
    if (narrator->mode == NARRATE_NONE)
        return;
    g_mutex_lock(&narrator->lock);
    narrator->plan = plan;
    narrator->progress = progress;
    narrator->timer = g_timeout_add(ticks[narrator->mode], on_tick, narrator);
    g_mutex_unlock(&narrator->lock);
}

void narrator_end_job(Narrator *narrator)
{
    g_mutex_lock(&narrator->lock);
    if (narrator->progress != NULL) {
        if (narrator->mode == NARRATE_JSON)
            show_progress(narrator);
        clear_line(narrator);
        fflush(narrator->out);
        g_source_remove(narrator->timer);
        narrator->timer = 0;
    }
    narrator->progress = NULL;
    narrator->plan = NULL;
    g_mutex_unlock(&narrator->lock);
}
