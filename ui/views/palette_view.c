#include <string.h>

#include "ui/app.h"
#include "ui/keymap.h"
#include "ui/views/views.h"
#include "ui/widgets/input.h"
#include "ui/widgets/scroll.h"

enum { ROWS = 8 };

/* Any action by name, with an argument behind it. What is typed narrows the list; Tab completes. */
typedef struct {
    View view;
    Input *input;
    GPtrArray *found; /* of const Action, best first */
    Scroll scroll;
} PaletteView;

static PaletteView *palette_of(View *view)
{
    return (PaletteView *)view;
}

static const View *below(const PaletteView *palette)
{
    return app_below(palette->view.app, &palette->view);
}

/* All letters in order, as in "gfc" for grid.filter-cell. */
static gboolean is_fuzzy_match(const char *name, const char *typed)
{
    for (; *typed != '\0'; typed++) {
        name = strchr(name, *typed);
        if (name == NULL)
            return FALSE;
        name++;
    }
    return TRUE;
}

/* 0 best; -1 no match. */
static int rank(const Action *action, const char *typed)
{
    if (g_str_has_prefix(action->name, typed))
        return 0;
    if (strstr(action->name, typed) != NULL)
        return 1;
    if (strstr(action->help, typed) != NULL)
        return 2;
    return is_fuzzy_match(action->name, typed) ? 3 : -1;
}

static gboolean is_offered(const PaletteView *palette, const Action *action)
{
    const View *view = below(palette);
    return view != NULL && strcmp(action->context, "move") != 0 &&
           strcmp(action->name, "app.palette") != 0 &&
           g_strv_contains(view->class->contexts(view), action->context);
}

static char *typed_name(const PaletteView *palette)
{
    const char *text = input_text(palette->input);
    const char *blank = strchr(text, ' ');
    return blank != NULL ? g_strndup(text, (gsize)(blank - text)) : g_strdup(text);
}

static void search(PaletteView *palette)
{
    const GPtrArray *actions = app_actions(palette->view.app);
    g_autofree char *typed = typed_name(palette);
    g_ptr_array_set_size(palette->found, 0);
    for (int wanted = 0; wanted <= 3; wanted++) {
        for (guint i = 0; i < actions->len; i++) {
            const Action *action = g_ptr_array_index(actions, i);
            if (is_offered(palette, action) && rank(action, typed) == wanted)
                g_ptr_array_add(palette->found, (gpointer)action);
        }
    }
    palette->scroll = (Scroll){0};
    view_touch(&palette->view, ~0u);
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"prompt", NULL};
    return names;
}

static int height(const View *view, int columns)
{
    return ROWS + 2;
}

static void draw_row(const PaletteView *palette, const Canvas *canvas, int y, const Action *action,
                     gboolean current)
{
    App *app = palette->view.app;
    const char *missing =
        action_missing(action, app_has(app, below(palette)), app_profile(app)->read_only);
    g_autofree char *keys = keymap_keys(app_keymap(app), action, NULL);
    g_autofree char *help = missing != NULL ? g_strdup_printf("%s (%s)", action->help, missing)
                                            : g_strdup(action->help);
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    draw_text(canvas, y, 2, 20, current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT, action->name);
    draw_text(canvas, y, 23, 12, ROLE_KEY, TEXT_LEFT, keys);
    draw_text(canvas, y, 36, -1, missing != NULL ? ROLE_QUIET : ROLE_HINT, TEXT_LEFT, help);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    PaletteView *palette = palette_of(view);
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, canvas->rect.columns, "Command", TRUE);
    scroll_clamp(&palette->scroll, palette->found->len, ROWS);
    for (int y = 0; y < ROWS; y++) {
        gint64 i = palette->scroll.top + y;
        if (i < palette->found->len)
            draw_row(palette, canvas, y + 1, g_ptr_array_index(palette->found, (guint)i),
                     i == palette->scroll.cursor);
    }
    if (palette->found->len == 0)
        draw_words(canvas, 1, 2, ROLE_QUIET, "no action of that name works here");
    draw_words(canvas, ROWS + 1, 0, ROLE_KEY, ":");
    input_draw(palette->input, canvas, ROWS + 1, 1, canvas->rect.columns - 2, TRUE);
}

static const Action *current(const PaletteView *palette)
{
    if (palette->scroll.cursor >= palette->found->len)
        return NULL;
    return g_ptr_array_index(palette->found, (guint)palette->scroll.cursor);
}

static Consequence run(PaletteView *palette)
{
    const Action *action = current(palette);
    if (action == NULL)
        return consequence(CONSEQUENCE_DONE);
    const char *blank = strchr(input_text(palette->input), ' ');
    const char *argument = blank != NULL && blank[1] != '\0' ? blank + 1 : NULL;
    g_autofree char *line =
        argument != NULL ? g_strconcat(action->name, " ", argument, NULL) : g_strdup(action->name);
    app_remember(palette->view.app, "command", line);
    app_queue_action(palette->view.app, action, argument);
    return consequence(CONSEQUENCE_POP);
}

static void complete(PaletteView *palette)
{
    const Action *action = current(palette);
    if (action == NULL)
        return;
    g_autofree char *text = g_strconcat(action->name, " ", NULL);
    input_set_text(palette->input, text);
    search(palette);
}

static Consequence key(View *view, Key key_pressed)
{
    PaletteView *palette = palette_of(view);
    gboolean empty = *input_text(palette->input) == '\0';
    if (key_pressed == UI_KEY_ENTER)
        return run(palette);
    if (key_is_dismissal(key_pressed) || (key_pressed == UI_KEY_BACKSPACE && empty))
        return consequence(CONSEQUENCE_POP);
    if (key_pressed == UI_KEY_TAB) {
        complete(palette);
        return consequence(CONSEQUENCE_DONE);
    }
    if (key_pressed == UI_KEY_DOWN || key_pressed == UI_KEY_UP) {
        scroll_move(&palette->scroll, key_pressed == UI_KEY_DOWN ? MOVE_DOWN : MOVE_UP,
                    palette->found->len, ROWS);
        return consequence(CONSEQUENCE_REDRAW);
    }
    /* Up and Down choose; the history is on Ctrl-P and Ctrl-N. */
    if (!input_key(palette->input, key_pressed))
        return consequence(CONSEQUENCE_NONE);
    search(palette);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence paste(View *view, const char *text)
{
    input_paste(palette_of(view)->input, text);
    search(palette_of(view));
    return consequence(CONSEQUENCE_DONE);
}

static void free_view(View *view)
{
    input_free(palette_of(view)->input);
    g_ptr_array_unref(palette_of(view)->found);
}

static const ViewClass palette_class = {
    .name = "palette",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .paste = paste,
    .height = height,
    .free = free_view,
};

View *palette_view_new(App *app)
{
    PaletteView *palette = view_new(app, &palette_class, sizeof(PaletteView));
    palette->input = input_new("", app_history(app, "command"), FALSE);
    palette->found = g_ptr_array_new();
    search(palette);
    return &palette->view;
}
