#include "ui/views/form_view.h"

#include <string.h>

#include "base/error.h"
#include "ui/app.h"
#include "ui/views/plan_view.h"
#include "ui/views/views.h"
#include "ui/widgets/input.h"
#include "ui/widgets/pager.h"

enum { LABEL_COLUMNS = 18 };

struct FormValues {
    const FormClass *class;
    GHashTable *texts; /* field name -> char * */
    gpointer subject;
};

typedef struct {
    Input *input; /* FORM_TEXT, FORM_SECRET */
    guint choice; /* index; a switch: 0 no, 1 yes */
} Entry;

typedef struct {
    View view;
    const FormClass *class;
    char *title, *note, *error;
    gpointer subject;
    Entry *entries;
    guint n_fields, current;
    gint64 planning_since;
    GCancellable *planning; /* NULL: no plan is being made */
} FormView;

static FormView *form_of(View *view)
{
    return (FormView *)view;
}

/* --- values -------------------------------------------------------------------------------------*/

const char *form_value(const FormValues *values, const char *name)
{
    const char *text = g_hash_table_lookup(values->texts, name);
    return text != NULL && *text != '\0' ? text : NULL;
}

gboolean form_switch(const FormValues *values, const char *name)
{
    return form_value(values, name) != NULL;
}

gpointer form_subject(const FormValues *values)
{
    return values->subject;
}

static gboolean is_typed(const FormField *field)
{
    return field->kind == FORM_TEXT || field->kind == FORM_SECRET;
}

static const char *entry_text(const FormView *form, guint i)
{
    const FormField *field = &form->class->fields[i];
    if (is_typed(field))
        return input_text(form->entries[i].input);
    if (field->kind == FORM_CHOICE)
        return field->choices[form->entries[i].choice];
    return form->entries[i].choice != 0 ? "yes" : "";
}

static FormValues *values_new(const FormView *form)
{
    FormValues *values = g_new0(FormValues, 1);
    values->class = form->class;
    values->texts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < form->n_fields; i++)
        g_hash_table_insert(values->texts, (gpointer)form->class->fields[i].name,
                            g_strstrip(g_strdup(entry_text(form, i))));
    if (form->subject != NULL)
        values->subject = form->class->copy_subject(form->subject);
    return values;
}

static void values_free(FormValues *values)
{
    if (values->subject != NULL)
        values->class->free_subject(values->subject);
    for (const FormField *field = values->class->fields; field->name != NULL; field++) {
        char *text = g_hash_table_lookup(values->texts, field->name);
        if (field->kind == FORM_SECRET && text != NULL)
            explicit_bzero(text, strlen(text));
    }
    g_hash_table_destroy(values->texts);
    g_free(values);
}

/* A first choice is the default and needs no option. */
static void append_option(GString *out, const FormField *field, const char *value)
{
    if (value == NULL || field->option == NULL ||
        (field->kind == FORM_CHOICE && strcmp(value, field->choices[0]) == 0))
        return;
    g_autofree char *quoted = g_shell_quote(value);
    if (field->kind == FORM_SWITCH)
        g_string_append_printf(out, " %s", field->option);
    else
        g_string_append_printf(out, " %s %s", field->option, quoted);
}

/* The shell line that would do the same. */
static char *headless_command(const FormView *form, const FormValues *values)
{
    g_autofree char *profile = g_shell_quote(app_profile(form->view.app)->name);
    g_autofree char *words = form->class->words != NULL ? form->class->words(values) : NULL;
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "redsmith -p %s --yes %s%s", profile, form->class->command,
                           words != NULL ? words : "");
    for (const FormField *field = form->class->fields; field->name != NULL; field++)
        append_option(out, field, form_value(values, field->name));
    return g_string_free(out, FALSE);
}

/* So that the same can be entered again once the job has failed. Only typed secrets are not kept. */
static void keep_values(Plan *plan, const FormValues *values)
{
    cJSON *entered = cJSON_CreateObject();
    for (const FormField *field = values->class->fields; field->name != NULL; field++) {
        const char *text = form_value(values, field->name);
        if (text != NULL && field->kind != FORM_SECRET && g_utf8_validate(text, -1, NULL))
            cJSON_AddStringToObject(entered, field->name, text);
    }
    char *json = cJSON_PrintUnformatted(entered);
    plan_set_text(plan, FORM_DETAIL, json);
    cJSON_free(json);
    cJSON_Delete(entered);
}

