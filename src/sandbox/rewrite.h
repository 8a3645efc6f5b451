/*
 * rewrite: Redshift's SQL as PostgreSQL 15 understands it, statement by statement.
 *
 * Pure text in, text out, by tokens and never by searching (sql/lexer). What the sandbox does not
 * support is refused with a clear error, never dropped: "... is not supported by the sandbox".
 *
 * Engines that run a query of the user's (UNLOAD's inner SELECT) send it through rewrite_statement as
 * well, or it would see PostgreSQL's functions and catalog.
 *
 * Threads: pure.
 *
 * Parts: rewrite_tokens (a statement as tokens), rewrite_expression (what may stand anywhere),
 * rewrite_column, rewrite_table, rewrite_alter, rewrite_merge, rewrite_session. The CALLs in `before` and
 * `after` are procedures of sandbox/sql/notes.sql; literals are written for a server that reads
 * backslashes as escapes, as the sandbox's database does.
 */
#ifndef REDSMITH_SANDBOX_REWRITE_H
#define REDSMITH_SANDBOX_REWRITE_H

#include <glib.h>

typedef enum {
    REWRITE_PASS,   /* send `sql` (rewritten or as it was) to the backend */
    REWRITE_UNLOAD, /* hand the original to unload_statement */
    REWRITE_COPY,   /* hand the original to copy_statement */
    REWRITE_ANSWER, /* nothing to run: answer with `tag` */
    REWRITE_REFUSE, /* answer with sqlstate and message */
} RewriteKind;

typedef struct {
    RewriteKind kind;
    char *sql;    /* PASS */
    char *before; /* PASS: statements to run first, or NULL */
    char *after;  /* PASS: statements to run after it in the same transaction, such as the ones that
                       note DISTKEY and ENCODE for the catalog views; NULL when none. "COMMIT" after
                       TRUNCATE, which ends the transaction it runs in */
    char *tag;    /* ANSWER, and PASS when the tag must differ from PostgreSQL's; else NULL */
    gboolean explain; /* PASS: the answer is a plan, to be printed as Redshift's */
    char sqlstate[6];
    char *message; /* REFUSE */
} Rewrite;

/* One statement without its semicolon. */
Rewrite *rewrite_statement(const char *sql);
void rewrite_free(Rewrite *rewrite);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rewrite, rewrite_free)

/* What PostgreSQL's error or notice is called on Redshift: the few that differ, else a copy of message.
 * Free with g_free. */
char *rewrite_message(const char *sqlstate, const char *message);

#endif
