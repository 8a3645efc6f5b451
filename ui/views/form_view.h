/*
 * form_view: labelled fields that make a plan.
 *
 * A form is a table of fields and a function that turns their values into a Plan on a worker. Text
 * fields are edited in place, choices and switches turn with Space or the arrows. Enter makes the plan
 * and shows it on the plan sheet; nothing has happened by then. An error stays in the form.
 *
 * Threads: main thread; FormValues are handed to the worker whole.
 */
#ifndef REDSMITH_UI_FORM_VIEW_H
#define REDSMITH_UI_FORM_VIEW_H

#include "ui/action.h"
#include "ui/view.h"

typedef enum {
    FORM_TEXT,
    FORM_CHOICE,
    FORM_SWITCH,
    FORM_SECRET,  /* a text that is shown as dots and wiped */
    FORM_HEADING, /* a label between fields, that the cursor passes over */
} FormFieldKind;

typedef struct {
    const char *name, *label, *help; /* static; a NULL name ends the table */
    FormFieldKind kind;
    const char *const *choices; /* FORM_CHOICE; NULL-terminated, the first is the default */
    const char *option;         /* of the headless twin: "--format"; NULL: an argument */
} FormField;

/* What was entered. */
typedef struct FormValues FormValues;
/* The value of a field, trimmed; NULL when it is empty. A switch is "yes" or NULL. */
const char *form_value(const FormValues *values, const char *name);
gboolean form_switch(const FormValues *values, const char *name);
/* What the form was opened with. */
gpointer form_subject(const FormValues *values);

/* A form that makes no plan but does what it is for. Its own key runs form_view_perform. */
typedef struct {
    /* More contexts for the key map before "form", NULL-terminated. */
    const char *const *contexts;
    /* On a worker. FALSE with error set: the form shows it and stays. */
    gboolean (*perform)(const FormValues *values, GCancellable *cancellable, GError **error);
    /* Afterwards, on the main thread; the form is closed next. */
    void (*performed)(View *form, const FormValues *values);
    /* A text was pasted into the field. TRUE: it was dealt with. May be NULL. */
    gboolean (*pasted)(View *form, const char *field, const char *text);
} FormDeed;

typedef struct {
    const char *command; /* of the headless twin: "unload" */
    const FormField *fields;
    /* On a worker. */
    Plan *(*plan)(Workbench *workbench, const FormValues *values, GCancellable *cancellable,
                  GError **error);
    /* The words of the headless command that no field stands for, with blanks before them. May be
     * NULL. Free with g_free. */
    char *(*words)(const FormValues *values);
    /* The subject's copy and end; NULL without a subject. */
    gpointer (*copy_subject)(gconstpointer subject);
    GDestroyNotify free_subject;
    const FormDeed *deed; /* instead of plan; command is then not used */
} FormClass;

/* Plans keep what was entered for them under this name of their details: a JSON object of texts. */
#define FORM_DETAIL "entered"

/* subject is copied. note: a statement shown below the fields, or NULL. */
View *form_view_new(App *app, const FormClass *class, const char *title, gconstpointer subject,
                    const char *note);
/* What a field holds from now on; an empty value is none, or the first choice. */
void form_view_set(View *form, const char *name, const char *value);
/* What it holds; owned by the form. */
const char *form_view_text(View *form, const char *name);
/* Replaces the note below the fields. */
void form_view_note(View *form, const char *note);
/* Runs the deed of the form's class on a worker. */
Consequence form_view_perform(View *form);

extern const Action form_actions[];

#endif