/* --- making the plan ----------------------------------------------------------------------------*/

typedef struct {
    FormView *form; /* main thread; valid while the view is open */
    Workbench *workbench;
    FormValues *values;
    Plan *plan;
} Planning;

static void planning_free(gpointer data)
{
    Planning *planning = data;
    values_free(planning->values);
    plan_free(planning->plan);
    g_free(planning);
}

static gboolean make_plan(gpointer data, GCancellable *cancellable, GError **error)
{
    Planning *planning = data;
    const FormDeed *deed = planning->values->class->deed;
    if (deed != NULL)
        return deed->perform(planning->values, cancellable, error);
    planning->plan =
        planning->values->class->plan(planning->workbench, planning->values, cancellable, error);
    return planning->plan != NULL;
}

static void plan_made(gpointer data, TaskOutcome outcome, const GError *error)
{
    Planning *planning = data;
    FormView *form = planning->form;
    g_clear_object(&form->planning);
    view_touch(&form->view, ~0u);
    if (outcome != TASK_DONE) {
        const char *hint = rs_error_hint(error);
        form->error = hint != NULL ? g_strdup_printf("%s\n%s", error->message, hint)
                                   : g_strdup(error->message);
        return;
    }
    const FormDeed *deed = form->class->deed;
    if (deed != NULL) {
        deed->performed(&form->view, planning->values);
        app_close(form->view.app, &form->view);
        return;
    }
    g_autofree char *command = headless_command(form, planning->values);
    keep_values(planning->plan, planning->values);
    app_open(form->view.app, plan_sheet_new(form->view.app, &form->view,
                                            g_steal_pointer(&planning->plan), command));
}

static Consequence start_planning(View *view, const char *argument)
{
    FormView *form = form_of(view);
    if (form->planning != NULL)
        return consequence(CONSEQUENCE_DONE);
    g_clear_pointer(&form->error, g_free);
    Planning *planning = g_new0(Planning, 1);
    planning->form = form;
    planning->workbench = app_workbench(view->app);
    planning->values = values_new(form);
    form->planning = g_cancellable_new();
    form->planning_since = app_now_ms(view->app);
    view_submit(view, "plan", make_plan, plan_made, planning, planning_free, form->planning);
    return consequence(CONSEQUENCE_REDRAW);
}

Consequence form_view_perform(View *view)
{
    return start_planning(view, NULL);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"form", NULL};
    const FormDeed *deed = ((const FormView *)view)->class->deed;
    return deed != NULL ? deed->contexts : names;
}

static int note_rows(const FormView *form, int rows)
{
    int free_rows = rows - (int)form->n_fields - 4;
    if (form->class->deed !=
        NULL) /* a form that scrolls anyway: its note tells what to know first */
        free_rows = MAX(free_rows, rows / 4);
    return form->note != NULL ? CLAMP(free_rows, 0, 8) : 0;
}

static void draw_field(const FormView *form, const Canvas *canvas, int y, guint i)
{
    const FormField *field = &form->class->fields[i];
    gboolean current = i == form->current;
    int x = 3 + LABEL_COLUMNS;
    int columns = canvas->rect.columns - x - 2;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    if (field->kind == FORM_HEADING) {
        draw_text(canvas, y, 0, -1, ROLE_HEADER, TEXT_LEFT, field->label);
        return;
    }
    draw_text(canvas, y, 2, LABEL_COLUMNS, current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT,
              field->label);
    if (is_typed(field)) {
        input_draw(form->entries[i].input, canvas, y, x, MIN(columns, 64), current);
        return;
    }
    if (field->kind == FORM_SWITCH) {
        draw_words(canvas, y, x, ROLE_TEXT, form->entries[i].choice != 0 ? "[x] yes" : "[ ] no");
    } else {
        for (guint c = 0; field->choices[c] != NULL; c++) {
            gboolean chosen = c == form->entries[i].choice;
            g_autofree char *text = g_strdup_printf(chosen ? "[%s]" : " %s ", field->choices[c]);
            x = draw_words(canvas, y, x, chosen ? ROLE_HEADER : ROLE_QUIET, text) + 1;
        }
    }
    if (current)
        draw_cursor(canvas, y, 3 + LABEL_COLUMNS, FALSE);
}

