#include "ui/app.h"
#include "ui/keymap.h"
#include "ui/views/search.h"
#include "ui/views/text_view.h"
#include "ui/views/views.h"

/* Text that fills the screen: a value, a row, the help, a log. */
typedef struct {
    View view;
    char *title, *what;
    Pager *pager;
} TextView;

static TextView *text_of(View *view)
{
    return (TextView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"text", "back", "move", "global", NULL};
    return names;
}

static void move(View *view, Movement movement)
{
    pager_move(text_of(view)->pager, movement);
    view_touch(view, ~0u);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    TextView *text = text_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    draw_rule(canvas, 0, 0, rect.columns, text->title, TRUE);
    pager_draw(text->pager, &body);
    g_autofree char *position = pager_position(text->pager);
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, position);
    draw_cursor(canvas, 1, 0, FALSE);
}

static void free_view(View *view)
{
    TextView *text = text_of(view);
    pager_free(text->pager);
    g_free(text->title);
    g_free(text->what);
}

static const ViewClass text_class = {
    .name = "text",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

static gboolean find(View *view, const char *wanted, gboolean forward)
{
    return pager_search(text_of(view)->pager, wanted, forward);
}

static const ViewSearch text_search = {"find", "Not found", find};

View *text_view_new(App *app, const char *title, Pager *pager, const char *what)
{
    TextView *text = view_new(app, &text_class, sizeof(TextView));
    text->title = g_strdup(title);
    text->what = g_strdup(what);
    text->pager = pager;
    text->view.search = &text_search;
    return &text->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence copy(View *view, const char *argument)
{
    TextView *text = text_of(view);
    g_autofree char *all = pager_text(text->pager);
    app_copy(view->app, text->what, all);
    return consequence(CONSEQUENCE_DONE);
}

const Action text_actions[] = {
    {"text.find", "text", "/", "find", "find a text", ACTION_PLAIN, search_ask},
    {"text.next", "text", "n", "next", "go to the next place it was found", ACTION_HIDDEN,
     search_next},
    {"text.previous", "text", "N", "previous", "go to the one before", ACTION_HIDDEN,
     search_previous},
    {"text.copy", "text", "y", "copy", "copy all of it to the clipboard", ACTION_PLAIN, copy},
    {0},
};
