#include "ui/views/profile_form.h"

#include <string.h>

#include "base/error.h"
#include "config/import.h"
#include "config/profile_check.h"
#include "config/profile_file.h"
#include "ui/app.h"
#include "ui/views/form_view.h"

#define PASTE "paste"
#define NAME "name"
#define KEEP "keep_secrets"
#define DEFAULT "(default)"

/* --- the fields of the form are those of the table ------------------------------------------------ */

static const char *const *choices_of(const FieldRow *row)
{
    g_auto(GStrv) words = g_strsplit(row->words, "|", -1);
    GPtrArray *choices = g_ptr_array_new();
    g_ptr_array_add(choices, (gpointer)DEFAULT);
    for (char **word = words; *word != NULL; word++)
        g_ptr_array_add(choices, g_strdup(*word));
    g_ptr_array_add(choices, NULL);
    return (const char *const *)g_ptr_array_free(choices, FALSE);
}

static char *help_of(const FieldRow *row)
{
    g_autofree char *range = field_range(row);
    gboolean is_shown = row->type != FIELD_WORD && row->type != FIELD_FLAG &&
                        row->type != FIELD_TEXT && row->type != FIELD_SECRET;
    return g_strdup_printf("%s%s%s%s%s%s", row->sentence, is_shown ? " (" : "",
                           is_shown ? range : "", is_shown ? ")" : "",
                           row->fallback != NULL ? "; default " : "",
                           row->fallback != NULL ? row->fallback : "");
}

static FormField field_of(const FieldRow *row)
{
    FormField field = {.name = row->name, .label = row->name, .help = help_of(row)};
    field.kind = row->type == FIELD_SECRET ? FORM_SECRET
                 : row->type == FIELD_FLAG ? FORM_SWITCH
                 : row->type == FIELD_WORD ? FORM_CHOICE
                                           : FORM_TEXT;
    if (field.kind == FORM_CHOICE)
        field.choices = choices_of(row);
    return field;
}

static void add_heading(GArray *fields, const char *label)
{
    FormField heading = {.name = label, .label = label, .help = "", .kind = FORM_HEADING};
    g_array_append_val(fields, heading);
}

static FormField *make_fields(void)
{
    static const FormField own[] = {
        {PASTE, "paste here", "a URL or options of another program, to fill the form with them",
         FORM_TEXT, NULL, NULL},
        {NAME, "name", "what the profile is called: -p NAME", FORM_TEXT, NULL, NULL},
    };
    static const FormField keep = {KEEP,
                                   "keep secrets",
                                   "write password and keys into profiles.conf, which is then 0600",
                                   FORM_SWITCH,
                                   NULL,
                                   NULL};
    GArray *fields = g_array_new(TRUE, TRUE, sizeof(FormField));
    g_array_append_vals(fields, own, G_N_ELEMENTS(own));
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        if (row->group != NULL)
            add_heading(fields, row->group);
        FormField field = field_of(row);
        g_array_append_val(fields, field);
    }
    add_heading(fields, "Secrets");
    g_array_append_val(fields, keep);
    return (FormField *)(gpointer)g_array_free(fields, FALSE);
}

/* --- between the form and a profile --------------------------------------------------------------- */

static const char *value_of(const FieldRow *row, const FormValues *values)
{
    const char *value = form_value(values, row->name);
    return value == NULL || (row->type == FIELD_WORD && strcmp(value, DEFAULT) == 0) ? NULL : value;
}

/* NULL with error set for a value that its field does not take. */
static Profile *profile_of(const FormValues *values, GError **error)
{
    const char *name = form_value(values, NAME);
    if (name == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "name is missing: call the profile something");
        return NULL;
    }
    g_autoptr(Profile) profile = profile_new(name);
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        const char *value = value_of(row, values);
        if (value != NULL && !field_set(row, profile, row->name, value, error))
            return NULL;
    }
    return g_steal_pointer(&profile);
}

static void show_profile(View *form, const Profile *profile)
{
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        gboolean is_shown = text != NULL && !field_is_unset(row, profile);
        if (row->type == FIELD_SECRET)
            form_view_set(form, row->name, is_shown ? field_secret(row, profile) : "");
        else
            form_view_set(form, row->name, is_shown ? text : "");
    }
}

static gboolean check_secrets(const Profile *profile, gboolean is_kept, GError **error)
{
    const char *secret = profile->password != NULL            ? "password"
                         : profile->secret_access_key != NULL ? "secret_access_key"
                         : profile->session_token != NULL     ? "session_token"
                                                              : NULL;
    if (is_kept || secret == NULL)
        return TRUE;
    g_set_error(
        error, RS_ERROR, RS_ERROR_CONFIG,
        "%s would be written into profiles.conf: turn keep secrets on, or empty it and choose "
        "auth = prompt, keyring or secret",
        secret);
    return FALSE;
}