static void draw_note(const FormView *form, const Canvas *canvas, int y, int rows)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    Canvas note =
        canvas_part(canvas, (Rect){canvas->rect.y + y, canvas->rect.x, rows, canvas->rect.columns});
    if (form->error != NULL)
        pager_add(pager, ROLE_ERROR, form->error);
    else if (form->note != NULL)
        pager_add(pager, ROLE_SQL, form->note);
    pager_draw(pager, &note);
}

static void draw_status(const FormView *form, const Canvas *canvas, int y)
{
    g_autofree char *text = NULL;
    if (form->planning != NULL) {
        g_autofree char *waited =
            app_duration(form->view.app, app_now_ms(form->view.app) - form->planning_since);
        text = g_strdup_printf("%s, %s   Ctrl-C cancels",
                               form->class->deed != NULL ? "At work" : "Making the plan", waited);
    } else {
        text = g_strdup(form->class->fields[form->current].help);
    }
    draw_text(canvas, y, 2, -1, ROLE_HINT, TEXT_LEFT, text);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    FormView *form = form_of(view);
    int rows = canvas->rect.rows;
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, canvas->rect.columns, form->title, TRUE);
    int reserved = form->error != NULL ? MAX(note_rows(form, rows), 3) : note_rows(form, rows);
    int space = MAX(rows - 2 - reserved - 1, 1); /* fields that can be seen */
    guint first = form->current >= (guint)space ? form->current - (guint)space + 1 : 0;
    int y = 1;
    for (guint i = first; i < form->n_fields && y <= space; i++, y++)
        draw_field(form, canvas, y, i);
    draw_status(form, canvas, MIN(y, rows - 2 - reserved + 1));
    if (reserved > 0)
        draw_note(form, canvas, rows - reserved, reserved);
}

static void turn_choice(FormView *form, int step)
{
    const FormField *field = &form->class->fields[form->current];
    guint count = field->kind == FORM_CHOICE ? g_strv_length((char **)field->choices) : 2;
    Entry *entry = &form->entries[form->current];
    entry->choice = (entry->choice + count + (guint)step) % count;
}

