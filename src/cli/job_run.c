#include "cli/job_run.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/terminal.h"

/* The outcome, which the log's last line tells, is printed as the result or the failure instead. */
static void log_line(gpointer user, const char *line)
{
    CliContext *cli = user;
    if (g_str_has_prefix(line, "done: ") || g_str_has_prefix(line, "failed in step ") ||
        g_str_has_prefix(line, "cancelled in step "))
        return;
    narrator_say(cli->narrator, "%s", line);
}

static cJSON *load_error_json(const LoadError *load_error)
{
    cJSON *object = cJSON_CreateObject();
    gboolean local = load_error->local_file != NULL;
    cli_json_add_text(object, "file", local ? load_error->local_file : load_error->file);
    cJSON_AddNumberToObject(
        object, "line",
        (double)(local && load_error->local_line > 0 ? load_error->local_line : load_error->line));
    cli_json_add_text(object, "column", load_error->column);
    cli_json_add_text(object, "type", load_error->type);
    cli_json_add_text(object, "value", load_error->raw_value);
    cli_json_add_text(object, "reason", load_error->reason);
    cJSON_AddNumberToObject(object, "code", load_error->code);
    cli_json_add_text(object, "source", load_error->source);
    return object;
}

static void add_count(cJSON *object, const char *name, gint64 value)
{
    if (value >= 0)
        cJSON_AddNumberToObject(object, name, (double)value);
}

static cJSON *result_json(const char *id, const Plan *plan, const JobResult *result,
                          const GError *failure)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, "job", id);
    if (plan != NULL) {
        cli_json_add_text(object, "kind", plan->kind);
        cli_json_add_text(object, "title", plan->title);
    }
    const char *state = failure == NULL                  ? "done"
                        : rs_error_is_cancelled(failure) ? "cancelled"
                                                         : "failed";
    cJSON_AddStringToObject(object, "state", state);
    add_count(object, "rows_loaded", result->rows_loaded);
    add_count(object, "rows_unloaded", result->rows_unloaded);
    add_count(object, "rows_updated", result->rows_updated);
    add_count(object, "rows_inserted", result->rows_inserted);
    cJSON_AddNumberToObject(object, "bytes", (double)result->bytes);
    cJSON_AddNumberToObject(object, "files", (double)result->files);
    cli_json_add_text(object, "summary", result->summary);
    if (failure != NULL)
        cli_json_add_text(object, "error", failure->message);
    if (result->load_errors != NULL) {
        cJSON *errors = cJSON_AddArrayToObject(object, "load_errors");
        for (guint i = 0; i < result->load_errors->len; i++)
            cJSON_AddItemToArray(errors, load_error_json(result->load_errors->pdata[i]));
    }
    return object;
}

/* A caret line under the value, or under the byte where the server stopped. */
static void append_caret(GString *out, const LoadError *load_error, int indent)
{
    const char *line = load_error->raw_line, *value = load_error->raw_value;
    const char *at = value != NULL && *value != '\0' ? strstr(line, value) : NULL;
    gsize start =
        at != NULL ? (gsize)(at - line) : MIN((gsize)MAX(load_error->position, 0), strlen(line));
    g_autofree char *before = text_printable(line, (gssize)start);
    g_autofree char *marked = text_printable(at != NULL ? value : "", -1);
    int blanks = indent + text_width(before), carets = MAX(text_width(marked), 1);
    for (int i = 0; i < blanks; i++)
        g_string_append_c(out, ' ');
    for (int i = 0; i < carets; i++)
        g_string_append_c(out, '^');
    /* of a number the length is its precision, which bytes say nothing of */
    if (at != NULL && load_error->column_length != NULL && *load_error->column_length != '\0' &&
        strchr(load_error->column_length, ',') == NULL &&
        strlen(value) > g_ascii_strtoull(load_error->column_length, NULL, 10))
        g_string_append_printf(out, " %" G_GSIZE_FORMAT " bytes, the column holds %s",
                               strlen(value), load_error->column_length);
    g_string_append_c(out, '\n');
}

static void append_neighbour(GString *out, guint64 number, int digits, const char *line)
{
    g_autofree char *shown = line != NULL ? text_printable(line, -1) : NULL;
    if (shown != NULL)
        g_string_append_printf(out, "   %*" G_GUINT64_FORMAT "  %s\n", digits, number, shown);
}

