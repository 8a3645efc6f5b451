#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "job/journal.h"
#include "redshift/types.h"

static char *time_text(gint64 epoch)
{
    if (epoch <= 0)
        return NULL;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(epoch);
    return time == NULL ? NULL : g_date_time_format(time, "%Y-%m-%d %H:%M:%S");
}

static const char *state_text(const JournalSummary *job)
{
    if (job->state == JOB_RUNNING || job->state == JOB_DONE || job->state == JOB_CANCELLED)
        return job_state_name(job->state);
    return job->resumable ? "interrupted" : job_state_name(job->state);
}

/* A table has one line for a job: the whole of a long failure is in --json and `jobs show`. */
static char *outcome_text(const CliContext *cli, const JournalSummary *job)
{
    const char *message = job->message;
    if (message == NULL || cli->globals.json)
        return g_strdup(message);
    return g_strndup(message, strcspn(message, "\n"));
}

static gboolean jobs_list(CliContext *cli, GError **error)
{
    static const ResultColumn columns[] = {
        {(char *)"id", TYPE_VARCHAR, -1},      {(char *)"state", TYPE_VARCHAR, -1},
        {(char *)"step", TYPE_VARCHAR, -1},    {(char *)"started", TYPE_VARCHAR, -1},
        {(char *)"profile", TYPE_VARCHAR, -1}, {(char *)"title", TYPE_VARCHAR, -1},
        {(char *)"outcome", TYPE_VARCHAR, -1},
    };
    g_autoptr(GPtrArray) jobs = journal_list();
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < jobs->len; i++) {
        const JournalSummary *job = jobs->pdata[i];
        g_autofree char *started = time_text(job->started);
        g_autofree char *step = g_strdup_printf("%d/%d", job->step, job->n_steps);
        g_autofree char *outcome = outcome_text(cli, job);
        const char *const values[] = {job->id,      state_text(job), step,   started,
                                      job->profile, job->title,      outcome};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static void append_event(GString *out, const cJSON *event)
{
    static const char *const shown_elsewhere[] = {"event", "plan", "at", NULL};
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "event"));
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(event, "at"); /* milliseconds */
    g_autofree char *when = cJSON_IsNumber(at) ? time_text((gint64)(at->valuedouble / 1000)) : NULL;
    g_string_append_printf(out, "  %s%s%-8s", when != NULL ? when : "", when != NULL ? "  " : "",
                           name != NULL ? name : "?");
    const cJSON *member;
    cJSON_ArrayForEach(member, event)
    {
        if (g_strv_contains(shown_elsewhere, member->string))
            continue;
        /* the plan above counts from 1 */
        gboolean is_step = strcmp(member->string, "step") == 0 && cJSON_IsNumber(member);
        char *value = is_step ? cJSON_PrintUnformatted(&(cJSON){
                                    .type = cJSON_Number, .valuedouble = member->valuedouble + 1})
                              : cJSON_PrintUnformatted(member);
        g_autofree char *printable = text_printable(value, -1);
        g_string_append_printf(out, "  %s %s", member->string, printable);
        cJSON_free(value);
    }
    g_string_append_c(out, '\n');
}

static gboolean jobs_show(CliContext *cli, const char *id, GError **error)
{
    cJSON *events = journal_read(id, error);
    if (events == NULL)
        return FALSE;
    if (cli->globals.json)
        return cli_print_json(cli, events, error);
    g_autoptr(GString) out = g_string_new(NULL);
    const cJSON *first = cJSON_GetArrayItem(events, 0);
    const cJSON *plan_object = cJSON_GetObjectItemCaseSensitive(first, "plan");
    g_autoptr(Plan) plan = plan_object == NULL ? NULL : plan_from_json(plan_object, NULL);
    if (plan != NULL) {
        g_autofree char *text = plan_text(plan);
        g_string_append_printf(out, "%s\n", text);
    }
    const cJSON *event;
    cJSON_ArrayForEach(event, events) append_event(out, event);
    cJSON_Delete(events);
    return cli_print_text(cli, out->str, error);
}

