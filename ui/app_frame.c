#include "ui/app_private.h"

#include <string.h>

#include "base/error.h"

static Role message_role(MessageKind kind)
{
    static const Role roles[] = {[MESSAGE_INFO] = ROLE_TEXT,
                                 [MESSAGE_GOOD] = ROLE_GOOD,
                                 [MESSAGE_WARNING] = ROLE_HEADER,
                                 [MESSAGE_ERROR] = ROLE_ERROR};
    return roles[kind];
}

static Canvas canvas_of(App *app, Rect rect)
{
    return canvas_screen(app->palette, app->ascii, rect, &app->cursor);
}

static void draw_breadcrumb(const App *app, const Canvas *canvas, Role role, int limit)
{
    g_autofree char *between = g_strdup_printf(" %s ", draw_sign(canvas, SIGN_CLOSED));
    g_auto(GStrv) parts = g_strsplit(app->place != NULL ? app->place : "", "\n", -1);
    g_autoptr(GString) text = g_string_new(app_profile(app)->name);
    for (char **part = parts; *part != NULL; part++)
        if (**part != '\0')
            g_string_append_printf(text, "%s%s", between, *part);
    draw_text(canvas, 0, 1, limit - 1, role, TEXT_LEFT, text->str);
}

static void append_jobs(const App *app, const Canvas *canvas, GString *out)
{
    guint running = workbench_running_jobs(app->workbench);
    if (running == 0)
        return;
    gint64 bytes = 0, ms = 0;
    const GPtrArray *jobs = workbench_jobs(app->workbench);
    for (guint i = 0; i < jobs->len; i++) {
        ProgressSnapshot progress = job_progress(g_ptr_array_index(jobs, i));
        if (progress.state != JOB_RUNNING)
            continue;
        bytes += MAX(progress.bytes, 0);
        ms = MAX(ms, progress.step_ms);
    }
    g_autofree char *rate = app_rate(app, bytes, ms);
    g_string_append_printf(out, "    %u %s", running, running == 1 ? "job" : "jobs");
    if (strcmp(rate, "-") != 0)
        g_string_append_printf(out, " %s %s", draw_sign(canvas, SIGN_FAST), rate);
}

/* Who, transport, TLS, running jobs; what is risky comes first and in words. */
static char *context_right(const App *app, const Canvas *canvas)
{
    const Profile *profile = app_profile(app);
    const char *dot = draw_sign(canvas, SIGN_DOT);
    GString *out = g_string_new(NULL);
    if (profile->production)
        g_string_append(out, "PRODUCTION  ");
    if (profile->read_only)
        g_string_append(out, "read-only  ");
    if (app->connected)
        g_string_append_printf(out, "%s %s %s %s %s", app->user, dot, app->transport, dot,
                               app->tls ? "TLS" : "no TLS");
    else
        g_string_append(out, "not connected");
    append_jobs(app, canvas, out);
    return g_string_free(out, FALSE);
}

static void draw_context(App *app, const Canvas *canvas)
{
    Role role = app_profile(app)->production ? ROLE_WARNING : ROLE_CONTEXT;
    g_autofree char *right = context_right(app, canvas);
    g_autofree char *shown = text_printable(right, -1);
    int width = MIN(text_width(shown), canvas->rect.columns * 2 / 3);
    int left = canvas->rect.columns - width - 1;
    draw_blank(canvas, 0, 0, -1, role);
    draw_breadcrumb(app, canvas, role, left - 1);
    draw_text(canvas, 0, left, width, app_profile(app)->production ? ROLE_WARNING : ROLE_TEXT,
              TEXT_RIGHT, shown);
}

static int draw_hint(const Canvas *canvas, int x, const char *key, const char *label)
{
    g_autofree char *whole = g_strdup_printf("%s %s", key, label);
    if (x + text_width(whole) + 1 > canvas->rect.columns)
        return -1;
    x = draw_words(canvas, 0, x, ROLE_KEY, key);
    x = draw_words(canvas, 0, x, ROLE_HINT, " ");
    return draw_words(canvas, 0, x, ROLE_HINT, label) + 2;
}

/* The first of its keys that neither an action of a nearer context nor a text takes. */
static const char *key_that_works(const App *app, const Action *action, const char *const *contexts)
{
    gboolean typed = app_has(app, app_top(app)) & VIEW_TAKES_TEXT;
    g_autofree char *all = keymap_keys(app->keymap, action, contexts);
    g_auto(GStrv) names = g_strsplit(all, ", ", -1);
    for (char **name = names; *name != NULL && **name != '\0'; name++) {
        Key keys[KEY_SEQUENCE_MAX];
        key_parse_sequence(*name, keys);
        if (!typed || !key_is_text(keys[0]))
            return g_intern_string(*name);
    }
    return NULL;
}

/* The keys of the topmost view, in the order of its contexts; what cannot run now is left out. */
static void draw_hints(const App *app, const Canvas *canvas, const Action *left_out)
{
    const View *top = app_top(app);
    const char *const *contexts = app_contexts(top);
    guint has = app_has(app, top);
    int x = 1;
    for (const char *const *context = contexts; *context != NULL && x >= 0; context++) {
        for (guint i = 0; i < app->actions->len && x >= 0; i++) {
            const Action *action = g_ptr_array_index(app->actions, i);
            if (strcmp(action->context, *context) != 0 || action->flags & ACTION_HIDDEN ||
                action == left_out ||
                action_missing(action, has, app_profile(app)->read_only) != NULL)
                continue;
            const char *key = key_that_works(app, action, contexts);
            if (key != NULL)
                x = draw_hint(canvas, x, key, action->label);
        }
    }
}

