#include "ui/views/views.h"

#include "ui/views/browse.h"
#include "ui/views/form_view.h"
#include "ui/views/job_view.h"
#include "ui/views/jobs_view.h"
#include "ui/views/plan_view.h"
#include "ui/views/text_view.h"

const ActionGroup view_action_groups[] = {
    grid_actions, browse_actions, jobs_actions, job_actions,        plan_actions,
    form_actions, text_actions,   app_global_actions, NULL,
};
