/* The first screen where no profile is chosen: those there are, a new one, the sandbox. */
#include "base/error.h"
#include "ui/app.h"
#include "ui/views/profile_form.h"
#include "ui/views/views.h"

typedef struct {
    View view;
    char **names; /* of profiles.conf, and the running sandbox */
    guint n_names, current;
    char *problem; /* why the names could not be read, or NULL */
} WelcomeView;

enum { MORE_ROWS = 2 }; /* a new profile, the sandbox */

static WelcomeView *welcome_of(View *view)
{
    return (WelcomeView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"welcome", "move", "global", NULL};
    return names;
}

static const char *row_text(const WelcomeView *welcome, guint row)
{
    if (row < welcome->n_names)
        return welcome->names[row];
    return row == welcome->n_names ? "a new profile" : "the sandbox";
}

static const char *row_help(const WelcomeView *welcome, guint row)
{
    if (row < welcome->n_names)
        return "";
    return row == welcome->n_names ? "fill a form, or paste a URL of another program into it"
                                   : "a Redshift and an S3 on this machine, with data to try";
}

static void draw_row(const WelcomeView *welcome, const Canvas *canvas, int y, guint row)
{
    gboolean current = row == welcome->current;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    draw_text(canvas, y, 2, 24, current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT,
              row_text(welcome, row));
    draw_text(canvas, y, 27, -1, ROLE_QUIET, TEXT_LEFT, row_help(welcome, row));
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    const WelcomeView *welcome = welcome_of(view);
    guint n_rows = welcome->n_names + MORE_ROWS;
    int space = MAX(canvas->rect.rows - 3, 1), y = 2;
    guint first = welcome->current >= (guint)space ? welcome->current - (guint)space + 1 : 0;
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, canvas->rect.columns, "Where to", TRUE);
    for (guint row = first; row < n_rows && y < space + 2; row++, y++)
        draw_row(welcome, canvas, y, row);
    if (welcome->problem != NULL)
        draw_text(canvas, MIN(y + 1, canvas->rect.rows - 1), 2, -1, ROLE_ERROR, TEXT_LEFT,
                  welcome->problem);
}

static void move(View *view, Movement movement)
{
    WelcomeView *welcome = welcome_of(view);
    guint last = welcome->n_names + MORE_ROWS - 1;
    if (movement == MOVE_UP && welcome->current > 0)
        welcome->current--;
    else if (movement == MOVE_DOWN && welcome->current < last)
        welcome->current++;
    else if (movement == MOVE_TOP || movement == MOVE_PAGE_UP)
        welcome->current = 0;
    else if (movement == MOVE_BOTTOM || movement == MOVE_PAGE_DOWN)
        welcome->current = last;
    view_touch(view, ~0u);
}

static void free_view(View *view)
{
    WelcomeView *welcome = welcome_of(view);
    g_strfreev(welcome->names);
    g_free(welcome->problem);
}

static const ViewClass welcome_class = {
    .name = "welcome",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

View *welcome_view_new(App *app)
{
    g_autoptr(GError) error = NULL;
    WelcomeView *welcome = view_new(app, &welcome_class, sizeof(WelcomeView));
    welcome->names = profile_names(&error);
    welcome->n_names = welcome->names != NULL ? g_strv_length(welcome->names) : 0;
    welcome->problem = error != NULL ? g_strdup(error->message) : NULL;
    return &welcome->view;
}

static Consequence choose(View *view, const char *argument)
{
    const WelcomeView *welcome = welcome_of(view);
    if (welcome->current == welcome->n_names)
        return consequence_push(profile_form_new(view->app, NULL));
    char **choice = app_options(view->app)->choice;
    g_free(*choice);
    *choice = g_strdup(welcome->current < welcome->n_names ? welcome->names[welcome->current]
                                                           : "sandbox");
    return consequence(CONSEQUENCE_QUIT);
}

const Action welcome_actions[] = {
    {"welcome.choose", "welcome", "Enter", "go", "go where the cursor is", ACTION_PLAIN, choose},
    {0},
};
