#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "redshift/activity_report.h"
#include "redshift/types.h"

enum { WAIT_MS = 10000 };

const CliOption activity_options[] = {
    {"running", 'r', CLI_FLAG, G_STRUCT_OFFSET(ActivityCommandOptions, running),
     "only what has not ended", NULL},
    {"limit", 'n', CLI_NUMBER, G_STRUCT_OFFSET(ActivityCommandOptions, limit),
     "at most N rows (200)", "N"},
    {"format", 0, CLI_STRING, G_STRUCT_OFFSET(ActivityCommandOptions, format),
     "table, csv, tsv, json or jsonl", "FORMAT"},
    {0},
};

static guint32 oid_of(ActivityUnit unit)
{
    return unit == ACTIVITY_TEXT   ? TYPE_VARCHAR
           : unit == ACTIVITY_TIME ? TYPE_TIMESTAMP
                                   : TYPE_NUMERIC;
}

static gboolean print_report(CliContext *cli, const ActivityReport *report, OutputFormat format,
                             GError **error)
{
    guint n_columns = activity_pane_columns(report->pane);
    g_autofree ResultColumn *columns = g_new0(ResultColumn, n_columns);
    for (guint i = 0; i < n_columns; i++)
        columns[i] = (ResultColumn){(char *)report->pane->columns[i].name,
                                    oid_of(report->pane->columns[i].unit), -1};
    g_autoptr(Output) output = cli_output_new(cli, format, columns, n_columns, TRUE);
    for (guint i = 0; i < report->rows->len; i++)
        if (!output_strings(output, report->rows->pdata[i], error))
            return FALSE;
    if (!output_end(output, error))
        return FALSE;
    if (report->rows->len == 0)
        narrator_say(cli->narrator, "nothing to show");
    narrator_say(cli->narrator, "from %s", report->source);
    for (guint i = 0; i < report->notes->len; i++)
        narrator_say(cli->narrator, "note: %s", (const char *)report->notes->pdata[i]);
    return TRUE;
}

static gboolean show(CliContext *cli, ActivityKind kind, GError **error)
{
    const ActivityCommandOptions *options = cli->options;
    OutputFormat format;
    if (!cli_output_format(cli, options->format, &format, error))
        return FALSE;
    if (options->limit < 0 || options->limit > 100000) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "--limit goes from 1 to 100000");
        return FALSE;
    }
    ActivityOptions wanted = {.limit = (guint)options->limit, .running_only = options->running};
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    g_autoptr(ActivityReport) report =
        activity_report_read(session, kind, &wanted, cli->cancellable, error);
    cli_give_session(cli, session);
    return report != NULL && print_report(cli, report, format, error);
}

static gboolean parse_pid(const char *text, int *pid, GError **error)
{
    gint64 number = 0;
    if (text != NULL && g_ascii_string_to_signed(text, 10, 1, G_MAXINT, &number, NULL)) {
        *pid = (int)number;
        return TRUE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "%s is no pid; list them with: redsmith activity sessions",
                text != NULL ? text : "nothing");
    return FALSE;
}

static gboolean say_answer(CliContext *cli, ActivityStop stop, int pid, ActivityAnswer answer,
                           GError **error)
{
    static const char *const words[][3] = {
        [ACTIVITY_CANCEL] = {"cancelled, confirmed by the server",
                             "cancel sent, the server has not answered yet", "runs nothing"},
        [ACTIVITY_TERMINATE] = {"terminated, confirmed by the server",
                                "terminate sent, the server has not answered yet",
                                "is not connected"},
    };
    static const char *const states[] = {"confirmed", "unanswered", "not-there"};
    if (answer == ACTIVITY_NOT_THERE) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "backend %d %s", pid, words[stop][answer]);
        return FALSE;
    }
    if (answer == ACTIVITY_UNANSWERED)
        cli->exit_status = 1;
    if (!cli->globals.json) {
        narrator_say(cli->narrator, "backend %d: %s", pid, words[stop][answer]);
        return TRUE;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "pid", pid);
    cJSON_AddStringToObject(object, "asked", stop == ACTIVITY_CANCEL ? "cancel" : "terminate");
    cJSON_AddStringToObject(object, "answer", states[answer]);
    return cli_print_json(cli, object, error);
}

static gboolean stop_backend(CliContext *cli, ActivityStop stop, GError **error)
{
    int pid = 0;
    if (!parse_pid(cli->arguments[1], &pid, error))
        return FALSE;
    const Profile *profile = workbench_profile(cli->workbench);
    if (profile->read_only) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "profile \"%s\" is read_only: it stops nobody's statements", profile->name);
        return FALSE;
    }
    g_autofree char *what =
        g_strdup_printf(stop == ACTIVITY_CANCEL ? "Cancelling what backend %d runs"
                                                : "Ending the session of backend %d, whose open "
                                                  "transaction is rolled back",
                        pid);
    if (cli->globals.dry_run) {
        g_autofree char *line = g_strdup_printf(
            "SELECT %s(%d);\n",
            stop == ACTIVITY_CANCEL ? "pg_cancel_backend" : "pg_terminate_backend", pid);
        return cli_print_text(cli, line, error);
    }
    if (!terminal_confirm(cli, what, cli->arguments[1], error))
        return FALSE;
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    ActivityAnswer answer = ACTIVITY_UNANSWERED;
    gboolean asked = activity_stop(session, stop, pid, WAIT_MS, &answer, cli->cancellable, error);
    cli_give_session(cli, session);
    return asked && say_answer(cli, stop, pid, answer, error);
}

gboolean activity_run(CliContext *cli, GError **error)
{
    const char *word = cli->arguments[0];
    ActivityKind kind;
    if (strcmp(word, "cancel") == 0)
        return stop_backend(cli, ACTIVITY_CANCEL, error);
    if (strcmp(word, "terminate") == 0)
        return stop_backend(cli, ACTIVITY_TERMINATE, error);
    if (activity_kind_from_name(word, &kind) && cli->n_arguments == 1)
        return show(cli, kind, error);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "activity has sessions, queries, locks, loads, unloads, space and wlm, and cancel "
                "PID, terminate PID; not \"%s\"",
                cli->n_arguments == 1 ? word : cli->arguments[1]);
    return FALSE;
}