char *job_load_error_text(const LoadError *load_error)
{
    gboolean local = load_error->local_file != NULL;
    guint64 line_number =
        local && load_error->local_line > 0 ? load_error->local_line : load_error->line;
    g_autofree char *count = text_count(line_number);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "  %s  line %s  column %s  %s",
                           local ? load_error->local_file : load_error->file, count,
                           load_error->column != NULL ? load_error->column : "?",
                           load_error->type != NULL ? load_error->type : "");
    if (load_error->column_length != NULL && *load_error->column_length != '\0')
        g_string_append_printf(out, "(%s)", load_error->column_length);
    g_string_append_printf(out, "  %s\n", load_error->source);
    if (load_error->raw_line != NULL && *load_error->raw_line != '\0') {
        g_autofree char *line = text_printable(load_error->raw_line, -1);
        g_autofree char *label = g_strdup_printf("   %" G_GUINT64_FORMAT "  ", line_number);
        int digits = (int)strlen(label) - 5;
        append_neighbour(out, line_number - 1, digits, load_error->line_before);
        g_string_append_printf(out, "%s%s\n", label, line);
        append_caret(out, load_error, (int)strlen(label));
        append_neighbour(out, line_number + 1, digits, load_error->line_after);
    } else if (load_error->raw_value != NULL) {
        g_autofree char *value = text_printable(load_error->raw_value, -1);
        g_string_append_printf(out, "   value %s\n", value);
    }
    g_string_append_printf(out, "  %s (%d)", load_error->reason, load_error->code);
    return g_string_free(out, FALSE);
}

static void say_load_errors(CliContext *cli, const JobResult *result)
{
    for (guint i = 0; result->load_errors != NULL && i < result->load_errors->len; i++) {
        g_autofree char *text = job_load_error_text(result->load_errors->pdata[i]);
        narrator_complain(cli->narrator, text);
    }
}

static gboolean print_result(CliContext *cli, const char *id, const Plan *plan,
                             const JobResult *result, const GError *failure, GError **error)
{
    if (cli->globals.json)
        return cli_print_json(cli, result_json(id, plan, result, failure), error);
    if (failure != NULL || result->summary == NULL)
        return TRUE;
    g_autofree char *summary = text_printable(result->summary, -1);
    g_autofree char *line = g_strconcat(summary, "\n", NULL);
    return cli_print_text(cli, line, error);
}

/* What a person can do about a job that did not end; nothing where there is nothing to do. */
static char *next_step(const char *id, const JobResult *result)
{
    if (!result->resumable)
        return g_strdup("");
    const char *left =
        result->committed ? "\nThe rows are committed; only what follows is left." : "";
    return g_strdup_printf(
        "%s\nGo on with: redsmith jobs resume %s, or give up with: redsmith jobs "
        "clean %s",
        left, id, id);
}

static gboolean run_job(CliContext *cli, const Plan *plan, const Plan *shown, const char *id,
                        JobResult *result, GError **error)
{
    Progress progress = {0};
    g_autoptr(GError) failure = NULL;
    narrator_begin_job(cli->narrator, shown, &progress);
    gboolean done = workbench_run_job(cli->workbench, plan, id, &progress, log_line, cli, result,
                                      cli->cancellable, &failure);
    narrator_end_job(cli->narrator);
    if (!done)
        say_load_errors(cli, result);
    if (!print_result(cli, id, shown, result, failure, done ? error : NULL))
        return FALSE;
    if (done)
        return TRUE;
    if (!result->begun) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_autofree char *next = next_step(id, result);
    const char *how = rs_error_is_cancelled(failure) ? "ended" : "failed";
    g_set_error(error, failure->domain, failure->code, "job %s %s in step %d: %s%s", id, how,
                progress_read(&progress).step + 1, failure->message, next);
    return FALSE;
}

gboolean job_run_print_plan(CliContext *cli, const Plan *plan, GError **error)
{
    if (cli->globals.json)
        return cli_print_json(cli, plan_to_json(plan), error);
    g_autofree char *text = plan_text(plan);
    g_autofree char *line = g_strconcat(text, g_str_has_suffix(text, "\n") ? "" : "\n", NULL);
    return cli_print_text(cli, line, error);
}

gboolean job_run_plan(CliContext *cli, const Plan *plan, JobResult *result, GError **error)
{
    g_auto(JobResult) own = {0};
    if (cli->globals.dry_run)
        return job_run_print_plan(cli, plan, error);
    const Profile *profile = workbench_profile(cli->workbench);
    if (profile->read_only && strcmp(plan->kind, "unload") != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "profile \"%s\" is read_only: nothing is loaded through it", profile->name);
        return FALSE;
    }
    if (plan->destructive && !terminal_confirm(cli, plan->title, plan->target, error))
        return FALSE;
    narrator_say(cli->narrator, "job %s: %s", plan->id, plan->title);
    return run_job(cli, plan, plan, plan->id, result != NULL ? result : &own, error);
}

/* S3 is made only where it is needed: a missing key pair must not stop a plan that does without. */
gboolean job_run_request(CliContext *cli, JobPlanner planner, gpointer request, GError **error)
{
    S3Client *s3 = workbench_s3(cli->workbench, error);
    Session *session = s3 == NULL ? NULL : cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    g_autoptr(Plan) plan = planner(request, session, s3, cli->cancellable, error);
    cli_give_session(cli, session);
    return plan != NULL && job_run_plan(cli, plan, NULL, error);
}

gboolean job_run_resume(CliContext *cli, const char *id, GError **error)
{
    g_auto(JobResult) result = {0};
    return run_job(cli, NULL, NULL, id, &result, error);
}
