#include "ui/views/job_retry.h"

#include <string.h>

#include "job/load_widen.h"
#include "ui/app.h"
#include "ui/views/form_view.h"
#include "ui/views/views.h"

/* The server's raw value is cut at this length. Redshift guide, STL_LOAD_ERRORS. */
enum { RAW_VALUE_MAX = 1024 };

/* --- how wide -----------------------------------------------------------------------------------*/

static gboolean is_too_long(const LoadError *error)
{
    guint64 holds = g_ascii_strtoull(error->column_length, NULL, 10);
    return error->code == 1204 || strstr(error->reason, "DDL length") != NULL ||
           (error->raw_value != NULL && holds > 0 && strlen(error->raw_value) > holds);
}

/* The longest value that was refused in this column; 0 when one was cut or not told. */
static gsize longest_value(const GPtrArray *errors, const char *column)
{
    gsize longest = 0;
    for (guint i = 0; i < errors->len; i++) {
        const LoadError *error = errors->pdata[i];
        gsize length = error->raw_value != NULL ? strlen(error->raw_value) : 0;
        if (strcmp(error->column, column) != 0 || !is_too_long(error))
            continue;
        if (length == 0 || length >= RAW_VALUE_MAX - 1)
            return 0;
        longest = MAX(longest, length);
    }
    return longest;
}

char *job_retry_wider(const FailedLoad *load, const char **reason)
{
    const LoadError *error = load->shown;
    *reason = "no refused row is known of this job";
    if (error == NULL)
        return NULL;
    *reason = "only a VARCHAR can be made longer in place, and this column is none";
    if (strstr(error->type, "var") == NULL)
        return NULL;
    *reason = "the value is not refused for its length";
    if (!is_too_long(error))
        return NULL;
    guint present = (guint)g_ascii_strtoull(error->column_length, NULL, 10);
    guint length = load_widen_length(longest_value(load->errors, error->column), present);
    *reason = "no VARCHAR is that long";
    return length > present ? g_strdup_printf("%s=%u", error->column, length) : NULL;
}

/* --- again --------------------------------------------------------------------------------------*/

/* NULL, and said why, when the form of the job is not known. option: what a command would add. */
static View *open_form(View *view, const FailedLoad *load, const char *option)
{
    View *form = load->plan != NULL ? job_form_again(view->app, load->plan) : NULL;
    if (form == NULL && load->plan != NULL && strcmp(load->plan->kind, "unload") == 0)
        app_message(view->app, MESSAGE_INFO,
                    "The query of an unload is not kept with its job: open the rows again and "
                    "press u");
    else if (form == NULL)
        app_message(view->app, MESSAGE_INFO,
                    "Job %.8s was not made by a form of write or merge; run its command again%s%s",
                    load->id, *option != '\0' ? " with " : "", option);
    return form;
}

static Consequence plan_again(View *form)
{
    form_view_perform(form);
    return consequence_push(form);
}

Consequence job_retry_widen(View *view, const FailedLoad *load)
{
    const char *reason;
    g_autofree char *wider = job_retry_wider(load, &reason);
    if (wider == NULL) {
        app_message(view->app, MESSAGE_INFO, "Nothing to widen: %s", reason);
        return consequence(CONSEQUENCE_DONE);
    }
    g_autofree char *option = g_strdup_printf("--widen %s", wider);
    View *form = open_form(view, load, option);
    if (form == NULL)
        return consequence(CONSEQUENCE_DONE);
    form_view_set(form, "widen", wider);
    return plan_again(form);
}

Consequence job_retry_truncate(View *view, const FailedLoad *load)
{
    View *form = open_form(view, load, "--truncate-columns");
    if (form == NULL)
        return consequence(CONSEQUENCE_DONE);
    form_view_set(form, "truncate", "yes");
    return plan_again(form);
}

Consequence job_retry_skip(View *view, const FailedLoad *load, const char *text)
{
    View *form = open_form(view, load, "--max-errors");
    if (form == NULL)
        return consequence(CONSEQUENCE_DONE);
    form_view_set(form, "errors", text);
    return plan_again(form);
}

Consequence job_retry_edit(View *view, const FailedLoad *load)
{
    View *form = open_form(view, load, "");
    return form != NULL ? consequence_push(form) : consequence(CONSEQUENCE_DONE);
}
