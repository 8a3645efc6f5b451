#include "ui/views/choice_view.h"

#include <string.h>

#include "ui/app.h"
#include "ui/widgets/input.h"
#include "ui/widgets/scroll.h"

enum { ROWS_MAX = 14 };

typedef struct {
    View view;
    View *owner;
    char *title;
    GPtrArray *entries; /* of ChoiceEntry */
    GPtrArray *found;   /* those that are left */
    ChoiceTaken taken;
    Input *input;
    Scroll scroll;
    int height;
} ChoiceView;

static ChoiceView *choice_of(View *view)
{
    return (ChoiceView *)view;
}

static void entry_free(gpointer data)
{
    ChoiceEntry *entry = data;
    g_free(entry->label);
    g_free(entry->detail);
    g_free(entry->value);
    g_free(entry);
}

GPtrArray *choice_entries_new(void)
{
    return g_ptr_array_new_with_free_func(entry_free);
}

void choice_entries_add(GPtrArray *entries, const char *label, const char *detail,
                        const char *value)
{
    ChoiceEntry *entry = g_new0(ChoiceEntry, 1);
    *entry = (ChoiceEntry){g_strdup(label), g_strdup(detail), g_strdup(value)};
    g_ptr_array_add(entries, entry);
}

static gboolean has_words(const ChoiceEntry *entry, char **words)
{
    g_autofree char *text =
        g_strconcat(entry->detail != NULL ? entry->detail : "", " ", entry->label, NULL);
    g_autofree char *folded = g_utf8_casefold(text, -1);
    for (char **word = words; *word != NULL; word++)
        if (strstr(folded, *word) == NULL)
            return FALSE;
    return TRUE;
}

static void narrow(ChoiceView *choice)
{
    g_autofree char *typed = g_utf8_casefold(input_text(choice->input), -1);
    g_auto(GStrv) words = g_strsplit(typed, " ", -1);
    g_ptr_array_set_size(choice->found, 0);
    for (guint i = 0; i < choice->entries->len; i++)
        if (has_words(choice->entries->pdata[i], words))
            g_ptr_array_add(choice->found, choice->entries->pdata[i]);
    choice->scroll = (Scroll){0};
    view_touch(&choice->view, ~0u);
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"choice", NULL};
    return names;
}

static int height(const View *view, int columns)
{
    return 2 + (int)MIN(((const ChoiceView *)view)->entries->len, ROWS_MAX);
}

static void draw_entry(const ChoiceView *choice, const Canvas *canvas, int y,
                       const ChoiceEntry *entry, gboolean is_current)
{
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (is_current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    int x = 2;
    if (entry->detail != NULL)
        x = draw_words(canvas, y, x, ROLE_QUIET, entry->detail) + 2;
    draw_text(canvas, y, x, -1, is_current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT, entry->label);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    ChoiceView *choice = choice_of(view);
    Rect rect = canvas->rect;
    choice->height = MAX(rect.rows - 2, 1);
    scroll_clamp(&choice->scroll, choice->found->len, choice->height);
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, rect.columns, choice->title, TRUE);
    for (int y = 0; y < choice->height && choice->scroll.top + y < choice->found->len; y++) {
        gint64 i = choice->scroll.top + y;
        draw_entry(choice, canvas, y + 1, choice->found->pdata[i], i == choice->scroll.cursor);
    }
    if (choice->found->len == 0)
        draw_text(canvas, 1, 2, -1, ROLE_QUIET, TEXT_LEFT,
                  choice->entries->len == 0 ? "nothing yet" : "nothing like that");
    input_draw(choice->input, canvas, rect.rows - 1, 2, rect.columns - 2, TRUE);
}

static Consequence take(ChoiceView *choice)
{
    if (choice->scroll.cursor >= choice->found->len)
        return consequence(CONSEQUENCE_DONE);
    const ChoiceEntry *entry = choice->found->pdata[choice->scroll.cursor];
    if (!choice->owner->closed)
        choice->taken(choice->owner, entry->value);
    return consequence(CONSEQUENCE_POP);
}

static gboolean movement_of(Key key, Movement *movement)
{
    static const struct {
        Key key;
        Movement movement;
    } moves[] = {{UI_KEY_UP, MOVE_UP},
                 {UI_KEY_DOWN, MOVE_DOWN},
                 {UI_KEY_PAGE_UP, MOVE_PAGE_UP},
                 {UI_KEY_PAGE_DOWN, MOVE_PAGE_DOWN}};
    for (guint i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (moves[i].key != key)
            continue;
        *movement = moves[i].movement;
        return TRUE;
    }
    return FALSE;
}

static Consequence key(View *view, Key key_pressed)
{
    ChoiceView *choice = choice_of(view);
    Movement movement;
    if (key_pressed == UI_KEY_ENTER || key_pressed == UI_KEY_TAB)
        return take(choice);
    if (key_is_dismissal(key_pressed))
        return consequence(CONSEQUENCE_POP);
    if (movement_of(key_pressed, &movement)) {
        scroll_move(&choice->scroll, movement, choice->found->len, choice->height);
        view_touch(view, ~0u);
        return consequence(CONSEQUENCE_DONE);
    }
    if (!input_key(choice->input, key_pressed))
        return consequence(CONSEQUENCE_NONE);
    narrow(choice);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence paste(View *view, const char *text)
{
    input_paste(choice_of(view)->input, text);
    narrow(choice_of(view));
    return consequence(CONSEQUENCE_DONE);
}

static void free_view(View *view)
{
    ChoiceView *choice = choice_of(view);
    input_free(choice->input);
    g_ptr_array_unref(choice->found);
    g_ptr_array_unref(choice->entries);
    g_free(choice->title);
    view_unref(choice->owner);
}

static const ViewClass choice_class = {
    .name = "choice",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .paste = paste,
    .height = height,
    .free = free_view,
};

View *choice_view_new(App *app, View *owner, const char *title, GPtrArray *entries,
                      ChoiceTaken taken)
{
    ChoiceView *choice = view_new(app, &choice_class, sizeof(ChoiceView));
    choice->owner = view_ref(owner);
    choice->title = g_strdup(title);
    choice->entries = entries;
    choice->found = g_ptr_array_new();
    choice->taken = taken;
    choice->input = input_new("", NULL, FALSE);
    narrow(choice);
    return &choice->view;
}
