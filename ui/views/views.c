#include "ui/views/views.h"

#include "ui/views/activity_view.h"
#include "ui/views/browse.h"
#include "ui/views/cell_view.h"
#include "ui/views/composer_view.h"
#include "ui/views/editor_view.h"
#include "ui/views/explain_view.h"
#include "ui/views/form_view.h"
#include "ui/views/job_view.h"
#include "ui/views/jobs_view.h"
#include "ui/views/plan_view.h"
#include "ui/views/profile_form.h"
#include "ui/views/record_view.h"
#include "ui/views/s3_view.h"
#include "ui/views/text_view.h"

const ActionGroup view_action_groups[] = {
    grid_actions,       compose_grid_actions,
    composer_actions,   browse_actions,
    jobs_actions,       activity_actions,
    editor_actions,     explain_actions, s3_actions,
    job_actions,        plan_actions,
    form_actions,       text_actions,
    profile_form_actions, welcome_actions,
    app_global_actions, cell_actions,
    record_actions,     NULL,
};

GPtrArray *action_all(void)
{
    return action_gather(view_action_groups);
}

char *action_dump(void)
{
    g_autoptr(GPtrArray) actions = action_all();
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = g_ptr_array_index(actions, i);
        g_string_append_printf(out, "%s\t%s\t%s\t%s\n", action->name, action->context, action->keys,
                               action->help);
    }
    return g_string_free(out, FALSE);
}