/* Help keeps its place at the right, however narrow the screen is. */
static void draw_footer(App *app, const Canvas *canvas)
{
    draw_blank(canvas, 0, 0, -1, ROLE_HINT);
    if (app->n_pending > 0) {
        g_autofree char *name = key_to_text(app->pending[0]);
        g_autofree char *text = g_strdup_printf("%s: one more key; Esc gives up", name);
        draw_words(canvas, 0, 1, ROLE_HINT, text);
        return;
    }
    const Action *help = action_find(app->actions, "app.help");
    const char *const *contexts = app_contexts(app_top(app));
    const char *key =
        g_strv_contains(contexts, help->context) ? key_that_works(app, help, contexts) : NULL;
    int width = key != NULL ? text_width(key) + text_width(help->label) + 3 : 0;
    Rect rect = canvas->rect;
    Canvas rest = canvas_part(canvas, (Rect){rect.y, rect.x, 1, rect.columns - width});
    draw_hints(app, &rest, help);
    if (key != NULL)
        draw_hint(canvas, rect.columns - width + 1, key, help->label);
}

/* The message wrapped at blanks into lines of that many columns. */
static GPtrArray *wrap(const char *text, int columns)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) line = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    for (char **word = words; *word != NULL; word++) {
        g_autofree char *shown = text_printable(*word, -1);
        if (line->len > 0 && text_width(line->str) + 1 + text_width(shown) > columns) {
            g_ptr_array_add(lines, g_strdup(line->str));
            g_string_truncate(line, 0);
        }
        g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", shown);
    }
    g_ptr_array_add(lines, g_strdup(line->str));
    return lines;
}

static void draw_message(App *app, int rows, int columns)
{
    g_autoptr(GPtrArray) lines = wrap(app->message, columns - 2);
    int count = MIN((int)lines->len, MIN(MESSAGE_ROWS_MAX, rows - 2));
    Canvas canvas = canvas_of(app, (Rect){rows - count, 0, count, columns});
    for (int y = 0; y < count; y++) {
        draw_blank(&canvas, y, 0, -1, ROLE_TEXT);
        draw_words(&canvas, y, 1, message_role(app->message_kind), g_ptr_array_index(lines, y));
    }
}

static void draw_too_small(App *app, int rows, int columns)
{
    g_autofree char *text = g_strdup_printf(
        "redsmith needs %d columns and %d rows; here are %d and %d. Make the "
        "window larger%s.",
        LAYOUT_MIN_COLUMNS, LAYOUT_MIN_ROWS, columns, rows,
        workbench_running_jobs(app->workbench) == 0 ? ", or press q" : ": a job runs");
    Canvas canvas = canvas_of(app, (Rect){0, 0, rows, columns});
    draw_clear(&canvas);
    g_autoptr(GPtrArray) lines = wrap(text, columns);
    for (int y = 0; y < (int)lines->len; y++)
        draw_words(&canvas, y, 0, ROLE_TEXT, g_ptr_array_index(lines, y));
    app->all_stale = TRUE; /* whatever comes next has to be painted whole */
}

static guint first_visible(const App *app)
{
    guint i = app->views->len - 1;
    while (i > 0 && ((View *)g_ptr_array_index(app->views, i))->class->height != NULL)
        i--;
    return i;
}

static Rect rect_of(const View *view, int rows, int columns)
{
    int space = rows - 2;
    if (view->class->height == NULL)
        return (Rect){1, 0, space, columns};
    int height = CLAMP(view->class->height(view, columns), 1, space);
    return (Rect){rows - 1 - height, 0, height, columns};
}

/* What lies on a view that was drawn has to be drawn again. */
static void draw_views(App *app, int rows, int columns)
{
    guint stale = app->all_stale ? ~0u : 0;
    for (guint i = first_visible(app); i < app->views->len; i++) {
        View *view = g_ptr_array_index(app->views, i);
        guint parts = view->stale | stale;
        view->stale = 0;
        if (parts == 0)
            continue;
        Canvas canvas = canvas_of(app, rect_of(view, rows, columns));
        view->class->draw(view, &canvas, parts);
        stale = ~0u;
    }
    app->all_stale = FALSE;
}

void app_draw(App *app)
{
    int rows, columns;
    app->drawing = TRUE;
    terminal_size(app->terminal, &rows, &columns);
    if (!layout_is_usable(rows, columns)) {
        app->cursor = (Rect){0};
        draw_too_small(app, rows, columns);
    } else {
        draw_views(app, rows, columns);
        Canvas context = canvas_of(app, (Rect){0, 0, 1, columns});
        draw_context(app, &context);
        Canvas footer = canvas_of(app, (Rect){rows - 1, 0, 1, columns});
        draw_footer(app, &footer);
        if (app->message != NULL)
            draw_message(app, rows, columns);
    }
    app->drawing = FALSE;
    terminal_show(app->terminal, app->cursor.y, app->cursor.x, app->cursor.rows > 0);
}