static gboolean check(const Profile *profile, GError **error)
{
    g_autoptr(GPtrArray) problems = profile_problems(profile);
    if (problems->len == 0)
        return TRUE;
    const ProfileProblem *first = problems->pdata[0];
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, first->text);
    return FALSE;
}

/* On a worker. The subject is the name of the profile that is changed, or NULL. */
static gboolean save(const FormValues *values, GCancellable *cancellable, GError **error)
{
    g_autoptr(Profile) profile = profile_of(values, error);
    const char *former = form_subject(values);
    gboolean is_kept = form_switch(values, KEEP);
    if (profile == NULL || !check_secrets(profile, is_kept, error) || !check(profile, error))
        return FALSE;
    if (former != NULL && strcmp(former, profile->name) != 0 &&
        !profile_file_rename(former, profile->name, error))
        return FALSE;
    return profile_file_save(profile, former != NULL, is_kept, error);
}

static void saved(View *form, const FormValues *values)
{
    g_autofree char *path = profile_file_path();
    const char *name = form_value(values, NAME);
    char **choice = app_options(form->app)->choice;
    if (choice != NULL) {
        g_free(*choice);
        *choice = g_strdup(name);
        app_leave_when_idle(form->app);
        return;
    }
    app_message(form->app, MESSAGE_GOOD, "[%s] is in %s; redsmith -p %s opens it", name, path,
                name);
}

/* --- what is pasted ------------------------------------------------------------------------------- */

static char *notes_of(const Import *import)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "read as %s", import->format);
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];
        g_string_append_printf(text, "\n%s: %s: %s", import_fate_name(note->fate), note->option,
                               note->reason);
    }
    return g_string_free(text, FALSE);
}

static void fill(View *form, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = import_parse("", text, &error);
    if (import == NULL) {
        app_message_error(form->app, error);
        return;
    }
    import_drop_secrets(import);
    g_autofree char *notes = notes_of(import);
    show_profile(form, import->profile);
    form_view_set(form, PASTE, "");
    form_view_note(form, notes);
}

static gboolean pasted(View *form, const char *field, const char *text)
{
    if (strcmp(field, PASTE) == 0)
        fill(form, text);
    return strcmp(field, PASTE) == 0;
}

/* --- the view ------------------------------------------------------------------------------------- */

static gpointer copy_name(gconstpointer name)
{
    return g_strdup(name);
}

static const FormField *form_fields(void)
{
    static FormField *fields;
    if (g_once_init_enter(&fields))
        g_once_init_leave(&fields, make_fields());
    return fields;
}

static const FormClass *form_class(void)
{
    static const char *const contexts[] = {"profile", "form", NULL};
    static const FormDeed deed = {
        .contexts = contexts, .perform = save, .performed = saved, .pasted = pasted};
    static FormClass class = {
        .command = "", .copy_subject = copy_name, .free_subject = g_free, .deed = &deed};
    class.fields = form_fields();
    return &class;
}

View *profile_form_new(App *app, const Profile *profile)
{
    const char *name = profile != NULL ? profile->name : NULL;
    g_autofree char *path = profile_file_path();
    g_autofree char *title =
        name != NULL ? g_strdup_printf("Profile %s", name) : g_strdup("A new profile");
    g_autofree char *note = g_strdup_printf("Enter writes %s", path);
    View *form = form_view_new(app, form_class(), title, name, note);
    if (profile == NULL)
        return form;
    form_view_set(form, NAME, name);
    show_profile(form, profile);
    if (profile->password != NULL || profile->secret_access_key != NULL)
        form_view_set(form, KEEP, "yes");
    return form;
}

/* --- actions -------------------------------------------------------------------------------------- */

static Consequence write_profile(View *view, const char *argument)
{
    const char *typed = form_view_text(view, PASTE);
    if (*typed == '\0')
        return form_view_perform(view);
    g_autofree char *text = g_strdup(typed);
    fill(view, text);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence add_profile(View *view, const char *argument)
{
    View *form = profile_form_new(view->app, NULL);
    if (argument != NULL)
        form_view_set(form, NAME, argument);
    return consequence_push(form);
}

static Consequence edit_profile(View *view, const char *argument)
{
    g_autoptr(GError) error = NULL;
    const char *name = argument != NULL ? argument : app_profile(view->app)->name;
    g_autoptr(Profile) profile = profile_file_load(name, &error);
    if (profile != NULL)
        return consequence_push(profile_form_new(view->app, profile));
    app_message_error(view->app, error);
    return consequence(CONSEQUENCE_DONE);
}

const Action profile_form_actions[] = {
    {"profile.save", "profile", "Enter", "save",
     "write the profile, or read what was typed to paste", ACTION_PLAIN, write_profile},
    {"profile.add", "global", "", "new profile", "make a profile: :profile.add NAME", ACTION_HIDDEN,
     add_profile},
    {"profile.edit", "global", "", "edit profile",
     "change a profile, the present one without a name: :profile.edit NAME", ACTION_HIDDEN,
     edit_profile},
    {0},
};
