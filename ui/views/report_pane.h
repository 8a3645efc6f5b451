/*
 * report_pane: a tab that is one text about a relation, made by a worker: Storage, Dependents.
 *
 * A part of the details pane. Nothing is asked until the tab is looked at; another relation, a refresh
 * and Ctrl-C cancel what runs on the server.
 *
 * Threads: main thread; a ReportLoad runs on a worker.
 */
#ifndef REDSMITH_UI_REPORT_PANE_H
#define REDSMITH_UI_REPORT_PANE_H

#include "ui/view.h"

/* The text; lines that end in ':' or stand alone are the text's own business. NULL with error set. */
typedef char *(*ReportLoad)(Session *session, const char *schema, const char *relation,
                            gboolean ascii, GCancellable *cancellable, GError **error);

char *report_load_storage(Session *session, const char *schema, const char *relation,
                          gboolean ascii, GCancellable *cancellable, GError **error);
char *report_load_dependents(Session *session, const char *schema, const char *relation,
                             gboolean ascii, GCancellable *cancellable, GError **error);

typedef struct ReportPane ReportPane;

ReportPane *report_pane_new(View *view, guint part, ReportLoad load);
void report_pane_free(ReportPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportPane, report_pane_free)

/* Another relation, NULL for none; nothing is read yet. */
void report_pane_set(ReportPane *pane, const char *schema, const char *relation);
/* Reads it unless it was read; anew: in any case. */
void report_pane_read(ReportPane *pane, gboolean anew);
/* TRUE when something ran. */
gboolean report_pane_cancel(ReportPane *pane);

gboolean report_pane_is_waiting(const ReportPane *pane);
void report_pane_move(ReportPane *pane, Movement movement);
gboolean report_pane_search(ReportPane *pane, const char *text, gboolean forward);
/* NULL until read. Owned by the pane. */
const char *report_pane_text(const ReportPane *pane);
void report_pane_draw(ReportPane *pane, const Canvas *canvas);

#endif