static Consequence key(View *view, Key pressed)
{
    FormView *form = form_of(view);
    const FormField *field = &form->class->fields[form->current];
    if (pressed == UI_KEY_UP || pressed == UI_KEY_DOWN)
        return consequence(CONSEQUENCE_NONE); /* between fields, not through a history */
    if (is_typed(field)) {
        if (!input_key(form->entries[form->current].input, pressed))
            return consequence(CONSEQUENCE_NONE);
        return consequence(CONSEQUENCE_REDRAW);
    }
    if (pressed == ' ' || pressed == UI_KEY_RIGHT)
        turn_choice(form, 1);
    else if (pressed == UI_KEY_LEFT)
        turn_choice(form, -1);
    else
        return consequence(CONSEQUENCE_NONE);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence paste(View *view, const char *text)
{
    FormView *form = form_of(view);
    const FormField *field = &form->class->fields[form->current];
    const FormDeed *deed = form->class->deed;
    if (deed != NULL && deed->pasted != NULL && deed->pasted(view, field->name, text))
        return consequence(CONSEQUENCE_REDRAW);
    if (is_typed(field))
        input_paste(form->entries[form->current].input, text);
    return consequence(CONSEQUENCE_REDRAW);
}

static void tick(View *view)
{
    if (form_of(view)->planning != NULL)
        view_touch(view, ~0u);
}

static void free_view(View *view)
{
    FormView *form = form_of(view);
    for (guint i = 0; i < form->n_fields; i++)
        input_free(form->entries[i].input);
    if (form->subject != NULL)
        form->class->free_subject(form->subject);
    if (form->planning != NULL)
        g_cancellable_cancel(form->planning);
    g_clear_object(&form->planning);
    g_free(form->entries);
    g_free(form->title);
    g_free(form->note);
    g_free(form->error);
}

static const ViewClass form_class = {
    .name = "form",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .paste = paste,
    .tick = tick,
    .free = free_view,
};

View *form_view_new(App *app, const FormClass *class, const char *title, gconstpointer subject,
                    const char *note)
{
    FormView *form = view_new(app, &form_class, sizeof(FormView));
    form->class = class;
    form->title = g_strdup(title);
    form->note = g_strdup(note);
    form->subject = subject != NULL ? class->copy_subject(subject) : NULL;
    while (class->fields[form->n_fields].name != NULL)
        form->n_fields++;
    form->entries = g_new0(Entry, form->n_fields);
    for (guint i = 0; i < form->n_fields; i++)
        if (is_typed(&class->fields[i]))
            form->entries[i].input = input_new("", NULL, class->fields[i].kind == FORM_SECRET);
    while (class->fields[form->current].kind == FORM_HEADING)
        form->current++;
    return &form->view;
}

static void set_entry(const FormField *field, Entry *entry, const char *value)
{
    if (is_typed(field)) {
        input_set_text(entry->input, value);
        return;
    }
    entry->choice = field->kind == FORM_SWITCH && *value != '\0' ? 1 : 0;
    if (field->kind == FORM_CHOICE)
        for (guint c = 0; field->choices[c] != NULL; c++)
            if (strcmp(field->choices[c], value) == 0)
                entry->choice = c;
}

void form_view_set(View *view, const char *name, const char *value)
{
    FormView *form = form_of(view);
    for (guint i = 0; i < form->n_fields; i++)
        if (strcmp(form->class->fields[i].name, name) == 0)
            set_entry(&form->class->fields[i], &form->entries[i], value);
}

const char *form_view_text(View *view, const char *name)
{
    const FormView *form = form_of(view);
    for (guint i = 0; i < form->n_fields; i++)
        if (strcmp(form->class->fields[i].name, name) == 0)
            return entry_text(form, i);
    return "";
}

void form_view_note(View *view, const char *note)
{
    FormView *form = form_of(view);
    g_clear_pointer(&form->error, g_free);
    g_free(form->note);
    form->note = g_strdup(note);
    view_touch(view, ~0u);
}

/* --- actions ------------------------------------------------------------------------------------*/

static void step(View *view, int by)
{
    FormView *form = form_of(view);
    do
        form->current = (form->current + form->n_fields + (guint)by) % form->n_fields;
    while (form->class->fields[form->current].kind == FORM_HEADING);
    view_touch(view, ~0u);
}

static Consequence next_field(View *view, const char *argument)
{
    step(view, 1);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence previous_field(View *view, const char *argument)
{
    step(view, -1);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence turn(View *view, const char *argument)
{
    FormView *form = form_of(view);
    if (!is_typed(&form->class->fields[form->current]))
        turn_choice(form, 1);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence cancel_or_close(View *view, const char *argument)
{
    FormView *form = form_of(view);
    if (form->planning == NULL)
        return consequence(CONSEQUENCE_POP);
    g_cancellable_cancel(form->planning);
    return consequence(CONSEQUENCE_DONE);
}

const Action form_actions[] = {
    {"form.plan", "form", "Enter", "show the plan", "make the plan; nothing runs before you say so",
     ACTION_PLAIN, start_planning},
    {"form.next", "form", "Down Tab", "next", "go to the next field", ACTION_PLAIN, next_field},
    {"form.previous", "form", "Up Shift-Tab", "previous", "go to the field before", ACTION_HIDDEN,
     previous_field},
    {"form.turn", "form", "Space", "change", "change a choice, as Left and Right do", ACTION_PLAIN,
     turn},
    {"form.close", "form", "Esc Ctrl-C", "not now", "leave the form, or stop making the plan",
     ACTION_PLAIN, cancel_or_close},
    {0},
};
