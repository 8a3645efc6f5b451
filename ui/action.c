#include "ui/action.h"

#include <string.h>

GPtrArray *action_gather(const ActionGroup *groups)
{
    GPtrArray *actions = g_ptr_array_new();
    for (; *groups != NULL; groups++)
        for (const Action *action = *groups; action->name != NULL; action++)
            g_ptr_array_add(actions, (gpointer)action);
    return actions;
}

const Action *action_find(const GPtrArray *actions, const char *name)
{
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = g_ptr_array_index(actions, i);
        if (strcmp(action->name, name) == 0)
            return action;
    }
    return NULL;
}

const char *action_missing(const Action *action, guint has, gboolean read_only)
{
    static const struct {
        guint need;
        const char *why;
    } needs[] = {
        {ACTION_NEEDS_CONNECTION, "needs a connection"},
        {ACTION_NEEDS_RELATION, "needs a table or view"},
        {ACTION_NEEDS_ROW, "needs a row"},
        {ACTION_NEEDS_JOB, "needs a job"},
    };
    if (read_only && action->flags & ACTION_CHANGES)
        return "refused: this profile is read-only";
    for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
        if (action->flags & needs[i].need && !(has & needs[i].need))
            return needs[i].why;
    return NULL;
}