/* The job's own profile, unless -p names another; and its whole id. */
static gboolean use_profile_of(CliContext *cli, const char *id, char **whole_id, GError **error)
{
    g_autoptr(GPtrArray) jobs = journal_list();
    const JournalSummary *found = NULL;
    for (guint i = 0; i < jobs->len; i++) {
        const JournalSummary *job = jobs->pdata[i];
        if (*id == '\0' || !g_str_has_prefix(job->id, id))
            continue;
        if (found != NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "\"%s\" begins the ids of several jobs; give more of it", id);
            return FALSE;
        }
        found = job;
    }
    if (found == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                    "there is no job \"%s\"; list them with: redsmith jobs list", id);
        return FALSE;
    }
    *whole_id = g_strdup(found->id);
    const char *profile = cli->globals.profile != NULL ? cli->globals.profile : found->profile;
    return cli_use_profile(cli, profile, error);
}

/* What a command did to a job: words for people, an object for programs. */
static gboolean say_outcome(CliContext *cli, const char *id, const char *state, const char *words,
                            GError **error)
{
    if (!cli->globals.json) {
        narrator_say(cli->narrator, "job %s: %s", id, words);
        return TRUE;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "job", id);
    cJSON_AddStringToObject(object, "state", state);
    return cli_print_json(cli, object, error);
}

static gboolean check_resumable(const char *id, GError **error)
{
    g_autoptr(GPtrArray) jobs = journal_list();
    for (guint i = 0; i < jobs->len; i++) {
        const JournalSummary *job = jobs->pdata[i];
        if (strcmp(job->id, id) != 0 || job->resumable)
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "job %s is %s and cannot be resumed", id,
                    state_text(job));
        return FALSE;
    }
    return jobs != NULL;
}

/* The plan and how many of its steps are done already, from the journal alone. */
static gboolean show_resume(CliContext *cli, const char *id, GError **error)
{
    if (!check_resumable(id, error))
        return FALSE;
    cJSON *events = journal_read(id, error);
    if (events == NULL)
        return FALSE;
    const cJSON *event;
    int done = 0;
    cJSON_ArrayForEach(event, events)
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "event");
        done += g_strcmp0(cJSON_GetStringValue(name), "done") == 0;
    }
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(events, 0), "plan");
    g_autoptr(Plan) plan = plan_from_json(object, error);
    gboolean ok = plan != NULL && job_run_print_plan(cli, plan, error);
    if (ok)
        narrator_say(cli->narrator, "job %s: %d of %u steps are done; the others would be run", id,
                     done, plan->steps->len);
    cJSON_Delete(events);
    return ok;
}

static gboolean jobs_resume(CliContext *cli, const char *id, GError **error)
{
    g_autofree char *whole_id = NULL;
    if (!use_profile_of(cli, id, &whole_id, error))
        return FALSE;
    return cli->globals.dry_run ? show_resume(cli, whole_id, error)
                                : job_run_resume(cli, whole_id, error);
}

static void say_line(gpointer user, const char *line)
{
    narrator_say(((CliContext *)user)->narrator, "%s", line);
}

static gboolean jobs_clean(CliContext *cli, const char *id, GError **error)
{
    g_autofree char *whole_id = NULL;
    if (!use_profile_of(cli, id, &whole_id, error))
        return FALSE;
    if (cli->globals.dry_run)
        return say_outcome(cli, whole_id, "unchanged",
                           "its staging table and the objects that it staged would be removed",
                           error);
    return workbench_clean_job(cli->workbench, whole_id, say_line, cli, cli->cancellable, error) &&
           say_outcome(cli, whole_id, "clean", "nothing of it is left", error);
}

static gboolean jobs_cancel(CliContext *cli, const char *id, GError **error)
{
    if (cli->globals.dry_run)
        return say_outcome(cli, id, "unchanged",
                           "the process that runs it would be asked to cancel", error);
    return journal_request_cancel(id, error) &&
           say_outcome(cli, id, "cancelling", "the process that runs it is asked to cancel", error);
}

gboolean jobs_run(CliContext *cli, GError **error)
{
    static const struct {
        const char *word;
        gboolean (*run)(CliContext *cli, const char *id, GError **error);
    } words[] = {{"show", jobs_show},
                 {"resume", jobs_resume},
                 {"cancel", jobs_cancel},
                 {"clean", jobs_clean}};
    const char *word = cli->arguments[0], *id = cli->arguments[1];
    if (strcmp(word, "list") == 0 && id == NULL)
        return jobs_list(cli, error);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(word, words[i].word) == 0 && id != NULL)
            return words[i].run(cli, id, error);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "jobs: expected list, show ID, resume ID, cancel ID or clean ID");
    return FALSE;
}
