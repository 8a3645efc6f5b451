/*
 * data_engine: the sandbox's Data API: statements that run by themselves, and what is known of them.
 *
 * A DataEngine holds statements, sessions and client tokens. A statement is made by the request
 * (data_api_server), runs on a thread of its own over a connection through the wire front (data_api_run.c),
 * as the user that its target means, and is described until it is 24 hours old.
 *
 *     SUBMITTED -> PICKED (a thread has it) -> STARTED (connected) -> FINISHED, FAILED or ABORTED
 *
 * Bounds: 200 statements run at once; 2,000 statements and 2 GiB of results are kept, the oldest ended
 *         ones go first.
 *
 * Threads: fields of statements and sessions are read and changed under engine->lock, apart from
 *          those that never change once the statement is known (marked "fixed"). `changed` is
 *          broadcast whenever a state changes.
 */
#ifndef REDSMITH_SANDBOX_DATA_ENGINE_H
#define REDSMITH_SANDBOX_DATA_ENGINE_H

#include "sandbox/data_api_result.h"

#define DATA_API_ACTIVE_LIMIT 200
#define DATA_API_SESSION_LIMIT 500
#define DATA_API_WAITING_LIMIT 100

typedef enum {
    DATA_SUBMITTED,
    DATA_PICKED,
    DATA_STARTED,
    DATA_FINISHED,
    DATA_FAILED,
    DATA_ABORTED
} DataState;

/* "SUBMITTED" ... Static. */
const char *data_state_name(DataState state);

/* Where a statement runs, and as whom. */
typedef struct {
    char *cluster, *workgroup; /* one of them */
    char *database, *db_user, *secret_arn;
} DataTarget;

void data_target_clear(DataTarget *target);
void data_target_copy(DataTarget *to, const DataTarget *from);

/* One SQL text: a statement has one, a batch up to 40. */
typedef struct {
    char *sql;         /* fixed: as it came */
    char *text;        /* fixed: with $1 for :name */
    GPtrArray *values; /* fixed: of char *, owned by the statement's parameters */
    DataState state;
    char *error;
    gint64 created_us, updated_us, duration_ns;
    gint64 rows, query_id; /* -1: none */
    DataResult *result;    /* NULL: none */
} DataPart;

typedef struct DataSession DataSession;

typedef struct {
    gatomicrefcount references;
    char id[37];                      /* fixed */
    char *name, *caller;              /* fixed */
    gboolean batch, auto_commit, csv; /* fixed */
    GPtrArray *parameters;            /* fixed: name, value, ... */
    DataTarget target;                /* fixed */
    GPtrArray *parts;                 /* fixed; of DataPart */
    DataSession *session;             /* fixed, owned by the DataEngine; NULL: none */
    DataState state;
    char *error;
    gint64 created_us, updated_us, duration_ns;
    int pid;
    gboolean cancelled; /* somebody asked for it */
    PGcancel *cancel;   /* set once, when connected */
} DataStatement;

struct DataSession {
    char id[37];
    char *caller;
    DataTarget target;
    PGconn *connection; /* NULL before the first statement has connected, and once closed */
    gboolean busy, closed;
    gint64 keep_alive; /* seconds */
    gint64 created_us, updated_us;
    char statement_id[37]; /* the last one's */
};

typedef struct DataEngine {
    const SandboxState *state;
    GMutex lock;
    GCond changed;
    GQueue statements; /* of DataStatement, oldest first */
    GHashTable *by_id;
    GHashTable *tokens;  /* caller, operation and token -> DataToken */
    GPtrArray *sessions; /* of DataSession, oldest first */
    guint active, waiting;
    gboolean stopping;
    GThread *keeper; /* closes idle sessions and forgets what is old */
} DataEngine;

DataEngine *data_engine_new(const SandboxState *state);
/* Takes no more, cancels what runs and waits for it, some seconds at most. Then data_engine_free, when no
 * request uses it any more. */
void data_engine_stop(DataEngine *api);
void data_engine_free(DataEngine *api);

DataStatement *data_statement_new(void);
DataStatement *data_statement_ref(DataStatement *statement);
void data_statement_unref(DataStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataStatement, data_statement_unref)

/* A new session for the statement's target, busy with it. Under the lock. */
DataSession *data_session_new(DataEngine *api, const DataStatement *statement, gint64 keep_alive);
/* Under the lock; NULL for one that is unknown, somebody else's or closed (unless closed ones count). */
DataSession *data_session_find(DataEngine *api, const char *id, const char *caller);
/* Under the lock. */
const char *data_session_status(const DataSession *session);
gint64 data_session_ends_us(const DataSession *session);

/* Makes the statement known and starts it. Takes one reference of its own. Under the lock. */
void data_engine_submit(DataEngine *api, DataStatement *statement);

/* A reference to the statement of that id ("..:n" too; *part is n, or 0), if the caller may see it. */
DataStatement *data_engine_find(DataEngine *api, const char *id, const char *caller, guint *part);

/* The id that this token stands for already, or NULL. Under the lock. */
const char *data_engine_token(DataEngine *api, const char *key);
void data_engine_note_token(DataEngine *api, const char *key, const char *id);

/* Waits until the statement has ended, seconds at most. FALSE: too many wait already. */
gboolean data_engine_wait(DataEngine *api, const DataStatement *statement, gint64 seconds);

gboolean data_state_is_final(DataState state);

/* data_api_run.c: the thread of a statement. */
gpointer data_engine_run(gpointer work);
typedef struct {
    DataEngine *api;
    DataStatement *statement; /* a reference */
} DataWork;

/* As whom a target logs in. RS_ERROR_NOT_FOUND for a secret that does not exist. */
gboolean data_engine_login(const SandboxState *state, const DataTarget *target, const char *caller,
                           Login *login, GError **error);

#endif
