/*
 * activity_report: what the cluster is doing, as tables of rows: one report per question a DBA asks.
 *
 *     sessions   who is connected, and what each runs
 *     queries    running and queued statements first, then those that ended
 *     locks      who waits for whom, as a tree: the blocker above those that wait for it
 *     loads      COPY, with rows, files and the first error
 *     unloads    UNLOAD, with rows, files and bytes
 *     space      tables by size, with what makes them slow, and the disks
 *     wlm        the queues
 *
 * Each report has one list of columns and several sources, tried in order: SYS views where they answer
 * best (they are there on Serverless, too), the older STL and STV families elsewhere. A source that may
 * not be read is left out, and the notes say which privilege opens it (Redshift guide, "Visibility of
 * data in system tables and views"). An ordinary user sees only own rows of most views; the notes say
 * that as well. A report never fails because a view is closed, unless no source is left.
 *
 * Threads: activity_report_read, _stop and _gone block on the session and belong on a worker; a report
 *          is a value that its owner frees.
 * Errors:  those of session_query; RS_ERROR_PERMISSION when every source is closed.
 * Units:   durations in ms, sizes in bytes, counted from the units the views have.
 *
 * Call order:
 *     ActivityReport *report = activity_report_read(session, kind, &options, cancellable, &error);
 *     for each row: char *const *cells = report->rows->pdata[i];   one per column of report->pane
 *     activity_report_free(report);
 */
#ifndef REDSMITH_REDSHIFT_ACTIVITY_REPORT_H
#define REDSMITH_REDSHIFT_ACTIVITY_REPORT_H

#include "redshift/session.h"

typedef enum {
    ACTIVITY_SESSIONS,
    ACTIVITY_QUERIES,
    ACTIVITY_LOCKS,
    ACTIVITY_LOADS,
    ACTIVITY_UNLOADS,
    ACTIVITY_SPACE,
    ACTIVITY_WLM,
    ACTIVITY_KINDS
} ActivityKind;

/* How a cell is to be read; its text is the bare value. */
typedef enum {
    ACTIVITY_TEXT,
    ACTIVITY_NUMBER,
    ACTIVITY_BYTES,
    ACTIVITY_MILLISECONDS,
    ACTIVITY_TIME, /* as the server writes a timestamp */
} ActivityUnit;

typedef struct {
    const char *name; /* "duration_ms" */
    ActivityUnit unit;
} ActivityColumn;

typedef struct {
    const char *name, *title, *summary;
    const ActivityColumn *columns; /* ends with a NULL name */
    int pid;                       /* the column with the backend's pid, or -1 */
    int statement;                 /* the column with SQL text, or -1 */
} ActivityPane;

/* Static, in the order of the enum. */
const ActivityPane *activity_pane(ActivityKind kind);
guint activity_pane_columns(const ActivityPane *pane);
/* FALSE for a name that no pane has. */
gboolean activity_kind_from_name(const char *name, ActivityKind *kind);

typedef struct {
    guint limit;           /* rows, 0: 200 */
    gboolean running_only; /* queries, loads and unloads that have not ended */
} ActivityOptions;

typedef struct {
    const ActivityPane *pane;
    GPtrArray *rows;  /* of char **, one per column; NULL is SQL NULL */
    char *source;     /* the views that were read: "sys_query_history" */
    GPtrArray *notes; /* of char *: what could not be read and what would open it */
} ActivityReport;

/* options may be NULL. */
ActivityReport *activity_report_read(Session *session, ActivityKind kind,
                                     const ActivityOptions *options, GCancellable *cancellable,
                                     GError **error);
void activity_report_free(ActivityReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ActivityReport, activity_report_free)

typedef enum {
    ACTIVITY_CANCEL,    /* pg_cancel_backend: the statement; the session stays */
    ACTIVITY_TERMINATE, /* pg_terminate_backend: the session, its transaction is rolled back */
} ActivityStop;

typedef enum {
    ACTIVITY_CONFIRMED,  /* the statement or session is no longer in the server's view */
    ACTIVITY_UNANSWERED, /* asked, and still there at the end of the wait */
    ACTIVITY_NOT_THERE,  /* nothing to stop: no such session, or it runs nothing */
} ActivityAnswer;

/*
 * Asks the server to stop what that backend does, then looks until it is gone, at most wait_ms. The
 * session that asks must be another one: RS_ERROR_USAGE for its own pid. RS_ERROR_PERMISSION when the
 * server refuses: others' sessions need a superuser or the role sys:operator.
 */
gboolean activity_stop(Session *session, ActivityStop stop, int pid, guint wait_ms,
                       ActivityAnswer *answer, GCancellable *cancellable, GError **error);

/* --- for the tests of the lock tree ---------------------------------------------------------------*/

typedef struct {
    int pid;
    char *user, *relation, *mode, *started; /* mode as the server writes it: "AccessShareLock" */
    gint64 age_ms, transaction;
    gboolean granted;
    gint64 relation_id; /* 0: a lock on something else */
} ActivityLock;

/* TRUE when the two modes cannot be held together (PostgreSQL manual, Table-Level Lock Modes; Redshift
 * uses AccessShare, ShareRowExclusive and AccessExclusive of them). */
gboolean activity_modes_conflict(const char *held, const char *wanted);

/*
 * Rows of the pane "locks" from what the server lists: blockers that wait for nobody first, each
 * followed by those that wait for it, indented by depth; then holders that block nobody. A circle of
 * waiters is cut where it closes. locks is of ActivityLock; statements maps pids (GINT_TO_POINTER) to
 * texts.
 */
GPtrArray *activity_lock_tree(const GPtrArray *locks, GHashTable *statements);

#endif
