#include "ui/app.h"
#include "ui/views/views.h"
#include "ui/widgets/input.h"
#include "ui/widgets/pager.h"

typedef struct {
    View view;
    View *owner; /* a reference */
    PromptOptions options;
    Input *input;
    char *label, *history; /* those of the options */
    char *insert;          /* NULL: Tab does nothing */
    char *complaint;       /* what accept said; until the next key */
} PromptView;

static PromptView *prompt_of(View *view)
{
    return (PromptView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"prompt", NULL};
    return names;
}

static int height(const View *view, int columns)
{
    return 2 + ((const PromptView *)view)->options.hint_rows;
}

static void draw_hint(PromptView *prompt, const Canvas *canvas)
{
    gboolean bad = prompt->complaint != NULL;
    g_autofree char *hint = g_strdup(prompt->complaint);
    if (hint == NULL && prompt->options.hint != NULL && prompt->options.hint_rows > 0)
        hint = prompt->options.hint(prompt->owner, input_text(prompt->input), &bad);
    Rect rect = canvas->rect;
    Canvas below = canvas_part(canvas, (Rect){rect.y + 2, rect.x, rect.rows - 2, rect.columns});
    g_autoptr(Pager) pager = pager_new(TRUE);
    if (hint != NULL)
        pager_add(pager, bad ? ROLE_ERROR : ROLE_SQL, hint);
    pager_draw(pager, &below);
}

/* The dialog's keys, at the right of its title. */
static void draw_keys(const PromptView *prompt, const Canvas *canvas)
{
    g_autofree char *text =
        prompt->insert != NULL
            ? g_strdup_printf(" Enter accepts  Esc gives up  Tab inserts %s ", prompt->insert)
            : g_strdup(" Enter accepts  Esc gives up ");
    int x = canvas->rect.columns - text_width(text) - 2;
    if (x > text_width(prompt->options.label) + 6)
        draw_words(canvas, 0, x, ROLE_HINT, text);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    PromptView *prompt = prompt_of(view);
    draw_rule(canvas, 0, 0, canvas->rect.columns, prompt->options.label, TRUE);
    draw_keys(prompt, canvas);
    draw_blank(canvas, 1, 0, -1, ROLE_TEXT);
    draw_hint(prompt, canvas);
    input_draw(prompt->input, canvas, 1, 2, canvas->rect.columns - 4, TRUE);
}

static void told(PromptView *prompt)
{
    gboolean bad = FALSE;
    /* Incremental prompts act in hint; those with rows are asked when they are drawn. */
    if (prompt->options.hint != NULL && prompt->options.hint_rows == 0)
        g_free(prompt->options.hint(prompt->owner, input_text(prompt->input), &bad));
    view_touch(&prompt->view, ~0u);
}

static Consequence accept(PromptView *prompt)
{
    const char *text = input_text(prompt->input);
    if (!prompt->owner->closed &&
        !prompt->options.accept(prompt->owner, text, &prompt->complaint)) {
        if (prompt->options.hint_rows == 0 && prompt->complaint != NULL)
            app_message(prompt->view.app, MESSAGE_ERROR, "%s", prompt->complaint);
        return consequence(CONSEQUENCE_REDRAW);
    }
    if (prompt->options.history != NULL && !prompt->options.secret)
        app_remember(prompt->view.app, prompt->options.history, text);
    return consequence(CONSEQUENCE_POP);
}

static Consequence key(View *view, Key key_pressed)
{
    PromptView *prompt = prompt_of(view);
    g_clear_pointer(&prompt->complaint, g_free);
    if (key_pressed == UI_KEY_ENTER)
        return accept(prompt);
    if (key_is_dismissal(key_pressed)) {
        if (prompt->options.dismiss != NULL)
            prompt->options.dismiss(prompt->owner);
        return consequence(CONSEQUENCE_POP);
    }
    if (key_pressed == UI_KEY_TAB && prompt->insert != NULL)
        input_paste(prompt->input, prompt->insert);
    else if (!input_key(prompt->input, key_pressed))
        return consequence(CONSEQUENCE_NONE);
    told(prompt);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence paste(View *view, const char *text)
{
    PromptView *prompt = prompt_of(view);
    input_paste(prompt->input, text);
    told(prompt);
    return consequence(CONSEQUENCE_DONE);
}

static void free_view(View *view)
{
    PromptView *prompt = prompt_of(view);
    input_free(prompt->input);
    g_free(prompt->complaint);
    g_free(prompt->insert);
    g_free(prompt->label);
    g_free(prompt->history);
    view_unref(prompt->owner);
}

static const ViewClass prompt_class = {
    .name = "prompt",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .paste = paste,
    .height = height,
    .free = free_view,
};

View *prompt_view_new(App *app, View *owner, const PromptOptions *options)
{
    PromptView *prompt = view_new(app, &prompt_class, sizeof(PromptView));
    prompt->owner = view_ref(owner);
    prompt->options = *options;
    prompt->label = g_strdup(options->label);
    prompt->options.label = prompt->label;
    prompt->history = g_strdup(options->history);
    prompt->options.history = prompt->history;
    prompt->input = input_new(options->initial,
                              options->history != NULL ? app_history(app, options->history) : NULL,
                              options->secret);
    if (options->insert != NULL) {
        g_autofree char *printable = text_printable(options->insert, -1);
        prompt->insert = g_strconcat(printable, " ", NULL);
    }
    prompt->options.initial = prompt->options.insert = NULL; /* the caller's */
    return &prompt->view;
}
