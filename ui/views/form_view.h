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

typedef enum { FORM_TEXT, FORM_CHOICE, FORM_SWITCH } FormFieldKind;

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
} FormClass;

/* subject is copied. note: a statement shown below the fields, or NULL. */
View *form_view_new(App *app, const FormClass *class, const char *title, gconstpointer subject,
                    const char *note);
/* Before it is shown: what a field starts with. */
void form_view_set(View *form, const char *name, const char *value);

extern const Action form_actions[];

#endif
