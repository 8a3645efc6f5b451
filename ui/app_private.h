/*
 * app_private: what the files of app share: app.c its life, app_actions.c the global actions, app_edit.c the
 * editor's draft and $EDITOR, app_frame.c drawing, app_input.c keys and the stack, app_loop.c what the main
 * loop brings. Nothing else includes this.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_APP_PRIVATE_H
#define REDSMITH_UI_APP_PRIVATE_H

#include "ui/app.h"
#include "ui/history.h"
#include "ui/keymap.h"
#include "ui/terminal.h"

enum { MESSAGE_ROWS_MAX = 6 };

struct App {
    Workbench *workbench;
    AppOptions options;
    Settings *settings; /* NULL when the options have them */
    Terminal *terminal;
    Palette *palette;
    GPtrArray *actions;
    Keymap *keymap;
    History *history;
    GMainLoop *loop;
    gboolean ended, ascii;

    GPtrArray *views; /* of View, topmost last; owns a reference to each */
    Key pending[KEY_SEQUENCE_MAX];
    guint n_pending;
    const Action *queued;
    char *queued_argument;
    gboolean leaving_when_idle, abandoned;

    gboolean all_stale, drawing;
    guint frame_source, drain_source, tick_source;
    gint64 last_frame_us;
    Rect cursor;

    MessageKind message_kind;
    char *message; /* NULL: none on the screen */
    GPtrArray *messages;
    GHashTable *ended_jobs; /* set of Job whose end was told */

    gboolean connected, tls;
    char *user, *transport, *place;
    Session *spare;
    guint history_writes; /* on their way to the disk */
    struct PasswordAsker *asker;
    char *draft; /* the editor's text; NULL: none yet */
    gboolean draft_changed;
    guint draft_source; /* writes it, a moment after a change */

    guint signal_sources[4];
    guint stop_source, input_source;
    int stop_fd;
};

/* app_edit.c: the editor's text to the disk, credentials masked, if it has changed. */
void app_keep_draft(App *app);

/* app_frame.c: one frame, of what is stale. */
void app_draw(App *app);

/* app_input.c: what a handler wanted to happen; a view on top; where its keys are looked for. */
void app_apply(App *app, View *view, Consequence consequence);
void app_push(App *app, View *view);
const char *const *app_contexts(const View *view);

/* app_loop.c: keys and signals are heeded from here on; and no more, with every frame and tick that is due. */
void app_listen(App *app);
void app_stop_listening(App *app);

#endif
