/*
 * views: how each view is made, and all their actions.
 *
 * Ownership: constructors give one reference, which goes to the app with consequence_push; texts are copied
 * Threads:   main thread
 */
#ifndef REDSMITH_UI_VIEWS_H
#define REDSMITH_UI_VIEWS_H

#include "sql/query.h"
#include "ui/action.h"
#include "ui/view.h"
#include "ui/widgets/pager.h"

/* The actions of every view and of the app, in the order of help and footer; NULL-terminated. */
extern const ActionGroup view_action_groups[];

/* The catalog, a relation's tabs and the jobs: the bottom of the stack. */
View *browse_view_new(App *app);

/* Where to, when no profile was chosen: AppOptions.choice gets the answer. */
View *welcome_view_new(App *app);
extern const Action welcome_actions[];

/* What works here: the actions of the view below it. */
View *help_view_new(App *app, const View *below);
View *palette_view_new(App *app);
View *log_view_new(App *app);      /* the statements that were sent */
View *messages_view_new(App *app); /* the messages so far */
/* Every check of the profile, filled line by line. */
View *preflight_view_new(App *app);

/* Asks what becomes of running jobs. */
View *leave_view_new(App *app);

/* Text to read. Takes the pager. what: how the copied text is called, "the value". */
View *text_view_new(App *app, const char *title, Pager *pager, const char *what);

/* A line to type at the bottom of the screen. */
typedef struct {
    const char *label;   /* "filter" */
    const char *history; /* name of its history, or NULL */
    const char *initial; /* NULL: empty */
    const char *insert;  /* what Tab inserts: the column's name; NULL: nothing */
    int hint_rows;       /* rows for what hint says */
    gboolean secret;
    /* What the text would do, shown while it is typed; *bad when it cannot be. May be NULL. */
    char *(*hint)(View *owner, const char *text, gboolean *bad);
    /* TRUE closes the prompt; FALSE leaves it open and shows *complaint. */
    gboolean (*accept)(View *owner, const char *text, char **complaint);
    /* The prompt was left without accepting. May be NULL. */
    void (*dismiss)(View *owner);
} PromptOptions;

/* options are copied; owner is referenced. */
View *prompt_view_new(App *app, View *owner, const PromptOptions *options);

/* A question with keys of its own, of which none is the key that opened it. */
typedef struct {
    Key key;                         /* 0 ends the list */
    const char *label;               /* static */
    Consequence (*run)(View *owner); /* NULL: nothing happens, the dialog closes */
} ConfirmChoice;
/* text may have several lines. Esc closes it without a choice. */
View *confirm_view_new(App *app, View *owner, const char *text, const ConfirmChoice *choices);

/* Jobs: the list with the journal's, one job's steps, log and errors. */
View *jobs_view_new(App *app);
View *job_view_new(App *app, const char *id);

/* SQL to type and to run. sql: put into it at once, or NULL. */
View *editor_view_new(App *app, const char *sql);
/* Asks the server for the plan of a statement and shows it as a tree; nothing is executed. */
View *explain_view_new(App *app, const char *sql);

/* The query of a browse view's rows, clause by clause. */
View *composer_view_new(App *app, View *browse);

/* Objects in S3, beginning at url, or at the profile's tempdir when it is NULL. NULL with error set:
 * RS_ERROR_CONFIG without either, RS_ERROR_USAGE for what is no URL of S3. */
View *s3_view_new(App *app, const char *url, GError **error);

/* What the cluster is doing. */
View *activity_view_new(App *app);

/* Forms and what comes of them. schema and relation may be NULL; query (not taken) is what the data
 * tab shows, or NULL. */
View *unload_form_new(App *app, const SqlQuery *query);
View *write_form_new(App *app, const char *schema, const char *relation);
View *merge_form_new(App *app, const char *schema, const char *relation);

/* The form of a write or merge as it was filled in for that plan; NULL when the plan was made otherwise. */
View *job_form_again(App *app, const Plan *plan);

/* A plan to look at and to run. Takes the plan; command is the headless twin, a shell line. */
View *plan_view_new(App *app, Plan *plan, const char *command);

#endif
