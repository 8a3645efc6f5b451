#include "ui/views/search.h"

#include "ui/app.h"
#include "ui/views/views.h"

static void look(View *view, gboolean forward)
{
    if (view->searched == NULL || *view->searched == '\0' ||
        !view->search->find(view, view->searched, forward))
        app_message(view->app, MESSAGE_INFO, "%s", view->search->nowhere);
    view_touch(view, ~0u);
}

static gboolean accept(View *owner, const char *text, char **complaint)
{
    g_free(owner->searched);
    owner->searched = g_strdup(text);
    look(owner, TRUE);
    return TRUE;
}

Consequence search_ask(View *view, const char *argument)
{
    const PromptOptions options = {
        .label = view->search->label, .history = "find", .accept = accept};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

Consequence search_next(View *view, const char *argument)
{
    look(view, TRUE);
    return consequence(CONSEQUENCE_DONE);
}

Consequence search_previous(View *view, const char *argument)
{
    look(view, FALSE);
    return consequence(CONSEQUENCE_DONE);
}
